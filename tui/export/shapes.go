package export

import "math"

// Box drawing, blocks, shades and braille are drawn here rather than taken from
// a font, so that they fill their cells and join whatever the font.

// A shape is what stands for a character in a cell: rectangles in whole pixels
// and outlines, from the cell's upper left corner.
type shape struct {
	rects    []rect
	outlines []outline
	share    uint8 // how much of the ink covers the paper; 255 is all
}

type rect struct{ x0, y0, x1, y1 int }

// An outline is a closed path.
type outline []step

// A step leads from the end of the one before to a point: straight, or as a
// cubic curve by two control points.
type step struct {
	curved         bool
	c1, c2, target point
}

type point struct{ x, y float64 }

// shapeOf returns the shape of a character, or false if the font has to do.
func (l *layout) shapeOf(text string) (shape, bool) {
	runes := []rune(text)
	if len(runes) != 1 {
		return shape{}, false
	}
	s := shape{share: 255}
	switch r := runes[0]; {
	case r >= 0x2500 && r <= 0x257f:
		l.box(&s, r)
	case r >= 0x2580 && r <= 0x259f:
		l.block(&s, r)
	case r >= 0x2800 && r <= 0x28ff:
		l.braille(&s, r)
	default:
		return shape{}, false
	}
	return s, true
}

func (s *shape) add(x0, y0, x1, y1 int) {
	if x0 < x1 && y0 < y1 {
		s.rects = append(s.rects, rect{x0, y0, x1, y1})
	}
}

// Weights of the arms of a box-drawing character.
const (
	none = iota
	light
	heavy
	double
)

// boxArms are the weights of the arms to the left, up, to the right and down of
// U+2500 to U+257F, as their Unicode names say; .... is drawn otherwise.
const boxArms = "" +
	"1010 2020 0101 0202 .... .... .... .... .... .... .... .... 0011 0021 0012 0022 " +
	"1001 2001 1002 2002 0110 0120 0210 0220 1100 2100 1200 2200 0111 0121 0211 0112 " +
	"0212 0221 0122 0222 1101 2101 1201 1102 1202 2201 2102 2202 1011 2011 1021 2021 " +
	"1012 2012 1022 2022 1110 2110 1120 2120 1210 2210 1220 2220 1111 2111 1121 2121 " +
	"1211 1112 1212 2211 1221 2112 1122 2221 2122 2212 1222 2222 .... .... .... .... " +
	"3030 0303 0031 0013 0033 3001 1003 3003 0130 0310 0330 3100 1300 3300 0131 0313 " +
	"0333 3101 1303 3303 3031 1013 3033 3130 1310 3330 3131 1313 3333 .... .... .... " +
	".... .... .... .... 1000 0100 0010 0001 2000 0200 0020 0002 1020 0102 2010 0201 "

func (l *layout) box(s *shape, r rune) {
	code := boxArms[(r-0x2500)*5:][:4]
	if code[0] != '.' {
		var arms [4]int
		for i := range arms {
			arms[i] = int(code[i] - '0')
		}
		l.arms(s, arms)
		return
	}
	switch {
	case r <= 0x250b:
		n := int(r - 0x2504)
		l.dashes(s, 3+n/4, n/2%2 == 1, light+n%2)
	case r >= 0x254c && r <= 0x254f:
		n := int(r - 0x254c)
		l.dashes(s, 2, n/2 == 1, light+n%2)
	case r == '╭':
		l.arc(s, true, true)
	case r == '╮':
		l.arc(s, false, true)
	case r == '╯':
		l.arc(s, false, false)
	case r == '╰':
		l.arc(s, true, false)
	}
	if r == '╱' || r == '╳' {
		l.diagonal(s, float64(l.cellH), 0)
	}
	if r == '╲' || r == '╳' {
		l.diagonal(s, 0, float64(l.cellH))
	}
}

// thickness is that of a line of a weight.
func (l *layout) thickness(weight int) int {
	if weight == heavy {
		return 2 * l.stroke
	}
	return l.stroke
}

// An axis is one direction of a cell: along it lie two arms, and across it the
// other two.
type axis struct {
	length, breadth int // of the cell, along and across
	add             func(a0, b0, a1, b1 int)
}

// arms draws lines from the middle of the cell to its sides.
func (l *layout) arms(s *shape, w [4]int) {
	across := axis{l.cellW, l.cellH, s.add}
	down := axis{l.cellH, l.cellW, func(a0, b0, a1, b1 int) { s.add(b0, a0, b1, a1) }}
	l.pair(across, w[0], w[2], w[1], w[3])
	l.pair(down, w[1], w[3], w[0], w[2])
}

// pair draws the two arms along an axis, towards its start and its end; before
// and after are the weights of the arms across, on the two sides of the axis.
func (l *layout) pair(a axis, start, end, before, after int) {
	mirrored := axis{a.length, a.breadth, func(a0, b0, a1, b1 int) { a.add(a.length-a1, b0, a.length-a0, b1) }}
	l.arm(a, end, start, before, after, (a.length-l.stroke)/2)
	l.arm(mirrored, start, end, before, after, a.length-l.stroke-(a.length-l.stroke)/2)
}

