// Package scores draws how the lanes of a run do: a row for each, with its
// score and 95 % interval on one scale, and its difference to base.
package scores

import (
	"math"
	"strconv"

	"tiller/steering/eval"
	"tiller/steering/statistics"
)

// A Row is a lane, or all controls of one kind beside a plan. What is not
// known is NaN, or an undefined interval.
type Row struct {
	// Tag stands for the lane elsewhere on the screen: see [Tags].
	Tag string
	// Name is untrusted.
	Name string
	Kind eval.Kind
	// N is the number of answers.
	N     int
	Score float64
	// CI is the 95 % interval; of controls, from the worst to the best.
	CI statistics.Interval
	// Delta is the lane minus base on the same problems, Guard the same on the
	// guard set.
	Delta   float64
	DeltaCI statistics.Interval
	Guard   float64
	P, Gap  float64
}

// Blank is a row of which only name and kind are known.
func Blank(tag, name string, kind eval.Kind) Row {
	none := math.NaN()
	return Row{
		Tag: tag, Name: name, Kind: kind, Score: none, CI: statistics.Undefined(),
		Delta: none, DeltaCI: statistics.Undefined(), Guard: none, P: none, Gap: none,
	}
}

// Tags are a letter or number for each lane, by which a column of narrow cells
// is known: b for base, p for prompt, t for thinking, 1 and on for plans.
// Controls have none.
func Tags(lanes []eval.LaneSpec) []string {
	tags := make([]string, len(lanes))
	plans := 0
	for i, l := range lanes {
		switch l.Kind {
		case eval.Base:
			tags[i] = "b"
		case eval.Prompt:
			tags[i] = "p"
		case eval.Thinking:
			tags[i] = "t"
		case eval.Planned:
			plans++
			tags[i] = strconv.Itoa(plans)
		}
	}
	return tags
}

// A Group is all controls of one kind beside a plan.
type Group struct {
	Of, Control string
	Lanes       []int // in the run's order
}

// Groups are a run's controls, in the order in which they first appear.
func Groups(lanes []eval.LaneSpec) []Group {
	type which struct{ of, control string }
	at := map[which]int{}
	var out []Group
	for i, l := range lanes {
		if l.Kind != eval.Control {
			continue
		}
		k := which{l.Of, l.Control}
		g, ok := at[k]
		if !ok {
			g = len(out)
			at[k] = g
			out = append(out, Group{Of: l.Of, Control: l.Control})
		}
		out[g].Lanes = append(out[g].Lanes, i)
	}
	return out
}

// Name is what people call the group.
func (g Group) Name() string {
	if n := len(g.Lanes); n > 1 {
		return g.Control + " ×" + strconv.Itoa(n)
	}
	return g.Control
}

// Row sums up the scores of the group's draws that have one, n answers in all:
// their mean, and from the worst to the best.
func (g Group) Row(draws []float64, n int) Row {
	r := Blank("", g.Name(), eval.Control)
	r.N = n
	if len(draws) == 0 {
		return r
	}
	r.Score = statistics.Mean(draws)
	r.CI = statistics.Interval{Low: draws[0], High: draws[0]}
	for _, x := range draws {
		r.CI.Low, r.CI.High = min(r.CI.Low, x), max(r.CI.High, x)
	}
	if len(g.Lanes) > 1 {
		r.Name += ", best " + Number(r.CI.High)
	}
	return r
}

// Number writes a score to three digits; "-" where it is not known.
func Number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "-"
	}
	if math.Abs(x) >= 1000 {
		return strconv.FormatFloat(x, 'g', 4, 64)
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// Signed is a number that always has its sign.
func Signed(x float64) string {
	text := Number(x)
	if x >= 0 {
		return "+" + text
	}
	return text
}
