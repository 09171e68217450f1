package search

import (
	"fmt"
	"math"
	"slices"

	"tiller/steering/statistics"
)

// Sentences say what the sweep came to. They hold untrusted names.
func (r *Result) Sentences() []string {
	out := []string{r.tried(), r.choice()}
	if r.Chosen.N > 0 && r.Chosen.Fired == 0 {
		out = append(out, "Its term never fired: it changed nothing at all.")
	}
	if s := r.edge(); s != "" {
		out = append(out, s)
	}
	if c := r.Confirmed; c != nil {
		if r.Split {
			out = append(out, fmt.Sprintf("%s was split in two by ids and the seed %d: %d problems chose, and %d confirm.", r.Set.Ref, r.Seed, r.Set.Problems, c.Set.Problems))
		}
		out = append(out, r.confirmation(c))
		if c.Shrinkage != nil {
			out = append(out, r.shrinkage(c))
		}
	}
	return out
}

// tried says how many cells there were and what became of them.
func (r *Result) tried() string {
	cells, stopped, refused := r.Count()
	s := fmt.Sprintf("%s tried on up to %s of %s", count(cells-refused, "cell was", "cells were"), count(r.Set.Problems, "problem", "problems"), r.Set.Ref)
	if stopped > 0 {
		s += fmt.Sprintf("; %s stopped early", count(stopped, "was", "were"))
	}
	if refused > 0 {
		s += fmt.Sprintf("; %d can't be computed, as sweep.json says", refused)
	}
	return s + "."
}

// choice says which cell was taken, and why.
func (r *Result) choice() string {
	s := fmt.Sprintf("The highest score there is that of %s: %s, where base has %s.", r.Chosen.Plan, r.figures(r.Chosen.Figures), r.figures(r.Base))
	if r.Ties > 0 {
		s += fmt.Sprintf(" %s as high; the weakest was taken, at the lowest layer.", count(r.Ties, "other cell scores", "other cells score"))
	}
	return s
}

// edge warns that the best may lie outside of what was tried.
func (r *Result) edge() string {
	if len(r.Strengths) < 3 {
		return ""
	}
	low, high := slices.Min(r.Strengths), slices.Max(r.Strengths)
	if r.Chosen.Strength == low || r.Chosen.Strength == high {
		return fmt.Sprintf("Its strength is at the edge of those that were tried, %g to %g: there may be better ones beyond.", low, high)
	}
	return ""
}

// confirmation says how the choice did on problems that chose nothing.
func (r *Result) confirmation(c *Confirmed) string {
	s := fmt.Sprintf("On %s that chose nothing, of %s, it has %s and base %s", count(c.Plan.N, "problem", "problems"), c.Set.Ref, r.figures(c.Plan), r.figures(c.Base))
	if c.Delta == nil {
		return s + "."
	}
	s += fmt.Sprintf(": %s to base%s", r.points(*c.Delta, true), r.interval(c.DeltaCI95))
	if c.McNemarP != nil {
		s += fmt.Sprintf(", McNemar's p = %.2g", *c.McNemarP)
	}
	if c.DeltaCI95.Contains(0) {
		s += ", which may be chance"
	}
	return s + "."
}

// shrinkage says how much of the score was in the choosing.
func (r *Result) shrinkage(c *Confirmed) string {
	by := r.points(math.Abs(*c.Shrinkage), false)
	switch {
	case *c.Shrinkage > 0:
		return fmt.Sprintf("That is %s less than on the problems that chose it: the best of many flatters itself, and the lower figure is the one to quote.", by)
	case *c.Shrinkage < 0:
		return fmt.Sprintf("That is %s more than on the problems that chose it: choosing has not flattered it, and the two sets differ.", by)
	}
	return "That is as on the problems that chose it."
}

// figures writes a score with its interval.
func (r *Result) figures(f Figures) string {
	if f.Score == nil {
		return "no score"
	}
	if r.RightWrong {
		return fmt.Sprintf("%.1f %% right%s", 100**f.Score, r.interval(f.CI95))
	}
	return fmt.Sprintf("%.4g%s", *f.Score, r.interval(f.CI95))
}

// points writes a difference of scores.
func (r *Result) points(x float64, sign bool) string {
	format, unit := "%.4g", ""
	if r.RightWrong {
		x, format, unit = 100*x, "%.1f", " points"
	}
	if sign {
		format = "%+" + format[1:]
	}
	return fmt.Sprintf(format, x) + unit
}

func (r *Result) interval(i statistics.Interval) string {
	switch {
	case !i.Defined():
		return ""
	case r.RightWrong:
		return fmt.Sprintf(" [%.1f, %.1f]", 100*i.Low, 100*i.High)
	}
	return fmt.Sprintf(" [%.4g, %.4g]", i.Low, i.High)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
