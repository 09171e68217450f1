package export

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
)

// writePNG draws the still.
func writePNG(w io.Writer, r *reel, o Options) error {
	scale := o.Scale
	if scale == 0 {
		scale = 2
	}
	l := r.layout(o, scale)
	if err := l.checkPixels(); err != nil {
		return err
	}
	g, err := newGlyphs(l)
	if err != nil {
		return err
	}
	s := &still{image.NewRGBA(image.Rect(0, 0, l.width, l.height)), map[duo]*ramp{}}
	p := painter{g, r.theme, s}
	m := r.inked().still()
	if _, err := p.paint(nil, &m); err != nil {
		return err
	}
	return png.Encode(w, s.img)
}

// A still is a surface of pixels of any colour.
type still struct {
	img   *image.RGBA
	ramps map[duo]*ramp
}

// A ramp is the colours from paper to ink, by how much of a pixel is ink.
type ramp [256]color.RGBA

func (s *still) fill(r image.Rectangle, c color.RGBA) {
	draw.Draw(s.img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func (s *still) stamp(x, y int, g *glyph, d duo) {
	colours := s.ramps[d]
	if colours == nil {
		colours = new(ramp)
		for i := range colours {
			colours[i] = mix(d.paper, d.ink, uint8(i))
		}
		s.ramps[d] = colours
	}
	for i, cover := range g.cover {
		s.img.SetRGBA(x+i%g.width, y+i/g.width, colours[cover])
	}
}
