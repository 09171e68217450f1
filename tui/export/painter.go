package export

import (
	"image"
	"image/color"
)

// A duo is the two colours of a cell.
type duo struct{ ink, paper color.RGBA }

// A surface is what pixels are drawn on.
type surface interface {
	fill(r image.Rectangle, c color.RGBA)
	// stamp draws a glyph with its upper left corner at a pixel.
	stamp(x, y int, g *glyph, d duo)
}

// A painter draws moments on a surface.
type painter struct {
	*glyphs
	theme Theme
	to    surface
}

// paint draws a moment over the one before, nil at first, and returns where
// something is other than it was.
func (p *painter) paint(before, m *moment) (changed image.Rectangle, err error) {
	if before == nil {
		changed = image.Rect(0, 0, p.width, p.height)
		p.to.fill(changed, p.theme.BG)
	}
	if p.bar > 0 && (before == nil || before.title != m.title) {
		if err := p.window(m.title); err != nil {
			return changed, err
		}
		changed = changed.Union(image.Rect(0, 0, p.width, p.bar))
	}
	for y, line := range m.screen.lines {
		if before != nil && sameLine(before.screen.lines[y], line) {
			continue
		}
		for x, c := range line {
			if c.Width == 0 || before != nil && before.screen.lines[y][x] == c {
				continue
			}
			px, py := p.cell(x, y)
			if err := p.put(px, py, c); err != nil {
				return changed, err
			}
			changed = changed.Union(image.Rect(px, py, px+c.Width*p.cellW, py+p.cellH))
		}
	}
	return changed, nil
}

// put draws a cell at a pixel.
func (p *painter) put(x, y int, c Cell) error {
	g, err := p.of(c)
	if err != nil {
		return err
	}
	p.to.stamp(x, y, g, p.theme.duo(c))
	return nil
}

// duo is the colours that a cell is drawn in: of a space, only its paper.
func (t *Theme) duo(c Cell) duo {
	ink, paper := t.look(c.Style)
	if (c.Text == " " || c.Width == 0) && !c.Underline {
		ink = paper
	}
	return duo{ink, paper}
}

// window draws the bar with its buttons and title, and the edge around all.
func (p *painter) window(title string) error {
	c := p.theme.chrome()
	w, h, t := p.width, p.height, p.stroke
	p.to.fill(image.Rect(0, 0, w, p.bar), c.bar)
	for _, edge := range []image.Rectangle{
		image.Rect(0, p.bar-t, w, p.bar),
		image.Rect(0, 0, w, t), image.Rect(0, h-t, w, h), image.Rect(0, 0, t, h), image.Rect(w-t, 0, w, h),
	} {
		p.to.fill(edge, c.edge)
	}
	for _, b := range p.buttons() {
		p.to.stamp(int(b.x-b.radius), int(b.y-b.radius), p.disc(b), duo{c.button, c.bar})
	}
	cells, at := p.titleLine(title, c)
	for x, c := range cells {
		if c.Width == 0 {
			continue
		}
		if err := p.put(at+x*p.cellW, (p.bar-p.cellH)/2, c); err != nil {
			return err
		}
	}
	return nil
}
