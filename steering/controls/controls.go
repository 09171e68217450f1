// Package controls makes what a plan's gain is held against: lanes that differ
// from the plan's in one thing, which is left to chance. Either its directions
// are exchanged for others of the same norms (see [Drawer.Draw]), or its own
// are applied at other positions (see [Drawer.Scatter]). A gain that such a
// lane brings as well does not come from that thing.
//
// Random numbers come from the seed and from what is drawn, never from what
// was drawn before it.
package controls

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"tiller/model/tokenizer"
	"tiller/steering"
)

// Kind says what a control changes about a plan; all else stays.
type Kind string

// The kinds of control.
const (
	// Isotropic directions are Gaussian, every one as likely, each with the norm
	// of the direction that it stands for.
	Isotropic Kind = "random"
	// Covariance directions are Gaussian with the covariance of the rows at
	// their layer, so that they lie where the stream does; same norms.
	Covariance Kind = "covariance"
	// Shuffled directions are differences of means, as the plan's may be, of
	// the same rows with their labels dealt out anew; same norms.
	Shuffled Kind = "shuffled"
	// Negated directions are the plan's, times -1: all draws are the same.
	Negated Kind = "negated"
	// Positions applies the plan's own directions where chance has it, as often
	// as the plan fires.
	Positions Kind = "positions"
)

// Contrast is rows [n, d_model] of two classes at one layer.
type Contrast struct{ Positive, Negative [][]float32 }

// A Drawer draws the controls of one plan.
type Drawer struct {
	Plan    steering.Plan
	Vectors map[string]*steering.Vector // by name in the plan
	Seed    uint64
	// Rows, by layer, [n, d_model], are for Covariance.
	Rows map[int][][]float32
	// Contrasts, by vector and layer, are for Shuffled.
	Contrasts map[string]map[int]Contrast
	// Layers, DModel and Tokenizer are the model's, for Positions. The tokenizer
	// tells special tokens; nil where prompts are bare ids.
	Layers, DModel int
	Tokenizer      *tokenizer.Tokenizer
}

// Draw returns the vectors that stand for the plan's in the 0-based draw of a
// kind: under the same names, with the same layers and norms. For Positions
// they are the plan's own. A kind that is not known, a vector that is not
// there, and rows that a direction can't be drawn from are errors.
func (d *Drawer) Draw(kind Kind, draw int) (map[string]*steering.Vector, error) {
	if kind == Positions {
		return d.Vectors, nil
	}
	out := map[string]*steering.Vector{}
	for _, name := range d.Plan.Names() {
		v := d.Vectors[name]
		if v == nil {
			return nil, fmt.Errorf("the plan's vector %q is not there", name)
		}
		w := &steering.Vector{Name: v.Name, DModel: v.DModel, Directions: map[int][]float32{}}
		for _, layer := range v.Layers() {
			direction, err := d.direction(kind, draw, name, layer)
			if err != nil {
				return nil, err
			}
			w.Directions[layer] = direction
		}
		out[name] = w
	}
	return out, nil
}

// Direction is one direction [d_model] of what [Drawer.Draw] returns, at a
// layer that the vector has.
func (d *Drawer) Direction(kind Kind, draw int, name string, layer int) ([]float32, error) {
	if v := d.Vectors[name]; v == nil || v.Directions[layer] == nil {
		return nil, fmt.Errorf("the plan has no vector %q with a direction at layer %d", name, layer)
	}
	return d.direction(kind, draw, name, layer)
}

// direction draws what stands for a vector's direction at a layer; both are
// there.
func (d *Drawer) direction(kind Kind, draw int, name string, layer int) ([]float32, error) {
	v := d.Vectors[name]
	var drawn []float64
	switch kind {
	case Positions:
		return v.Directions[layer], nil
	case Negated:
		return negated(v.Directions[layer]), nil
	case Isotropic:
		drawn = gaussian(v.DModel, random(d.Seed, kind, draw, fmt.Sprintf("%s/%d", name, layer)))
	case Covariance:
		rows := d.Rows[layer]
		if err := checkRows(rows, v.DModel, 2); err != nil {
			return nil, fmt.Errorf("directions with the covariance of layer %d: %w", layer, err)
		}
		drawn = like(rows, random(d.Seed, kind, draw, fmt.Sprintf("%s/%d", name, layer)))
	case Shuffled:
		c := d.Contrasts[name][layer]
		if err := c.check(v.DModel); err != nil {
			return nil, fmt.Errorf("directions from shuffled labels for vector %q at layer %d: %w", name, layer, err)
		}
		// One deal of the labels serves all layers of a vector.
		drawn = relabelled(slices.Concat(c.Positive, c.Negative), len(c.Positive), random(d.Seed, kind, draw, name))
	default:
		return nil, fmt.Errorf("there is no control %q, only %s, %s, %s, %s, %s", kind, Isotropic, Covariance, Shuffled, Negated, Positions)
	}
	return OfNorm(drawn, v.Norm(layer))
}

// random are the random numbers of one thing that is drawn: the same whatever
// else is, and in which order.
func random(seed uint64, kind Kind, draw int, what string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%s", kind, draw, what)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Stronger is the plan with all strengths times a factor, which may be
// negative. A plan that scales is refused: its strengths are neutral at 1, so
// that multiplying them makes them no stronger.
func Stronger(p steering.Plan, factor float64) (steering.Plan, error) {
	terms := slices.Clone(p.Terms)
	for i := range terms {
		if terms[i].Op == steering.Scale {
			return p, errors.New("a plan that scales has no strengths that can be multiplied: it cannot be held against controls")
		}
		s := &terms[i].Strength
		s.Value, s.To = s.Value*factor, s.To*factor
		s.Points = slices.Clone(s.Points)
		for n := range s.Points {
			s.Points[n].V *= factor
		}
	}
	return steering.Plan{Terms: terms}, nil
}
