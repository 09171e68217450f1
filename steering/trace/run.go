package trace

import (
	"context"
	"fmt"
	"slices"

	"github.com/nlpodyssey/spago/mat"

	"tiller/model"
	"tiller/model/generate"
	"tiller/steering"
)

// A run is the traced tokens computed under one plan. It takes over what its
// parent computed before the first position at which the two plans differ.
type run struct {
	trace  *Trace
	parent *run // nil for base
	fork   int  // positions before it are the parent's

	program *steering.Editor // nil for base
	// gated plans read the distribution that a generated token was drawn from,
	// so that it has to be computed before the token can enter.
	gated bool

	lane   *model.Lane    // nil until something is computed
	drawn  generate.Drawn // gated: what follows the lane's last position
	logits []float32
}

// under prepares the run of a plan. Where nothing is left to do, it is base.
func (x *Trace) under(plan *steering.Bound, parent *run) (*run, error) {
	if _, acts := plan.LowestLayer(); !acts {
		return x.base, nil
	}
	e, err := steering.Lanes{Bound: plan, Tokenizer: x.tokenizer}.Editor(x.lane.Prompt, x.measured)
	if err != nil {
		return nil, err
	}
	r := &run{trace: x, parent: parent, program: e.(*steering.Editor), gated: plan.NeedsDistributions()}
	if !r.gated {
		r.accept(x.Len())
	}
	return r, nil
}

// first is the first position for which fires, asked of the steered run, is
// true; the lane's length if none is. A gated plan is known only for the prompt,
// and its run has to compute the prompt's last position itself.
func (x *Trace) first(fires func(position int) bool) int {
	end := x.Len()
	if x.steered.gated {
		end = x.prompt - 1
	}
	for position := range end {
		if fires(position) {
			return position
		}
	}
	return end
}

// source is the run whose positions before to these are.
func (r *run) source(to int) *run {
	for r.parent != nil && to <= r.fork {
		r = r.parent
	}
	return r
}

// computed is what was seen at some positions.
type computed struct {
	// logits that follow each, [positions, vocab], if they were wanted. They live
	// until the run computes again.
	logits []float32
	stream [][]float32 // by layer+1, after edits: [positions, d_model]
}

// compute runs the positions from up to, but not including, to.
func (r *run) compute(ctx context.Context, from, to int, want model.Want) (computed, error) {
	r = r.source(to)
	c := r.trace.model.Config()
	seen := computed{stream: make([][]float32, c.Layers+1)}
	watch := func(layer int, rows []model.Row, h []float32) {
		seen.stream[layer+1] = append(seen.stream[layer+1], h[:len(rows)*c.DModel]...)
	}
	if err := r.extend(ctx, from, model.WantNone, nil); err != nil {
		return seen, err
	}
	if r.lane.Len() == from {
		err := r.extend(ctx, to, want, watch)
		seen.logits = r.logits
		return seen, err
	}
	// The lane is further on, or forked further on.
	err := r.extend(ctx, to, model.WantNone, nil)
	if err == nil {
		seen.logits, err = r.step(ctx, r.before(from), to, want, r.editor(), watch)
	}
	return seen, err
}

// extend takes the run's lane up to position to, unless it is there already. It
// leaves in r.logits what follows each position computed now, if wanted. After
// an error, such as a cancellation, it can be asked again.
func (r *run) extend(ctx context.Context, to int, want model.Want, watch watcher) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	r.logits = r.logits[:0]
	for r.lane.Len() < to {
		logits, err := r.step(ctx, r.lane, r.reach(to), r.atLeast(want), r.editor(), watch)
		if err != nil {
			return err
		}
		if r.gated {
			r.drawn = generate.Describe(logits[len(logits)-r.trace.model.Config().Vocab:])
		}
		if want != model.WantNone {
			r.logits = append(r.logits, logits...)
		}
	}
	return nil
}

// begin forks the run's lane off its parent's.
func (r *run) begin(ctx context.Context) error {
	if r.lane != nil {
		return nil
	}
	if r.parent == nil {
		r.lane = r.trace.model.NewLane()
		return nil
	}
	p := r.parent.source(r.fork)
	if err := p.extend(ctx, r.fork, model.WantNone, nil); err != nil {
		return err
	}
	r.lane = p.before(r.fork)
	return nil
}

// reach is how far towards to the lane can be taken in one step.
func (r *run) reach(to int) int {
	at, prompt := r.lane.Len(), r.trace.prompt
	switch {
	case !r.gated:
		return to
	case at < prompt:
		return min(to, prompt)
	}
	r.accept(at + 1)
	return at + 1
}

// atLeast is want, or what the run's gates need beyond it.
func (r *run) atLeast(want model.Want) model.Want {
	if r.gated && want == model.WantNone {
		return model.WantLast
	}
	return want
}

// accept lets the generated tokens before position to enter the program, unless
// they have.
func (r *run) accept(to int) {
	for p := r.program.Len(); p < to; p++ {
		r.program.Accept(r.trace.ids[p], r.trace.texts[p-r.trace.prompt], r.drawn)
	}
}

// before is a lane of the computed positions before a position.
func (r *run) before(position int) *model.Lane {
	lane := r.lane.Fork()
	lane.Truncate(position)
	return lane
}

// step computes a lane's next positions up to to. The logits live until the
// lane's next step.
func (r *run) step(ctx context.Context, lane *model.Lane, to int, want model.Want, e editor, watch watcher) ([]float32, error) {
	x, from := r.trace, lane.Len()
	o := model.StepOptions{Watch: watch}
	if e != nil {
		o.Hook = hook{editor: e, dModel: x.model.Config().DModel}
	}
	in := model.Input{Lane: lane, Tokens: x.ids[from:to], Prompt: x.prompt, Want: want}
	logits, err := x.model.Step(ctx, []model.Input{in}, o)
	if err != nil {
		return nil, fmt.Errorf("computing positions %d up to %d again: %w", from, to, err)
	}
	return logits[0], nil
}

// watcher is shown the stream; see [model.StepOptions].
type watcher func(layer int, rows []model.Row, h []float32)

// editor changes the row of a position right after block layer, in place.
type editor interface {
	Edit(layer, position int, row []float32) bool
}

// editor is the run's program, nil for base.
func (r *run) editor() editor {
	if r.program == nil {
		return nil
	}
	return r.program
}

// less is a program without one of its terms.
type less struct {
	*steering.Editor
	term int
}

// Edit leaves the term out.
func (l less) Edit(layer, position int, row []float32) bool {
	return l.EditWithout(l.term, layer, position, row)
}

// fired reports whether a term fired at a position that was computed.
func (r *run) fired(term, position int) bool {
	return r.program != nil && slices.Contains(r.program.FiredAt(position), term)
}

// hook hands the rows of a step of one lane to an editor.
type hook struct {
	editor editor
	dModel int
}

func (h hook) Edit(layer int, rows []model.Row, stream mat.Tensor) mat.Tensor {
	data := mat.Data[float32](stream)
	for r, row := range rows {
		h.editor.Edit(layer, row.Position, data[r*h.dModel:(r+1)*h.dModel])
	}
	return stream
}
