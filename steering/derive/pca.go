package derive

import (
	"context"
	"math"
	"math/rand/v2"

	"tiller/model"
	"tiller/model/tokenizer"
)

// PCA makes the first principal direction of the pairs' differences, positive
// minus negative, taken around zero rather than around their mean: what
// repeng calls pca_center, since the two texts of a pair around their own
// middle are plus and minus half the difference. (Its pca_diff subtracts the
// mean difference first, which is what a steering vector is about.)
//
// The direction points to where positives project higher on average, and is as
// long as the root mean square of the differences along it, so that strength 1
// means the same as with [Mean].
func PCA(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, pairs []Pair, o Options) (*Result, error) {
	s, err := newSource([2]side{{model: m}, {model: m}}, t, pairs, o)
	if err != nil {
		return nil, err
	}
	if err := s.keepAll(ctx, "pca"); err != nil {
		return nil, err
	}
	found, err := s.fits(ctx, func(slot int, use []int) ([]float64, error) {
		d := s.differences(slot, use)
		return orient(principal(d), d), nil
	})
	if err != nil {
		return nil, err
	}
	return s.result(ctx, "pca of differences, uncentred", found)
}

// differences are positive minus negative rows, [len(use)][width].
func (s *source) differences(slot int, use []int) [][]float64 {
	d := make([][]float64, len(use))
	for i, pair := range use {
		d[i] = make([]float64, s.width)
		a, b := s.row(slot, pair, positive), s.row(slot, pair, negative)
		for j := range d[i] {
			d[i][j] = float64(a[j]) - float64(b[j])
		}
	}
	return d
}

// orient turns a direction to where differences point on average, and makes it
// as long as their root mean square along it.
func orient(u []float64, differences [][]float64) []float64 {
	if !normalise(u) {
		return u
	}
	sum, squares := 0.0, 0.0
	for _, d := range differences {
		along := dot(u, d)
		sum += along
		squares += float64(along * along)
	}
	length := math.Sqrt(squares / float64(len(differences)))
	if sum < 0 {
		length = -length
	}
	multiply(u, length)
	return u
}

const (
	// powerSteps bounds the power iteration. Where it does not suffice, the
	// first two components are as good as equal, and so is any mix of them.
	powerSteps = 20_000
	// powerTolerance is the change of a unit vector in one step that ends it.
	powerTolerance = 1e-13
)

// principal is the unit vector v that maximises |X v| for rows X [n][d], zero if
// X is. It multiplies by the smaller one of X'X and XX', from a fixed start.
func principal(x [][]float64) []float64 {
	n, d := len(x), len(x[0])
	if n > d {
		return power(gram(columns(x)))
	}
	weights := power(gram(x))
	v := make([]float64, d)
	for i, w := range weights {
		axpy(v, w, x[i])
	}
	normalise(v)
	return v
}

// columns is the transpose of x.
func columns(x [][]float64) [][]float64 {
	t := make([][]float64, len(x[0]))
	for j := range t {
		t[j] = make([]float64, len(x))
		for i := range x {
			t[j][i] = x[i][j]
		}
	}
	return t
}

// gram is the matrix of inner products of rows.
func gram(x [][]float64) [][]float64 {
	g := make([][]float64, len(x))
	for i := range g {
		g[i] = make([]float64, len(x))
		for j := range i + 1 {
			g[i][j] = dot(x[i], x[j])
			g[j][i] = g[i][j]
		}
	}
	return g
}

// power is the eigenvector of a symmetric matrix without negative eigenvalues
// that belongs to the largest, zero if the matrix is.
func power(g [][]float64) []float64 {
	r := rand.New(rand.NewPCG(1, 2)) // any start that no eigenvector is orthogonal to
	v, next := make([]float64, len(g)), make([]float64, len(g))
	for i := range v {
		v[i] = r.NormFloat64()
	}
	normalise(v)
	for range powerSteps {
		for i := range g {
			next[i] = dot(g[i], v)
		}
		if !normalise(next) {
			return next
		}
		change := 0.0
		for i := range v {
			change = max(change, math.Abs(next[i]-v[i]))
		}
		v, next = next, v
		if change < powerTolerance {
			break
		}
	}
	return v
}
