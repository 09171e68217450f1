package trace

import (
	"math"
	"slices"

	"tiller/model/generate"
	"tiller/model/kernel"
)

// A Candidate is a token as a distribution sees it.
type Candidate struct {
	ID      int
	LogProb float64 // natural logarithm, before temperature
	// Rank is 1 for the likeliest token. Of equally likely ones, the lowest id
	// comes first.
	Rank int
}

// A Distribution says what a model predicts at one place.
type Distribution struct {
	Entropy float64 // nats
	// Top are the likeliest candidates, best first; at least one.
	Top []Candidate
	// Next is the log-probability of the token that follows in the lane, and Rank
	// its rank; NaN and 0 where none follows.
	Next float64
	Rank int
}

// A Pair is what the base and the steered model predict at one place, after the
// same tokens. KL and Reverse are in nats, over the whole vocabulary, and exactly
// 0 where both predict the same bits.
type Pair struct {
	Base, Steered Distribution
	KL            float64 // KL(steered || base)
	Reverse       float64 // KL(base || steered)
}

// compare describes two rows of logits, [vocab]. Next is -1 for none.
func compare(base, steered []float32, next, top int) Pair {
	p := Pair{Base: distribution(base, next, top)}
	if slices.Equal(base, steered) {
		p.Steered = p.Base
		return p
	}
	p.Steered = distribution(steered, next, top)
	p.KL, p.Reverse = divergence(steered, base), divergence(base, steered)
	return p
}

func distribution(logits []float32, next, top int) Distribution {
	d := Distribution{Entropy: generate.Describe(logits).Entropy, Top: likeliest(logits, top), Next: math.NaN()}
	if next >= 0 {
		c := candidate(logits, next)
		d.Next, d.Rank = c.LogProb, c.Rank
	}
	return d
}

// candidate looks a token up in a row of logits.
func candidate(logits []float32, id int) Candidate {
	c := Candidate{ID: id, LogProb: float64(logits[id]) - kernel.LogSumExp(logits), Rank: 1}
	for other, v := range logits {
		if v > logits[id] || v == logits[id] && other < id {
			c.Rank++
		}
	}
	return c
}

// likeliest are the n best tokens of a row of logits, and at least the best.
func likeliest(logits []float32, n int) []Candidate {
	n = min(max(n, 1), len(logits))
	best := make([]int, 0, n+1)
	for id, v := range logits {
		at := len(best)
		for at > 0 && v > logits[best[at-1]] {
			at--
		}
		if at < n {
			best = slices.Insert(best, at, id)
			best = best[:min(len(best), n)]
		}
	}
	lse := kernel.LogSumExp(logits)
	top := make([]Candidate, n)
	for i, id := range best {
		top[i] = Candidate{ID: id, LogProb: float64(logits[id]) - lse, Rank: i + 1}
	}
	return top
}

// divergence is KL(p || q) in nats of two rows of logits. The sum is never
// negative but for its rounding.
func divergence(p, q []float32) float64 {
	ofP, ofQ := kernel.LogSumExp(p), kernel.LogSumExp(q)
	var sum float64
	for id := range p {
		logP, logQ := float64(p[id])-ofP, float64(q[id])-ofQ
		sum += math.Exp(logP) * (logP - logQ)
	}
	return max(0, sum)
}
