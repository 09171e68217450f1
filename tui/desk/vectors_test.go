package desk

import (
	"slices"
	"testing"

	"tiller/steering"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

func TestAppendTerm(t *testing.T) {
	term := steering.Term{Vector: "v", Strength: steering.One()}
	d := New(nil, nil, keys.Default())
	if cmd := d.AppendTerm(term); cmd == nil || len(d.Lanes) != 1 || d.Lanes[0].Plan.Text != "v" {
		t.Fatalf("without a lane: %+v", d.Lanes)
	}
	d.AppendTerm(steering.Term{Vector: "w", Strength: steering.One()})
	if got := d.Lanes[0].Plan.Text; got != "v,w" || d.Term != 1 {
		t.Errorf("the plan is %q, term %d in hand", got, d.Term)
	}
	d.SetPlan(d.Lanes[0], "v*")
	if cmd := d.AppendTerm(term); cmd != nil || d.Status.Level != Warning || d.Lanes[0].Plan.Text != "v*" {
		t.Errorf("a plan that can't be read became %q", d.Lanes[0].Plan.Text)
	}
	d.Lanes = slices.Repeat([]*Lane{{Kind: Base}}, maxLanes)
	if cmd := d.AppendTerm(term); cmd != nil || len(d.Lanes) != maxLanes {
		t.Error("there are more lanes than there may be")
	}
}

func TestPutVector(t *testing.T) {
	d := New(nil, nil, keys.Default())
	for _, v := range []engine.VectorInfo{{Name: "b"}, {Name: "a", Unsaved: true}, {Name: "c"}, {Name: "b", Unsaved: true}, {Name: "a"}} {
		d.PutVector(v)
	}
	if len(d.Vectors) != 3 || d.Vectors[0].Name != "a" || d.Vectors[2].Name != "c" || !slices.Equal(d.UnsavedVectors(), []string{"b"}) {
		t.Errorf("there are %+v", d.Vectors)
	}
}

func TestMedianNorm(t *testing.T) {
	d := New(nil, nil, keys.Default())
	d.Lanes = []*Lane{{Model: "other", Answer: &Answer{MedianNorm: []float32{9, 9}}}, {}, {Answer: &Answer{MedianNorm: []float32{1, 2}}}}
	if n, ok := d.MedianNorm(0); !ok || n != 2 {
		t.Errorf("the median is %v, %v", n, ok)
	}
	if _, ok := d.MedianNorm(1); ok {
		t.Error("a layer that was not measured has a median")
	}
}
