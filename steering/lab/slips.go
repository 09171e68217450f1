package lab

import (
	"context"
	"math/rand/v2"
	"strings"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering/lab/problem"
)

// SlipKind is how a step goes wrong.
type SlipKind string

// The kinds of slip.
const (
	// Misread steps apply another argument than the question's, rightly.
	Misread SlipKind = "misread"
	// Miscalculated steps have another result than the right one.
	Miscalculated SlipKind = "miscalculated"
)

// SlipFigures say what a model does after a step gone wrong that was put into
// its mouth, and after the same step as it should be.
type SlipFigures struct {
	Kind SlipKind `json:"kind"`
	N    int      `json:"n"`
	// Noticed is how many slips were followed by "wait", FalseAlarms how many
	// steps without.
	Noticed     int `json:"noticed"`
	FalseAlarms int `json:"false_alarms"`
	// RightAfterSlip and RightWithout are how many answers came out right.
	RightAfterSlip int `json:"right_after_slip"`
	RightWithout   int `json:"right_without"`
}

// Slips begins each problem's reasoning, up to a step chosen by the seed, once
// with a slip of a kind in that step and once without, and lets the model go on.
func Slips(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, problems []problem.Problem, kind SlipKind, seed uint64) (SlipFigures, error) {
	r := rand.New(rand.NewPCG(seed, 0x736c6970))
	figures := SlipFigures{Kind: kind, N: len(problems)}
	for first := 0; first < len(problems); first += defaultBatch / 2 {
		some := problems[first:min(first+defaultBatch/2, len(problems))]
		var requests []generate.Request
		for _, p := range some {
			wrong, right := begin(p, kind, r)
			for _, text := range []string{wrong, right} {
				prompt, err := generate.RawPrompt(t, text, tokenizer.EncodeOptions{})
				if err != nil {
					return figures, err
				}
				requests = append(requests, generate.Request{Prompt: prompt, MaxTokens: MaxTokens})
			}
		}
		s, err := run(ctx, m, t, requests, nil)
		if err != nil {
			return figures, err
		}
		for i, p := range some {
			waits, right := judge(s.Result(2*i), p)
			figures.Noticed += waits
			figures.RightAfterSlip += right
			waits, right = judge(s.Result(2*i+1), p)
			figures.FalseAlarms += waits
			figures.RightWithout += right
		}
	}
	return figures, nil
}

// begin writes a problem and its reasoning up to and including a step, with a
// slip and without.
func begin(p problem.Problem, kind SlipKind, r *rand.Rand) (wrong, right string) {
	steps := p.Steps()
	last := r.IntN(len(steps))
	words := []string{p.Question}
	for i, s := range steps[:last] {
		words = append(words, stepWords(i, s)...)
	}
	text := strings.Join(words, " ")
	return text + " " + strings.Join(stepWords(last, slip(p, steps[last], kind, r)), " "),
		text + " " + strings.Join(stepWords(last, steps[last]), " ")
}

// slip changes a step's result, and if it is misread its argument.
func slip(p problem.Problem, right problem.Step, kind SlipKind, r *rand.Rand) problem.Step {
	f, err := problem.FamilyNamed(p.Family)
	if err != nil {
		return right // no family has made such a problem
	}
	states, args := f.States(), f.Args()
	wrong := right
	// Where nothing can be misread into another result, as after a 9 in the
	// family max, the argument alone is wrong in the end.
	for range maxSlips {
		if kind == Misread {
			wrong.Arg = args[r.IntN(len(args))]
			wrong.Result, _ = f.Apply(right.State, wrong.Arg)
		} else {
			wrong.Result = states[r.IntN(len(states))]
		}
		if wrong.Result != right.Result {
			break
		}
	}
	return wrong
}

// maxSlips bounds how often a slip is drawn until it changes a step's result.
const maxSlips = 100

// stepWords are the sentence of step i of an answer.
func stepWords(i int, s problem.Step) []string {
	words := []string{"then"}
	if i == 0 {
		words[0] = "first"
	}
	if s.State != "" {
		words = append(words, s.State)
	}
	return append(words, s.Name, s.Arg, "gives", s.Result, ".")
}

// judge says whether an answer begins with "wait" and is right, as 0 or 1.
func judge(r generate.Result, p problem.Problem) (waits, right int) {
	text := strings.TrimSpace(r.Text)
	if strings.HasPrefix(text, "wait ") {
		waits = 1
	}
	if word, ok := problem.Answer(text); ok && word == p.Answer {
		right = 1
	}
	return waits, right
}
