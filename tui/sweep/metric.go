package sweep

import (
	"math"
	"slices"

	"tiller/steering"
)

// A metric is the number that the cells show.
type metric int

// The metrics.
const (
	score   metric = iota // share of right answers
	kl                    // KL(steered||base) after the prompt, nats
	steered               // fraction of generated tokens
	ratio                 // |s d| / median |h|, at the question's prompt
)

// metrics are those of a grid, with problems to answer or without.
func metrics(graded bool) []metric {
	if graded {
		return []metric{score, kl, steered, ratio}
	}
	return []metric{kl, ratio}
}

// next is the metric after m.
func (m metric) next(graded bool) metric {
	all := metrics(graded)
	return all[(slices.Index(all, m.among(graded))+1)%len(all)]
}

// among is m, or the first metric where m means nothing.
func (m metric) among(graded bool) metric {
	if !graded && m != ratio {
		return kl
	}
	return m
}

// String names the metric.
func (m metric) String() string {
	return [...]string{"score", "KL(steered‖base)", "steered fraction", "|s d| / |h|"}[m]
}

// value is what a cell shows; ok is false where it is not known.
func (v *View) value(g *grid, row, col int) (x float64, ok bool) {
	c := g.cell(row, col)
	switch v.metric.among(g.graded) {
	case score:
		return c.Score(), c.N > 0
	case kl:
		return c.KL, !math.IsNaN(c.KL)
	case steered:
		return c.Steered, c.Tokens > 0
	}
	return v.ratio(g, row, col)
}

// ratio is |s d| / median |h| at a cell, by what the lane's prompt showed.
func (v *View) ratio(g *grid, row, col int) (x float64, ok bool) {
	t := g.term()
	t.Strength = steering.Strength{Value: g.Strengths[col], Relative: t.Strength.Relative}
	return v.d.Ratio(v.d.Active(), t, g.Layers[row])
}

// full is the value that is drawn as the whole of a cell: 1 for a score, and
// else the largest of the grid.
func (v *View) full(g *grid) float64 {
	if v.metric.among(g.graded) == score {
		return 1
	}
	most := 0.0
	for i := range g.Layers {
		for j := range g.Strengths {
			if x, ok := v.value(g, i, j); ok && !math.IsInf(x, 0) {
				most = max(most, x)
			}
		}
	}
	return most
}
