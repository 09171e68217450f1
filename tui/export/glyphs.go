package export

import (
	"fmt"
	"image"
	"image/draw"
	"math"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
	"golang.org/x/text/unicode/norm"

	embedded "tiller/tui/export/font"
)

// A glyph is how much of each pixel of a character's cells is ink.
type glyph struct {
	width int     // pixels
	cover []uint8 // [cellH*width], 255 is all
}

// glyphs draws characters, each once.
type glyphs struct {
	layout
	faces embedded.Faces
	buf   sfnt.Buffer
	drawn map[glyphKey]*glyph
}

// A glyphKey is all that a glyph depends on.
type glyphKey struct {
	text                    string
	width                   int
	bold, italic, underline bool
}

func newGlyphs(l layout) (*glyphs, error) {
	faces, err := embedded.Load()
	if err != nil {
		return nil, err
	}
	return &glyphs{layout: l, faces: faces, drawn: map[glyphKey]*glyph{}}, nil
}

// of returns the glyph of a cell.
func (g *glyphs) of(c Cell) (*glyph, error) {
	key := glyphKey{c.Text, c.Width, c.Bold, c.Italic, c.Underline}
	if drawn := g.drawn[key]; drawn != nil {
		return drawn, nil
	}
	drawn, err := g.draw(key)
	if err != nil {
		return nil, fmt.Errorf("cannot draw %q: %w", c.Text, err)
	}
	g.drawn[key] = drawn
	return drawn, nil
}

func (g *glyphs) draw(key glyphKey) (*glyph, error) {
	out := &glyph{width: key.width * g.cellW}
	out.cover = make([]uint8, out.width*g.cellH)
	if shape, ok := g.shapeOf(key.text); ok {
		g.fill(out, shape)
	} else if err := g.spell(out, key); err != nil {
		return nil, err
	}
	if key.underline {
		g.fill(out, shape{share: 255, rects: []rect{g.underline(key.width)}})
	}
	return out, nil
}

// underline is the line below so many columns.
func (l *layout) underline(columns int) rect {
	y := min(l.baseline+2*l.stroke, l.cellH-l.stroke)
	return rect{0, y, columns * l.cellW, y + l.stroke}
}

// fill covers what a shape covers.
func (g *glyphs) fill(out *glyph, s shape) {
	for _, r := range s.rects {
		for y := max(r.y0, 0); y < min(r.y1, g.cellH); y++ {
			for x := max(r.x0, 0); x < min(r.x1, out.width); x++ {
				i := y*out.width + x
				out.cover[i] = max(out.cover[i], s.share)
			}
		}
	}
	for _, o := range s.outlines {
		v := vector.NewRasterizer(out.width, g.cellH)
		for i, s := range o {
			x, y := float32(s.target.x), float32(s.target.y)
			switch {
			case i == 0:
				v.MoveTo(x, y)
			case s.curved:
				v.CubeTo(float32(s.c1.x), float32(s.c1.y), float32(s.c2.x), float32(s.c2.y), x, y)
			default:
				v.LineTo(x, y)
			}
		}
		out.ink(v)
	}
}

// ink covers what a path that was drawn covers.
func (g *glyph) ink(v *vector.Rasterizer) {
	v.ClosePath()
	mask := image.NewAlpha(v.Bounds())
	v.DrawOp = draw.Src
	v.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
	for i, c := range mask.Pix {
		g.cover[i] = max(g.cover[i], c)
	}
}

// spell draws a character of the font with its combining marks.
func (g *glyphs) spell(out *glyph, key glyphKey) error {
	if key.text == " " {
		return nil
	}
	var letters []rune
	for _, r := range norm.NFC.String(key.text) {
		if len(letters) == 0 || unicode.Is(unicode.M, r) && !unicode.Is(unicode.Variation_Selector, r) {
			letters = append(letters, r)
		}
	}
	face := g.faces.Regular
	if key.bold {
		face = g.faces.Bold
	}
	shift := float32(key.width-1) * float32(g.cellW) / 2 // into the middle of its columns
	for i, r := range letters {
		if name, ok := controlName(r); ok {
			return g.control(out, face, name)
		}
		id, err := face.GlyphIndex(&g.buf, r)
		switch {
		case err != nil:
			return err
		case id != 0:
			if err := g.trace(out, face, id, place{x: shift, y: float32(g.baseline), size: 1, slanted: key.italic}); err != nil {
				return err
			}
		case i == 0:
			g.fill(out, g.missing(key.width))
			return nil
		}
	}
	return nil
}

