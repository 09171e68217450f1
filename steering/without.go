package steering

import "slices"

// Without is the plan less its 0-based term, which must be one of the plan's.
// The terms that stay do at every position what they did, given the same tokens
// and distributions.
func (b *Bound) Without(term int) *Bound {
	less := *b
	less.plan = Plan{Terms: slices.Delete(slices.Clone(b.plan.Terms), term, term+1)}
	less.terms = slices.Delete(slices.Clone(b.terms), term, term+1)
	return &less
}

// EditWithout is [Program.Edit] less the 0-based term.
func (g *Program) EditWithout(term, layer, position int, row []float32) bool {
	edited := false
	for _, s := range g.at(position) {
		if s.term == term {
			continue
		}
		if e := g.edit(s, layer); e != nil && e.apply(s.strength, row) {
			edited = true
		}
	}
	return edited
}
