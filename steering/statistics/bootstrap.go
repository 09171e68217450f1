package statistics

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Bootstrap makes intervals by drawing problems anew, with replacement (Efron
// 1979), and taking the 2.5 % and 97.5 % quantiles of the figure (the
// percentile method). It was preferred to BCa, whose correction needs a
// jackknife and is nothing for means of hundreds of problems. Equal settings
// draw the same problems for every figure, on every machine.
type Bootstrap struct {
	Resamples int // at least 100; 0 is 10,000
	Seed      uint64
}

// Estimate is a figure with its interval. One that is not defined is NaN.
type Estimate struct {
	Value float64
	CI95  Interval
}

// Mean is the mean score over all samples. Samples with the same number in
// cluster answer the same problem; nil makes each its own.
func (b Bootstrap) Mean(x []float64, cluster []int) (Estimate, error) {
	return b.estimate(cluster, func(sums []float64, n float64) float64 { return sums[0] / n }, x)
}

// Difference is mean(x) - mean(y) over the same samples: x[i] and y[i] are two
// lanes' scores of sample i. See Mean for cluster.
func (b Bootstrap) Difference(x, y []float64, cluster []int) (Estimate, error) {
	return b.estimate(cluster, func(sums []float64, n float64) float64 { return (sums[0] - sums[1]) / n }, x, y)
}

// RecoveredGap is (steered - base) / (thinking - base) of the mean scores over
// the same samples, not clamped; see Mean for cluster. It is NaN if thinking
// equals base. Where the interval of thinking - base holds 0 the ratio can be
// anything, and its interval is undefined; else the few resamples without a
// gap are left out.
func (b Bootstrap) RecoveredGap(steered, base, thinking []float64, cluster []int) (Estimate, error) {
	gap, err := b.Difference(thinking, base, cluster)
	if err != nil {
		return Estimate{}, err
	}
	e, err := b.estimate(cluster, func(sums []float64, _ float64) float64 {
		return (sums[0] - sums[1]) / (sums[2] - sums[1])
	}, steered, base, thinking)
	if err != nil || !finite(e.Value) {
		return undefined(), err
	}
	if gap.CI95.Contains(0) {
		e.CI95 = Undefined()
	}
	return e, nil
}

func undefined() Estimate { return Estimate{Value: Undefined().Low, CI95: Undefined()} }

// Scores are 1 for right and 0 for wrong.
func Scores(right []bool) []float64 {
	out := make([]float64, len(right))
	for i, r := range right {
		if r {
			out[i] = 1
		}
	}
	return out
}

// estimate takes a figure of the lanes' summed scores, and its interval.
func (b Bootstrap) estimate(cluster []int, figure func(sums []float64, n float64) float64, lanes ...[]float64) (Estimate, error) {
	problems, err := gather(cluster, lanes)
	if err != nil {
		return Estimate{}, err
	}
	resamples := b.Resamples
	if resamples == 0 {
		resamples = 10_000
	}
	if resamples < 100 {
		return Estimate{}, fmt.Errorf("an interval from %d resamples means nothing: take at least 100", resamples)
	}
	width := len(lanes) + 1
	n := len(problems) / width
	sums := make([]float64, width)
	for i := range n {
		add(sums, problems[i*width:])
	}
	e := Estimate{Value: figure(sums, sums[width-1])}

	random := rand.New(rand.NewPCG(b.Seed, 0x626f6f74)) // "boot"
	figures := make([]float64, 0, resamples)
	for range resamples {
		clear(sums)
		for range n {
			i := int(random.Uint32N(uint32(n)))
			add(sums, problems[i*width:])
		}
		if f := figure(sums, sums[width-1]); finite(f) {
			figures = append(figures, f)
		}
	}
	slices.Sort(figures)
	e.CI95 = Interval{Low: quantile(figures, .025), High: quantile(figures, .975)}
	return e, nil
}

func add(sums, problem []float64) {
	for i := range sums {
		sums[i] += problem[i]
	}
}

// gather sums the scores of each problem: [problems, lanes+1], the last column
// being the number of its samples. Problems stand in the order in which they
// first appear.
func gather(cluster []int, lanes [][]float64) ([]float64, error) {
	n := len(lanes[0])
	if n == 0 {
		return nil, errors.New("there are no scores to estimate anything from")
	}
	if cluster != nil && len(cluster) != n {
		return nil, fmt.Errorf("there are %d scores, but the problems of %d", n, len(cluster))
	}
	for _, scores := range lanes {
		if len(scores) != n {
			return nil, fmt.Errorf("lanes with %d and %d scores can't be paired", n, len(scores))
		}
	}
	width := len(lanes) + 1
	at := map[int]int{}
	var out []float64
	for i := range n {
		row, known := len(out), false
		if cluster != nil {
			if row, known = at[cluster[i]]; !known {
				row = len(out)
				at[cluster[i]] = row
			}
		}
		if !known {
			out = append(out, make([]float64, width)...)
		}
		for l, scores := range lanes {
			if !finite(scores[i]) {
				return nil, fmt.Errorf("score %d is %v", i, scores[i])
			}
			out[row+l] += scores[i]
		}
		out[row+width-1]++
	}
	return out, nil
}
