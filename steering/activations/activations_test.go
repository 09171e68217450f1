package activations

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/model"
	"tiller/model/checkpoint/safetensors"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
)

// selection reads what to keep, in the words of plans.
func selection(t *testing.T, layers, where string) Selection {
	t.Helper()
	plan, err := steering.Parse("x@" + layers + "[" + where + "]")
	if err != nil {
		t.Fatal(err)
	}
	return Selection{Layers: plan.Terms[0].Layers, Where: plan.Terms[0].Select}
}

func TestRecorderKeepsTheRowsItIsAskedFor(t *testing.T) {
	dir := filepath.Join("..", "..", "model", "testdata", "llama-mha")
	m, err := model.Open(context.Background(), dir, model.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	tok, err := tokenizer.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := m.Config()
	prompt, err := generate.RawPrompt(tok, "the cat sat", tokenizer.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRecorder(selection(t, "embed+1", "1-2+gen:1-2"), []generate.Prompt{prompt, prompt}, c.Layers, c.DModel, tok)
	if err != nil {
		t.Fatal(err)
	}
	request := generate.Request{Prompt: prompt, MaxTokens: 5, IgnoreEOS: true}
	s, err := generate.NewSession(context.Background(), m, tok, []generate.Request{request, request}, generate.Options{Watch: r.Watch})
	if err != nil {
		t.Fatal(err)
	}
	for !s.Done() {
		tokens, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			if token.Stop == "" {
				r.Accept(token)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "acts.safetensors")
	if err := r.Write(path, map[string]string{"model": "tiny"}); err != nil {
		t.Fatal(err)
	}

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["model"] != "tiny" || len(f.Tensors) != 6 {
		t.Errorf("the file holds %d tensors and metadata %v", len(f.Tensors), f.Metadata)
	}
	// The prompt has 4 tokens, so that gen:1-2 is positions 5 and 6.
	kept := []int{1, 2, 5, 6}
	positions, _ := f.Tensor("lane1.positions")
	for i, p := range kept {
		if got := binary.LittleEndian.Uint64(positions.Data[8*i:]); got != uint64(p) {
			t.Errorf("position %d is %d, want %d", i, got, p)
		}
	}
	want := map[string][]float32{}
	ids := append(prompt.IDs(), s.Result(0).IDs...)
	_, err = m.Step(context.Background(), []model.Input{{Lane: m.NewLane(), Tokens: ids}}, model.StepOptions{
		Watch: func(layer int, rows []model.Row, h []float32) {
			for i, row := range rows {
				if slices.Contains(kept, row.Position) {
					name := map[int]string{-1: "lane1.embed", 1: "lane1.layer1"}[layer]
					want[name] = append(want[name], h[i*c.DModel:(i+1)*c.DModel]...)
				}
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lane1.embed", "lane1.layer1"} {
		tensor, ok := f.Tensor(name)
		if !ok || !slices.Equal(tensor.Shape, []int{4, c.DModel}) {
			t.Fatalf("%s has shape %v", name, tensor.Shape)
		}
		for i, w := range want[name] {
			if got := math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[4*i:])); got != w {
				t.Fatalf("%s: value %d is %v, want %v", name, i, got, w)
			}
		}
	}
}

func TestRecorderRefuses(t *testing.T) {
	prompt, err := generate.IDPrompt(nil, []int{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]Selection{
		"layer 7 is not one of the model's layers 0 to 3": selection(t, "2+7", "all"),
		"chooses nothing in this prompt":                  selection(t, "all", "assistant&prompt"),
	} {
		_, err := NewRecorder(s, []generate.Prompt{prompt}, 4, 8, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
}
