//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// choose takes the assembly where the processor has what it needs; x/sys/cpu
// reports AVX2 only if the operating system keeps its registers.
func choose() *path {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasF16C {
		return &avx2
	}
	return &portable
}

var avx2 = path{
	name:       "avx2",
	decode:     decodeAVX2,
	mul:        mulAVX2,
	dots:       dotsAVX2,
	accumulate: accumulateAVX2,
	dot:        dotAVX2,
	axpy:       axpyAVX2,
	scale:      scaleAVX2,
	scaleMul:   scaleMulAVX2,
	swiglu:     swigluAVX2,
	softmax:    softmaxAVX2,
	maximum:    maximumAVX2,
	sumExp:     sumExpAVX2,
	exp1:       avxExp,
	sigmoid1:   avxSigmoid,
	read:       readAVX2,
}
