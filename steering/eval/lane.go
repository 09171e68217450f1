package eval

import (
	"fmt"
	"strconv"
	"strings"

	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/eval/evalset"
)

// Contrast is rows [n, d_model] of two classes at one layer.
type Contrast = controls.Contrast

// A lane is one way to answer, ready to be computed.
type lane struct {
	spec     LaneSpec
	template *evalset.Template // nil is the set's
	bound    *steering.Bound   // nil without a plan, or where a control scatters it
	scatter  *controls.Scatter // for controls at other positions
}

// after reports whether the lane needs to know what its plan's lane did.
func (l *lane) after() bool { return l.scatter != nil }

// steering is what is done to the model in one sample; nil for nothing.
func (l *lane) steering(x *session, s *Sample) (generate.Steering, error) {
	switch {
	case l.scatter != nil:
		of := s.key()
		of.lane = l.spec.Of
		fired, ok := x.Folder.firings[of]
		if !ok {
			return nil, fmt.Errorf("the lane %q has no answer whose positions could be scattered", l.spec.Of)
		}
		return l.scatter.On(sampleName(s), fired)
	case l.bound != nil:
		return steering.Lanes{Bound: l.bound, Tokenizer: x.model.Tokenizer}, nil
	}
	return nil, nil
}

// sampleName tells a sample from all others of its lane.
func sampleName(s *Sample) string {
	return fmt.Sprintf("%v/%d/%s", s.Guard, s.Draw, s.ID)
}

// PlanLane describes the lane of a plan. The digests are those of its vectors.
func PlanLane(plan steering.Plan, digests map[string]string) LaneSpec {
	text := plan.String()
	return LaneSpec{Name: "plan:" + text, Kind: Planned, Plan: text, Vectors: digests}
}

// ControlLanes describe n draws of a kind of control of a lane; negated there
// is once.
func ControlLanes(of LaneSpec, kind controls.Kind, n int, strengths []float64) []LaneSpec {
	if kind == controls.Negated {
		n = 1
	}
	if kind == controls.Positions || kind == controls.Negated {
		strengths = []float64{1}
	}
	lanes := make([]LaneSpec, n)
	for draw := range lanes {
		lanes[draw] = LaneSpec{
			Name: "control:" + string(kind) + ":" + strconv.Itoa(draw) + ":" + strings.TrimPrefix(of.Name, "plan:"),
			Kind: Control, Plan: of.Plan, Vectors: of.Vectors, Control: string(kind), Of: of.Name, Draw: draw, Strengths: strengths,
		}
	}
	return lanes
}

// build makes a lane of its description. factor is what a control's strengths
// are multiplied by.
func (r *Run) build(s LaneSpec, factor float64) (lane, error) {
	l := lane{spec: s}
	if s.Template != "" {
		t, err := evalset.ParseTemplate(s.Template)
		if err != nil {
			return l, fmt.Errorf("lane %q: %w", s.Name, err)
		}
		l.template = &t
	}
	if s.Plan == "" {
		return l, nil
	}
	plan, err := steering.Parse(s.Plan)
	if err != nil {
		return l, fmt.Errorf("lane %q: %w", s.Name, err)
	}
	c := r.Base.Config()
	vectors := r.Vectors
	if s.Kind == Control {
		d := &controls.Drawer{
			Plan: plan, Vectors: r.Vectors, Seed: r.Folder.spec.Sampling.Seed, Contrasts: r.Contrasts,
			Layers: c.Layers, DModel: c.DModel, Tokenizer: r.Base.Tokenizer,
		}
		if vectors, err = d.Draw(controls.Kind(s.Control), s.Draw); err != nil {
			return l, fmt.Errorf("lane %q: %w", s.Name, err)
		}
		if factor != 1 {
			if plan, err = controls.Stronger(plan, factor); err != nil {
				return l, fmt.Errorf("lane %q: %w", s.Name, err)
			}
		}
		if controls.Kind(s.Control) == controls.Positions {
			l.scatter, err = d.Scatter(plan, s.Draw)
			return l, err
		}
	}
	if l.bound, err = steering.Bind(plan, c.Layers, c.DModel, vectors); err != nil {
		return l, fmt.Errorf("lane %q: %w", s.Name, err)
	}
	return l, nil
}
