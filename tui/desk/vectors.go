package desk

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/engine"
)

// AppendTerm adds a term to the active plan, in a new lane if there is none,
// and gives it the dials. It returns nil if it could not, having said why.
func (d *Desk) AppendTerm(t steering.Term) tea.Cmd {
	l := d.Active()
	switch {
	case l == nil:
		l = d.newLane(Steered, "")
		if !d.room() {
			return nil
		}
		d.Lanes = append(d.Lanes, l)
		d.Focus = Pane(len(d.Lanes) - 1)
	case l.Plan.Err != nil:
		d.Say(Warning, "The plan can't be read: mend it in Plan first.")
		return nil
	}
	plan := l.Plan.Parsed
	plan.Terms = append(slices.Clone(plan.Terms), t)
	d.Term = len(plan.Terms) - 1
	return d.SetPlan(l, plan.String())
}

// PutVector takes in what is known of a vector now, in the order of names.
func (d *Desk) PutVector(info engine.VectorInfo) {
	at, found := slices.BinarySearchFunc(d.Vectors, info.Name, func(v engine.VectorInfo, name string) int {
		return strings.Compare(v.Name, name)
	})
	if found {
		d.Vectors[at] = info
		return
	}
	d.Vectors = slices.Insert(d.Vectors, at, info)
}

// UnsavedVectors are the names of vectors that were derived here and are in no
// file: work that would be lost.
func (d *Desk) UnsavedVectors() []string {
	var names []string
	for _, v := range d.Vectors {
		if v.Unsaved {
			names = append(names, v.Name)
		}
	}
	return names
}

// MedianNorm is the median norm of the open model's rows at a layer, as an
// answer's prompt showed it; ok is false before there is one.
func (d *Desk) MedianNorm(layer int) (norm float64, ok bool) {
	for _, l := range d.Lanes {
		if l.Model == "" && l.Answer != nil && layer+1 < len(l.Answer.MedianNorm) {
			return float64(l.Answer.MedianNorm[layer+1]), true
		}
	}
	return 0, false
}
