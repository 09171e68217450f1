package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/steering/lab/problem"
	"tiller/steering/sweep"
)

// A Sweep is one term of a plan at several layers and strengths.
type Sweep struct {
	Plan      string
	Term      int       // 0-based
	Layers    []int     // rows of the grid, each tried alone
	Strengths []float64 // its columns
	// Problems is how many problems of the tune split are answered, by the
	// model and by Thinking, the reference of a second one; empty for none.
	Problems int
	Thinking string
	// Prompts are read where there are no problems: the grid then says KL alone.
	// Those after the first are left out if the model can't read them.
	Prompts []Prompt
}

// Swept is what became known of a sweep since the last such message.
type Swept struct {
	Gen   int
	Cells []SweptCell // each at most once
	// Base is the unsteered model, and Thinking the second one, without items
	// until it is known.
	Base, Thinking sweep.Tally
	Done, Total    int // answers, or prompts read, in all cells
	// Ended says that no more of this sweep follows, and Stopped that it was
	// cancelled before all was done.
	Ended, Stopped bool
}

// SweptCell is one layer and strength, as far as it was tried.
type SweptCell struct {
	Row, Column int
	sweep.Tally
	KL      float64 // mean KL(steered||base) after the prompt, nats; NaN if not known
	Steered float64 // fraction of the generated tokens
	// PromptEdits counts edited prompt positions before the last, RowEdits pairs
	// of position and layer, by all terms.
	PromptEdits, RowEdits int
	Broken                int    // problems at which the logits became no numbers
	Err                   string // why the plan can't be used there; there are no numbers then
}

// A Retest is one cell to try on problems that chose nothing: so many of the
// test split, others for each seed, as tiller lab problems makes them.
type Retest struct {
	Plan     string
	Term     int // 0-based
	Layer    int
	Strength float64
	Problems int
	Seed     uint64
}

// Retested is how a cell did then.
type Retested struct {
	Gen        int
	Plan       string // the cell's
	Seed       uint64 // of the problems
	Cell, Base sweep.Tally
}

// answerTokens is how long an answer to one of the lab's problems may be: a
// third more than the longest that they need.
const answerTokens = 160

// Sweep tries the cells of a grid, all on a few problems first.
func (e *Engine) Sweep(gen int, s Sweep) tea.Cmd {
	return e.start(gen, mergeSwept, func(ctx context.Context, tell func(tea.Msg)) tea.Msg {
		last, err := e.sweep(ctx, gen, s, tell)
		last.Gen, last.Ended, last.Stopped = gen, true, ctx.Err() != nil
		if err != nil && !last.Stopped {
			return Failed{Gen: gen, Job: "sweeping", Err: err.Error()}
		}
		return last
	})
}

// mergeSwept keeps of each cell what is newest.
func mergeSwept(old, new tea.Msg) tea.Msg {
	a, b := old.(Swept), new.(Swept)
	for _, c := range b.Cells {
		at := slices.IndexFunc(a.Cells, func(o SweptCell) bool { return o.Row == c.Row && o.Column == c.Column })
		if at < 0 {
			a.Cells = append(a.Cells, c)
			continue
		}
		a.Cells[at] = c
	}
	b.Cells = a.Cells
	return b
}

// sweep returns what the last message is to say beside that it is the last.
func (e *Engine) sweep(ctx context.Context, gen int, s Sweep, tell func(tea.Msg)) (last Swept, err error) {
	o, err := e.open(ctx, "")
	if err != nil {
		return last, err
	}
	grid, vectors, err := e.grid(s.Plan, s.Term, s.Layers, s.Strengths)
	if err != nil {
		return last, err
	}
	items, options, err := e.items(o, s)
	if err != nil {
		return last, err
	}
	second := 0 // answers of the second model
	if s.Thinking != "" && options.MaxTokens > 0 {
		second = len(items)
	}
	report := func(p sweep.Progress) {
		last = Swept{Gen: gen, Base: p.Baseline, Done: p.Done, Total: p.Total + second}
		msg := last
		if p.Row >= 0 {
			msg.Cells = []SweptCell{sweptCell(p.Row, p.Column, p.Cell)}
		}
		tell(msg)
	}
	if _, _, err := sweep.Run(ctx, o.model, o.tokenizer, vectors, grid, items, options, report); err != nil || second == 0 {
		return last, err
	}
	o, err = e.open(ctx, s.Thinking)
	if err != nil {
		return last, err
	}
	last.Thinking, err = sweep.Baseline(ctx, o.model, o.tokenizer, items, options)
	last.Done += last.Thinking.Items
	return last, err
}

