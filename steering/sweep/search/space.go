package search

import (
	"errors"
	"fmt"
	"slices"

	"tiller/steering"
	"tiller/steering/statistics"
	"tiller/steering/sweep"
)

// A Space is all that is tried in place of one term of a plan: each vector with
// each selector, at each layer alone and at each strength.
type Space struct {
	// Plan holds the term that is varied; its other terms are in every cell.
	Plan steering.Plan
	// Term is the 0-based term.
	Term int
	// Vectors are names, as plans have them.
	Vectors   []string
	Selectors []steering.Selector
	// Layers are [steering.Embed] or blocks.
	Layers []int
	// Strengths are constant over time, and relative if the term's strength is.
	Strengths []float64
}

// Bounds of a space. A side longer than maxSide could not be looked at.
const (
	maxSide  = 200
	maxCells = 10_000
)

// Size is the number of cells.
func (s *Space) Size() int {
	return len(s.Vectors) * len(s.Selectors) * len(s.Layers) * len(s.Strengths)
}

// Check refuses a space without cells, with too many, or with one twice.
func (s *Space) Check() error {
	switch n := len(s.Plan.Terms); {
	case s.Term < 0 || s.Term >= n:
		return fmt.Errorf("the plan to sweep has no term %d; it has %d", s.Term+1, n)
	case s.Size() == 0:
		return errors.New("there is nothing to sweep: it takes a vector, a selector, a layer and a strength at least")
	case len(s.Layers) > maxSide || len(s.Strengths) > maxSide:
		return fmt.Errorf("the sweep has %d layers and %d strengths; at most %d of each can be drawn", len(s.Layers), len(s.Strengths), maxSide)
	case s.Size() > maxCells:
		return fmt.Errorf("the sweep has %d cells, and %d is the most", s.Size(), maxCells)
	}
	var selectors []string
	for _, selector := range s.Selectors {
		selectors = append(selectors, selector.String())
	}
	return errors.Join(once("vector", s.Vectors), once("selector", selectors), once("layer", s.Layers), once("strength", s.Strengths))
}

// once refuses a value that is there twice: the cells would be the same.
func once[T comparable](what string, values []T) error {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("the %s %v is swept twice", what, v)
		}
	}
	return nil
}

// grid is the layers and strengths of one vector and selector.
func (s *Space) grid(vector, selector int) sweep.Grid {
	p := steering.Plan{Terms: slices.Clone(s.Plan.Terms)}
	t := &p.Terms[s.Term]
	t.Vector, t.Select = s.Vectors[vector], s.Selectors[selector]
	return sweep.Grid{Plan: p, Term: s.Term, Layers: s.Layers, Strengths: s.Strengths}
}

// lanes are the cells of one vector and selector, row by row.
func (s *Space) lanes(vector, selector int) []*lane {
	var lanes []*lane
	of := s.grid(vector, selector)
	for _, layer := range of.Layers {
		for _, strength := range of.Strengths {
			l := &lane{plan: of.PlanAt(layer, strength)}
			l.cell = Cell{
				Vector: s.Vectors[vector], Selector: s.Selectors[selector].String(), Layer: layer, Strength: strength, Plan: l.plan.String(),
				Figures: Figures{CI95: statistics.Undefined()},
			}
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// PlansOf are plans that use all vectors that are swept, to read them by.
func (s *Space) PlansOf() []steering.Plan {
	var plans []steering.Plan
	for i := range s.Vectors {
		p := steering.Plan{Terms: slices.Clone(s.Plan.Terms)}
		p.Terms[s.Term].Vector = s.Vectors[i]
		plans = append(plans, p)
	}
	return plans
}

// LayersOf lists what a plan's layers mean for a sweep: those that are named,
// or all that any of the vectors can be used at, which for a vector with one
// direction are all of the model's.
func LayersOf(l steering.Layers, vectors []*steering.Vector, modelLayers int) []int {
	found := map[int]bool{}
	for _, span := range l.Items {
		for layer := span.From; layer <= span.To; layer++ {
			found[layer] = true
		}
	}
	if l.Kind != steering.NamedLayers {
		for _, v := range vectors {
			of := v.Layers()
			if len(of) == 1 {
				of = of[:0]
				for layer := range modelLayers {
					of = append(of, layer)
				}
			}
			for _, layer := range of {
				found[layer] = true
			}
		}
	}
	layers := make([]int, 0, len(found))
	for layer := range found {
		layers = append(layers, layer)
	}
	slices.Sort(layers)
	return layers
}

// weakness orders strengths of an operation: how far each is from the one that
// changes nothing.
func weakness(op steering.Op, strength float64) float64 {
	if op == steering.Scale {
		strength--
	}
	return max(strength, -strength)
}
