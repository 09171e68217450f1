package export

import (
	"image/color"
	"slices"

	"github.com/charmbracelet/x/ansi"
)

// A chrome is the colours of the window's frame: calm ones between those of the
// theme's own ink and paper.
type chrome struct{ bar, edge, button, title color.RGBA }

func (t *Theme) chrome() chrome {
	return chrome{mix(t.BG, t.FG, 18), mix(t.BG, t.FG, 44), mix(t.BG, t.FG, 84), mix(t.BG, t.FG, 170)}
}

// titleLine is the title as cells, no more than fit into the bar, and the pixel
// from the left at which they begin.
func (l *layout) titleLine(title string, c chrome) (cells []Cell, x int) {
	title = ansi.Truncate(title, l.titleCells(), "…")
	n := ansi.StringWidth(title)
	if n == 0 {
		return nil, 0
	}
	f := fitter{width: n, height: 1}
	cells = f.fit(FromANSI(n, 1, title)).lines[0]
	for i := range cells {
		cells[i].FG, cells[i].BG = RGB(c.title.R, c.title.G, c.title.B), RGB(c.bar.R, c.bar.G, c.bar.B)
	}
	return cells, (l.width - n*l.cellW) / 2
}

// inked is the reel with each visible cursor drawn as a reversed cell, for what
// has no cursor of its own.
func (r *reel) inked() *reel {
	out := *r
	out.moments = nil
	for _, m := range r.moments {
		if c := m.screen.cursor; c.Visible {
			m.screen = &sheet{lines: slices.Clone(m.screen.lines)}
			m.screen.lines[c.Y] = reversed(m.screen.lines[c.Y], c.X)
		}
		out.add(m)
	}
	return &out
}

// reversed is a line with the character at column x reversed.
func reversed(line []Cell, x int) []Cell {
	line = slices.Clone(line)
	for x > 0 && line[x].Width == 0 {
		x--
	}
	for i := range line[x].Width {
		line[x+i].Reverse = !line[x+i].Reverse
	}
	return line
}
