package statistics

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// Expected numbers come from scipy 1.17.1 and statsmodels 0.15.0: proportion_confint
// (method="wilson"), mcnemar(exact=True), multipletests(method="holm"),
// numpy.quantile, and scipy.stats.bootstrap(paired=True, method="percentile",
// n_resamples=200000), whose random numbers are others than ours: intervals
// agree within what resampling leaves open.

func near(a, b, tolerance float64) bool {
	return a == b || math.Abs(a-b) <= tolerance || math.IsNaN(a) && math.IsNaN(b)
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{
		{0, 1, 0, 0.7934506856227627},
		{1, 1, 0.2065493143772374, 1},
		{0, 10, 0, 0.27753279986288926},
		{10, 10, 0.7224672001371106, 1},
		{5, 10, 0.23659309051256394, 0.7634069094874361},
		{240, 600, 0.3615565979992341, 0.4397157422035062},
		{987, 1000, 0.9778855576244203, 0.9923871796106489},
		{1999, 2000, 0.9971731374967338, 0.9999117322692944},
	} {
		got := Wilson(c.right, c.n)
		if !near(got.Low, c.low, 1e-12) || !near(got.High, c.high, 1e-12) {
			t.Errorf("Wilson(%d, %d) = %v, want [%v %v]", c.right, c.n, got, c.low, c.high)
		}
	}
	for _, c := range [][2]int{{0, 0}, {-1, 5}, {6, 5}, {0, -1}} {
		if got := Wilson(c[0], c[1]); got.Defined() {
			t.Errorf("Wilson(%d, %d) = %v, want none", c[0], c[1], got)
		}
	}
}

func TestIntervalJSON(t *testing.T) {
	for _, c := range []struct {
		interval Interval
		text     string
	}{
		{Interval{.25, .5}, "[0.25,0.5]"},
		{Undefined(), "null"},
		{Interval{0, math.Inf(1)}, "null"},
	} {
		got, err := json.Marshal(c.interval)
		if err != nil || string(got) != c.text {
			t.Errorf("%v is %s (%v), want %s", c.interval, got, err, c.text)
		}
		var back Interval
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatal(err)
		}
		if back.Defined() != c.interval.Defined() || back.Defined() && back != c.interval {
			t.Errorf("%s reads as %v, want %v", got, back, c.interval)
		}
	}
	for _, text := range []string{"[1]", "[1,2,3]", "[2,1]", `"x"`, "[]"} {
		var i Interval
		if err := json.Unmarshal([]byte(text), &i); err == nil {
			t.Errorf("%s was read as %v", text, i)
		}
	}
}

func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		a, b int
		p    float64
	}{
		{0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {5, 0, 0.0625}, {3, 9, 0.14599609375}, {12, 5, 0.143463134765625},
		{50, 50, 1}, {10, 100, 8.009521189255448e-20}, {700, 400, 1.1735888055606002e-19}, {0, 1100, 0},
	} {
		if got := McNemar(c.a, c.b); !near(got, c.p, 1e-10*c.p) {
			t.Errorf("McNemar(%d, %d) = %v, want %v", c.a, c.b, got, c.p)
		}
	}
	if got := McNemar(-1, 3); !math.IsNaN(got) {
		t.Errorf("McNemar(-1, 3) = %v", got)
	}
	a, b := Discordant([]bool{true, true, false, false, true}, []bool{true, false, true, false, false})
	if a != 2 || b != 1 {
		t.Errorf("%d and %d problems were right in one lane alone, want 2 and 1", a, b)
	}
}

func TestHolm(t *testing.T) {
	for _, c := range []struct{ p, want []float64 }{
		{[]float64{.01, .04, .03, .005, .5}, []float64{0.04, 0.09, 0.09, 0.025, 0.5}},
		{[]float64{.4, .4, .9}, []float64{1, 1, 1}},
		{nil, []float64{}},
	} {
		got := Holm(c.p)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return near(a, b, 1e-12) }) {
			t.Errorf("Holm(%v) = %v, want %v", c.p, got, c.want)
		}
	}
}

