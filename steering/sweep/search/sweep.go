package search

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"tiller/steering"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
)

// A Sweep is what is tried, and on what.
type Sweep struct {
	// Dir is the sweep's folder: a new or empty one, or one in which the same
	// sweep was begun, which then goes on.
	Dir   string
	Space Space
	Model eval.Model
	// Vectors by the names that plans have for them.
	Vectors map[string]*steering.Vector
	// Tune is the set that chooses, Confirm the one that confirms.
	Tune, Confirm *eval.Asked
	// Spec is what determines answers beside sets and lanes, which Run puts in.
	// Its Divergence is that of confirming.
	Spec    eval.Spec
	Rule    Rule
	Options Options
}

// Options say how a sweep computes; they change no number.
type Options struct {
	// Batch is how many lanes step together; 0 is as many as fit.
	Batch int
	// Stop, once closed, lets the answers under way end and begins no others.
	Stop <-chan struct{}
	// Progress is told of every answer as it is there, from the goroutine of
	// Run; nil is not.
	Progress func(Progress)
}

// Progress says how far a sweep is.
type Progress struct {
	// Confirming says that the choice is made, and Done and Total are answers
	// that confirm it.
	Confirming bool
	// Done is how many answers are there, and Total how many there will be, as
	// far as is known: stopping a cell makes it less.
	Done, Total int
	// Stopped is how many of the cells are stopped.
	Cells, Stopped int
}

// The folder of the run of all cells, in the sweep's.
const gridFolder = "grid"

// Run computes what the folder does not hold yet, and writes what came of it.
// When it ends with an error, what was computed is kept, and calling it again
// goes on there; the error is an [*eval.MixError] if the folder holds another
// sweep, and [eval.ErrStopped] if Options.Stop was closed.
func (s *Sweep) Run(ctx context.Context) (*Result, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := s.reserve(); err != nil {
		return nil, err
	}
	g := &grid{Sweep: s}
	if err := g.run(ctx); err != nil {
		return nil, err
	}
	r, err := g.result()
	if err != nil {
		return nil, err
	}
	if err := r.write(s.Dir); err != nil { // confirming may take a while
		return nil, err
	}
	if r.Summary, err = s.confirm(ctx, r.chosen.spec); err != nil {
		return nil, err
	}
	r.confirmed()
	return r, r.write(s.Dir)
}

func (s *Sweep) check() error {
	switch {
	case len(s.Tune.Set.Items) == 0:
		return fmt.Errorf("%s leaves no problems to choose on", s.Tune.Spec.Ref)
	case len(s.Confirm.Set.Items) == 0:
		return fmt.Errorf("%s leaves no problems to confirm on", s.Confirm.Spec.Ref)
	}
	return s.Space.Check()
}

var baseLane = eval.LaneSpec{Name: "base", Kind: eval.Base}

// confirming describes the run that confirms, with base alone.
func (s *Sweep) confirming() eval.Spec {
	spec := s.Spec
	spec.Set, spec.Tune, spec.Samples = s.Confirm.Spec, &s.Tune.Spec, 1
	spec.Lanes = []eval.LaneSpec{baseLane}
	return spec
}

// reserve makes the folder that of the run that confirms, of which only the
// plan is not known yet: so a folder of something else is refused before the
// sweep.
func (s *Sweep) reserve() error {
	spec := s.confirming()
	if old, err := eval.ReadSpec(s.Dir); err == nil && len(old.Lanes) == 2 && old.Lanes[1].Kind == eval.Planned {
		spec.Lanes = append(spec.Lanes, old.Lanes[1]) // chosen before
	}
	f, err := eval.Create(s.Dir, spec)
	if err != nil {
		return err
	}
	return f.Close()
}

// confirm lets base and the chosen plan answer the set that chose nothing.
func (s *Sweep) confirm(ctx context.Context, chosen eval.LaneSpec) (sum *summary.Summary, err error) {
	spec := s.confirming()
	spec.Lanes = append(spec.Lanes, chosen)
	f, err := eval.Create(s.Dir, spec)
	if err != nil {
		return nil, err
	}
	run := eval.Run{Folder: f, Base: s.Model, Main: s.Confirm, Vectors: s.Vectors, Options: eval.Options{
		Batch: s.Options.Batch, Stop: s.Options.Stop,
		Progress: func(p eval.Progress) {
			s.tell(Progress{Confirming: true, Done: p.Done, Total: p.Total})
		},
	}}
	if err := errors.Join(run.Compute(ctx), f.Close()); err != nil {
		return nil, err
	}
	if sum, err = summary.Make(s.Dir, summary.Options{}); err != nil {
		return nil, err
	}
	return sum, sum.Write(s.Dir)
}

func (s *Sweep) tell(p Progress) {
	if s.Options.Progress != nil {
		s.Options.Progress(p)
	}
}

// A grid is the part of a sweep that chooses, at work.
type grid struct {
	*Sweep
	base  *lane
	cells []*lane // of all vectors, selectors, layers and strengths, the last varying fastest
	live  []*lane // those that are not refused
	lanes map[string]*lane
	place map[string]int // of problems
}

