package list

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/tui/frame"
)

// head is how many lines stand above the rows: what is typed, and a rule.
const head = 2

// gap is the space between columns.
const gap = 2

// Height is how many lines the list takes with all of its rows.
func (l *List) Height() int { return head + max(1, len(l.rows)) }

// View draws the list as exactly height lines of width columns.
func (l *List) View(width, height int) []string {
	th := l.theme
	count := ""
	if n := len(l.rows); n > 0 {
		count = th.Faint.Render(fmt.Sprintf("%d of %d", len(l.found), n))
	}
	l.input.SetWidth(max(1, width-frame.Width(l.input.Prompt)-frame.Width(count)-3))
	lines := []string{frame.Ends(l.input.View(), count, width), th.Frame.Render(strings.Repeat("─", width))}
	l.height = max(0, height-head)
	if len(l.found) == 0 && l.Text() != "" && len(l.rows) > 0 {
		lines = append(lines, th.Faint.Render("  Nothing here is called so."))
	}
	l.first = frame.Scroll(l.first, l.at, len(l.found), l.height)
	for i := l.first; i < min(l.first+l.height, len(l.found)); i++ {
		lines = append(lines, l.draw(l.found[i], i == l.at, width))
	}
	return frame.Block(lines, width, height)
}

// draw draws a row: marker, text, what stands beside it, and columns.
func (l *List) draw(m match, here bool, width int) string {
	th, r := l.theme, l.rows[m.row]
	right := l.cells(r, width)
	room := width - 2 - frame.Width(right)
	text, marker := th.Text, "  "
	switch {
	case here:
		text, marker = th.Accent, th.Accent.Render("▸ ")
	case r.Faint:
		text = th.Faint
	}
	first := min(l.text, room)
	if r.Also != "" {
		first = min(first, max(room*2/3, room-frame.Width(r.Also)-gap))
	}
	out := frame.Fit(paint(r.Text, m.text, text, th.Match), first)
	if r.Also != "" && room-first > gap {
		out += strings.Repeat(" ", gap) + frame.Clip(paint(r.Also, m.also, th.Faint, th.Match), room-first-gap)
	}
	return marker + frame.Fit(out, room) + right
}

// cells draws the columns that have room.
func (l *List) cells(r Row, width int) string {
	var b strings.Builder
	for c, column := range l.columns {
		if width < column.From || l.widths[c] == 0 {
			continue
		}
		space := strings.Repeat(" ", l.widths[c]-frame.Width(r.Cells[c]))
		b.WriteString(strings.Repeat(" ", gap))
		if column.Right {
			b.WriteString(space + l.theme.Faint.Render(r.Cells[c]))
		} else {
			b.WriteString(l.theme.Faint.Render(r.Cells[c]) + space)
		}
	}
	return b.String()
}

// paint draws a text with the bytes that match in another style.
func paint(s string, matched []int, plain, match lipgloss.Style) string {
	if len(matched) == 0 {
		return plain.Render(s)
	}
	match = match.Inherit(plain)
	var b strings.Builder
	from := 0
	write := func(run string) {
		if _, in := slices.BinarySearch(matched, from); in {
			b.WriteString(match.Render(run))
		} else {
			b.WriteString(plain.Render(run))
		}
	}
	for i := range s {
		_, here := slices.BinarySearch(matched, i)
		if _, before := slices.BinarySearch(matched, from); here != before {
			write(s[from:i])
			from = i
		}
	}
	write(s[from:])
	return b.String()
}
