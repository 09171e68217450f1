package summary

import (
	"slices"

	"tiller/steering/controls"
	"tiller/steering/eval"
	"tiller/steering/statistics"
)

// Make sums up a run from the files of its folder, which may be one that goes
// on. Of each answer only numbers are kept in memory.
func Make(path string, o Options) (*Summary, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	spec, err := eval.ReadSpec(path)
	if err != nil {
		return nil, err
	}
	main, guard, err := readBoards(path, &spec)
	if err != nil {
		return nil, err
	}
	tuned, err := eval.ReadTuned(path)
	if err != nil {
		return nil, err
	}
	s := &Summary{
		Set: setSummary(spec.Set, main), Samples: spec.Samples, Shard: spec.Shard,
		Bootstrap: o.bootstrap(len(main.ids)),
		Base:      first(&spec, eval.Base), Prompt: first(&spec, eval.Prompt), Thinking: first(&spec, eval.Thinking),
	}
	draws := &resampler{options: o}
	m := newMaker(&spec, main, s, draws)
	var g *maker
	if spec.Guard != nil {
		of := setSummary(*spec.Guard, guard)
		s.Guard = &of
		g = newMaker(&spec, guard, s, draws)
	}
	s.Lanes = make([]Lane, len(spec.Lanes))
	for i, l := range spec.Lanes {
		lane := &s.Lanes[i]
		*lane = Lane{Name: l.Name, Kind: l.Kind, Plan: l.Plan, Control: l.Control, Of: l.Of, Draw: l.Draw}
		if t, ok := tuned.Lanes[l.Name]; ok {
			lane.Tuned = &t
		}
		m.lane(lane, i)
		if g != nil {
			lane.Guard = new(Figures)
			g.figures(lane.Guard, i)
		}
	}
	draws.run()
	s.finish(m)
	return s, nil
}

// finish adds what looks at several lanes.
func (s *Summary) finish(m *maker) {
	s.Complete = true
	for i := range s.Lanes {
		l := &s.Lanes[i]
		if l.Missing > 0 || l.Guard != nil && l.Guard.Missing > 0 {
			s.Complete = false
		}
	}
	s.holm()
	s.Controls = m.controls()
	for i := range s.Controls {
		g := &s.Controls[i]
		if l := s.Lane(g.Of); l != nil && g.Control == string(controls.Isotropic) {
			l.RankP = g.RankP
		}
	}
	s.Warnings = m.warnings()
}

// holm corrects the plans' p values for their number.
func (s *Summary) holm() {
	var plans []*Lane
	var p []float64
	for i := range s.Lanes {
		if l := &s.Lanes[i]; l.Kind == eval.Planned && l.McNemarP != nil {
			plans, p = append(plans, l), append(p, *l.McNemarP)
		}
	}
	for i, adjusted := range statistics.Holm(p) {
		plans[i].HolmP = &adjusted
	}
}

func setSummary(s eval.SetSpec, b *board) SetSummary {
	return SetSummary{Ref: s.Ref, SHA256: s.SHA256, Grader: s.Grader, Problems: len(b.ids), RightWrong: b.rightWrong}
}

// first names the first lane of a kind; none if there is no such.
func first(spec *eval.Spec, k eval.Kind) string {
	for _, l := range spec.Lanes {
		if l.Kind == k {
			return l.Name
		}
	}
	return ""
}

// maker makes the figures of one set.
type maker struct {
	*board
	spec      *eval.Spec
	summary   *Summary
	intervals *resampler
	// base, prompt and thinking are nil if the run has none.
	base, prompt, thinking *column
	problems               []int32  // all of them
	parts                  []family // and by family
}

func newMaker(spec *eval.Spec, b *board, s *Summary, r *resampler) *maker {
	m := &maker{board: b, spec: spec, summary: s, intervals: r, problems: b.all(), parts: b.byName()}
	of := func(name string) *column {
		if name == "" {
			return nil
		}
		return b.columns[slices.IndexFunc(spec.Lanes, func(l eval.LaneSpec) bool { return l.Name == name })]
	}
	m.base, m.prompt, m.thinking = of(s.Base), of(s.Prompt), of(s.Thinking)
	return m
}
