package generate

import (
	"math"
	"testing"
)

func logits(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(3 * math.Sin(float64(i*i)))
	}
	return out
}

// drawn counts how often each token is drawn over many draws.
func drawn(s Sampling, logits []float32, draws int) []float64 {
	share := make([]float64, len(logits))
	for i := range draws {
		s.Draw = i
		share[newSampler(s).draw(logits, make([]int, 4))] += 1 / float64(draws)
	}
	return share
}

func TestSharesFollowProbabilities(t *testing.T) {
	l := logits(12)
	var total float64
	for _, v := range l {
		total += math.Exp(float64(v) / 1.5)
	}
	const draws = 40000
	for id, share := range drawn(Sampling{Temperature: 1.5, Seed: 7}, l, draws) {
		p := math.Exp(float64(l[id])/1.5) / total
		// Five standard errors; the draws are the same every time.
		if off := math.Abs(share - p); off > 5*math.Sqrt(p*(1-p)/draws) {
			t.Errorf("token %d has a share of %.4f, want %.4f", id, share, p)
		}
	}
}

func TestCuts(t *testing.T) {
	l := []float32{2, 1.9, 1.8, 0, -1, -9}
	for name, c := range map[string]struct {
		s    Sampling
		kept int // the first ones
	}{
		"all":                {Sampling{Temperature: 5}, 6},
		"top-k":              {Sampling{Temperature: 5, TopK: 2}, 2},
		"top-p":              {Sampling{Temperature: 1, TopP: 0.6}, 2},
		"min-p":              {Sampling{Temperature: 1, MinP: 0.5}, 3},
		"top-k and min-p":    {Sampling{Temperature: 1, TopK: 5, MinP: 0.5}, 3},
		"top-k beyond all":   {Sampling{Temperature: 5, TopK: 99}, 6},
		"top-p of nothing":   {Sampling{Temperature: 1, TopP: 1e-9}, 1},
		"a tiny temperature": {Sampling{Temperature: 1e-3}, 1},
		"greedy":             {Sampling{}, 1},
	} {
		for id, share := range drawn(c.s, l, 3000) {
			if drawn := share > 0; drawn != (id < c.kept) {
				t.Errorf("%s: token %d drawn: %v", name, id, drawn)
			}
		}
	}
}

func TestTiesGoToTheLowestID(t *testing.T) {
	if id := newSampler(Sampling{}).draw([]float32{1, 5, 5}, nil); id != 1 {
		t.Errorf("drew %d", id)
	}
	for id, share := range drawn(Sampling{Temperature: 1, TopK: 1}, []float32{1, 5, 5}, 100) {
		if (share > 0) != (id == 1) {
			t.Errorf("token %d was drawn", id)
		}
	}
}

// TestCommonRandomNumbers: two lanes whose logits differ a little mostly draw
// the same tokens, far more often than two independent draws would.
func TestCommonRandomNumbers(t *testing.T) {
	a := logits(50)
	b := append([]float32(nil), a...)
	for i := range b {
		b[i] += float32(math.Cos(float64(i))) / 20
	}
	same, apart := 0, 0
	for i := range 1000 {
		s := Sampling{Temperature: 1, Draw: i}
		x := newSampler(s).draw(a, make([]int, 9))
		if newSampler(s).draw(b, make([]int, 9)) == x {
			same++
		}
		s.Seed = 1
		if newSampler(s).draw(a, make([]int, 9)) == x {
			apart++
		}
	}
	if same < 900 || apart > 300 {
		t.Errorf("of 1000, %d draws agree with common and %d with other random numbers", same, apart)
	}
}

func TestDrawsDependOnEverythingNamed(t *testing.T) {
	l := make([]float32, 1000)
	base := Sampling{Temperature: 1}
	first := newSampler(base).draw(l, make([]int, 3))
	if newSampler(base).draw(l, make([]int, 3)) != first {
		t.Error("the same draw differs")
	}
	for name, s := range map[string]Sampling{
		"seed":   {Temperature: 1, Seed: 1},
		"sample": {Temperature: 1, Sample: "a"},
		"draw":   {Temperature: 1, Draw: 1},
	} {
		if newSampler(s).draw(l, make([]int, 3)) == first {
			t.Errorf("the %s does not matter", name)
		}
	}
	if newSampler(base).draw(l, make([]int, 4)) == first {
		t.Error("the position does not matter")
	}
}

func TestRepeatPenalty(t *testing.T) {
	l := []float32{3, 2, -1, -1.5}
	s := newSampler(Sampling{RepeatPenalty: 2})
	for _, c := range []struct {
		seen []int
		want int
	}{{nil, 0}, {[]int{0, 0, 0}, 1}, {[]int{0, 1}, 0}} {
		if id := s.draw(l, c.seen); id != c.want {
			t.Errorf("after %v drew %d, want %d", c.seen, id, c.want)
		}
	}
	if l[0] != 3 {
		t.Error("the logits were changed")
	}
}

// What is forbidden after the last token is not drawn, at any temperature, and
// the logits stay as they were.
func TestNeverAfter(t *testing.T) {
	logits := []float32{3, 2, 1, -5, -9, -9, -9, -9, -9}
	for _, temperature := range []float64{0, 1} {
		for draw := range 50 {
			s := newSampler(Sampling{Temperature: temperature, Seed: 1, Draw: draw, RepeatPenalty: 1.1, NeverAfter: [][2]int{{7, 0}, {7, 2}, {8, 1}, {7, 99}}})
			if id := s.draw(logits, []int{8, 7}); id == 0 || id == 2 || temperature == 0 && id != 1 {
				t.Errorf("temperature %g: %d was drawn after 7", temperature, id)
			}
			if id := s.draw(logits, []int{7, 8}); id == 1 || temperature == 0 && id != 0 {
				t.Errorf("temperature %g: %d was drawn after 8", temperature, id)
			}
		}
	}
	if logits[0] != 3 || logits[1] != 2 || logits[2] != 1 {
		t.Errorf("the logits became %v", logits)
	}
}
