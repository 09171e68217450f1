//go:build !purego

package kernel

// decodeAVX2 is decodePortable.
func decodeAVX2(t Type, dst []float32, src []byte) { decodeAhead(t, dst, src, 0) }

// decodeAhead asks memory for the weights far bytes ahead at the same time.
func decodeAhead(t Type, dst []float32, src []byte, far int) {
	var f func(dst *float32, w *byte, n, far int)
	switch t {
	case F16:
		f = avxDecodeF16
	case BF16:
		f = avxDecodeBF16
	case Q8_0:
		f = avxDecodeQ8
	case Q4_0:
		f = avxDecodeQ4
	case Q4_1:
		f = avxDecodeQ4Min
	default:
		copy(floatBytes(dst), src[:4*len(dst)])
		return
	}
	src = src[:t.RowBytes(len(dst))]
	group := max(8, t.BlockSize())
	n := len(dst) / group
	if n > 0 {
		f(&dst[0], &src[0], n, far)
	}
	if n *= group; n < len(dst) {
		decodePortable(t, dst[n:], src[t.RowBytes(n):])
	}
}
