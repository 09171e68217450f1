// Package trace runs a lane's tokens through the model again, with the lane's
// plan and without, and says what each position predicts and why: what both
// would say after the same tokens, how it comes about layer by layer, and which
// term of the plan did it.
//
// Nothing is estimated. A steered position's logits have the bits from which a
// [generate.Session] drew its token, and a term's part is found by running the
// model without the term.
package trace

import (
	"context"
	"errors"
	"fmt"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
)

// A Lane is what is traced.
type Lane struct {
	Prompt generate.Prompt
	// IDs are the generated tokens. The last one may never have been computed.
	IDs []int
	// Plan is what the lane was generated under; nil for a base lane.
	Plan *steering.Bound
}

// check refuses a lane that the model cannot run.
func (l Lane) check(m *model.Model) error {
	c := m.Config()
	if len(l.Prompt.Tokens) == 0 {
		return errors.New("the prompt is empty: it has no tokens")
	}
	// The token that fills the context has been drawn, but has no place in it.
	if n := len(l.Prompt.Tokens) + len(l.IDs); len(l.Prompt.Tokens) > c.Context || n > c.Context+1 {
		return &model.ContextError{Tokens: n, Context: c.Context}
	}
	for i, id := range append(l.Prompt.IDs(), l.IDs...) {
		if id < 0 || id >= c.Vocab {
			return fmt.Errorf("the token at position %d is id %d, but this model has ids 0 to %d", i, id, c.Vocab-1)
		}
	}
	return nil
}

// A Trace is a lane being run again. It keeps the keys and values of every run
// once computed, so that looking at another position costs little: base, the
// lane's plan and, once [Trace.At] was asked, the plan without each of its
// terms. It belongs to one goroutine at a time.
type Trace struct {
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	lane      Lane
	ids       []int    // prompt and generated tokens
	prompt    int      // how many of ids are prompt
	texts     []string // what each generated token adds
	measured  generate.Measured

	base    *run
	steered *run   // base where the plan is neutral
	without []*run // by term left out; nil until asked for
}

// New prepares the trace of a lane. The tokenizer must be the one that the lane
// was generated with, nil for none. Prefixes may hold the lane's prompt; nil
// keeps none. Only a plan that has to know the prompt, for a relative strength
// or a gate, computes it here.
func New(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, lane Lane, prefixes *generate.Prefixes) (*Trace, error) {
	if err := lane.check(m); err != nil {
		return nil, err
	}
	x := &Trace{
		model: m, tokenizer: t, lane: lane, prompt: len(lane.Prompt.Tokens),
		ids:   append(lane.Prompt.IDs(), lane.IDs...),
		texts: make([]string, len(lane.IDs)),
	}
	x.base = &run{trace: x}
	x.steered = x.base
	if t != nil {
		stream := t.Stream()
		for i, id := range x.ids {
			if added := stream.Push(id); i >= x.prompt {
				x.texts[i-x.prompt] = added
			}
		}
	}
	if lane.Plan == nil {
		return x, nil
	}
	err := x.measure(ctx, prefixes)
	if err != nil {
		return nil, err
	}
	if x.steered, err = x.under(lane.Plan, x.base); err != nil {
		return nil, err
	}
	if p := x.steered.program; p != nil {
		x.steered.fork = x.first(p.Steered)
	}
	return x, nil
}

// measure finds out about the prompt what the plan has to know.
func (x *Trace) measure(ctx context.Context, prefixes *generate.Prefixes) error {
	plan := x.lane.Plan
	if !plan.NeedsNorms() && !plan.NeedsDistributions() {
		return nil
	}
	request := generate.Request{Prompt: x.lane.Prompt, Steering: measuring{plan, &x.measured}}
	_, err := generate.NewSession(ctx, x.model, x.tokenizer, []generate.Request{request}, generate.Options{Prefixes: prefixes})
	return err
}

// measuring takes what a session measures on a prompt and steers nothing.
type measuring struct {
	*steering.Bound
	measured *generate.Measured
}

// LowestLayer is none.
func (measuring) LowestLayer() (layer int, ok bool) { return 0, false }

// Editor is none.
func (s measuring) Editor(_ generate.Prompt, measured generate.Measured) (generate.Editor, error) {
	*s.measured = measured
	return nil, nil
}

// Len is the number of positions, prompt included. It counts the last generated
// token, unless the context has no room for it.
func (x *Trace) Len() int { return min(len(x.ids), x.model.Config().Context) }

// A Position says what is predicted after one position's token, base against
// steered on the same tokens.
type Position struct {
	Index int // in the lane, prompt included
	ID    int // of the token there
	Pair
}

// pieceTokens is how many positions have their whole distributions in memory at
// once.
const pieceTokens = 32

// Positions describes the positions from up to, but not including, to, with the
// top likeliest candidates of each. Its memory does not grow with the
// vocabulary times the positions.
func (x *Trace) Positions(ctx context.Context, from, to, top int) ([]Position, error) {
	if from < 0 || to > x.Len() || from > to {
		return nil, fmt.Errorf("positions %d up to %d are not within the lane's %d positions", from, to, x.Len())
	}
	out := make([]Position, 0, to-from)
	vocab := x.model.Config().Vocab
	for at := from; at < to; at += pieceTokens {
		base, steered, err := x.both(ctx, at, min(at+pieceTokens, to), model.WantAll)
		if err != nil {
			return nil, err
		}
		for i := range len(base.logits) / vocab {
			row := func(logits []float32) []float32 { return logits[i*vocab : (i+1)*vocab] }
			out = append(out, x.position(at+i, row(base.logits), row(steered.logits), top))
		}
	}
	return out, nil
}

func (x *Trace) position(i int, base, steered []float32, top int) Position {
	return Position{Index: i, ID: x.ids[i], Pair: compare(base, steered, x.next(i), top)}
}

// next is the token that follows a position, -1 if none does.
func (x *Trace) next(position int) int {
	if position+1 < len(x.ids) {
		return x.ids[position+1]
	}
	return -1
}

// both computes positions under no plan and under the lane's.
func (x *Trace) both(ctx context.Context, from, to int, want model.Want) (base, steered computed, err error) {
	if base, err = x.base.compute(ctx, from, to, want); err != nil {
		return base, steered, err
	}
	if x.steered.source(to) == x.base {
		return base, base, nil
	}
	steered, err = x.steered.compute(ctx, from, to, want)
	return base, steered, err
}
