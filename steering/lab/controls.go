package lab

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/lab/problem"
	"tiller/steering/statistics"
)

// Kind says what a control changes about a plan; all else stays.
type Kind = controls.Kind

// The kinds of control, see package controls.
const (
	Isotropic  = controls.Isotropic
	Covariance = controls.Covariance
	Shuffled   = controls.Shuffled
	Negated    = controls.Negated
	Positions  = controls.Positions
)

// A Subject is the plan that controls are held against.
type Subject struct {
	Model     *model.Model
	Tokenizer *tokenizer.Tokenizer
	Plan      steering.Plan
	Vectors   map[string]*steering.Vector
	// Header, Prefill and MaxTokens are those of its [Lane].
	Header, Prefill string
	MaxTokens       int
}

// Contrast is rows [n, d_model] of two classes at one layer.
type Contrast struct{ Positive, Negative [][]float32 }

// Reference is problems, and what the lanes that a gap is measured between
// made of them. The outcomes may be those of more problems that begin with
// these.
type Reference struct {
	Problems       []problem.Problem
	Base, Thinking Outcome
}

// ControlOptions say which controls are drawn and how they are measured.
type ControlOptions struct {
	Kinds []Kind
	// Draws is how many there are of each kind; of Negated there is one.
	Draws int
	// Strengths are what the plan's own strengths are multiplied by, each above
	// 0. Every draw takes the one that serves it best on Tune.
	Strengths []float64
	Seed      uint64
	// Rows, by layer, [n, d_model], are for Covariance.
	Rows map[int][][]float32
	// Contrasts, by vector and layer, are for Shuffled.
	Contrasts map[string]map[int]Contrast
	// Tune is where strengths are chosen, Test where the result counts.
	Tune, Test Reference
	Measure    MeasureOptions
}

// Control is one draw, as it was measured.
type Control struct {
	Kind Kind `json:"kind"`
	Draw int  `json:"draw"` // 0-based
	// Strength is the factor chosen on tune: the one with the most right
	// answers, the lowest of these.
	Strength float64 `json:"strength"`
	// TuneGap and TestGap are recovered gaps at that strength.
	TuneGap float64 `json:"tune_gap"`
	TestGap float64 `json:"test_gap"`
	// Broken reports that the model gave no answers any more at that strength,
	// on test: see [Outcome.Broken].
	Broken bool `json:"broken"`
	// Sweep is every strength on tune, in the order given.
	Sweep []SweepPoint `json:"sweep"`
	// Outcome is that on test.
	Outcome Outcome `json:"-"`
}

// SweepPoint is a control at one strength, on tune.
type SweepPoint struct {
	Strength float64 `json:"strength"`
	Gap      float64 `json:"gap"`
	Broken   bool    `json:"broken"`
}

// Controls are all draws, beside the plan itself on the same problems.
type Controls struct {
	// TuneGap and TestGap are the plan's own, at its own strength.
	TuneGap float64   `json:"tune_gap"`
	TestGap float64   `json:"test_gap"`
	TuneN   int       `json:"tune_n"`
	TestN   int       `json:"test_n"`
	Draws   []Control `json:"draws"`
}

// MeasureControls draws controls, lets each find its best strength on tune and
// measures it on test. That is three measurements, and progress is told of
// each anew: the plan on tune, all draws at all strengths on tune, and the
// draws at their best on test, with the plan.
func MeasureControls(ctx context.Context, s Subject, o ControlOptions) (*Controls, error) {
	tune, err := newRuler("tune", o.Tune)
	if err != nil {
		return nil, err
	}
	test, err := newRuler("test", o.Test)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	own, err := s.lane(s.Plan, s.Vectors)
	if err != nil {
		return nil, err
	}
	outcomes, err := Measure(ctx, s.Tokenizer, tune.problems, []Lane{own}, o.Measure)
	if err != nil {
		return nil, err
	}
	c := &Controls{TuneGap: tune.gap(outcomes[0]), TuneN: len(tune.problems), TestN: len(test.problems)}
	d := drawer{subject: s, options: o, own: outcomes[0]}
	lanes, err := d.lanes(c)
	if err != nil {
		return nil, err
	}
	if outcomes, err = Measure(ctx, s.Tokenizer, tune.problems, lanes, o.Measure); err != nil {
		return nil, err
	}
	chosen := []Lane{own}
	for i := range c.Draws {
		of := len(o.Strengths)
		best := c.Draws[i].choose(o.Strengths, outcomes[i*of:(i+1)*of], tune)
		chosen = append(chosen, lanes[i*of+best])
	}
	if outcomes, err = Measure(ctx, s.Tokenizer, test.problems, chosen, o.Measure); err != nil {
		return nil, err
	}
	c.TestGap = test.gap(outcomes[0])
	for i := range c.Draws {
		d := &c.Draws[i]
		d.Outcome = outcomes[i+1]
		d.TestGap, d.Broken = test.gap(d.Outcome), d.Outcome.Broken(test.base)
	}
	return c, nil
}

