package lab

import (
	"strings"

	"tiller/steering"
	"tiller/steering/lab/corpus"
)

// wordFirst is the word that answers are made to begin with.
const wordFirst = "first"

// words is the base model with its first word given, and without the word that
// a hasty answer begins with: after a full stop it takes the likeliest word but
// "the". Nothing is added to the residual stream. It is what the choice of
// these words alone brings, to be held against steering.
func (f *figurer) words() Lane {
	ids := corpus.Vocabulary()
	lane := f.like(laneWords, "", wordFirst)
	lane.NeverAfter = [][2]int{{ids["."], ids["the"]}}
	return lane
}

// ablated are the lanes from which what lies along the plan's vectors is taken
// out, at every layer that they have and every token but special ones.
func (f *figurer) ablated() (base, thinking Lane, plan steering.Plan, err error) {
	var terms []string
	for _, name := range f.plan.Names() {
		terms = append(terms, "ablate:"+name+"@all[content]")
	}
	if plan, err = steering.Parse(strings.Join(terms, ",")); err != nil {
		return base, thinking, plan, err
	}
	if base, err = f.lane(laneBaseAblated, plan); err != nil {
		return base, thinking, plan, err
	}
	s := f.subject()
	s.Model = f.thinking.Model
	thinking, err = s.lane(plan, f.vectors)
	thinking.Name = laneThinkingAblated
	return base, thinking, plan, err
}
