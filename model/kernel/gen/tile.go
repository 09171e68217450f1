package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A tile multiplies some weight rows by some rows of x at once. Each product
// has one register, whose lanes are the 8 partial sums, so no tile changes the
// order of additions; a tile only lets a weight that was read (and
// dequantised) serve several rows, and keeps enough sums in flight to hide the
// latency of the fused multiply-add.
type tile struct {
	*asm
	format
	wRows, xRows      int
	sums              [][]reg.VecVirtual // [wRows][xRows]
	w, x              reg.GPVirtual      // of row 0, moving along the columns
	wStride, wStride3 reg.GPVirtual
	xStride           reg.GPVirtual
	ahead             reg.GPVirtual // runs before w: what is prefetched
}

// format is how a tile reads one type of weight.
type format struct {
	name   string
	group  int  // elements that step takes
	bytes  int  // bytes of weight they are
	unroll int  // groups in one turn of the loop
	tail   bool // columns need not be a multiple of group
	step   func(t *tile, part int)
}

func formats() []format {
	return []format{
		{name: "F32", group: 8, bytes: 32, unroll: 4, tail: true, step: stepF32},
		{name: "F16", group: 8, bytes: 16, unroll: 4, step: stepF16},
		{name: "BF16", group: 8, bytes: 16, unroll: 4, step: stepBF16},
		{name: "Q8", group: 32, bytes: 34, unroll: 1, step: stepQ8},
		{name: "Q4", group: 32, bytes: 18, unroll: 1, step: stepQ4},
		{name: "Q4Min", group: 32, bytes: 20, unroll: 1, step: stepQ4Min},
	}
}

// tiles makes the tiles of every format, and more of F32: many rows of x, and
// lone weight rows, use it for every type, dequantised.
func (a *asm) tiles() {
	for _, f := range formats() {
		a.tile(f, 4, 1)
		a.tile(f, 4, 2)
		if f.tail {
			a.tile(f, 4, 3)
			a.tile(f, 1, 1)
		}
	}
}

const tileSignature = "func(y *float32, yStride int, x *float32, xStride int, w *byte, wStride int, n, tail, count, yStep, xStep, wStep, ahead int)"

func (a *asm) tile(f format, wRows, xRows int) {
	name := fmt.Sprintf("avxTile%s_%dx%d", f.name, wRows, xRows)
	a.function(name, tileSignature,
		fmt.Sprintf("%s writes y[c, r] = weight row r . x row c for %d weight rows and %d rows of x,", name, wRows, xRows),
		"count times, moving y, x and w by their steps in between. n is the number of",
		fmt.Sprintf("whole groups of %d elements in a row, tail that of the elements after them.", f.group),
		"The weights ahead of those in use are prefetched. All distances are in bytes.")
	y, x, w, count := a.arg("y"), a.arg("x"), a.arg("w"), a.arg("count")
	t := &tile{asm: a, format: f, wRows: wRows, xRows: xRows, w: a.GP64(), x: a.GP64(), ahead: a.GP64()}
	if wRows > 1 {
		t.wStride, t.wStride3 = a.arg("wStride"), a.GP64()
		a.LEAQ(operand.Mem{Base: t.wStride, Index: t.wStride, Scale: 2}, t.wStride3)
	}
	if xRows > 1 {
		t.xStride = a.arg("xStride")
	}
	for range wRows {
		t.sums = append(t.sums, a.vectors(xRows))
	}
	a.times(count, 1, func() {
		for _, row := range t.sums {
			a.zero(row...)
		}
		a.MOVQ(x, t.x)
		a.MOVQ(w, t.w)
		a.MOVQ(w, t.ahead)
		a.move(t.ahead, "ahead")
		t.along()
		t.store(y)
		a.move(y, "yStep")
		a.move(x, "xStep")
		a.move(w, "wStep")
	})
	a.end()
}

// along adds all columns.
func (t *tile) along() {
	n := t.arg("n")
	for _, unroll := range []int{t.unroll, 1} {
		t.times(n, unroll, func() {
			for part := range unroll {
				t.step(t, part)
			}
			t.advance(t.x, uint32(unroll*t.group*4))
			t.advance(t.w, uint32(unroll*t.bytes))
			t.advance(t.ahead, uint32(unroll*t.bytes))
		})
		if t.unroll == 1 {
			break
		}
	}
	if t.tail {
		tail := t.arg("tail")
		t.unless(tail, func() { t.last(tail) })
	}
}

