package steering

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const width = 19 // odd, so that kernels have a tail

// reference is a term's edit of row h with direction d at strength s, in
// float64, written from the definitions.
func reference(op Op, h, d []float64, s float64) []float64 {
	u := scaled(d, 1/length(d))
	switch op {
	case Add:
		return plus(h, scaled(d, s))
	case AddN:
		y := plus(h, scaled(d, s))
		return scaled(y, length(h)/length(y))
	case Ablate:
		return plus(h, scaled(u, -s*inner(h, u)))
	case Clamp:
		return plus(h, scaled(u, s-inner(h, u)))
	case Scale:
		across := plus(h, scaled(u, -inner(h, u)))
		return plus(across, scaled(u, s*inner(h, u)))
	case Rotate:
		e1 := scaled(h, 1/length(h))
		e2 := plus(u, scaled(e1, -inner(u, e1)))
		e2 = scaled(e2, 1/length(e2))
		sin, cos := math.Sincos(s * math.Pi / 180)
		return scaled(plus(scaled(e1, cos), scaled(e2, sin)), length(h))
	}
	panic("no such operation")
}

func inner(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func length(a []float64) float64 { return math.Sqrt(inner(a, a)) }

func scaled(a []float64, s float64) []float64 {
	out := slices.Clone(a)
	for i := range out {
		out[i] *= s
	}
	return out
}

func plus(a, b []float64) []float64 {
	out := slices.Clone(a)
	for i := range out {
		out[i] += b[i]
	}
	return out
}

func random(r *rand.Rand, n int, size float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() * size)
	}
	return x
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// near checks got against want within tolerance of want's norm.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	off := length(plus(wide(got), scaled(want, -1)))
	if !(off <= tolerance*max(length(want), 1e-3)) {
		t.Errorf("%s: off by %.3g of %.3g\n got %v\nwant %v", what, off, length(want), got, want)
	}
}

// one is a context with the vector "a", one direction at layer 1 of 3.
func one(d []float32) Context {
	return Context{
		Layers: 3, DModel: len(d),
		Vectors: map[string]*Vector{"a": {Name: "a", DModel: len(d), Directions: map[int][]float32{1: d}}},
		Prompt:  []Token{{Text: "x"}},
	}
}

func compile(t testing.TB, text string, c Context) *Program {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	g, err := Compile(p, c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var opStrengths = map[Op][]float64{
	Add:    {1, -0.4, 30},
	AddN:   {1, -0.4, 30},
	Ablate: {1, 0.5, -2},
	Clamp:  {0, 1, -3.5},
	Scale:  {0, 2, -1},
	Rotate: {90, 30, -45, 180, 0.25},
}

func TestOps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for op, strengths := range opStrengths {
		for _, s := range strengths {
			t.Run(fmt.Sprintf("%s %v", op, s), func(t *testing.T) {
				for range 20 {
					d, h := random(r, width, 0.7), random(r, width, 3)
					g := compile(t, fmt.Sprintf("%s:a*%v", op, s), one(d))
					want := reference(op, wide(h), wide(d), s)
					if !g.Edits(1, 0) || !g.Edit(1, 0, h) {
						t.Fatal("no edit")
					}
					near(t, "row", h, want, 1e-6)
				}
			})
		}
	}
}

func TestOpsByHand(t *testing.T) {
	d := []float32{0, 2, 0} // u is the second axis
	tests := []struct {
		plan    string
		h, want []float32
	}{
		{"a", []float32{1, 2, 3}, []float32{1, 4, 3}},
		{"a*-0.5", []float32{1, 2, 3}, []float32{1, 1, 3}},
		{"addn:a*2", []float32{3, 0, 0}, []float32{1.8, 2.4, 0}},
		{"ablate:a", []float32{1, 2, 3}, []float32{1, 0, 3}},
		{"ablate:a*0.5", []float32{1, 2, 3}, []float32{1, 1, 3}},
		{"clamp:a*7", []float32{1, 2, 3}, []float32{1, 7, 3}},
		{"scale:a*3", []float32{1, 2, 3}, []float32{1, 6, 3}},
		{"scale:a*0", []float32{1, 2, 3}, []float32{1, 0, 3}},
		{"rotate:a*90", []float32{2, 0, 0}, []float32{0, 2, 0}},
		{"rotate:a*-90", []float32{2, 0, 0}, []float32{0, -2, 0}},
		{"rotate:a*180", []float32{1, 2, 3}, []float32{-1, -2, -3}},
		{"rotate:a*45", []float32{1, -1, 0}, []float32{math.Sqrt2, 0, 0}},
		// In plan order.
		{"clamp:a*7,a", []float32{1, 2, 3}, []float32{1, 9, 3}},
		{"a,clamp:a*7", []float32{1, 2, 3}, []float32{1, 7, 3}},
		{"a,a*2,ablate:a*0.5", []float32{1, 2, 3}, []float32{1, 4, 3}},
		// Without a direction to turn in or a length to keep.
		{"rotate:a*90", []float32{0, 0, 0}, []float32{0, 0, 0}},
		{"rotate:a*90", []float32{0, 5, 0}, []float32{0, 5, 0}},
		{"rotate:a*90", []float32{0, -5, 0}, []float32{0, -5, 0}},
		{"addn:a", []float32{0, 0, 0}, []float32{0, 0, 0}},
		{"addn:a*-1", []float32{0, 2, 0}, []float32{0, 0, 0}},
		{"ablate:a", []float32{0, 0, 0}, []float32{0, 0, 0}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.plan, test.h), func(t *testing.T) {
			row := slices.Clone(test.h)
			compile(t, test.plan, one(d)).Edit(1, 0, row)
			near(t, "row", row, wide(test.want), 1e-7)
		})
	}
}

