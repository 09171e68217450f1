package model

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nlpodyssey/spago/mat"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/gguf"
)

// Every test in this file requires equal bits.

// sameBits fails unless both slices hold the same float32 bits.
func sameBits(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: value %d is %v, want %v to the bit", what, i, got[i], want[i])
		}
	}
}

// prompts returns n different prompts of different lengths.
func prompts(m *Model, n int) [][]int {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([][]int, n)
	for i := range out {
		out[i] = make([]int, 5+7*i%23)
		for j := range out[i] {
			out[i][j] = r.IntN(m.config.Vocab)
		}
	}
	return out
}

// alone computes each prompt in a lane by itself and returns all its logits.
func alone(t testing.TB, m *Model, prompts [][]int, hook Hook) [][]float32 {
	t.Helper()
	var out [][]float32
	for _, ids := range prompts {
		logits, err := m.Step(context.Background(), []Input{{Lane: m.NewLane(), Tokens: ids, Want: WantAll}}, StepOptions{Hook: hook})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, append([]float32(nil), logits[0]...))
	}
	return out
}

func eachTiny(t *testing.T, f func(t *testing.T, m *Model, path string)) {
	for _, c := range tiny {
		t.Run(c.path, func(t *testing.T) {
			path := filepath.Join("testdata", c.path)
			f(t, open(t, path, 1), path)
		})
	}
}

func TestLanesDoNotMatter(t *testing.T) {
	eachTiny(t, func(t *testing.T, m *Model, path string) {
		ids := prompts(m, 8)
		want := alone(t, m, ids, nil)
		for lanes := 1; lanes <= 8; lanes++ {
			inputs := make([]Input, lanes)
			for i := range inputs {
				inputs[i] = Input{Lane: m.NewLane(), Tokens: ids[i], Want: WantAll}
			}
			logits, err := m.Step(context.Background(), inputs, StepOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range logits {
				sameBits(t, fmt.Sprintf("lane %d of %d", i, lanes), logits[i], want[i])
			}
		}
	})
}

func TestThreadsDoNotMatter(t *testing.T) {
	eachTiny(t, func(t *testing.T, m *Model, path string) {
		ids := prompts(m, 3)
		want := alone(t, m, ids, nil)
		for threads := 2; threads <= 4; threads++ {
			for i, got := range alone(t, open(t, path, threads), ids, nil) {
				sameBits(t, fmt.Sprintf("%d threads", threads), got, want[i])
			}
		}
	})
}

func TestChunksDoNotMatter(t *testing.T) {
	eachTiny(t, func(t *testing.T, m *Model, path string) {
		ids := prompts(m, 3)[2]
		want := alone(t, m, [][]int{ids}, nil)[0]
		for chunk := 1; chunk <= len(ids); chunk++ {
			lane := m.NewLane()
			var got []float32
			for at := 0; at < len(ids); at += chunk {
				logits, err := m.Step(context.Background(),
					[]Input{{Lane: lane, Tokens: ids[at:min(at+chunk, len(ids))], Want: WantAll}}, StepOptions{})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, logits[0]...)
			}
			sameBits(t, fmt.Sprintf("chunks of %d", chunk), got, want)
		}
	})
}

func TestLongPromptsAreCutWithoutATrace(t *testing.T) {
	m := open(t, shared(t, "models", "stories260K", "hf"), 2)
	ids := make([]int, chunkRows+pagePositions+9)
	for i := range ids {
		ids[i] = (i*i + 3) % m.config.Vocab
	}
	want := alone(t, m, [][]int{ids}, nil)[0]
	lane := m.NewLane()
	var got []float32
	for _, id := range ids {
		logits, err := m.Step(context.Background(), []Input{{Lane: lane, Tokens: []int{id}}}, StepOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, logits[0]...)
	}
	sameBits(t, "token by token", got, want)
}

// TestSharedPrefix steers at a layer from a position on, once from scratch and
// once on a fork of the unsteered prompt that only redoes what changed.
func TestSharedPrefix(t *testing.T) {
	eachTiny(t, func(t *testing.T, m *Model, path string) {
		ids := prompts(m, 4)[3]
		d := m.config.DModel
		vector := make([]float32, d)
		for i := range vector {
			vector[i] = float32(math.Sin(float64(i)))
		}
		for layer := -1; layer < m.config.Layers; layer++ {
			for _, from := range []int{0, 1, len(ids) - 1} {
				hook := addHook{layer: layer, from: from, vector: vector}
				scratch := m.NewLane()
				want, err := m.Step(context.Background(), []Input{{Lane: scratch, Tokens: ids}}, StepOptions{Hook: hook})
				if err != nil {
					t.Fatal(err)
				}

				base := m.NewLane()
				var residual []float32
				_, err = m.Step(context.Background(), []Input{{Lane: base, Tokens: ids}}, StepOptions{
					Watch: func(l int, rows []Row, h []float32) {
						if l == layer {
							residual = append(residual, h[:len(rows)*d]...)
						}
					}})
				if err != nil {
					t.Fatal(err)
				}
				fork := base.ForkFrom(layer, from)
				got, err := m.StepFrom(context.Background(), layer,
					[]Input{{Lane: fork, Tokens: ids[from:], Residual: residual[from*d:]}}, StepOptions{Hook: hook})
				if err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprintf("layer %d from position %d", layer, from)
				sameBits(t, what, got[0], want[0])

				// Both go on, and so does the lane that was forked.
				next := []int{3}
				after, err := m.Step(context.Background(),
					[]Input{{Lane: fork, Tokens: next}, {Lane: scratch, Tokens: next}}, StepOptions{Hook: hook})
				if err != nil {
					t.Fatal(err)
				}
				sameBits(t, what+", next token", after[0], after[1])
				plain, err := m.Step(context.Background(), []Input{{Lane: base, Tokens: next}}, StepOptions{})
				if err != nil {
					t.Fatal(err)
				}
				sameBits(t, what+", base", plain[0], alone(t, m, [][]int{append(ids[:len(ids):len(ids)], next...)}, nil)[0][len(ids)*m.config.Vocab:])
			}
		}
	})
}

