package derive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/activations"
	"tiller/steering/vectorfile"
)

// Example is a prompt with the continuation that a vector is to make likely.
type Example struct {
	Prompt generate.Prompt
	Target []generate.PromptToken
	// Avoid is a continuation to make unlikely; nil for none.
	Avoid []generate.PromptToken
	// Label names the example in errors; empty for its number.
	Label string
}

// TrainOptions say how to train. Where a field says so, 0 is a default.
type TrainOptions struct {
	Steps int // 0 is 200
	Batch int // examples a step; 0 is 8
	// Rate is Adam's: about the share of the residual stream's median norm
	// that a direction moves in a step. 0 is 0.01.
	Rate float64
	// MaxNorm caps a direction's norm, as a share of that median; 0 is no cap.
	MaxNorm float64
	// Seed draws the held-out examples, the batches and the start.
	Seed     uint64
	DataHash string // for the vector's metadata
	// Progress, if set, is told of every step.
	Progress func(step, steps int)
}

const (
	heldOutShare = 4 // one of so many examples is held out
	evaluations  = 20
	patience     = 5    // evaluations without a better loss that end training
	better       = 1e-4 // nats that count as better
	absurd       = 1000 // times the median norm, a norm beyond which no model computes anything
	startNorm    = 0.01 // of the first, random direction, as a share of the median norm
)

// Training is how training went. Losses are in nats: the mean of -log p over
// the tokens of targets plus, where there are texts to avoid, the mean of
// -log(1-p) over theirs (Welleck et al. 2020, arXiv 1908.04319).
type Training struct {
	Examples int `json:"examples"` // held-out ones not counted
	HeldOut  int `json:"held_out"`
	Steps    int `json:"steps"`     // made
	BestStep int `json:"best_step"` // after which the vector was taken
	// Early says that training ended because the loss no longer fell.
	Early bool `json:"early"`
	// The losses of the model alone and with the vector.
	StartLoss float64 `json:"start_loss"`
	Loss      float64 `json:"loss"`
	// On held-out examples, which decide on the best step; nil if there are
	// fewer than 4 examples, and the training loss decides.
	HeldOutStartLoss *float64 `json:"held_out_start_loss"`
	HeldOutLoss      *float64 `json:"held_out_loss"`
}

// Train makes the vector that a plan uses, by Adam (Kingma and Ba 2015, arXiv
// 1412.6980) through the frozen model, so that the targets become likely while
// the plan steers. The plan names one vector and the layers at which it is to
// have directions, each its own; operations, strengths and selectors are as in
// use. Weights may be of any stored type.
//
// A training that does not get below where it started is an error.
func Train(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, examples []Example, plan steering.Plan, o TrainOptions) (*Result, error) {
	r, err := newTrainer(ctx, m, t, examples, plan, o)
	if err != nil {
		return nil, err
	}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	return r.result(ctx)
}

// trainer is a training under way.
type trainer struct {
	*objective
	options  TrainOptions
	examples []Example
	train    []int // numbers of examples
	held     []int
	layers   []int
	medians  []float64 // by place in layers
	// at are the parameters [layers][d_model]: a direction in units of the
	// median norm over sqrt(d_model), so that one rate fits all models.
	at   [][]float64
	best [][]float64
	adam *adam
	Training
}

func newTrainer(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, examples []Example, plan steering.Plan, o TrainOptions) (*trainer, error) {
	if len(examples) == 0 {
		return nil, errors.New("there are no targets to train a vector on")
	}
	if o.Steps == 0 {
		o.Steps = 200
	}
	if o.Batch == 0 {
		o.Batch = 8
	}
	if o.Rate == 0 {
		o.Rate = 0.01
	}
	layers, err := trainedLayers(plan, m.Config().Layers)
	if err != nil {
		return nil, err
	}
	r := &trainer{options: o, examples: examples, layers: layers}
	if r.objective, err = newObjective(m, t, examples, plan); err != nil {
		return nil, err
	}
	r.split()
	if r.medians, err = medianNorms(ctx, m, examples, layers); err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(o.Seed, 0x7374617274))
	for range layers {
		direction := make([]float64, m.Config().DModel)
		for i := range direction {
			direction[i] = startNorm * random.NormFloat64()
		}
		r.at = append(r.at, direction)
	}
	r.adam = newAdam(o.Rate, r.at)
	return r, r.matters()
}

