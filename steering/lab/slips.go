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

// SlipFigures say what a model does after a step with a wrong result that was
// put into its mouth, and after the same step with the right one.
type SlipFigures struct {
	N int `json:"n"`
	// Noticed is how many wrong steps were followed by "wait", FalseAlarms how
	// many right ones.
	Noticed     int `json:"noticed"`
	FalseAlarms int `json:"false_alarms"`
	// RightAfterSlip and RightWithout are how many answers came out right.
	RightAfterSlip int `json:"right_after_slip"`
	RightWithout   int `json:"right_without"`
}

// Slips begins each problem's reasoning, up to a step chosen by the seed, once
// with a wrong result in that step and once without, and lets the model go on.
func Slips(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, problems []problem.Problem, seed uint64) (SlipFigures, error) {
	r := rand.New(rand.NewPCG(seed, 0x736c6970))
	figures := SlipFigures{N: len(problems)}
	for first := 0; first < len(problems); first += defaultBatch / 2 {
		some := problems[first:min(first+defaultBatch/2, len(problems))]
		var requests []generate.Request
		for _, p := range some {
			wrong, right := begin(p, r)
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
// wrong and with the right result.
func begin(p problem.Problem, r *rand.Rand) (wrong, right string) {
	steps := p.Steps()
	last := r.IntN(len(steps))
	words := []string{p.Question}
	for i, s := range steps[:last+1] {
		words = append(words, map[bool]string{true: "first", false: "then"}[i == 0])
		if s.State != "" {
			words = append(words, s.State)
		}
		words = append(words, s.Name, s.Arg, "gives")
		if i < last {
			words = append(words, s.Result, ".")
		}
	}
	text := strings.Join(words, " ")
	f, _ := problem.FamilyNamed(p.Family) // it has made the problem
	states := f.States()
	slip := states[r.IntN(len(states))]
	for slip == steps[last].Result {
		slip = states[r.IntN(len(states))]
	}
	return text + " " + slip + " .", text + " " + steps[last].Result + " ."
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
