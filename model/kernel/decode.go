package kernel

import "encoding/binary"

// decodePortable dequantises len(dst) elements from src, which holds exactly
// them.
func decodePortable(t Type, dst []float32, src []byte) {
	switch t {
	case F32:
		copy(floatBytes(dst), src[:4*len(dst)])
	case F16:
		for i := range dst {
			dst[i] = float16(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = bfloat16(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case Q8_0:
		for ; len(dst) > 0; dst, src = dst[32:], src[34:] {
			decodeQ8(dst[:32], src[:34])
		}
	case Q4_0:
		for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
			decodeQ4(dst[:32], float16(binary.LittleEndian.Uint16(src)), src[2:18])
		}
	case Q4_1:
		for ; len(dst) > 0; dst, src = dst[32:], src[20:] {
			d, m := float16(binary.LittleEndian.Uint16(src)), float16(binary.LittleEndian.Uint16(src[2:]))
			decodeQ4Min(dst[:32], d, m, src[4:20])
		}
	}
}

func decodeQ8(dst []float32, block []byte) {
	d := float16(binary.LittleEndian.Uint16(block))
	for i, q := range block[2:] {
		dst[i] = d * float32(int8(q))
	}
}

func decodeQ4(dst []float32, d float32, q []byte) {
	for i, b := range q {
		dst[i] = d * float32(int(b&15)-8)
		dst[16+i] = d * float32(int(b>>4)-8)
	}
}

func decodeQ4Min(dst []float32, d, m float32, q []byte) {
	for i, b := range q {
		dst[i] = float32(d*float32(b&15)) + m
		dst[16+i] = float32(d*float32(b>>4)) + m
	}
}
