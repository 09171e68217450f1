package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise are the functions of vectors that are not products. n counts
// groups of 8 elements and tail the elements after them; the tail runs through
// the same instructions, masked, so an element's bits don't depend on its place.
func (a *asm) elementwise() {
	a.axpy()
	a.rescale()
	a.scaleMul()
	a.divide()
	a.swiglu()
	a.maximum()
	a.expShifted()
	a.sumExp()
	a.single("avxExp", "avxExp is e^x.", a.exp)
	a.single("avxSigmoid", "avxSigmoid is 1/(1+e^-x).", a.sigmoid)
	a.readWide()
}

// each loads 8 elements from every pointer and hands them to body with the mask
// of a tail, nil for whole groups.
func (a *asm) each(pointers []reg.GPVirtual, body func(v []reg.VecVirtual, mask reg.VecVirtual)) {
	n, tail := a.arg("n"), a.arg("tail")
	a.times(n, 1, func() {
		v := a.vectors(len(pointers))
		for i, p := range pointers {
			a.VMOVUPS(at(p, 0), v[i])
		}
		body(v, nil)
		for _, p := range pointers {
			a.advance(p, 32)
		}
	})
	a.unless(tail, func() {
		mask := a.YMM()
		a.VMOVUPS(a.tailTable("tailMask", tail), mask)
		v := a.vectors(len(pointers))
		for i, p := range pointers {
			a.VMASKMOVPS(at(p, 0), mask, v[i])
		}
		body(v, mask)
	})
}

// put stores 8 elements, or those of the mask.
func (a *asm) put(v reg.VecVirtual, p reg.Register, mask reg.VecVirtual) {
	if mask == nil {
		a.VMOVUPS(v, at(p, 0))
		return
	}
	a.VMASKMOVPS(v, mask, at(p, 0))
}

// broadcastArg loads a float32 argument into all lanes.
func (a *asm) broadcastArg(name string) reg.VecVirtual {
	v := a.YMM()
	a.VBROADCASTSS(a.slot(name), v)
	return v
}

func (a *asm) axpy() {
	a.function("avxAxpy", "func(y, x *float32, n, tail int, factor float32)", "avxAxpy adds factor*x to y.")
	y, x := a.arg("y"), a.arg("x")
	f := a.broadcastArg("factor")
	a.each([]reg.GPVirtual{y, x}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		a.VFMADD231PS(v[1], f, v[0])
		a.put(v[0], y, mask)
	})
	a.end()
}

func (a *asm) rescale() {
	a.function("avxScale", "func(x *float32, n, tail int, factor float32)", "avxScale multiplies x by factor.")
	x := a.arg("x")
	f := a.broadcastArg("factor")
	a.each([]reg.GPVirtual{x}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		a.VMULPS(f, v[0], v[0])
		a.put(v[0], x, mask)
	})
	a.end()
}

func (a *asm) scaleMul() {
	a.function("avxScaleMul", "func(dst, x, w *float32, n, tail int, factor float32)", "avxScaleMul writes x*factor*w to dst.")
	dst, x, w := a.arg("dst"), a.arg("x"), a.arg("w")
	f := a.broadcastArg("factor")
	a.each([]reg.GPVirtual{x, w}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		a.VMULPS(f, v[0], v[0])
		a.VMULPS(v[1], v[0], v[0])
		a.put(v[0], dst, mask)
		a.advance(dst, 32)
	})
	a.end()
}

func (a *asm) divide() {
	a.function("avxDivide", "func(x *float32, n, tail int, divisor float32)", "avxDivide divides x by divisor.")
	x := a.arg("x")
	d := a.broadcastArg("divisor")
	a.each([]reg.GPVirtual{x}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		a.VDIVPS(d, v[0], v[0])
		a.put(v[0], x, mask)
	})
	a.end()
}

func (a *asm) swiglu() {
	a.function("avxSwiglu", "func(dst, gate, up *float32, n, tail int)", "avxSwiglu writes gate*sigmoid(gate)*up to dst.")
	dst, gate, up := a.arg("dst"), a.arg("gate"), a.arg("up")
	a.each([]reg.GPVirtual{gate, up}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		s := a.sigmoid(v[0])
		a.VMULPS(s, v[0], v[0])
		a.VMULPS(v[1], v[0], v[0])
		a.put(v[0], dst, mask)
		a.advance(dst, 32)
	})
	a.end()
}

