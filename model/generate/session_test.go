package generate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/model"
)

func open(t testing.TB, name string) *model.Model {
	t.Helper()
	m, err := model.Open(context.Background(), filepath.Join("..", "testdata", name), model.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func prompt(ids ...int) Prompt {
	p, err := IDPrompt(nil, ids)
	if err != nil {
		panic(err)
	}
	return p
}

// push is a steering that adds a vector after one block at chosen positions.
type push struct {
	layer int
	at    func(position int) bool
	by    float32
	drawn bool
}

func (s push) LowestLayer() (int, bool) { return s.layer, s.by != 0 }
func (s push) NeedsDistributions() bool { return s.drawn }

func (s push) Editor(p Prompt, m Measured) (Editor, error) {
	return &pusher{push: s, prompt: len(p.Tokens), measured: m}, nil
}

type pusher struct {
	push
	prompt   int
	measured Measured
	accepted []int
	drawn    []Drawn
}

func (e *pusher) Accept(id int, _ string, d Drawn) {
	e.accepted, e.drawn = append(e.accepted, id), append(e.drawn, d)
}

func (e *pusher) Truncate(position int) error {
	e.accepted = e.accepted[:position-e.prompt]
	return nil
}

func (e *pusher) Steered(position int) bool { return e.by != 0 && e.at(position) }

func (e *pusher) FirstPosition() (int, bool) {
	for p := range e.prompt {
		if e.Steered(p) {
			return p, true
		}
	}
	return 0, false
}

func (e *pusher) Edit(layer, position int, row []float32) bool {
	if layer != e.layer || !e.Steered(position) {
		return false
	}
	for i := range row {
		row[i] += e.by * float32(math.Sin(float64(i)))
	}
	return true
}

// reference generates greedily without a session, one lane by itself, nothing
// shared, every token's row computed from the first block.
func reference(t testing.TB, m *model.Model, ids []int, s *push, n int) []int {
	t.Helper()
	var editor Editor
	if s != nil {
		editor, _ = s.Editor(prompt(ids...), Measured{})
	}
	lane := m.NewLane()
	tokens := ids
	var out []int
	for range n {
		logits, err := m.Step(context.Background(), []model.Input{{Lane: lane, Tokens: tokens}},
			model.StepOptions{Hook: hookFor([]Editor{editor}, m.Config().DModel)})
		if err != nil {
			t.Fatal(err)
		}
		id := likeliest(logits[0])
		out = append(out, id)
		tokens = []int{id}
	}
	return out
}

func run(t testing.TB, m *model.Model, requests []Request, o Options) *Session {
	t.Helper()
	s, err := NewSession(context.Background(), m, nil, requests, o)
	if err != nil {
		t.Fatal(err)
	}
	for !s.Done() {
		if _, err := s.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func everywhere(int) bool          { return true }
func from(n int) func(int) bool    { return func(p int) bool { return p >= n } }
func every(n int) func(p int) bool { return func(p int) bool { return p%n == 0 } }

// plans are steerings of all kinds that sharing must get right: lowest and
// highest layer, the whole prompt, its end, nothing of it, and neutral ones.
func plans(m *model.Model) map[string]*push {
	top := m.Config().Layers - 1
	return map[string]*push{
		"base":           nil,
		"all at embed":   {layer: -1, at: everywhere, by: 0.5},
		"all at 0":       {layer: 0, at: everywhere, by: 1},
		"last on at top": {layer: top, at: from(9), by: 2},
		"generated":      {layer: 0, at: from(10), by: 1.5},
		"every third":    {layer: 0, at: every(3), by: -1},
		"neutral":        {layer: 0, at: everywhere, by: 0},
		"never":          {layer: 0, at: func(int) bool { return false }, by: 1},
	}
}

// TestLanesTogetherEqualLanesAlone generates all kinds of plans at once and
// compares with each of them alone, nothing shared.
func TestLanesTogetherEqualLanesAlone(t *testing.T) {
	ids := []int{1, 5, 9, 13, 2, 7, 30, 31, 3, 4}
	for _, name := range []string{"llama-mha", "llama-gqa", "llama3-rope", "mistral"} {
		m := open(t, name)
		all := plans(m)
		var names []string
		var requests []Request
		for name, plan := range all {
			names = append(names, name)
			r := Request{Name: name, Prompt: prompt(ids...), MaxTokens: 12}
			if plan != nil {
				r.Steering = *plan
			}
			requests = append(requests, r)
		}
		prefixes := &Prefixes{}
		for label, o := range map[string]Options{
			"shared":          {},
			"watched":         {Watch: func(int, int, int, []float32) {}},
			"kept prefix":     {Prefixes: prefixes},
			"kept prefix two": {Prefixes: prefixes},
		} {
			s := run(t, m, requests, o)
			for i, plan := range names {
				want := reference(t, m, ids, all[plan], 12)
				if got := s.Result(i).IDs; !slices.Equal(got, want) {
					t.Errorf("%s, %s, %s: ids %v, want %v", name, label, plan, got, want)
				}
			}
		}
	}
}

// TestNeutralIsBitIdentical compares log-probabilities to the bit.
func TestNeutralIsBitIdentical(t *testing.T) {
	m := open(t, "llama-gqa")
	p := prompt(1, 5, 9, 13, 2)
	s := run(t, m, []Request{
		{Prompt: p, MaxTokens: 20},
		{Prompt: p, MaxTokens: 20, Steering: push{layer: 0, at: everywhere}},
		{Prompt: p, MaxTokens: 20, Steering: push{layer: 0, at: func(int) bool { return false }, by: 1}},
	}, Options{})
	for i := 1; i < 3; i++ {
		a, b := s.Result(0), s.Result(i)
		if !slices.Equal(a.IDs, b.IDs) || !slices.Equal(a.LogProbs, b.LogProbs) {
			t.Errorf("lane %d differs from base", i)
		}
	}
}

func TestSteeredMarks(t *testing.T) {
	m := open(t, "llama-mha")
	s := run(t, m, []Request{{
		Prompt: prompt(1, 2, 3), MaxTokens: 6, Steering: push{layer: 0, at: every(2), by: 1},
	}}, Options{})
	// Token i comes from position 2+i.
	if want := []bool{true, false, true, false, true, false}; !slices.Equal(s.Result(0).Steered, want) {
		t.Errorf("steered is %v, want %v", s.Result(0).Steered, want)
	}
	// The last token is drawn but never computed.
	if got := s.Editor(0).(*pusher).accepted; !slices.Equal(got, s.Result(0).IDs[:5]) {
		t.Errorf("the editor was told of %v of %v", got, s.Result(0).IDs)
	}
}

// TestMeasured compares what the editor learns of the prompt with a plain pass.
func TestMeasured(t *testing.T) {
	m := open(t, "llama-gqa")
	ids := make([]int, drawnTokens+8)
	for i := range ids {
		ids[i] = (3*i + 1) % m.Config().Vocab
	}
	for _, distributions := range []bool{false, true} {
		var editor *pusher
		// The same session steers one lane: what is measured must not be.
		s := run(t, m, []Request{{Prompt: prompt(ids...), MaxTokens: 4,
			Steering: push{layer: 0, at: everywhere, by: 3, drawn: distributions}}}, Options{})
		editor = s.Editor(0).(*pusher)

		norms := map[int][]float32{}
		logits, err := m.Step(context.Background(), []model.Input{{Lane: m.NewLane(), Tokens: ids, Want: model.WantAll}},
			model.StepOptions{Watch: func(layer int, rows []model.Row, h []float32) {
				d := m.Config().DModel
				for r := range rows {
					var sum float64
					for _, v := range h[r*d : (r+1)*d] {
						sum += float64(v) * float64(v)
					}
					norms[layer] = append(norms[layer], float32(math.Sqrt(sum)))
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		for layer, n := range norms {
			n = n[1:] // the first position is left out
			slices.Sort(n)
			want := n[len(n)/2] // an odd number of tokens
			if got := editor.measured.MedianNorm[layer+1]; math.Abs(float64(got-want)) > 1e-4*float64(want) {
				t.Errorf("median norm at layer %d is %v, want %v", layer, got, want)
			}
		}
		if !distributions {
			if editor.measured.Drawn != nil || editor.drawn[0].Known {
				t.Error("distributions were measured though nobody asked")
			}
			continue
		}
		if len(editor.measured.Drawn) != len(ids) || editor.measured.Drawn[0].Known {
			t.Fatalf("%d distributions for %d tokens, the first known: %v", len(editor.measured.Drawn), len(ids), editor.measured.Drawn[0].Known)
		}
		vocab := m.Config().Vocab
		for p := 1; p < len(ids); p++ {
			entropy, margin := slowly(logits[0][(p-1)*vocab : p*vocab])
			got := editor.measured.Drawn[p]
			if !got.Known || math.Abs(got.Entropy-entropy) > 1e-6 || math.Abs(got.Margin-margin) > 1e-6 {
				t.Fatalf("position %d: %+v, want entropy %v and margin %v", p, got, entropy, margin)
			}
		}
	}
}

// slowly is entropy and margin by their definitions.
func slowly(logits []float32) (entropy, margin float64) {
	var total float64
	for _, v := range logits {
		total += math.Exp(float64(v))
	}
	var probs []float64
	for _, v := range logits {
		p := math.Exp(float64(v)) / total
		probs = append(probs, p)
		entropy -= p * math.Log(p)
	}
	slices.Sort(probs)
	return entropy, probs[len(probs)-1] - probs[len(probs)-2]
}

func TestStops(t *testing.T) {
	m := open(t, "llama-mha")
	context := m.Config().Context
	long := make([]int, context-3)
	for i := range long {
		long[i] = 1 + i%5
	}
	for name, c := range map[string]struct {
		request Request
		tokens  int
		stop    Stop
	}{
		"length":          {Request{Prompt: prompt(1, 2), MaxTokens: 5}, 5, StopLength},
		"nothing to do":   {Request{Prompt: prompt(1, 2), MaxTokens: 0}, 0, StopLength},
		"context":         {Request{Prompt: prompt(long...), MaxTokens: 100}, 4, StopContext},
		"context exactly": {Request{Prompt: prompt(append(slices.Clone(long), 1, 2, 3)...), MaxTokens: 100}, 1, StopContext},
	} {
		r := run(t, m, []Request{c.request}, Options{}).Result(0)
		if len(r.IDs) != c.tokens || r.Stop != c.stop {
			t.Errorf("%s: %d tokens and stop %q, want %d and %q", name, len(r.IDs), r.Stop, c.tokens, c.stop)
		}
	}
}

func TestCancel(t *testing.T) {
	m := open(t, "llama-mha")
	ctx, cancel := context.WithCancel(context.Background())
	s, err := NewSession(ctx, m, nil, []Request{{Prompt: prompt(1, 2), MaxTokens: 50, Steering: push{layer: 0, at: everywhere, by: 1}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Next(ctx); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if err := s.Cancel(); err != nil {
		t.Fatal(err)
	}
	if r := s.Result(0); len(r.IDs) != 3 || r.Stop != StopCancelled || !s.Done() {
		t.Errorf("the result has %d tokens and stop %q", len(r.IDs), r.Stop)
	}
	// The last token was accepted, but its row was never computed.
	if n := len(s.Editor(0).(*pusher).accepted); n != 2 {
		t.Errorf("the editor counts %d generated positions, want 2", n)
	}
}

func TestCancelLane(t *testing.T) {
	m := open(t, "llama-mha")
	requests := []Request{{Prompt: prompt(1, 2), MaxTokens: 9}, {Prompt: prompt(1, 2), MaxTokens: 9, Steering: push{layer: 0, at: everywhere, by: 1}}}
	want := run(t, m, requests, Options{})
	s, err := NewSession(t.Context(), m, nil, requests, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		if i == 3 {
			if err := s.CancelLane(1); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r := s.Result(1); len(r.IDs) != 3 || r.Stop != StopCancelled {
		t.Errorf("the cancelled lane has %d tokens and stop %q", len(r.IDs), r.Stop)
	}
	if got, want := s.Result(0), want.Result(0); !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.LogProbs, want.LogProbs) {
		t.Errorf("the other lane changed: %v, want %v", got, want)
	}
}

func TestRequestsRefused(t *testing.T) {
	m := open(t, "llama-mha")
	for want, r := range map[string]Request{
		"the prompt is empty":      {},
		"context holds":            {Prompt: prompt(make([]int, m.Config().Context+1)...)},
		"is negative":              {Prompt: prompt(1), MaxTokens: -1},
		"temperature is -1":        {Prompt: prompt(1), Sampling: Sampling{Temperature: -1}},
		"temperature is NaN":       {Prompt: prompt(1), Sampling: Sampling{Temperature: math.NaN()}},
		"top-p is 2":               {Prompt: prompt(1), Sampling: Sampling{TopP: 2}},
		"stop string is empty":     {Prompt: prompt(1), StopStrings: []string{""}},
		"id 99999, but this model": {Prompt: prompt(99999)},
	} {
		_, err := NewSession(context.Background(), m, nil, []Request{r}, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
}

// TestTooStrong needs an error instead of tokens drawn from NaN.
func TestTooStrong(t *testing.T) {
	m := open(t, "llama-mha")
	_, err := NewSession(context.Background(), m, nil, []Request{{
		Prompt: prompt(1, 2), MaxTokens: 3, Steering: push{layer: 0, at: everywhere, by: float32(math.Inf(1))}}}, Options{})
	if !errors.Is(err, model.ErrNotFinite) {
		t.Errorf("error is %v", err)
	}
}

func TestWatchSeesEveryRow(t *testing.T) {
	m := open(t, "llama-gqa")
	seen := map[string]int{}
	run(t, m, []Request{
		{Prompt: prompt(1, 2, 3), MaxTokens: 4},
		{Prompt: prompt(4, 5), MaxTokens: 6, Steering: push{layer: 0, at: everywhere, by: 1}},
	}, Options{Watch: func(lane, layer, position int, row []float32) {
		seen[fmt.Sprint(lane, layer, position)]++
	}})
	for lane, computed := range []int{3 + 4 - 1, 2 + 6 - 1} {
		for layer := -1; layer < m.Config().Layers; layer++ {
			for position := range computed {
				if n := seen[fmt.Sprint(lane, layer, position)]; n != 1 {
					t.Errorf("lane %d, layer %d, position %d was seen %d times", lane, layer, position, n)
				}
			}
		}
	}
}

func TestPrefixesForgetTheOldest(t *testing.T) {
	m := open(t, "llama-mha")
	c := &Prefixes{}
	for i := range 5 {
		if _, err := c.get(context.Background(), m, []int{1, 2, i}, needs{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range c.entries {
		p.residuals[0] = make([]float32, prefixBytes/4/3)
	}
	if _, err := c.get(context.Background(), m, []int{1, 2, 0}, needs{}); err != nil {
		t.Fatal(err)
	}
	var left []int
	for _, p := range c.entries {
		left = append(left, p.ids[2])
	}
	if !slices.Equal(left, []int{4, 0}) {
		t.Errorf("kept %v, want the two used last", left)
	}
}
