package model

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlpodyssey/spago/mat"
)

// tolerance is how far logits and hidden rows may lie from a float32
// reference. The references themselves lie up to 3e-6 from a float64 pass
// (float64_difference in each file); ours sums in another order.
const tolerance = 1e-4

// reference is a reference.json of testdata; see its README.
type reference struct {
	PromptIDs []int       `json:"prompt_ids"`
	Logits    [][]float32 `json:"logits"`
	Hidden    hidden      `json:"hidden"`
	Greedy    greedy      `json:"greedy"`
	Vector    struct {
		Values []float32 `json:"values"`
	} `json:"vector"`
	Steered []struct {
		Strength      float32   `json:"strength"`
		Layer         int       `json:"layer"`
		FirstPosition int       `json:"first_position"`
		LastLogits    []float32 `json:"last_logits"`
		Hidden        hidden    `json:"hidden"`
		Greedy        greedy    `json:"greedy"`
	} `json:"steered"`
}

type hidden struct {
	Positions []int                  `json:"positions"`
	Layers    map[string][][]float32 `json:"layers"`
}

type greedy struct {
	IDs  []int     `json:"ids"`
	Gaps []float64 `json:"gaps"`
}

// addHook adds a vector after one block, from a position on.
type addHook struct {
	layer, from int
	vector      []float32
}

func (a addHook) Edit(layer int, rows []Row, h mat.Tensor) mat.Tensor {
	if layer != a.layer {
		return h
	}
	data := mat.Data[float32](h)
	for r, row := range rows {
		if row.Position >= a.from {
			addTo(data[r*len(a.vector):(r+1)*len(a.vector)], a.vector)
		}
	}
	return h
}

func scaled(v []float32, s float32) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = s * v[i]
	}
	return out
}

func open(t testing.TB, path string, threads int) *Model {
	t.Helper()
	m, err := Open(context.Background(), path, Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func readReference(t testing.TB, path string) reference {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return ref
}

// tiny lists the committed checkpoints with the file of their reference.
var tiny = []struct{ path, reference string }{
	{"llama-mha", "llama-mha/reference.json"},
	{"llama-gqa", "llama-gqa/reference.json"},
	{"llama3-rope", "llama3-rope/reference.json"},
	{"linear-rope", "linear-rope/reference.json"},
	{"llama-bias", "llama-bias/reference.json"},
	{"mistral", "mistral/reference.json"},
	{"gguf/llama-mha-f32.gguf", "llama-mha/reference.json"},
	{"gguf/llama-gqa-f16.gguf", "llama-gqa/reference.json"},
	{"gguf/llama3-rope-bf16.gguf", "llama3-rope/reference.json"},
	{"gguf/linear-rope-f16.gguf", "linear-rope/reference.json"},
	{"gguf/quantised-q8_0.gguf", "gguf/quantised-q8_0.reference.json"},
	{"gguf/quantised-q4_0.gguf", "gguf/quantised-q4_0.reference.json"},
	{"gguf/quantised-q4_1.gguf", "gguf/quantised-q4_1.reference.json"},
}

func TestParityWithTransformers(t *testing.T) {
	for _, c := range tiny {
		t.Run(c.path, func(t *testing.T) {
			m := open(t, filepath.Join("testdata", c.path), 1)
			ref := readReference(t, filepath.Join("testdata", c.reference))
			run := runPrompt(t, m, ref.PromptIDs, nil)
			for p, want := range ref.Logits {
				near(t, "logits", run.logits[p], want, tolerance)
			}
			run.checkHidden(t, ref.Hidden)
			checkGreedy(t, m, ref.PromptIDs, nil, ref.Greedy)
			for _, s := range ref.Steered {
				hook := addHook{layer: s.Layer, from: s.FirstPosition, vector: scaled(ref.Vector.Values, s.Strength)}
				run := runPrompt(t, m, ref.PromptIDs, hook)
				near(t, "steered logits", run.logits[len(ref.PromptIDs)-1], s.LastLogits, tolerance)
				run.checkHidden(t, s.Hidden)
				checkGreedy(t, m, ref.PromptIDs, hook, s.Greedy)
			}
		})
	}
}

// promptRun is what a prompt gave.
type promptRun struct {
	logits [][]float32         // [tokens][vocab]
	rows   map[int][][]float32 // layer to [tokens][d_model]
}

func runPrompt(t testing.TB, m *Model, ids []int, hook Hook) promptRun {
	t.Helper()
	run := promptRun{rows: map[int][][]float32{}}
	d := m.config.DModel
	logits, err := m.Step(context.Background(),
		[]Input{{Lane: m.NewLane(), Tokens: ids, Want: WantAll}},
		StepOptions{Hook: hook, Watch: func(layer int, rows []Row, h []float32) {
			for r := range rows {
				run.rows[layer] = append(run.rows[layer], append([]float32(nil), h[r*d:(r+1)*d]...))
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	for p := range ids {
		run.logits = append(run.logits, logits[0][p*m.config.Vocab:(p+1)*m.config.Vocab])
	}
	return run
}

func (r promptRun) checkHidden(t testing.TB, want hidden) {
	t.Helper()
	for layer := -1; layer < len(r.rows)-1; layer++ {
		rows := want.Layers[jsonInt(layer)]
		if rows == nil {
			t.Fatalf("the reference holds no layer %d", layer)
		}
		for i, p := range want.Positions {
			near(t, "hidden row", r.rows[layer][p], rows[i], tolerance*norm(rows[i]))
		}
	}
}

func jsonInt(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func norm(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return math.Sqrt(s)
}

// near requires every value to lie within tolerance of the one wanted.
func near(t testing.TB, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance) {
			t.Fatalf("%s: value %d is %v, want %v (off by %.2g, allowed %.2g)", what, i, got[i], want[i], d, tolerance)
		}
	}
}

// checkGreedy generates by always taking the likeliest token. Ids must be
// those of the reference up to a step whose recorded gap is too small to tell.
func checkGreedy(t testing.TB, m *Model, prompt []int, hook Hook, want greedy) {
	t.Helper()
	const certain = 1e-3
	lane := m.NewLane()
	tokens := prompt
	for i, id := range want.IDs {
		logits, err := m.Step(context.Background(), []Input{{Lane: lane, Tokens: tokens}}, StepOptions{Hook: hook})
		if err != nil {
			t.Fatal(err)
		}
		best := 0
		for j, v := range logits[0] {
			if v > logits[0][best] {
				best = j
			}
		}
		if best != id {
			if want.Gaps[i] < certain {
				return
			}
			t.Fatalf("greedy token %d is %d, want %d (gap %g)", i, best, id, want.Gaps[i])
		}
		tokens = []int{id}
	}
}
