package lab

import (
	"math"
	"testing"
)

func TestAdvantages(t *testing.T) {
	for name, c := range map[string]struct {
		rewards []float64
		want    []float32
	}{
		"all right":     {[]float64{1, 1, 1}, []float32{0, 0, 0}},
		"all wrong":     {[]float64{0, 0}, []float32{0, 0}},
		"half":          {[]float64{1, 0, 1, 0}, []float32{1, -1, 1, -1}},
		"one of four":   {[]float64{0, 1, 0, 0}, []float32{-.57735, 1.73205, -.57735, -.57735}},
		"three of four": {[]float64{1, 1, 0, 1}, []float32{.57735, .57735, -1.73205, .57735}},
	} {
		got := group{rewards: c.rewards}.advantages()
		for i := range c.want {
			if math.Abs(float64(got[i]-c.want[i])) > 1e-5 {
				t.Errorf("%s: %v, want %v", name, got, c.want)
				break
			}
		}
	}
}

func TestDocumentWeighsTheAnswerOnly(t *testing.T) {
	g := group{prompt: []int{5, 6, 7}, answers: [][]int{{1}, {8, 9}}}
	d := g.document(1, -.5)
	wantIDs, wantWeights := []int{5, 6, 7, 8, 9}, []float32{0, 0, 0, -.5, -.5}
	for i := range wantIDs {
		if d.IDs[i] != wantIDs[i] || d.Weights[i] != wantWeights[i] {
			t.Fatalf("%+v", d)
		}
	}
	if len(g.prompt) != 3 {
		t.Error("the group's prompt grew")
	}
}
