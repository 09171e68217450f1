package mix

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tiller/steering"
	"tiller/steering/vectorfile"
)

// known are the vectors of the tests: three of width 2 at layers 1 and 2, and odd ones.
func known() map[string]*steering.Vector {
	at := func(name string, directions map[int][]float32) *steering.Vector {
		return &steering.Vector{Name: name, DModel: len(directions[1]), Directions: directions, Meta: map[string]string{"model_hint": "llama"}}
	}
	return map[string]*steering.Vector{
		"a":      at("a", map[int][]float32{1: {1, 0}, 2: {2, 4}}),
		"b":      at("b", map[int][]float32{1: {0, 2}, 2: {1, 0}}),
		"a-b":    at("a-b", map[int][]float32{1: {5, 5}, 2: {6, 6}}),
		"zero1":  at("zero1", map[int][]float32{1: {0, 0}, 2: {0, 1}}),
		"narrow": at("narrow", map[int][]float32{1: {1}, 2: {1}}),
		"more":   at("more", map[int][]float32{1: {1, 1}, 2: {1, 1}, 3: {1, 1}, 5: {1, 1}}),
		"fewer":  at("fewer", map[int][]float32{1: {1, 1}, 4: {1, 1}}),
		"nan":    at("nan", map[int][]float32{1: {float32(math.NaN()), 0}, 2: {1, 0}}),
	}
}

func TestMix(t *testing.T) {
	tests := []struct {
		expr string
		to   []string
		want map[int][]float32
	}{
		{"a", nil, map[int][]float32{1: {1, 0}, 2: {2, 4}}},
		{"a-0.5*b", nil, map[int][]float32{1: {1, -1}, 2: {1.5, 4}}},
		{"-a + 2*b*3", nil, map[int][]float32{1: {-1, 12}, 2: {4, -4}}},
		{"a-b", nil, map[int][]float32{1: {5, 5}, 2: {6, 6}}},
		{"a - b", nil, map[int][]float32{1: {1, -2}, 2: {1, 4}}},
		{"a+a", nil, map[int][]float32{1: {2, 0}, 2: {4, 8}}},
		{"0*a + b", nil, map[int][]float32{1: {0, 2}, 2: {1, 0}}},
		{"a+b", []string{"b"}, map[int][]float32{1: {1, 0}, 2: {0, 4}}},
		{"a+b", []string{"zero1"}, map[int][]float32{1: {1, 2}, 2: {3, 0}}},
		{"a+b", []string{"b", "b"}, map[int][]float32{1: {1, 0}, 2: {0, 4}}},
	}
	for _, test := range tests {
		v, err := Mix(test.expr, known(), test.to)
		if err != nil {
			t.Errorf("%s: %v", test.expr, err)
			continue
		}
		if !reflect.DeepEqual(v.Directions, test.want) || v.DModel != 2 {
			t.Errorf("%s orthogonal to %v: %v, want %v", test.expr, test.to, v.Directions, test.want)
		}
		if v.Meta["method"] != "mix" || v.Meta["model_hint"] != "llama" || v.Meta["orthogonal_to"] != strings.Join(test.to, ", ") {
			t.Errorf("%s: metadata %q", test.expr, v.Meta)
		}
	}
}

// A vector of very many layers doesn't make the sentence list them all.
func TestMixRefusesManyLayers(t *testing.T) {
	vectors := known()
	many := &steering.Vector{Name: "many", DModel: 2, Directions: map[int][]float32{}}
	for layer := range 10000 {
		many.Directions[layer] = []float32{1, 0}
	}
	vectors["many"] = many
	if _, err := Mix("a + many", vectors, nil); err == nil || len(err.Error()) > 300 || !strings.Contains(err.Error(), `only "many" has [`) {
		t.Errorf("error %.400v", err)
	}
}

func TestMixRefuses(t *testing.T) {
	tests := []struct {
		expr string
		to   []string
		want string
	}{
		{"a + c", nil, `mix "a + c", column 5: there is no vector "c"; there are "a", "a-b", "b", "fewer", "more", "nan", "narrow", "zero1"`},
		{"a", []string{"c"}, `there is no vector "c" to be orthogonal to`},
		{"a + narrow", nil, `vectors "a" and "narrow" can't be mixed: their widths are 2 and 1`},
		{"a", []string{"narrow"}, "their widths are 2 and 1"},
		{"a + more", nil, `vectors "a" and "more" can't be mixed, since they have other layers: only "more" has [3 5]`},
		{"a + fewer", nil, `only "a" has [2], only "fewer" has [4]`},
		{"b", []string{"fewer"}, `only "b" has [2], only "fewer" has [4]`},
		{"a + nan", nil, "NaN"},
		{"a - a", nil, `the mix "a - a" can't be used: vector "mix" is zero`},
		{"a + b", []string{"a", "b"}, "can't be used"},
		{"3e38*b", nil, "can't be used"},
	}
	for _, test := range tests {
		if v, err := Mix(test.expr, known(), test.to); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s orthogonal to %v: %+v, error %v, want one with %s", test.expr, test.to, v, err, test.want)
		}
	}
}

// What is left is orthogonal to each of several directions that are nearly parallel, and what
// is taken away lies in their span: taking it away again changes nothing.
func TestMixOrthogonal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const d = 64
	random := func() []float32 {
		x := make([]float32, d)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	near := func(x []float32) []float32 {
		y := random()
		for i := range y {
			y[i] = x[i] + y[i]*1e-3
		}
		return y
	}
	c := random()
	one := func(x []float32) *steering.Vector {
		return &steering.Vector{Name: "v", DModel: d, Directions: map[int][]float32{3: x}}
	}
	vectors := map[string]*steering.Vector{"a": one(random()), "c": one(c), "d": one(near(c)), "e": one(near(c))}
	to := []string{"c", "d", "e"}
	v, err := Mix("a", vectors, to)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range to {
		if cos := cosine(v.Directions[3], vectors[name].Directions[3]); math.Abs(cos) > 1e-6 {
			t.Errorf("cosine with %s is %g", name, cos)
		}
	}
	vectors["a"] = v
	again, err := Mix("a", vectors, to)
	if err != nil {
		t.Fatal(err)
	}
	if cos := cosine(v.Directions[3], again.Directions[3]); cos < 1-1e-9 {
		t.Errorf("the second time it turns, to a cosine of %g", cos)
	}
}

func cosine(a, b []float32) float64 {
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// A mix survives being written and read, in both formats, and can be mixed on.
func TestMixRoundTrip(t *testing.T) {
	v, err := Mix("a - 0.1*b", known(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"m.gguf", "m.safetensors"} {
		path := filepath.Join(t.TempDir(), name)
		if err := vectorfile.Write(path, v); err != nil {
			t.Fatal(err)
		}
		read, _, err := vectorfile.Read(path)
		if err != nil || !reflect.DeepEqual(read.Directions, v.Directions) {
			t.Fatalf("%+v, %v", read, err)
		}
		vectors := known()
		vectors["m"] = read
		if sum, err := Mix("m + 0.1*b", vectors, nil); err != nil || sum.Directions[1][0] != 1 || math.Abs(float64(sum.Directions[1][1])) > 1e-7 {
			t.Errorf("%+v, %v", sum, err)
		}
	}
}
