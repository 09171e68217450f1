package train

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"

	"tiller/model"
)

// small has every operator of a block, grouped heads, and runs in no time.
var small = model.Config{
	Architecture: "llama", Layers: 2, DModel: 16, Heads: 4, KVHeads: 2, HeadDim: 4, FFN: 24,
	Vocab: 11, Context: 32, NormEpsilon: 1e-5, Tied: true, Rope: model.Rope{Theta: 1000},
}

var options = Options{LearningRate: 3e-3, Warmup: 2, Steps: 20, FinalRate: .05, Beta1: .9, Beta2: .98, WeightDecay: .05, Clip: 1}

// loss is that of the documents, as a step would see it.
func loss(t *testing.T, m *model.Model, docs []Document) mat.Tensor {
	t.Helper()
	b, err := pack(docs)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := m.Forward(b.sequences, nil)
	if err != nil {
		t.Fatal(err)
	}
	return CrossEntropy(m.Pool(), logits, b.targets, b.weights, 7)
}

// TestGradients compares every weight's gradient, taken through every operator,
// with central differences. float32 losses of about 1 carry an error near 1e-7,
// so that differences over 2e-3 are good to about 1e-4.
func TestGradients(t *testing.T) {
	for name, c := range map[string]model.Config{
		"tied":   small,
		"untied": func() model.Config { c := small; c.Tied = false; return c }(),
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(t, c, 2)
			parameters, err := m.Unfreeze()
			if err != nil {
				t.Fatal(err)
			}
			docs := documents(3, 6, c.Vocab)
			docs[1].Weights[2] = -1.5 // as a policy gradient has
			if err := ag.Backward(loss(t, m, docs)); err != nil {
				t.Fatal(err)
			}
			for _, p := range parameters {
				w, g := mat.Data[float32](p.Param), mat.Data[float32](p.Grad())
				// Along a direction of alternating signs all weights count at once;
				// the single weight catches a gradient that lands in the wrong place.
				for _, only := range []int{-1, len(w) / 3} {
					sign := func(i int) float64 {
						if only >= 0 && i != only {
							return 0
						}
						return float64(1 - 2*(i*7%3%2))
					}
					var analytic float64
					for i := range g {
						analytic += sign(i) * float64(g[i])
					}
					const h = 1e-3
					at := func(step float64) float64 {
						old := slices.Clone(w)
						for i := range w {
							w[i] += float32(step * sign(i))
						}
						value := loss(t, m, docs).Item().F64()
						copy(w, old)
						return value
					}
					numeric := (at(h) - at(-h)) / (2 * h)
					if math.Abs(numeric-analytic) > 2e-3+2e-2*math.Abs(analytic) {
						t.Errorf("%s (weight %d): gradient %g, differences say %g", p.Name, only, analytic, numeric)
					}
				}
			}
		})
	}
}

// TestPackedDocuments checks that a document's loss does not depend on its
// neighbours: the packed loss is the sum of those alone, to the last bit of
// what float64 adds.
func TestPackedDocuments(t *testing.T) {
	m := newModel(t, small, 2)
	if _, err := m.Unfreeze(); err != nil {
		t.Fatal(err)
	}
	docs := documents(4, 7, small.Vocab)
	var alone float64
	for _, d := range docs {
		alone += loss(t, m, []Document{d}).Item().F64()
	}
	if packed := loss(t, m, docs).Item().F64(); math.Abs(packed-alone) > 1e-6 {
		t.Errorf("packed %g, one by one %g", packed, alone)
	}
}

// train takes n steps and returns the weights and losses.
func train(t *testing.T, tr *Trainer, n int) (losses []float64) {
	t.Helper()
	docs := documents(20, 9, small.Vocab)
	for range n {
		at := tr.Steps() % 10
		r, err := tr.Step(t.Context(), docs[2*at:2*at+2], 4)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, r.Loss)
	}
	return losses
}

