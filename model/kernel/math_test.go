package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// ulps is the distance of got from want in units in the last place of a float32
// of want's size.
func ulps(got float32, want float64) float64 {
	w := float32(want)
	if got == w || got != got && w != w {
		return 0
	}
	if math.IsInf(float64(w), 0) || math.IsInf(float64(got), 0) {
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	unit := math.Ldexp(1, max(e-24, -149))
	return math.Abs(float64(got)-want) / unit
}

func TestExpError(t *testing.T) {
	var worst, worstSigmoid float64
	step := uint32(1009)
	if testing.Short() {
		step = 100003
	}
	for b := uint64(0); b < 1<<32; b += uint64(step) {
		x := math.Float32frombits(uint32(b))
		if x != x {
			continue
		}
		worst = max(worst, ulps(Exp(x), math.Exp(float64(x))))
		worstSigmoid = max(worstSigmoid, ulps(Sigmoid(x), 1/(1+math.Exp(-float64(x)))))
	}
	for x := float32(-104); x < 89; x += 1.0 / 4096 {
		worst = max(worst, ulps(Exp(x), math.Exp(float64(x))))
		worstSigmoid = max(worstSigmoid, ulps(Sigmoid(x), 1/(1+math.Exp(-float64(x)))))
	}
	limit := 1.5
	if Path() == "avx2" {
		limit = 1
	}
	t.Logf("%s: exp %.3f ulp, sigmoid %.3f ulp", Path(), worst, worstSigmoid)
	if worst > limit {
		t.Errorf("Exp is off by %.3f units in the last place, want at most %v", worst, limit)
	}
	if worstSigmoid > 3 {
		t.Errorf("Sigmoid is off by %.3f units in the last place, want at most 3", worstSigmoid)
	}
}

func TestExpEdges(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, test := range []struct{ x, want float32 }{
		{0, 1}, {float32(math.Copysign(0, -1)), 1}, {inf, inf}, {-inf, 0},
		{88.72283, math.MaxFloat32 * 0.99999}, {88.72284, inf}, {1000, inf}, {math.MaxFloat32, inf},
		{-103.97, math.SmallestNonzeroFloat32}, {-103.98, 0}, {-104, 0}, {-1000, 0}, {-math.MaxFloat32, 0},
	} {
		got := Exp(test.x)
		if math.Abs(float64(got-test.want)) > 1e-4*float64(test.want) && got != test.want {
			t.Errorf("Exp(%v) = %v, want %v", test.x, got, test.want)
		}
	}
	nan := float32(math.NaN())
	if v := Exp(nan); v == v {
		t.Errorf("Exp(NaN) = %v", v)
	}
	if v := Sigmoid(nan); v == v {
		t.Errorf("Sigmoid(NaN) = %v", v)
	}
	if Sigmoid(inf) != 1 || Sigmoid(-inf) != 0 || Sigmoid(0) != 0.5 {
		t.Errorf("Sigmoid(inf, -inf, 0) = %v, %v, %v", Sigmoid(inf), Sigmoid(-inf), Sigmoid(0))
	}
}

func TestExpFloat64Error(t *testing.T) {
	var worst float64
	for x := 0.0; x > -700; x -= 0.00377 {
		want := math.Exp(x)
		worst = max(worst, math.Abs(expFloat64(x)-want)/want)
	}
	if worst > 5e-16 {
		t.Errorf("expFloat64 is off by %g of its value", worst)
	}
	if expFloat64(0) != 1 || expFloat64(-1e9) != 0 || expFloat64(math.Inf(-1)) != 0 {
		t.Errorf("expFloat64(0, -1e9, -Inf) = %v, %v, %v", expFloat64(0), expFloat64(-1e9), expFloat64(math.Inf(-1)))
	}
}

func TestLogSumExp(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, test := range []struct {
		x    []float32
		want float64
	}{
		{nil, math.Inf(-1)},
		{[]float32{-inf, -inf}, math.Inf(-1)},
		{[]float32{1, inf}, math.Inf(1)},
		{[]float32{3}, 3},
		{[]float32{-inf, 3}, 3},
		{[]float32{1000, 1000}, 1000 + math.Ln2},
		{[]float32{-1000, -1000, -1000, -1000}, -1000 + 2*math.Ln2},
		{[]float32{0, 1, 2, 3}, 3.4401896985611953},
	} {
		if got := LogSumExp(test.x); got != test.want && !(math.Abs(got-test.want) <= 1e-12*math.Abs(test.want) && !math.IsInf(test.want, 0)) {
			t.Errorf("LogSumExp(%v) = %v, want %v", test.x, got, test.want)
		}
	}
	nan := float32(math.NaN())
	for _, x := range [][]float32{{nan}, {1, nan, 2}, {nan, -inf}, {-inf, nan}, {inf, nan}, {nan, 5, 6, 7, 8, 9, 10, 11, 12}} {
		if v := LogSumExp(x); v == v {
			t.Errorf("LogSumExp(%v) = %v", x, v)
		}
	}
	r := rand.New(rand.NewPCG(33, 34))
	for n := 1; n < 100; n++ {
		x, sum := make([]float32, n), 0.0
		for i := range x {
			x[i] = float32(5 * r.NormFloat64())
			sum += math.Exp(float64(x[i]))
		}
		if got, want := LogSumExp(x), math.Log(sum); math.Abs(got-want) > 1e-13 {
			t.Errorf("LogSumExp of %d is %v, want %v", n, got, want)
		}
	}
}

func TestSoftmaxAndNormEdges(t *testing.T) {
	if top, sum := Softmax(nil); !math.IsInf(float64(top), -1) || sum != 0 {
		t.Errorf("Softmax(nil) = %v, %v", top, sum)
	}
	x := []float32{1, 1, float32(math.Inf(-1)), 1}
	if top, sum := Softmax(x); top != 1 || sum != 3 || x[2] != 0 || x[0] != x[3] {
		t.Errorf("Softmax = %v, %v, %v", top, sum, x)
	}
	RMSNorm(nil, nil, nil, 1e-5)
	y := []float32{3, 4}
	RMSNorm(y, y, []float32{1, 2}, 0)
	if math.Abs(float64(y[0])-0.848528) > 1e-6 || math.Abs(float64(y[1])-2.262742) > 1e-6 {
		t.Errorf("RMSNorm(3, 4; weights 1, 2) = %v", y)
	}
}
