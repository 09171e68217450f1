package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The step functions add one group of elements of every weight row to the sums
// of a tile. They read weights at t.row and x at t.column; part says which
// group of an unrolled turn it is.

func stepF32(t *tile, part int) {
	t.floats(part, func(r int, w reg.VecVirtual) { t.VMOVUPS(t.row(r, 32*part), w) })
}

func stepF16(t *tile, part int) {
	t.floats(part, func(r int, w reg.VecVirtual) { t.VCVTPH2PS(t.row(r, 16*part), w) })
}

func stepBF16(t *tile, part int) {
	t.floats(part, func(r int, w reg.VecVirtual) { t.bfloat16(t.row(r, 16*part), w) })
}

func stepQ8(t *tile, _ int) {
	if t.xRows <= 2 {
		t.q8Blocks()
		return
	}
	t.blocks(func(block operand.Mem) dequantiser {
		d := t.scale(block)
		return func(g int, w reg.VecVirtual) { t.q8(block, g, d, w) }
	})
}

func stepQ4(t *tile, _ int) {
	t.blocks(func(block operand.Mem) dequantiser {
		d := t.scale(block)
		return func(g int, w reg.VecVirtual) { t.q4(block, g, d, w) }
	})
}

func stepQ4Min(t *tile, _ int) {
	t.blocks(func(block operand.Mem) dequantiser {
		d, m := t.scale(block), t.scale(block.Offset(2))
		return func(g int, w reg.VecVirtual) { t.q4Min(block, g, d, m, w) }
	})
}

// floats adds the 8 elements of every weight row that meet group g of x.
func (t *tile) floats(g int, load func(r int, w reg.VecVirtual)) {
	xs := t.vectors(t.xRows)
	for c, x := range xs {
		t.VMOVUPS(t.column(c, 32*g), x)
	}
	for r := range t.wRows {
		w := t.YMM()
		load(r, w)
		for c, x := range xs {
			t.VFMADD231PS(x, w, t.sums[r][c])
		}
	}
}

// dequantiser makes elements 8g..8g+7 of a block.
type dequantiser func(g int, w reg.VecVirtual)

// blocks adds a block of every weight row.
func (t *tile) blocks(open func(block operand.Mem) dequantiser) {
	for r := range t.wRows {
		dequantise := open(t.row(r, 0))
		for g := range 4 {
			w := t.YMM()
			dequantise(g, w)
			for c, sum := range t.sums[r] {
				t.VFMADD231PS(t.column(c, 32*g), w, sum)
			}
		}
	}
}

// q8Blocks is blocks for Q8_0 with few rows of x, where the vector units are
// what limits: the scales of all four rows are gathered by scalar instructions
// and converted together, and x is loaded once for them.
func (t *tile) q8Blocks() {
	packed := t.GP64()
	t.MOVWQZX(t.row(t.wRows-1, 0), packed)
	for r := t.wRows - 2; r >= 0; r-- {
		t.SHLQ(operand.U8(16), packed)
		t.MOVW(t.row(r, 0), packed.As16())
	}
	four := t.XMM()
	t.VMOVQ(packed, four)
	t.VCVTPH2PS(four, four)
	t.VMOVUPS(four, t.local)
	scales := t.vectors(t.wRows)
	for r, d := range scales {
		t.VBROADCASTSS(t.local.Offset(4*r), d)
	}
	for g := range 4 {
		t.floats(g, func(r int, w reg.VecVirtual) { t.q8(t.row(r, 0), g, scales[r], w) })
	}
}

// scale loads a float16 into all lanes.
func (a *asm) scale(m operand.Mem) reg.VecVirtual {
	v := a.YMM()
	a.VPBROADCASTW(m, v.AsX())
	a.VCVTPH2PS(v.AsX(), v)
	return v
}

// bfloat16 converts 8 elements: they are the upper halves of float32.
func (a *asm) bfloat16(m operand.Mem, w reg.VecVirtual) {
	a.VPMOVZXWD(m, w)
	a.VPSLLD(operand.U8(16), w, w)
}

// q8 is w = d q, which is exact.
func (a *asm) q8(block operand.Mem, g int, d, w reg.VecVirtual) {
	a.VPMOVSXBD(block.Offset(2+8*g), w)
	a.VCVTDQ2PS(w, w)
	a.VMULPS(w, d, w)
}

// q4 is w = d (q - 8), which is exact.
func (a *asm) q4(block operand.Mem, g int, d, w reg.VecVirtual) {
	a.nibbles(block.Offset(2), g, w)
	a.VPADDD(a.repeated(^uint32(7)), w, w)
	a.VCVTDQ2PS(w, w)
	a.VMULPS(w, d, w)
}

// q4Min is w = d q + m. d q is exact, so that the fused form rounds where the
// sum of the rounded product does.
func (a *asm) q4Min(block operand.Mem, g int, d, m, w reg.VecVirtual) {
	a.nibbles(block.Offset(4), g, w)
	a.VCVTDQ2PS(w, w)
	a.VFMADD213PS(m, d, w)
}

// nibbles are elements 8g..8g+7 of 16 bytes whose low halves are elements 0..15
// and whose high halves are 16..31.
func (a *asm) nibbles(q operand.Mem, g int, w reg.VecVirtual) {
	a.VPMOVZXBD(q.Offset(8*(g%2)), w)
	if g < 2 {
		a.VPAND(a.repeated(15), w, w)
	} else {
		a.VPSRLD(operand.U8(4), w, w)
	}
}
