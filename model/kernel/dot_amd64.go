//go:build !purego

package kernel

// dotsAVX2 is dotsPortable: the product of one row of x with weight rows that
// lie stride apart.
func dotsAVX2(y, a, b []float32, stride int) {
	n, d := len(y), len(a)
	if n == 0 {
		return
	}
	if d == 0 {
		clear(y)
		return
	}
	b = b[:(n-1)*stride+d] // what assembly will touch
	w := floatBytes(b)
	whole := n / panelRows * panelRows
	size, next := 4*stride, 4*panelRows*stride
	if whole > 0 {
		avxTileF32_4x1(&y[0], 0, &a[0], 0, &w[0], size, d/8, d%8, whole/panelRows, 4*panelRows, 0, next, next, size, cacheLine, 0, nil, 0)
	}
	if whole < n {
		avxTileF32_1x1(&y[whole], 0, &a[0], 0, &w[whole*size], 0, d/8, d%8, n-whole, 4, 0, size, 0, 0, 0, 0, nil, 0)
	}
}

// dotAVX2 is dotPortable.
func dotAVX2(a, b []float32) float32 {
	if len(a) == 0 {
		return 0
	}
	var y float32
	b = b[:len(a)]
	avxTileF32_1x1(&y, 0, &a[0], 0, &floatBytes(b)[0], 0, len(a)/8, len(a)%8, 1, 0, 0, 0, 0, 0, 0, 0, nil, 0)
	return y
}
