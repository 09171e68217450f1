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
	wStride, wStride3 reg.Register
	xStride           reg.Register
	fetch

	local operand.Mem // room on the stack
}

// fetch says which weights to ask memory for while others are in use: for every
// cache line of columns, or every block if that is shorter, one line of each of
// four rows nearStride apart into the first cache, moving on by nearStep, and as
// many lines as those columns of all rows fill, side by side, into the second.
type fetch struct {
	near, far               reg.GPVirtual
	nearStride, nearStride3 reg.Register
}

// format is how a tile reads one type of weight.
type format struct {
	name   string
	group  int  // elements that step takes
	bytes  int  // bytes of weight they are
	unroll int  // groups in one turn of the loop
	tail   bool // columns need not be a multiple of group
	local  int  // bytes of stack that step wants
	step   func(t *tile, part int)
}

func formats() []format {
	return []format{
		{name: "F32", group: 8, bytes: 32, unroll: 4, tail: true, step: stepF32},
		{name: "F16", group: 8, bytes: 16, unroll: 4, step: stepF16},
		{name: "BF16", group: 8, bytes: 16, unroll: 4, step: stepBF16},
		{name: "Q8", group: 32, bytes: 34, unroll: 1, local: 16, step: stepQ8},
		{name: "Q4", group: 32, bytes: 18, unroll: 1, step: stepQ4},
		{name: "Q4Min", group: 32, bytes: 20, unroll: 1, step: stepQ4Min},
	}
}

// tiles makes the tiles of every format. Lone weight rows are multiplied as F32.
func (a *asm) tiles() {
	for _, f := range formats() {
		for xRows := 1; xRows <= 3; xRows++ {
			a.tile(f, 4, xRows)
		}
		if f.tail {
			a.tile(f, 1, 1)
		}
	}
}

const (
	tileSignature = "func(y *float32, yStride int, x *float32, xStride int, w *byte, wStride int, n, tail, count, yStep, xStep, wStep, near, nearStride, nearStep, far int, sums *float32, more int)"
	lineBytes     = 64 // of the cache
)

func (a *asm) tile(f format, wRows, xRows int) {
	name := fmt.Sprintf("avxTile%s_%dx%d", f.name, wRows, xRows)
	a.function(name, tileSignature,
		fmt.Sprintf("%s writes y[c, r] = weight row r . x row c for %d weight rows and %d rows of x,", name, wRows, xRows),
		"count times, moving y, x and w by their steps in between. n is the number of",
		fmt.Sprintf("whole groups of %d elements in a row, tail that of the elements after them.", f.group),
		"The weights near and far ahead of w are prefetched. If sums is not nil, the",
		"partial sums start from there, and if more is not 0 they return there and y",
		"waits for the next columns. All distances are in bytes.")
	y, x, w, count := a.arg("y"), a.arg("x"), a.arg("w"), a.arg("count")
	t := &tile{asm: a, format: f, wRows: wRows, xRows: xRows, w: a.GP64(), x: a.GP64()}
	t.wStride, t.wStride3 = a.strides("wStride", wRows)
	t.nearStride, t.nearStride3 = a.strides("nearStride", wRows)
	if xRows > 1 {
		t.xStride = a.arg("xStride")
	}
	for range wRows {
		t.sums = append(t.sums, a.vectors(xRows))
	}
	if f.local > 0 {
		t.local = a.AllocLocal(f.local)
	}
	a.times(count, 1, func() {
		t.begin()
		a.MOVQ(x, t.x)
		a.MOVQ(w, t.w)
		t.aim()
		t.along()
		t.finish(y)
		a.move(y, "yStep")
		a.move(x, "xStep")
		a.move(w, "wStep")
	})
	a.end()
}

// along adds all columns.
func (t *tile) along() {
	n := t.arg("n")
	t.times(n, t.unroll, func() {
		ahead := min(t.unroll*t.bytes, lineBytes)
		for part := range t.unroll {
			if part*t.bytes%ahead == 0 {
				t.prefetch(ahead)
			}
			t.step(t, part)
		}
		t.advance(t.x, uint32(t.unroll*t.group*4))
		t.advance(t.w, uint32(t.unroll*t.bytes))
	})
	if t.unroll > 1 {
		t.times(n, 1, func() {
			t.step(t, 0)
			t.advance(t.x, uint32(t.group*4))
			t.advance(t.w, uint32(t.bytes))
		})
	}
	if t.tail {
		tail := t.arg("tail")
		t.unless(tail, func() { t.last(tail) })
	}
}

// aim sets what is prefetched to its distance from w.
func (t *tile) aim() {
	if t.wRows == 1 { // lone rows are too few to matter
		return
	}
	t.near, t.far = t.GP64(), t.GP64()
	for _, p := range []struct {
		to       reg.GPVirtual
		distance string
	}{{t.near, "near"}, {t.far, "far"}} {
		t.MOVQ(t.w, p.to)
		t.move(p.to, p.distance)
	}
}

// prefetch asks for the weights of so many bytes of columns.
func (t *tile) prefetch(bytes int) {
	if t.wRows == 1 {
		return
	}
	for r := range t.wRows {
		t.PREFETCHT0(strided(t.near, t.nearStride, t.nearStride3, r, 0))
	}
	t.move(t.near, "nearStep")
	for at := 0; at < t.wRows*bytes; at += lineBytes {
		t.PREFETCHT1(operand.Mem{Base: t.far, Disp: at})
	}
	t.advance(t.far, uint32(t.wRows*bytes))
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

// begin starts the partial sums with +0, or where earlier columns left them.
func (t *tile) begin() {
	loaded := t.label("begun")
	for _, row := range t.sums {
		t.zero(row...)
	}
	from := t.arg("sums")
	t.TESTQ(from, from)
	t.JZ(operand.LabelRef(loaded))
	t.eachSum(func(disp int, sum reg.VecVirtual) { t.VMOVUPS(at(from, disp), sum) })
	t.Label(loaded)
}

// finish leaves the partial sums for more columns, or joins them into y.
func (t *tile) finish(y reg.GPVirtual) {
	join, done := t.label("join"), t.label("finished")
	more := t.arg("more")
	t.TESTQ(more, more)
	t.JZ(operand.LabelRef(join))
	to := t.arg("sums")
	t.eachSum(func(disp int, sum reg.VecVirtual) { t.VMOVUPS(sum, at(to, disp)) })
	t.JMP(operand.LabelRef(done))
	t.Label(join)
	t.store(y)
	t.Label(done)
	t.unless(t.arg("sums"), func() {
		t.ADDQ(operand.U32(32*t.wRows*t.xRows), t.slot("sums"))
	})
}

func (t *tile) eachSum(f func(disp int, sum reg.VecVirtual)) {
	for r, row := range t.sums {
		for c, sum := range row {
			f(32*(r*t.xRows+c), sum)
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
