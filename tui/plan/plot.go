package plan

import (
	"math"
	"strings"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/theme"
)

// A plot is a strength over tokens, drawn in cells of 2 by 4 dots (the braille
// patterns of Unicode).
type plot struct {
	strength           steering.Strength
	horizon            int // the last token
	low, high, neutral float64
	width, height      int
	chosen             *steering.Point // where the chosen number is
}

// plotOf lays a strength of the term in hand out in so many columns and lines.
func (v *View) plotOf(t steering.Term, width, height int) plot {
	s := t.Strength
	p := plot{strength: s, horizon: v.horizon(s), width: width, height: max(1, height)}
	p.neutral, _ = desk.Neutral(t.Op)
	p.low, p.high = p.neutral, p.neutral
	for _, x := range params(s) {
		if !x.time {
			p.low, p.high = min(p.low, x.value), max(p.high, x.value)
		}
	}
	if s.Kind == steering.Decay {
		p.low, p.high = min(p.low, 0), max(p.high, 0)
	}
	if p.low == p.high {
		p.high = p.low + 1
	}
	p.chosen = chosenPoint(s, v.param)
	return p
}

// chosenPoint is where on the curve the chosen number is.
func chosenPoint(s steering.Strength, i int) *steering.Point {
	all := params(s)
	if i >= len(all) {
		return nil
	}
	t := 0
	switch p := all[i]; {
	case p.point >= 0:
		t = s.Points[p.point].T
	case p.time || i == 1:
		t = int(s.Over)
	}
	return &steering.Point{T: t, V: s.At(t)}
}

// column is where a token is.
func (p plot) column(t int) int {
	return int(float64(t) / float64(p.horizon) * float64(p.width-1))
}

// line is where a strength is, from the top.
func (p plot) line(v float64) int { return p.dot(v) / 4 }

// dot is in which row of dots a strength is, from the top.
func (p plot) dot(v float64) int {
	n := p.height*4 - 1
	share := (p.high - v) / (p.high - p.low)
	if math.IsNaN(share) {
		return n
	}
	return min(n, max(0, int(share*float64(n)+.5)))
}

// dots are the bits of a braille pattern, by column and row.
var dots = [2][4]rune{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

// draw draws the curve: one string for each line. Where the curve is not, the
// neutral strength is a line, and the chosen number a ●.
func (p plot) draw(th *theme.Theme) []string {
	cells := make([][]rune, p.height)
	for y := range cells {
		cells[y] = make([]rune, p.width)
	}
	before := -1
	for x := range p.width * 2 {
		t := int(float64(x)/float64(2*p.width-1)*float64(p.horizon) + .5)
		y := p.dot(p.strength.At(t))
		from, to := y, y
		if before >= 0 { // a steep piece has no holes
			from, to = min(y, before), max(y, before)
		}
		for d := from; d <= to; d++ {
			cells[d/4][x/2] |= dots[x%2][d%4]
		}
		before = y
	}
	lines := make([]string, p.height)
	for y := range lines {
		lines[y] = p.drawLine(th, y, cells[y])
	}
	return lines
}

// drawLine draws one line of cells.
func (p plot) drawLine(th *theme.Theme, y int, cells []rune) string {
	at := -1
	if p.chosen != nil && p.line(p.chosen.V) == y {
		at = min(p.column(p.chosen.T), p.width-1)
	}
	var b, run strings.Builder
	curve := false
	end := func() {
		style := th.Frame
		if curve {
			style = th.BarTwo
		}
		b.WriteString(style.Render(run.String()))
		run.Reset()
	}
	for x, bits := range cells {
		if x == at {
			end()
			b.WriteString(th.Accent.Render("●"))
			continue
		}
		if (bits != 0) != curve {
			end()
			curve = bits != 0
		}
		switch {
		case bits != 0:
			run.WriteRune(0x2800 + bits)
		case y == p.line(p.neutral):
			run.WriteRune('─')
		default:
			run.WriteByte(' ')
		}
	}
	end()
	return b.String()
}
