package export

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/visible"
)

// A sheet is a screen on its way out. Every cell is one that a writer can rely
// on: its text is safe, not empty and as wide as it says, and whole within its
// line. Lines may be shared with other sheets, and are never changed.
type sheet struct {
	lines  [][]Cell // [height][width]
	cursor Cursor   // the zero value if it is not seen
}

// newSheet returns a blank sheet.
func newSheet(width, height int) *sheet {
	s := &sheet{lines: make([][]Cell, height)}
	line := blankLine(width)
	for y := range s.lines {
		s.lines[y] = line
	}
	return s
}

func blankLine(width int) []Cell { return slices.Repeat([]Cell{blank(Style{})}, width) }

// sameLine reports whether two lines of a width show the same.
func sameLine(a, b []Cell) bool { return &a[0] == &b[0] || slices.Equal(a, b) }

// same reports whether two sheets of a size show the same.
func (s *sheet) same(other *sheet) bool {
	return s == other || s.cursor == other.cursor && slices.EqualFunc(s.lines, other.lines, sameLine)
}

// text is the lines without spaces at their ends, and without blank ones at the
// end.
func (s *sheet) text() string {
	var b strings.Builder
	for _, cells := range s.lines {
		line := ""
		for _, c := range cells {
			line += c.Text
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// A fitter makes sheets of a size out of screens that are no larger and lie at
// their upper left. What a screen has in common with the one before is made
// once.
type fitter struct {
	width, height int
	from          *Screen
	to            *sheet
}

func (f *fitter) fit(s *Screen) *sheet {
	if s == f.from {
		return f.to
	}
	out := newSheet(f.width, f.height)
	alike := f.from != nil && f.from.Width == s.Width
	for y := range s.Height {
		if alike && y < f.from.Height && sameLine(f.from.line(y), s.line(y)) {
			out.lines[y] = f.to.lines[y]
			continue
		}
		out.lines[y] = blankLine(f.width)
		fitLine(out.lines[y], s.line(y))
	}
	if c := s.Cursor; c.Visible && c.X >= 0 && c.Y >= 0 && c.X < s.Width && c.Y < s.Height {
		out.cursor = c
	}
	f.from, f.to = s, out
	return out
}

// unknown stands for what cannot be shown.
const unknown = string(utf8.RuneError)

// fitLine makes the first cells of a line out of others.
func fitLine(to, from []Cell) {
	for x := 0; x < len(from); {
		c := from[x]
		switch {
		case c.Width == 1 && len(c.Text) == 1 && c.Text[0] >= ' ' && c.Text[0] <= '~': // most
			to[x] = c
			x++
		case c.Text == "":
			to[x] = blank(c.Style)
			x++
		case c.Width < 1 || x+c.Width > len(from) || !followed(from[x+1:x+c.Width]) || !showable(c.Text, c.Width):
			to[x] = Cell{unknown, 1, c.Style}
			x++
		default:
			to[x] = c
			for i := 1; i < c.Width; i++ {
				to[x+i] = Cell{Style: c.Style}
			}
			x += c.Width
		}
	}
}

// followed reports whether these are the further columns of a wide character.
func followed(cells []Cell) bool {
	for _, c := range cells {
		if c.Width != 0 || c.Text != "" {
			return false
		}
	}
	return true
}

// showable reports whether text is one safe character of this width. Terminals
// disagree about the width of some; either way of counting will do.
func showable(text string, width int) bool {
	cluster, columns := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
	return cluster == text && (columns == width || ansi.StringWidthWc(text) == width) && visible.Line(text) == text
}
