package model

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nlpodyssey/spago/mat"
)

// TestHuggingFaceRoundTrip stores a model, opens the files again, and requires
// the same bits, before and after its weights became parameters.
func TestHuggingFaceRoundTrip(t *testing.T) {
	c := Config{
		Architecture: "llama", Layers: 2, DModel: 16, Heads: 4, KVHeads: 2, HeadDim: 4, FFN: 24,
		Vocab: 11, Context: 32, NormEpsilon: 1e-5, Rope: Rope{Theta: 1000},
	}
	for _, tied := range []bool{true, false} {
		c.Tied = tied
		var asked []string
		m, err := New(t.Context(), c, func(name string, shape []int) []float32 {
			asked = append(asked, name)
			n := 1
			for _, s := range shape {
				n *= s
			}
			w := make([]float32, n)
			for i := range w {
				w[i] = float32(math.Sin(float64(i + len(asked))))
			}
			return w
		}, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if got := slices.Contains(asked, "lm_head.weight"); got == tied {
			t.Errorf("tied %v, but asked for %q", tied, asked)
		}
		ids := []int{1, 5, 9, 2}
		logits := func(m *Model) []float32 {
			y, err := m.Forward([][]int{ids}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return mat.Data[float32](y)
		}
		want := slices.Clone(logits(m))
		config, weights, err := m.HuggingFace(0, -1)
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: weights}}
		again, err := OpenFS(t.Context(), files, "stored", Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if !slices.Equal(logits(again), want) {
			t.Error("a stored model gives other logits")
		}
		if !reflect.DeepEqual(again.Config(), m.Config()) {
			t.Errorf("%+v became %+v", m.Config(), again.Config())
		}
		parameters, err := again.Unfreeze()
		if err != nil {
			t.Fatal(err)
		}
		if len(parameters) != len(asked) {
			t.Errorf("%d parameters of %d weights", len(parameters), len(asked))
		}
		if !slices.Equal(logits(again), want) {
			t.Error("parameters give other logits than the weights they were made of")
		}
		mat.Data[float32](parameters[0].Param)[5*c.DModel]++ // of a token in ids
		if slices.Equal(logits(again), want) {
			t.Error("a changed parameter changes nothing")
		}
		_, changed, err := again.HuggingFace(0, -1)
		if err != nil {
			t.Fatal(err)
		}
		other, err := OpenFS(t.Context(), fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: changed}}, "changed", Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if other.Checkpoint().Fingerprint() == again.Checkpoint().Fingerprint() {
			t.Error("models with other weights have one fingerprint")
		}
	}
}

// TestOpenFSEqualsOpen opens a folder both ways.
func TestOpenFSEqualsOpen(t *testing.T) {
	for _, c := range tiny {
		dir := filepath.Join("testdata", c.path)
		if info, err := os.Stat(filepath.Join(dir, "model.safetensors")); err != nil || info.IsDir() {
			continue
		}
		t.Run(c.path, func(t *testing.T) {
			a := open(t, dir, 1)
			b, err := OpenFS(t.Context(), os.DirFS(dir), "embedded:x", Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if a.Checkpoint().Fingerprint() != b.Checkpoint().Fingerprint() {
				t.Error("the fingerprints differ")
			}
			ids := prompts(a, 1)
			x, err := a.Forward(ids, nil)
			if err != nil {
				t.Fatal(err)
			}
			y, err := b.Forward(ids, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(mat.Data[float32](x), mat.Data[float32](y)) {
				t.Error("the logits differ")
			}
		})
	}
}

func TestOpenFSRefuses(t *testing.T) {
	good := fstest.MapFS{"config.json": {Data: []byte("{}")}, "model.safetensors": {Data: []byte("x")}}
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"no config":      {func(f fstest.MapFS) { delete(f, "config.json") }, "config.json"},
		"no weights":     {func(f fstest.MapFS) { delete(f, "model.safetensors") }, "model.safetensors"},
		"broken config":  {func(f fstest.MapFS) { f["config.json"] = &fstest.MapFile{Data: []byte("{")} }, "broken JSON"},
		"broken options": {func(f fstest.MapFS) { f["generation_config.json"] = &fstest.MapFile{Data: []byte("{")} }, "generation_config.json is broken JSON"},
		"broken weights": {func(fstest.MapFS) {}, "m/model.safetensors"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fstest.MapFS{}
			for k, v := range good {
				f[k] = v
			}
			c.change(f)
			_, err := OpenFS(t.Context(), f, "m", Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestHuggingFaceRefuses(t *testing.T) {
	for _, c := range tiny {
		m := open(t, filepath.Join("testdata", c.path), 1)
		cfg := m.Config()
		biased := false
		visitParts(m.network, "", cfg.Tied, func(_ string, part any) {
			l, ok := part.(*Linear)
			biased = biased || ok && l.Bias != nil
		})
		plain := cfg.Architecture == "llama" && !cfg.Rope.Interleaved && cfg.Rope.Scaling.Kind == "" && cfg.Rope.Factors == nil && !biased
		if _, _, err := m.HuggingFace(0, 1); (err == nil) != plain {
			t.Errorf("%s: %v, with biases %v and %+v", c.path, err, biased, cfg.Rope)
		}
	}
}