// grid reads a plan and its vectors.
func (e *Engine) grid(plan string, term int, layers []int, strengths []float64) (sweep.Grid, map[string]*steering.Vector, error) {
	p, err := steering.Parse(plan)
	if err != nil {
		return sweep.Grid{}, nil, err
	}
	vectors, err := e.named(p.Names())
	return sweep.Grid{Plan: p, Term: term, Layers: layers, Strengths: strengths}, vectors, err
}

// items are what a sweep tries its cells on.
func (e *Engine) items(o *opened, s Sweep) ([]sweep.Item, sweep.Options, error) {
	if s.Problems > 0 {
		problems, err := e.library.Problems(problem.Tune)
		if err != nil {
			return nil, sweep.Options{}, err
		}
		items, err := graded(problems[:min(s.Problems, len(problems))], o)
		return items, sweep.Options{MaxTokens: answerTokens}, err
	}
	var items []sweep.Item
	for i, p := range s.Prompts {
		prompt, err := p.tokens(o.tokenizer)
		if i > 0 && (err != nil || len(prompt.Tokens) == 0 || len(prompt.Tokens) > o.model.Config().Context) {
			continue
		}
		if err != nil {
			return nil, sweep.Options{}, err
		}
		items = append(items, sweep.Item{Prompt: prompt})
	}
	return items, sweep.Options{}, nil
}

// graded makes items of the lab's problems.
func graded(problems []problem.Problem, o *opened) ([]sweep.Item, error) {
	items := make([]sweep.Item, len(problems))
	for i, p := range problems {
		prompt, err := Prompt{Text: p.Question}.tokens(o.tokenizer)
		if err != nil {
			return nil, fmt.Errorf("problem %s: %w", p.ID, err)
		}
		items[i] = sweep.Item{Prompt: prompt, Right: func(text string) bool {
			word, ok := problem.Answer(text)
			return ok && word == p.Answer
		}}
	}
	return items, nil
}

func sweptCell(row, column int, c sweep.Cell) SweptCell {
	s := SweptCell{Row: row, Column: column, Tally: c.Tally, KL: c.KL, Steered: c.Steered, PromptEdits: c.PromptEdits, RowEdits: c.RowEdits, Broken: c.Broken}
	if c.Err != nil {
		s.Err = reason(c.Err)
	}
	return s
}

// reason is what is wrong, without the place where a plan is about it: the
// cell's plan is not the one that a person wrote.
func reason(err error) string {
	if at := (*steering.Error)(nil); errors.As(err, &at) {
		return at.Reason
	}
	return err.Error()
}

// Retest tries a cell, and the unsteered model, on problems drawn from the test
// split.
func (e *Engine) Retest(gen int, r Retest) tea.Cmd {
	return e.do(gen, "testing a cell again", func(ctx context.Context) (tea.Msg, error) {
		o, err := e.open(ctx, "")
		if err != nil {
			return nil, err
		}
		grid, vectors, err := e.grid(r.Plan, r.Term, []int{r.Layer}, []float64{r.Strength})
		if err != nil {
			return nil, err
		}
		drawn, err := problem.Generate(problem.Test, nil, r.Problems, r.Seed)
		if err != nil {
			return nil, err
		}
		items, err := graded(drawn, o)
		if err != nil {
			return nil, err
		}
		cells, base, err := sweep.Run(ctx, o.model, o.tokenizer, vectors, grid, items, sweep.Options{MaxTokens: answerTokens}, nil)
		if err != nil {
			return nil, err
		}
		return Retested{Gen: gen, Plan: grid.PlanAt(r.Layer, r.Strength).String(), Seed: r.Seed, Cell: cells[0][0].Tally, Base: base}, nil
	})
}
