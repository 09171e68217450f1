package report

import (
	"math"
	"strconv"
	"strings"

	"tiller/steering/statistics"
)

// none stands where a figure is not defined.
const none = "–"

// A scale is how scores are written: shares as percent, others as they are.
type scale struct{ share bool }

// value writes a score or a difference of scores.
func (s scale) value(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return none
	case s.share:
		return fixed(100*x, 1)
	}
	return fixed(x, 3)
}

// interval writes an interval of scores, nothing for an undefined one.
func (s scale) interval(i statistics.Interval) string {
	if !i.Defined() {
		return ""
	}
	return "[" + s.value(i.Low) + ", " + s.value(i.High) + "]"
}

// signed writes a difference with its sign.
func (s scale) signed(x float64) string {
	out := s.value(x)
	if x > 0 && strings.Trim(out, "0.") != "" {
		out = "+" + out
	}
	return out
}

// unit follows the name of a column of scores.
func (s scale) unit() string {
	if s.share {
		return ", %"
	}
	return ""
}

// fixed writes x with some decimals and a proper minus, and no minus before 0.
func fixed(x float64, decimals int) string {
	out := strconv.FormatFloat(x, 'f', decimals, 64)
	if digits, negative := strings.CutPrefix(out, "-"); negative {
		if strings.Trim(digits, "0.") == "" {
			return digits
		}
		return "−" + digits
	}
	return out
}

// probability writes a p value.
func probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return none
	case p < .001:
		return "< .001"
	case p >= .9995:
		return "1"
	}
	return strings.TrimPrefix(strconv.FormatFloat(p, 'f', 3, 64), "0")
}

// count writes a whole number with commas between thousands.
func count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
