package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiller/model"
)

// lab is the shape of the embedded models.
var lab = model.Config{
	Architecture: "llama", Layers: 4, DModel: 96, Heads: 4, KVHeads: 4, HeadDim: 24, FFN: 256,
	Vocab: 100, Context: 256, NormEpsilon: 1e-5, Tied: true, Rope: model.Rope{Theta: 1000},
}

// newModel makes a model with random weights.
func newModel(t testing.TB, c model.Config, threads int) *model.Model {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	m, err := model.New(t.Context(), c, func(_ string, shape []int) []float32 {
		n := 1
		for _, s := range shape {
			n *= s
		}
		w := make([]float32, n)
		for i := range w {
			w[i] = 1
			if len(shape) == 2 {
				w[i] = float32(r.NormFloat64() / math.Sqrt(float64(shape[1])))
			}
		}
		return w
	}, model.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// documents are random ones of the given length.
func documents(n, length, vocab int) []Document {
	r := rand.New(rand.NewPCG(3, 4))
	docs := make([]Document, n)
	for i := range docs {
		for range length {
			docs[i].IDs = append(docs[i].IDs, r.IntN(vocab))
			docs[i].Weights = append(docs[i].Weights, float32(r.IntN(3))/2)
		}
	}
	return docs
}

// BenchmarkStep trains on 2,080 tokens in documents of 40, the lab's load.
func BenchmarkStep(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(map[int]string{1: "1thread", 2: "2threads"}[threads], func(b *testing.B) {
			t, err := New(newModel(b, lab, threads), Options{LearningRate: 1e-3, Beta1: .9, Beta2: .98, WeightDecay: .05, Clip: 1})
			if err != nil {
				b.Fatal(err)
			}
			docs := documents(52, 41, lab.Vocab)
			for b.Loop() {
				if _, err := t.Step(b.Context(), docs, 1000); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2080, "ns/token")
		})
	}
}
