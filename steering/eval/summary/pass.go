package summary

import "tiller/steering/statistics"

// PassAtK is the chance that at least one of k answers to a problem is right:
// the mean over the problems that have all draws, by the unbiased estimator of
// Chen et al. 2021 (arXiv 2107.03374).
type PassAtK struct {
	K     int                 `json:"k"`
	Value *float64            `json:"value"`
	CI95  statistics.Interval `json:"ci95"`
}

// passAtK is there for k of 1, 2, 4 and so on, and all draws.
func (m *maker) passAtK(c *column) []PassAtK {
	if m.draws < 2 || !m.rightWrong {
		return nil
	}
	var ks []int
	for k := 1; k < m.draws; k *= 2 {
		ks = append(ks, k)
	}
	ks = append(ks, m.draws)
	whole := common(m.problems, c)
	out := make([]PassAtK, len(ks)) // not moved: intervals are put into it
	for i, k := range ks {
		values := make([]float64, len(m.ids))
		for _, p := range whole {
			values[p] = passes(m.draws, int(c.sums[p]), k)
		}
		n := float64(len(whole))
		out[i].K, out[i].Value = k, defined(sum(values, whole)/n)
		m.intervals.interval(&out[i].CI95, whole, func(sums []float64) float64 { return sums[0] / n }, values)
	}
	return out
}

// passes is 1 - C(n-right, k) / C(n, k), as a product.
func passes(n, right, k int) float64 {
	none := 1.
	for i := n - right + 1; i <= n; i++ {
		none *= max(0, 1-float64(k)/float64(i))
	}
	return 1 - none
}
