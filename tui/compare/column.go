package compare

import (
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/tui/cells"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/theme"
)

// A column is text of tokens as it is drawn, kept between frames so that a
// frame costs what is in sight and not what was generated.
type column struct {
	flow  *cells.Flow
	of    *desk.Answer // whose tokens are in the flow; nil for the question
	taken int          // tokens of it
	parts int          // index of the token marked ◆; -1 for none
	ended bool
	top   int // first line in sight
}

// follow takes in the tokens of an answer that are not in the flow yet, and
// moves ◆ if the lane parts elsewhere now.
func (c *column) follow(a *desk.Answer, parts int, width int) {
	if c.flow == nil || c.of != a {
		*c = column{flow: cells.New(width), of: a, parts: -1}
	}
	c.flow.SetWidth(width)
	if c.parts != parts {
		before := c.parts
		c.parts = parts
		if before >= 0 && before < c.taken {
			c.flow.SetMark(before, c.mark(a.Tokens, before))
		}
		if parts >= 0 && parts < c.taken {
			c.flow.SetMark(parts, c.mark(a.Tokens, parts))
		}
	}
	for ; c.taken < len(a.Tokens); c.taken++ {
		c.flow.Append(cells.Token{Text: a.Tokens[c.taken].Text, Mark: c.mark(a.Tokens, c.taken)})
	}
	if a.Ended != nil && !c.ended {
		c.flow.End()
		c.ended = true
	}
}

// mark is the glyphs before a token: ◆ where the lane parts from base, ▲ where
// a run of steered tokens begins and ▵ where one of several ended.
func (c *column) mark(tokens []engine.Token, i int) string {
	steered := func(i int) bool { return i >= 0 && tokens[i].Steered }
	mark := ""
	if !steered(i) && steered(i-1) && steered(i-2) {
		mark = "▵"
	}
	if i == c.parts {
		mark += "◆"
	}
	if steered(i) && !steered(i-1) {
		mark += "▲"
	}
	return mark
}

// A paint says how cells are drawn.
type paint struct {
	theme  *theme.Theme
	style  func(token int) *lipgloss.Style // of a token's text, one of the theme's
	cursor int                             // token under the cursor, -1 for none
	from   int                             // selected tokens from..to, none if to < from
	to     int
	stale  bool
	match  map[int]bool // tokens in which a match begins
}

// of is the style of a cell: one of the theme's, so that equal ones are the
// same pointer.
func (p *paint) of(c *cells.Cell) *lipgloss.Style {
	switch {
	case c.Token == p.cursor && !c.Mark:
		return &p.theme.Cursor
	case c.Token >= p.from && c.Token <= p.to:
		return &p.theme.Selected
	case c.Mark && !p.stale:
		return &p.theme.Part
	case p.stale:
		return &p.theme.Stale
	case p.match[c.Token]:
		return &p.theme.Match
	case p.style != nil:
		return p.style(c.Token)
	}
	return &p.theme.Text
}

// draw draws one line of cells, run by run of the same style: styling is what
// a frame costs most.
func (p *paint) draw(line []cells.Cell, width int) string {
	line = cells.Clip(line, width)
	var b, run strings.Builder
	for i := 0; i < len(line); {
		style := p.of(&line[i])
		for ; i < len(line) && p.of(&line[i]) == style; i++ {
			run.WriteString(line[i].Text)
		}
		if style == &p.theme.Text {
			b.WriteString(run.String())
		} else {
			b.WriteString(style.Render(run.String()))
		}
		run.Reset()
	}
	return b.String() + strings.Repeat(" ", max(0, width-cells.Width(line)))
}
