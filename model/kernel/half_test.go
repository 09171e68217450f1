package kernel

import (
	"math"
	"math/big"
	"testing"
)

// float16Reference reads the bits as the standard defines them:
// (-1)^s 2^(e-15) (1 + f/1024), or 2^-14 f/1024 where e is 0.
func float16Reference(h uint16) float32 {
	s, e, f := h>>15, int(h>>10&31), int64(h&1023)
	switch {
	case e == 31 && f != 0:
		return math.Float32frombits(uint32(s)<<31 | 0x7fc00000 | uint32(f)<<13)
	case e == 31:
		return float32(math.Inf(1 - 2*int(s)))
	case e == 0:
		e = 1
	default:
		f += 1024
	}
	v := new(big.Float).SetMantExp(big.NewFloat(float64(f)), e-25)
	out, accuracy := v.Float32()
	if accuracy != big.Exact {
		panic("a float16 is a float32")
	}
	if s == 1 {
		out = float32(math.Copysign(float64(out), -1))
	}
	return out
}

func TestFloat16AllPatterns(t *testing.T) {
	for h := range 1 << 16 {
		got, want := float16(uint16(h)), float16Reference(uint16(h))
		if math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("float16(%#04x) = %#08x, want %#08x", h, math.Float32bits(got), math.Float32bits(want))
		}
	}
}

func TestBfloat16AllPatterns(t *testing.T) {
	for h := range 1 << 16 {
		if got := math.Float32bits(bfloat16(uint16(h))); got != uint32(h)<<16 {
			t.Fatalf("bfloat16(%#04x) = %#08x", h, got)
		}
	}
}
