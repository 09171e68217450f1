// Package mix computes steering vectors from others: weighted sums, and what is left of a vector
// once the directions of others are taken out.
package mix

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering"
	"tiller/steering/vectorfile"
)

// negligible is the part of a direction, relative to its norm, that is taken for rounding error:
// stored directions are float32, so what is left of one that lies in others' span is not zero.
const negligible = 1e-6

// Mix computes an expression such as "a-0.5*b" (see Parse) over vectors by their names, at each
// layer for itself, and then removes from the result the span of the vectors in orthogonalTo.
// All vectors concerned must have the same width and the same layers. Sums are made in float64
// and rounded once.
func Mix(expr string, vectors map[string]*steering.Vector, orthogonalTo []string) (*steering.Vector, error) {
	names := slices.Sorted(maps.Keys(vectors))
	e, err := Parse(expr, names)
	if err != nil {
		return nil, err
	}
	for _, name := range orthogonalTo {
		if vectors[name] == nil {
			return nil, fmt.Errorf("there is no vector %s to be orthogonal to; %s", badfile.Quote(name), list(names))
		}
	}
	if err := e.fit(vectors, orthogonalTo); err != nil {
		return nil, err
	}
	first := vectors[e[0].Vector]
	result := &steering.Vector{
		Name:       "mix",
		DModel:     first.DModel,
		Directions: make(map[int][]float32, len(first.Directions)),
		Meta:       map[string]string{vectorfile.MetaMethod: "mix", "expression": e.String()},
	}
	if len(orthogonalTo) > 0 {
		result.Meta["orthogonal_to"] = strings.Join(orthogonalTo, ", ")
	}
	for _, key := range []string{vectorfile.MetaModelHint, vectorfile.MetaModelFingerprint} {
		if value, ok := e.agreed(vectors, key); ok {
			result.Meta[key] = value
		}
	}
	for _, layer := range first.Layers() {
		sum := e.sum(vectors, layer)
		removeSpan(sum, basis(vectors, orthogonalTo, layer))
		result.Directions[layer] = rounded(sum)
	}
	if err := result.Check(); err != nil {
		return nil, fmt.Errorf("the mix %s can't be used: %w", badfile.Quote(e.String()), err)
	}
	return result, nil
}

// fit checks that the vectors concerned are whole and have one width and the same layers.
func (e Expression) fit(vectors map[string]*steering.Vector, others []string) error {
	var names []string
	for _, t := range e {
		names = append(names, t.Vector)
	}
	names = append(names, others...)
	first := vectors[names[0]]
	for _, name := range names {
		v := vectors[name]
		if err := v.Check(); err != nil {
			return err
		}
		if v.DModel != first.DModel {
			return fmt.Errorf("vectors %q and %q can't be mixed: their widths are %d and %d", names[0], name, first.DModel, v.DModel)
		}
		if only, lacks := missing(first, v), missing(v, first); len(only)+len(lacks) > 0 {
			return fmt.Errorf("vectors %q and %q can't be mixed, since they have other layers: %s", names[0], name, difference(names[0], only, name, lacks))
		}
	}
	return nil
}

// missing lists the layers that v has and other lacks.
func missing(v, other *steering.Vector) []int {
	return slices.DeleteFunc(v.Layers(), func(layer int) bool { return other.Directions[layer] != nil })
}

func difference(a string, onlyA []int, b string, onlyB []int) string {
	var parts []string
	if len(onlyA) > 0 {
		parts = append(parts, fmt.Sprintf("only %q has %s", a, badfile.Short(fmt.Sprint(onlyA))))
	}
	if len(onlyB) > 0 {
		parts = append(parts, fmt.Sprintf("only %q has %s", b, badfile.Short(fmt.Sprint(onlyB))))
	}
	return strings.Join(parts, ", ")
}

// agreed returns the metadata that all vectors of the expression have under key, if they agree.
func (e Expression) agreed(vectors map[string]*steering.Vector, key string) (string, bool) {
	value, ok := vectors[e[0].Vector].Meta[key]
	differs := slices.ContainsFunc(e, func(t Term) bool { return vectors[t.Vector].Meta[key] != value })
	return value, ok && !differs
}

// sum is the expression at one layer [d_model].
func (e Expression) sum(vectors map[string]*steering.Vector, layer int) []float64 {
	total := make([]float64, vectors[e[0].Vector].DModel)
	for _, t := range e {
		for i, x := range vectors[t.Vector].Directions[layer] {
			total[i] += float64(t.Factor * float64(x)) // never fused: the same bits on every machine
		}
	}
	return total
}

// basis is an orthonormal basis of the span of the named vectors at one layer, by Gram-Schmidt.
// A direction that is zero, or lies in the span of those before it, adds nothing.
func basis(vectors map[string]*steering.Vector, names []string, layer int) [][]float64 {
	var units [][]float64
	for _, name := range names {
		direction := vectors[name].Directions[layer]
		u := make([]float64, len(direction))
		for i, x := range direction {
			u[i] = float64(x)
		}
		removeSpan(u, units)
		n := norm(u)
		if n == 0 {
			continue
		}
		for i := range u {
			u[i] /= n
		}
		units = append(units, u)
	}
	return units
}

// removeSpan takes from x its part in the span of orthonormal units. It goes round twice, since
// after once the rounding errors of nearly parallel directions still show. If what is left is
// negligible, x becomes zero.
func removeSpan(x []float64, units [][]float64) {
	if len(units) == 0 {
		return
	}
	before := norm(x)
	for range 2 {
		for _, u := range units {
			along := 0.0
			for i := range x {
				along += float64(x[i] * u[i])
			}
			for i := range x {
				x[i] -= float64(along * u[i])
			}
		}
	}
	if norm(x) <= negligible*before {
		clear(x)
	}
}

func norm(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v * v)
	}
	return math.Sqrt(sum)
}

func rounded(x []float64) []float32 {
	r := make([]float32, len(x))
	for i, v := range x {
		r[i] = float32(v)
	}
	return r
}
