package model

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
)

// TestUnembedEqualsStep needs the bits of a step's logits from the stream after
// the last block, of one row and of more than a chunk of them.
func TestUnembedEqualsStep(t *testing.T) {
	folder, err := fs.Sub(assets.FS, "models/base")
	if err != nil {
		t.Fatal(err)
	}
	m, err := OpenFS(t.Context(), folder, "embedded:base", Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	d, vocab := m.config.DModel, m.config.Vocab
	ids := make([]int, 2*unembedRows+3)
	for i := range ids {
		ids[i] = (7*i*i + 3) % vocab
	}
	var rows []float32
	logits, err := m.Step(t.Context(), []Input{{Lane: m.NewLane(), Tokens: ids, Want: WantAll}}, StepOptions{
		Watch: func(layer int, _ []Row, h []float32) {
			if layer == m.config.Layers-1 {
				rows = append(rows, h...)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(logits[0])
	for _, span := range [][2]int{{0, len(ids)}, {len(ids) - 1, len(ids)}, {5, 5}, {1, 2 + unembedRows}} {
		got, err := m.Unembed(t.Context(), rows[span[0]*d:span[1]*d])
		if err != nil {
			t.Fatal(err)
		}
		sameBits(t, "unembedded", got, want[span[0]*vocab:span[1]*vocab])
	}
}

func TestUnembedRefuses(t *testing.T) {
	m := open(t, "testdata/llama-gqa", 1)
	if _, err := m.Unembed(t.Context(), make([]float32, m.config.DModel+1)); err == nil || !strings.Contains(err.Error(), "are not whole rows of a stream of width") {
		t.Errorf("a row and a bit: %v", err)
	}
	row := make([]float32, m.config.DModel)
	row[0] = float32(math.NaN())
	if _, err := m.Unembed(t.Context(), row); !errors.Is(err, ErrNotFinite) {
		t.Errorf("a row with NaN: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Unembed(ctx, make([]float32, m.config.DModel)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
