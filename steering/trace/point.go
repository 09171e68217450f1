package trace

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiller/model"
	"tiller/steering"
)

// A Point is everything about one position.
type Point struct {
	Position
	// Lens are the layers from [steering.Embed] up. The last one predicts what
	// the position does.
	Lens []LensRow
	// Left are the terms of the plan, each left out.
	Left []Attribution

	base, steered []float32 // logits, [vocab]
}

// A LensRow is the logit lens at one layer: what the final norm and the output
// projection make of the stream there, after edits.
type LensRow struct {
	Layer int
	Pair
	BaseNorm, Norm float64 // |h| of the base and of the steered row
	// Change is |h_steered - h_base| / |h_base|.
	Change float64
}

// An Attribution says what one term does for a position's prediction, by running
// the model without it.
type Attribution struct {
	Term  int    // 0-based
	Text  string // canonical
	Fired bool   // at this position
	// Step computes this position alone without the term; what the term did
	// before stays in the keys and values.
	Step Without
	// Whole computes the tokens from the first one on without the term. Gates of
	// other terms then read that run's distributions.
	Whole Without
}

// Without is what is predicted without a term.
type Without struct {
	KL      float64 // KL(without the term || base) in nats: what remains
	Top     Candidate
	Changed bool // Top is another token than with the term
}

// At describes one position, with the top likeliest candidates.
func (x *Trace) At(ctx context.Context, position, top int) (*Point, error) {
	if position < 0 || position >= x.Len() {
		return nil, fmt.Errorf("position %d is not one of the lane's 0 to %d", position, x.Len()-1)
	}
	base, steered, err := x.both(ctx, position, position+1, model.WantAll)
	if err != nil {
		return nil, err
	}
	p := &Point{
		Position: x.position(position, base.logits, steered.logits, top),
		base:     slices.Clone(base.logits), steered: slices.Clone(steered.logits),
	}
	if p.Lens, err = x.lens(ctx, position, base.stream, steered.stream, top); err != nil {
		return nil, err
	}
	if p.Left, err = x.left(ctx, p); err != nil {
		return nil, err
	}
	return p, nil
}

// Of looks any token up in both predictions, such as the one that another lane
// has there. The id must be of the model's vocabulary.
func (p *Point) Of(id int) (base, steered Candidate) {
	return candidate(p.base, id), candidate(p.steered, id)
}

// lens reads the stream of a position layer by layer.
func (x *Trace) lens(ctx context.Context, position int, base, steered [][]float32, top int) ([]LensRow, error) {
	ofBase, err := x.model.Unembed(ctx, slices.Concat(base...))
	if err != nil {
		return nil, fmt.Errorf("the logit lens of the base model: %w", err)
	}
	ofSteered, err := x.model.Unembed(ctx, slices.Concat(steered...))
	if err != nil {
		return nil, fmt.Errorf("the logit lens of the steered model: %w", err)
	}
	rows := make([]LensRow, len(base))
	vocab := x.model.Config().Vocab
	for i := range rows {
		at, end := i*vocab, (i+1)*vocab
		rows[i] = LensRow{
			Layer:    steering.Embed + i,
			Pair:     compare(ofBase[at:end], ofSteered[at:end], x.next(position), top),
			BaseNorm: norm(base[i]), Norm: norm(steered[i]), Change: change(base[i], steered[i]),
		}
	}
	return rows, nil
}

// left leaves out each term in turn.
func (x *Trace) left(ctx context.Context, p *Point) ([]Attribution, error) {
	if x.lane.Plan == nil {
		return nil, nil
	}
	if err := x.leaveOut(); err != nil {
		return nil, err
	}
	var out []Attribution
	for i, term := range x.lane.Plan.Plan().Terms {
		a := Attribution{Term: i, Text: term.String(), Fired: x.steered.fired(i, p.Index)}
		step, err := x.stepWithout(ctx, i, p)
		if err == nil {
			a.Step = p.without(step)
			step, err = x.wholeWithout(ctx, i, p)
		}
		if err != nil {
			return nil, fmt.Errorf("leaving out term %d of the plan: %w", i+1, err)
		}
		a.Whole = p.without(step)
		out = append(out, a)
	}
	return out, nil
}

// leaveOut prepares the runs without each term. Such a run is the steered one
// until its term fires.
func (x *Trace) leaveOut() error {
	if x.without != nil {
		return nil
	}
	without := make([]*run, len(x.lane.Plan.Plan().Terms))
	for i := range without {
		r, err := x.under(x.lane.Plan.Without(i), x.steered)
		if err != nil {
			return err
		}
		if r != x.base {
			r.fork = x.first(func(position int) bool { return x.steered.fired(i, position) })
		}
		without[i] = r
	}
	x.without = without
	return nil
}

// stepWithout returns the logits of the position computed without a term on
// what the steered run holds before it.
func (x *Trace) stepWithout(ctx context.Context, term int, p *Point) ([]float32, error) {
	if !x.steered.fired(term, p.Index) {
		return p.steered, nil
	}
	return x.steered.step(ctx, x.steered.before(p.Index), p.Index+1, model.WantAll, less{x.steered.program, term}, nil)
}

// wholeWithout returns the logits of the position in the run without a term.
func (x *Trace) wholeWithout(ctx context.Context, term int, p *Point) ([]float32, error) {
	switch x.without[term].source(p.Index + 1) {
	case x.base:
		return p.base, nil
	case x.steered.source(p.Index + 1):
		return p.steered, nil
	}
	seen, err := x.without[term].compute(ctx, p.Index, p.Index+1, model.WantAll)
	return seen.logits, err
}

// without describes the logits that a term's absence leaves.
func (p *Point) without(logits []float32) Without {
	w := Without{Top: likeliest(logits, 1)[0]}
	w.Changed = w.Top.ID != p.Steered.Top[0].ID
	if !slices.Equal(logits, p.base) {
		w.KL = divergence(logits, p.base)
	}
	return w
}

// norm is |row|.
func norm(row []float32) float64 {
	var sum float64
	for _, v := range row {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// change is |to - from| / |from|, 0 for equal rows.
func change(from, to []float32) float64 {
	var sum float64
	for i, v := range to {
		by := float64(v) - float64(from[i])
		sum += by * by
	}
	if sum == 0 {
		return 0
	}
	return math.Sqrt(sum) / norm(from)
}
