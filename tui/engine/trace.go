package engine

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/trace"
)

// Answered is a lane with what it generated.
type Answered struct {
	Lane
	IDs []int
}

// equal reports whether a trace of one serves the other.
func (a Answered) equal(b Answered) bool {
	return a.Model == b.Model && a.Plan == b.Plan && a.Prompt.Equal(b.Prompt) && slices.Equal(a.IDs, b.IDs)
}

// Traced is everything about one position of a lane.
type Traced struct {
	Gen   int
	Lane  int
	Point Point
}

// Point is what the model predicts after a position, with and without the
// lane's plan, on the same tokens.
type Point struct {
	Position      int // in the lane, prompt included
	Base, Steered []Choice
	// Next is the token that follows in the lane, under both; its rank is 0
	// where none follows.
	NextBase, NextSteered       Choice
	Also                        []Both  // the other tokens that were asked about
	KL, Reverse                 float64 // KL(steered||base) and KL(base||steered), nats
	EntropyBase, EntropySteered float64 // nats
	Lens                        []LensRow
	Left                        []LeftOut
}

// Both is a token as the two predictions see it.
type Both struct{ Base, Steered Choice }

// Choice is a token that may come next. Its piece is untrusted.
type Choice struct {
	ID    int
	Piece string
	P     float64
	Rank  int // 1 is the likeliest
}

// LensRow is the logit lens at one layer: what the residual stream there would
// predict.
type LensRow struct {
	Layer          int
	Base, Steered  Choice
	KL             float64
	Norm, BaseNorm float64
	Change         float64 // |h steered - h base| / |h base|
}

// LeftOut is what becomes of a prediction without one term.
type LeftOut struct {
	Term        int
	Text        string
	Fired       bool
	Step, Whole Without
}

// Without says what is left of a plan's effect.
type Without struct {
	KL      float64 // of the rest, against base
	Top     Choice
	Changed bool // Top is not what the whole plan's is
}

// tracing is the traces that are kept: those of the lanes last asked about.
type tracing struct {
	lanes  []Answered
	traces []*traced
}

// traced is a trace of a lane, with its model.
type traced struct {
	*trace.Trace
	*opened
	prompt int // tokens of the prompt
}

// maxTraces is how many lanes' traces are kept.
const maxTraces = 4

// Trace asks for everything about a position of a lane, with so many likely
// tokens, and what both sides think of some others.
func (e *Engine) Trace(gen int, lane Answered, position, top int, others ...int) tea.Cmd {
	return e.do(gen, "looking into a token", func(ctx context.Context) (tea.Msg, error) {
		e.traced.Lock()
		defer e.traced.Unlock()
		x, err := e.trace(ctx, lane)
		if err != nil {
			return nil, err
		}
		p, err := x.At(ctx, position, top)
		if err != nil {
			return nil, err
		}
		point := pointOf(p, x.tokenizer)
		for _, id := range others {
			base, steered := p.Of(id)
			point.Also = append(point.Also, Both{choice(base, x.tokenizer), choice(steered, x.tokenizer)})
		}
		return Traced{Gen: gen, Lane: lane.ID, Point: point}, nil
	})
}

// trace returns the trace of a lane, making it if need be.
func (e *Engine) trace(ctx context.Context, lane Answered) (*traced, error) {
	o, err := e.open(ctx, lane.Model)
	if err != nil {
		return nil, err
	}
	kept := &e.tracing
	if at := slices.IndexFunc(kept.lanes, lane.equal); at >= 0 {
		return kept.traces[at], nil
	}
	prompt, err := lane.Prompt.tokens(o.tokenizer)
	if err != nil {
		return nil, err
	}
	l := trace.Lane{Prompt: prompt, IDs: lane.IDs}
	if lane.Plan != "" {
		if l.Plan, err = e.bind(lane.Plan, o); err != nil {
			return nil, err
		}
	}
	made, err := trace.New(ctx, o.model, o.tokenizer, l, &generate.Prefixes{})
	if err != nil {
		return nil, err
	}
	x := &traced{Trace: made, opened: o, prompt: len(prompt.Tokens)}
	if len(kept.lanes) == maxTraces {
		kept.lanes, kept.traces = kept.lanes[1:], kept.traces[1:]
	}
	kept.lanes, kept.traces = append(kept.lanes, lane), append(kept.traces, x)
	return x, nil
}

