// Package cells lays the text of tokens out in a column of terminal cells: where
// lines break, which token a cell belongs to, and where a token stands.
package cells

import "github.com/clipperhouse/displaywidth"

// A Cell is one user-perceived character (an extended grapheme cluster), or one
// glyph of a mark.
type Cell struct {
	Text    string // safe to show
	Width   int    // terminal columns, 0 to 2
	Token   int    // index of the token that the character began in
	Mark    bool   // a glyph of ours, not text
	Newline bool   // the sign that stands for a newline
}

// newlineSign is what a newline looks like where it is shown.
const newlineSign = "⏎"

// blank reports whether c is a space, which a line break swallows.
func (c *Cell) blank() bool { return c.Text == " " }

// Width returns the columns that cells take.
func Width(cells []Cell) int {
	sum := 0
	for i := range cells {
		sum += cells[i].Width
	}
	return sum
}

// Clip returns the first of cells, as many as fit into width columns. A wide
// character that fits by half is left out.
func Clip(cells []Cell, width int) []Cell {
	for i := range cells {
		if width -= cells[i].Width; width < 0 {
			return cells[:i]
		}
	}
	return cells
}

// glyphs returns the cells of a mark of the given token.
func glyphs(mark string, token int) []Cell {
	var cells []Cell
	g := displaywidth.StringGraphemes(mark)
	for g.Next() {
		cells = append(cells, Cell{Text: g.Value(), Width: g.Width(), Token: token, Mark: true})
	}
	return cells
}
