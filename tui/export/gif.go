package export

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"image"
	"image/color"
	"io"
	"math/bits"
	"runtime"
	"time"
)

// gifPace is the shortest time between two frames: viewers slow down shorter
// ones, and nobody reads faster.
const gifPace = 50 * time.Millisecond

// writeGIF draws the reel. A frame after the first is the rectangle in which
// something changed, transparent where nothing did. The format is described at
// https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
func writeGIF(w io.Writer, r *reel, o Options) error {
	scale := o.Scale
	if scale == 0 {
		scale = 1
	}
	l := r.layout(o, scale)
	if err := l.checkPixels(); err != nil {
		return err
	}
	g, err := newGlyphs(l)
	if err != nil {
		return err
	}
	r = r.inked().paced(gifPace)
	f := newFilm(l, r)
	if _, err := w.Write(f.header(len(r.moments) > 1)); err != nil {
		return err
	}
	p := painter{g, r.theme, f}
	if err := inOrder(w, func(next func(func() []byte) bool) error { return f.draw(&p, r, o.Hold, next) }); err != nil {
		return err
	}
	_, err = w.Write([]byte{0x3b}) // trailer
	return err
}

// A film is a surface whose pixels are numbers of colours in a palette.
type film struct {
	width, height int
	palette       []color.RGBA
	transparent   uint8                  // the number after those of the palette
	steps         map[duo]*[levels]uint8 // from paper to ink
	canvas        []uint8                // [height*width], what is drawn
	shown         []uint8                // the same as the frame before left it
}

func newFilm(l layout, r *reel) *film {
	f := &film{width: l.width, height: l.height, steps: map[duo]*[levels]uint8{}}
	f.palette = r.usage(l.bar > 0).palette()
	f.transparent = uint8(len(f.palette))
	f.canvas = make([]uint8, f.width*f.height)
	f.shown = make([]uint8, f.width*f.height)
	return f
}

// usage counts the colours of all lines that change, and of the window.
func (r *reel) usage(framed bool) usage {
	u := usage{duo{r.theme.BG, r.theme.BG}: 1}
	if framed {
		c := r.theme.chrome()
		u[duo{c.button, c.bar}]++
		u[duo{c.title, c.bar}]++
		u[duo{c.edge, c.edge}]++
	}
	before := newSheet(r.width, r.height)
	for _, m := range r.moments {
		for y, line := range m.screen.lines {
			if sameLine(before.lines[y], line) {
				continue
			}
			for _, c := range line {
				u[r.theme.duo(c)]++
			}
		}
		before = m.screen
	}
	return u
}

// numbers are those of the colours from paper to ink.
func (f *film) numbers(d duo) *[levels]uint8 {
	steps := f.steps[d]
	if steps == nil {
		steps = new([levels]uint8)
		for i := range steps {
			steps[i] = nearest(f.palette, d.step(i))
		}
		f.steps[d] = steps
	}
	return steps
}

func (f *film) fill(r image.Rectangle, c color.RGBA) {
	n := nearest(f.palette, c)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		line := f.canvas[y*f.width:][r.Min.X:r.Max.X]
		for x := range line {
			line[x] = n
		}
	}
}

func (f *film) stamp(x, y int, g *glyph, d duo) {
	numbers := f.numbers(d)
	for i := 0; i < len(g.cover); i += g.width {
		line := f.canvas[(y+i/g.width)*f.width+x:]
		for j, cover := range g.cover[i : i+g.width] {
			line[j] = numbers[level(cover)]
		}
	}
}

// depth is the bits of a number.
func (f *film) depth() int { return max(2, bits.Len8(f.transparent)) }

// header is the size and the palette, and the order to repeat for ever.
func (f *film) header(repeat bool) []byte {
	b := []byte("GIF89a")
	b = binary.LittleEndian.AppendUint16(b, uint16(f.width))
	b = binary.LittleEndian.AppendUint16(b, uint16(f.height))
	b = append(b, 0xf0|uint8(f.depth()-1), 0, 0)
	for i := range 1 << f.depth() {
		c := color.RGBA{}
		if i < len(f.palette) {
			c = f.palette[i]
		}
		b = append(b, c.R, c.G, c.B)
	}
	if repeat {
		b = append(b, "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"...)
	}
	return b
}