// A neutral strength is no edit at all, not an edit that happens to change
// nothing: it would turn -0 into 0.
func TestNeutral(t *testing.T) {
	d := []float32{1, 2, 3}
	zero := float32(math.Copysign(0, -1))
	for _, plan := range []string{
		"", "a*0", "addn:a*0", "ablate:a*0", "rotate:a*0", "scale:a", "scale:a*1", "a*0r",
		"a*ramp(0,0,5)", "a*decay(0,5)", "scale:a*curve(0:1,5:1)", "a*1e-60",
	} {
		t.Run(plan, func(t *testing.T) {
			c := one(d)
			c.MedianNorm = []float32{1, 1, 1, 1}
			g := compile(t, plan, c)
			row := []float32{zero, zero, zero}
			if g.Edits(1, 0) || g.Edit(1, 0, row) || g.Steered(0) {
				t.Error("a neutral plan edits")
			}
			for _, x := range row {
				if !math.Signbit(float64(x)) {
					t.Error("a neutral plan changed bits")
				}
			}
			if layer, ok := g.LowestLayer(); ok {
				t.Errorf("a neutral plan edits from layer %d", layer)
			}
			if r := g.Report(); r.RowEdits != 0 || plan != "" && len(r.Warnings) != 1 {
				t.Errorf("report %+v", r)
			}
		})
	}
	if g := compile(t, "clamp:a*0", one(d)); !g.Edits(1, 0) {
		t.Error("clamp has no neutral strength")
	}
}

// Neutral now and then: the edit is there only where it changes something.
func TestNeutralAtTimes(t *testing.T) {
	g := compile(t, "a*ramp(0,2,2)", one([]float32{1}))
	if _, ok := g.LowestLayer(); !ok {
		t.Error("the ramp will edit")
	}
	if g.Steered(0) || g.Edits(1, 0) {
		t.Error("the ramp begins at 0")
	}
	g.Accept(Token{}, Drawn{})
	row := []float32{0}
	if !g.Edit(1, 1, row) || row[0] != 1 {
		t.Errorf("at t = 1 the ramp adds %v, want 1", row[0])
	}
}

func TestEditAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	g := compile(t, "a,addn:a,ablate:a,clamp:a,scale:a*2,rotate:a*5", one(random(r, width, 1)))
	row := random(r, width, 1)
	if n := testing.AllocsPerRun(100, func() { g.Edit(1, 0, row); g.Edits(0, 0) }); n != 0 {
		t.Errorf("Edit allocates %v times", n)
	}
}

func TestOutsideRows(t *testing.T) {
	g := compile(t, "a@all", one([]float32{1}))
	row := []float32{5}
	for _, at := range [][2]int{{-2, 0}, {3, 0}, {1000, 0}, {-1 << 62, 0}, {1, -1}, {1, 1}, {1, 1 << 62}} {
		if g.Edits(at[0], at[1]) || g.Edit(at[0], at[1], row) || row[0] != 5 {
			t.Errorf("layer %d, position %d is edited", at[0], at[1])
		}
		g.Backward(at[0], at[1], row, row)
	}
}

func BenchmarkEdit(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, op := range opNames {
		b.Run(op, func(b *testing.B) {
			g := compile(b, op+":a*2", one(random(r, 576, 1)))
			row := random(r, 576, 1)
			b.ReportAllocs()
			for b.Loop() {
				g.Edit(1, 0, row)
			}
		})
	}
}
