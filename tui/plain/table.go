package plain

import (
	"fmt"
	"io"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"tiller/tui/visible"
)

// A Table writes rows in aligned columns, for people to read. Cells may be
// untrusted text.
type Table struct {
	// Right marks the columns of numbers, which align at their right end.
	Right []bool
	rows  [][]string
}

// Row adds a row.
func (t *Table) Row(cells ...string) {
	safe := make([]string, len(cells))
	for i, c := range cells {
		safe[i] = visible.Line(c)
	}
	t.rows = append(t.rows, safe)
}

// Write writes the table with an indent of one space and two spaces between
// columns.
func (t *Table) Write(w io.Writer) error {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], displaywidth.String(c))
		}
	}
	for _, row := range t.rows {
		var b strings.Builder
		for i, c := range row {
			pad := widths[i] - displaywidth.String(c)
			switch {
			case i < len(t.Right) && t.Right[i]:
				b.WriteString(strings.Repeat(" ", pad) + c + "  ")
			case i == len(row)-1:
				b.WriteString(c) // which may be short beside a very long one
			default:
				b.WriteString(c + strings.Repeat(" ", pad+2))
			}
		}
		if _, err := fmt.Fprintf(w, " %s\n", strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
