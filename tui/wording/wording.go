// Package wording is how numbers and texts are written on the screen, where all
// views write them alike. What is written in one way by one view alone stands
// in that view.
package wording

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tiller/steering"
	"tiller/tui/visible"
)

// Figure writes x with two significant digits, and whole from ten on; "–" where
// it is not a finite number.
func Figure(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case x >= 9.95 || x <= -9.95:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

// Share writes a number from 0 to 1 with so many decimals, as ".94"; "–" where
// it is not known (NaN).
func Share(x float64, decimals int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return strings.TrimPrefix(strconv.FormatFloat(x, 'f', decimals, 64), "0")
}

// Thousands writes a number that is not negative, rounded to a whole one, with
// gaps between thousands.
func Thousands(x float64) string {
	text := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

// Count writes n and the noun, as in "1 token" and "2 tokens".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Layer names a layer as plans do: by its number, or "embed".
func Layer(l int) string {
	if l == steering.Embed {
		return "embed"
	}
	return strconv.Itoa(l)
}

// Sentence makes an untrusted text, as an error's, a sentence that is safe to
// show: with a capital letter and a full stop.
func Sentence(text string) string {
	text = visible.Line(text)
	r, size := utf8.DecodeRuneInString(text)
	if unicode.IsLower(r) {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	return strings.TrimSuffix(text, ".") + "."
}

// Wrap breaks an untrusted text into styled lines of at most width columns.
func Wrap(style func(...string) string, text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(ansi.Wrap(visible.Line(text), max(1, width), ""), "\n") {
		lines = append(lines, style(line))
	}
	return lines
}

// Beginning is a text of at most most bytes, or else as much of it, cut at a
// character, and "…".
func Beginning(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
