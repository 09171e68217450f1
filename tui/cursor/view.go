package cursor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
)

const (
	wide     = 112 // columns from which on the lens stands beside the candidates
	tall     = 26  // lines from which on the text has one more
	fewest   = 5   // candidates in sight where there is little room
	peek     = 7   // lines of the lens for which the candidates make room
	maxTable = 104 // columns of the candidates where there is much room
)

// An area is where the mouse finds something: the strip, or candidates from
// number first on, one a line.
type area struct {
	x, y, width, height int
	strip               bool
	first               int
}

// View draws the view into exactly width columns and height lines.
func (v *View) View(width, height int) string {
	v.areas = v.areas[:0]
	s, why := v.subject()
	strips := 2
	if height >= tall {
		strips = 3
	}
	lines := v.drawStrip(s, width, strips)
	if why != "" {
		for line := range strings.SplitSeq(ansi.Wrap(why, max(1, width-2), ""), "\n") {
			lines = append(lines, frame.Fit(" "+v.d.Theme.Faint.Render(line), width))
		}
		return strings.Join(fill(lines, width, height), "\n")
	}
	f := v.figures(s)
	lines = append(lines, f.drawToken(width))
	if height >= tall {
		lines = fill(lines, width, len(lines)+1)
	}
	y := len(lines)
	if width >= wide {
		lines = append(lines, f.beside(y, width, height-y)...)
	} else {
		lines = append(lines, f.stacked(y, width, height-y)...)
	}
	return strings.Join(fill(lines, width, height), "\n")
}

// fill makes lines of exactly width columns so many. It measures none: that is
// most of what a frame costs, and all that is drawn here has its width.
func fill(lines []string, width, height int) []string {
	blank := strings.Repeat(" ", width)
	for len(lines) < height {
		lines = append(lines, blank)
	}
	return lines[:height]
}

// figures are the numbers of a subject as they are drawn.
type figures struct {
	v *View
	subject
	engine.Point
	known bool // the numbers are there
	th    *theme.Theme
}

// figures are what is known of a subject.
func (v *View) figures(s subject) *figures {
	p, known := v.points[s.place]
	return &figures{v: v, subject: s, Point: p, known: known, th: v.inks(s.old)}
}

// inks are the theme, or a dimmed one for what is about to be replaced.
func (v *View) inks(old bool) *theme.Theme {
	if !old {
		return v.d.Theme
	}
	th := *v.d.Theme
	for _, style := range []*lipgloss.Style{&th.Text, &th.Title, &th.Faint, &th.Accent, &th.Steered, &th.Part, &th.Special, &th.Bar, &th.BarTwo} {
		*style = th.Stale
	}
	return &th
}

// names are what the two sides are called. Without a plan there is only one.
func (f *figures) names() []string {
	if f.plans != nil {
		return []string{"base", f.v.d.Name(f.plans)}
	}
	return []string{f.v.d.Name(f.lane)}
}

// where says in words where the subject stands.
func (s subject) where() string {
	switch {
	case s.answer == nil:
		return ""
	case s.prompt:
		return fmt.Sprintf("position %d", s.index)
	case len(s.answer.Tokens) == 0:
		return ""
	}
	return fmt.Sprintf("token %d of %d · position %d", s.index, len(s.answer.Tokens), s.position+1)
}

