package lab

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"tiller/steering"
)

// drawer makes the lanes of controls.
type drawer struct {
	subject Subject
	options ControlOptions
	own     Outcome // of the plan itself, on tune
}

// lanes appends the draws to c and returns their lanes, one for each draw and
// strength.
func (d *drawer) lanes(c *Controls) ([]Lane, error) {
	var lanes []Lane
	for _, kind := range d.options.Kinds {
		draws := d.options.Draws
		if kind == Negated {
			draws = 1
		}
		for draw := range draws {
			c.Draws = append(c.Draws, Control{Kind: kind, Draw: draw})
			vectors, err := d.vectors(kind, draw)
			if err != nil {
				return nil, err
			}
			for _, factor := range d.options.Strengths {
				lane, err := d.lane(kind, draw, vectors, factor)
				if err != nil {
					return nil, fmt.Errorf("control %s: %w", kind, err)
				}
				lane.Name = fmt.Sprintf("control:%s/%d*%g", kind, draw, factor)
				lanes = append(lanes, lane)
			}
		}
	}
	return lanes, nil
}

func (d *drawer) lane(kind Kind, draw int, vectors map[string]*steering.Vector, factor float64) (Lane, error) {
	plan, err := stronger(d.subject.Plan, factor)
	if err != nil {
		return Lane{}, err
	}
	if kind != Positions {
		return d.subject.lane(plan, vectors)
	}
	anywhere, err := d.anywhere(plan, draw)
	if err != nil {
		return Lane{}, err
	}
	return d.subject.with("", anywhere), nil
}

// vectors are those of the plan with their directions exchanged.
func (d *drawer) vectors(kind Kind, draw int) (map[string]*steering.Vector, error) {
	if kind == Positions {
		return d.subject.Vectors, nil
	}
	out := map[string]*steering.Vector{}
	for _, name := range d.subject.Plan.Names() {
		v := d.subject.Vectors[name]
		if v == nil {
			return nil, fmt.Errorf("the plan's vector %q is not there", name)
		}
		w := &steering.Vector{Name: v.Name, DModel: v.DModel, Directions: map[int][]float32{}}
		for _, layer := range v.Layers() {
			direction, err := d.direction(kind, draw, v, name, layer)
			if err != nil {
				return nil, err
			}
			w.Directions[layer] = direction
		}
		out[name] = w
	}
	return out, nil
}

// direction draws what stands for a vector's direction at a layer.
func (d *drawer) direction(kind Kind, draw int, v *steering.Vector, name string, layer int) ([]float32, error) {
	var drawn []float64
	switch kind {
	case Negated:
		return negated(v.Directions[layer]), nil
	case Isotropic:
		drawn = gaussian(v.DModel, d.random(kind, draw, fmt.Sprintf("%s/%d", name, layer)))
	case Covariance:
		rows := d.options.Rows[layer]
		if err := checkRows(rows, v.DModel); err != nil {
			return nil, fmt.Errorf("directions with the covariance of layer %d: %w", layer, err)
		}
		drawn = like(rows, d.random(kind, draw, fmt.Sprintf("%s/%d", name, layer)))
	case Shuffled:
		c := d.options.Contrasts[name][layer]
		rows := slices.Concat(c.Positive, c.Negative)
		if err := checkRows(rows, v.DModel); err != nil || len(c.Positive) == 0 || len(c.Negative) == 0 {
			return nil, fmt.Errorf("directions from shuffled labels for vector %q at layer %d: there are %d positive and %d negative rows (%v)", name, layer, len(c.Positive), len(c.Negative), err)
		}
		// One deal of the labels serves all layers of a vector.
		drawn = shuffled(rows, len(c.Positive), d.random(kind, draw, name))
	default:
		return nil, fmt.Errorf("there is no control %q, only %s, %s, %s, %s, %s", kind, Isotropic, Covariance, Shuffled, Negated, Positions)
	}
	return ofNorm(drawn, v.Norm(layer))
}

// random are the random numbers of one direction: the same whatever else is
// drawn, and in which order.
func (d *drawer) random(kind Kind, draw int, what string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%s", kind, draw, what)
	return rand.New(rand.NewPCG(d.options.Seed, h.Sum64()))
}

func checkRows(rows [][]float32, width int) error {
	if len(rows) < 2 {
		return fmt.Errorf("there are %d rows, but at least 2 are needed", len(rows))
	}
	for i, r := range rows {
		if len(r) != width {
			return fmt.Errorf("row %d has width %d, not %d", i, len(r), width)
		}
	}
	return nil
}

func negated(x []float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = -v
	}
	return out
}

func gaussian(n int, r *rand.Rand) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}

// like draws from the Gaussian with the covariance of rows and mean 0: a sum of
// the centred rows with weights of their own, N(0, 1) each.
func like(rows [][]float32, r *rand.Rand) []float64 {
	mean := meanRow(rows)
	out := make([]float64, len(mean))
	for _, row := range rows {
		w := r.NormFloat64()
		for i, v := range row {
			out[i] += float64(w * (float64(v) - mean[i]))
		}
	}
	return out
}

// shuffled is the difference of means after n of the rows, any, were called
// positive.
func shuffled(rows [][]float32, n int, r *rand.Rand) []float64 {
	dealt := slices.Clone(rows)
	r.Shuffle(len(dealt), func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })
	out, negative := meanRow(dealt[:n]), meanRow(dealt[n:])
	for i := range out {
		out[i] -= negative[i]
	}
	return out
}

func meanRow(rows [][]float32) []float64 {
	out := make([]float64, len(rows[0]))
	for _, row := range rows {
		for i, v := range row {
			out[i] += float64(v)
		}
	}
	for i := range out {
		out[i] /= float64(len(rows))
	}
	return out
}

// ofNorm gives x the norm n.
func ofNorm(x []float64, n float64) ([]float32, error) {
	var sum float64
	for _, v := range x {
		sum += float64(v * v)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, fmt.Errorf("a drawn direction has the norm %v: the rows that it was drawn from are all the same or not finite", math.Sqrt(sum))
	}
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v * (n / math.Sqrt(sum)))
	}
	return out, nil
}
