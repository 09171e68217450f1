package plain

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// The colours are the terminal's own sixteen, so that they suit its light or
// dark background without asking it.
var (
	frameStyle   = lipgloss.NewStyle().Faint(true)
	titleStyle   = lipgloss.NewStyle().Bold(true)
	steeredStyle = lipgloss.NewStyle().Foreground(lipgloss.Magenta)
	partStyle    = lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true)
)

// style returns how text of kind k is drawn.
func (k kind) style() lipgloss.Style {
	switch k {
	case steered, steerMark:
		return steeredStyle
	case partMark:
		return partStyle
	}
	return lipgloss.NewStyle()
}

// render draws cells, padded with spaces to width columns.
func render(cells []cell, width int) string {
	var b, run strings.Builder
	used := 0
	for i, c := range cells {
		run.WriteString(c.text)
		used += c.width
		if i+1 == len(cells) || cells[i+1].kind != c.kind {
			b.WriteString(c.kind.style().Render(run.String()))
			run.Reset()
		}
	}
	b.WriteString(strings.Repeat(" ", max(0, width-used)))
	return b.String()
}
