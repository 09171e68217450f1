package export

import (
	"fmt"
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// A Colour is the zero value for the terminal's own, or made by [Indexed] or
// [RGB].
type Colour struct {
	kind    colourKind
	r, g, b uint8 // r is the number of an indexed colour
}

type colourKind uint8

const (
	ownColour colourKind = iota
	indexedColour
	rgbColour
)

// Indexed is colour i of the terminal's 256: sixteen that its theme decides, a
// cube of 216 and 24 greys.
func Indexed(i uint8) Colour { return Colour{indexedColour, i, 0, 0} }

// RGB is a colour by its parts.
func RGB(r, g, b uint8) Colour { return Colour{rgbColour, r, g, b} }

// ColourOf is a colour of package ansi, lipgloss or image/color; nil is the
// terminal's own. Transparency is dropped.
func ColourOf(c color.Color) Colour {
	switch c := c.(type) {
	case nil:
		return Colour{}
	case ansi.BasicColor:
		return Indexed(uint8(c))
	case ansi.IndexedColor:
		return Indexed(uint8(c))
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return RGB(n.R, n.G, n.B)
}

// A Style is how a character is drawn.
type Style struct {
	// FG and BG are the colours of ink and paper before Reverse.
	FG, BG                                  Colour
	Bold, Faint, Italic, Underline, Reverse bool
}

// A Cell is one place of a screen. The zero value is a blank.
type Cell struct {
	// Text is the character, combining marks included.
	Text string
	// Width is how many columns Text takes. The further columns of a wide
	// character are cells of width 0 without text.
	Width int
	Style
}

// A Cursor is where the terminal's own cursor stands, from column and line 0.
type Cursor struct {
	X, Y    int
	Visible bool
}

// A Screen is all that a terminal shows at one time.
type Screen struct {
	Width, Height int
	Cells         []Cell // [Height*Width], line by line
	Cursor        Cursor
}

// NewScreen returns a blank screen of width columns and height lines.
func NewScreen(width, height int) *Screen {
	s := &Screen{Width: width, Height: height, Cells: make([]Cell, width*height)}
	for i := range s.Cells {
		s.Cells[i] = blank(Style{})
	}
	return s
}

// blank is a space in a style.
func blank(s Style) Cell { return Cell{" ", 1, s} }

// line is line y of the screen.
func (s *Screen) line(y int) []Cell { return s.Cells[y*s.Width : (y+1)*s.Width] }

// check refuses a screen whose cells are not those of its size.
func (s *Screen) check() error {
	if err := checkSize(s.Width, s.Height); err != nil {
		return err
	}
	if len(s.Cells) != s.Width*s.Height {
		return fmt.Errorf("a screen of %d by %d has %d cells", s.Width, s.Height, len(s.Cells))
	}
	return nil
}

// maxSide is the greatest width and height of a screen, in cells.
const maxSide = 1000

func checkSize(width, height int) error {
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return fmt.Errorf("a screen of %d by %d cells is not between 1 by 1 and %d by %d", width, height, maxSide, maxSide)
	}
	return nil
}