func TestRankP(t *testing.T) {
	for _, c := range []struct {
		value float64
		draws []float64
		want  float64
	}{
		{1, []float64{0, .5, .9}, .25},
		{.9, []float64{0, .5, .9}, .5}, // a tie reaches it
		{-1, []float64{0, .5, .9}, 1},
		{1, []float64{0, math.NaN(), 0}, .5},
		{1, nil, 1},
		{math.NaN(), []float64{0, 1}, 1},
	} {
		if got := RankP(c.value, c.draws); got != c.want {
			t.Errorf("RankP(%v, %v) = %v, want %v", c.value, c.draws, got, c.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	x := []float64{3.5, 1, 2, 8, 5, 13}
	q := []float64{0, .025, .25, .5, .9, .975, 1}
	for i, want := range []float64{1, 1.125, 2.375, 4.25, 10.5, 12.375, 13} {
		if got := Quantile(x, q[i]); !near(got, want, 1e-12) {
			t.Errorf("the %v-quantile is %v, want %v", q[i], got, want)
		}
	}
	for _, bad := range []float64{Quantile(nil, .5), Quantile(x, 2), Quantile([]float64{1, math.NaN()}, 1), Mean(nil)} {
		if !math.IsNaN(bad) {
			t.Errorf("got %v, want NaN", bad)
		}
	}
	if x[0] != 3.5 {
		t.Error("Quantile sorted its argument")
	}
}

// answers are 200 problems of three lanes, 80, 190 and 192 of them right.
func answers() (base, steered, thinking []float64) {
	for i := range 200 {
		b, s, k := i*7%20 < 8, i*13%10 != 4, i*11%25 != 3
		base = append(base, Scores([]bool{b})[0])
		steered = append(steered, Scores([]bool{b || s})[0])
		thinking = append(thinking, Scores([]bool{k})[0])
	}
	return base, steered, thinking
}

func TestBootstrapAgreesWithScipy(t *testing.T) {
	base, steered, thinking := answers()
	fives := make([]int, len(base))
	for i := range fives {
		fives[i] = i / 5
	}
	var b Bootstrap
	for _, c := range []struct {
		name      string
		get       func() (Estimate, error)
		value     float64
		low, high float64
	}{
		{"mean", func() (Estimate, error) { return b.Mean(steered, nil) }, .95, .92, .98},
		{"difference", func() (Estimate, error) { return b.Difference(steered, base, nil) }, .55, .48, .62},
		{"gap", func() (Estimate, error) { return b.RecoveredGap(steered, base, thinking, nil) }, 0.9821428571428571, 0.9193548387096774, 1.05},
		{"clustered difference", func() (Estimate, error) { return b.Difference(steered, base, fives) }, .55, .5, .6},
		{"clustered gap", func() (Estimate, error) { return b.RecoveredGap(steered, base, thinking, fives) }, 0.9821428571428571, 0.9186991869918699, 1.0480769230769231},
	} {
		got, err := c.get()
		if err != nil {
			t.Fatal(err)
		}
		if !near(got.Value, c.value, 1e-12) || !near(got.CI95.Low, c.low, .006) || !near(got.CI95.High, c.high, .006) {
			t.Errorf("%s: %v, want %v [%v %v]", c.name, got, c.value, c.low, c.high)
		}
		if again, _ := c.get(); again != got {
			t.Errorf("%s: %v, and again %v", c.name, got, again)
		}
	}
}

func TestBootstrapSeedAndClusters(t *testing.T) {
	base, steered, _ := answers()
	first, _ := Bootstrap{Seed: 1, Resamples: 500}.Difference(steered, base, nil)
	second, _ := Bootstrap{Seed: 2, Resamples: 500}.Difference(steered, base, nil)
	if first == second {
		t.Error("another seed gave the same interval")
	}
	// Clusters are what counts, not their numbers or order.
	names := make([]int, len(base))
	for i := range names {
		names[i] = 1000 - i
	}
	renamed, _ := Bootstrap{Seed: 1, Resamples: 500}.Difference(steered, base, names)
	if renamed != first {
		t.Errorf("one sample for each problem: %v, without clusters %v", renamed, first)
	}
	// A problem asked five times says no more than asked once.
	var five, fiveBase []float64
	var of []int
	for i := range base {
		for range 5 {
			five, fiveBase, of = append(five, steered[i]), append(fiveBase, base[i]), append(of, i)
		}
	}
	repeated, _ := Bootstrap{Seed: 1, Resamples: 500}.Difference(five, fiveBase, of)
	if !near(repeated.CI95.Low, first.CI95.Low, 1e-12) || !near(repeated.CI95.High, first.CI95.High, 1e-12) {
		t.Errorf("answered five times: %v, once %v", repeated, first)
	}
}

func TestRecoveredGapUndefined(t *testing.T) {
	base, steered, thinking := answers()
	e, err := Bootstrap{}.RecoveredGap(steered, base, base, nil)
	if err != nil || !math.IsNaN(e.Value) || e.CI95.Defined() {
		t.Errorf("thinking = base: %v, %v", e, err)
	}
	// A gap of one problem in 200 could as well be none.
	little := slices.Clone(base)
	little[slices.Index(base, 0)] = 1
	e, err = Bootstrap{}.RecoveredGap(steered, base, little, nil)
	if err != nil || !near(e.Value, 110, 1e-9) || e.CI95.Defined() {
		t.Errorf("a gap of one problem: %v, %v", e, err)
	}
	// Not clamped, and negative where steering harms.
	zero := make([]float64, len(base))
	e, err = Bootstrap{}.RecoveredGap(zero, base, thinking, nil)
	if err != nil || !near(e.Value, -80./112, 1e-12) || !e.CI95.Contains(e.Value) {
		t.Errorf("all wrong: %v, %v", e, err)
	}
}

func TestBootstrapRefuses(t *testing.T) {
	x := []float64{1, 0, 1}
	for name, err := range map[string]error{
		"nothing":       second(Bootstrap{}.Mean(nil, nil)),
		"lengths":       second(Bootstrap{}.Difference(x, x[:2], nil)),
		"clusters":      second(Bootstrap{}.Mean(x, []int{1})),
		"NaN":           second(Bootstrap{}.Mean([]float64{math.NaN()}, nil)),
		"few resamples": second(Bootstrap{Resamples: 5}.Mean(x, nil)),
		"gap":           second(Bootstrap{}.RecoveredGap(x, x, nil, nil)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second(_ Estimate, err error) error { return err }

func BenchmarkRecoveredGap(b *testing.B) {
	base, steered, thinking := answers()
	for range 3 {
		base, steered, thinking = append(base, base...), append(steered, steered...), append(thinking, thinking...)
	}
	for b.Loop() {
		if _, err := (Bootstrap{}).RecoveredGap(steered, base, thinking, nil); err != nil {
			b.Fatal(err)
		}
	}
}
