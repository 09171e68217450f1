package kernel

import "math"

// Exp splits x = n ln 2 + r with |r| <= ln(2)/2 and takes
//
//	e^r = 1 + r + r^2 (c2 + r (c3 + r (c4 + r (c5 + r c6))))
//
// with the coefficients that make the largest relative error smallest (Remez),
// 2^-28.2 before rounding. ln 2 is subtracted in two parts, of which n times
// the first is exact. 2^n is applied as two factors, so that results below the
// normal range are rounded once, as others are.
const (
	expC2 = 0.49999993373097571791
	expC3 = 0.16666519524078858822
	expC4 = 0.04166840108127144745
	expC5 = 0.00836885106767326450
	expC6 = 0.00138143206996904916

	expLog2e = 1.44269504088896340736
	expLn2Hi = 0.693359375
	expLn2Lo = -2.12194440054690583e-4

	expMax = 89   // e^89 is beyond float32: infinity
	expMin = -104 // e^-104 is under half the smallest float32: zero
)

// Exp is e^x within 1.5 units in the last place; within 1 on the avx2 path.
// Exp of infinity is infinity, of -infinity 0, of NaN NaN; results below
// 2^-126 are rounded to the subnormal grid.
func Exp(x float32) float32 { return active.exp1(x) }

// Sigmoid is 1/(1+e^-x) within 3 units in the last place. It is taken from
// e^-|x|, so it loses nothing for large negative x.
func Sigmoid(x float32) float32 { return active.sigmoid1(x) }

func expPortable(x float32) float32 {
	if x != x {
		return x
	}
	x = min(max(x, expMin), expMax)
	const rounder = 3 << 22 // adding it leaves no fraction bits
	n := float32(float32(float32(x*expLog2e)+rounder) - rounder)
	r := float32(x - float32(n*expLn2Hi))
	r = float32(r - float32(n*expLn2Lo))
	p := float32(expC6)
	p = float32(p*r) + expC5
	p = float32(p*r) + expC4
	p = float32(p*r) + expC3
	p = float32(p*r) + expC2
	p = float32(p*float32(r*r)) + r
	p += 1
	i := int32(n)
	half := i >> 1
	return float32(p*pow2(half)) * pow2(i-half)
}

// pow2 is 2^n for n in -126..127.
func pow2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

func sigmoidPortable(x float32) float32 {
	e := expPortable(-float32(math.Abs(float64(x))))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// Coefficients of e^r = 1 + r + r^2 (d2 + r d3 + ...) in float64, found as
// above; relative error 2^-56.8 before rounding.
var exp64 = [...]float64{
	2.511025148858e-8, 2.7632940697904e-7, 0.00000275572418063005, 0.00002480148656918594,
	0.00019841269887053436, 0.00138888889484904710, 0.00833333333332205984, 0.04166666666651979931,
	0.16666666666666674652, 0.50000000000000104176,
}

// expFloat64 is e^x for x <= 0, spelled out so that its bits are the same on
// every machine.
func expFloat64(x float64) float64 {
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	if x < -708 { // too little to be seen in a sum that holds e^0
		return 0
	}
	if x != x {
		return x
	}
	n := math.RoundToEven(float64(x * math.Log2E))
	r := float64(x - float64(n*ln2Hi))
	r = float64(r - float64(n*ln2Lo))
	p := exp64[0]
	for _, c := range exp64[1:] {
		p = float64(p*r) + c
	}
	p = float64(p*float64(r*r)) + r
	p += 1
	return p * math.Float64frombits(uint64(int64(n)+1023)<<52)
}
