package cursor

import (
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/tui/cells"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/theme"
	"tiller/tui/visible"
)

// A strip is the text around the cursor. It is kept between frames, so that a
// frame costs what is in sight and not what was generated.
type strip struct {
	flow  *cells.Flow
	of    *desk.Answer         // whose tokens are in it; nil for the question's
	asked []engine.PromptToken // of the question
	taken int                  // tokens in it
	parts int                  // the token marked ◆; -1 for none
	ended bool
	top   int // first line in sight
}

// answer makes the strip that of an answer, adding what it lacks.
func (c *strip) answer(a *desk.Answer, parts, width int) {
	if c.flow == nil || c.of != a {
		*c = strip{flow: cells.New(width), of: a, parts: -1}
	}
	c.flow.SetWidth(width)
	for ; c.taken < len(a.Tokens); c.taken++ {
		c.flow.Append(cells.Token{Text: a.Tokens[c.taken].Text, Mark: mark(a, c.taken, parts)})
	}
	if c.parts != parts {
		before := c.parts
		c.parts = parts
		for _, i := range []int{before, parts} {
			if i >= 0 && i < c.taken {
				c.flow.SetMark(i, mark(a, i, parts))
			}
		}
	}
	if a.Ended != nil && !c.ended {
		c.flow.End()
		c.ended = true
	}
}

// mark is the glyphs before a token: ◆ where the lane parts from base, ▲ where
// steered tokens begin.
func mark(a *desk.Answer, i, parts int) string {
	glyphs := ""
	if i == parts {
		glyphs = "◆"
	}
	if a.Tokens[i].Steered && (i == 0 || !a.Tokens[i-1].Steered) {
		glyphs += "▲"
	}
	return glyphs
}

// question makes the strip that of the question.
func (c *strip) question(tokens []engine.PromptToken, width int) {
	same := c.flow != nil && c.of == nil && len(c.asked) == len(tokens) && (len(tokens) == 0 || &c.asked[0] == &tokens[0])
	if !same {
		*c = strip{flow: cells.New(width), asked: tokens, parts: -1}
		for _, t := range tokens {
			c.flow.Append(cells.Token{Text: t.Text})
		}
		c.flow.End()
	}
	c.flow.SetWidth(width)
}

// drawStrip draws the rule of what is in focus and, in so many lines, its text
// around the cursor.
func (v *View) drawStrip(s subject, width, height int) []string {
	th, d := v.d.Theme, v.d
	l := d.Focused()
	name, about := "question", ""
	if l != nil {
		name = d.Name(l)
	}
	switch {
	case s.plans != nil && s.plans == l:
		about = "  " + visible.Line(s.plan)
	case s.plans != nil:
		about = "  beside " + d.Name(s.plans) + ": " + visible.Line(s.plan)
	}
	rule := frame.Rule(th, th.Accent.Render("▸ "+name)+th.Faint.Render(about), th.Faint.Render(s.where()), width)
	if !v.flowing(l, width-2) {
		return fill([]string{rule}, width, 1+height)
	}
	c := &v.strip
	at := s.index
	line, _ := c.flow.Where(at)
	// One line of what came before stays in sight.
	c.top = max(0, min(line-min(1, (height-1)/2), c.flow.Height()-height))
	v.areas = append(v.areas, area{x: 1, y: 1, width: width - 2, height: height, strip: true})
	lines := []string{rule}
	for i := range height {
		lines = append(lines, frame.Fit(" "+drawCells(v.inks(s.old), c, l, c.flow.Line(c.top+i), at), width))
	}
	return lines
}

// flowing fills the strip with the tokens in focus; false if there are none.
func (v *View) flowing(l *desk.Lane, width int) bool {
	switch {
	case l == nil:
		v.strip.question(v.d.Tokens, width)
		return len(v.d.Tokens) > 0
	case l.Answer == nil || len(l.Answer.Tokens) == 0:
		return false
	}
	parts, ok := v.d.Parts(l)
	if !ok {
		parts = -1
	}
	v.strip.answer(l.Answer, parts, width)
	return true
}

// drawCells draws one line of the strip with the token at in reverse.
func drawCells(th *theme.Theme, c *strip, l *desk.Lane, line []cells.Cell, at int) string {
	style := func(cell *cells.Cell) lipgloss.Style {
		switch {
		case cell.Mark:
			return th.Part
		case cell.Token == at:
			return th.Cursor
		case l != nil && l.Answer.Tokens[cell.Token].Steered:
			return th.Steered
		case l == nil && c.asked[cell.Token].Special:
			return th.Special
		}
		return th.Text
	}
	var b, run strings.Builder
	for i := range line {
		cell := &line[i]
		run.WriteString(cell.Text)
		if i+1 == len(line) || line[i+1].Token != cell.Token || line[i+1].Mark != cell.Mark {
			b.WriteString(style(cell).Render(run.String()))
			run.Reset()
		}
	}
	return b.String()
}
