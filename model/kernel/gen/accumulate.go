package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const accumulateSignature = "func(dst *float32, dstStride int, coef *float32, coefRow, coefStep int, src *float32, srcStride, n, count int)"

// accumulators are the tiles of a sum of scaled rows. A tile keeps its part of
// dst in registers while it walks through the rows.
func (a *asm) accumulators() {
	a.accumulator(4, 3)
	a.accumulator(4, 1)
	a.accumulator(1, 8)
	a.accumulator(1, 3)
	a.accumulator(1, 1)
	a.accumulatorTail()
}

func (a *asm) accumulator(rows, vectors int) {
	name := fmt.Sprintf("avxAccumulate%dx%d", rows, 8*vectors)
	a.function(name, accumulateSignature,
		fmt.Sprintf("%s adds to %d columns of dst rows i = 0..%d, in order of t = 0..n-1,", name, 8*vectors, rows-1),
		"coef[i*coefRow + t*coefStep] * src row t, and does so for count groups of columns",
		"side by side. Strides are in bytes.")
	dst, src, count := a.arg("dst"), a.arg("src"), a.arg("count")
	dstStride, dstStride3 := a.strides("dstStride", rows)
	coefRow, coefRow3 := a.strides("coefRow", rows)
	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		sums[i] = a.vectors(vectors)
	}
	a.times(count, 1, func() {
		for i, row := range sums {
			for v, sum := range row {
				a.VMOVUPS(strided(dst, dstStride, dstStride3, i, 32*v), sum)
			}
		}
		s, coef, n := a.GP64(), a.arg("coef"), a.arg("n")
		a.MOVQ(src, s)
		a.times(n, 1, func() {
			a.scaledRow(sums, s, coef, coefRow, coefRow3)
			a.move(coef, "coefStep")
			a.move(s, "srcStride")
		})
		for i, row := range sums {
			for v, sum := range row {
				a.VMOVUPS(sum, strided(dst, dstStride, dstStride3, i, 32*v))
			}
		}
		a.advance(dst, uint32(32*vectors))
		a.advance(src, uint32(32*vectors))
	})
	a.end()
}

// strides loads a stride and, for four rows, three times it.
func (a *asm) strides(name string, rows int) (stride, stride3 reg.Register) {
	if rows == 1 {
		return nil, nil
	}
	s, s3 := a.arg(name), a.GP64()
	a.LEAQ(operand.Mem{Base: s, Index: s, Scale: 2}, s3)
	return s, s3
}

// scaledRow adds one row of src to every row of sums.
func (a *asm) scaledRow(sums [][]reg.VecVirtual, src, coef, coefRow, coefRow3 reg.Register) {
	factor := func(i int) reg.VecVirtual {
		f := a.YMM()
		a.VBROADCASTSS(strided(coef, coefRow, coefRow3, i, 0), f)
		return f
	}
	if len(sums) == 1 {
		f := factor(0)
		for v, sum := range sums[0] {
			a.VFMADD231PS(at(src, 32*v), f, sum)
		}
		return
	}
	xs := a.vectors(len(sums[0]))
	for v, x := range xs {
		a.VMOVUPS(at(src, 32*v), x)
	}
	for i, row := range sums {
		f := factor(i)
		for v, sum := range row {
			a.VFMADD231PS(xs[v], f, sum)
		}
	}
}

// accumulatorTail is accumulate1x8 for the last columns of a row.
func (a *asm) accumulatorTail() {
	a.function("avxAccumulateTail", "func(dst, coef *float32, coefStep int, src *float32, srcStride, n, tail int)",
		"avxAccumulateTail adds to the last 1..7 columns of one row of dst.")
	dst, coef, src, n := a.arg("dst"), a.arg("coef"), a.arg("src"), a.arg("n")
	mask, sum := a.YMM(), a.YMM()
	a.VMOVUPS(a.tailTable("tailMask", a.arg("tail")), mask)
	a.VMASKMOVPS(at(dst, 0), mask, sum)
	a.times(n, 1, func() {
		f, x := a.YMM(), a.YMM()
		a.VBROADCASTSS(at(coef, 0), f)
		a.VMASKMOVPS(at(src, 0), mask, x)
		a.VFMADD231PS(x, f, sum)
		a.move(coef, "coefStep")
		a.move(src, "srcStride")
	})
	a.VMASKMOVPS(sum, mask, at(dst, 0))
	a.end()
}
