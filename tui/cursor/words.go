package cursor

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tiller/tui/visible"
)

// quoted is an untrusted text between quotation marks.
func quoted(s string) string { return "“" + visible.Line(strings.TrimSpace(s)) + "”" }

// figure writes a number in at most five columns: "3.1", ".71", "4e-5", "–" for
// none.
func figure(x float64) string {
	size := math.Abs(x)
	switch {
	case math.IsNaN(x):
		return "–"
	case math.IsInf(x, 0):
		return sign(x) + "∞"
	case size < 1e-12:
		return "0"
	case size >= .0005 && size < .00995:
		return sign(x) + strings.TrimPrefix(strconv.FormatFloat(size, 'f', 3, 64), "0")
	case size < .0005:
		exponent := math.Floor(math.Log10(size))
		if digit := math.Round(size / math.Pow(10, exponent)); digit < 10 {
			return fmt.Sprintf("%s%.0fe%.0f", sign(x), digit, exponent)
		}
		return fmt.Sprintf("%s1e%.0f", sign(x), exponent+1)
	case size < 9.995:
		return sign(x) + strings.TrimPrefix(strconv.FormatFloat(size, 'f', 2, 64), "0")
	case size < 99.95:
		return sign(x) + strconv.FormatFloat(size, 'f', 1, 64)
	case size < 99_999.5:
		return sign(x) + strconv.FormatFloat(size, 'f', 0, 64)
	}
	return sign(x) + strconv.FormatFloat(size, 'g', 2, 64)
}

func sign(x float64) string {
	if x < 0 {
		return "−"
	}
	return ""
}

// probability writes p between 0 and 1 in at most four columns.
func probability(p float64) string {
	if p >= .995 {
		return "1.0"
	}
	return figure(p)
}

// piece is a token for a table. A space that it begins with is shown unless
// every token of the model is a word that begins so.
func (v *View) piece(s string) string {
	s = visible.Line(s)
	trimmed := strings.TrimLeft(s, " ")
	spaces := len(s) - len(trimmed)
	if len(v.d.Model.Words) > 0 && trimmed != "" {
		return trimmed
	}
	return strings.Repeat("␣", spaces) + trimmed
}
