package lab

import (
	"context"
	"slices"
	"strings"

	"tiller/model"
	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
)

// words lets the base model answer with its first word given, and without the
// word that a hasty answer begins with: after a full stop it takes the likeliest
// word but "the". Nothing is added to the residual stream. It is what the
// choice of these words alone brings, to be held against steering.
func (f *figurer) words(ctx context.Context, problems []problem.Problem) (Outcome, error) {
	n := len(problems)
	u := Outcome{Right: make([]bool, n), Answered: make([]bool, n), Stops: map[generate.Stop]int{}}
	g := measurement{tokenizer: f.tokenizer, prompts: map[string]generate.Prompt{}}
	for first := 0; first < n; first += defaultBatch {
		some := problems[first:min(first+defaultBatch, n)]
		clear(g.prompts)
		answers := make([]worded, len(some))
		for i, p := range some {
			prompt, err := g.prompt(p, f.like(laneWords, "", wordFirst))
			if err != nil {
				return u, err
			}
			answers[i] = worded{lane: f.base.Model.NewLane(), next: prompt.IDs(), prompt: len(prompt.Tokens)}
		}
		if err := f.goOn(ctx, answers); err != nil {
			return u, err
		}
		for i, a := range answers {
			u.Tokens += len(a.ids)
			u.Stops[a.stop]++
			u.Reasoned++
			word, ok := problem.Answer(wordFirst + " " + strings.TrimSpace(f.tokenizer.Decode(a.ids, true)))
			u.Answered[first+i], u.Right[first+i] = ok, ok && word == some[i].Answer
		}
		f.report("words", first+len(some), n)
	}
	return u, nil
}

// wordFirst is the word that answers are made to begin with.
const wordFirst = "first"

// worded is an answer under way.
type worded struct {
	lane   *model.Lane
	next   []int // to be computed
	prompt int   // tokens of the prompt, the first word included
	ids    []int // generated
	stop   generate.Stop
}

// goOn generates to the ends of all answers, side by side.
func (f *figurer) goOn(ctx context.Context, answers []worded) error {
	ids := corpus.Vocabulary()
	fullStop, the, eos := ids["."], ids["the"], ids[corpus.EOS]
	for {
		var inputs []model.Input
		var open []*worded
		for i := range answers {
			if a := &answers[i]; a.stop == "" {
				inputs = append(inputs, model.Input{Lane: a.lane, Tokens: a.next, Prompt: a.prompt})
				open = append(open, a)
			}
		}
		if len(open) == 0 {
			return nil
		}
		logits, err := f.base.Model.Step(ctx, inputs, model.StepOptions{})
		if err != nil {
			return err
		}
		for i, a := range open {
			scores := slices.Clone(logits[i])
			if len(a.ids) > 0 && a.ids[len(a.ids)-1] == fullStop {
				scores[the] = slices.Min(scores)
			}
			id := slices.Index(scores, slices.Max(scores))
			a.ids, a.next = append(a.ids, id), []int{id}
			switch {
			case id == eos:
				a.stop = generate.StopEOS
			case len(a.ids) == MaxTokens:
				a.stop = generate.StopLength
			}
		}
	}
}

// ablated are the lanes from which what lies along the plan's vectors is taken
// out, at every layer that they have and every token but special ones.
func (f *figurer) ablated() (base, thinking Lane, plan steering.Plan, err error) {
	var terms []string
	for _, name := range f.plan.Names() {
		terms = append(terms, "ablate:"+name+"@all[content]")
	}
	if plan, err = steering.Parse(strings.Join(terms, ",")); err != nil {
		return base, thinking, plan, err
	}
	if base, err = f.lane(laneBaseAblated, plan); err != nil {
		return base, thinking, plan, err
	}
	s := f.subject()
	s.Model = f.thinking.Model
	thinking, err = s.lane(plan, f.vectors)
	thinking.Name = laneThinkingAblated
	return base, thinking, plan, err
}
