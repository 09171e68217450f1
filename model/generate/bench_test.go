package generate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiller/model"
	"tiller/model/tokenizer"
)

// BenchmarkSession generates with a model so small that what a session costs
// beside the arithmetic shows: many lanes of a few problems, as when plans are
// measured. ns/token is what counts.
func BenchmarkSession(b *testing.B) {
	const promptLen, newTokens = 36, 32
	m, t := small(b)
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []struct{ prompts, each int }{{1, 1}, {4, 4}, {2, 16}, {32, 1}, {8, 8}, {4, 32}, {2, 100}, {8, 100}} {
		var requests []Request
		for range size.prompts {
			ids := make([]int, promptLen)
			for i := range ids {
				ids[i] = 3 + random.IntN(90)
			}
			p, err := IDPrompt(t, ids)
			if err != nil {
				b.Fatal(err)
			}
			for lane := range size.each {
				r := Request{Prompt: p, MaxTokens: newTokens, IgnoreEOS: true}
				if lane > 0 {
					r.Steering = push{layer: 1, by: .01 * float32(lane), at: func(p int) bool { return p == promptLen-1 || p%6 == 0 && p >= promptLen }}
				}
				requests = append(requests, r)
			}
		}
		b.Run(fmt.Sprintf("prompts=%d/lanes=%d", size.prompts, size.each), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := NewSession(context.Background(), m, t, requests, Options{})
				if err != nil {
					b.Fatal(err)
				}
				for !s.Done() {
					if _, err := s.Next(context.Background()); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(requests)*newTokens), "ns/token")
		})
	}
}

// small is a Llama of 4 layers of 96 with random weights and 96 words.
func small(b *testing.B) (*model.Model, *tokenizer.Tokenizer) {
	const vocab = 96
	random := rand.New(rand.NewPCG(3, 4))
	m, err := model.New(b.Context(), model.Config{
		Architecture: "llama", Layers: 4, DModel: 96, Heads: 4, KVHeads: 4, HeadDim: 24, FFN: 256,
		Vocab: vocab, Context: 256, NormEpsilon: 1e-5, Tied: true, Rope: model.Rope{Theta: 1000},
	}, func(_ string, shape []int) []float32 {
		if len(shape) == 1 {
			return slices.Repeat([]float32{1}, shape[0])
		}
		w := make([]float32, shape[0]*shape[1])
		for i := range w {
			w[i] = float32(random.NormFloat64() / math.Sqrt(float64(shape[1])))
		}
		return w
	}, model.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	var words []string
	for i := range vocab {
		words = append(words, fmt.Sprintf(`"w%d":%d`, i, i))
	}
	t, err := tokenizer.Parse("tokenizer.json", []byte(`{"version":"1.0","added_tokens":[],"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"WordLevel","vocab":{`+
		strings.Join(words, ",")+`},"unk_token":"w0"}}`))
	if err != nil {
		b.Fatal(err)
	}
	return m, t
}
