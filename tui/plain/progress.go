package plain

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"

	"tiller/tui/visible"
)

// Progress shows how far long work is that has stages: on a terminal as one
// line a stage, which is drawn again as it changes, and else as a plain line
// now and then.
type Progress struct {
	w     io.Writer
	width func() int
	clock func() time.Time

	stage string
	began time.Time // the stage
	shown time.Time
	fresh bool // nothing was shown of the stage yet
	drawn int  // columns of the line that stands unfinished

	// A stage may count several times, one part after the other.
	total, done int
	first       int       // how much of a part was done when it was first heard of
	heard       time.Time // when that was
}

// NewProgress shows work on w, a terminal of that width; 0 is none. The clock
// tells the time.
func NewProgress(w io.Writer, width func() int, clock func() time.Time) *Progress {
	return &Progress{w: w, width: width, clock: clock}
}

// How often a stage's line is drawn.
const (
	redrawEvery = 100 * time.Millisecond
	printEvery  = 10 * time.Second
)

// barWidth is that of a bar in columns.
const barWidth = 20

// At says how much of a stage is done, and in a few words what else is known.
// Without a total nobody knows how much there is.
func (p *Progress) At(stage string, done, total int, words ...string) {
	now := p.clock()
	if stage != p.stage {
		p.stage, p.began, p.shown, p.fresh = stage, now, now, true
		p.total = -1
	}
	if total != p.total || done < p.done {
		p.first, p.heard = done, now
	}
	p.total, p.done = total, done
	every := printEvery
	if p.width() > 0 {
		every = redrawEvery
	}
	if now.Sub(p.shown) < every && !(p.fresh && p.width() > 0) {
		return
	}
	p.fresh, p.shown = false, now
	parts := words
	if total > 0 {
		parts = []string{fmt.Sprintf("%d of %d", done, total)}
		if left := p.left(now, done, total); left != "" {
			parts = append(parts, left+" left")
		}
		parts = append(parts, words...)
	}
	p.line(done, total, parts)
}

// left is the time that is left if the stage goes on as before; empty when
// that can't be told yet.
func (p *Progress) left(now time.Time, done, total int) string {
	spent := now.Sub(p.heard)
	if done <= p.first || done >= total || spent < time.Second {
		return ""
	}
	return Duration(time.Duration(float64(spent) * float64(total-done) / float64(done-p.first)))
}

// line draws an unfinished line.
func (p *Progress) line(done, total int, parts []string) {
	width := p.width()
	text := visible.Line(strings.Join(parts, " · "))
	if width == 0 {
		fmt.Fprintf(p.w, "%s\n", strings.TrimSuffix(p.name()+text, ": "))
		return
	}
	bar := ""
	if total > 0 && width >= 3*barWidth {
		full := min(max(done*barWidth/total, 0), barWidth)
		bar = strings.Repeat("█", full) + frameStyle.Render(strings.Repeat("░", barWidth-full)) + "  "
	}
	room := width - 1 - displaywidth.String(p.name())
	if bar != "" {
		room -= barWidth + 2
	}
	text = cut(text, max(room, 0))
	p.Clear()
	fmt.Fprint(p.w, p.name()+bar+text)
	p.drawn = width - 1
}

// name begins a line.
func (p *Progress) name() string {
	if p.width() == 0 {
		return visible.Line(p.stage) + ": "
	}
	return fmt.Sprintf(" %-10s ", visible.Line(p.stage))
}

// Clear takes back an unfinished line.
func (p *Progress) Clear() {
	if p.drawn > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", min(p.drawn, max(p.width()-1, 0))))
		p.drawn = 0
	}
}

// End says that a stage is done, and in a few words how it came out.
func (p *Progress) End(stage string, words ...string) {
	if stage != p.stage {
		p.stage, p.began = stage, p.clock()
	}
	if spent := p.clock().Sub(p.began); spent >= time.Second {
		words = append([]string{"done in " + Duration(spent)}, words...)
	} else {
		words = append([]string{"done"}, words...)
	}
	p.last(words)
}

// Kept says that a stage was done before.
func (p *Progress) Kept(stage string) {
	p.stage = stage
	p.last([]string{"was done before"})
}

func (p *Progress) last(words []string) {
	p.Clear()
	fmt.Fprintln(p.w, p.name()+visible.Line(strings.Join(words, " · ")))
	p.stage = ""
}

// Stop ends an unfinished line, as after an error.
func (p *Progress) Stop() {
	if p.drawn > 0 {
		fmt.Fprintln(p.w)
		p.drawn = 0
	}
}

// Duration says a time in words, as "3 min 20 s".
func Duration(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	switch {
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d h %d min", seconds/3600, seconds/60%60)
}
