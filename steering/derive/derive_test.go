package derive

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/model"
	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/activations"
	"tiller/steering/vectorfile"
)

// expected is what testdata/make.py wrote.
type expected struct {
	Pairs       []struct{ Positive, Negative []int }
	Folds       []int
	MedianNorms []float64 `json:"median_norms"`
	Directions  []struct {
		Method, Where string
		Layers        [][]float64 // embed, 0, 1
		AUC           []float64
	}
}

func readExpected(t *testing.T) expected {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func openModel(t *testing.T, name string, threads int) *model.Model {
	t.Helper()
	m, err := model.Open(context.Background(), filepath.Join("..", "..", "model", "testdata", name), model.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func prompt(ids ...int) generate.Prompt {
	var p generate.Prompt
	for _, id := range ids {
		p.Tokens = append(p.Tokens, generate.PromptToken{ID: id, Special: id < 3})
	}
	return p
}

func pairsOf(e expected) []Pair {
	var pairs []Pair
	for _, p := range e.Pairs {
		pairs = append(pairs, Pair{Positive: prompt(p.Positive...), Negative: prompt(p.Negative...)})
	}
	return pairs
}

// term reads layers and a selector as plans write them.
func term(t *testing.T, text string) steering.Term {
	t.Helper()
	plan, err := steering.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Terms[0]
}

// at are options for the layers and positions of a plan's term.
func at(t *testing.T, text string) Options {
	x := term(t, text)
	return Options{Layers: x.Layers, Where: x.Select}
}

var methods = map[string]func(context.Context, *model.Model, []Pair, Options) (*Result, error){
	"mean": func(ctx context.Context, m *model.Model, p []Pair, o Options) (*Result, error) {
		return Mean(ctx, m, nil, p, o)
	},
	"pca": func(ctx context.Context, m *model.Model, p []Pair, o Options) (*Result, error) {
		return PCA(ctx, m, nil, p, o)
	},
	"probe": func(ctx context.Context, m *model.Model, p []Pair, o Options) (*Result, error) {
		return Probe(ctx, m, nil, p, o)
	},
}

// near compares a direction with a reference by the norm of their difference.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	off, size := 0.0, 0.0
	for i, w := range want {
		off += (float64(got[i]) - w) * (float64(got[i]) - w)
		size += w * w
	}
	if !(math.Sqrt(off) <= tolerance*math.Sqrt(size)) {
		t.Errorf("%s is off by %.3g of its norm", what, math.Sqrt(off/size))
	}
}

func TestAgainstReference(t *testing.T) {
	e := readExpected(t)
	m, other := openModel(t, "llama-mha", 2), openModel(t, "linear-rope", 1)
	for _, want := range e.Directions {
		t.Run(want.Method+" "+want.Where, func(t *testing.T) {
			o := at(t, "x@embed+0-1["+want.Where+"]")
			var r *Result
			var err error
			if want.Method == "models" {
				pairs := pairsOf(e)
				for i := range pairs {
					pairs[i].Negative = pairs[i].Positive
				}
				r, err = Models(context.Background(), m, other, nil, pairs, o)
			} else {
				r, err = methods[want.Method](context.Background(), m, pairsOf(e), o)
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, direction := range want.Layers {
				l := r.Layers[i]
				if l.Layer != i-1 {
					t.Fatalf("report %d is about layer %d", i, l.Layer)
				}
				near(t, "direction", r.Vector.Directions[i-1], direction, 3e-5)
				if want.AUC != nil && math.Abs(*l.AUC-want.AUC[i]) > 1e-9 {
					t.Errorf("layer %d: AUC %v, want %v", i-1, *l.AUC, want.AUC[i])
				}
				if off := l.MedianNorm/e.MedianNorms[i] - 1; want.Method != "models" && math.Abs(off) > 1e-5 {
					t.Errorf("layer %d: median norm %v, want %v", i-1, l.MedianNorm, e.MedianNorms[i])
				}
				if !*l.SignOK || l.Ratio != l.Norm/l.MedianNorm {
					t.Errorf("layer %d: %+v", i-1, l)
				}
			}
		})
	}
	s := source{pairs: len(e.Pairs)}
	if s.hold(0); !slices.Equal(s.foldOf, e.Folds) {
		t.Errorf("folds are %v, the reference has %v", s.foldOf, e.Folds)
	}
}

func TestAgainstRepeng(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "repeng.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		expected
		Unit []float64
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	r, err := PCA(context.Background(), openModel(t, "llama-mha", 1), nil, pairsOf(want.expected), at(t, "x@0[last]"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Unit {
		want.Unit[i] *= r.Layers[0].Norm // repeng's are unit vectors
	}
	near(t, "direction", r.Vector.Directions[0], want.Unit, 3e-5)
}

// A vector is the same for any number of threads, and whether its rows fit
// into memory or are computed twice.
func TestSameBits(t *testing.T) {
	pairs := pairsOf(readExpected(t))
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			want, err := method(context.Background(), openModel(t, "llama-mha", 1), pairs, at(t, "x[content]"))
			if err != nil {
				t.Fatal(err)
			}
			o := at(t, "x[content]")
			if name == "mean" {
				o.Memory = 1
			}
			got, err := method(context.Background(), openModel(t, "llama-mha", 3), pairs, o)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Vector.Directions, want.Vector.Directions) || !reflect.DeepEqual(got.Layers, want.Layers) {
				t.Error("the two differ")
			}
		})
	}
}

func TestResultSaysWhereItIsFrom(t *testing.T) {
	m := openModel(t, "llama-mha", 1)
	o := at(t, "x@1[last]")
	o.Seed, o.DataHash, o.Name = 7, "sha256:00", "mood"
	done := 0
	o.Progress = func(n, total int) {
		if done++; n != done || total != 24 {
			t.Errorf("progress %d of %d at call %d", n, total, done)
		}
	}
	r, err := Mean(context.Background(), m, nil, pairsOf(readExpected(t)), o)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		vectorfile.MetaMethod: "mean difference", vectorfile.MetaModelFingerprint: m.Checkpoint().Fingerprint(),
		vectorfile.MetaSeed: "7", vectorfile.MetaDataHash: "sha256:00", "where": "last", "pairs": "12",
		vectorfile.MetaSignCheck: "positives project higher on average at 1 of 1 layers",
	}
	if !reflect.DeepEqual(r.Vector.Meta, want) || r.Vector.Name != "mood" || done != 24 {
		t.Errorf("%q has metadata %v after %d texts", r.Vector.Name, r.Vector.Meta, done)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "differ in their number of tokens") {
		t.Errorf("notes: %q", r.Notes)
	}
}

