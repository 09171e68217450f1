package summary

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/eval"
)

// Thresholds of warnings.
const (
	fewProblems   = 30
	manyTruncated = .05
)

// warnings are sentences about what limits the figures. Names in them are
// quoted, or a lane's own.
func (m *maker) warnings() []string {
	s := m.summary
	out := []string{}
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if text := s.missing(); text != "" {
		say("%s", text)
	}
	if s.Shard != nil {
		say("This is part %d of %d of a run: its figures are those of a part of the set.", s.Shard.Index+1, s.Shard.Of)
	}
	if n := len(m.ids); n == 0 {
		say("The run asks no problems.")
	} else if n < fewProblems {
		say("With %s, intervals are wide and those of the bootstrap too narrow.", several(n, "problem", "problems"))
	}
	if s.Base == "" {
		say("The run has no lane base, so nothing can be compared with the model as it is.")
	}
	if n := len(m.parts); n > maxFamilies {
		say("The set has %s, too many to break the lanes down by.", several(n, "family", "families"))
	}
	for i := range s.Lanes {
		out = append(out, m.ofLane(&s.Lanes[i], m.columns[i])...)
	}
	if s.Base != "" && s.Thinking != "" {
		if text := s.noGap(); text != "" {
			say("%s", text)
		}
	}
	return out
}

// ofLane are those of one lane.
func (m *maker) ofLane(l *Lane, c *column) []string {
	var out []string
	say := func(format string, args ...any) {
		out = append(out, l.Name+" "+fmt.Sprintf(format, args...))
	}
	if l.Kind == eval.Planned {
		out = append(out, neverFired(l, c)...)
		if !slices.ContainsFunc(m.spec.Lanes, func(o eval.LaneSpec) bool { return o.Kind == eval.Control && o.Of == l.Name }) {
			out = append(out, "No control was run beside "+l.Name+": what directions or positions left to chance would do is not known.")
		}
	}
	if n := l.Broken + l.Refused; n > 0 {
		text := fmt.Sprintf("has %s that could not be generated, counted as wrong", several(n, "answer", "answers"))
		if len(l.Failures) > 0 {
			f := l.Failures[0]
			text += fmt.Sprintf("; the first is to %s: %s", badfile.Quote(f.ID), badfile.Short(f.Error))
		}
		say("%s.", text)
	}
	if l.Lost && l.Kind != eval.Planned { // of plans, Sentences says it
		say("gives an answer in only %s of its outputs: its score says that the model is broken.", percent(*l.Found))
	}
	if l.Truncated != nil && *l.Truncated > manyTruncated {
		say("ran out of tokens in %s of its answers: with more of them its score may differ.", percent(*l.Truncated))
	}
	return out
}

// neverFired are about a plan, or terms of it, that did nothing.
func neverFired(l *Lane, c *column) []string {
	if len(c.answers) == 0 {
		return nil
	}
	if c.rowEdits == 0 {
		return []string{l.Name + " never fired: it changed nothing at all."}
	}
	var out []string
	for _, term := range slices.Sorted(maps.Keys(c.fired)) {
		if c.fired[term] == 0 {
			out = append(out, fmt.Sprintf("The term %s of %s never fired.", badfile.Quote(term), l.Name))
		}
	}
	return out
}

// missing says which lanes lack how many answers, naming some.
func (s *Summary) missing() string {
	const most = 5
	total, all, lanes := 0, 0, []string{}
	note := func(f *Figures, name string) {
		all += f.N + f.Missing
		if f.Missing > 0 {
			total += f.Missing
			lanes = append(lanes, fmt.Sprintf("%s lacks %s", name, counted(f.Missing)))
		}
	}
	for i := range s.Lanes {
		l := &s.Lanes[i]
		note(&l.Figures, l.Name)
		if l.Guard != nil {
			note(l.Guard, l.Name+" on the guard set")
		}
	}
	if total == 0 {
		return ""
	}
	if n := len(lanes); n > most {
		lanes = append(lanes[:most], several(n-most, "more lane lacks some", "more lanes lack some"))
	}
	return fmt.Sprintf("The run is not finished: %s of %s are there; %s.", counted(all-total), several(all, "answer", "answers"), strings.Join(lanes, ", "))
}

// noGap says why there is no recovered gap.
func (s *Summary) noGap() string {
	t := s.Lane(s.Thinking)
	switch {
	case t.Paired == 0:
		return ""
	case t.RecoveredGap == nil:
		return fmt.Sprintf("%s and %s score the same, so there is no gap to recover.", s.Base, s.Thinking)
	case !t.RecoveredGapCI95.Defined():
		return fmt.Sprintf("%s and %s may score the same, so what is recovered of the gap between them has no interval.", s.Base, s.Thinking)
	case *t.Delta < 0:
		return fmt.Sprintf("%s does worse than %s: a recovered gap is then a loss.", s.Thinking, s.Base)
	}
	return ""
}
