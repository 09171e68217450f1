package controls

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/steering"
)

// The model that all tests are about.
const (
	layers = 2
	dModel = 32
)

func planOf(t testing.TB, text string) steering.Plan {
	t.Helper()
	p, err := steering.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// drawerOf draws for a plan with the vector v, whose norms are 5 at layer 0 and
// 10 at layer 1, from rows that never leave their first four dimensions.
func drawerOf(t testing.TB, plan string) *Drawer {
	t.Helper()
	v := &steering.Vector{Name: "v", DModel: dModel, Directions: map[int][]float32{0: make([]float32, dModel), 1: make([]float32, dModel)}}
	v.Directions[0][0], v.Directions[0][1] = 3, 4
	v.Directions[1][5], v.Directions[1][9] = 6, -8
	rows := make([][]float32, 12)
	for i := range rows {
		rows[i] = make([]float32, dModel)
		for j := range 4 {
			rows[i][j] = float32((i*i*7+j*3)%11 - 5)
		}
	}
	return &Drawer{
		Plan: planOf(t, plan), Vectors: map[string]*steering.Vector{"v": v}, Seed: 42,
		Rows:      map[int][][]float32{0: rows, 1: rows[2:]},
		Contrasts: map[string]map[int]Contrast{"v": {0: {rows[:5], rows[5:]}, 1: {rows[:3], rows[3:]}}},
		Layers:    layers, DModel: dModel,
	}
}

func norm(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// TestDrawBits pins the directions themselves: published figures were made
// with them, and a run that goes on has to draw what it drew before.
func TestDrawBits(t *testing.T) {
	d := drawerOf(t, "v*2@0[last],v*3@1")
	for _, c := range []struct {
		kind Kind
		draw int
		want uint64 // FNV-1a of the bits, layer after layer
	}{
		{Isotropic, 0, 0x80867594f2f47a24},
		{Isotropic, 7, 0xfb196afe63071127},
		{Covariance, 0, 0x5eeb5450b75a2bce},
		{Covariance, 7, 0x3a956f43e8972048},
		{Shuffled, 0, 0x68b661d9e5bec027},
		{Shuffled, 7, 0x2a1b50c85ac0bd49},
		{Negated, 0, 0xdada1e5eafe52e52},
		{Negated, 7, 0xdada1e5eafe52e52},
	} {
		vectors, err := d.Draw(c.kind, c.draw)
		if err != nil {
			t.Fatal(err)
		}
		h := fnv.New64a()
		for layer := range layers {
			for _, x := range vectors["v"].Directions[layer] {
				h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
			}
		}
		if got := h.Sum64(); got != c.want {
			t.Errorf("%s %d: the bits' hash is %#016x, want %#016x", c.kind, c.draw, got, c.want)
		}
	}
}

func TestDraw(t *testing.T) {
	d := drawerOf(t, "v")
	own := d.Vectors["v"]
	for _, kind := range []Kind{Isotropic, Covariance, Shuffled, Negated} {
		var last *steering.Vector
		for draw := range 10 {
			vectors, err := d.Draw(kind, draw)
			if err != nil {
				t.Fatal(err)
			}
			v := vectors["v"]
			if v.Name != "v" || !slices.Equal(v.Layers(), []int{0, 1}) || v.Check() != nil {
				t.Fatalf("%s: %q with layers %v, %v", kind, v.Name, v.Layers(), v.Check())
			}
			for layer, x := range v.Directions {
				if want := own.Norm(layer); math.Abs(norm(x)-want) > 1e-5 {
					t.Errorf("%s: the norm at layer %d is %v, want %v", kind, layer, norm(x), want)
				}
				if alone, err := d.Direction(kind, draw, "v", layer); err != nil || !slices.Equal(alone, x) {
					t.Errorf("%s: alone, the direction at layer %d is another (%v)", kind, layer, err)
				}
				if (kind == Covariance || kind == Shuffled) && norm(x[4:]) > 1e-5 {
					t.Errorf("%s: %v leaves the space of the rows", kind, x)
				}
				for i := range x {
					if kind == Negated && x[i] != -own.Directions[layer][i] {
						t.Errorf("negated: %v is not the opposite of %v", x, own.Directions[layer])
					}
				}
			}
			if last != nil && reflect.DeepEqual(v, last) != (kind == Negated) {
				t.Errorf("%s: draws %d and %d are the same: %v", kind, draw-1, draw, kind != Negated)
			}
			last = v
		}
	}
	if got, err := d.Draw(Positions, 3); err != nil || !reflect.DeepEqual(got, d.Vectors) {
		t.Errorf("at other positions the vectors are %v (%v)", got, err)
	}
	first, _ := d.Draw(Isotropic, 0)
	d.Seed++
	if other, _ := d.Draw(Isotropic, 0); reflect.DeepEqual(first, other) {
		t.Error("another seed draws the same")
	}
}

func TestDrawRefused(t *testing.T) {
	same := [][]float32{make([]float32, dModel), make([]float32, dModel)}
	narrow := [][]float32{{1}, {2}}
	contrast := func(c Contrast) func(*Drawer) {
		return func(d *Drawer) { d.Contrasts = map[string]map[int]Contrast{"v": {0: c}} }
	}
	for _, c := range []struct {
		name   string
		kind   Kind
		change func(*Drawer)
		want   string
	}{
		{"no rows", Covariance, func(d *Drawer) { d.Rows = nil }, "covariance of layer 0: there are 0 rows, but at least 2"},
		{"one row", Covariance, func(d *Drawer) { d.Rows[0] = same[:1] }, "there are 1 rows"},
		{"width", Covariance, func(d *Drawer) { d.Rows[0] = narrow }, "row 0 has width 1, not 32"},
		{"all the same", Covariance, func(d *Drawer) { d.Rows[0] = same }, "norm 0"},
		{"no contrast", Shuffled, func(d *Drawer) { d.Contrasts = nil }, `vector "v" at layer 0: there are 0 positive and 0 negative rows`},
		{"one class", Shuffled, contrast(Contrast{Positive: same}), "2 positive and 0 negative"},
		{"a class's width", Shuffled, contrast(Contrast{same, narrow}), "negative rows: row 0 has width 1"},
		{"classes that are the same", Shuffled, contrast(Contrast{same, same}), "norm 0"},
		{"kind", "sideways", func(*Drawer) {}, `no control "sideways", only random, covariance, shuffled, negated, positions`},
		{"vector", Isotropic, func(d *Drawer) { d.Vectors = nil }, `vector "v" is not there`},
	} {
		d := drawerOf(t, "v")
		c.change(d)
		if _, err := d.Draw(c.kind, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	d := drawerOf(t, "v")
	for name, layer := range map[string]int{"v": 2, "w": 0} {
		if _, err := d.Direction(Isotropic, 0, name, layer); err == nil {
			t.Errorf("a direction of %q at layer %d was drawn", name, layer)
		}
	}
}

// TestRelabelled: over many deals, the differences point neither way, and none
// is that of the true labels.
func TestRelabelled(t *testing.T) {
	var rows [][]float32
	for i := range 40 {
		rows = append(rows, []float32{float32(i / 20), float32(i%3) / 100})
	}
	up := 0
	for draw := range 200 {
		x := relabelled(rows, 20, random(1, Shuffled, draw, "v"))
		if math.Abs(x[0]) > .8 {
			t.Errorf("a difference of shuffled labels is %v, nearly the true one of 1", x[0])
		}
		if x[0] > 0 {
			up++
		}
	}
	if up < 60 || up > 140 {
		t.Errorf("%d of 200 differences of shuffled labels point up", up)
	}
}

func TestStronger(t *testing.T) {
	const plan = "v*2,v*ramp(1,4,8),v*decay(4,2),v*curve(0:1,4:2),addn:v*0.5r@1[gen]?entropy>1,rotate:v*20"
	for _, c := range []struct {
		factor float64
		want   string
	}{
		{1, plan},
		{.5, "v,v*ramp(0.5,2,8),v*decay(2,2),v*curve(0:0.5,4:1),addn:v*0.25r@1[gen]?entropy>1,rotate:v*10"},
		{-1, "v*-2,v*ramp(-1,-4,8),v*decay(-4,2),v*curve(0:-1,4:-2),addn:v*-0.5r@1[gen]?entropy>1,rotate:v*-20"},
	} {
		p := planOf(t, plan)
		got, err := Stronger(p, c.factor)
		if err != nil || got.String() != c.want {
			t.Errorf("times %g: %s (%v), want %s", c.factor, got, err, c.want)
		}
		if p.String() != plan {
			t.Errorf("times %g, the plan itself became %s", c.factor, p)
		}
	}
	if _, err := Stronger(planOf(t, "v,scale:v*2"), .5); err == nil || !strings.Contains(err.Error(), "scales") {
		t.Errorf("a plan that scales: %v", err)
	}
}