// choose fills the sweep and what follows from it, and returns the index of
// the best strength.
func (c *Control) choose(strengths []float64, outcomes []Outcome, tune *ruler) (best int) {
	c.Sweep = make([]SweepPoint, len(strengths))
	for i, o := range outcomes {
		c.Sweep[i] = SweepPoint{Strength: strengths[i], Gap: tune.gap(o), Broken: o.Broken(tune.base)}
		a, b := c.Sweep[i], c.Sweep[best]
		if a.Gap > b.Gap || a.Gap == b.Gap && a.Strength < b.Strength {
			best = i
		}
	}
	c.Strength, c.TuneGap = c.Sweep[best].Strength, c.Sweep[best].Gap
	return best
}

func (o *ControlOptions) check() error {
	if o.Draws < 1 || len(o.Kinds) == 0 || len(o.Strengths) == 0 {
		return fmt.Errorf("%d draws of %d kinds of control at %d strengths are nothing to measure", o.Draws, len(o.Kinds), len(o.Strengths))
	}
	for _, f := range o.Strengths {
		if !(f > 0) || math.IsInf(f, 0) {
			return fmt.Errorf("a control's strength of %g times the plan's own is not above 0", f)
		}
	}
	return nil
}

// A ruler measures gaps on a set of problems.
type ruler struct {
	problems       []problem.Problem
	base, thinking Outcome
}

func newRuler(name string, r Reference) (*ruler, error) {
	n := len(r.Problems)
	for _, known := range []int{len(r.Base.Right), len(r.Base.Answered), len(r.Thinking.Right), len(r.Thinking.Answered)} {
		if known < n || n == 0 {
			return nil, fmt.Errorf("the controls' %s set has %d problems, but base and thinking were measured on %d", name, n, known)
		}
	}
	u := &ruler{problems: r.Problems, base: r.Base.first(n), thinking: r.Thinking.first(n)}
	if u.base.Score() == u.thinking.Score() {
		return nil, fmt.Errorf("there is no gap to recover on the %s set: base and thinking both answer %.3f of it right", name, u.base.Score())
	}
	return u, nil
}

// gap is the recovered gap of an outcome.
func (u *ruler) gap(o Outcome) float64 {
	b := float64(count(u.base.Right))
	return (float64(count(o.Right)) - b) / (float64(count(u.thinking.Right)) - b)
}

// lane is the subject's lane with another plan or other vectors.
func (s *Subject) lane(plan steering.Plan, vectors map[string]*steering.Vector) (Lane, error) {
	c := s.Model.Config()
	bound, err := steering.Bind(plan, c.Layers, c.DModel, vectors)
	if err != nil {
		return Lane{}, err
	}
	return s.with(plan.String(), steering.Lanes{Bound: bound, Tokenizer: s.Tokenizer}), nil
}

func (s *Subject) with(name string, g generate.Steering) Lane {
	return Lane{Name: name, Model: s.Model, Header: s.Header, Prefill: s.Prefill, MaxTokens: s.MaxTokens, Steering: g}
}

// ControlSummary is all draws of one kind.
type ControlSummary struct {
	Kind  Kind `json:"kind"`
	Draws int  `json:"draws"`
	TuneN int  `json:"tune_n"`
	TestN int  `json:"test_n"`
	// Broken counts draws that broke the model at their best strength,
	// BrokenAtSome those that did at some strength, on tune.
	Broken       int `json:"broken"`
	BrokenAtSome int `json:"broken_at_some_strength"`
	// MeanGap is over the draws that are not broken (null if all are), MaxGap
	// over all.
	MeanGap *float64 `json:"mean_gap"`
	MaxGap  float64  `json:"max_gap"`
	// OwnGap is the plan's, on the same problems; RankP its p among the draws.
	OwnGap float64 `json:"own_gap"`
	RankP  float64 `json:"rank_p"`
}

// Summaries sums up each kind, in the order of first appearance.
func (c *Controls) Summaries() []ControlSummary {
	var kinds []Kind
	gaps, whole := map[Kind][]float64{}, map[Kind][]float64{}
	broken, atSome := map[Kind]int{}, map[Kind]int{}
	for _, d := range c.Draws {
		if !slices.Contains(kinds, d.Kind) {
			kinds = append(kinds, d.Kind)
		}
		gaps[d.Kind] = append(gaps[d.Kind], d.TestGap)
		if d.Broken {
			broken[d.Kind]++
		} else {
			whole[d.Kind] = append(whole[d.Kind], d.TestGap)
		}
		if slices.ContainsFunc(d.Sweep, func(p SweepPoint) bool { return p.Broken }) {
			atSome[d.Kind]++
		}
	}
	var out []ControlSummary
	for _, k := range kinds {
		s := ControlSummary{
			Kind: k, Draws: len(gaps[k]), TuneN: c.TuneN, TestN: c.TestN, Broken: broken[k], BrokenAtSome: atSome[k],
			MaxGap: slices.Max(gaps[k]), OwnGap: c.TestGap, RankP: statistics.RankP(c.TestGap, gaps[k]),
		}
		if len(whole[k]) > 0 {
			mean := statistics.Mean(whole[k])
			s.MeanGap = &mean
		}
		out = append(out, s)
	}
	return out
}