// A place is where and how a glyph of the font is drawn in a cell.
type place struct {
	x, y    float32 // its origin
	size    float32 // of the usual
	slanted bool
}

// slant is how far a slanted glyph leans for each pixel of height.
const slant = 0.2

// trace draws a glyph of the font.
func (g *glyphs) trace(out *glyph, face *sfnt.Font, id sfnt.GlyphIndex, p place) error {
	size := fixed.Int26_6(g.em*float64(p.size)*64 + 0.5)
	segments, err := face.LoadGlyph(&g.buf, id, size, nil)
	if err != nil {
		return err
	}
	at := func(q fixed.Point26_6) (x, y float32) {
		x, y = float32(q.X)/64, float32(q.Y)/64
		if p.slanted {
			x -= y*slant + float32(g.em)*slant*0.3
		}
		return x + p.x, y + p.y
	}
	v := vector.NewRasterizer(out.width, g.cellH)
	for _, s := range segments {
		x, y := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			v.ClosePath()
			v.MoveTo(x, y)
		case sfnt.SegmentOpLineTo:
			v.LineTo(x, y)
		case sfnt.SegmentOpQuadTo:
			x1, y1 := at(s.Args[1])
			v.QuadTo(x, y, x1, y1)
		case sfnt.SegmentOpCubeTo:
			x1, y1 := at(s.Args[1])
			x2, y2 := at(s.Args[2])
			v.CubeTo(x, y, x1, y1, x2, y2)
		}
	}
	out.ink(v)
	return nil
}

// controlNames are the letters of the pictures of control characters, U+2400 to
// U+2421, which the font lacks.
const controlNames = "NULSOHSTXETXEOTENQACKBELBS HT LF VT FF CR SO SI DLEDC1DC2DC3DC4NAKSYNETBCANEM SUBESCFS GS RS US SP DEL"

func controlName(r rune) (string, bool) {
	if r < 0x2400 || r > 0x2421 {
		return "", false
	}
	return controlNames[3*(r-0x2400):][:3], true
}

// control draws the name of a control character, falling to the right.
func (g *glyphs) control(out *glyph, face *sfnt.Font, name string) error {
	const size = 0.55
	for i, r := range name {
		if r == ' ' {
			continue
		}
		id, err := face.GlyphIndex(&g.buf, r)
		if err != nil {
			return err
		}
		advance, err := face.GlyphAdvance(&g.buf, id, fixed.Int26_6(g.em*size*64), font.HintingNone)
		if err != nil {
			return err
		}
		step := (float32(g.cellW) - float32(advance)/64) / 2
		fall := float32(g.em) * (0.25 - 0.2*float32(2-i))
		if err := g.trace(out, face, id, place{x: step * float32(i), y: float32(g.baseline) + fall, size: size}); err != nil {
			return err
		}
	}
	return nil
}

// disc is a circle, from the pixel of its upper left corner.
func (l *layout) disc(b button) *glyph {
	x0, y0 := math.Floor(b.x-b.radius), math.Floor(b.y-b.radius)
	side := int(math.Ceil(2*b.radius)) + 1
	out := &glyph{width: side, cover: make([]uint8, side*side)}
	x, y, r := float32(b.x-x0), float32(b.y-y0), float32(b.radius)
	const k = kappa
	v := vector.NewRasterizer(side, side)
	v.MoveTo(x+r, y)
	v.CubeTo(x+r, y+k*r, x+k*r, y+r, x, y+r)
	v.CubeTo(x-k*r, y+r, x-r, y+k*r, x-r, y)
	v.CubeTo(x-r, y-k*r, x-k*r, y-r, x, y-r)
	v.CubeTo(x+k*r, y-r, x+r, y-k*r, x+r, y)
	out.ink(v)
	return out
}
