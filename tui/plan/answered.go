package plan

import (
	"fmt"
	"strings"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/wording"
)

// answered is the plan that the answer in hand was generated with. While the
// dials turn it is not the plan as it is.
type answered struct {
	text  string
	terms []steering.Term
}

// counts is what an answer tells of one term.
type counts struct {
	question, tokens int // positions of the question it fired at, tokens it steered
	fired            int // positions in all, once the lane has ended; else -1
}

// answer is the last answer of the lane in hand; nil without one.
func (v *View) answer() *desk.Answer {
	l := v.d.Active()
	if l == nil || l.Answer == nil || l.Answer.Err != "" {
		return nil
	}
	return l.Answer
}

// stale reports whether the answer in hand is about to be replaced.
func (v *View) stale() bool {
	l := v.d.Active()
	return l != nil && l.Stale
}

// counted is what the answer in hand tells of each term of its plan. It is nil
// where that plan has other vectors than the plan now: terms can't be told
// apart then.
func (v *View) counted() []counts {
	a := v.answer()
	if a == nil || !v.sameVectors(a.PlanText) {
		return nil
	}
	out := make([]counts, len(v.terms()))
	for i := range out {
		out[i].fired = -1
	}
	count := func(terms []int, add func(c *counts)) {
		for _, t := range terms {
			if t < len(out) {
				add(&out[t])
			}
		}
	}
	for _, terms := range a.Covered {
		count(terms, func(c *counts) { c.question++ })
	}
	for i := range a.Tokens {
		count(a.Tokens[i].Terms, func(c *counts) { c.tokens++ })
	}
	if a.Ended != nil {
		for i, f := range a.Ended.Fired {
			if i < len(out) {
				out[i].fired = f.Count
			}
		}
	}
	return out
}

// sameVectors reports whether an answered plan has the same vectors in the same
// order as the plan in hand.
func (v *View) sameVectors(text string) bool {
	if v.answered.text != text {
		p, _ := steering.Parse(text) // what was answered could be read
		v.answered = answered{text, p.Terms}
	}
	terms := v.terms()
	if len(terms) != len(v.answered.terms) {
		return false
	}
	for i, t := range terms {
		if v.answered.terms[i].Vector != t.Vector {
			return false
		}
	}
	return true
}

// effect is what the plan did to the answer in hand, always in the same three
// numbers; empty without an answer.
func (v *View) effect(width int) string {
	a := v.answer()
	if a == nil {
		return ""
	}
	rows, prompt := "… row edits", "… prompt edits"
	if a.Ended != nil {
		rows, prompt = wording.Count(a.Ended.RowEdits, "row edit"), wording.Count(a.Ended.PromptEdits, "prompt edit")
	}
	text := fmt.Sprintf("%s · %s · %.0f %% of %s steered", rows, prompt, 100*a.SteeredFraction(), wording.Count(len(a.Tokens), "token"))
	if width < 80 {
		text = strings.NewReplacer(" edits", "", " edit", "").Replace(text)
	}
	if v.stale() {
		return v.d.Theme.Stale.Render(text)
	}
	return v.d.Theme.Faint.Render(text)
}

// layersOf are the layers at which a term acts, as its vector or the last
// answer tells; nil if neither does.
func (v *View) layersOf(i int, t steering.Term) []int {
	if layers := v.d.LayersOf(t); layers != nil {
		return layers
	}
	a := v.answer()
	if a == nil || a.Ended == nil || !v.sameVectors(a.PlanText) {
		return nil
	}
	var layers []int
	for _, r := range a.Ended.Ratios {
		if r.Term == i {
			layers = append(layers, r.Layer)
		}
	}
	return layers
}

// ratio is |s d| / median |h| of a term at a layer, for clamp |s| / median |h|,
// at the largest strength that it runs through.
func (v *View) ratio(t steering.Term, layer int) (ratio float64, ok bool) {
	peak := peakOf(t.Strength)
	if t.Strength.Relative {
		return peak, true
	}
	unit, ok := v.d.Unit(v.d.Active(), t, layer)
	return peak * unit, ok
}
