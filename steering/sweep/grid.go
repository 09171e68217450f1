package sweep

import (
	"fmt"
	"slices"

	"tiller/model"
	"tiller/model/generate"
	"tiller/steering"
)

// A Grid says what is swept.
type Grid struct {
	// Plan holds the term that is varied; its other terms are in every cell.
	Plan steering.Plan
	// Term is the 0-based term.
	Term int
	// Layers are tried each alone: [steering.Embed] or a block. They are the
	// rows of the grid.
	Layers []int
	// Strengths are its columns. They are constant over time, and relative if
	// the term's strength is.
	Strengths []float64
}

// PlanAt is the plan with the term at one layer and one strength.
func (g Grid) PlanAt(layer int, strength float64) steering.Plan {
	p := steering.Plan{Terms: slices.Clone(g.Plan.Terms)}
	t := &p.Terms[g.Term]
	t.Layers = steering.Layers{Kind: steering.NamedLayers, Items: []steering.Span{{From: layer, To: layer}}}
	t.Strength = steering.Strength{Value: strength, Relative: t.Strength.Relative}
	return p
}

func (g Grid) check() error {
	switch n := len(g.Plan.Terms); {
	case g.Term < 0 || g.Term >= n:
		return fmt.Errorf("the plan to sweep has no term %d; it has %d", g.Term+1, n)
	case len(g.Layers) == 0:
		return fmt.Errorf("the sweep has no layers to try")
	case len(g.Strengths) == 0:
		return fmt.Errorf("the sweep has no strengths to try")
	}
	return nil
}

// An Item is one problem.
type Item struct {
	Prompt generate.Prompt
	// Right says whether the text that followed the prompt answers the problem;
	// nil for problems that are not graded.
	Right func(text string) bool
}

// checkItems refuses problems that m can't read.
func checkItems(m *model.Model, items []Item) error {
	if len(items) == 0 {
		return fmt.Errorf("the sweep has no problems to try its cells on")
	}
	context := m.Config().Context
	for i, item := range items {
		switch n := len(item.Prompt.Tokens); {
		case n == 0:
			return fmt.Errorf("problem %d of the sweep has no tokens", i+1)
		case n > context:
			return fmt.Errorf("problem %d of the sweep has a prompt of %d tokens, but the model's context holds %d", i+1, n, context)
		}
	}
	return nil
}
