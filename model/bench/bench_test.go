package bench

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"tiller/model"
)

func open(t testing.TB, path string) *model.Model {
	t.Helper()
	m, err := model.Open(context.Background(), path, model.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestRun(t *testing.T) {
	m := open(t, filepath.Join("..", "testdata", "llama-gqa"))
	r, err := Run(context.Background(), m, Options{Lanes: 3, PromptTokens: 10, GenTokens: 20})
	if err != nil {
		t.Fatal(err)
	}
	if r.PrefillTokensPerSecond <= 0 || r.DecodeTokensPerSecond <= 0 || r.LaneTokensPerSecond <= 0 ||
		r.ReadBandwidth <= 0 || r.BandwidthFraction <= 0 || r.Lanes != 3 || r.Threads != 1 || r.Kernel == "" {
		t.Errorf("not everything was measured: %+v", r)
	}
	// 2 blocks of d_model 16, 4 and 2 heads of 6, feed-forward 21, and an
	// untied output of 67 ids, two bytes a weight.
	if want := int64(2 * (2*(2*16*24+2*16*12+3*16*21) + 67*16)); r.WeightBytes != want {
		t.Errorf("a token reads %d bytes of weights, want %d", r.WeightBytes, want)
	}
}

func TestRunRefuses(t *testing.T) {
	m := open(t, filepath.Join("..", "testdata", "llama-gqa"))
	for name, o := range map[string]Options{
		"no lanes":  {Lanes: 0, PromptTokens: 1, GenTokens: 1},
		"no tokens": {Lanes: 1, PromptTokens: 1, GenTokens: 0},
		"too long":  {Lanes: 1, PromptTokens: m.Config().Context, GenTokens: 1},
		"overflow":  {Lanes: 1, PromptTokens: 1, GenTokens: math.MaxInt},
		"too wide":  {Lanes: 1 << 20, PromptTokens: 1, GenTokens: 1},
	} {
		if _, err := Run(context.Background(), m, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
