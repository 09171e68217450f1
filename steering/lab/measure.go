package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/lab/problem"
)

// A Lane is one way to answer a problem.
type Lane struct {
	Name  string
	Model *model.Model
	// Header stands before the question, as "slow lesson :"; empty for none.
	Header string
	// Steering is what is done to the model; nil for nothing.
	Steering generate.Steering
	// Prefill are words that the answer is made to begin with. They are part of
	// the lane's prompt: "last" in a plan is the last of them.
	Prefill string
	// NeverAfter are pairs of tokens of which the second is never taken right
	// after the first.
	NeverAfter [][2]int
	// MaxTokens is the most tokens of an answer; 0 is [MaxTokens].
	MaxTokens int
}

// MaxTokens is how long answers may be unless a lane says otherwise: a third
// more than the longest that the hard split's problems need.
const MaxTokens = 160

// StopBroken is why a lane ended whose edits made the logits no numbers.
const StopBroken generate.Stop = "broken"

// Outcome is what became of one lane, over all problems. Counts are sums.
type Outcome struct {
	// Right says of each problem whether the word after the last "answer is"
	// was its answer, and Answered whether there was such a word.
	Right, Answered []bool
	// Tokens is how many tokens were generated, Steered how many of them came
	// from an edited position.
	Steered, Tokens int
	// PromptEdits counts edited prompt positions before the last, RowEdits
	// pairs of position and layer.
	PromptEdits, RowEdits int
	// Reasoned counts answers whose first word is not "the": those that say
	// more than the answer.
	Reasoned int
	Stops    map[generate.Stop]int
	// Texts are the answers, prefill included; nil unless asked for.
	Texts []string

	// Fired says how often each term of the lane's plan fired; nil for lanes
	// without a plan.
	Fired []TermFired
	// PromptPositions counts prompt positions before the last, special tokens
	// left out; positions from which tokens are generated are as many as Tokens.
	PromptPositions int
}

// TermFired counts the positions at which a term of a plan fired.
type TermFired = controls.Fired

// SteeredFraction is the share of generated tokens that came from an edited
// position.
func (o Outcome) SteeredFraction() float64 { return share(o.Steered, o.Tokens) }

// Score is the share of right answers.
func (o Outcome) Score() float64 { return share(count(o.Right), len(o.Right)) }

// AnsweredShare is the share of problems that got any answer.
func (o Outcome) AnsweredShare() float64 { return share(count(o.Answered), len(o.Answered)) }

// TokensPerAnswer is the mean length of an answer.
func (o Outcome) TokensPerAnswer() float64 { return share(o.Tokens, len(o.Right)) }

// brokenBelow is the share of answered problems below which a lane counts as
// broken.
const brokenBelow = .8

// Broken reports whether a lane lost the ability to answer at all: fewer than
// 80 % of its texts hold "answer is" and a word, and base's hold more. Its
// score then says that the model was broken, not that it answered badly.
func (o Outcome) Broken(base Outcome) bool {
	return o.AnsweredShare() < brokenBelow && o.AnsweredShare() < base.AnsweredShare()
}

