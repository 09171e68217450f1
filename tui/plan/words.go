package plan

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/frame"
	"tiller/tui/visible"
)

// safe is untrusted text for one line.
func safe(s string) string { return visible.Line(s) }

// sentence makes an error a sentence that is safe to show.
func sentence(text string) string {
	text = safe(text)
	r, size := utf8.DecodeRuneInString(text)
	if unicode.IsLower(r) {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	return strings.TrimSuffix(text, ".") + "."
}

// wrap breaks a text into styled lines of at most width columns, with a margin.
func wrap(style func(...string) string, text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(ansi.Wrap(safe(text), max(1, width-2*margin), ""), "\n") {
		lines = append(lines, strings.Repeat(" ", margin)+style(line))
	}
	return lines
}

// margin is how many columns stay free beside what is drawn.
const margin = 2

// figure writes x with two significant digits, and whole from ten on.
func figure(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case x >= 9.95 || x <= -9.95:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

// number writes x briefly, as plans do.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// right puts styled text at the right end of width columns.
func right(s string, width int) string {
	s = frame.Clip(s, width)
	return strings.Repeat(" ", max(0, width-frame.Width(s))) + s
}
