package controls

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// check says why no direction of that width can be drawn from a contrast.
func (c Contrast) check(width int) error {
	if len(c.Positive) == 0 || len(c.Negative) == 0 {
		return fmt.Errorf("there are %d positive and %d negative rows, but at least 1 of each is needed", len(c.Positive), len(c.Negative))
	}
	if err := checkRows(c.Positive, width, 1); err != nil {
		return fmt.Errorf("positive rows: %w", err)
	}
	if err := checkRows(c.Negative, width, 1); err != nil {
		return fmt.Errorf("negative rows: %w", err)
	}
	return nil
}

func checkRows(rows [][]float32, width, least int) error {
	if len(rows) < least {
		return fmt.Errorf("there are %d rows, but at least %d are needed", len(rows), least)
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

// relabelled is the difference of means [d_model] after n of the rows
// [rows, d_model], any, were called positive and all others negative. There is
// at least one of each.
func relabelled(rows [][]float32, n int, r *rand.Rand) []float64 {
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

// OfNorm is x, scaled to the L2 norm n. Zeros and numbers that are not finite
// can't be.
func OfNorm(x []float64, n float64) ([]float32, error) {
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
