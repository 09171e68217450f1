package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/lab/problem"
)

// A SentenceType is a kind of sentence of an answer, named by its first word.
type SentenceType string

// The types that vectors are made for. All come at a place where the base
// model, left alone, mostly takes the next step or concludes.
const (
	TypeWait     SentenceType = "wait"  // repair the step before, which went wrong
	TypeCheck    SentenceType = "check" // take the last step again
	TypeConclude SentenceType = "so"    // conclude, though there are steps left
	TypeAnswer   SentenceType = "the"   // leave the reasoning for a direct answer
)

// SentenceTypes are all types that vectors are made for.
func SentenceTypes() []SentenceType {
	return []SentenceType{TypeWait, TypeCheck, TypeConclude, TypeAnswer}
}

// TypeSearch says how type vectors are made and measured.
type TypeSearch struct {
	// Examples is how many sentences a vector is trained on, Test on how many
	// problems it is measured.
	Examples int `json:"examples"`
	Test     int `json:"test"`
	// Steps, Batch and Rate are those of training, see [derive.TrainOptions].
	Steps int     `json:"steps"`
	Batch int     `json:"batch"`
	Rate  float64 `json:"rate"`
	Seed  uint64  `json:"seed"`
}

// DefaultTypeSearch is how the shipped figures came to be.
func DefaultTypeSearch() TypeSearch {
	return TypeSearch{
		Examples: 160, Test: 300, Steps: 60, Batch: 16, Rate: .03, Seed: 1,
	}
}

// TypeFigure is what one edit, at the full stop before, makes of the next
// sentence.
type TypeFigure struct {
	Type SentenceType `json:"type"`
	// Layer is that of the edit; nil where there is none.
	Layer *int `json:"layer"`
	N     int  `json:"n"`
	// OfType counts sentences that begin with the type's word, Right those that
	// are, word by word, the one that should stand there, RightAnswers problems
	// that came out right in the end.
	OfType       int `json:"of_type"`
	Right        int `json:"right"`
	RightAnswers int `json:"right_answers"`
}

// boundary is a text that ends with a full stop, and the sentence of a type
// that should follow.
type boundary struct {
	text, next string
	answer     string
}

// boundaryOf begins a problem's answer and ends it where a sentence of a type
// has its place.
func boundaryOf(p problem.Problem, kind SentenceType, r *rand.Rand) boundary {
	steps := p.Steps()
	n := r.IntN(len(steps)-1) + 1 // steps before the sentence, at least one of which is left
	if kind == TypeCheck {
		n = len(steps)
	}
	words := []string{p.Question}
	for i, s := range steps[:n-1] {
		words = append(words, stepWords(i, s)...)
	}
	last := steps[n-1]
	said := last
	if kind == TypeWait {
		said = slip(p, last, []SlipKind{Misread, Miscalculated}[r.IntN(2)], r)
	}
	words = append(words, stepWords(n-1, said)...)
	next := stepWords(n-1, last)
	switch kind {
	case TypeConclude:
		next = []string{"so", "the", "answer", "is", last.Result, "."}
	case TypeAnswer:
		next = []string{"the", "answer", "is", p.Answer, "."}
	default:
		next[0] = string(kind)
	}
	return boundary{strings.Join(words, " "), strings.Join(next, " "), p.Answer}
}

func boundaries(problems []problem.Problem, kind SentenceType, seed uint64) []boundary {
	r := rand.New(rand.NewPCG(seed, 0x74797065))
	out := make([]boundary, len(problems))
	for i, p := range problems {
		out[i] = boundaryOf(p, kind, r)
	}
	return out
}

