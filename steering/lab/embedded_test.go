package lab

import (
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
)

// TestEmbeddedModels compares the embedded models with what transformers made
// of the same folders (testdata/make.py). Both add the same float32 products
// in another order, which at logits of about 20 is worth 1e-4.
func TestEmbeddedModels(t *testing.T) {
	var cases []struct {
		Model, Prompt, Text string
		IDs, Generated      []int
		Logits              [][]float64
	}
	data, err := os.ReadFile("testdata/embedded.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Model, func(t *testing.T) {
			folder, err := fs.Sub(assets.FS, path.Join("models", c.Model))
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.OpenFS(t.Context(), folder, "embedded:"+c.Model, model.Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			tok, err := tokenizer.OpenFS(folder, "embedded:"+c.Model)
			if err != nil {
				t.Fatal(err)
			}
			prompt, err := generate.RawPrompt(tok, c.Prompt, tokenizer.EncodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(prompt.IDs(), c.IDs) {
				t.Fatalf("ids %v, want %v", prompt.IDs(), c.IDs)
			}
			all, _, err := generate.Logits(t.Context(), m, prompt, nil, model.WantAll)
			if err != nil {
				t.Fatal(err)
			}
			vocab := m.Config().Vocab
			for i, row := range c.Logits {
				got := all[(len(c.IDs)-len(c.Logits)+i)*vocab:][:vocab]
				for id, want := range row {
					if math.Abs(float64(got[id])-want) > 1e-4 {
						t.Errorf("logit %d of row %d is %g, want %g", id, i, got[id], want)
					}
				}
			}
			s, err := run(t.Context(), m, tok, []generate.Request{{Prompt: prompt, MaxTokens: len(c.Generated)}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Result(0); !slices.Equal(got.IDs, c.Generated) || strings.TrimSpace(got.Text) != c.Text {
				t.Errorf("generated %v %q, want %v %q", got.IDs, got.Text, c.Generated, c.Text)
			}
		})
	}
}