// trainedLayers are those that a plan's terms name.
func trainedLayers(plan steering.Plan, blocks int) ([]int, error) {
	if names := plan.Names(); len(names) != 1 {
		return nil, fmt.Errorf("a plan to train with names one vector, but %q names %d", plan.String(), len(names))
	}
	switch {
	case plan.NeedsNorms():
		return nil, fmt.Errorf("the plan %q has a relative strength: train with a plain number, and the size of the vector is found too", plan.String())
	case plan.NeedsDistributions():
		return nil, fmt.Errorf("the plan %q has a gate, which has no gradient: train without it, and use it afterwards", plan.String())
	}
	var layers []int
	for _, t := range plan.Terms {
		if t.Layers.Kind == steering.OwnLayers {
			continue
		}
		named, err := activations.ListLayers(t.Layers, blocks)
		if err != nil {
			return nil, err
		}
		layers = append(layers, named...)
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("the plan %q does not say at which layers the vector is to have directions: write one, such as %s@%d", plan.String(), plan.Names()[0], blocks/2)
	}
	slices.Sort(layers)
	return slices.Compact(layers), nil
}

// split holds examples out.
func (r *trainer) split() {
	n := len(r.examples)
	order := rand.New(rand.NewPCG(r.options.Seed, 0x73706c6974)).Perm(n)
	r.held, r.train = order[:n/heldOutShare], order[n/heldOutShare:]
	r.HeldOut, r.Examples = len(r.held), len(r.train)
}

// medianNorms are those of the unsteered residual stream over the prompts.
func medianNorms(ctx context.Context, m *model.Model, examples []Example, layers []int) ([]float64, error) {
	s := &source{width: m.Config().DModel, layers: layers, pairs: len(examples), normsOf: []int{positive}}
	side := side{model: m}
	for _, e := range examples {
		side.prompts = append(side.prompts, e.Prompt)
		side.chosen = append(side.chosen, slices.Repeat([]bool{true}, len(e.Prompt.Tokens)))
		s.texts = append(s.texts, Pair{Positive: e.Prompt, Label: e.Label})
	}
	s.index(m.Config().Layers)
	s.sides[positive] = side
	s.medians = make([][]float32, len(layers))
	p := pooling{source: s, class: positive, norms: true, visit: func(int, int, int, []float32) {}}
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	medians := make([]float64, len(layers))
	for i, all := range s.medians {
		medians[i] = float64(median(all))
	}
	return medians, nil
}

// vector writes parameters as directions.
func (r *trainer) vector(at [][]float64) *steering.Vector {
	v := &steering.Vector{Name: r.plan.Names()[0], DModel: len(at[0]), Directions: map[int][]float32{}}
	for i, layer := range r.layers {
		d := slices.Clone(at[i])
		multiply(d, r.unit(i))
		v.Directions[layer] = rounded(d)
	}
	return v
}

// unit is what a parameter of 1 means.
func (r *trainer) unit(i int) float64 {
	if r.medians[i] == 0 {
		return 1
	}
	return r.medians[i] / math.Sqrt(float64(len(r.at[i])))
}

// run trains until the loss no longer falls.
func (r *trainer) run(ctx context.Context) error {
	judge := r.held
	if len(judge) == 0 {
		judge = r.train
	}
	start, err := r.loss(ctx, nil, judge)
	if err != nil {
		return err
	}
	batches := rand.New(rand.NewPCG(r.options.Seed, 0x626174636865))
	lowest, waited := math.Inf(1), 0
	var queue []int
	every := max(1, r.options.Steps/evaluations)
	for r.Steps < r.options.Steps && waited < patience {
		if len(queue) < min(r.options.Batch, len(r.train)) {
			queue = queue[:0]
			for _, i := range batches.Perm(len(r.train)) {
				queue = append(queue, r.train[i])
			}
		}
		n := min(r.options.Batch, len(queue))
		if err := r.step(ctx, queue[:n]); err != nil {
			return err
		}
		queue = queue[n:]
		if r.Steps%every != 0 && r.Steps != r.options.Steps {
			continue
		}
		loss, err := r.loss(ctx, r.vector(r.at), judge)
		if err != nil {
			return err
		}
		waited++
		if loss < lowest-better {
			lowest, waited = loss, 0
			r.BestStep, r.best = r.Steps, clone(r.at)
		}
	}
	r.Early = r.Steps < r.options.Steps
	if lowest >= start {
		return fmt.Errorf("training made things worse: the loss of %s went from %.3f to at best %.3f; take a lower rate than %g, cap the norm, or give more targets that are alike",
			map[bool]string{true: "held-out examples", false: "the examples"}[len(r.held) > 0], start, lowest, r.options.Rate)
	}
	return nil
}

