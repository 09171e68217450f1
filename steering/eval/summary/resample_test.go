package summary

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiller/steering/statistics"
)

// TestResampler compares with package statistics: to the bit where scores are
// whole numbers, else but for the order of additions.
func TestResampler(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name      string
		n         int
		score     func() float64
		tolerance float64
	}{
		{"one problem", 1, func() float64 { return 1 }, 0},
		{"right and wrong", 137, func() float64 { return float64(random.IntN(2)) }, 0},
		{"numbers", 61, random.NormFloat64, 1e-12},
	} {
		t.Run(c.name, func(t *testing.T) {
			var columns [3][]float64
			var all []int32
			for i := range c.n {
				all = append(all, int32(i))
				for l := range columns {
					columns[l] = append(columns[l], c.score())
				}
			}
			r := &resampler{options: Options{Seed: 7, Resamples: 500}}
			var difference, gap statistics.Interval
			n := float64(c.n)
			r.interval(&difference, all, func(s []float64) float64 { return (s[0] - s[1]) / n }, columns[0], columns[1])
			r.interval(&gap, all, ofGap, columns[0], columns[1], columns[2])
			r.run()
			b := statistics.Bootstrap{Seed: 7, Resamples: 500}
			want, err := b.Difference(columns[0], columns[1], nil)
			if err != nil || !alike(difference, want.CI95, c.tolerance) {
				t.Errorf("the difference is in %v, want %v (%v)", difference, want.CI95, err)
			}
			if want, err = b.RecoveredGap(columns[0], columns[1], columns[2], nil); err != nil || want.CI95.Defined() && !alike(gap, want.CI95, c.tolerance) {
				t.Errorf("the gap is in %v, want %v (%v)", gap, want.CI95, err)
			}
		})
	}
}

func alike(a, b statistics.Interval, tolerance float64) bool {
	return math.Abs(a.Low-b.Low) <= tolerance && math.Abs(a.High-b.High) <= tolerance
}

func TestResamples(t *testing.T) {
	for _, c := range []struct {
		n, asked, want int
	}{
		{0, 0, 10_000}, {2400, 0, 10_000}, {5000, 0, 10_000}, {10_000, 0, 5000}, {1_000_000, 0, 1000}, {1_000_000, 300, 300},
	} {
		if got := (Options{Resamples: c.asked}).bootstrap(c.n); got.Resamples != c.want || got.Seed != 1 {
			t.Errorf("%d problems are drawn with %+v, want %d resamples", c.n, got, c.want)
		}
	}
}

func BenchmarkManyControls(b *testing.B) {
	random := rand.New(rand.NewPCG(5, 6))
	var all []int32
	columns := make([][]float64, 104)
	for i := range 1000 {
		all = append(all, int32(i))
		for l := range columns {
			columns[l] = append(columns[l], float64(random.IntN(2)))
		}
	}
	for b.Loop() {
		r := new(resampler)
		into := make([]statistics.Interval, 3*len(columns))
		for l, c := range columns {
			r.interval(&into[3*l], all, ofGap, c, columns[0], columns[1])
			r.interval(&into[3*l+1], all, func(s []float64) float64 { return s[0] - s[1] }, c, columns[0])
			r.interval(&into[3*l+2], all, func(s []float64) float64 { return s[0] - s[1] }, c, columns[1])
		}
		r.run()
	}
}

func TestPasses(t *testing.T) {
	for _, c := range []struct {
		n, right, k int
		want        float64
	}{
		{4, 0, 4, 0}, {4, 1, 1, .25}, {4, 2, 2, 5. / 6}, {4, 3, 2, 1}, {10, 3, 5, 1 - 21./252}, {10, 10, 1, 1},
	} {
		if got := passes(c.n, c.right, c.k); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("of %d with %d right pass@%d is %v, want %v", c.n, c.right, c.k, got, c.want)
		}
	}
}
