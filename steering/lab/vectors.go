package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
)

// The vectors that the lab makes.
const (
	// VectorDecide is the mean difference that a lesson's header makes, against
	// a quiz's, at the question mark: where the model decides how to answer.
	VectorDecide = "decide"
	// VectorPersist is the mean difference that a lesson's header makes,
	// against none, at the ends of the same reasoning sentences: where the
	// model decides whether to go on.
	VectorPersist = "persist"
	// VectorThinking is the thinking model's mean activation minus the base
	// model's, at the question mark.
	VectorThinking = "thinking"
	// VectorBegin is trained by gradient through the frozen base model so that
	// it writes the thinking model's answers, with an edit at the question mark
	// alone; VectorReason likewise, with edits at the sentence ends as well.
	// Each layer's direction is trained by itself.
	VectorBegin  = "begin"
	VectorReason = "reason"
)

// Extraction says how vectors are made.
type Extraction struct {
	// Seed chooses the questions, all of the train split.
	Seed uint64 `json:"seed"`
	// Questions is how many there are.
	Questions int `json:"questions"`
	// Targets is how many answers vectors are trained on, a quarter of which is
	// held out, TrainSteps for how long, TrainBatch with how many at a time, and
	// TrainRate Adam's rate, see [derive.TrainOptions].
	Targets    int     `json:"targets"`
	TrainSteps int     `json:"train_steps"`
	TrainBatch int     `json:"train_batch"`
	TrainRate  float64 `json:"train_rate"`
}

// DefaultExtraction is how the shipped vectors were made.
func DefaultExtraction(seed uint64) Extraction {
	return Extraction{Seed: seed, Questions: 600, Targets: 160, TrainSteps: 80, TrainBatch: 16, TrainRate: .03}
}

// stepEnd selects the full stops of steps; those of a question's facts are
// left out.
const stepEnd = `match:/gives [^ ]+ \./`