// drawToken draws what stands under the cursor, its rank on both sides, and at
// the right what another lane has there.
func (f *figures) drawToken(width int) string {
	th := f.th
	text := " " + th.Accent.Render("● "+quoted(f.piece))
	switch {
	case f.known && f.prompt:
		text += th.Faint.Render("  log p ") + th.Text.Render(figure(math.Log(f.NextBase.P)))
	case !f.prompt:
		text += th.Faint.Render("  log p ") + th.Text.Render(figure(f.logP))
	}
	for i, name := range f.names() {
		rank := "…"
		if f.known {
			rank = strconv.Itoa([]engine.Choice{f.NextBase, f.NextSteered}[i].Rank)
		}
		text += th.Faint.Render("  "+name+" rank ") + th.Text.Render(rank)
	}
	text += th.Faint.Render("  id ") + th.Text.Render(strconv.Itoa(f.id))
	if f.rival == nil {
		return frame.Fit(text, width)
	}
	piece := f.rival.Answer.Tokens[f.index].Piece
	return frame.Ends(text, th.Part.Render("○ ")+th.Faint.Render(f.v.d.Name(f.rival)+" says ")+th.Text.Render(quoted(piece))+" ", width)
}

// beside draws the candidates and what the terms do at the left, and the lens
// at the right, beginning at line y.
func (f *figures) beside(y, width, height int) []string {
	left := min(width*51/100, maxTable)
	right := width - left - 1
	below := append(f.drawDivergence(left), f.drawTerms(left)...)
	lines := append(f.drawTable(y, left, max(3, min(likely, height-1-len(below)))), below...)
	lens := f.drawLens(right)
	f.v.page = max(1, height-1)
	room := height - 1
	if len(lens)-1 > room {
		room-- // the last line says how many layers are out of sight
	}
	top := f.v.lensTop(f, len(lens)-1, room)
	rule := lines[0] + f.th.Frame.Render("┬") + lens[0]
	lens = lens[1+top:]
	below = f.more(fill(lens[:min(len(lens), room)], right, height-1), len(lens)-room)
	return append([]string{rule}, frame.Beside(f.th, fill(lines[1:], left, height-1), below)...)
}

// lensTop is the first of n layers to show: where the two sides part unless the
// person scrolled.
func (v *View) lensTop(f *figures, n, height int) int {
	if !v.paged {
		at := n - 1
		if first := f.parting(); first >= 0 {
			at = min(n-1, first+height/2)
		}
		v.top = frame.Scroll(0, at, n, height)
	}
	v.top = max(0, min(v.top, n-height))
	return v.top
}

// stacked draws everything one below the other, what matters most first,
// beginning at line y.
func (f *figures) stacked(y, width, height int) []string {
	below, lens := append(f.drawDivergence(width), f.drawTerms(width)...), f.drawLens(width)
	rows := max(fewest, min(likely, height-1-len(below)-min(len(lens), peek)))
	n := 1 + rows + len(below) + len(lens)
	f.v.page = max(1, height-1)
	if !f.v.paged {
		f.v.top = 0
	}
	f.v.top = max(0, min(f.v.top, n-height))
	lines := slices.Concat(f.drawTable(y-f.v.top, width, rows), below, lens)[f.v.top:]
	f.v.areas = f.v.within(y)
	return f.more(fill(lines, width, height), len(lines)-height)
}

// within are the areas with what was scrolled above line y cut off.
func (v *View) within(y int) []area {
	out := v.areas[:0]
	for _, a := range v.areas {
		if above := y - a.y; !a.strip && above > 0 {
			a.y, a.first, a.height = y, a.first+above, a.height-above
		}
		if a.height > 0 {
			out = append(out, a)
		}
	}
	return out
}

// more says at the end of a block how many lines are above and below it.
func (f *figures) more(block []string, hidden int) []string {
	above, below := f.v.top, max(0, hidden)
	if above == 0 && below == 0 || len(block) == 0 {
		return block
	}
	text := ""
	if above > 0 {
		text += fmt.Sprintf(" ↑ %d", above)
	}
	if below > 0 {
		text += fmt.Sprintf(" ↓ %d", below)
	}
	last := len(block) - 1
	width := frame.Width(block[last])
	if width >= 40 && below > 0 {
		text += " · " + f.v.d.Keys.Key(keys.Cursor, keys.PageDown)
	}
	block[last] = frame.Ends(block[last], f.v.d.Theme.Faint.Render(text+" "), width)
	return block
}
