package desk

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/engine"
)

// Vector is what is known of a vector by its name; nil if nothing is.
func (d *Desk) Vector(name string) *engine.VectorInfo {
	at := slices.IndexFunc(d.Vectors, func(v engine.VectorInfo) bool { return v.Name == name })
	if at < 0 {
		return nil
	}
	return &d.Vectors[at]
}

// Selected are the positions that the term in hand names one by one, in its
// lane, ascending. Generated tokens are counted on from the prompt.
func (d *Desk) Selected() []int {
	t, ok := d.TermInHand()
	if !ok {
		return nil
	}
	var positions []int
	for _, clause := range t.Select {
		if from, to, ok := d.span(clause); ok {
			for p := from; p <= to && p-from < maxSelected; p++ {
				positions = append(positions, p)
			}
		}
	}
	slices.Sort(positions)
	return slices.Compact(positions)
}

// maxSelected bounds how many positions of one range are listed.
const maxSelected = 10_000

// span is the range of lane positions that a clause names by number.
func (d *Desk) span(c steering.Clause) (from, to int, ok bool) {
	if len(c) != 1 || c[0].Not {
		return 0, 0, false
	}
	switch a := c[0]; a.Kind {
	case steering.PositionRange:
		return a.From, a.To, true
	case steering.GeneratedRange:
		return len(d.Tokens) + a.From, len(d.Tokens) + a.To, true
	}
	return 0, 0, false
}

// SelectRange puts lane positions from..to into the term in hand, or takes them
// out if all of them are in it. What the term selects by words stays beside
// them, except that "all" gives way.
func (d *Desk) SelectRange(from, to int) tea.Cmd {
	if from > to {
		from, to = to, from
	}
	return d.EditTerm(func(t *steering.Term) bool {
		chosen := d.Selected()
		inside := true
		for p := from; p <= to; p++ {
			inside = inside && slices.Contains(chosen, p)
		}
		for p := from; p <= to; p++ {
			at, found := slices.BinarySearch(chosen, p)
			switch {
			case inside && found:
				chosen = slices.Delete(chosen, at, at+1)
			case !inside && !found:
				chosen = slices.Insert(chosen, at, p)
			}
		}
		t.Select = d.withPositions(t.Select, chosen)
		if len(t.Select) == 0 {
			d.Say(Note, "No position is selected, so every position is: [all].")
		}
		return true
	})
}

// withPositions is a selector with these positions in place of those that it
// names by number.
func (d *Desk) withPositions(s steering.Selector, positions []int) steering.Selector {
	var out steering.Selector
	for _, clause := range s {
		if _, _, ok := d.span(clause); !ok {
			out = append(out, clause)
		}
	}
	n := len(d.Tokens)
	for i := 0; i < len(positions); {
		j := i
		for j+1 < len(positions) && positions[j+1] == positions[j]+1 && positions[j+1] != n {
			j++
		}
		atom := steering.Atom{Kind: steering.PositionRange, From: positions[i], To: positions[j]}
		if positions[i] >= n {
			atom = steering.Atom{Kind: steering.GeneratedRange, From: positions[i] - n, To: positions[j] - n}
		}
		out = append(out, steering.Clause{atom})
		i = j + 1
	}
	return out
}

// reanchor moves the positions that plans name by number along with the text
// they were chosen in, now that the prompt's tokens are others, and says which
// an edit lost.
func (d *Desk) reanchor(tokens []engine.PromptToken) {
	if len(d.Tokens) == 0 || sameTokens(d.Tokens, tokens) {
		return
	}
	moved := anchors(d.Tokens, tokens)
	var lost []string
	for _, l := range d.Lanes {
		if l.Kind != Steered || l.Pinned || l.Plan.Err != nil {
			continue
		}
		plan := l.Plan.Parsed
		plan.Terms = slices.Clone(plan.Terms)
		for i, t := range plan.Terms {
			var gone []string
			plan.Terms[i].Select, gone = move(t.Select, moved, d.Tokens)
			lost = append(lost, gone...)
		}
		if text := plan.String(); text != l.Plan.Text && !plan.Equal(l.Plan.Parsed) {
			l.Plan.set(text)
		}
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		d.Say(Warning, "The selected positions %s are gone from the question.", strings.Join(slices.Compact(lost), ", "))
	}
}

func sameTokens(a, b []engine.PromptToken) bool {
	return slices.EqualFunc(a, b, func(a, b engine.PromptToken) bool { return a.ID == b.ID })
}

// anchors says where each token of before stands in after: the same beginning
// and the same end are kept, and what lies between is lost (-1).
func anchors(before, after []engine.PromptToken) []int {
	to := make([]int, len(before))
	for i := range to {
		to[i] = -1
	}
	head := 0
	for head < min(len(before), len(after)) && before[head].ID == after[head].ID {
		to[head] = head
		head++
	}
	for tail := 1; tail <= min(len(before), len(after))-head && before[len(before)-tail].ID == after[len(after)-tail].ID; tail++ {
		to[len(before)-tail] = len(after) - tail
	}
	return to
}

// move follows the anchors with every range of positions that a selector names
// alone. A range that loses all of its tokens goes; lost are their pieces.
func move(s steering.Selector, to []int, before []engine.PromptToken) (out steering.Selector, lost []string) {
	for _, clause := range s {
		if len(clause) != 1 || clause[0].Not || clause[0].Kind != steering.PositionRange {
			out = append(out, clause)
			continue
		}
		a := clause[0]
		first, last := -1, -1
		for p := a.From; p <= a.To && p < len(to); p++ {
			if to[p] < 0 {
				lost = append(lost, strings.TrimSpace(before[p].Text))
				continue
			}
			if first < 0 {
				first = to[p]
			}
			last = to[p]
		}
		if first >= 0 {
			out = append(out, steering.Clause{{Kind: steering.PositionRange, From: first, To: last}})
		}
	}
	return out, lost
}