// weights is the model's file, which holds every bit of it.
func weights(t *testing.T, m *model.Model) string {
	t.Helper()
	_, w, err := m.HuggingFace(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return string(w)
}

func trainer(t *testing.T, threads int) (*Trainer, *model.Model) {
	t.Helper()
	m := newModel(t, small, threads)
	tr, err := New(m, options)
	if err != nil {
		t.Fatal(err)
	}
	return tr, m
}

func TestThreadsGiveTheSameBits(t *testing.T) {
	var want string
	for _, threads := range []int{1, 2, 3, 4} {
		tr, m := trainer(t, threads)
		losses := train(t, tr, 12)
		if got := weights(t, m); want == "" {
			want = got
		} else if got != want {
			t.Errorf("%d threads gave other weights; losses %g", threads, losses)
		}
	}
}

func TestTrainingLowersTheLoss(t *testing.T) {
	o := options
	o.LearningRate, o.Steps = 1e-2, 0 // no schedule: it would end after 20 steps
	tr, err := New(newModel(t, small, 2), o)
	if err != nil {
		t.Fatal(err)
	}
	losses := train(t, tr, 200)
	if before, after := losses[0], losses[190]; after > before/3 {
		t.Errorf("the loss of a document seen 20 times went from %g to %g only", before, after)
	}
}

func TestResume(t *testing.T) {
	straight, m := trainer(t, 2)
	train(t, straight, 15)

	path := filepath.Join(t.TempDir(), "checkpoint")
	interrupted, _ := trainer(t, 1)
	train(t, interrupted, 6)
	if err := interrupted.Save(path, map[string]string{"stage": "base"}); err != nil {
		t.Fatal(err)
	}
	resumed, n := trainer(t, 2)
	metadata, err := resumed.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(metadata) != 1 || metadata["stage"] != "base" {
		t.Errorf("metadata came back as %v", metadata)
	}
	train(t, resumed, 9)
	if weights(t, m) != weights(t, n) {
		t.Error("a resumed training gave other weights than one that ran through")
	}
}

func TestLoadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	tr, _ := trainer(t, 1)
	if err := tr.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	other := options
	other.Beta2 = .9
	wider := small
	wider.FFN = 32
	for name, c := range map[string]struct {
		config  model.Config
		options Options
		want    string
	}{
		"options": {small, other, "other options"},
		"shape":   {wider, options, "of another model"},
	} {
		t.Run(name, func(t *testing.T) {
			tr, err := New(newModel(t, c.config, 1), c.options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tr.Load(path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-2] ^= 1
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, data, 0o600); err != nil {
		t.Fatal(err)
	}
	before := tr.Steps()
	if _, err := tr.Load(damaged); err == nil || !strings.Contains(err.Error(), "damaged") || tr.Steps() != before {
		t.Errorf("a flipped bit: %v", err)
	}
	if _, err := tr.Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file was loaded")
	}
}

func TestStepRefuses(t *testing.T) {
	tr, _ := trainer(t, 1)
	for name, c := range map[string]struct {
		docs    []Document
		divisor float32
		want    string
	}{
		"nothing":        {nil, 1, "no documents"},
		"one token":      {[]Document{{IDs: []int{1}, Weights: []float32{1}}}, 1, "fewer than 2"},
		"lengths differ": {[]Document{{IDs: []int{1, 2}, Weights: []float32{1}}}, 1, "2 tokens and 1 weights"},
		"unknown token":  {[]Document{{IDs: []int{99, 2}, Weights: []float32{1, 1}}}, 1, "99"},
		"unknown target": {[]Document{{IDs: []int{2, 99}, Weights: []float32{1, 1}}}, 1, "99"},
		"divisor":        {documents(1, 4, small.Vocab), 0, "not a positive number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tr.Step(t.Context(), c.docs, c.divisor)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestDivergenceIsAnError feeds a weight that makes the gradient overflow.
func TestDivergenceIsAnError(t *testing.T) {
	tr, _ := trainer(t, 1)
	docs := []Document{{IDs: []int{1, 2}, Weights: []float32{1, float32(math.Inf(1))}}}
	if _, err := tr.Step(t.Context(), docs, 1); err == nil || !strings.Contains(err.Error(), "diverged") {
		t.Errorf("got %v", err)
	}
}

func TestRate(t *testing.T) {
	o := Options{LearningRate: 2, Warmup: 4, Steps: 12, FinalRate: .1}
	for step, want := range map[int]float64{1: .5, 4: 2, 8: 1.1, 12: .2, 20: .2} {
		if got := o.rate(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: %g, want %g", step, got, want)
		}
	}
	o.Steps = 0
	if got := o.rate(1000); got != 2 {
		t.Errorf("without a schedule the rate is %g", got)
	}
}
