//go:build !purego

package kernel

import "unsafe"

// axpyAVX2 is axpyPortable.
func axpyAVX2(y []float32, a float32, x []float32) {
	if n := len(x); n > 0 {
		avxAxpy(&y[:n][0], &x[0], n/8, n%8, a)
	}
}

// scaleAVX2 is scalePortable.
func scaleAVX2(x []float32, factor float32) {
	if n := len(x); n > 0 {
		avxScale(&x[0], n/8, n%8, factor)
	}
}

// scaleMulAVX2 is scaleMulPortable.
func scaleMulAVX2(dst, x, w []float32, scale float32) {
	if n := len(x); n > 0 {
		avxScaleMul(&dst[:n][0], &x[0], &w[:n][0], n/8, n%8, scale)
	}
}

// swigluAVX2 is swigluPortable.
func swigluAVX2(dst, gate, up []float32) {
	if n := len(gate); n > 0 {
		avxSwiglu(&dst[:n][0], &gate[0], &up[:n][0], n/8, n%8)
	}
}

// maximumAVX2 is maximumPortable.
func maximumAVX2(x []float32) float32 { return avxMaximum(unsafe.SliceData(x), len(x)/8, len(x)%8) }

// sumExpAVX2 is sumExpPortable.
func sumExpAVX2(x []float32, shift float64) float64 {
	return avxSumExp(unsafe.SliceData(x), len(x)/8, len(x)%8, shift)
}

// softmaxAVX2 is softmaxPortable.
func softmaxAVX2(x []float32) (top, sum float32) {
	n, tail := len(x)/8, len(x)%8
	top = avxMaximum(&x[0], n, tail)
	sum = avxExpShifted(&x[0], n, tail, top)
	avxDivide(&x[0], n, tail, sum)
	return top, sum
}

// readAVX2 is readPortable for whole groups of 64 elements.
func readAVX2(b []float32) uint32 {
	if len(b) < 64 {
		return readPortable(b)
	}
	return avxReadWide(&b[0], len(b)/64)
}

// accumulateAVX2 is accumulatePortable. It takes stepsAtOnce rows of src at a
// time, so that they stay in the cache while all rows of dst use them; the
// additions go on where they stopped.
func accumulateAVX2(dst []float32, dstStride, rows, cols int, coef []float32, c strides, src []float32, srcStride, n int) {
	if rows == 0 || cols == 0 || n == 0 {
		return
	}
	// What assembly will touch.
	_, _, _ = dst[(rows-1)*dstStride+cols-1], coef[(rows-1)*c.row+(n-1)*c.step], src[(n-1)*srcStride+cols-1]
	const stepsAtOnce = 64
	for t := 0; t < n; t += stepsAtOnce {
		s := summed{coef: coef[t*c.step:], c: c, src: src[t*srcStride:], srcStride: srcStride, n: min(stepsAtOnce, n-t), cols: cols}
		i := 0
		for ; i+4 <= rows; i += 4 {
			s.four(dst[i*dstStride:], dstStride, i)
		}
		for ; i < rows; i++ {
			s.one(dst[i*dstStride:], 0, i)
		}
	}
}

// summed is what a call of accumulateAVX2 adds at a time: n scaled rows.
type summed struct {
	coef      []float32
	c         strides
	src       []float32
	srcStride int
	n, cols   int
}

// four adds to rows i..i+3 of dst.
func (s *summed) four(dst []float32, dstStride, i int) {
	coef := &s.coef[i*s.c.row]
	col := 0
	if count := s.cols / 24; count > 0 {
		avxAccumulate4x24(&dst[0], 4*dstStride, coef, 4*s.c.row, 4*s.c.step, &s.src[0], 4*s.srcStride, s.n, count)
		col = 24 * count
	}
	if count := (s.cols - col) / 8; count > 0 {
		avxAccumulate4x8(&dst[col], 4*dstStride, coef, 4*s.c.row, 4*s.c.step, &s.src[col], 4*s.srcStride, s.n, count)
		col += 8 * count
	}
	if col < s.cols {
		for r := range 4 {
			s.one(dst[r*dstStride:], col, i+r)
		}
	}
}

// one adds to row i of dst, from column col on.
func (s *summed) one(dst []float32, col, i int) {
	coef := &s.coef[i*s.c.row]
	if count := (s.cols - col) / 64; count > 0 {
		avxAccumulate1x64(&dst[col], 0, coef, 0, 4*s.c.step, &s.src[col], 4*s.srcStride, s.n, count)
		col += 64 * count
	}
	if count := (s.cols - col) / 24; count > 0 { // three additions at a time hide each other's latency
		avxAccumulate1x24(&dst[col], 0, coef, 0, 4*s.c.step, &s.src[col], 4*s.srcStride, s.n, count)
		col += 24 * count
	}
	if count := (s.cols - col) / 8; count > 0 {
		avxAccumulate1x8(&dst[col], 0, coef, 0, 4*s.c.step, &s.src[col], 4*s.srcStride, s.n, count)
		col += 8 * count
	}
	if col < s.cols {
		avxAccumulateTail(&dst[col], coef, 4*s.c.step, &s.src[col], 4*s.srcStride, s.n, s.cols-col)
	}
}
