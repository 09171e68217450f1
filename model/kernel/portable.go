package kernel

import "math"

// portable is the specification of every kernel.
var portable = path{
	name:       "portable",
	decode:     decodePortable,
	mul:        mulPortable,
	dots:       dotsPortable,
	accumulate: accumulatePortable,
	dot:        dotPortable,
	axpy:       axpyPortable,
	scale:      scalePortable,
	scaleMul:   scaleMulPortable,
	swiglu:     swigluPortable,
	softmax:    softmaxPortable,
	maximum:    maximumPortable,
	sumExp:     sumExpPortable,
	exp1:       expPortable,
	sigmoid1:   sigmoidPortable,
	read:       readPortable,
}

// join adds 8 partial sums by the fixed tree.
func join(s *[8]float32) float32 {
	return float32(float32(s[0]+s[4])+float32(s[2]+s[6])) +
		float32(float32(s[1]+s[5])+float32(s[3]+s[7]))
}

func dotPortable(a, b []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += float32(a[0] * b[0])
		s1 += float32(a[1] * b[1])
		s2 += float32(a[2] * b[2])
		s3 += float32(a[3] * b[3])
		s4 += float32(a[4] * b[4])
		s5 += float32(a[5] * b[5])
		s6 += float32(a[6] * b[6])
		s7 += float32(a[7] * b[7])
		a, b = a[8:], b[8:]
	}
	s := [8]float32{s0, s1, s2, s3, s4, s5, s6, s7}
	for j := range a {
		s[j] += float32(a[j] * b[j])
	}
	return join(&s)
}

func axpyPortable(y []float32, a float32, x []float32) {
	for i, v := range x {
		y[i] += float32(a * v)
	}
}

func scalePortable(x []float32, factor float32) {
	for i := range x {
		x[i] *= factor
	}
}

func scaleMulPortable(dst, x, w []float32, scale float32) {
	for i, v := range x {
		dst[i] = float32(v*scale) * w[i]
	}
}

func swigluPortable(dst, gate, up []float32) {
	for i, g := range gate {
		dst[i] = float32(g*sigmoidPortable(g)) * up[i]
	}
}

func softmaxPortable(x []float32) (top, sum float32) {
	top = maximumPortable(x)
	var s [8]float32
	for i, v := range x {
		e := expPortable(v - top)
		x[i] = e
		s[i%8] += e
	}
	sum = join(&s)
	for i := range x {
		x[i] /= sum
	}
	return top, sum
}

// maximumPortable is the largest element, -Inf of nothing. What it is of NaN
// is open.
func maximumPortable(x []float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range x {
		top = max(top, v)
	}
	return top
}

// sumExpPortable is the sum of e^(x-shift) for x up to shift.
func sumExpPortable(x []float32, shift float64) float64 {
	var s [8]float64
	for i, v := range x {
		s[i%8] += expFloat64(float64(v) - shift)
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

// mulPortable writes y[r*yStride+i] = row i of w . row r of x for the rows in w,
// which all have t and cols.
func mulPortable(y []float32, yStride int, x []float32, rows int, t Type, cols int, w []byte) {
	row := make([]float32, cols)
	size := t.RowBytes(cols)
	for i := range len(w) / size {
		decodePortable(t, row, w[i*size:(i+1)*size])
		for r := range rows {
			y[r*yStride+i] = dotPortable(row, x[r*cols:(r+1)*cols])
		}
	}
}

// dotsPortable writes y[i] = a . b[i*stride:] for every i.
func dotsPortable(y, a, b []float32, stride int) {
	for i := range y {
		y[i] = dotPortable(a, b[i*stride:i*stride+len(a)])
	}
}

// accumulatePortable adds to dst, for each of its rows i,
//
//	sum over t of coef[i*a.row + t*a.step] * src[t*srcStride:]
//
// in increasing t.
func accumulatePortable(dst []float32, dstStride, rows, cols int, coef []float32, c strides, src []float32, srcStride, n int) {
	for i := range rows {
		row := dst[i*dstStride : i*dstStride+cols]
		for t := range n {
			axpyPortable(row, coef[i*c.row+t*c.step], src[t*srcStride:t*srcStride+cols])
		}
	}
}

// readPortable reads all of b and returns something that depends on it.
func readPortable(b []float32) (sum uint32) {
	for _, v := range b {
		sum ^= math.Float32bits(v)
	}
	return sum
}
