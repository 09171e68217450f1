package kernel

import (
	"fmt"
	"math"
)

// Dot is the dot product of a and b, which have one length, in the fixed order
// of the package comment. Of nothing it is 0.
func Dot(a, b []float32) float32 {
	sameLength(len(a), len(b))
	return active.dot(a, b)
}

// Axpy adds a*x to y, element by element.
func Axpy(y []float32, a float32, x []float32) {
	sameLength(len(y), len(x))
	active.axpy(y, a, x)
}

// SumSquares is Dot(x, x).
func SumSquares(x []float32) float32 { return active.dot(x, x) }

// RMSNorm writes x / sqrt(mean(x^2) + eps) * w to dst, one row; dst may be x.
// (Zhang, Sennrich: Root Mean Square Layer Normalization, arXiv:1910.07467.)
func RMSNorm(dst, x, w []float32, eps float32) {
	sameLength(len(dst), len(x))
	sameLength(len(w), len(x))
	if len(x) == 0 {
		return
	}
	mean := active.dot(x, x) / float32(len(x))
	scale := float32(1 / math.Sqrt(float64(mean+eps)))
	active.scaleMul(dst, x, w, scale)
}

// SwiGLU writes gate * Sigmoid(gate) * up to dst, which may be gate or up.
// (Shazeer: GLU Variants Improve Transformer, arXiv:2002.05202.)
func SwiGLU(dst, gate, up []float32) {
	sameLength(len(dst), len(gate))
	sameLength(len(up), len(gate))
	active.swiglu(dst, gate, up)
}

// Softmax replaces x by exp(x - max) / sum and returns max and sum, the sum in
// the fixed order. Of nothing they are -Inf and 0. A row that holds NaN or
// +Inf, or only -Inf, becomes NaN.
func Softmax(x []float32) (max, sum float32) {
	if len(x) == 0 {
		return float32(math.Inf(-1)), 0
	}
	return active.softmax(x)
}

// LogSumExp is log(sum(exp(x))), added in float64 and in the fixed order. Of
// nothing, or of nothing but -Inf, it is -Inf; NaN makes it NaN.
func LogSumExp(x []float32) float64 {
	top := float64(active.maximum(x))
	if !math.IsInf(top, 0) {
		return top + math.Log(active.sumExp(x, top))
	}
	for _, v := range x {
		if v != v {
			return math.NaN()
		}
	}
	return top
}

func sameLength(a, b int) {
	if a != b {
		panic(fmt.Sprintf("kernel: vectors of %d and %d elements don't fit together", a, b))
	}
}