func (a *asm) maximum() {
	a.function("avxMaximum", "func(x *float32, n, tail int) float32", "avxMaximum is the largest element, -Inf of nothing.")
	x := a.arg("x")
	top, nothing := a.YMM(), a.YMM()
	a.VMOVUPS(a.float(math.Inf(-1)), nothing)
	a.VMOVAPS(nothing, top)
	a.each([]reg.GPVirtual{x}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		if mask != nil {
			a.VBLENDVPS(mask, v[0], nothing, v[0])
		}
		a.VMAXPS(v[0], top, top)
	})
	high, low := a.XMM(), top.AsX()
	a.VEXTRACTF128(operand.U8(1), top, high)
	a.VMAXPS(high, low, low)
	a.VMOVHLPS(low, low, high)
	a.VMAXPS(high, low, low)
	a.VMOVSHDUP(low, high)
	a.VMAXSS(high, low, low)
	a.Store(low, a.ReturnIndex(0))
	a.end()
}

func (a *asm) expShifted() {
	a.function("avxExpShifted", "func(x *float32, n, tail int, shift float32) float32",
		"avxExpShifted replaces x by e^(x-shift) and returns the sum.")
	x := a.arg("x")
	shift, sum := a.broadcastArg("shift"), a.YMM()
	a.zero(sum)
	a.each([]reg.GPVirtual{x}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		a.VSUBPS(shift, v[0], v[0])
		e := a.exp(v[0])
		if mask != nil {
			a.VANDPS(mask, e, e) // sums of exponentials are never -0
		}
		a.VADDPS(e, sum, sum)
		a.put(e, x, mask)
	})
	a.Store(a.join1(sum), a.ReturnIndex(0))
	a.end()
}

func (a *asm) sumExp() {
	a.function("avxSumExp", "func(x *float32, n, tail int, shift float64) float64",
		"avxSumExp is the sum of e^(x-shift) in float64, for x up to shift.")
	x := a.arg("x")
	shift, nothing := a.YMM(), a.YMM()
	a.VBROADCASTSD(a.slot("shift"), shift)
	a.VMOVUPS(a.float(math.Inf(-1)), nothing)
	sums := a.vectors(2) // partial sums 0..3 and 4..7
	a.zero(sums...)
	a.each([]reg.GPVirtual{x}, func(v []reg.VecVirtual, mask reg.VecVirtual) {
		if mask != nil {
			a.VBLENDVPS(mask, v[0], nothing, v[0])
		}
		for half, sum := range sums {
			part, d := a.XMM(), a.YMM()
			a.VEXTRACTF128(operand.U8(half), v[0], part)
			a.VCVTPS2PD(part, d)
			a.VSUBPD(shift, d, d)
			a.VADDPD(a.exp64(d), sum, sum)
		}
	})
	a.VADDPD(sums[1], sums[0], sums[0]) // 0+4, 1+5, 2+6, 3+7
	low, high := sums[0].AsX(), a.XMM()
	a.VEXTRACTF128(operand.U8(1), sums[0], high)
	a.VADDPD(high, low, low)
	a.VUNPCKHPD(low, low, high)
	a.VADDSD(high, low, low)
	a.Store(low, a.ReturnIndex(0))
	a.end()
}

// single makes a function of one number from one of 8.
func (a *asm) single(name, doc string, f func(x reg.VecVirtual) reg.VecVirtual) {
	a.function(name, "func(x float32) float32", doc)
	y := f(a.broadcastArg("x"))
	a.Store(y.AsX(), a.ReturnIndex(0))
	a.end()
}

func (a *asm) readWide() {
	a.function("avxReadWide", "func(b *float32, n int) uint32", "avxReadWide reads n groups of 256 bytes.")
	b, n := a.arg("b"), a.arg("n")
	sums := a.vectors(8)
	a.zero(sums...)
	a.times(n, 1, func() {
		for i, s := range sums {
			a.VPXOR(at(b, 32*i), s, s)
		}
		a.advance(b, 256)
	})
	for _, s := range sums[1:] {
		a.VPXOR(s, sums[0], sums[0])
	}
	out := a.GP32()
	a.VMOVD(sums[0].AsX(), out)
	a.Store(out, a.ReturnIndex(0))
	a.end()
}
