package summary

import (
	"fmt"
	"strings"

	"tiller/steering/controls"
	"tiller/steering/eval"
)

// Sentences are the findings in plain words, most important first: what each
// lane makes of the set, what steering gains or loses, and what controls do in
// its place. Names of lanes and sets in them are untrusted text.
func (s *Summary) Sentences() []string {
	var out []string
	for i := range s.Lanes {
		switch l := &s.Lanes[i]; l.Kind {
		case eval.Control:
		case eval.Planned:
			out = append(out, s.ofPlan(l)...)
		default:
			out = append(out, s.standing(l, &l.Figures, s.measure(), l.Name))
		}
	}
	if len(s.Lanes) == 0 {
		out = append(out, "The run has no lanes.")
	}
	switch {
	case s.NothingGenerated():
		out = append(out, "Not one answer could be generated: nothing is known of this set.")
	case s.beyond():
		out = append(out, fmt.Sprintf("No lane answers %s right: this set is beyond this model, and what lanes differ by says little.", percent(hardly)))
	}
	return out
}

func (s *Summary) measure() measure { return measure{s.Set.RightWrong} }

// NothingGenerated reports whether there are answers, and every one of them is
// one that could not be generated.
func (s *Summary) NothingGenerated() bool {
	answered := 0
	for i := range s.Lanes {
		l := &s.Lanes[i]
		if answered += l.N; l.Broken+l.Refused < l.N {
			return false
		}
	}
	return answered > 0
}

// hardly is the share of right answers below which a lane can't do a set.
const hardly = .05

// beyond reports whether no lane can do the set.
func (s *Summary) beyond() bool {
	answered := 0
	for _, l := range s.Lanes {
		if l.Score == nil {
			continue
		}
		answered++
		if *l.Score >= hardly {
			return false
		}
	}
	return answered > 0 && s.Set.RightWrong
}

// standing is how a lane does on a set, beside base.
func (s *Summary) standing(l *Lane, f *Figures, m measure, subject string) string {
	if f.Score == nil {
		return subject + " has not answered anything yet."
	}
	text := subject + " " + m.answers(*f.Score)
	if f.Delta == nil {
		return fmt.Sprintf("%s%s, n = %s.", text, within(f.CI95, func(x float64) string { return strings.TrimSuffix(m.score(x), " %") }), counted(f.N))
	}
	text += ", " + m.than(s.Base, *f.Delta, f.DeltaCI95)
	switch p := f.McNemarP; {
	case f == &l.Figures && l.HolmP != nil && *l.HolmP != *p:
		text += fmt.Sprintf(" (McNemar's test, corrected for the number of plans: %s)", significance(*l.HolmP))
	case p != nil:
		text += fmt.Sprintf(" (McNemar's test: %s)", significance(*p))
	}
	if l.Kind == eval.Planned && *f.Delta < 0 && !f.DeltaCI95.Contains(0) {
		text += ": steering loses here"
	}
	return text + "."
}

// ofPlan is what there is to say about a plan.
func (s *Summary) ofPlan(l *Lane) []string {
	m := s.measure()
	out := []string{s.standing(l, &l.Figures, m, l.Name)}
	if l.Score == nil {
		return out
	}
	if l.Lost {
		out = append(out, fmt.Sprintf("Only %s of its outputs hold an answer at all: its score says that the model is broken, not that it answers badly.", percent(*l.Found)))
	}
	if l.DeltaPrompt != nil {
		out = append(out, "That is "+m.than(s.Prompt, *l.DeltaPrompt, l.DeltaPromptCI95)+".")
	}
	if l.RecoveredGap != nil {
		out = append(out, fmt.Sprintf("It recovers %s%s of what %s gains over %s.", percent(*l.RecoveredGap), within(l.RecoveredGapCI95, tenths), s.Thinking, s.Base))
	}
	if f := l.Flips; f != nil {
		out = append(out, fmt.Sprintf("It puts right %s that %s has wrong, and spoils %s.", several(f.Right, "problem", "problems"), s.Base, counted(f.Wrong)))
	}
	for _, g := range s.Controls {
		if g.Of == l.Name && g.MaxScore != nil {
			out = append(out, g.sentence(m))
		}
	}
	if l.SteeredFraction != nil {
		out = append(out, fmt.Sprintf("It steers %s of the generated tokens, with %s before the last of the prompt and %s in all.",
			percent(*l.SteeredFraction), several(l.PromptEdits, "edited position", "edited positions"), several(l.RowEdits, "edit of a row", "edits of rows")))
	}
	if l.Guard != nil && s.Guard != nil {
		out = append(out, s.standing(l, l.Guard, measure{s.Guard.RightWrong}, "On the guard set it"))
	}
	return out
}

// sentence is what controls do in a plan's place.
func (g *ControlGroup) sentence(m measure) string {
	one, more := g.called()
	if g.Draws == 1 {
		return fmt.Sprintf("The %s in its place %s.", one, m.answers(*g.MaxScore))
	}
	text := fmt.Sprintf("The best of %d %s in its place %s", g.Draws, more, m.answers(*g.MaxScore))
	if g.MeanScore != nil {
		text += fmt.Sprintf(", their mean %s", m.score(*g.MeanScore))
	}
	text += fmt.Sprintf(" (rank %s)", significance(*g.RankP))
	if *g.MaxScore >= *g.Score {
		text += ": chance alone does as well"
	}
	return text + "."
}

// called is what people call one such control, and several.
func (g *ControlGroup) called() (one, more string) {
	switch controls.Kind(g.Control) {
	case controls.Isotropic:
		return "random direction", "random directions"
	case controls.Covariance:
		return "direction drawn as the stream lies", "directions drawn as the stream lies"
	case controls.Shuffled:
		return "direction from shuffled labels", "directions from shuffled labels"
	case controls.Negated:
		return "negated plan", "negated plans"
	case controls.Positions:
		return "choice of random positions", "choices of random positions"
	}
	return "control " + g.Control, "controls " + g.Control
}
