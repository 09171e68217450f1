package export

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A pen writes what a terminal has to be told so that it shows one screen after
// another. It knows what the terminal shows, and writes only the differences.
type pen struct {
	out    strings.Builder
	shown  *sheet
	width  int
	style  Style
	x, y   int // where the terminal's cursor is
	placed bool
}

// newPen returns a pen for a terminal of a size that shows nothing yet, its
// cursor visible.
func newPen(width, height int) *pen {
	p := &pen{shown: newSheet(width, height), width: width}
	p.shown.cursor.Visible = true
	return p
}

// draw returns the sequences that make the terminal show s, which is of its size.
func (p *pen) draw(s *sheet) string {
	p.out.Reset()
	cursor := p.shown.cursor
	lit := cursor.Visible
	show := func(on bool) {
		if on != lit {
			p.out.WriteString("\x1b[?25" + map[bool]string{true: "h", false: "l"}[on])
			lit = on
		}
	}
	for y, line := range s.lines {
		if !sameLine(p.shown.lines[y], line) {
			show(false) // it would be seen on its way
			p.drawLine(y, p.shown.lines[y], line)
		}
	}
	p.wear(Style{})
	if s.cursor.Visible && (p.out.Len() > 0 || s.cursor != cursor) {
		p.move(s.cursor.X, s.cursor.Y)
	}
	show(s.cursor.Visible)
	p.shown = s
	return p.out.String()
}

// rewritten is how many unchanged cells are written again rather than jumped
// over, which would take longer.
const rewritten = 4

// drawLine writes what differs in line y. What is left of a wide character that
// is written over differs as well, so it is never left to the terminal.
func (p *pen) drawLine(y int, from, to []Cell) {
	end := filled(to)
	for x := 0; x < end; {
		if from[x] == to[x] {
			x++
			continue
		}
		if x > 0 && p.placed && p.y == y && x > p.x && x-p.x <= rewritten && plain(to[p.x:x], p.style) {
			x = p.x
		}
		p.move(x, y)
		x += p.write(to[x])
	}
	if !slices.Equal(from[end:], to[end:]) {
		p.wear(Style{})
		p.move(end, y)
		p.out.WriteString("\x1b[K")
	}
}

// filled is how many cells of a line come before those that can be erased.
func filled(line []Cell) int {
	n := len(line)
	for n > 0 && line[n-1] == blank(Style{}) {
		n--
	}
	return n
}

// plain reports whether cells are single bytes in a style.
func plain(cells []Cell, s Style) bool {
	for _, c := range cells {
		if len(c.Text) != 1 || c.Style != s {
			return false
		}
	}
	return true
}

// write writes the character of a cell and returns its width.
func (p *pen) write(c Cell) int {
	p.wear(c.Style)
	p.out.WriteString(c.Text)
	p.x += c.Width
	// Terminals disagree about the width of what is not one narrow rune, and about
	// where the cursor is after the last column.
	p.placed = c.Width == 1 && utf8.RuneCountInString(c.Text) == 1 && p.x < p.width
	return c.Width
}

// move puts the terminal's cursor somewhere.
func (p *pen) move(x, y int) {
	if p.placed && p.x == x && p.y == y {
		return
	}
	p.out.WriteString("\x1b[" + strconv.Itoa(y+1) + ";" + strconv.Itoa(x+1) + "H")
	p.x, p.y, p.placed = x, y, true
}

// wear sets the terminal's style.
func (p *pen) wear(s Style) {
	if s == p.style {
		return
	}
	p.out.WriteString("\x1b[" + sgr(p.style, s) + "m")
	p.style = s
}

// sgr is the parameters that lead from one style to another: colours alone if
// the rest is the same, and else all of it from the plain style.
func sgr(from, to Style) string {
	var params []string
	recoloured := from
	recoloured.FG, recoloured.BG = to.FG, to.BG
	if recoloured != to || to == (Style{}) {
		params, from = append(params, "0"), Style{}
		for _, a := range []struct {
			on     bool
			number string
		}{{to.Bold, "1"}, {to.Faint, "2"}, {to.Italic, "3"}, {to.Underline, "4"}, {to.Reverse, "7"}} {
			if a.on {
				params = append(params, a.number)
			}
		}
	}
	if from.FG != to.FG {
		params = append(params, colourParams(to.FG, 30))
	}
	if from.BG != to.BG {
		params = append(params, colourParams(to.BG, 40))
	}
	return strings.Join(params, ";")
}

// colourParams are the parameters of a colour: base is 30 for ink, 40 for paper.
func colourParams(c Colour, base int) string {
	number := func(n int) string { return strconv.Itoa(n) }
	switch {
	case c.kind == ownColour:
		return number(base + 9)
	case c.kind == rgbColour:
		return number(base+8) + ";2;" + number(int(c.r)) + ";" + number(int(c.g)) + ";" + number(int(c.b))
	case c.r < 8:
		return number(base + int(c.r))
	case c.r < 16:
		return number(base + 60 + int(c.r) - 8)
	}
	return number(base+8) + ";5;" + number(int(c.r))
}