// draw draws each moment and gives out what makes the bytes of its frame, until
// next wants no more.
func (f *film) draw(p *painter, r *reel, hold time.Duration, next func(func() []byte) bool) error {
	const unit = 10 * time.Millisecond
	var before *moment
	for i := range r.moments {
		m := &r.moments[i]
		changed, err := p.paint(before, m)
		if err != nil {
			return err
		}
		end := r.end + hold
		if i+1 < len(r.moments) {
			end = r.moments[i+1].at
		}
		area, pixels := f.difference(changed, before == nil)
		delays := end/unit - m.at/unit // rounding errors don't add up
		before = m
		if !next(func() []byte { return f.frame(area, pixels, int(delays)) }) {
			return nil
		}
	}
	return nil
}

// difference returns the least rectangle of what changed in an area since the
// frame before, and its pixels, transparent where they are as they were. whole
// is for the first frame.
func (f *film) difference(area image.Rectangle, whole bool) (image.Rectangle, []uint8) {
	if !whole {
		area = f.shrunk(area)
	}
	pixels := make([]uint8, 0, area.Dx()*area.Dy())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		drawn, shown := f.canvas[y*f.width:][area.Min.X:area.Max.X], f.shown[y*f.width:][area.Min.X:area.Max.X]
		for x, n := range drawn {
			if n == shown[x] && !whole {
				n = f.transparent
			}
			pixels = append(pixels, n)
		}
		copy(shown, drawn)
	}
	return area, pixels
}

// shrunk is the least rectangle within an area that has all changes; a frame
// needs at least one pixel.
func (f *film) shrunk(area image.Rectangle) image.Rectangle {
	least := image.Rectangle{}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		drawn, shown := f.canvas[y*f.width:], f.shown[y*f.width:]
		first, last := -1, -1
		for x := area.Min.X; x < area.Max.X; x++ {
			if drawn[x] != shown[x] {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			least = least.Union(image.Rect(first, y, last+1, y+1))
		}
	}
	if least.Empty() {
		return image.Rectangle{Min: area.Min, Max: area.Min.Add(image.Pt(1, 1))}
	}
	return least
}

// frame is the bytes of a frame that stays for so many hundredths of a second.
// One longer than the format can say is followed by others that change nothing.
func (f *film) frame(area image.Rectangle, pixels []uint8, delays int) []byte {
	const most = 1<<16 - 1
	b := f.block(area, pixels, min(delays, most))
	for delays -= most; delays > 0; delays -= most {
		b = append(b, f.block(image.Rect(0, 0, 1, 1), []uint8{f.transparent}, min(delays, most))...)
	}
	return b
}

func (f *film) block(area image.Rectangle, pixels []uint8, delay int) []byte {
	// What is drawn stays, and one number is transparent.
	b := []byte{0x21, 0xf9, 4, 1<<2 | 1, uint8(delay), uint8(delay >> 8), f.transparent, 0, 0x2c}
	for _, n := range []int{area.Min.X, area.Min.Y, area.Dx(), area.Dy()} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	b = append(b, 0, uint8(f.depth()))
	var packed bytes.Buffer
	lw := lzw.NewWriter(&packed, lzw.LSB, f.depth())
	lw.Write(pixels) // a buffer takes everything
	lw.Close()
	for packed.Len() > 0 {
		piece := packed.Next(255)
		b = append(b, uint8(len(piece)))
		b = append(b, piece...)
	}
	return append(b, 0)
}

// inOrder writes what functions return in the order in which draw gives them
// out, while several of them run at once. next is false once it is of no use to
// go on.
func inOrder(w io.Writer, draw func(next func(func() []byte) bool) error) error {
	waiting := make(chan chan []byte, runtime.GOMAXPROCS(0))
	stop, drawn := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(waiting)
		drawn <- draw(func(bytes func() []byte) bool {
			done := make(chan []byte, 1)
			select {
			case waiting <- done:
				go func() { done <- bytes() }()
				return true
			case <-stop:
				return false
			}
		})
	}()
	var err error
	for done := range waiting {
		if err != nil {
			continue
		}
		if _, err = w.Write(<-done); err != nil {
			close(stop)
		}
	}
	if drawing := <-drawn; err == nil {
		err = drawing
	}
	return err
}
