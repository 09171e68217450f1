package plan

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/frame"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// A layout is how wide the columns of the terms are. One that is 0 is left out.
type layout struct {
	marker, op, vector, dial, strength, ratio, layers, fired int
	where                                                    int // what is left
}

const gap = 2 // columns between two columns

// layoutOf divides the width among the columns of the terms.
func (v *View) layoutOf(width int) layout {
	c := layout{marker: len(fmt.Sprint(len(v.terms()))) + 3, op: 6, vector: 6, dial: 9, strength: 8, layers: 6, fired: 5}
	for _, t := range v.terms() {
		c.vector = max(c.vector, frame.Width(visible.Line(t.Vector)))
		c.strength = max(c.strength, frame.Width(brief(t.Strength)))
		c.layers = max(c.layers, len(t.Layers.String()))
	}
	wanted := c.strength
	c.vector = min(c.vector, max(8, width/6))
	c.layers = min(c.layers, width/10)
	c.strength = min(c.strength, 9)
	if width >= 100 {
		c.dial, c.ratio = 15, 6
		c.strength = min(wanted, 14)
	}
	if width >= 160 {
		c.dial = 25
	}
	if width < 72 {
		c.dial = 0
	}
	used := c.marker
	for _, w := range []int{c.op, c.vector, c.dial, c.strength, c.ratio, c.layers, c.fired} {
		if w > 0 {
			used += w + gap
		}
	}
	c.where = max(4, width-used-1)
	return c
}

// line joins what stands in the columns.
func (c layout) line(marker, op, vector, dial, strength, ratio, layers, where, fired string) string {
	var b strings.Builder
	b.WriteString(frame.Fit(marker, c.marker))
	put := func(text string, width int, alignRight bool) {
		switch {
		case width == 0:
			return
		case alignRight:
			b.WriteString(frame.Right(text, width))
		default:
			b.WriteString(frame.Fit(text, width))
		}
		b.WriteString(strings.Repeat(" ", gap))
	}
	put(op, c.op, false)
	put(vector, c.vector, false)
	put(dial, c.dial, false)
	put(strength, c.strength, true)
	put(ratio, c.ratio, true)
	put(layers, c.layers, false)
	put(where, c.where, false)
	b.WriteString(frame.Right(fired, c.fired))
	return b.String()
}

// dialLines is how many lines the dials want beside their rule.
const dialLines = 8

// drawTerms draws a row for each term, from line y on, in as many of height
// lines as leave room for the dials.
func (v *View) drawTerms(y, width, height int) []string {
	th := v.d.Theme
	terms := v.terms()
	lines := []string{frame.Rule(th, th.Title.Render(wording.Count(len(terms), "term")), v.effect(width), width)}
	c := v.layoutOf(width)
	room := height - len(lines) - dialLines - 1
	if room > len(terms) {
		head := func(s string) string { return th.Faint.Render(s) }
		lines = append(lines, c.line("", head("do"), head("vector"), "", head("strength"), head("of |h|"), head("layers"), head("where and when"), head("fired")))
		room--
	}
	room = max(1, room)
	v.top = frame.Scroll(v.top, v.d.Term, len(terms), room)
	counted := v.counted()
	for i := v.top; i < min(v.top+room, len(terms)); i++ {
		v.areas = append(v.areas, area{0, y + len(lines), width, 1, func(int, int) tea.Cmd {
			v.to(i)
			return nil
		}})
		lines = append(lines, v.drawTerm(i, terms[i], c, counted))
	}
	return lines
}

// drawTerm draws the row of a term.
func (v *View) drawTerm(i int, t steering.Term, c layout, counted []counts) string {
	th := v.d.Theme
	marker, name := fmt.Sprintf("  %*d ", c.marker-3, i+1), th.Text
	if i == v.d.Term {
		marker, name = th.Accent.Render(fmt.Sprintf(" ▸%*d ", c.marker-3, i+1)), th.Accent
	}
	dial := ""
	if c.dial > 0 {
		dial = v.small(t, c.dial)
	}
	ratio := ""
	if layers := v.layersOf(i, t); len(layers) > 0 {
		if r, ok := v.ratio(t, layers[0]); ok {
			ratio = th.Faint.Render(wording.Figure(r))
		}
	}
	where := "[" + visible.Line(t.Select.String()) + "]"
	if len(t.Gate) > 0 {
		where += "?" + visible.Line(t.Gate.String())
	}
	return c.line(marker, th.Text.Render(t.Op.String()), name.Render(visible.Line(t.Vector)), dial, name.Render(brief(t.Strength)), ratio,
		th.Text.Render(t.Layers.String()), th.Text.Render(where), v.firedText(i, counted))
}

// firedText is how often a term fired; never is worth a look.
func (v *View) firedText(i int, counted []counts) string {
	th := v.d.Theme
	switch {
	case counted == nil:
		return th.Faint.Render("–")
	case counted[i].fired < 0:
		return th.Faint.Render("…")
	case v.stale():
		return th.Stale.Render(fmt.Sprint(counted[i].fired))
	case counted[i].fired == 0:
		return th.Warn.Render("! 0")
	}
	return th.Text.Render(fmt.Sprint(counted[i].fired))
}

// small is the strength of a term in its row: on a scale, or as it runs.
func (v *View) small(t steering.Term, width int) string {
	th := v.d.Theme
	if t.Strength.Varies() {
		return th.Accent.Render(spark(t.Strength, v.horizon(t.Strength), width))
	}
	return scaleOf(t).draw(th, t.Strength.Value, width)
}

// brief is a strength in few columns; its numbers stand in the text above.
func brief(s steering.Strength) string {
	switch s.Kind {
	case steering.Ramp:
		return number(s.Value) + "→" + number(s.To)
	case steering.Decay:
		return number(s.Value) + "→0"
	case steering.Curve:
		return wording.Count(len(s.Points), "point")
	}
	return s.String()
}