// MeasureTypes trains a vector for each type and layer, and counts what a single
// edit with it makes of the next sentence, beside no edit.
func MeasureTypes(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, test []problem.Problem, o TypeSearch) ([]TypeFigure, error) {
	if len(test) < o.Test {
		return nil, fmt.Errorf("%d problems are too few to measure %d sentences", len(test), o.Test)
	}
	questions, err := trainQuestions(o.Examples, o.Seed)
	if err != nil {
		return nil, err
	}
	var figures []TypeFigure
	for _, kind := range SentenceTypes() {
		w := typeWork{ctx: ctx, model: m, tokenizer: t, options: o, kind: kind,
			examples: boundaries(questions, kind, o.Seed), test: boundaries(test[:o.Test], kind, o.Seed+1)}
		more, err := w.figures()
		if err != nil {
			return nil, fmt.Errorf("sentences with %q: %w", kind, err)
		}
		figures = append(figures, more...)
	}
	return figures, nil
}

// typeWork is what is made and measured for one type.
type typeWork struct {
	ctx            context.Context
	model          *model.Model
	tokenizer      *tokenizer.Tokenizer
	options        TypeSearch
	kind           SentenceType
	examples, test []boundary
}

func (w *typeWork) figures() ([]TypeFigure, error) {
	alone, err := w.measure(nil)
	if err != nil {
		return nil, err
	}
	figures := []TypeFigure{alone}
	for layer := range w.model.Config().Layers {
		lane, err := w.train(layer)
		if err != nil {
			return nil, err
		}
		trained, err := w.measure(lane.Steering)
		if err != nil {
			return nil, err
		}
		trained.Layer = &layer
		figures = append(figures, trained)
	}
	return figures, nil
}

// train trains a direction at one layer, and returns the lane of its plan.
func (w *typeWork) train(layer int) (Lane, error) {
	traces := make([]Trace, len(w.examples))
	for i, b := range w.examples {
		traces[i] = Trace{b.text, b.next}
	}
	examples, err := examplesOf(w.tokenizer, traces)
	if err != nil {
		return Lane{}, err
	}
	for i := range examples { // the text goes on after the sentence
		examples[i].Target = examples[i].Target[:len(examples[i].Target)-1]
	}
	text := fmt.Sprintf("%s*1@%d[last]", typeVector, layer)
	plan, err := steering.Parse(text)
	if err != nil {
		return Lane{}, err
	}
	result, err := derive.Train(w.ctx, w.model, w.tokenizer, examples, plan,
		derive.TrainOptions{Steps: w.options.Steps, Batch: w.options.Batch, Rate: w.options.Rate, Seed: w.options.Seed})
	if err != nil {
		return Lane{}, fmt.Errorf("layer %d: %w", layer, err)
	}
	return PlanLane(w.model, w.tokenizer, []*steering.Vector{result.Vector}, text)
}

// typeVector is what plans call a type's vector.
const typeVector = "type"

// measure lets the model go on from the test problems' boundaries.
func (w *typeWork) measure(edits generate.Steering) (TypeFigure, error) {
	figure := TypeFigure{Type: w.kind, N: len(w.test)}
	for first := 0; first < len(w.test); first += defaultBatch {
		some := w.test[first:min(first+defaultBatch, len(w.test))]
		requests := make([]generate.Request, len(some))
		for i, b := range some {
			prompt, err := generate.RawPrompt(w.tokenizer, b.text, tokenizer.EncodeOptions{})
			if err != nil {
				return figure, err
			}
			requests[i] = generate.Request{Prompt: prompt, Steering: edits, MaxTokens: MaxTokens}
		}
		s, err := run(w.ctx, w.model, w.tokenizer, requests, nil)
		if err != nil {
			return figure, err
		}
		for i, b := range some {
			figure.count(strings.TrimSpace(s.Result(i).Text), b)
		}
	}
	return figure, nil
}

// count adds what followed a boundary.
func (f *TypeFigure) count(text string, b boundary) {
	if strings.HasPrefix(text, string(f.Type)+" ") {
		f.OfType++
	}
	if strings.HasPrefix(text+" ", b.next+" ") {
		f.Right++
	}
	if word, ok := problem.Answer(text); ok && word == b.answer {
		f.RightAnswers++
	}
}
