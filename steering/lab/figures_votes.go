package lab

import (
	"context"
	"fmt"
	"strings"

	"tiller/model/generate"
	"tiller/steering/lab/problem"
)

// votes lets the base model answer each problem so many times, drawn at
// temperature 1, and takes the most frequent answer, the earliest of equals
// (self-consistency: Wang et al. 2022, arXiv 2203.11171). It is what the base
// model makes of as many tokens as a reasoned answer takes without reasoning.
// Tokens are those of all its answers; an outcome counts as reasoned if most
// of them are.
func (f *figurer) votes(ctx context.Context, problems []problem.Problem, each int) (Outcome, error) {
	n := len(problems)
	u := Outcome{Right: make([]bool, n), Answered: make([]bool, n), Stops: map[generate.Stop]int{}}
	g := measurement{tokenizer: f.tokenizer, prompts: map[string]generate.Prompt{}}
	together := max(1, defaultBatch/each)
	for first := 0; first < n; first += together {
		some := problems[first:min(first+together, n)]
		clear(g.prompts)
		var requests []generate.Request
		for _, p := range some {
			prompt, err := g.prompt(p, f.base)
			if err != nil {
				return u, err
			}
			for draw := range each {
				requests = append(requests, generate.Request{Name: laneVotes, Prompt: prompt, MaxTokens: MaxTokens, Sampling: generate.Sampling{
					Temperature: 1, Seed: f.options.Seed, Sample: p.ID, Draw: draw,
				}})
			}
		}
		s, err := run(ctx, f.base.Model, f.tokenizer, requests, nil)
		if err != nil {
			return u, fmt.Errorf("the figures' votes: %w", err)
		}
		for i, p := range some {
			var answers []generate.Result
			for draw := range each {
				answers = append(answers, s.Result(i*each+draw))
			}
			u.vote(answers, first+i, p.Answer)
		}
		f.report("votes", first+len(some), n)
	}
	return u, nil
}

// vote counts the answers to the problem numbered at.
func (o *Outcome) vote(answers []generate.Result, at int, right string) {
	votes := map[string]int{}
	most, reasons := 0, 0
	for _, r := range answers {
		o.Tokens += len(r.IDs)
		o.Stops[r.Stop]++
		if reasoned(strings.TrimSpace(r.Text)) {
			reasons++
		}
		if word, ok := problem.Answer(r.Text); ok {
			votes[word]++
			most = max(most, votes[word])
		}
	}
	if 2*reasons > len(answers) {
		o.Reasoned++
	}
	o.Answered[at] = most > 0
	for _, r := range answers { // the earliest of the most frequent decides
		if word, ok := problem.Answer(r.Text); ok && votes[word] == most {
			o.Right[at] = word == right
			return
		}
	}
}
