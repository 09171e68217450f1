package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tiller/steering/statistics"
)

// markdown puts a table together. The first column is text, the others are
// numbers.
type markdown struct{ strings.Builder }

func (m *markdown) head(columns ...string) {
	m.row(columns...)
	rule := slices.Repeat([]string{"---:"}, len(columns))
	rule[0] = "---"
	m.row(rule...)
}

func (m *markdown) row(cells ...string) {
	for _, cell := range cells {
		m.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
	}
	m.WriteString("|\n")
}

// say adds a paragraph.
func (m *markdown) say(format string, args ...any) {
	if m.Len() > 0 {
		m.WriteString("\n")
	}
	fmt.Fprintf(m, format+"\n", args...)
}

func code(plan string) string {
	if plan == "" {
		return ""
	}
	return "`" + plan + "`"
}

// none stands for what is not defined.
const none = "–"

// percents is a share in percent, with a real minus sign.
func percents(share float64) string {
	text := percent(share)
	if text == "-0.0" {
		text = "0.0"
	}
	return strings.Replace(text, "-", "−", 1)
}

func percentOr(share *float64) string {
	if share == nil {
		return none
	}
	return percents(*share)
}

// within is a figure with its interval.
func within(figure *float64, i statistics.Interval) string {
	if figure == nil || !i.Defined() {
		return percentOr(figure)
	}
	return fmt.Sprintf("%s [%s, %s]", percents(*figure), percents(i.Low), percents(i.High))
}

// part is a share of counted problems, with its Wilson interval.
func part(right, n int) string {
	s := share(right, n)
	return within(&s, statistics.Wilson(right, n))
}

// significance is a p-value.
func significance(p *float64) string {
	switch {
	case p == nil:
		return none
	case *p < .001:
		return "< .001"
	}
	return strings.TrimPrefix(strconv.FormatFloat(*p, 'f', 3, 64), "0")
}

func plain(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// fixed is a number with so many digits after the point.
func fixed(x *float64, digits int) string {
	if x == nil {
		return none
	}
	text := strconv.FormatFloat(*x, 'f', digits, 64)
	if v, err := strconv.ParseFloat(text, 64); err == nil && v == 0 {
		text = strings.TrimPrefix(text, "-")
	}
	return strings.Replace(text, "-", "−", 1)
}

// scored is a row's score, marked if it says that the model was broken.
func scored(r Row) string {
	text := within(&r.Score, r.CI95)
	if r.Broken {
		text += " broken"
	}
	return text
}

// recovered is a row's share of the gap; there is nothing to share where base
// and thinking may be equally good.
func recovered(r Row) string {
	if !r.RecoveredGapCI95.Defined() {
		return none
	}
	return within(r.RecoveredGap, r.RecoveredGapCI95)
}
