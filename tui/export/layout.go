package export

import (
	"fmt"
	"math"

	"tiller/tui/export/font"
)

// A layout is where a picture has what, in pixels. Cells are whole pixels, so
// that what is drawn across their borders joins.
type layout struct {
	columns, lines int
	cellW, cellH   int
	em             float64 // size of the font, whose characters fill cellW exactly
	baseline       int     // from the top of a cell
	stroke         int     // thickness of a light line
	padding        int     // around the screen
	bar            int     // height of the title bar; 0 is none
	width, height  int     // of the picture
}

// lineHeight is the height of a cell in ems.
const lineHeight = 1.22

// layout measures a picture of the reel; scale is pixels per pixel.
func (r *reel) layout(o Options, scale float64) layout {
	size := o.FontSize * scale
	l := layout{columns: r.width, lines: r.height}
	l.cellW = max(2, int(math.Round(size*font.Advance)))
	l.em = float64(l.cellW) / font.Advance
	l.cellH = max(4, int(math.Round(l.em*lineHeight)))
	l.baseline = int(math.Round((float64(l.cellH) + (font.Ascent-font.Descent)*l.em) / 2))
	l.stroke = max(1, int(math.Round(l.em/14)))
	l.padding = int(math.Round(float64(o.Padding) * scale))
	if !o.Bare {
		l.bar = int(math.Round(float64(l.cellH) * 1.75))
	}
	l.width = l.columns*l.cellW + 2*l.padding
	l.height = l.lines*l.cellH + 2*l.padding + l.bar
	return l
}

// maxPixels is how many pixels a picture may have: 64 Mi, 256 MiB in memory.
const maxPixels = 64 << 20

// maxGIFSide is the greatest width and height that a GIF can say.
const maxGIFSide = math.MaxUint16

// checkPixels refuses a picture that is too large to be drawn.
func (l *layout) checkPixels() error {
	if l.width > maxGIFSide || l.height > maxGIFSide || l.width*l.height > maxPixels {
		return fmt.Errorf("a picture of %d by %d pixels is too large; a smaller font or scale makes it smaller", l.width, l.height)
	}
	return nil
}

// top is where the screen begins, below the bar.
func (l *layout) top() int { return l.bar + l.padding }

// cell is the upper left corner of a cell.
func (l *layout) cell(x, y int) (px, py int) { return l.padding + x*l.cellW, l.top() + y*l.cellH }

// A button is a circle of the window's frame.
type button struct{ x, y, radius float64 }

// buttons are the three at the left of the bar, or as many as have room.
func (l *layout) buttons() []button {
	unit := float64(l.bar)
	var out []button
	for i := range 3 {
		b := button{unit/2 + float64(i)*unit/2, unit / 2, unit * 0.14}
		if b.x+b.radius+1 < float64(l.width) {
			out = append(out, b)
		}
	}
	return out
}

// titleCells is how many columns a title may take between the buttons and as
// much room at the right.
func (l *layout) titleCells() int {
	return max(0, (l.width-4*l.bar)/l.cellW)
}