// What position 0 does to a mean is said.
func TestNoteOnPositionZero(t *testing.T) {
	m := openModel(t, "llama-mha", 1)
	pairs := []Pair{{Positive: prompt(1, 5, 6), Negative: prompt(1, 7, 8)}}
	for where, want := range map[string]bool{"all": true, "last": false, "content": false, "0": false, "all&not 0": false} {
		r, err := Mean(context.Background(), m, nil, pairs, at(t, "x@1["+where+"]"))
		if where == "0" {
			if err == nil {
				t.Error("the first tokens are the same, but no error says so")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := len(r.Notes) == 1 && strings.HasPrefix(r.Notes[0], "Position 0 counts in 2 of 2 texts."); got != want {
			t.Errorf("%s: notes %q", where, r.Notes)
		}
	}
}

// Two texts that half of the pairs have on the other side can't be told apart.
func TestNoteOnChance(t *testing.T) {
	m := openModel(t, "llama-mha", 1)
	noise := func(swap bool) []Pair {
		var pairs []Pair
		for i := range 20 {
			a, b := prompt(1, 5+i%3, 6), prompt(1, 9+i%3, 8)
			if swap && i%2 == 0 {
				a, b = b, a
			}
			pairs = append(pairs, Pair{Positive: a, Negative: b})
		}
		return pairs
	}
	for _, swap := range []bool{false, true} {
		r, err := Mean(context.Background(), m, nil, noise(swap), at(t, "x@1[last]"))
		if err != nil {
			t.Fatal(err)
		}
		if said := len(r.Notes) == 1 && strings.Contains(r.Notes[0], "hardly more than noise"); said != swap {
			t.Errorf("sides mixed %v, AUC %v: notes %q", swap, *r.Layers[0].AUC, r.Notes)
		}
	}
}

// One pair has nothing to be held out against.
func TestOnePair(t *testing.T) {
	m := openModel(t, "llama-mha", 1)
	for name, method := range methods {
		r, err := method(context.Background(), m, []Pair{{Positive: prompt(1, 5, 6), Negative: prompt(1, 7, 8)}}, at(t, "x"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if l := r.Layers[0]; l.AUC != nil || *l.Agreement != 1 || !(l.Norm > 0) {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func TestRefuses(t *testing.T) {
	m := openModel(t, "llama-mha", 1)
	good := Pair{Positive: prompt(1, 5, 6), Negative: prompt(1, 7, 8)}
	long := good
	long.Label = "moods.jsonl, line 3"
	long.Negative = prompt(slices.Repeat([]int{5}, 65)...)
	broken := good
	broken.Positive = prompt(1, 99)
	for _, test := range []struct {
		pairs  []Pair
		at     string
		memory int64
		want   string
	}{
		{nil, "x", 0, "there are no texts"},
		{[]Pair{good, long}, "x", 0, "moods.jsonl, line 3, negative text: it has 65 tokens, but the model's context holds 64"},
		{[]Pair{good, {Positive: prompt(), Negative: prompt(1)}}, "x", 0, "pair 2, positive text: "},
		{[]Pair{good}, "x[user]", 0, `pair 1, positive text: the selector "user" chooses nothing in this prompt`},
		{[]Pair{good}, "x[match:/z/]", 0, `pair 1, positive text: the selector "match:/z/" chooses none of its 3 tokens`},
		{[]Pair{good}, "x@2", 0, "layer 2 is not one of the model's layers 0 to 1"},
		{[]Pair{good}, "x", 100, "probe keeps a row for each text and layer"},
		{[]Pair{broken}, "x", 0, "is id 99, but this model has ids 0 to 39"},
		{[]Pair{{Positive: prompt(1, 5), Negative: prompt(1, 5)}}, "x", 0, "the activations to tell apart are the same: vector \"vector\" is zero at every layer"},
	} {
		o := at(t, test.at)
		o.Memory = test.memory
		_, err := Probe(context.Background(), m, nil, test.pairs, o)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error is %v, want %q in it", err, test.want)
		}
	}

	same := []Pair{{Positive: good.Positive, Negative: good.Positive}}
	for name, want := range map[string]string{
		"mistral":                  "the two models can't be subtracted: the base model has 2 layers, the other one 3",
		"gguf/quantised-q8_0.gguf": "the two models can't be subtracted: the base model has 16 values a row, the other one 32",
	} {
		if _, err := Models(context.Background(), m, openModel(t, name, 1), nil, same, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q in it", name, err, want)
		}
	}
	_, err := Models(context.Background(), m, openModel(t, "linear-rope", 1), nil, []Pair{good}, Options{})
	if err == nil || !strings.Contains(err.Error(), "pair 1: the two models' tokenizers cut the text differently, first at token 1") {
		t.Errorf("error is %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Mean(ctx, m, nil, []Pair{good}, Options{}); err == nil {
		t.Error("a cancelled context is no error")
	}
}

func TestCollect(t *testing.T) {
	m := openModel(t, "llama-mha", 2)
	x := term(t, "x@embed+1[1-2]")
	prompts := []generate.Prompt{prompt(1, 5, 6, 7), prompt(1, 8)}
	type place struct{ text, layer, position int }
	var order []place
	rows := map[place][]float32{}
	err := Collect(context.Background(), m, nil, prompts, activations.Selection{Layers: x.Layers, Where: x.Select}, func(r Row) {
		order = append(order, place{r.Text, r.Layer, r.Position})
		rows[order[len(order)-1]] = slices.Clone(r.Values)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []place{{0, -1, 1}, {0, -1, 2}, {1, -1, 1}, {0, 1, 1}, {0, 1, 2}, {1, 1, 1}}
	if !slices.Equal(order, want) {
		t.Errorf("rows came as %v, want %v", order, want)
	}
	_, err = m.Step(context.Background(), []model.Input{{Lane: m.NewLane(), Tokens: []int{1, 5, 6, 7}}}, model.StepOptions{
		Watch: func(layer int, _ []model.Row, h []float32) {
			if layer == 1 && !slices.Equal(rows[place{0, 1, 2}], h[2*16:3*16]) {
				t.Error("a row differs from that of the text alone")
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
}

// Many texts take several steps, whose rows must not mix.
func TestBatches(t *testing.T) {
	m := openModel(t, "llama-mha", 2)
	var pairs []Pair
	for i := range 40 {
		long := append([]int{1}, slices.Repeat([]int{3 + i%30}, 40)...)
		pairs = append(pairs, Pair{Positive: prompt(long...), Negative: prompt(1, 4+i%30)})
	}
	whole, err := Mean(context.Background(), m, nil, pairs, at(t, "x@1[last]"))
	if err != nil {
		t.Fatal(err)
	}
	sum := make([]float64, 16)
	for _, p := range pairs {
		one, err := Mean(context.Background(), m, nil, []Pair{p}, at(t, "x@1[last]"))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range one.Vector.Directions[1] {
			sum[i] += float64(v) / float64(len(pairs))
		}
	}
	near(t, "mean of means", whole.Vector.Directions[1], sum, 1e-6)
}

func TestAUC(t *testing.T) {
	for _, test := range []struct {
		up, down []float64
		want     float64
	}{
		{[]float64{2, 3}, []float64{0, 1}, 1},
		{[]float64{0, 1}, []float64{2, 3}, 0},
		{[]float64{1, 1}, []float64{1}, 0.5},
		{[]float64{0, 2, 2}, []float64{1, 2}, (0 + 1.5 + 1.5) / 6},
	} {
		if got := auc(test.up, test.down); got != test.want {
			t.Errorf("auc(%v, %v) = %v, want %v", test.up, test.down, got, test.want)
		}
	}
}

func TestPrincipal(t *testing.T) {
	for _, test := range []struct {
		rows [][]float64
		want []float64 // up to the sign
	}{
		{[][]float64{{1, 0, 0}, {1, 3, 0}, {1, -3, 0}}, []float64{0, 1, 0}}, // the mean is orthogonal to it
		{[][]float64{{3, 4, 0}}, []float64{0.6, 0.8, 0}},
		{[][]float64{{0, 0, 0}, {0, 0, 0}}, []float64{0, 0, 0}},
		{[][]float64{{2, 0}, {-2, 0}, {0, 1}}, []float64{1, 0}}, // more rows than columns
	} {
		got := principal(test.rows)
		if along := math.Abs(dot(got, test.want)); math.Abs(along-dot(test.want, test.want)) > 1e-9 || math.Abs(norm(got)-norm(test.want)) > 1e-9 {
			t.Errorf("principal(%v) = %v, want %v", test.rows, got, test.want)
		}
	}
}
