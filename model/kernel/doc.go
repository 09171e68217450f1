// Package kernel holds the arithmetic of the transformer: matrix products with
// weights in their stored type, dot products, normalisation, softmax,
// activation functions, attention, and the backward products.
//
// There are two paths with one meaning: portable Go, which is the
// specification, and AVX2 assembly, chosen when the processor has AVX2, FMA
// and F16C. The build tag purego leaves the assembly out. Path says which one
// runs.
//
// # Order of additions
//
// Every reduction (dot product, sum of squares, sum of exponentials) keeps 8
// partial sums that start at +0. Partial sum j takes the elements k with
// k mod 8 = j, in increasing k, and the eight are joined by one tree:
//
//	((0+4)+(2+6)) + ((1+5)+(3+7))
//
// Chains of scaled additions (values weighted by attention, MatMulT, OuterAdd)
// add in increasing order of the summed index, one step per element.
// On the avx2 path a step is one fused multiply-add; on the portable path it
// is a rounded product and a rounded sum. No other order exists, so on one path
// the bits of a result depend only on its own operands: never on how many rows
// were computed with it, on tiles, threads, alignment, or the chunks of a
// key-value cache. Bits differ between the two paths.
//
// Quantised weights are dequantised to float32, as the Python package gguf
// does it, and enter the same sums: a quantised matrix gives the bits of its
// dequantised F32 matrix.
//
// Sizes that don't fit together are errors of the caller and panic before any
// assembly runs; NewMatrix is the place where sizes from a file are checked.
package kernel
