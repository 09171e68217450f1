package lab

import (
	"math"
	"slices"
	"strings"

	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/vectorfile"
)

// VectorFigures are about one vector.
type VectorFigures struct {
	Name   string               `json:"name"`
	Method string               `json:"method"`
	Layers []derive.LayerReport `json:"layers"`
}

// Cosine is that between two vectors' directions, layer by layer.
type Cosine struct {
	A      string    `json:"a"`
	B      string    `json:"b"`
	Layers []int     `json:"layers"`
	Cosine []float64 `json:"cosine"`
}

// finalistsShown is how many of the search's plans are stated.
const finalistsShown = 10

// describe states what needs no measuring.
func (f *figurer) describe(choice []Candidate) error {
	f.figures.Finalists = slices.Clone(choice[:min(len(choice), finalistsShown)])
	var seen []string
	for _, c := range choice {
		plan, err := steering.Parse(c.Plan)
		if err != nil {
			return err
		}
		if names := strings.Join(plan.Names(), "+"); !slices.Contains(seen, names) {
			seen = append(seen, names)
			f.figures.Best = append(f.figures.Best, c)
		}
	}
	for i, r := range f.results {
		f.figures.Vectors = append(f.figures.Vectors, VectorFigures{r.Vector.Name, r.Vector.Meta[vectorfile.MetaMethod], r.Layers})
		for _, other := range f.results[i+1:] {
			f.figures.Cosines = append(f.figures.Cosines, between(r.Vector, other.Vector))
		}
	}
	return nil
}

// between compares two vectors at the layers at which both have a direction
// that is not zero.
func between(a, b *steering.Vector) Cosine {
	c := Cosine{A: a.Name, B: b.Name, Layers: []int{}, Cosine: []float64{}}
	for _, layer := range a.Layers() {
		if a.Norm(layer) > 0 && b.Norm(layer) > 0 && len(a.Directions[layer]) == len(b.Directions[layer]) {
			c.Layers, c.Cosine = append(c.Layers, layer), append(c.Cosine, angle(a.Directions[layer], b.Directions[layer]))
		}
	}
	return c
}

// angle is the cosine of the angle between two directions, neither of them
// zero.
func angle(x, y []float32) float64 {
	var xy, xx, yy float64
	for i := range x {
		xy += float64(float64(x[i]) * float64(y[i]))
		xx += float64(float64(x[i]) * float64(x[i]))
		yy += float64(float64(y[i]) * float64(y[i]))
	}
	// Rounding may take it beyond 1.
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy)))
}
