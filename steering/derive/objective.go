package derive

import (
	"context"
	"fmt"
	"math"

	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/kernel"
	"tiller/model/tokenizer"
	"tiller/steering"
)

// graphRows is about how many rows are in memory as a graph; the gradients of
// more are added up.
const graphRows = 256

// objective is the loss of examples under a plan, as a function of its vector.
type objective struct {
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	plan      steering.Plan
	sequences [][]sequence // by example: the target, and what to avoid
}

// sequence is a prompt with one continuation.
type sequence struct {
	prompt generate.Prompt
	next   []generate.PromptToken
	avoid  bool
	ids    []int // all that the model reads: the last token is only predicted
}

func newObjective(m *model.Model, t *tokenizer.Tokenizer, examples []Example, plan steering.Plan) (*objective, error) {
	o := &objective{model: m, tokenizer: t, plan: plan}
	for i, e := range examples {
		sequences, err := split(m, e)
		if err != nil {
			name := e.Label
			if name == "" {
				name = fmt.Sprintf("example %d", i+1)
			}
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		o.sequences = append(o.sequences, sequences)
	}
	return o, nil
}

// split makes the sequences of an example.
func split(m *model.Model, e Example) ([]sequence, error) {
	if len(e.Prompt.Tokens) == 0 {
		return nil, fmt.Errorf("the prompt has no tokens")
	}
	if len(e.Target) == 0 {
		return nil, fmt.Errorf("the target has no tokens")
	}
	var sequences []sequence
	for i, next := range [][]generate.PromptToken{e.Target, e.Avoid} {
		if len(next) == 0 {
			continue
		}
		s := sequence{prompt: e.Prompt, next: next, avoid: i == 1, ids: e.Prompt.IDs()}
		for _, token := range next[:len(next)-1] {
			s.ids = append(s.ids, token.ID)
		}
		if err := fits(m, len(s.ids)); err != nil {
			return nil, err
		}
		sequences = append(sequences, s)
	}
	return sequences, nil
}

// loss of examples with a vector; nil leaves the model alone.
func (o *objective) loss(ctx context.Context, v *steering.Vector, examples []int) (float64, error) {
	loss, _, err := o.compute(ctx, v, examples, false)
	return loss, err
}

// gradient returns the loss of examples and its gradient with respect to the
// vector's directions, by layer.
func (o *objective) gradient(ctx context.Context, v *steering.Vector, examples []int) (float64, map[int][]float64, error) {
	return o.compute(ctx, v, examples, true)
}

func (o *objective) compute(ctx context.Context, v *steering.Vector, examples []int, backward bool) (float64, map[int][]float64, error) {
	var bound *steering.Bound
	gradients := map[int][]float64{}
	if v != nil {
		var err error
		vectors := map[string]*steering.Vector{v.Name: v}
		if bound, err = steering.Bind(o.plan, o.model.Config().Layers, o.model.Config().DModel, vectors); err != nil {
			return 0, nil, err
		}
		for layer := range v.Directions {
			gradients[layer] = make([]float64, v.DModel)
		}
	}
	var all []sequence
	var tokens [2]int // of targets, of texts to avoid
	for _, i := range examples {
		for _, s := range o.sequences[i] {
			all = append(all, s)
			tokens[class(s)] += len(s.next)
		}
	}
	total := 0.0
	for len(all) > 0 {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		n := 0
		for rows := 0; n < len(all) && rows < graphRows; n++ {
			rows += len(all[n].ids)
		}
		g := graph{objective: o, sequences: all[:n], tokens: tokens, vector: v}
		loss, err := g.run(bound, gradients, backward)
		if err != nil {
			return 0, nil, err
		}
		total += loss
		all = all[n:]
	}
	return total, gradients, nil
}

// class is 0 for a target and 1 for a text to avoid.
func class(s sequence) int {
	if s.avoid {
		return 1
	}
	return 0
}

// graph is one pass over some sequences.
type graph struct {
	*objective
	sequences []sequence
	tokens    [2]int // that losses are means over
	vector    *steering.Vector
}

// run returns the sequences' share of the loss and, if asked, adds that of the
// gradients.
func (g *graph) run(bound *steering.Bound, gradients map[int][]float64, backward bool) (float64, error) {
	programs, err := g.programs(bound)
	if err != nil {
		return 0, err
	}
	var ids [][]int
	for _, s := range g.sequences {
		ids = append(ids, s.ids)
	}
	var hook model.Hook = steering.NewHook(programs...)
	var leaves map[int]*mat.Dense[float32]
	if backward {
		leaves = map[int]*mat.Dense[float32]{}
		for layer, d := range g.vector.Directions {
			leaves[layer] = mat.NewDense[float32](mat.WithShape(1, len(d)), mat.WithBacking(d), mat.WithGrad(true))
		}
		hook = &trainingHook{programs: programs, leaves: leaves}
	}
	logits, err := g.model.Forward(ids, hook)
	if err != nil {
		return 0, err
	}
	loss, gradient := g.lossOf(mat.Data[float32](logits), backward)
	if !backward || !logits.RequiresGrad() {
		return loss, nil
	}
	shape := logits.Shape()
	logits.AccGrad(mat.NewDense[float32](mat.WithShape(shape...), mat.WithBacking(gradient)))
	if err := ag.Backward(logits); err != nil {
		return 0, fmt.Errorf("computing gradients: %w", err)
	}
	for layer, leaf := range leaves {
		if leaf.HasGrad() {
			for i, x := range mat.Data[float32](leaf.Grad()) {
				gradients[layer][i] += float64(x)
			}
		}
	}
	return loss, nil
}

// programs are the plan at work on each sequence; nil if there is no vector.
func (g *graph) programs(bound *steering.Bound) ([]*steering.Program, error) {
	programs := make([]*steering.Program, len(g.sequences))
	if bound == nil {
		return programs, nil
	}
	lanes := steering.Lanes{Bound: bound, Tokenizer: g.tokenizer}
	for i, s := range g.sequences {
		started, err := lanes.Editor(s.prompt, generate.Measured{})
		if err != nil {
			return nil, err
		}
		editor := started.(*steering.Editor)
		for _, token := range s.next[:len(s.next)-1] {
			editor.Accept(token.ID, token.Text, generate.Drawn{})
		}
		programs[i] = editor.Program
	}
	return programs, nil
}

// leastRest is the smallest 1-p that counts, since the gradient of -log(1-p)
// has no bound.
const leastRest = 1e-3

// lossOf is the loss of logits [rows][vocab], and its gradient if asked.
func (g *graph) lossOf(logits []float32, backward bool) (float64, []float32) {
	vocab := g.model.Config().Vocab
	var gradient []float32
	if backward {
		gradient = make([]float32, len(logits))
	}
	loss, from := 0.0, 0
	for _, s := range g.sequences {
		weight := 1 / float64(g.tokens[class(s)])
		row := from + len(s.prompt.Tokens) - 1
		for _, token := range s.next {
			at := logits[row*vocab : (row+1)*vocab]
			logp := float64(at[token.ID]) - kernel.LogSumExp(at)
			slope := weight // by which the gradient is p - 1 at the token, p elsewhere
			if s.avoid {
				rest := max(-math.Expm1(logp), leastRest) // 1-p
				loss -= float64(weight * math.Log(rest))
				slope = -weight * (1 - rest) / rest
			} else {
				loss -= float64(weight * logp)
			}
			if backward {
				out := gradient[row*vocab : (row+1)*vocab]
				copy(out, at)
				kernel.Softmax(out)
				out[token.ID]--
				for i := range out {
					out[i] *= float32(slope)
				}
			}
			row++
		}
		from += len(s.ids)
	}
	return loss, gradient
}

// trainingHook steers the lanes of a graph and carries gradients to the
// directions. It is a [model.Hook].
type trainingHook struct {
	programs []*steering.Program         // by lane
	leaves   map[int]*mat.Dense[float32] // by layer: the direction [1, d_model]
}

// Edit implements [model.Hook]. Each layer has a leaf of its own and is edited
// once a pass, so that every leaf has one consumer and gradients one order.
func (k *trainingHook) Edit(layer int, rows []model.Row, h mat.Tensor) mat.Tensor {
	leaf := k.leaves[layer]
	if leaf == nil {
		return h
	}
	e := &trainedEdit{hook: k, layer: layer, leaf: leaf, rows: append([]model.Row(nil), rows...), h: h}
	if !e.edits() {
		return h
	}
	return ag.NewOperator(e).Run()
}

// trainedEdit is the edit of one layer as a function of stream and direction.
type trainedEdit struct {
	hook  *trainingHook
	layer int
	leaf  *mat.Dense[float32]
	rows  []model.Row
	h     mat.Tensor
}

func (e *trainedEdit) edits() bool {
	for _, r := range e.rows {
		if e.hook.programs[r.Lane].Edits(e.layer, r.Position) {
			return true
		}
	}
	return false
}

// Operands returns the stream and the direction.
func (e *trainedEdit) Operands() []mat.Tensor { return []mat.Tensor{e.h, e.leaf} }

// Forward edits a copy of the stream: backward needs the unedited one.
func (e *trainedEdit) Forward() (mat.Tensor, error) {
	out := e.h.Value().(mat.Matrix).Clone()
	data := mat.Data[float32](out)
	width := len(data) / len(e.rows)
	for i, r := range e.rows {
		e.hook.programs[r.Lane].Edit(e.layer, r.Position, data[i*width:(i+1)*width])
	}
	return out, nil
}

// Backward adds the gradients with respect to the unedited stream and the
// direction.
func (e *trainedEdit) Backward(gy mat.Tensor) error {
	grad := gy.(mat.Matrix).Clone()
	data, before := mat.Data[float32](grad), mat.Data[float32](e.h)
	width := len(data) / len(e.rows)
	direction := make([]float32, width)
	into := func(string, int) []float32 { return direction }
	for i, r := range e.rows {
		at := i * width
		e.hook.programs[r.Lane].BackwardDirections(e.layer, r.Position, before[at:at+width], data[at:at+width], into)
	}
	if e.h.RequiresGrad() {
		e.h.AccGrad(grad)
	}
	e.leaf.AccGrad(mat.NewDense[float32](mat.WithShape(1, width), mat.WithBacking(direction)))
	return nil
}
