package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The emulated fused multiply-add against arithmetic that doesn't round.
func TestFusedReference(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200_000 {
		a, b := wideFloat(r), wideFloat(r)
		c := wideFloat(r)
		if r.IntN(4) > 0 { // near cancellation
			c = -float32(a*b) * (1 + float32(r.IntN(5)-2)*0x1p-23)
		}
		product := new(big.Float).SetPrec(2000).Mul(big.NewFloat(float64(a)), big.NewFloat(float64(b)))
		if math.IsInf(float64(c), 0) {
			continue
		}
		want, _ := product.Add(product, big.NewFloat(float64(c))).Float32()
		if got := fma32(a, b, c); got != want {
			t.Fatalf("fma32(%g, %g, %g) = %g, want %g", a, b, c, got, want)
		}
	}
}

// wideFloat is a float32 of any size that doesn't overflow in a sum of
// products, sometimes a zero of either sign or a subnormal.
func wideFloat(r *rand.Rand) float32 {
	switch r.IntN(16) {
	case 0:
		return 0
	case 1:
		return float32(math.Copysign(0, -1))
	case 2:
		return math.Float32frombits(r.Uint32() & 0x807fffff)
	case 3:
		return math.Float32frombits(r.Uint32()&0x807fffff | uint32(127-60+r.IntN(100))<<23)
	}
	return float32(r.NormFloat64())
}

func wideFloats(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = wideFloat(r)
	}
	return x
}
