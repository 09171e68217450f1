package sweep

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tiller/steering/sweep"
	"tiller/tui/frame"
	"tiller/tui/wording"
)

// share writes a number from 0 to 1 as ".94".
func share(x float64) string { return wording.Share(x, 2) }

// span writes an interval of shares.
func span(low, high float64) string { return share(low) + "–" + share(high) }

// scored is a score with its interval.
func scored(t sweep.Tally) string {
	if t.N == 0 {
		return "–"
	}
	return share(t.Score()) + " (" + span(t.Interval.Low, t.Interval.High) + ")"
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// figure writes x, which is not negative, in three columns while it is below a
// thousand.
func figure(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case math.IsInf(x, 0):
		return "∞"
	case x >= 999.5:
		return strconv.FormatFloat(x, 'g', 1, 64)
	case x >= 9.95:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= .995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return share(x)
}

// fine writes x with two significant digits.
func fine(x float64) string {
	text := strconv.FormatFloat(x, 'g', 2, 64)
	if rest, ok := strings.CutPrefix(text, "0."); ok {
		return "." + rest
	}
	return text
}

// right puts a number at the right end of so many columns.
func right(number string, columns int) string {
	return strings.Repeat(" ", max(0, columns-frame.Width(number))) + number
}

// strength writes the strength of a column as ".8", "1.5", "12".
func strength(s float64) string {
	text := strconv.FormatFloat(s, 'g', 3, 64)
	if rest, ok := strings.CutPrefix(text, "0."); ok {
		return "." + rest
	}
	if rest, ok := strings.CutPrefix(text, "-0."); ok {
		return "-." + rest
	}
	if s == math.Trunc(s) && math.Abs(s) < 10 {
		return text + ".0"
	}
	return text
}

// joined puts dots between what is not empty.
func joined(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, " · ")
}

// much is on how much cells are tried: problems that are graded, or prompts.
func much(n int, graded bool) string {
	if graded {
		return fmt.Sprintf("%d tune problems", n)
	}
	return wording.Count(n, "prompt")
}

// ordinal writes a whole number from 2 to 20, or one like it, as "3rd".
func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}
