package eval

import (
	"context"
	"fmt"

	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering/grade"
)

// likelihoods is the task, or tasks, of a sample that is graded by the
// log-probabilities of given answers: each is forced as if it had been
// generated, so that a plan steers it just as it steers what a model writes.
func (x *session) likelihoods(ctx context.Context, a ask, l *lane, s *Sample, prompt generate.Prompt, st generate.Steering) ([]task, error) {
	answers := a.item.Choices
	needs := grade.NeedsOf(a.set.Grader)
	if needs == grade.NeedsTarget {
		answers = []string{a.item.Target}
	}
	if len(answers) == 0 {
		return nil, x.refuse(ctx, s, a, fmt.Errorf("the problem has no choices to compare"))
	}
	c := &comparison{session: x, ask: a, sample: s, left: len(answers), logprobs: make([][]float64, len(answers))}
	tasks := make([]task, len(answers))
	for i, answer := range answers {
		forced, err := continuation(x.model.Tokenizer, prompt, answer)
		if err == nil {
			err = x.model.tooLong(len(prompt.Tokens) + len(forced))
		}
		if err != nil {
			return nil, x.refuse(ctx, s, a, err)
		}
		if needs == grade.NeedsPair {
			forced = forced[:1] // the first token decides
		}
		tasks[i] = task{
			request: x.request(s, prompt, st, forced, len(forced)),
			ended: func(r generate.Result, e generate.Editor, tokens []written) error {
				c.logprobs[i] = r.LogProbs
				if i == 0 { // edits are those of the first answer: each has its own
					x.edited(s, e, len(prompt.Tokens), len(r.IDs))
					s.Tokens, s.Steered = len(r.IDs), steeredTokens(r)
				}
				if c.left--; c.left > 0 {
					return nil
				}
				return c.finish(ctx)
			},
			failed: func(err error) error {
				if c.left < 0 {
					return nil // another choice failed before
				}
				c.left = -1
				return x.refuse(ctx, s, a, err)
			},
		}
	}
	return tasks, nil
}

// continuation is the tokens of an answer after a prompt: what tokenizing both
// together adds, as in lm-evaluation-harness.
func continuation(t *tokenizer.Tokenizer, prompt generate.Prompt, answer string) ([]int, error) {
	text := answer
	if n := len(prompt.Text); n > 0 && prompt.Text[n-1] != ' ' && prompt.Text[n-1] != '\n' && answer != "" && answer[0] != ' ' {
		text = " " + answer
	}
	whole, err := generate.RawPrompt(t, prompt.Text+text, tokenizer.EncodeOptions{})
	if err != nil {
		return nil, err
	}
	ids, before := whole.IDs(), prompt.IDs()
	if len(ids) <= len(before) {
		return nil, fmt.Errorf("the answer %q adds no token to the prompt", answer)
	}
	return ids[len(before):], nil
}

func steeredTokens(r generate.Result) int {
	n := 0
	for _, steered := range r.Steered {
		if steered {
			n++
		}
	}
	return n
}

// A comparison collects the likelihoods of a sample's answers.
type comparison struct {
	*session
	ask      ask
	sample   *Sample
	left     int // answers to come; -1 once one failed
	logprobs [][]float64
}

func (c *comparison) finish(ctx context.Context) error {
	s := c.sample
	for _, logprobs := range c.logprobs {
		sum := 0.0
		for _, p := range logprobs {
			sum += p
		}
		s.Choices = append(s.Choices, sum)
	}
	s.Stop = generate.StopLength
	if grade.NeedsOf(c.ask.set.Grader) == grade.NeedsTarget {
		s.LogProb = s.Choices[0]
		return c.session.finish(ctx, c.ask, s, c.logprobs[0])
	}
	return c.session.finish(ctx, c.ask, s, s.Choices)
}
