package model

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlpodyssey/spago/mat"

	"tiller/model/checkpoint/gguf"
)

// shared returns a path beside the checkout, and skips the test where that
// folder is absent.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := filepath.Join("..", "..", "shared")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no ../shared: the reference numbers are not on this machine")
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

// llamaCPP is what llama.cpp computed, one file a run.
type llamaCPP struct {
	Model      string `json:"model"`
	CacheType  string `json:"kv_cache_type"`
	PromptIDs  []int  `json:"prompt_ids"`
	LayerRange []int  `json:"layer_range"`
	Vectors    []struct {
		File  string  `json:"file"`
		Scale float32 `json:"scale"`
	} `json:"control_vectors"`
	Top []struct {
		ID    int     `json:"id"`
		Logit float32 `json:"logit"`
	} `json:"first_token_logits_top50"`
	Generated []int     `json:"generated_ids"`
	Gaps      []float64 `json:"top1_minus_top2"`
	Logits    string    `json:"logits_file"`
	Hidden    string    `json:"hidden_file"`
}

// directions adds llama.cpp's control vectors: scale x direction.N after block
// N, at every position.
type directions map[int][]float32

func (d directions) Edit(layer int, rows []Row, h mat.Tensor) mat.Tensor {
	if v := d[layer]; v != nil {
		data := mat.Data[float32](h)
		for r := range rows {
			addTo(data[r*len(v):(r+1)*len(v)], v)
		}
	}
	return h
}

func (ref llamaCPP) hook(t *testing.T) Hook {
	t.Helper()
	if len(ref.Vectors) == 0 {
		return nil
	}
	sum := directions{}
	for _, v := range ref.Vectors {
		data, err := os.ReadFile(shared(t, "reference", "vectors", v.File))
		if err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Parse(v.File, data)
		if err != nil {
			t.Fatal(err)
		}
		for layer := ref.LayerRange[0]; layer <= ref.LayerRange[1]; layer++ {
			tensor, ok := f.Tensor(fmt.Sprintf("direction.%d", layer))
			if !ok {
				continue
			}
			direction := scaled(float32s(tensor.Data), v.Scale)
			if sum[layer] == nil {
				sum[layer] = direction
			} else {
				addTo(sum[layer], direction)
			}
		}
	}
	return sum
}

func float32s(data []byte) []float32 {
	out := make([]float32, len(data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

// runnable lists the reference models of architectures and types that run.
var runnable = []string{"stories260K-f32", "stories260K-f16", "stories260K-bf16",
	"babyllama105-f32", "babyllama105-f16", "babyllama105-q8_0", "babyllama105-q4_0", "rand-llama3rope"}

func TestParityWithLlamaCPP(t *testing.T) {
	files, _ := filepath.Glob(shared(t, "reference", "llama.cpp", "*.json"))
	if len(files) == 0 {
		t.Fatal("there are no references")
	}
	exact := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var ref llamaCPP
		if err := json.Unmarshal(data, &ref); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		name := strings.TrimSuffix(ref.Model, ".gguf")
		path := modelFile(t, name)
		if path == "" || ref.CacheType != "f32" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			m := open(t, path, 2)
			run := runPrompt(t, m, ref.PromptIDs, ref.hook(t))
			if strings.HasSuffix(name, "-f32") || strings.HasPrefix(name, "rand-") {
				ref.checkExactly(t, m, run)
				exact++
			} else {
				ref.checkLoosely(t, run)
			}
		})
	}
	if exact < 30 {
		t.Errorf("only %d F32 references were compared", exact)
	}
}

// modelFile finds a reference model; "" where it can't be run or is absent.
func modelFile(t *testing.T, name string) string {
	for _, known := range runnable {
		if name == known {
			matches, _ := filepath.Glob(shared(t, "models", "*", name+".gguf"))
			if len(matches) == 1 {
				return matches[0]
			}
		}
	}
	return ""
}

// checkExactly compares with an F32 run, which agrees with an independent
// implementation to 3.5e-5.
func (ref llamaCPP) checkExactly(t *testing.T, m *Model, run promptRun) {
	last := run.logits[len(ref.PromptIDs)-1]
	for _, top := range ref.Top {
		if d := math.Abs(float64(last[top.ID] - top.Logit)); !(d <= tolerance) {
			t.Fatalf("logit of id %d is %v, want %v", top.ID, last[top.ID], top.Logit)
		}
	}
	for what, rows := range map[string][][]float32{ref.Logits: run.logits, ref.Hidden: run.stacked()} {
		if what == "" {
			continue
		}
		data, err := os.ReadFile(shared(t, "reference", "llama.cpp", what))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want := float32s(data)
		for i, row := range rows {
			w := want[i*len(row) : (i+1)*len(row)]
			allowed := tolerance
			if what == ref.Hidden {
				allowed *= norm(w)
			}
			near(t, what, row, w, allowed)
		}
	}
	checkGreedy(t, m, ref.PromptIDs, ref.hook(t), greedy{IDs: ref.Generated, Gaps: ref.Gaps})
}

// stacked returns all rows by layer, the embedding first.
func (r promptRun) stacked() [][]float32 {
	var rows [][]float32
	for layer := -1; layer < len(r.rows)-1; layer++ {
		rows = append(rows, r.rows[layer]...)
	}
	return rows
}

// checkLoosely compares with a run in which llama.cpp rounded the activations
// too: the likeliest token where the gap is not tiny, and the mean difference.
func (ref llamaCPP) checkLoosely(t *testing.T, run promptRun) {
	last := run.logits[len(ref.PromptIDs)-1]
	var off float64
	for _, top := range ref.Top {
		off += math.Abs(float64(last[top.ID]-top.Logit)) / float64(len(ref.Top))
	}
	if off > 0.2 {
		t.Errorf("the 50 highest logits are off by %.3g on average", off)
	}
	best := 0
	for id := range last {
		if last[id] > last[best] {
			best = id
		}
	}
	if best != ref.Top[0].ID && ref.Gaps[0] > 0.2 {
		t.Errorf("the likeliest id is %d, want %d", best, ref.Top[0].ID)
	}
}
