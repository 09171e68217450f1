package kernel

import "math"

// fused is the path that the assembly must equal bit for bit: the order of the
// package comment with exact fused multiply-adds, in plain Go.
var fused = path{
	name:       "fused",
	decode:     decodePortable,
	mul:        mulFused,
	dots:       dotsFused,
	accumulate: accumulateFused,
	dot:        dotFused,
	axpy:       axpyFused,
	scale:      scalePortable,
	scaleMul:   scaleMulPortable,
	swiglu:     swigluFused,
	softmax:    softmaxFused,
	maximum:    maximumPortable,
	sumExp:     sumExpFused,
	exp1:       expFused,
	sigmoid1:   sigmoidFused,
}

// fma32 is a*b + c rounded once. The product of two float32 is exact in
// float64; the sum is rounded to odd there, so that rounding it again to
// float32 gives what rounding once would. (Boldo, Melquiond: Emulation of FMA
// and correctly rounded sums, IEEE Trans. Comput. 57, 2008.)
func fma32(a, b, c float32) float32 {
	p, q := float64(a)*float64(b), float64(c)
	s := float64(p + q)
	if math.IsInf(s, 0) || s != s {
		return float32(s)
	}
	t := float64(s - p)
	rest := float64(p-float64(s-t)) + float64(q-t) // what s lacks, exactly
	if bits := math.Float64bits(s); rest != 0 && bits&1 == 0 {
		if (rest > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}

func dotFused(a, b []float32) float32 {
	var s [8]float32
	for k := range a {
		s[k%8] = fma32(a[k], b[k], s[k%8])
	}
	return join(&s)
}

func mulFused(y []float32, yStride int, x []float32, rows int, t Type, cols int, w []byte) {
	row, size := make([]float32, cols), t.RowBytes(cols)
	for i := range len(w) / size {
		decodePortable(t, row, w[i*size:(i+1)*size])
		for r := range rows {
			y[r*yStride+i] = dotFused(row, x[r*cols:(r+1)*cols])
		}
	}
}

func dotsFused(y, a, b []float32, stride int) {
	for i := range y {
		y[i] = dotFused(a, b[i*stride:])
	}
}

func axpyFused(y []float32, a float32, x []float32) {
	for i, v := range x {
		y[i] = fma32(a, v, y[i])
	}
}

func accumulateFused(dst []float32, dstStride, rows, cols int, coef []float32, c strides, src []float32, srcStride, n int) {
	for i := range rows {
		for t := range n {
			axpyFused(dst[i*dstStride:], coef[i*c.row+t*c.step], src[t*srcStride:t*srcStride+cols])
		}
	}
}

func expFused(x float32) float32 {
	if x != x {
		return x
	}
	x = min(max(x, expMin), expMax)
	n := float32(math.RoundToEven(float64(float32(x * expLog2e))))
	r := fma32(-n, expLn2Hi, x)
	r = fma32(-n, expLn2Lo, r)
	p := float32(expC6)
	for _, c := range []float32{expC5, expC4, expC3, expC2} {
		p = fma32(p, r, c)
	}
	p = fma32(p, float32(r*r), r) + 1
	half := int32(n) >> 1
	return float32(p*pow2(half)) * pow2(int32(n)-half)
}

func sigmoidFused(x float32) float32 {
	e := expFused(-float32(math.Abs(float64(x))))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

func swigluFused(dst, gate, up []float32) {
	for i, g := range gate {
		dst[i] = float32(g*sigmoidFused(g)) * up[i]
	}
}

func softmaxFused(x []float32) (top, sum float32) {
	top = x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var s [8]float32
	for i, v := range x {
		x[i] = expFused(v - top)
		s[i%8] += x[i]
	}
	sum = join(&s)
	for i := range x {
		x[i] /= sum
	}
	return top, sum
}

func sumExpFused(x []float32, shift float64) float64 {
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	var s [8]float64
	for i, v := range x {
		d := max(float64(v)-shift, -708)
		n := math.RoundToEven(float64(d * math.Log2E))
		r := math.FMA(-n, ln2Lo, math.FMA(-n, ln2Hi, d))
		p := exp64[0]
		for _, c := range exp64[1:] {
			p = math.FMA(p, r, c)
		}
		p = math.FMA(p, float64(r*r), r) + 1
		s[i%8] += math.Ldexp(p, int(n))
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}
