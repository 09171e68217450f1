package layers

import (
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/tui/theme"
)

// levels is how many shades there are.
const levels = len(theme.Shades)

// The glyphs of a cell by its level: shades are theme.Shades; values below zero
// have bars across, and cells that were edited are discs that fill.
var (
	below = [levels]string{" ", "-", "=", "≡", "▤"}
	discs = [levels]string{"○", "◔", "◑", "◕", "●"}
)

const (
	noValue     = "·"
	editedBelow = "⊖" // an edited cell below zero
)

// A pen writes in a style, by what turns it on and off. Thousands of cells are
// drawn in a frame, and rendering each on its own would take too long.
type pen struct{ on, off string }

func penOf(s lipgloss.Style) pen {
	const ink = "x" // which no escape sequence of a style has
	on, off, _ := strings.Cut(s.Render(ink), ink)
	return pen{on, off}
}

func pensOf(styles []lipgloss.Style) []pen {
	pens := make([]pen, len(styles))
	for i, s := range styles {
		pens[i] = penOf(s)
	}
	return pens
}

// A line is styled text being written, with few changes of style.
type line struct {
	b   strings.Builder
	pen pen
}

func (l *line) write(p pen, text string) {
	if text == "" {
		return
	}
	if p != l.pen {
		l.b.WriteString(l.pen.off)
		l.b.WriteString(p.on)
		l.pen = p
	}
	l.b.WriteString(text)
}

// String ends the line.
func (l *line) String() string {
	l.b.WriteString(l.pen.off)
	l.pen = pen{}
	return l.b.String()
}

// A palette is the pens of one frame.
type palette struct {
	heat, cool                           []pen
	text, faint, stale, cursor, selected pen
	steered, part                        pen
}

func paletteOf(t *theme.Theme) *palette {
	return &palette{
		heat: pensOf(t.Heat), cool: pensOf(t.Cool),
		text: penOf(t.Text), faint: penOf(t.Faint), stale: penOf(t.Stale), cursor: penOf(t.Cursor),
		selected: penOf(t.Selected), steered: penOf(t.Steered), part: penOf(t.Part),
	}
}

// of is the pen of a share between -1 and 1.
func (p *palette) of(share float64) pen {
	pens := p.heat
	if share < 0 {
		pens, share = p.cool, -share
	}
	return pens[min(len(pens)-1, int(share*float64(len(pens))))]
}

// cell is how a cell of the map looks: its glyph, and the pen for it.
func (c *chart) cell(p *palette, row, position int) (glyph, fill string, with pen) {
	share, ok := c.scale.share(c.values[row][position])
	if !ok {
		return noValue, " ", p.faint
	}
	level := c.scale.level(share)
	glyph, with = theme.Shades[level], p.of(share)
	if share < 0 {
		glyph = below[level]
	}
	fill = glyph
	if c.edited[row][position] {
		glyph = discs[level]
		if share < 0 {
			glyph = editedBelow
		}
		if share >= 0 && share < faintest {
			with = p.of(faintest) // a disc has to be seen
		}
	}
	return glyph, fill, with
}

// faintest is the least share whose colour an edited cell has.
const faintest = .4
