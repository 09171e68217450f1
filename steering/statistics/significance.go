package statistics

import (
	"math"
	"slices"
)

// McNemar is the exact two-sided p of McNemar's test (1947) for two lanes on
// the same problems: onlyA problems were right in the first lane alone, onlyB
// in the second alone. Under the null hypothesis each of these falls to either
// lane like a coin: p = min(1, 2 P(X <= min(onlyA, onlyB))) with X binomial of
// onlyA+onlyB tosses. Without any such problem it is 1; it is NaN for negative
// counts.
func McNemar(onlyA, onlyB int) float64 {
	if onlyA < 0 || onlyB < 0 {
		return math.NaN()
	}
	n, fewer := onlyA+onlyB, min(onlyA, onlyB)
	var sum float64
	for k := fewer; k >= 0; k-- {
		term := math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
		sum += term
		if term < sum*1e-18 { // the terms fall from here on
			break
		}
	}
	return min(1, 2*sum)
}

// logChoose is the logarithm of the number of ways to take k of n.
func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// Discordant counts the problems that only a, and only b, got right. The
// slices have one length; what one has more of is not looked at.
func Discordant(a, b []bool) (onlyA, onlyB int) {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] && !b[i]:
			onlyA++
		case b[i] && !a[i]:
			onlyB++
		}
	}
	return onlyA, onlyB
}

// RankP is the p of a value among draws that chance made: (1 + the number of
// draws that reach it) / (draws + 1), the permutation test's valid estimate
// (Phipson and Smyth 2010, arXiv 1603.05766). It cannot go below
// 1/(draws+1). A draw that is NaN counts as reaching it.
func RankP(value float64, draws []float64) float64 {
	reach := 0
	for _, d := range draws {
		if !(d < value) {
			reach++
		}
	}
	return float64(1+reach) / float64(len(draws)+1)
}

// Holm adjusts the p values of one family of tests, in their order, so that
// rejecting those at most alpha keeps the chance of any false rejection at
// alpha (Holm 1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(p))
	var highest float64
	for rank, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-rank)))
		out[i] = highest
	}
	return out
}
