package generate

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"tiller/model"
	"tiller/model/checkpoint/safetensors"
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
	const d, layers, ffn, vocab = 96, 4, 256, 96
	dir := b.TempDir()
	random := rand.New(rand.NewPCG(3, 4))
	var tensors []safetensors.Tensor
	add := func(name string, mean, deviation float64, shape ...int) {
		n := 1
		for _, s := range shape {
			n *= s
		}
		data := make([]byte, 0, 4*n)
		for range n {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(mean+deviation*random.NormFloat64())))
		}
		tensors = append(tensors, safetensors.Tensor{Name: name, DType: "F32", Shape: shape, Data: data})
	}
	add("model.embed_tokens.weight", 0, .05, vocab, d)
	add("model.norm.weight", 1, 0, d)
	for l := range layers {
		at := fmt.Sprintf("model.layers.%d.", l)
		add(at+"input_layernorm.weight", 1, 0, d)
		add(at+"post_attention_layernorm.weight", 1, 0, d)
		for _, name := range []string{"q", "k", "v", "o"} {
			add(at+"self_attn."+name+"_proj.weight", 0, .1, d, d)
		}
		add(at+"mlp.gate_proj.weight", 0, .1, ffn, d)
		add(at+"mlp.up_proj.weight", 0, .1, ffn, d)
		add(at+"mlp.down_proj.weight", 0, .06, d, ffn)
	}
	var weights, words bytes.Buffer
	if err := safetensors.Write(&weights, nil, tensors); err != nil {
		b.Fatal(err)
	}
	for i := range vocab {
		if i > 0 {
			words.WriteString(",")
		}
		fmt.Fprintf(&words, `"w%d":%d`, i, i)
	}
	for name, text := range map[string]string{
		"model.safetensors": weights.String(),
		"config.json": fmt.Sprintf(`{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_act":"silu","hidden_size":%d,
			"intermediate_size":%d,"num_hidden_layers":%d,"num_attention_heads":4,"rope_theta":1000,"rms_norm_eps":1e-5,
			"tie_word_embeddings":true,"max_position_embeddings":256,"vocab_size":%d}`, d, ffn, layers, vocab),
		"tokenizer.json": `{"version":"1.0","added_tokens":[],"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"WordLevel","vocab":{` +
			words.String() + `},"unk_token":"w0"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	m, err := model.Open(context.Background(), dir, model.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	t, err := tokenizer.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	return m, t
}
