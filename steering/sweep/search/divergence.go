package search

import (
	"context"
	"math"

	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering/eval"
	"tiller/steering/sweep"
)

// KLProblems is on how many problems, the set's first ones, the divergence of
// cells is measured.
const KLProblems = 16

// diverge measures how far each cell is from the unsteered model after the
// prompt. It takes the prompts alone, so it is computed anew each time.
func (g *grid) diverge(ctx context.Context) error {
	items, err := g.prompts()
	if err != nil || len(items) == 0 {
		return err
	}
	at := 0
	for v := range g.Space.Vectors {
		for sel := range g.Space.Selectors {
			of := g.Space.grid(v, sel)
			part := g.cells[at : at+len(of.Layers)*len(of.Strengths)]
			at += len(part)
			if !anyGoing(part) {
				continue
			}
			rows, _, err := sweep.Run(ctx, g.Model.Model, g.Model.Tokenizer, g.Vectors, of, items, sweep.Options{Batch: g.Options.Batch}, nil)
			if err != nil {
				return err
			}
			for i, l := range part {
				if c := rows[i/len(of.Strengths)][i%len(of.Strengths)]; c.Err == nil && l.cell.Error == "" && !math.IsNaN(c.KL) {
					l.cell.KL = &c.KL
				}
			}
		}
	}
	return nil
}

// anyGoing reports whether a cell can be computed.
func anyGoing(lanes []*lane) bool {
	for _, l := range lanes {
		if l.cell.Error == "" {
			return true
		}
	}
	return false
}

// prompts are those of the first problems, as base was asked, without those
// that the model can't read.
func (g *grid) prompts() ([]sweep.Item, error) {
	problems, err := eval.ReadProblems(g.gridPath())
	if err != nil {
		return nil, err
	}
	var items []sweep.Item
	for _, p := range problems[:min(KLProblems, len(problems))] {
		prompt, err := g.prompt(p.Prompt)
		if err == nil && len(prompt.Tokens) > 0 && len(prompt.Tokens) < g.Model.Config().Context {
			items = append(items, sweep.Item{Prompt: prompt})
		}
	}
	return items, nil
}

func (g *grid) prompt(text string) (generate.Prompt, error) {
	t, asked := g.Model.Tokenizer, g.Tune.Spec
	if !asked.Chat {
		return generate.RawPrompt(t, text, tokenizer.EncodeOptions{})
	}
	var messages []tokenizer.Message
	if asked.System != "" {
		messages = append(messages, tokenizer.Message{Role: "system", Content: asked.System})
	}
	return generate.ChatPrompt(t, append(messages, tokenizer.Message{Role: "user", Content: text}), "", false)
}
