package compare

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/visible"
)

// safe is untrusted text for one line.
func safe(s string) string { return visible.Line(s) }

// sentence makes an error of the engine a sentence that is safe to show.
func sentence(text string) string {
	text = safe(text)
	r, size := utf8.DecodeRuneInString(text)
	if unicode.IsLower(r) {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	return strings.TrimSuffix(text, ".") + "."
}

// wrap breaks a text into styled lines of at most width columns.
func wrap(style func(...string) string, text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(ansi.Wrap(safe(text), max(1, width), ""), "\n") {
		lines = append(lines, style(line))
	}
	return lines
}

// counted is a number of things, as in "1 token" and "2 tokens".
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// Thousands writes a whole number with thin gaps between thousands.
func Thousands(x float64) string {
	text := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

// probability writes p between 0 and 1 as ".71".
func probability(p float64) string {
	if p >= .995 {
		return "1.0"
	}
	return strings.TrimPrefix(strconv.FormatFloat(p, 'f', 2, 64), "0")
}

// figure writes x with two significant digits, and whole from ten on.
func figure(x float64) string {
	if x >= 9.95 || x <= -9.95 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

// piece is a token's text for a table: spaces at its ends are left out, and
// what has no ink is named.
func piece(s string) string {
	s = safe(s)
	if t := strings.TrimSpace(s); t != "" {
		return t
	}
	return "␣"
}
