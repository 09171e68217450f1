package summary

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tiller/steering/statistics"
)

// minus is the sign of people's numbers.
const minus = "−"

func signed(text string) string { return strings.Replace(text, "-", minus, 1) }

// counted is a number of things, as "2,400".
func counted(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return signed(text)
}

// several is a number of things with their name, as "3 lanes".
func several(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return counted(n) + " " + more
}

// tenths of a percent, without its sign.
func tenths(share float64) string {
	x := strconv.FormatFloat(100*share, 'f', 1, 64)
	if x == "-0.0" {
		x = "0.0"
	}
	return signed(x)
}

func percent(share float64) string { return tenths(share) + " %" }

// number is a score that is not a share.
func number(x float64) string { return signed(strconv.FormatFloat(x, 'g', 4, 64)) }

// within is an interval, as " [64.1, 68.3]"; nothing for one that is not
// defined.
func within(i statistics.Interval, write func(float64) string) string {
	if !i.Defined() {
		return ""
	}
	return fmt.Sprintf(" [%s, %s]", write(i.Low), write(i.High))
}

// significance is a p value with its sign, as "p < .001".
func significance(p float64) string {
	if p < .001 {
		return "p < .001"
	}
	return "p = " + strings.TrimPrefix(strconv.FormatFloat(p, 'f', 3, 64), "0")
}

// measure says how scores of a set are told.
type measure struct{ rightWrong bool }

// answers is "answers 98.5 % right".
func (m measure) answers(score float64) string {
	if m.rightWrong {
		return "answers " + percent(score) + " right"
	}
	return "scores " + number(score) + " on average"
}

// score is a share or a number.
func (m measure) score(x float64) string {
	if m.rightWrong {
		return percent(x)
	}
	return number(x)
}

// than is "66.2 points more than base [64.1, 68.3]", with its ends the same
// way round, and says so where the interval holds 0.
func (m measure) than(name string, delta float64, ci statistics.Interval) string {
	direction := "more"
	if delta < 0 {
		direction = "less"
		ci = statistics.Interval{Low: -ci.High, High: -ci.Low}
	}
	text := ""
	if size := math.Abs(delta); m.rightWrong {
		text = fmt.Sprintf("%s points %s than %s%s", tenths(size), direction, name, within(ci, tenths))
	} else {
		text = fmt.Sprintf("%s %s than %s%s", number(size), direction, name, within(ci, number))
	}
	if ci.Contains(0) {
		text += ", which may be chance"
	}
	return text
}