// row is the address of weight row r at the current column, plus disp.
func (t *tile) row(r, disp int) operand.Mem {
	return strided(t.w, t.wStride, t.wStride3, r, disp)
}

// column is the address of row c of x at the current column, plus disp.
func (t *tile) column(c, disp int) operand.Mem {
	return strided(t.x, t.xStride, nil, c, disp)
}

// strided is base + i*stride + disp.
func strided(base, stride, stride3 reg.Register, i, disp int) operand.Mem {
	m := operand.Mem{Base: base, Disp: disp}
	switch i {
	case 1, 2:
		m.Index, m.Scale = stride, uint8(i)
	case 3:
		m.Index, m.Scale = stride3, 1
	}
	return m
}

// prefetch asks for row r of the weights ahead.
func (t *tile) prefetch(r, disp int) {
	t.PREFETCHT0(strided(t.ahead, t.wStride, t.wStride3, r, disp))
}

// xs loads a group of x, all rows.
func (t *tile) xs(disp int) []reg.VecVirtual {
	v := t.vectors(t.xRows)
	for c := range v {
		t.VMOVUPS(t.column(c, disp), v[c])
	}
	return v
}

// add adds the products of a group of weight row r.
func (t *tile) add(r int, w reg.VecVirtual, xs []reg.VecVirtual) {
	for c, x := range xs {
		t.VFMADD231PS(x, w, t.sums[r][c])
	}
}

// last adds the masked group at the end of a row. The lanes beyond it add
// +0 * -0, which changes no partial sum.
func (t *tile) last(n reg.GPVirtual) {
	mask := t.YMM()
	t.VMOVUPS(t.tailTable("tailMask", n), mask)
	sign := t.tailTable("tailSign", n)
	for c := range t.xRows {
		x := t.YMM()
		t.VMASKMOVPS(t.column(c, 0), mask, x)
		t.VORPS(sign, x, x)
		for r := range t.wRows {
			w := t.YMM()
			t.VMASKMOVPS(t.row(r, 0), mask, w)
			t.VFMADD231PS(x, w, t.sums[r][c])
		}
	}
}

// store joins the 8 partial sums of every product and writes the results: the
// products of one row of x by consecutive weight rows lie side by side.
func (t *tile) store(y reg.GPVirtual) {
	out := t.GP64()
	t.MOVQ(y, out)
	for c := range t.xRows {
		if t.wRows == 1 {
			t.VMOVSS(t.join1(t.sums[0][c]), at(out, 0))
		} else {
			t.VMOVUPS(t.join4(t.sums[0][c], t.sums[1][c], t.sums[2][c], t.sums[3][c]), at(out, 0))
		}
		if c+1 < t.xRows {
			t.move(out, "yStride")
		}
	}
}

// fold adds the upper half of v to the lower: (0+4), (1+5), (2+6), (3+7).
func (a *asm) fold(v reg.VecVirtual) reg.Register {
	high, low := a.XMM(), v.AsX()
	a.VEXTRACTF128(operand.U8(1), v, high)
	a.VADDPS(high, low, low)
	return low
}

// join1 finishes the fixed tree: ((0+4)+(2+6)) + ((1+5)+(3+7)).
func (a *asm) join1(v reg.VecVirtual) reg.Register {
	s, t := a.fold(v), a.XMM()
	a.VMOVHLPS(s, s, t)
	a.VADDPS(t, s, s)
	a.VMOVSHDUP(s, t)
	a.VADDSS(t, s, s)
	return s
}

// join4 joins four registers at once, into four lanes.
func (a *asm) join4(v0, v1, v2, v3 reg.VecVirtual) reg.VecVirtual {
	s0, s1, s2, s3 := a.fold(v0), a.fold(v1), a.fold(v2), a.fold(v3)
	pairs := func(p, q reg.Register) reg.VecVirtual { // p0+p2, p1+p3, q0+q2, q1+q3
		low, high := a.XMM(), a.XMM()
		a.VMOVLHPS(q, p, low)
		a.VMOVHLPS(p, q, high) // p's upper half below q's
		a.VADDPS(high, low, low)
		return low
	}
	p, q := pairs(s0, s1), pairs(s2, s3)
	a.VHADDPS(q, p, p)
	return p
}