// arm draws the arm towards the end of an axis. opposite is the weight of the
// one towards the start, middle where a light line across it begins.
func (l *layout) arm(a axis, weight, opposite, before, after, middle int) {
	gap := max(l.stroke, l.stroke*3/2) // from the middle to either line of a double one
	switch weight {
	case none:
	case double:
		// Each of the two lines turns into that of a double arm on its side.
		from := func(side, other int) int {
			switch {
			case side == double:
				return middle + gap
			case other == double:
				return middle - gap
			}
			return middle
		}
		b := (a.breadth - l.stroke) / 2
		a.add(from(before, after), b-gap, a.length, b-gap+l.stroke)
		a.add(from(after, before), b+gap, a.length, b+gap+l.stroke)
	default:
		thick := l.thickness(weight)
		from := middle - (max(l.thickness(before), l.thickness(after))-l.stroke)/2
		switch {
		case opposite != none:
		case before == double && after == double:
			from = middle + gap
		case before == double || after == double:
			from = middle - gap
		}
		b := (a.breadth - thick) / 2
		a.add(from, b, a.length, b+thick)
	}
}

// dashes draws a line in n pieces.
func (l *layout) dashes(s *shape, n int, vertical bool, weight int) {
	a := axis{l.cellW, l.cellH, s.add}
	if vertical {
		a = axis{l.cellH, l.cellW, func(a0, b0, a1, b1 int) { s.add(b0, a0, b1, a1) }}
	}
	thick := l.thickness(weight)
	b := (a.breadth - thick) / 2
	for i := range n {
		from, to := i*a.length/n, (i+1)*a.length/n
		a.add(from, b, to-max(1, (to-from)/3), b+thick)
	}
}

// kappa is how far the control points of a quarter circle are along its radius.
const kappa = 0.5523

// arc draws a rounded corner between the middles of two sides.
func (l *layout) arc(s *shape, right, down bool) {
	x0, y0 := float64((l.cellW-l.stroke)/2), float64((l.cellH-l.stroke)/2)
	t := float64(l.stroke)
	// The outer and inner edge of both lines, and where these end.
	ox, ix, ex := x0, x0+t, float64(l.cellW)
	oy, iy, ey := y0, y0+t, float64(l.cellH)
	dx, dy := 1., 1.
	if !right {
		ox, ix, ex, dx = ix, ox, 0, -1
	}
	if !down {
		oy, iy, ey, dy = iy, oy, 0, -1
	}
	radius := math.Min(math.Abs(ex-ix), math.Abs(ey-iy))
	corner := radius + t
	s.outlines = append(s.outlines, outline{
		{target: point{ox, ey}},
		{target: point{ox, oy + dy*corner}},
		{true, point{ox, oy + dy*corner*(1-kappa)}, point{ox + dx*corner*(1-kappa), oy}, point{ox + dx*corner, oy}},
		{target: point{ex, oy}},
		{target: point{ex, iy}},
		{target: point{ix + dx*radius, iy}},
		{true, point{ix + dx*radius*(1-kappa), iy}, point{ix, iy + dy*radius*(1-kappa)}, point{ix, iy + dy*radius}},
		{target: point{ix, ey}},
	})
}

// diagonal draws a line from the left side to the right one.
func (l *layout) diagonal(s *shape, from, to float64) {
	w, half := float64(l.cellW), float64(l.stroke)*0.7
	s.outlines = append(s.outlines, outline{
		{target: point{0, from - half}}, {target: point{w, to - half}},
		{target: point{w, to + half}}, {target: point{0, from + half}},
	})
}

// quadrants of U+2596 to U+259F: 1 upper left, 2 upper right, 4 lower left, 8
// lower right.
var quadrants = [...]uint8{4, 8, 1, 1 | 4 | 8, 1 | 8, 1 | 2 | 4, 1 | 2 | 8, 2, 2 | 4, 2 | 4 | 8}

func (l *layout) block(s *shape, r rune) {
	w, h := l.cellW, l.cellH
	eighths := func(side, n int) int { return max(1, (side*n+4)/8) }
	switch {
	case r == '▀':
		s.add(0, 0, w, eighths(h, 4))
	case r <= '█': // from one eighth, from below
		s.add(0, h-eighths(h, int(r-0x2580)), w, h)
	case r <= '▏': // to one eighth, from the left
		s.add(0, 0, eighths(w, int(0x2590-r)), h)
	case r == '▐':
		s.add(eighths(w, 4), 0, w, h)
	case r <= '▓':
		s.add(0, 0, w, h)
		s.share = uint8(64 * (r - '▐'))
	case r == '▔':
		s.add(0, 0, w, eighths(h, 1))
	case r == '▕':
		s.add(w-eighths(w, 1), 0, w, h)
	default:
		mx, my := eighths(w, 4), eighths(h, 4)
		for i, q := range []rect{{0, 0, mx, my}, {mx, 0, w, my}, {0, my, mx, h}, {mx, my, w, h}} {
			if quadrants[r-'▖']&(1<<i) != 0 {
				s.rects = append(s.rects, q)
			}
		}
	}
}

// brailleDots are the columns and lines of the dots, by the bits of U+28xx.
var brailleDots = [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}

func (l *layout) braille(s *shape, r rune) {
	side := max(1, int(math.Round(math.Min(float64(l.cellW)/2, float64(l.cellH)/4)*0.55)))
	for bit, dot := range brailleDots {
		if r&(1<<bit) != 0 {
			x, y := l.cellW*(2*dot[0]+1)/4-side/2, l.cellH*(2*dot[1]+1)/8-side/2
			s.add(x, y, x+side, y+side)
		}
	}
}

// missing is the box in place of a character that the font lacks.
func (l *layout) missing(columns int) shape {
	t := l.stroke
	x0, x1 := t, columns*l.cellW-t
	y0, y1 := l.baseline*3/10, l.baseline+t
	return shape{share: 255, rects: []rect{{x0, y0, x1, y0 + t}, {x0, y1 - t, x1, y1}, {x0, y0 + t, x0 + t, y1 - t}, {x1 - t, y0 + t, x1, y1 - t}}}
}