func TestTruncateAndFork(t *testing.T) {
	m := open(t, filepath.Join("testdata", "llama-gqa"), 1)
	ids := prompts(m, 4)[3]
	want := alone(t, m, [][]int{ids}, nil)[0]
	lane := m.NewLane()
	step := func(lane *Lane, tokens []int) []float32 {
		t.Helper()
		logits, err := m.Step(context.Background(), []Input{{Lane: lane, Tokens: tokens, Want: WantAll}}, StepOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return logits[0]
	}
	step(lane, []int{1, 2, 3, 4, 5})
	lane.Truncate(0)
	step(lane, ids)
	for n := 1; n < len(ids); n++ {
		fork := lane.Fork()
		fork.Truncate(n)
		if fork.Len() != n || lane.Len() != len(ids) {
			t.Fatalf("lengths are %d and %d, want %d and %d", fork.Len(), lane.Len(), n, len(ids))
		}
		sameBits(t, "fork", step(fork, ids[n:]), want[n*m.config.Vocab:])
	}
}

// TestForkWhileStepping forks a lane as another goroutine steps an earlier fork
// of it, as sessions do that begin with the same prompt.
func TestForkWhileStepping(t *testing.T) {
	m := open(t, filepath.Join("testdata", "llama-gqa"), 1)
	ids := prompts(m, 4)[3]
	want := alone(t, m, [][]int{ids}, nil)[0]
	n := len(ids) / 2
	prefix := m.NewLane()
	if _, err := m.Step(context.Background(), []Input{{Lane: prefix, Tokens: ids[:n]}}, StepOptions{}); err != nil {
		t.Fatal(err)
	}
	got, errs := make([][]float32, 4), make([]error, 4)
	var steps sync.WaitGroup
	for i := range got {
		fork := prefix.Fork()
		steps.Go(func() {
			var logits [][]float32
			logits, errs[i] = m.Step(context.Background(), []Input{{Lane: fork, Tokens: ids[n:], Want: WantAll}}, StepOptions{})
			if errs[i] == nil {
				got[i] = logits[0]
			}
		})
	}
	steps.Wait()
	for i := range got {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		sameBits(t, "fork", got[i], want[n*m.config.Vocab:])
	}
}

// TestGraphEqualsStep runs the training graph and the step on the same tokens.
func TestGraphEqualsStep(t *testing.T) {
	eachTiny(t, func(t *testing.T, m *Model, path string) {
		ids := prompts(m, 4)
		vector := scaled(make([]float32, m.config.DModel), 1)
		for i := range vector {
			vector[i] = float32(i%5) / 7
		}
		for name, hooks := range map[string][2]Hook{
			"plain":   {nil, nil},
			"steered": {addHook{layer: 0, vector: vector}, trainedVector{layer: 0, v: leaf(vector)}},
		} {
			graph, err := m.Forward(ids, hooks[1])
			if err != nil {
				t.Fatal(err)
			}
			var want []float32
			for _, logits := range alone(t, m, ids, hooks[0]) {
				want = append(want, logits...)
			}
			sameBits(t, name, mat.Data[float32](graph.Value()), want)
		}
	})
}

// TestQuantisedEqualsDequantised runs quantised weights beside the same
// weights written out as F32.
func TestQuantisedEqualsDequantised(t *testing.T) {
	paths := []string{}
	for _, c := range tiny {
		if strings.HasPrefix(c.path, "gguf/") {
			paths = append(paths, filepath.Join("testdata", c.path))
		}
	}
	if files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "models", "*", "*.gguf")); files != nil {
		for _, file := range files {
			if modelFile(t, strings.TrimSuffix(filepath.Base(file), ".gguf")) != "" {
				paths = append(paths, file)
			}
		}
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			m := open(t, path, 2)
			f32 := open(t, dequantised(t, m.checkpoint), 2)
			ids := prompts(m, 3)
			want := alone(t, f32, ids, nil)
			for i, got := range alone(t, m, ids, nil) {
				sameBits(t, "logits", got, want[i])
			}
		})
	}
}

// dequantised writes the checkpoint with all its tensors as F32.
func dequantised(t *testing.T, c *checkpoint.Checkpoint) string {
	t.Helper()
	var tensors []gguf.Tensor
	for _, tensor := range c.Tensors() {
		var values []float32
		if w, err := tensor.Matrix(); err == nil && len(tensor.Shape) == 2 {
			values = make([]float32, w.Rows*w.Cols)
			for r := range w.Rows {
				w.DecodeRow(values[r*w.Cols:(r+1)*w.Cols], r)
			}
		} else if values, err = tensor.Float32s(); err != nil {
			t.Fatal(err)
		}
		data := make([]byte, 0, 4*len(values))
		for _, v := range values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		typ := gguf.Type(0) // F32
		tensors = append(tensors, gguf.Tensor{Name: tensor.Name, Type: typ, Shape: tensor.Shape, Data: data})
	}
	var out bytes.Buffer
	if err := gguf.Write(&out, c.GGUF.KVs, tensors); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "f32.gguf")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