// matters refuses a plan that changes no token of the examples.
func (r *trainer) matters() error {
	v := r.vector(r.at)
	bound, err := steering.Bind(r.plan, r.model.Config().Layers, r.model.Config().DModel, map[string]*steering.Vector{v.Name: v})
	if err != nil {
		return err
	}
	for _, sequences := range r.sequences {
		g := graph{objective: r.objective, sequences: sequences}
		programs, err := g.programs(bound)
		if err != nil {
			return err
		}
		for i, s := range sequences {
			for position := range s.ids {
				if programs[i].Steered(position) {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("the plan %q changes no token that a target depends on", r.plan.String())
}

// step follows the gradient of a batch.
func (r *trainer) step(ctx context.Context, batch []int) error {
	loss, gradients, err := r.gradient(ctx, r.vector(r.at), batch)
	if err != nil {
		return err
	}
	r.Steps++
	total := loss
	for i, layer := range r.layers {
		multiply(gradients[layer], r.unit(i))
		total += dot(gradients[layer], gradients[layer])
	}
	if math.IsNaN(total) || math.IsInf(total, 0) {
		return fmt.Errorf("training diverged at step %d: the loss or its gradient is no longer a number; take a lower rate than %g, or cap the norm", r.Steps, r.options.Rate)
	}
	for i, layer := range r.layers {
		r.adam.step(i, r.Steps, r.at[i], gradients[layer])
		share := norm(r.at[i]) / math.Sqrt(float64(len(r.at[i]))) // of the median norm
		if most := r.options.MaxNorm; most > 0 && share > most {
			multiply(r.at[i], most/share)
		} else if !(share < absurd) {
			return fmt.Errorf("training diverged at step %d: the direction at layer %d is %.3g times as long as the residual stream; take a lower rate than %g, or cap the norm", r.Steps, layer, share, r.options.Rate)
		}
	}
	if r.options.Progress != nil {
		r.options.Progress(r.Steps, r.options.Steps)
	}
	return nil
}

func clone(x [][]float64) [][]float64 {
	y := make([][]float64, len(x))
	for i := range x {
		y[i] = slices.Clone(x[i])
	}
	return y
}

// result measures the best vector.
func (r *trainer) result(ctx context.Context) (*Result, error) {
	v := r.vector(r.best)
	if err := v.Check(); err != nil {
		return nil, err
	}
	var err error
	measure := func(to *float64, v *steering.Vector, examples []int) {
		if err == nil && len(examples) > 0 {
			*to, err = r.loss(ctx, v, examples)
		}
	}
	var heldStart, held float64
	measure(&r.StartLoss, nil, r.train)
	measure(&r.Loss, v, r.train)
	measure(&heldStart, nil, r.held)
	measure(&held, v, r.held)
	if err != nil {
		return nil, err
	}
	out := &Result{Vector: v, Training: &r.Training}
	if len(r.held) > 0 {
		r.HeldOutStartLoss, r.HeldOutLoss = &heldStart, &held
	} else {
		out.Notes = append(out.Notes, fmt.Sprintf("With fewer than %d examples none is held out, so nothing says how the vector does on others.", heldOutShare))
	}
	for i, layer := range r.layers {
		out.Layers = append(out.Layers, newLayerReport(v, layer, r.medians[i]))
	}
	neighbours(v, out.Layers)
	v.Meta = map[string]string{
		vectorfile.MetaMethod:           "trained on targets",
		vectorfile.MetaModelFingerprint: r.model.Checkpoint().Fingerprint(),
		vectorfile.MetaSeed:             strconv.FormatUint(r.options.Seed, 10),
		vectorfile.MetaScale:            "strength as in the plan it was trained with",
		"plan":                          r.plan.String(),
		"examples":                      strconv.Itoa(len(r.examples)),
		"steps":                         strconv.Itoa(r.BestStep),
	}
	if r.options.DataHash != "" {
		v.Meta[vectorfile.MetaDataHash] = r.options.DataHash
	}
	return out, nil
}

// adam holds the moments of the gradients.
type adam struct {
	rate          float64
	first, second [][]float64
}

func newAdam(rate float64, at [][]float64) *adam {
	a := &adam{rate: rate}
	for _, x := range at {
		a.first = append(a.first, make([]float64, len(x)))
		a.second = append(a.second, make([]float64, len(x)))
	}
	return a
}

// step moves x, parameters i, against their gradient; n counts from 1.
func (a *adam) step(i, n int, x, gradient []float64) {
	const b1, b2, epsilon = 0.9, 0.999, 1e-8
	// By multiplication, whose bits are the same everywhere.
	p1, p2 := 1.0, 1.0
	for range n {
		p1, p2 = p1*b1, p2*b2
	}
	for j, g := range gradient {
		m := float64(b1*a.first[i][j]) + float64((1-b1)*g)
		v := float64(b2*a.second[i][j]) + float64((1-b2)*float64(g*g))
		a.first[i][j], a.second[i][j] = m, v
		x[j] -= float64(a.rate * (m / (1 - p1)) / (math.Sqrt(v/(1-p2)) + epsilon))
	}
}
