package kernel

import "math"

// float16 converts IEEE 754 binary16 bits exactly. A signalling NaN becomes
// quiet and keeps its payload, as the hardware does it.
func float16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h) & 0x3ff
	switch exp {
	case 0:
		v := float32(frac) * (1.0 / (1 << 24)) // zero or subnormal: exact
		return math.Float32frombits(sign | math.Float32bits(v))
	case 0x1f:
		if frac != 0 {
			frac |= 0x200
		}
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// bfloat16 converts bfloat16 bits, the upper half of a float32.
func bfloat16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }
