package export

import (
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// FromANSI returns the screen that styled lines make, such as a view of the
// program draws: text with newlines and SGR sequences. Other sequences are left
// out. What lies beyond width columns and height lines is cut off, and what is
// missing is blank. Characters are as wide as the program lays them out, a
// grapheme cluster at a time.
func FromANSI(width, height int, content string) *Screen {
	s := NewScreen(width, height)
	content = strings.ReplaceAll(content, "\r", "")
	lines := uv.NewStyledString(content).Lines(ansi.GraphemeWidth)
	for y, line := range lines[:min(len(lines), height)] {
		x := 0
		for _, c := range line {
			x += put(s.line(y)[x:], c)
			if x == width {
				break
			}
		}
	}
	return s
}

// put writes one character at the beginning of the rest of a line, and returns
// its width. Half of a wide one is a blank.
func put(rest []Cell, c uv.Cell) int {
	style := styleOf(c.Style)
	if c.Width > len(rest) {
		for i := range rest {
			rest[i] = blank(style)
		}
		return len(rest)
	}
	for i := range c.Width {
		rest[i] = Cell{Style: style}
	}
	rest[0].Text, rest[0].Width = c.Content, c.Width
	return c.Width
}

func styleOf(s uv.Style) Style {
	has := func(attribute uint8) bool { return s.Attrs&attribute != 0 }
	return Style{
		FG: ColourOf(s.Fg), BG: ColourOf(s.Bg), Underline: s.Underline != uv.UnderlineNone,
		Bold: has(uv.AttrBold), Faint: has(uv.AttrFaint), Italic: has(uv.AttrItalic), Reverse: has(uv.AttrReverse),
	}
}
