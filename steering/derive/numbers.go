package derive

import (
	"math"
	"slices"
)

// Sums run in float64 and increasing order. Products that are added are
// converted first, so that no compiler fuses the two on one machine only.

// project is the inner product of a row with a direction.
func project(row []float32, direction []float64) float64 {
	sum := 0.0
	for i, v := range row {
		sum += float64(float64(v) * direction[i])
	}
	return sum
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// axpy adds a x to y.
func axpy(y []float64, a float64, x []float64) {
	for i, v := range x {
		y[i] += float64(a * v)
	}
}

func multiply(x []float64, a float64) {
	for i := range x {
		x[i] *= a
	}
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

// normalise makes x a unit vector; false if it is zero.
func normalise(x []float64) bool {
	n := norm(x)
	if n == 0 {
		return false
	}
	multiply(x, 1/n)
	return true
}

func rounded(x []float64) []float32 {
	r := make([]float32, len(x))
	for i, v := range x {
		r[i] = float32(v)
	}
	return r
}

// auc is the share of pairs of an element of up and one of down in which the
// first is larger, ties counted half (Mann and Whitney 1947).
func auc(up, down []float64) float64 {
	down = slices.Sorted(slices.Values(down))
	total := 0.0
	for _, x := range up {
		below, _ := slices.BinarySearch(down, x)
		upTo := below
		for upTo < len(down) && down[upTo] == x {
			upTo++
		}
		total += float64(below) + 0.5*float64(upTo-below)
	}
	return total / float64(len(up)) / float64(len(down))
}
