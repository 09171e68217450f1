package layers

import (
	"math"
	"slices"
	"strings"

	"tiller/steering"
	"tiller/steering/trace"
	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/visible"
)

// A chart is a map as it came, with what the plan did on it. Row i is layer i-1.
type chart struct {
	wanted
	values [][]float32 // [layers+1][positions]; NaN is no value
	scale  scale
	fired  [][]int  // terms, by position
	edited [][]bool // [layers+1][positions]
	plan   steering.Plan

	anyEdited bool
	longest   int // columns of the longest token, at least 1
}

// newChart lays a plan over the values of a map.
func newChart(d *desk.Desk, w wanted, values [][]float32) *chart {
	c := &chart{wanted: w, values: values, scale: scaleOf(w.quantity, values)}
	c.plan, _ = steering.Parse(w.answer.PlanText) // it was read before, to answer
	c.fired = firedAt(w.answer, c.positions())
	c.edited = make([][]bool, len(values))
	for row := range c.edited {
		c.edited[row] = make([]bool, c.positions())
	}
	for i, t := range c.plan.Terms {
		for _, layer := range d.LayersOf(t) {
			row := layer - steering.Embed
			if row < 0 || row >= len(values) {
				continue
			}
			for p, terms := range c.fired {
				if slices.Contains(terms, i) {
					c.edited[row][p], c.anyEdited = true, true
				}
			}
		}
	}
	c.longest = 1
	for p := range c.positions() {
		c.longest = max(c.longest, frame.Width(trimmed(w.answer, p)))
	}
	return c
}

func (c *chart) positions() int { return len(c.values[0]) }

// firedAt are the terms that fired at each of n positions of an answer. What a
// generated token tells of is the position before it, whose output it is.
func firedAt(a *desk.Answer, n int) [][]int {
	fired := make([][]int, n)
	for p, terms := range a.Covered {
		if p < n {
			fired[p] = slices.Clone(terms)
		}
	}
	for i, t := range a.Tokens {
		p := len(a.Prompt) + i - 1
		if p < 0 || p >= n {
			continue
		}
		for _, term := range t.Terms {
			if !slices.Contains(fired[p], term) {
				fired[p] = append(fired[p], term)
			}
		}
	}
	return fired
}

// by names the terms that edited a cell.
func (c *chart) by(d *desk.Desk, row, position int) string {
	var names []string
	for _, i := range c.fired[position] {
		if i < len(c.plan.Terms) && slices.Contains(d.LayersOf(c.plan.Terms[i]), row+steering.Embed) {
			names = append(names, steering.Plan{Terms: c.plan.Terms[i : i+1]}.String())
		}
	}
	return visible.Line(strings.Join(names, ", "))
}

// text is what the token at a position of an answer adds to the text, or its
// entry in the vocabulary if that is nothing; untrusted.
func text(a *desk.Answer, position int) string {
	if position < len(a.Prompt) {
		t := a.Prompt[position]
		if t.Text == "" {
			return t.Piece
		}
		return t.Text
	}
	if i := position - len(a.Prompt); i < len(a.Tokens) {
		t := a.Tokens[i]
		if t.Text == "" {
			return t.Piece
		}
		return t.Text
	}
	return ""
}

// A scale says how dark a value is. It ends at the 98th percentile of the
// magnitudes and begins at zero. For norms it is logarithmic and begins at the
// 2nd percentile, for they grow by factors from layer to layer; for what an
// edit changes it goes by the square root, for most of that is small beside the
// edited rows. Left out are the first position, where models keep an attention
// sink whose norm is many times that of every other row and would make these
// all alike, and for norms the embedding, which is as small. Values beyond the
// ends look like them.
type scale struct {
	low, high float64
	kind      scaleKind
	none      bool // there is no number to make a scale of
}

type scaleKind int

const (
	logarithm scaleKind = iota
	root                // zero means that nothing was changed
	signed
)

func kindOf(q trace.Quantity) scaleKind {
	switch {
	case compares(q):
		return root
	case q == trace.Projection:
		return signed
	}
	return logarithm
}

// clipped is the share of values beyond either end of a scale.
const clipped = .02

// scaleOf is the scale of a quantity's values, [layers+1][positions].
func scaleOf(q trace.Quantity, values [][]float32) scale {
	s := scale{kind: kindOf(q)}
	var sizes []float64
	for row := range values {
		if s.kind == logarithm && row == 0 && len(values) > 1 {
			continue
		}
		for p, x := range values[row] {
			size := math.Abs(float64(x))
			if p == 0 && len(values[row]) > 1 || math.IsNaN(size) || math.IsInf(size, 0) || size == 0 && s.kind != signed {
				continue
			}
			sizes = append(sizes, size)
		}
	}
	if len(sizes) == 0 {
		s.none = true
		return s
	}
	slices.Sort(sizes)
	last := float64(len(sizes) - 1)
	s.high = sizes[int(math.Ceil((1-clipped)*last))]
	if s.kind == logarithm {
		s.low = sizes[int(clipped*last)]
	}
	return s
}

// share is where a value is on the scale, from 0 to 1, below zero if the value
// is; ok is false for no value.
func (s scale) share(x float32) (share float64, ok bool) {
	v := float64(x)
	switch {
	case math.IsNaN(v):
		return 0, false
	case v == 0 || s.none:
		return 0, true
	case s.kind == signed:
		return max(-1, min(1, v/s.high)), true
	case s.kind == root:
		return math.Sqrt(min(1, v/s.high)), true
	case s.high == s.low:
		return 1, true
	}
	return max(0, min(1, math.Log(v/s.low)/math.Log(s.high/s.low))), true
}

// level is which of the five shades a share gets. Where zero means that nothing
// was changed, the first is for nothing but what rounding may leave.
func (s scale) level(share float64) int {
	const dust = .005
	size := math.Abs(share)
	switch {
	case s.kind != root:
		return min(levels-1, int(size*float64(levels)))
	case size < dust:
		return 0
	}
	return min(levels-1, 1+int(size*float64(levels-1)))
}