// first is what is known of the first n problems by problem: Right and
// Answered, and nothing else.
func (o Outcome) first(n int) Outcome {
	return Outcome{Right: o.Right[:n:n], Answered: o.Answered[:n:n]}
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

func count(x []bool) int {
	n := 0
	for _, v := range x {
		if v {
			n++
		}
	}
	return n
}

// MeasureOptions say how Measure works.
type MeasureOptions struct {
	// Batch is how many answers are generated together; 0 is 128, which is
	// about the fastest for the lab's models. It changes no result.
	Batch int
	// KeepTexts keeps the answers.
	KeepTexts bool
	// Progress, if set, is told now and then how many of all answers are there.
	Progress func(done, total int)
}

const defaultBatch = 128

// Measure lets lanes answer problems, greedily, and returns each lane's
// outcome. Lanes of one model step together and share what they can of a
// problem's prompt. Neither the batch nor the other lanes change an outcome by
// a bit. The tokenizer is that of every model.
func Measure(ctx context.Context, t *tokenizer.Tokenizer, problems []problem.Problem, lanes []Lane, o MeasureOptions) ([]Outcome, error) {
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	g := measurement{tokenizer: t, problems: problems, lanes: lanes, options: o, prompts: map[string]generate.Prompt{}}
	g.outcomes = make([]Outcome, len(lanes))
	for i := range g.outcomes {
		u := &g.outcomes[i]
		u.Right, u.Answered = make([]bool, len(problems)), make([]bool, len(problems))
		u.Stops = map[generate.Stop]int{}
		if o.KeepTexts {
			u.Texts = make([]string, len(problems))
		}
	}
	if err := g.keep(ctx); err != nil {
		return nil, err
	}
	for n, same := range byModel(lanes) {
		if err := g.model(ctx, n, same); err != nil {
			return nil, err
		}
	}
	return g.outcomes, nil
}

// byModel groups the indices of lanes by model, in the order of first use.
func byModel(lanes []Lane) [][]int {
	var groups [][]int
	at := map[*model.Model]int{}
	for i, l := range lanes {
		n, ok := at[l.Model]
		if !ok {
			n = len(groups)
			at[l.Model] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	return groups
}

type measurement struct {
	tokenizer *tokenizer.Tokenizer
	problems  []problem.Problem
	lanes     []Lane
	options   MeasureOptions
	outcomes  []Outcome
	done      int
	prompts   map[string]generate.Prompt // of the problems at hand, by text
	kept      *kept                      // nil unless a build keeps it
}

// answer is one lane's answer to one problem, both 0-based.
type answer struct{ problem, lane int }

// model measures the lanes of the n-th model, given by index: whole problems
// together as far as a batch goes, and the lanes of one problem batch by batch
// where there are more.
func (g *measurement) model(ctx context.Context, n int, lanes []int) error {
	together := max(1, g.options.Batch/len(lanes))
	first, whole := g.resume(ctx, n)
	for ; first < len(g.problems); first += together {
		if err := ctx.Err(); err != nil {
			return err
		}
		prefixes := &generate.Prefixes{}
		clear(g.prompts)
		var batch []answer
		for p := first; p < min(first+together, len(g.problems)); p++ {
			for _, l := range lanes {
				if batch = append(batch, answer{p, l}); len(batch) == g.options.Batch {
					if err := g.batch(whole, batch, prefixes); err != nil {
						return err
					}
					batch = batch[:0]
				}
			}
		}
		if len(batch) > 0 {
			if err := g.batch(whole, batch, prefixes); err != nil {
				return err
			}
		}
		if err := g.reached(ctx, n, first+together); err != nil {
			return err
		}
	}
	return nil
}

// batch generates answers together. If edits of one of them were so strong
// that the step failed, halves are tried until that one is alone.
func (g *measurement) batch(ctx context.Context, batch []answer, prefixes *generate.Prefixes) error {
	m := g.lanes[batch[0].lane].Model
	requests := make([]generate.Request, len(batch))
	for i, a := range batch {
		var err error
		if requests[i], err = g.request(a); err != nil {
			return err
		}
	}
	s, err := run(ctx, m, g.tokenizer, requests, prefixes)
	switch {
	case errors.Is(err, model.ErrNotFinite) && len(batch) > 1:
		half := len(batch) / 2
		if err := g.batch(ctx, batch[:half], prefixes); err != nil {
			return err
		}
		return g.batch(ctx, batch[half:], prefixes)
	case errors.Is(err, model.ErrNotFinite):
		g.count(batch[0], generate.Result{Stop: StopBroken}, nil, requests[0].Prompt)
	case err != nil:
		return fmt.Errorf("measuring %s: %w", g.lanes[batch[0].lane].Name, err)
	default:
		for i, a := range batch {
			g.count(a, s.Result(i), s.Editor(i), requests[i].Prompt)
		}
	}
	g.done += len(batch)
	if g.options.Progress != nil {
		g.options.Progress(g.done, len(g.problems)*len(g.lanes))
	}
	return nil
}

// run generates to the end.
func run(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, requests []generate.Request, prefixes *generate.Prefixes) (*generate.Session, error) {
	s, err := generate.NewSession(ctx, m, t, requests, generate.Options{Prefixes: prefixes})
	if err != nil {
		return nil, err
	}
	for !s.Done() {
		if _, err := s.Next(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (g *measurement) request(a answer) (generate.Request, error) {
	l := g.lanes[a.lane]
	p, err := g.prompt(g.problems[a.problem], l)
	if err != nil {
		return generate.Request{}, err
	}
	most := l.MaxTokens
	if most == 0 {
		most = MaxTokens
	}
	return generate.Request{Name: l.Name, Prompt: p, Steering: l.Steering, MaxTokens: most, Sampling: generate.Sampling{NeverAfter: l.NeverAfter}}, nil
}

// prompt is the header, the question and the prefill, with single spaces
// between them.
func (g *measurement) prompt(p problem.Problem, l Lane) (generate.Prompt, error) {
	text := p.Question
	if l.Header != "" {
		text = l.Header + " " + text
	}
	if l.Prefill != "" {
		text += " " + l.Prefill
	}
	if known, ok := g.prompts[text]; ok {
		return known, nil
	}
	prompt, err := generate.RawPrompt(g.tokenizer, text, tokenizer.EncodeOptions{})
	if err != nil {
		return prompt, fmt.Errorf("problem %q in lane %q: %w", p.ID, l.Name, err)
	}
	g.prompts[text] = prompt
	return prompt, nil
}

// reporter is an editor that counts what it did.
type reporter interface{ Report() steering.Report }

// count adds an answer to its lane's outcome.
func (g *measurement) count(a answer, r generate.Result, e generate.Editor, prompt generate.Prompt) {
	l, u := g.lanes[a.lane], &g.outcomes[a.lane]
	text := strings.TrimSpace(l.Prefill + " " + strings.TrimSpace(r.Text))
	word, ok := problem.Answer(text)
	u.Answered[a.problem] = ok
	u.Right[a.problem] = ok && word == g.problems[a.problem].Answer
	if first, _, _ := strings.Cut(text, " "); first != "the" && first != "" {
		u.Reasoned++
	}
	if u.Texts != nil {
		u.Texts[a.problem] = text
	}
	u.Tokens += len(r.IDs)
	u.Steered += count(r.Steered)
	u.Stops[r.Stop]++
	for _, t := range prompt.Tokens[:len(prompt.Tokens)-1] {
		if !t.Special {
			u.PromptPositions++
		}
	}
	counted, ok := e.(reporter)
	if !ok {
		return
	}
	report := counted.Report()
	u.PromptEdits += report.PromptEdits
	u.RowEdits += report.RowEdits
	if e, ok := e.(*steering.Editor); ok {
		if u.Fired == nil {
			u.Fired = make([]TermFired, len(report.Fired))
		}
		u.countTerms(e.Program, len(prompt.Tokens), len(r.IDs))
	}
}

// countTerms adds where the terms of a plan fired.
func (o *Outcome) countTerms(g *steering.Program, prompt, generated int) {
	for i, f := range controls.FiringsOf(g, prompt, generated).Terms {
		o.Fired[i].Prompt += f.Prompt
		o.Fired[i].Generated += f.Generated
	}
}
