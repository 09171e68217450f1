package derive

import (
	"context"
	"fmt"
	"math"

	"tiller/model"
	"tiller/model/tokenizer"
)

// Probe makes the weight vector of a logistic regression that tells positive
// from negative rows: each feature standardised by its mean and deviation, L2
// penalty |w|^2/2 with C = 1 on the sum of losses and none on the intercept, as
// scikit-learn's StandardScaler and LogisticRegression do. The weights are
// taken back to the space of the rows, where w.x has the same value.
//
// The direction points to the positives and has the same length as that of
// [PCA] would have: the root mean square of the pairs' differences along it.
func Probe(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, pairs []Pair, o Options) (*Result, error) {
	s, err := newSource([2]side{{model: m}, {model: m}}, t, pairs, o)
	if err != nil {
		return nil, err
	}
	if err := s.keepAll(ctx, "probe"); err != nil {
		return nil, err
	}
	found, err := s.fits(ctx, func(slot int, use []int) ([]float64, error) {
		x, scale := s.standardised(slot, use)
		w, err := logistic(ctx, x)
		if err != nil {
			return nil, err
		}
		for j := range w {
			w[j] /= scale[j]
		}
		return orient(w, s.differences(slot, use)), nil
	})
	if err != nil {
		return nil, err
	}
	return s.result(ctx, "logistic probe", found)
}

// standardised are the rows with mean 0 and deviation 1 in each column, those
// of positives before those of negatives, [2 len(use)][width], and what the
// columns were divided by. A column that never varies is divided by 1.
func (s *source) standardised(slot int, use []int) (x [][]float64, scale []float64) {
	for _, class := range []int{positive, negative} {
		for _, pair := range use {
			row := make([]float64, s.width)
			for j, v := range s.row(slot, pair, class) {
				row[j] = float64(v)
			}
			x = append(x, row)
		}
	}
	mean, scale := make([]float64, s.width), make([]float64, s.width)
	n := float64(len(x))
	for _, row := range x {
		axpy(mean, 1/n, row)
	}
	for _, row := range x {
		axpy(row, -1, mean)
		for j, v := range row {
			scale[j] += float64(v*v) / n
		}
	}
	for j, variance := range scale {
		// What rounding leaves of a constant column is no variance.
		if scale[j] = math.Sqrt(variance); scale[j] <= 1e-12*math.Abs(mean[j]) {
			scale[j] = 1
		}
	}
	for _, row := range x {
		for j := range row {
			row[j] /= scale[j]
		}
	}
	return x, scale
}

const (
	probeSteps     = 2000  // more than any problem has needed
	probeTolerance = 1e-9  // of the gradient, relative to that at the start
	probeMemory    = 10    // steps that L-BFGS remembers
	probeDescent   = 1e-4  // Armijo's constant
	probeShrink    = 1e-12 // the shortest step that is tried
	// probeVisible is the smallest descent, relative to the loss, that shows in
	// the loss; below it the gradient says whether a step leads on.
	probeVisible = 1e-9
)

// logistic minimises |w|^2/2 + sum log(1 + exp(-y (w.x + b))) over w and b,
// where y is 1 for the first half of x and -1 for the second, by L-BFGS
// (Nocedal and Wright 2006, algorithm 7.4) with halved steps. It returns w.
func logistic(ctx context.Context, x [][]float64) ([]float64, error) {
	d := len(x[0])
	at := make([]float64, d+1) // w, then b
	value, gradient := logisticLoss(x, at)
	goal := probeTolerance * norm(gradient)
	var m memory
	for range probeSteps {
		if norm(gradient) <= goal {
			return at[:d], nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		step := m.direction(gradient)
		slope := dot(step, gradient)
		rate := 1.0
		var next, nextGradient []float64
		for ; ; rate /= 2 {
			if rate < probeShrink {
				return at[:d], nil // nothing nearby is lower
			}
			next = append([]float64(nil), at...)
			axpy(next, rate, step)
			var nextValue float64
			nextValue, nextGradient = logisticLoss(x, next)
			lower := nextValue <= value+float64(probeDescent*rate*slope)
			if -rate*slope < probeVisible*value {
				lower = norm(nextGradient) < norm(gradient)
			}
			if lower {
				value = nextValue
				break
			}
		}
		m.add(at, next, gradient, nextGradient)
		at, gradient = next, nextGradient
	}
	return nil, fmt.Errorf("the logistic regression did not settle in %d steps", probeSteps)
}

// logisticLoss returns the loss at w and b, and its gradient.
func logisticLoss(x [][]float64, at []float64) (float64, []float64) {
	d := len(x[0])
	w, b := at[:d], at[d]
	gradient := append([]float64(nil), at...)
	gradient[d] = 0 // the intercept is not penalised
	loss := dot(w, w) / 2
	for i, row := range x {
		y := 1.0
		if i >= len(x)/2 {
			y = -1
		}
		margin := y * (dot(w, row) + b)
		small := 1 + math.Expm1(-math.Abs(margin)) // exp(-|margin|)
		loss += math.Log1p(small) + max(-margin, 0)
		wrong := small / (1 + small) // probability of the other class
		if margin < 0 {
			wrong = 1 - wrong
		}
		axpy(gradient[:d], -y*wrong, row)
		gradient[d] -= float64(y * wrong)
	}
	return loss, gradient
}

// memory holds the last steps of L-BFGS, oldest first.
type memory struct {
	steps, changes [][]float64 // of the point, of the gradient
}

func (m *memory) add(from, to, gradientFrom, gradientTo []float64) {
	s, y := append([]float64(nil), to...), append([]float64(nil), gradientTo...)
	axpy(s, -1, from)
	axpy(y, -1, gradientFrom)
	if dot(s, y) <= 0 {
		return
	}
	m.steps, m.changes = append(m.steps, s), append(m.changes, y)
	if len(m.steps) > probeMemory {
		m.steps, m.changes = m.steps[1:], m.changes[1:]
	}
}

// direction is minus the gradient times the approximate inverse Hessian.
func (m *memory) direction(gradient []float64) []float64 {
	q := append([]float64(nil), gradient...)
	n := len(m.steps)
	if n == 0 {
		multiply(q, -1/max(norm(q), 1))
		return q
	}
	a := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		a[i] = dot(m.steps[i], q) / dot(m.steps[i], m.changes[i])
		axpy(q, -a[i], m.changes[i])
	}
	last := n - 1
	multiply(q, dot(m.steps[last], m.changes[last])/dot(m.changes[last], m.changes[last]))
	for i := range n {
		axpy(q, a[i]-dot(m.changes[i], q)/dot(m.steps[i], m.changes[i]), m.steps[i])
	}
	multiply(q, -1)
	return q
}
