package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The step functions add one group of elements of every weight row to the sums
// of a tile. They read weights at t.row and x at t.column; part says which
// group of an unrolled turn it is.

func stepF32(t *tile, part int) {
	xs := t.xs(32 * part)
	for r := range t.wRows {
		if part%2 == 0 { // a cache line holds two groups
			t.prefetch(r, 32*part)
		}
		w := t.YMM()
		t.VMOVUPS(t.row(r, 32*part), w)
		t.add(r, w, xs)
	}
}

func stepF16(t *tile, part int) {
	stepHalf(t, part, func(m operand.Mem, w reg.VecVirtual) { t.VCVTPH2PS(m, w) })
}

func stepBF16(t *tile, part int) {
	stepHalf(t, part, func(m operand.Mem, w reg.VecVirtual) { t.bfloat16(m, w) })
}

func stepHalf(t *tile, part int, convert func(m operand.Mem, w reg.VecVirtual)) {
	xs := t.xs(32 * part)
	for r := range t.wRows {
		if part%4 == 0 { // a cache line holds four groups
			t.prefetch(r, 16*part)
		}
		w := t.YMM()
		convert(t.row(r, 16*part), w)
		t.add(r, w, xs)
	}
}

func stepQ8(t *tile, _ int) {
	scales := t.scales(0)
	for g := range 4 {
		xs := t.xs(32 * g)
		for r := range t.wRows {
			w := t.YMM()
			t.q8(t.row(r, 2+8*g), scales[r], w)
			t.add(r, w, xs)
		}
	}
}

func stepQ4(t *tile, _ int) {
	scales := t.scales(0)
	for half := range 2 {
		for r := range t.wRows {
			q := t.nibbles(t.row(r, 2), half)
			for g := range 2 {
				w := t.YMM()
				t.q4(q, g, scales[r], w)
				t.add(r, w, t.xs(64*half+32*g))
			}
		}
	}
}

func stepQ4Min(t *tile, _ int) {
	for r := range t.wRows {
		t.prefetch(r, 0)
		d, m := t.scale(t.row(r, 0)), t.scale(t.row(r, 2))
		for half := range 2 {
			q := t.nibbles(t.row(r, 4), half)
			for g := range 2 {
				w := t.YMM()
				t.q4Min(q, g, d, m, w)
				t.add(r, w, t.xs(64*half+32*g))
			}
		}
	}
}

// scales loads the float16 factor at disp of every weight row's block.
func (t *tile) scales(disp int) []reg.VecVirtual {
	var v []reg.VecVirtual
	for r := range t.wRows {
		t.prefetch(r, 0)
		v = append(v, t.scale(t.row(r, disp)))
	}
	return v
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

// q8 dequantises 8 elements: w = d q, which is exact.
func (a *asm) q8(m operand.Mem, d, w reg.VecVirtual) {
	a.VPMOVSXBD(m, w)
	a.VCVTDQ2PS(w, w)
	a.VMULPS(w, d, w)
}

// nibbles loads half of a 4-bit block, elements 0..15 or 16..31, as bytes.
func (a *asm) nibbles(m operand.Mem, half int) reg.Register {
	q := a.XMM()
	if half == 0 {
		a.VMOVDQU(m, q)
	} else {
		a.VMOVDQU(m, q)
		a.VPSRLW(operand.U8(4), q, q)
	}
	a.VPAND(a.repeated(0x0f0f0f0f), q, q)
	return q
}

// eight widens bytes 8g.. of q to 8 integers.
func (a *asm) eight(q reg.Register, g int, w reg.VecVirtual) {
	if g == 1 {
		high := a.XMM()
		a.VPSRLDQ(operand.U8(8), q, high)
		q = high
	}
	a.VPMOVZXBD(q, w)
}

// q4 dequantises 8 elements: w = d (q - 8), which is exact.
func (a *asm) q4(q reg.Register, g int, d, w reg.VecVirtual) {
	a.eight(q, g, w)
	a.VPADDD(a.repeated(^uint32(7)), w, w)
	a.VCVTDQ2PS(w, w)
	a.VMULPS(w, d, w)
}

// q4Min dequantises 8 elements: w = d q + m. d q is exact, so the fused form
// rounds once, as the product rounded before the sum does.
func (a *asm) q4Min(q reg.Register, g int, d, m, w reg.VecVirtual) {
	a.eight(q, g, w)
	a.VCVTDQ2PS(w, w)
	a.VFMADD213PS(m, d, w)
}
