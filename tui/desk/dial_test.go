package desk

import (
	"testing"

	"tiller/steering"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/theme"
)

func TestTurnValue(t *testing.T) {
	for _, test := range []struct {
		op       steering.Op
		relative bool
		value    float64
		steps    int
		want     float64
	}{
		{steering.Add, false, .3, 1, .4},
		{steering.Add, false, .1, -1, 0},
		{steering.Add, false, 0, -2, -.2},
		{steering.Add, false, .3333, 0, .3},
		{steering.Add, false, 10, 1, 10.5},
		{steering.Add, false, 1000, 1, 1050},
		{steering.Add, true, .1, 1, .11},
		{steering.Rotate, false, 15, -1, 10},
	} {
		term := steering.Term{Op: test.op, Strength: steering.Strength{Value: 99, Relative: test.relative}}
		if got := TurnValue(term, test.value, test.steps); got != test.want {
			t.Errorf("%v turned by %d is %v, want %v", test.value, test.steps, got, test.want)
		}
	}
}

func TestRound(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, .123456: .123, -1234.5: -1230, 1e-9: 1e-9} {
		if got := Round(x); got != want {
			t.Errorf("%v is rounded to %v, want %v", x, got, want)
		}
	}
}

// TestUnit knows how large edits are as soon as a prompt was measured.
func TestUnit(t *testing.T) {
	d := New(nil, theme.New(theme.Mono, true, 0), keys.Default())
	d.Model.Layers = 2
	d.Vectors = []engine.VectorInfo{{Name: "v", Read: true, Layers: []int{0, 1}, Norms: []float64{2, 3}}}
	d.Lanes = []*Lane{d.newLane(Steered, "v*0.5@1")}
	l := d.Lanes[0]
	term := l.Plan.Parsed.Terms[0]
	if _, ok := d.Unit(l, term, 1); ok {
		t.Error("a unit is known before any prompt was measured")
	}
	d.SetRelative()
	if l.Plan.Text != "v*0.5@1" {
		t.Errorf("the plan is %s", l.Plan.Text)
	}
	l.Answer = &Answer{MedianNorm: []float32{1, 0, 12}}
	for _, test := range []struct {
		op    steering.Op
		layer int
		want  float64
		ok    bool
	}{
		{steering.Add, 1, .25, true},
		{steering.Clamp, 1, 1. / 12, true},
		{steering.Add, 0, 0, false}, // no rows of that length
		{steering.Add, 7, 0, false},
		{steering.Ablate, 1, 0, false},
	} {
		term.Op = test.op
		if unit, ok := d.Unit(l, term, test.layer); ok != test.ok || ok && unit != test.want {
			t.Errorf("%v at layer %d: %v, %v", test.op, test.layer, unit, ok)
		}
	}
	d.SetRelative()
	if l.Plan.Text != "v*0.125r@1" {
		t.Errorf("relative the plan is %s", l.Plan.Text)
	}
	d.SetRelative()
	if l.Plan.Text != "v*0.5@1" {
		t.Errorf("absolute the plan is %s", l.Plan.Text)
	}
}
