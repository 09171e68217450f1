package sweep

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// A model alone does what it does beside a grid.
func TestBaseline(t *testing.T) {
	const n = 5
	w := newWorld(t)
	_, want := w.run(t, grid(t, demo, []int{2}, 1), n, Options{MaxTokens: 40}, nil)
	for _, batch := range []int{0, 1, 3} {
		got, err := Baseline(t.Context(), w.model, w.tokenizer, w.items[:n], Options{MaxTokens: 40, Batch: batch})
		if err != nil || got != want {
			t.Errorf("in batches of %d: %+v, %v, want %+v", batch, got, err, want)
		}
	}
}

func TestBaselineErrors(t *testing.T) {
	w := newWorld(t)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := Baseline(stopped, w.model, w.tokenizer, w.items[:2], Options{MaxTokens: 40}); !errors.Is(err, context.Canceled) || got.Items != 0 {
		t.Errorf("cancelled: %+v, %v", got, err)
	}
	for want, o := range map[string]Options{"no answer": {}, "no problems": {MaxTokens: 1}} {
		items := w.items[:1]
		if want == "no problems" {
			items = nil
		}
		if _, err := Baseline(t.Context(), w.model, w.tokenizer, items, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