func pointOf(p *trace.Point, t *tokenizer.Tokenizer) Point {
	out := Point{
		Position: p.Index, KL: p.KL, Reverse: p.Reverse,
		EntropyBase: p.Base.Entropy, EntropySteered: p.Steered.Entropy,
		Base: choices(p.Base.Top, t), Steered: choices(p.Steered.Top, t),
	}
	if p.Base.Rank > 0 {
		out.NextBase = Choice{P: math.Exp(p.Base.Next), Rank: p.Base.Rank}
		out.NextSteered = Choice{P: math.Exp(p.Steered.Next), Rank: p.Steered.Rank}
	}
	for _, row := range p.Lens {
		r := LensRow{Layer: row.Layer, KL: digits(row.KL), Norm: digits(row.Norm), BaseNorm: digits(row.BaseNorm), Change: digits(row.Change)}
		if len(row.Base.Top) > 0 && len(row.Steered.Top) > 0 {
			r.Base, r.Steered = choice(row.Base.Top[0], t), choice(row.Steered.Top[0], t)
		}
		out.Lens = append(out.Lens, r)
	}
	for _, a := range p.Left {
		out.Left = append(out.Left, LeftOut{Term: a.Term, Text: a.Text, Fired: a.Fired, Step: without(a.Step, t), Whole: without(a.Whole, t)})
	}
	return out
}

func without(w trace.Without, t *tokenizer.Tokenizer) Without {
	return Without{KL: w.KL, Top: choice(w.Top, t), Changed: w.Changed}
}

func choices(top []trace.Candidate, t *tokenizer.Tokenizer) []Choice {
	out := make([]Choice, len(top))
	for i, c := range top {
		out[i] = choice(c, t)
	}
	return out
}

func choice(c trace.Candidate, t *tokenizer.Tokenizer) Choice {
	return Choice{ID: c.ID, Piece: t.Piece(c.ID), P: digits(math.Exp(c.LogProb)), Rank: c.Rank}
}

// digits rounds to ten digits, which is more than logits are good for: the rest
// would only make recordings longer.
func digits(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 10, 64), 64)
	if err != nil {
		return x
	}
	return rounded
}

// Colours are what colours tell of each generated token of a lane.
type Colours struct {
	Gen  int
	Lane int
	IDs  []int
	// By generated token: KL(steered||base) where it was chosen, and its
	// log-probability steered minus base.
	KL, Ratio []float64
	// Projection is that of the row where the token was chosen onto the
	// direction of the plan's first term, at its lowest layer; NaN without.
	Projection []float64
}

// Colour asks for what colours can tell of a lane.
func (e *Engine) Colour(gen int, lane Answered) tea.Cmd {
	return e.do(gen, "colouring tokens", func(ctx context.Context) (tea.Msg, error) {
		e.traced.Lock()
		defer e.traced.Unlock()
		x, err := e.trace(ctx, lane)
		if err != nil {
			return nil, err
		}
		first := x.prompt - 1 // the position whose output is token 0
		found, err := x.Positions(ctx, first, x.Len(), 1)
		if err != nil {
			return nil, err
		}
		msg := Colours{Gen: gen, Lane: lane.ID, IDs: lane.IDs}
		for i := range min(len(found), len(lane.IDs)) {
			msg.KL = append(msg.KL, found[i].KL)
			msg.Ratio = append(msg.Ratio, found[i].Steered.Next-found[i].Base.Next)
		}
		msg.Projection, err = e.projection(ctx, x, lane, first)
		return msg, err
	})
}

// projection is the row's component along the direction of the plan's first
// term, where each generated token was chosen.
func (e *Engine) projection(ctx context.Context, x *traced, lane Answered, first int) ([]float64, error) {
	plan, err := steering.Parse(lane.Plan)
	if err != nil || len(plan.Terms) == 0 {
		return nil, err
	}
	vectors, err := e.named(plan.Names()[:1])
	if err != nil {
		return nil, err
	}
	v := vectors[plan.Terms[0].Vector]
	if v == nil {
		return nil, nil
	}
	rows, err := x.Map(ctx, trace.Projection, v)
	if err != nil {
		return nil, err
	}
	layer := v.Layers()[0]
	if items := plan.Terms[0].Layers.Items; len(items) > 0 {
		layer = items[0].From
	}
	var out []float64
	for _, value := range rows[layer+1][first:] {
		if len(out) < len(lane.IDs) {
			out = append(out, float64(value))
		}
	}
	return out, nil
}

// Mapped is a quantity at every layer and position of a lane.
type Mapped struct {
	Gen      int
	Lane     int
	Quantity trace.Quantity
	Values   [][]float32 // [layers+1][positions], row i is layer i-1
}

// Map asks for a quantity at every layer and position of a lane. A projection
// is onto the vector of that name.
func (e *Engine) Map(gen int, lane Answered, q trace.Quantity, vector string) tea.Cmd {
	return e.do(gen, "mapping "+strings.ToLower(q.String()), func(ctx context.Context) (tea.Msg, error) {
		e.traced.Lock()
		defer e.traced.Unlock()
		x, err := e.trace(ctx, lane)
		if err != nil {
			return nil, err
		}
		var v *steering.Vector
		if q == trace.Projection {
			vectors, err := e.named([]string{vector})
			if err != nil {
				return nil, err
			}
			v = vectors[vector]
		}
		values, err := x.Map(ctx, q, v)
		if err != nil {
			return nil, err
		}
		return Mapped{Gen: gen, Lane: lane.ID, Quantity: q, Values: values}, nil
	})
}