func (g *grid) run(ctx context.Context) (err error) {
	if err := g.bind(); err != nil {
		return err
	}
	spec := g.Spec
	spec.Set, spec.Samples, spec.Divergence = g.Tune.Spec, 1, false
	spec.Lanes = []eval.LaneSpec{g.base.spec}
	for _, l := range g.live {
		spec.Lanes = append(spec.Lanes, l.spec)
	}
	f, err := eval.Create(g.gridPath(), spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := eval.ReadSamples(f.Path(), g.take); err != nil {
		return err
	}
	problems := len(g.Tune.Set.Items)
	level := g.Rule.level(len(g.live), problems)
	for _, n := range append(g.Rule.looks(problems), problems) {
		if err := g.compute(ctx, f, n); err != nil {
			return err
		}
		if n < problems {
			g.look(n, level)
		}
	}
	return g.diverge(ctx)
}

// bind makes a lane of each cell that the plan can be used at.
func (g *grid) bind() error {
	problems := len(g.Tune.Set.Items)
	g.place = map[string]int{}
	for i, item := range g.Tune.Set.Items {
		g.place[item.ID] = i
	}
	g.base = &lane{spec: baseLane, answers: make([]answer, problems)}
	g.lanes = map[string]*lane{baseLane.Name: g.base}
	digests := map[string]string{}
	for name, v := range g.Vectors {
		if v != nil {
			digests[name] = eval.Digest(v)
		}
	}
	for v := range g.Space.Vectors {
		for sel := range g.Space.Selectors {
			for _, l := range g.Space.lanes(v, sel) {
				if err := g.prepare(l, digests); err != nil {
					l.cell.Error = reason(err)
				}
				g.cells = append(g.cells, l)
			}
		}
	}
	if len(g.live) == 0 {
		return fmt.Errorf("no cell of the sweep can be computed: %s", g.cells[0].cell.Error)
	}
	return nil
}

// prepare makes a cell one of those that are asked, if its plan can be used.
func (g *grid) prepare(l *lane, digests map[string]string) error {
	c := g.Model.Config()
	if _, err := steering.Bind(l.plan, c.Layers, c.DModel, g.Vectors); err != nil {
		return err
	}
	l.spec, l.answers = eval.PlanLane(l.plan, digestsOf(l.plan, digests)), make([]answer, len(g.place))
	g.live, g.lanes[l.spec.Name] = append(g.live, l), l
	return nil
}

// digestsOf keeps those of the plan's vectors.
func digestsOf(plan steering.Plan, all map[string]string) map[string]string {
	of := map[string]string{}
	for _, name := range plan.Names() {
		of[name] = all[name]
	}
	return of
}

// reason is what is wrong, without the place where a plan is about it: the
// cell's plan is not the one that a person wrote.
func reason(err error) string {
	if at := (*steering.Error)(nil); errors.As(err, &at) {
		return at.Reason
	}
	return err.Error()
}

// take takes note of an answer.
func (g *grid) take(s *eval.Sample) {
	i, known := g.place[s.ID]
	if l := g.lanes[s.Lane]; known && l != nil {
		l.answers[i] = answerOf(s, g.Space.Term)
	}
}

// compute lets all cells that go on answer the first n problems.
func (g *grid) compute(ctx context.Context, f *eval.Folder, n int) error {
	set, asked := *g.Tune.Set, *g.Tune
	set.Items, asked.Set = set.Items[:n], &set
	skip := map[string]bool{}
	p := Progress{Cells: len(g.live), Total: len(g.base.answers)}
	for _, l := range g.live {
		p.Total += l.until()
		if l.stopped > 0 {
			skip[l.spec.Name] = true
			p.Stopped++
		}
	}
	for _, l := range g.lanes {
		for _, a := range l.answers[:l.until()] {
			if a.known {
				p.Done++
			}
		}
	}
	run := eval.Run{Folder: f, Base: g.Model, Main: &asked, Vectors: g.Vectors, Options: eval.Options{
		Batch: g.Options.Batch, Stop: g.Options.Stop, SkipLanes: skip,
		Progress: func(of eval.Progress) {
			if of.Sample != nil {
				g.take(of.Sample)
				p.Done++
			}
			g.tell(p)
		},
	}}
	return run.Compute(ctx)
}

// look stops the cells that are hopeless after n problems.
func (g *grid) look(n int, level float64) {
	going := slices.DeleteFunc(slices.Clone(g.live), func(l *lane) bool { return l.stopped > 0 })
	scores := make([][]float64, len(going))
	best := 0
	sum := func(scores []float64) (sum float64) {
		for _, s := range scores {
			sum += s
		}
		return sum
	}
	for i, l := range going {
		scores[i] = l.scores(n)
		if sum(scores[i]) > sum(scores[best]) {
			best = i
		}
	}
	for i, l := range going {
		if i != best && hopeless(scores[best], scores[i], level) {
			l.stopped = n
		}
	}
}

func (s *Sweep) gridPath() string { return filepath.Join(s.Dir, gridFolder) }
