package player

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/frame"
	"tiller/tui/record"
	"tiller/tui/visible"
)

// View implements [tea.Model].
func (s *Screen) View() tea.View {
	v := tea.NewView(s.draw())
	v.AltScreen = true
	v.WindowTitle = "tiller play"
	return v
}

func (s *Screen) draw() string {
	if s.width <= 0 || s.height <= 0 {
		return ""
	}
	lines := s.picture(s.width, s.height-1)
	if s.help {
		lines = frame.Block(s.keys(), s.width, s.height-1)
	}
	return strings.Join(append(lines, s.bar()), "\n")
}

// recorded is the lines of the recorded screen, in at most so many if that takes
// no more than leaving out some that repeat the line above.
func (s *Screen) recorded(height int) []string {
	lines := strings.Split(s.shown.Content, "\n")
	for i := len(lines) - 1; i > 0 && len(lines) > height; i-- {
		if lines[i] == lines[i-1] {
			lines = slices.Delete(lines, i, i+1)
		}
	}
	return lines
}

// picture is the recorded screen in so much room: in the middle of it, or else
// what fits from its corner.
func (s *Screen) picture(width, height int) []string {
	drawn := s.recorded(height)
	w, h := min(s.shown.Width, width), min(len(drawn), height)
	left := strings.Repeat(" ", (width-w)/2)
	top := (height - h) / 2
	lines := make([]string, height)
	for i := range lines {
		line := ""
		if at := i - top; at >= 0 && at < h && at < len(drawn) {
			line = left + ansi.Truncate(drawn[at], w, "")
		}
		lines[i] = frame.Fit(line, width)
	}
	return lines
}

// bar says where in the recording one is.
func (s *Screen) bar() string {
	th := s.theme
	state := th.Accent.Render("▶")
	switch {
	case s.failed != nil:
		return frame.Fit(" "+th.Bad.Render("✗ "+visible.Line(s.failed.Error()))+th.Faint.Render("   q quits"), s.width)
	case s.seeking:
		state = th.Accent.Render("…")
	case !s.playing:
		state = th.Accent.Render("‖")
	}
	clock := min(s.clock, s.log.Length())
	left := " " + state + " " + th.Text.Render(minutes(clock)) + th.Faint.Render(" / "+minutes(s.log.Length()))
	right := ""
	for _, hint := range [][2]string{{"space", "pause"}, {"← →", "step"}, {"[ ]", "bookmarks"}, {"?", "keys"}} {
		right += "  " + th.Key.Render(hint[0]) + " " + th.Faint.Render(hint[1])
	}
	if s.width < 100 {
		right = "  " + th.Key.Render("?") + " " + th.Faint.Render("keys")
	}
	about := s.about()
	room := s.width - frame.Width(left) - frame.Width(right) - frame.Width(about) - 5
	if line := min(room, 60); line >= 8 {
		left += "  " + s.line(line)
	}
	return frame.Ends(left+about, right+" ", s.width)
}

// about is the speed and what else is not as usual, and the last bookmark.
func (s *Screen) about() string {
	th := s.theme
	out := ""
	if s.o.Speed != 1 {
		out += "  ×" + strconv.FormatFloat(s.o.Speed, 'g', 3, 64)
	}
	if s.o.Loop {
		out += "  ↻"
	}
	if s.o.Idle > 0 {
		out += fmt.Sprintf("  idle ≤ %v", s.o.Idle)
	}
	if s.shown.Width > s.width || len(s.recorded(s.height-1)) > s.height-1 {
		out += fmt.Sprintf("  %d×%d, cut to %d×%d", s.shown.Width, s.shown.Height, s.width, s.height-1)
	}
	out = th.Faint.Render(out)
	if m := s.passed(); m != nil {
		out += "  " + th.Part.Render("◆") + " " + th.Text.Render(frame.Clip(visible.Line(m.Note), max(10, s.width/4)))
	}
	return out
}

// passed is the bookmark that was passed last; nil before the first.
func (s *Screen) passed() *record.Mark {
	var last *record.Mark
	for i := range s.marks {
		if s.marks[i].Event < s.at {
			last = &s.marks[i]
		}
	}
	return last
}

// line draws the time as a line with its bookmarks.
func (s *Screen) line(width int) string {
	th := s.theme
	column := func(at time.Duration) int {
		if s.log.Length() == 0 {
			return 0
		}
		return max(0, min(width-1, int(float64(at)/float64(s.log.Length())*float64(width))))
	}
	now := column(s.clock)
	marks := map[int]bool{}
	for _, m := range s.marks {
		if m.Event >= s.log.Begin {
			marks[column(s.log.TimeAt(m.Event+1))] = true
		}
	}
	var b strings.Builder
	for x := range width {
		switch {
		case x == now:
			b.WriteString(th.Accent.Render("●"))
		case marks[x]:
			b.WriteString(th.Part.Render("◆"))
		case x < now:
			b.WriteString(th.Accent.Render("━"))
		default:
			b.WriteString(th.Frame.Render("─"))
		}
	}
	return b.String()
}

// minutes writes a time as minutes and seconds.
func minutes(d time.Duration) string {
	seconds := int(d / time.Second)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// keys explains the keys.
func (s *Screen) keys() []string {
	th := s.theme
	lines := []string{"", "  " + th.Title.Render("Keys of tiller play") + th.Faint.Render("   any key closes this"), ""}
	for _, row := range [][2]string{
		{"space", "play, or pause"},
		{"→ ←", "to what the person did next, or before"},
		{". ,", "to the next event, or the one before: every message counts"},
		{"] [", "to the next bookmark, or the one before (also with shift)"},
		{"0 … 9", "to that many tenths of the time"},
		{"home end", "to the beginning, to the end"},
		{"+ -", "twice as fast, half as fast"},
		{"i", "the longest pause that is waited for: any, 3 s, 1 s, a quarter"},
		{"l", "begin again at the end, or not"},
		{"q", "leave"},
	} {
		lines = append(lines, "  "+frame.Fit(th.Key.Render(row[0]), 10)+th.Text.Render(row[1]))
	}
	return lines
}
