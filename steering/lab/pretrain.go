package lab

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"tiller/model"
	"tiller/model/train"
	"tiller/steering/lab/corpus"
)

// Network is the size of a model, whose heads share its width.
type Network struct {
	Layers      int     `json:"layers"`
	DModel      int     `json:"d_model"`
	Heads       int     `json:"heads"`
	FeedForward int     `json:"feed_forward"`
	Context     int     `json:"context"`
	RopeTheta   float64 `json:"rope_theta"`
}

// DefaultNetwork is that of the shipped models.
func DefaultNetwork() Network {
	return Network{Layers: 4, DModel: 96, Heads: 4, FeedForward: 256, Context: 256, RopeTheta: 1000}
}

// check reports heads that don't share the width evenly; the rest is checked
// where a model is made.
func (n Network) check() error {
	if n.Heads < 1 || n.DModel%n.Heads != 0 {
		return fmt.Errorf("a width of %d can't be shared by %d heads", n.DModel, n.Heads)
	}
	return nil
}

// config is the network as a Llama over the corpus's words.
func (n Network) config() model.Config {
	return model.Config{
		Architecture: "llama", Layers: n.Layers, DModel: n.DModel, Heads: n.Heads, KVHeads: n.Heads,
		HeadDim: n.DModel / n.Heads, FFN: n.FeedForward, Context: n.Context,
		Vocab: len(corpus.Vocabulary()), NormEpsilon: 1e-5, Tied: true, Rope: model.Rope{Theta: n.RopeTheta},
	}
}

// Shape is the network of the embedded models.
func Shape() model.Config { return DefaultNetwork().config() }

// Pretraining says how the base model is trained.
type Pretraining struct {
	// Seed chooses the first weights and the documents.
	Seed    uint64  `json:"seed"`
	Network Network `json:"network"`
	// TokensPerStep is how many tokens each step learns from, at least.
	TokensPerStep int           `json:"tokens_per_step"`
	Mix           corpus.Mix    `json:"mix"`
	Train         train.Options `json:"train"`
}

// DefaultPretraining is how the shipped base model was trained.
func DefaultPretraining(seed uint64) Pretraining {
	return Pretraining{
		Seed:          seed,
		Network:       DefaultNetwork(),
		TokensPerStep: 2080,
		Mix:           corpus.Default(),
		Train: train.Options{
			LearningRate: 3e-3, Warmup: 100, Steps: 3200, FinalRate: .05,
			Beta1: .9, Beta2: .98, WeightDecay: .05, Clip: 1,
		},
	}
}

// Progress is how far a training is.
type Progress struct {
	Stage string
	// Part names what of a stage is at work, where that helps.
	Part string
	// Step of Steps has been done.
	Step, Steps int
	// Loss is per token when pre-training; NaN where there is none.
	Loss float64
	// Reward is the share of sampled answers that were right; NaN where
	// nothing is sampled.
	Reward float64
	// Score is the share of tune problems that were answered right when last
	// asked; NaN where there is none. Trainers leave it alone.
	Score float64
	// Done says that the stage has ended, and Kept that an earlier build had
	// brought it to its end.
	Done, Kept bool
}

// A Pretrainer trains a base model step by step. It belongs to one goroutine.
type Pretrainer struct {
	Model    *model.Model
	options  Pretraining
	trainer  *train.Trainer
	document uint64 // the next one of the corpus
}

// NewPretrainer makes a model with random weights: normal, of deviation .05
// for the embedding and 1/sqrt(inputs) for matrices, less where blocks write
// to the residual stream, as many times as they do (Radford et al. 2019).
func NewPretrainer(ctx context.Context, o Pretraining, options model.Options) (*Pretrainer, error) {
	if err := o.Network.check(); err != nil {
		return nil, err
	}
	shape := o.Network.config()
	r := rand.New(rand.NewPCG(o.Seed, 0))
	m, err := model.New(ctx, shape, func(name string, s []int) []float32 { return firstWeights(r, name, s, shape.Layers) }, options)
	if err != nil {
		return nil, err
	}
	trainer, err := train.New(m, o.Train)
	if err != nil {
		m.Close()
		return nil, err
	}
	return &Pretrainer{Model: m, options: o, trainer: trainer}, nil
}

func firstWeights(r *rand.Rand, name string, shape []int, layers int) []float32 {
	if len(shape) == 1 { // a norm's gain
		w := make([]float32, shape[0])
		for i := range w {
			w[i] = 1
		}
		return w
	}
	deviation := 1 / math.Sqrt(float64(shape[1]))
	switch {
	case strings.Contains(name, "embed_tokens"):
		deviation = .05
	case strings.Contains(name, "o_proj") || strings.Contains(name, "down_proj"):
		deviation /= math.Sqrt(float64(2 * layers))
	}
	w := make([]float32, shape[0]*shape[1])
	for i := range w {
		w[i] = float32(deviation * r.NormFloat64())
	}
	return w
}

// Done reports whether all steps have been taken.
func (p *Pretrainer) Done() bool { return p.trainer.Steps() >= p.options.Train.Steps }

// Step learns from the next documents of the corpus.
func (p *Pretrainer) Step(ctx context.Context) (Progress, error) {
	var documents []train.Document
	var weight float32
	for tokens := 0; tokens < p.options.TokensPerStep; {
		d := corpus.At(p.options.Mix, p.options.Seed, p.document)
		p.document++
		ids, err := corpus.Encode(d.Words)
		if err != nil {
			return Progress{}, fmt.Errorf("document %d of the corpus: %w", p.document-1, err)
		}
		documents = append(documents, train.Document{IDs: ids, Weights: d.Weights})
		tokens += len(ids)
		for _, w := range d.Weights[1:] {
			weight += w
		}
	}
	report, err := p.trainer.Step(ctx, documents, weight)
	if err != nil {
		return Progress{}, err
	}
	return Progress{Stage: "base", Step: report.Step, Steps: p.options.Train.Steps, Loss: report.Loss, Reward: math.NaN()}, nil
}

// keyDocument is where a checkpoint says which document comes next.
const keyDocument = "tiller.document"

// Save writes a checkpoint to path.
func (p *Pretrainer) Save(path string) error {
	return p.trainer.Save(path, map[string]string{keyDocument: strconv.FormatUint(p.document, 10)})
}

// Load goes on from the checkpoint at path.
func (p *Pretrainer) Load(path string) error {
	metadata, err := p.trainer.Load(path)
	if err != nil {
		return err
	}
	p.document, err = strconv.ParseUint(metadata[keyDocument], 10, 64)
	if err != nil {
		return fmt.Errorf("%s is no checkpoint of a base model: its %s is %q", path, keyDocument, metadata[keyDocument])
	}
	return nil
}
