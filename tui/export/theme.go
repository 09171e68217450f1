package export

import (
	"fmt"
	"image/color"
	"strings"
)

// A Theme is the colours that a terminal decides: those of its own, and the
// first sixteen of its 256. The others are the same everywhere.
type Theme struct {
	Name    string
	FG, BG  color.RGBA
	Palette [16]color.RGBA // black to white, then bright black to bright white
}

// Dark is light text on a dark background.
func Dark() Theme {
	return Theme{
		Name: "dark", FG: code("#d9dce1"), BG: code("#15171c"),
		Palette: palette("#23262d #e5734a #2fc79a #d9a92b #5a9bd8 #cf88b4 #4bb5c9 #c6cad1" +
			" #6f7683 #ff8a4c #5fdcb5 #f2c744 #7db8ec #e6a0c8 #73d0e0 #f4f5f7"),
	}
}

// Light is dark text on a light background.
func Light() Theme {
	return Theme{
		Name: "light", FG: code("#23262d"), BG: code("#fcfcfa"),
		Palette: palette("#23262d #a84300 #00694b #7a5c00 #005a96 #8c2f6b #0b6b78 #c9ccd1" +
			" #7b808a #c65311 #00815d #946f00 #0a71b8 #a8437f #128293 #eeeff1"),
	}
}

// ThemeNamed returns the theme of a name.
func ThemeNamed(name string) (Theme, error) {
	for _, t := range []Theme{Dark(), Light()} {
		if t.Name == name {
			return t, nil
		}
	}
	return Theme{}, fmt.Errorf("there is no theme %q; there are dark and light", name)
}

func palette(codes string) (p [16]color.RGBA) {
	for i, c := range strings.Fields(codes) {
		p[i] = code(c)
	}
	return p
}

// code reads #rrggbb.
func code(s string) color.RGBA {
	c := color.RGBA{A: 0xff}
	fmt.Sscanf(s, "#%02x%02x%02x", &c.R, &c.G, &c.B)
	return c
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// colour is a colour as it looks; own is the terminal's own in its place.
func (t *Theme) colour(c Colour, own color.RGBA) color.RGBA {
	switch c.kind {
	case indexedColour:
		return t.indexed(c.r)
	case rgbColour:
		return color.RGBA{c.r, c.g, c.b, 0xff}
	}
	return own
}

// indexed is one of the 256 colours, as xterm has them.
func (t *Theme) indexed(i uint8) color.RGBA {
	const grey = 232 // the first of them
	switch {
	case i < 16:
		return t.Palette[i]
	case i >= grey:
		v := 8 + 10*(i-grey)
		return color.RGBA{v, v, v, 0xff}
	}
	level := func(n uint8) uint8 {
		if n == 0 {
			return 0
		}
		return 55 + 40*n
	}
	i -= 16
	return color.RGBA{level(i / 36), level(i / 6 % 6), level(i % 6), 0xff}
}

// look is the colours of ink and paper of a style.
func (t *Theme) look(s Style) (ink, paper color.RGBA) {
	ink, paper = t.colour(s.FG, t.FG), t.colour(s.BG, t.BG)
	if s.Reverse {
		ink, paper = paper, ink
	}
	if s.Faint {
		ink = mix(paper, ink, 145)
	}
	return ink, paper
}

// mix is share parts of 255 of over on under.
func mix(under, over color.RGBA, share uint8) color.RGBA {
	blend := func(u, o uint8) uint8 {
		return uint8((int(u)*(255-int(share)) + int(o)*int(share) + 127) / 255)
	}
	return color.RGBA{blend(under.R, over.R), blend(under.G, over.G), blend(under.B, over.B), 0xff}
}
