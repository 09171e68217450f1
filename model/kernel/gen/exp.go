package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exp is e^x of 8 elements by the method and the coefficients of exp.go in
// package kernel.
func (a *asm) exp(x reg.VecVirtual) reg.VecVirtual {
	r := a.YMM()
	// The second source of min and max is the result if one is NaN.
	a.VMOVUPS(a.float(89), r)
	a.VMINPS(x, r, r)
	low := a.YMM()
	a.VMOVUPS(a.float(-104), low)
	a.VMAXPS(r, low, r)

	n := a.YMM()
	a.VMULPS(a.float(math.Log2E), r, n)
	a.VROUNDPS(operand.U8(0), n, n) // to nearest, ties to even
	a.VFNMADD231PS(a.float(0.693359375), n, r)
	a.VFNMADD231PS(a.float(-2.12194440054690583e-4), n, r)

	p := a.YMM()
	a.VMOVUPS(a.float(0.00138143206996904916), p)
	for _, c := range []float64{0.00836885106767326450, 0.04166840108127144745, 0.16666519524078858822, 0.49999993373097571791} {
		a.VFMADD213PS(a.float(c), r, p)
	}
	square := a.YMM()
	a.VMULPS(r, r, square)
	a.VFMADD213PS(r, square, p)
	a.VADDPS(a.float(1), p, p)

	half, rest := a.YMM(), a.YMM()
	a.VCVTPS2DQ(n, rest)
	a.VPSRAD(operand.U8(1), rest, half)
	a.VPSUBD(half, rest, rest)
	for _, i := range []reg.VecVirtual{half, rest} {
		a.VPADDD(a.repeated(127), i, i)
		a.VPSLLD(operand.U8(23), i, i)
		a.VMULPS(i, p, p)
	}
	return p
}

// sigmoid is 1/(1+e^-x) of 8 elements, from e^-|x|.
func (a *asm) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	e := a.YMM()
	a.VORPS(a.repeated(1<<31), x, e)
	e = a.exp(e)
	top, bottom := a.YMM(), a.YMM()
	a.VMOVUPS(a.float(1), top)
	a.VADDPS(top, e, bottom)
	a.VBLENDVPS(x, e, top, top)
	a.VDIVPS(bottom, top, top)
	return top
}

// exp64 is e^x of 4 float64 for x <= 0, by the method and the coefficients of
// expFloat64 in package kernel. Below -708 it stays at e^-708.
func (a *asm) exp64(x reg.VecVirtual) reg.VecVirtual {
	r, n, p := a.YMM(), a.YMM(), a.YMM()
	a.VMOVUPD(a.float64(-708), r)
	a.VMAXPD(x, r, r) // the second source is the result if one is NaN
	a.VMULPD(a.float64(math.Log2E), r, n)
	a.VROUNDPD(operand.U8(0), n, n)
	a.VFNMADD231PD(a.float64(6.93147180369123816490e-01), n, r)
	a.VFNMADD231PD(a.float64(1.90821492927058770002e-10), n, r)
	a.VMOVUPD(a.float64(2.511025148858e-8), p)
	for _, c := range []float64{
		2.7632940697904e-7, 0.00000275572418063005, 0.00002480148656918594,
		0.00019841269887053436, 0.00138888889484904710, 0.00833333333332205984, 0.04166666666651979931,
		0.16666666666666674652, 0.50000000000000104176,
	} {
		a.VFMADD213PD(a.float64(c), r, p)
	}
	square := a.YMM()
	a.VMULPD(r, r, square)
	a.VFMADD213PD(r, square, p)
	a.VADDPD(a.float64(1), p, p)
	// 2^n: n + 1023 in the exponent.
	a.VCVTPD2DQY(n, n.AsX())
	a.VPMOVSXDQ(n.AsX(), n)
	a.VPADDQ(a.repeated64(1023), n, n)
	a.VPSLLQ(operand.U8(52), n, n)
	a.VMULPD(n, p, p)
	return p
}
