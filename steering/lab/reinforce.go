package lab

import (
	"context"
	"fmt"
	"math"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/model/train"
	"tiller/steering/lab/problem"
)

// Reinforcement says how the thinking model is made from the base model:
// REINFORCE (Williams 1992) with rewards that can be verified, normalised
// within the group of samples of one question (Shao et al. 2024, arXiv
// 2402.03300). A right answer earns 1, any other 0; nothing rewards length or
// form.
type Reinforcement struct {
	// Seed chooses the questions and the samples.
	Seed uint64 `json:"seed"`
	// Prompts is the number of questions of a step, Samples that of answers to
	// each, MaxTokens the longest answer.
	Prompts   int `json:"prompts"`
	Samples   int `json:"samples"`
	MaxTokens int `json:"max_tokens"`
	// Train is AdamW's; its Steps are the steps of the training.
	Train train.Options `json:"train"`
}

// DefaultReinforcement is how the shipped thinking model was trained.
func DefaultReinforcement(seed uint64) Reinforcement {
	return Reinforcement{
		Seed: seed, Prompts: 48, Samples: 8, MaxTokens: 110,
		Train: train.Options{LearningRate: 5e-4, Steps: 110, FinalRate: 1, Beta1: .9, Beta2: .95, Clip: 1},
	}
}

// A Reinforcer trains a model step by step. It belongs to one goroutine.
type Reinforcer struct {
	Model     *model.Model
	tokenizer *tokenizer.Tokenizer
	options   Reinforcement
	trainer   *train.Trainer
}

// NewReinforcer prepares a model, whose weights it will change.
func NewReinforcer(m *model.Model, t *tokenizer.Tokenizer, o Reinforcement) (*Reinforcer, error) {
	trainer, err := train.New(m, o.Train)
	if err != nil {
		return nil, err
	}
	return &Reinforcer{Model: m, tokenizer: t, options: o, trainer: trainer}, nil
}

// Done reports whether all steps have been taken.
func (r *Reinforcer) Done() bool { return r.trainer.Steps() >= r.options.Train.Steps }

// Step asks fresh questions, samples answers and learns from the difference
// between the right and the wrong ones.
func (r *Reinforcer) Step(ctx context.Context) (Progress, error) {
	step := r.trainer.Steps()
	// Each step has questions of its own, whichever steps came before.
	seed := r.options.Seed + uint64(step)*0x9e3779b97f4a7c15
	questions, err := problem.Generate(problem.Train, nil, r.options.Prompts, seed)
	if err != nil {
		return Progress{}, err
	}
	groups, err := r.sample(ctx, questions, seed)
	if err != nil {
		return Progress{}, err
	}
	var documents []train.Document
	tokens, right, answers := 0, 0, 0
	for _, g := range groups {
		for i, advantage := range g.advantages() {
			answers++
			if g.rewards[i] > 0 {
				right++
			}
			if advantage != 0 {
				documents = append(documents, g.document(i, advantage))
				tokens += len(g.answers[i])
			}
		}
	}
	progress := Progress{Stage: "thinking", Steps: r.options.Train.Steps, Loss: math.NaN(), Reward: float64(right) / float64(answers)}
	if len(documents) == 0 {
		// Every group is all right or all wrong; a step of zero size keeps the
		// count, so that the next one has other questions.
		documents = append(documents, groups[0].document(0, 0))
		tokens = 1
	}
	report, err := r.trainer.Step(ctx, documents, float32(tokens))
	progress.Step = report.Step
	return progress, err
}

// group is one question's answers.
type group struct {
	prompt  []int
	answers [][]int
	rewards []float64
}

// advantages are the rewards, less their mean, over their deviation; zeros
// where all are equal.
func (g group) advantages() []float32 {
	var mean, square float64
	for _, r := range g.rewards {
		mean += r / float64(len(g.rewards))
	}
	for _, r := range g.rewards {
		square += float64((r-mean)*(r-mean)) / float64(len(g.rewards))
	}
	out := make([]float32, len(g.rewards))
	if square == 0 {
		return out
	}
	for i, r := range g.rewards {
		out[i] = float32((r - mean) / math.Sqrt(square))
	}
	return out
}

// document is an answer whose every token is made likelier by its advantage.
func (g group) document(i int, advantage float32) train.Document {
	ids := append(append([]int{}, g.prompt...), g.answers[i]...)
	weights := make([]float32, len(ids))
	for j := len(g.prompt); j < len(ids); j++ {
		weights[j] = advantage
	}
	return train.Document{IDs: ids, Weights: weights}
}

// sample answers every question several times, all side by side.
func (r *Reinforcer) sample(ctx context.Context, questions []problem.Problem, seed uint64) ([]group, error) {
	var requests []generate.Request
	groups := make([]group, len(questions))
	for i, q := range questions {
		prompt, err := generate.RawPrompt(r.tokenizer, q.Question, tokenizer.EncodeOptions{})
		if err != nil {
			return nil, fmt.Errorf("question %q: %w", q.Question, err)
		}
		groups[i].prompt = prompt.IDs()
		for draw := range r.options.Samples {
			requests = append(requests, generate.Request{
				Prompt: prompt, MaxTokens: r.options.MaxTokens,
				Sampling: generate.Sampling{Temperature: 1, Seed: seed, Sample: q.ID, Draw: draw},
			})
		}
	}
	session, err := generate.NewSession(ctx, r.Model, r.tokenizer, requests, generate.Options{})
	if err != nil {
		return nil, err
	}
	for !session.Done() {
		if _, err := session.Next(ctx); err != nil {
			return nil, err
		}
	}
	for i := range requests {
		g := &groups[i/r.options.Samples]
		result := session.Result(i)
		reward := 0.0
		if answer, ok := problem.Answer(result.Text); ok && answer == questions[i/r.options.Samples].Answer {
			reward = 1
		}
		g.answers = append(g.answers, result.IDs)
		g.rewards = append(g.rewards, reward)
	}
	return groups, nil
}

// Save writes a checkpoint to path.
func (r *Reinforcer) Save(path string) error { return r.trainer.Save(path, nil) }

// Load goes on from the checkpoint at path.
func (r *Reinforcer) Load(path string) error {
	_, err := r.trainer.Load(path)
	return err
}
