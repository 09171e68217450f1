package search

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestLooks(t *testing.T) {
	for _, c := range []struct {
		n    int
		off  bool
		want []int
	}{
		{16, false, nil},
		{17, false, []int{16}},
		{100, false, []int{16, 24, 36, 54, 81}},
		{100, true, nil},
	} {
		if got := (Rule{Off: c.off}).looks(c.n); !slices.Equal(got, c.want) {
			t.Errorf("looks of %d are %v, want %v", c.n, got, c.want)
		}
	}
	if got, want := (Rule{}).level(64, 100), .01/(5*63); got != want {
		t.Errorf("level %g, want %g", got, want)
	}
	if s := (Rule{}).Sentence(64, 100); !strings.Contains(s, "at most 3.2e-05") || !strings.Contains(s, "5 looks at 63 pairs") {
		t.Error(s)
	}
	if s := (Rule{Off: true}).Sentence(64, 100); s != "No cell is stopped early." {
		t.Error(s)
	}
}

func TestHopeless(t *testing.T) {
	scores := func(text string) []float64 {
		var out []float64
		for _, c := range text {
			out = append(out, float64(c-'0'))
		}
		return out
	}
	halves := func(n int) (best, cell []float64) {
		for i := range n {
			best = append(best, .5+float64(i%2)/4)
			cell = append(cell, .25)
		}
		return best, cell
	}
	best20, cell20 := halves(20)
	best8, cell8 := halves(8)
	for name, c := range map[string]struct {
		best, cell []float64
		level      float64
		want       bool
	}{
		"ten to none":          {scores("1111111111"), scores("0000000000"), .001, true}, // 2^-10
		"nine to none":         {scores("1111111110"), scores("0000000000"), .001, false},
		"one the other way":    {scores("11111111110"), scores("00000000001"), .001, false},
		"both right":           {scores("1111111111"), scores("1111111111"), .5, false},
		"behind":               {scores("0000000000"), scores("1111111111"), .5, false},
		"other scores":         {best20, cell20, .001, true},
		"few of other scores":  {best8, cell8, .001, false},
		"all one size":         {[]float64{.5, .5, .5, .5}, []float64{0, 0, 0, 0}, .2, true}, // exp(-2)
		"all one size, barely": {[]float64{.5, .5, .5, .5}, []float64{0, 0, 0, 0}, .1, false},
		"nothing":              {nil, nil, .5, false},
	} {
		if got := hopeless(c.best, c.cell, c.level); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The chance that the truly best cell is stopped is what the rule says, in
// grids where it is hardest to tell: all cells equally good, or all but one.
func TestRuleKeepsItsLevel(t *testing.T) {
	const cells, problems, sweeps = 16, 100, 1000
	for _, gap := range []float64{0, .02} {
		random := rand.New(rand.NewPCG(1, 2))
		wrong := 0
		for range sweeps {
			g := grid{Sweep: &Sweep{}}
			for c := range cells {
				l := &lane{answers: make([]answer, problems)}
				for i := range l.answers {
					if p := .5 - gap; c == 0 && random.Float64() < p+gap || c > 0 && random.Float64() < p {
						l.answers[i].score = 1
					}
				}
				g.live = append(g.live, l)
			}
			for _, n := range g.Rule.looks(problems) {
				g.look(n, g.Rule.level(cells, problems))
			}
			if g.live[0].stopped > 0 {
				wrong++
			}
		}
		if share := float64(wrong) / sweeps; share > wrongStop {
			t.Errorf("with a gap of %g the best was stopped in %.2g of sweeps", gap, share)
		}
	}
}

// The best is never stopped, whatever the scores.
func TestBestGoesOn(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		g := grid{Sweep: &Sweep{}}
		for range 6 {
			l := &lane{answers: make([]answer, 60)}
			skill := random.Float64()
			for i := range l.answers {
				l.answers[i].score = float64(int(skill + random.Float64()))
			}
			g.live = append(g.live, l)
		}
		for _, n := range g.Rule.looks(60) {
			sums := func(l *lane) (sum float64) {
				for _, s := range l.scores(n) {
					sum += s
				}
				return sum
			}
			going := slices.DeleteFunc(slices.Clone(g.live), func(l *lane) bool { return l.stopped > 0 })
			best := slices.MaxFunc(going, func(a, b *lane) int { return int(sums(a) - sums(b)) })
			g.look(n, .5)
			if best.stopped > 0 {
				t.Fatalf("the best was stopped after %d", n)
			}
		}
	}
}
