package sweep

import (
	"math"

	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/statistics"
)

// A Tally is how the problems went so far. Counts are sums.
type Tally struct {
	Items int // problems done
	// N is how many of them were graded, Right how many answered right, and
	// Interval the 95 % interval of that share (Wilson), undefined for none.
	N, Right int
	Interval statistics.Interval
	// Tokens is how many tokens were generated.
	Tokens int
	// Cut counts answers that did not end by themselves.
	Cut int
}

// Score is the share of right answers; NaN while none was graded.
func (t Tally) Score() float64 { return float64(t.Right) / float64(t.N) }

// A Cell is one layer and strength, and what it does. A cell with an error has
// no numbers.
type Cell struct {
	Layer    int
	Strength float64
	Tally
	// KL is the mean over the problems of KL(steered || base) in nats, between
	// the distributions of the token after the prompt. It is 0 where the plan
	// leaves the prompt alone, and NaN while there is none.
	KL float64
	// Steered is the fraction of the generated tokens that came from an edited
	// position. PromptEdits counts edited prompt positions before the last,
	// RowEdits pairs of position and layer.
	Steered               float64
	PromptEdits, RowEdits int
	// Fired counts the positions at which the term changed rows.
	Fired int
	// Broken counts problems at which edits were so strong that the logits were
	// no numbers. They are graded wrong and, if that was so after the prompt,
	// are not in KL.
	Broken int
	// Err says why the plan cannot be used at this layer and strength, such as a
	// vector that lacks the layer; nil if it can.
	Err error
}

// lane is the unsteered model or a cell, with what its cell is made of.
type lane struct {
	bound    *steering.Bound // nil for the unsteered model
	row, col int             // of the cell in the grid; -1 for the unsteered model
	cell     Cell
	kl       []float64 // by problem; NaN where it isn't known
	steered  int       // tokens
}

func newLane(row, col, items int) lane {
	l := lane{row: row, col: col, kl: make([]float64, items)}
	l.cell.KL, l.cell.Interval = math.NaN(), statistics.Undefined()
	for i := range l.kl {
		l.kl[i] = math.NaN()
	}
	return l
}

// refuse takes back all numbers.
func (l *lane) refuse(err error) {
	clean := newLane(l.row, l.col, 0)
	clean.cell.Layer, clean.cell.Strength, clean.cell.Err = l.cell.Layer, l.cell.Strength, err
	*l = clean
}

// add counts a problem. The result is empty if no tokens were asked for.
func (l *lane) add(item Item, r generate.Result) {
	c := &l.cell
	c.Items++
	if item.Right != nil {
		c.N++
		if r.Stop != stopBroken && item.Right(r.Text) {
			c.Right++
		}
		c.Interval = statistics.Wilson(c.Right, c.N)
	}
	switch r.Stop {
	case stopBroken:
		c.Broken++
	case generate.StopLength, generate.StopContext:
		c.Cut++
	}
	c.Tokens += len(r.IDs)
	for _, steered := range r.Steered {
		if steered {
			l.steered++
		}
	}
	if c.Tokens > 0 {
		c.Steered = float64(l.steered) / float64(c.Tokens)
	}
	c.KL = l.meanKL()
}

// meanKL adds in the order of the problems, whichever was done first.
func (l *lane) meanKL() float64 {
	var sum float64
	n := 0
	for _, v := range l.kl {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}
