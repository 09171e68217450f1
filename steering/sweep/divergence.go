package sweep

import (
	"math"

	"tiller/model/kernel"
)

// divergence is KL(p || q) in nats of the distributions that two rows of
// logits stand for. It is 0 for equal rows.
func divergence(p, q []float32) float64 {
	lseP, lseQ := kernel.LogSumExp(p), kernel.LogSumExp(q)
	var sum float64
	for i := range p {
		logP, logQ := float64(p[i])-lseP, float64(q[i])-lseQ
		sum += math.Exp(logP) * (logP - logQ)
	}
	return max(0, sum) // it is never negative but by rounding
}
