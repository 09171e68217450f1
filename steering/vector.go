package steering

import (
	"fmt"
	"math"
	"slices"
)

// Embed is the layer before block 0.
const Embed = -1

// Vector is a named set of directions by layer. It must not be changed once a
// plan has been compiled with it, except through the slices in Directions by
// an optimiser that also recompiles.
type Vector struct {
	// Name is what plans call the vector.
	Name string
	// DModel is the length of every direction.
	DModel int
	// Directions maps a layer to its direction [d_model]. Layer L is the
	// stream after block L, [Embed] the stream before block 0.
	Directions map[int][]float32
	// Meta is what the vector's file says about itself; untrusted text.
	Meta map[string]string
	// Source is the file the vector was read from, or empty.
	Source string
}

// Layers returns the layers that have a direction, in increasing order.
func (v *Vector) Layers() []int {
	layers := make([]int, 0, len(v.Directions))
	for layer := range v.Directions {
		layers = append(layers, layer)
	}
	slices.Sort(layers)
	return layers
}

// Norm returns the L2 norm of the direction at a layer, or 0 if there is none.
func (v *Vector) Norm(layer int) float64 {
	return norm(v.Directions[layer])
}

// Check reports the first thing that makes the vector unusable: no directions,
// a direction of another width than DModel, a layer below [Embed], a NaN or an
// infinity, a norm that float32 cannot hold, or nothing but zeros in every
// direction. A single direction of zeros is allowed beside others.
func (v *Vector) Check() error {
	if len(v.Directions) == 0 {
		return fmt.Errorf("vector %s has no directions", v.label())
	}
	if v.DModel <= 0 {
		return fmt.Errorf("vector %s has width %d; a width is at least 1", v.label(), v.DModel)
	}
	anything := false
	for _, layer := range v.Layers() {
		direction := v.Directions[layer]
		if err := v.checkDirection(layer, direction); err != nil {
			return fmt.Errorf("vector %s: %w", v.label(), err)
		}
		anything = anything || norm(direction) > 0
	}
	if !anything {
		return fmt.Errorf("vector %s is zero at every layer, so it has no direction", v.label())
	}
	return nil
}

func (v *Vector) checkDirection(layer int, direction []float32) error {
	if layer < Embed {
		return fmt.Errorf("layer %d does not exist; the lowest is %d, before block 0", layer, Embed)
	}
	if len(direction) != v.DModel {
		return fmt.Errorf("the direction at layer %d has width %d, but the vector has width %d", layer, len(direction), v.DModel)
	}
	for i, x := range direction {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("the direction at layer %d holds %v at index %d", layer, x, i)
		}
	}
	if n := norm(direction); n > math.MaxFloat32 {
		return fmt.Errorf("the norm of the direction at layer %s is too large for float32", layerName(layer))
	}
	return nil
}

// label names the vector and its file in error texts.
func (v *Vector) label() string {
	if v.Source == "" {
		return fmt.Sprintf("%q", v.Name)
	}
	return fmt.Sprintf("%q (%q)", v.Name, v.Source)
}

// layerName is how plans write a layer.
func layerName(layer int) string {
	if layer == Embed {
		return "embed"
	}
	return fmt.Sprint(layer)
}

// norm is the L2 norm in float64, exact enough that no test of ours can tell
// it from the true one.
func norm(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
