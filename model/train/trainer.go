// Package train trains the very network that generates: documents are packed
// side by side, each attending to itself only, and the gradients of a weighted
// cross-entropy reach every weight through the operators that a step uses.
//
// For one seed and kernel path the weights come out bit-identical, however
// many threads work.
package train

import (
	"context"
	"fmt"
	"math"

	"github.com/nlpodyssey/spago/ag"

	"tiller/model"
)

// A Document is one sequence to learn from.
type Document struct {
	IDs []int
	// Weights[i] weighs -log p(IDs[i] | IDs before it); Weights[0] is ignored.
	// It may be negative.
	Weights []float32
}

// Options say how a model is trained.
type Options struct {
	// LearningRate is the highest, reached after Warmup steps.
	LearningRate float64 `json:"learning_rate"`
	// Warmup is the number of steps over which the rate grows from zero.
	Warmup int `json:"warmup"`
	// Steps is how many there will be: the rate falls along half a cosine to
	// FinalRate times the highest (Loshchilov and Hutter 2017, arXiv
	// 1608.03983). 0 keeps the rate after the warm-up.
	Steps     int     `json:"steps"`
	FinalRate float64 `json:"final_rate"`
	// Beta1, Beta2 and WeightDecay are AdamW's.
	Beta1       float64 `json:"beta1"`
	Beta2       float64 `json:"beta2"`
	WeightDecay float64 `json:"weight_decay"`
	// Clip is the longest gradient, all weights together; a longer one is
	// scaled down to it (Pascanu et al. 2013, arXiv 1211.5063). 0 is no limit.
	Clip float64 `json:"clip"`
}

func (o Options) check() error {
	switch {
	case !(o.LearningRate > 0) || math.IsInf(o.LearningRate, 0):
		return fmt.Errorf("the learning rate is %g, which is not a positive number", o.LearningRate)
	case o.Warmup < 0 || o.Steps < 0:
		return fmt.Errorf("a training has %d steps after %d to warm up, and neither can be negative", o.Steps, o.Warmup)
	case !(o.Beta1 >= 0 && o.Beta1 < 1) || !(o.Beta2 >= 0 && o.Beta2 < 1):
		return fmt.Errorf("the moments' rates are %g and %g, which are not both at least 0 and below 1", o.Beta1, o.Beta2)
	case !(o.WeightDecay >= 0) || !(o.Clip >= 0) || !(o.FinalRate >= 0):
		return fmt.Errorf("weight decay %g, clip %g and final rate %g must not be negative", o.WeightDecay, o.Clip, o.FinalRate)
	}
	return nil
}

// rate is the learning rate at a step, counted from 1.
func (o Options) rate(step int) float64 {
	if step <= o.Warmup {
		return o.LearningRate * float64(step) / float64(o.Warmup)
	}
	if o.Steps <= o.Warmup {
		return o.LearningRate
	}
	done := min(1, float64(step-o.Warmup)/float64(o.Steps-o.Warmup))
	return o.LearningRate * (o.FinalRate + (1-o.FinalRate)*(1+math.Cos(math.Pi*done))/2)
}

// Report is what one step did.
type Report struct {
	Step         int     // from 1
	Loss         float64 // weighted, over the divisor
	GradNorm     float64 // before clipping
	LearningRate float64
}

// Trainer trains one model. It belongs to one goroutine, and the model must
// not be used while Step or Load runs.
type Trainer struct {
	model      *model.Model
	options    Options
	parameters []model.Parameter
	adam       *adamW
	step       int
}

// New prepares a model for training: its weights become parameters.
func New(m *model.Model, o Options) (*Trainer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	parameters, err := m.Unfreeze()
	if err != nil {
		return nil, err
	}
	return &Trainer{model: m, options: o, parameters: parameters, adam: newAdamW(o, parameters)}, nil
}

// Steps is how many steps have been taken.
func (t *Trainer) Steps() int { return t.step }

// Step takes one step down the gradient of the documents' loss, which is the
// weighted sum over all tokens divided by divisor.
func (t *Trainer) Step(ctx context.Context, documents []Document, divisor float32) (Report, error) {
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	b, err := pack(documents)
	if err != nil {
		return Report{}, err
	}
	if !(divisor > 0) {
		return Report{}, fmt.Errorf("the loss is divided by %g, which is not a positive number", divisor)
	}
	if err := b.check(t.model.Config().Vocab); err != nil {
		return Report{}, err
	}
	logits, err := t.model.Forward(b.sequences, nil)
	if err != nil {
		return Report{}, err
	}
	loss := CrossEntropy(t.model.Pool(), logits, b.targets, b.weights, divisor)
	if err := ag.Backward(loss); err != nil {
		return Report{}, fmt.Errorf("the gradient can't be computed: %w", err)
	}
	norm, err := gradientNorm(t.parameters)
	if err != nil {
		return Report{}, fmt.Errorf("step %d: %w", t.step+1, err)
	}
	scale := float32(1)
	if t.options.Clip > 0 && norm > t.options.Clip {
		scale = float32(t.options.Clip / norm)
	}
	t.step++
	rate := t.options.rate(t.step)
	t.adam.step(t.model.Pool(), t.step, rate, scale)
	return Report{Step: t.step, Loss: loss.Item().F64(), GradNorm: norm, LearningRate: rate}, nil
}

// batch is documents laid side by side. Row r of the logits, which follows
// all the sequences' tokens up to it, is to predict targets[r].
type batch struct {
	sequences [][]int
	targets   []int
	weights   []float32
}

func pack(documents []Document) (batch, error) {
	var b batch
	for i, d := range documents {
		if len(d.Weights) != len(d.IDs) {
			return b, fmt.Errorf("document %d has %d tokens and %d weights", i, len(d.IDs), len(d.Weights))
		}
		if len(d.IDs) < 2 {
			return b, fmt.Errorf("document %d has %d tokens, but nothing can be learnt from fewer than 2", i, len(d.IDs))
		}
		last := len(d.IDs) - 1
		b.sequences = append(b.sequences, d.IDs[:last])
		b.targets = append(b.targets, d.IDs[1:]...)
		b.weights = append(b.weights, d.Weights[1:]...)
	}
	if len(b.sequences) == 0 {
		return b, fmt.Errorf("there are no documents to learn from")
	}
	return b, nil
}

// check refuses targets that the model has no logit for; Forward looks at the
// other tokens.
func (b batch) check(vocab int) error {
	for _, id := range b.targets {
		if id < 0 || id >= vocab {
			return fmt.Errorf("token %d does not exist: the model has %d", id, vocab)
		}
	}
	return nil
}
