// Package frame draws what stands around text: rules with words in them, lines
// of an exact width, panes side by side.
package frame

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/theme"
)

// Width is how many columns styled text takes. Nearly all that is drawn is
// ASCII, rules and blocks, which are counted without looking for clusters.
func Width(s string) int {
	if n, ok := plainWidth(s); ok {
		return n
	}
	return ansi.StringWidth(s)
}

// plainWidth counts the columns of text that holds nothing but printable ASCII,
// box drawing, blocks and colours; ok is false for any other.
func plainWidth(s string) (n int, ok bool) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c >= ' ' && c < 0x7f:
			i++
			n++
		case c == 0x1b:
			end := colourEnd(s, i)
			if end < 0 {
				return 0, false
			}
			i = end
		case c == 0xe2 && i+2 < len(s) && s[i+1] >= 0x94 && s[i+1] <= 0x96 && s[i+2]&0xc0 == 0x80: // U+2500 to U+25BF
			i += 3
			n++
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0xb7: // ·
			i += 2
			n++
		default:
			return 0, false
		}
	}
	return n, true
}

// colourEnd is where the colour sequence that begins at i ends, or -1 if it is
// none.
func colourEnd(s string, i int) int {
	if i+1 >= len(s) || s[i+1] != '[' {
		return -1
	}
	for i += 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && c != ':' && (c < '0' || c > '9'):
			return -1
		}
	}
	return -1
}

// Clip shortens styled text to width columns, with … where something is gone.
func Clip(s string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(s, width, "…")
}

// Fit makes styled text exactly width columns wide.
func Fit(s string, width int) string {
	n := Width(s)
	if n > width {
		s = Clip(s, width)
		n = Width(s)
	}
	return s + strings.Repeat(" ", max(0, width-n))
}

// Right puts styled text at the right end of exactly width columns.
func Right(s string, width int) string {
	s = Clip(s, width)
	return strings.Repeat(" ", max(0, width-Width(s))) + s
}

// Ends puts two styled texts at the two ends of width columns. The left one
// gives way, but not below a third.
func Ends(left, right string, width int) string {
	room := width - Width(right) - 1
	if room < width/3 {
		room = width / 3
		right = Clip(right, width-room-1)
	}
	return Fit(left, room) + " " + Fit(right, width-room-1)
}

// Rule draws a line of width columns with styled words at its left and right
// end; either may be empty.
func Rule(t *theme.Theme, left, right string, width int) string {
	if width < 8 {
		return t.Frame.Render(strings.Repeat("─", max(width, 0)))
	}
	if Width(left) == 0 {
		left = ""
	}
	if Width(right) == 0 {
		right = ""
	}
	room := width - 6 // two dashes at both ends and a space beside them
	if right != "" {
		right = Clip(right, max(room*2/3, room-Width(left)-3))
		room -= Width(right) + 3 // one dash at least between them
	}
	left = Clip(left, room)
	var b strings.Builder
	used := 0
	dashes := func(n int) {
		if n > 0 {
			b.WriteString(t.Frame.Render(strings.Repeat("─", n)))
			used += n
		}
	}
	dashes(2)
	if left != "" {
		b.WriteString(" " + left + " ")
		used += Width(left) + 2
	}
	end := 2
	if right != "" {
		end += Width(right) + 2
	}
	dashes(width - used - end)
	if right != "" {
		b.WriteString(" " + right + " ")
		used += Width(right) + 2
	}
	dashes(width - used)
	return b.String()
}

// Beside joins blocks of lines into one block with a border between them. All
// have the same number of lines, each already as wide as its block.
func Beside(t *theme.Theme, blocks ...[]string) []string {
	if len(blocks) == 0 {
		return nil
	}
	border := t.Frame.Render("│")
	lines := make([]string, len(blocks[0]))
	for i := range lines {
		parts := make([]string, len(blocks))
		for j, b := range blocks {
			parts[j] = b[i]
		}
		lines[i] = strings.Join(parts, border)
	}
	return lines
}

// Block makes lines a block of exactly width columns and height lines.
func Block(lines []string, width, height int) []string {
	out := make([]string, height)
	for i := range out {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		out[i] = Fit(line, width)
	}
	return out
}

// Scroll is the first line to show of a list of n lines, height at a time, so
// that line at is in sight, moving as little as it can from first.
func Scroll(first, at, n, height int) int {
	first = min(first, at)
	first = max(first, at-height+1)
	return max(0, min(first, n-height))
}