// Vectors makes the lab's vectors, each with a direction at every block.
func Vectors(ctx context.Context, base, thinking *model.Model, t *tokenizer.Tokenizer, o Extraction) ([]*derive.Result, error) {
	questions, err := trainQuestions(o.Questions, o.Seed)
	if err != nil {
		return nil, err
	}
	traces, err := Traces(ctx, thinking, t, questions)
	if err != nil {
		return nil, err
	}
	var results []*derive.Result
	add := func(name, where string, texts [][2]string, f func([]derive.Pair, derive.Options) (*derive.Result, error)) error {
		pairs, err := promptPairs(t, texts)
		if err != nil {
			return err
		}
		// The selector's grammar is the plans'.
		term, err := steering.Parse("v[" + where + "]")
		if err != nil {
			return err
		}
		hash := sha256.New()
		for _, text := range texts {
			fmt.Fprintf(hash, "%s\n%s\n", text[0], text[1])
		}
		result, err := f(pairs, derive.Options{
			Name: name, Where: term.Terms[0].Select, Seed: o.Seed, DataHash: "sha256:" + hex.EncodeToString(hash.Sum(nil)),
		})
		if err != nil {
			return fmt.Errorf("the vector %s: %w", name, err)
		}
		results = append(results, result)
		return nil
	}
	mean := func(pairs []derive.Pair, o derive.Options) (*derive.Result, error) {
		return derive.Mean(ctx, base, t, pairs, o)
	}
	var headers, reasoned, same [][2]string
	for _, q := range questions {
		headers = append(headers, [2]string{corpus.LessonHeader + " " + q.Question, corpus.QuickHeader + " " + q.Question})
		same = append(same, [2]string{q.Question, q.Question})
	}
	for _, trace := range traces {
		reasoned = append(reasoned, [2]string{corpus.LessonHeader + " " + trace.Text(), trace.Text()})
	}
	if err := add(VectorDecide, "last", headers, mean); err != nil {
		return nil, err
	}
	if err := add(VectorPersist, stepEnd, reasoned, mean); err != nil {
		return nil, err
	}
	err = add(VectorThinking, "last", same, func(pairs []derive.Pair, o derive.Options) (*derive.Result, error) {
		return derive.Models(ctx, base, thinking, t, pairs, o)
	})
	if err != nil {
		return nil, err
	}
	for _, v := range []struct{ name, where string }{{VectorBegin, "last"}, {VectorReason, "sentence"}} {
		result, err := trainVector(ctx, base, t, v.name, v.where, traces, o)
		if err != nil {
			return nil, fmt.Errorf("the vector %s: %w", v.name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

// trainVector trains a direction for each layer and joins them to one vector.
func trainVector(ctx context.Context, base *model.Model, t *tokenizer.Tokenizer, name, where string, traces []Trace, o Extraction) (*derive.Result, error) {
	traces = traces[:min(len(traces), o.Targets)]
	examples, err := examplesOf(t, traces)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	for _, trace := range traces {
		fmt.Fprintln(hash, trace.Text())
	}
	options := derive.TrainOptions{
		Steps: o.TrainSteps, Batch: o.TrainBatch, Rate: o.TrainRate, Seed: o.Seed, DataHash: "sha256:" + hex.EncodeToString(hash.Sum(nil)),
	}
	var all *derive.Result
	for layer := range base.Config().Layers {
		plan, err := steering.Parse(fmt.Sprintf("%s*1@%d[%s]", name, layer, where))
		if err != nil {
			return nil, err
		}
		one, err := derive.Train(ctx, base, t, examples, plan, options)
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", layer, err)
		}
		if all == nil {
			all = one
			continue
		}
		all.Vector.Directions[layer] = one.Vector.Directions[layer]
		all.Layers = append(all.Layers, one.Layers...)
	}
	// That of the first layer's training stands there.
	all.Vector.Meta["plan"] = fmt.Sprintf("%s@L[%s], each layer L by itself", name, where)
	return all, nil
}

// examplesOf turns traces into prompts and what is to follow them, the end of
// the text included.
func examplesOf(t *tokenizer.Tokenizer, traces []Trace) ([]derive.Example, error) {
	examples := make([]derive.Example, len(traces))
	for i, trace := range traces {
		question, err := generate.RawPrompt(t, trace.Question, tokenizer.EncodeOptions{})
		if err != nil {
			return nil, err
		}
		both, err := generate.RawPrompt(t, trace.Text()+" "+corpus.EOS, tokenizer.EncodeOptions{ParseSpecial: true})
		if err != nil {
			return nil, err
		}
		examples[i] = derive.Example{Prompt: question, Target: both.Tokens[len(question.Tokens):]}
	}
	return examples, nil
}

// trainQuestions draws questions of the train split that are as long as those
// of the tune and test splits.
func trainQuestions(n int, seed uint64) ([]problem.Problem, error) {
	least, _ := problem.Test.Sizes()
	source := problem.NewSource(problem.Train, nil, seed)
	var questions []problem.Problem
	for len(questions) < n {
		p, err := source.Next()
		if err != nil {
			return nil, err
		}
		if p.Size >= least {
			questions = append(questions, p)
		}
	}
	return questions, nil
}

// promptPairs turns texts, positive and negative, into prompts.
func promptPairs(t *tokenizer.Tokenizer, texts [][2]string) ([]derive.Pair, error) {
	pairs := make([]derive.Pair, len(texts))
	for i, text := range texts {
		var prompts [2]generate.Prompt
		for j := range text {
			var err error
			if prompts[j], err = generate.RawPrompt(t, text[j], tokenizer.EncodeOptions{}); err != nil {
				return nil, err
			}
		}
		pairs[i] = derive.Pair{Positive: prompts[0], Negative: prompts[1]}
	}
	return pairs, nil
}

// Trace is a question and an answer that reasons its way to the right result.
type Trace struct{ Question, Answer string }

// Text is the question and the answer.
func (t Trace) Text() string { return t.Question + " " + t.Answer }

// Traces lets a model answer, greedily, and returns those answers that reason
// and are right.
func Traces(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, questions []problem.Problem) ([]Trace, error) {
	outcomes, err := Measure(ctx, t, questions, []Lane{{Name: "traces", Model: m}}, MeasureOptions{KeepTexts: true})
	if err != nil {
		return nil, err
	}
	var traces []Trace
	for i, q := range questions {
		if text := outcomes[0].Texts[i]; outcomes[0].Right[i] && !strings.HasPrefix(text, "the ") {
			traces = append(traces, Trace{q.Question, text})
		}
	}
	if len(traces) == 0 {
		return nil, fmt.Errorf("none of %d answers reasons and is right, so there is nothing to learn reasoning from", len(questions))
	}
	return traces, nil
}
