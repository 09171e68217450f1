package steering

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
)

// fixture is a tiny model of model/testdata with its reference.
type fixture struct {
	m   *model.Model
	tok *tokenizer.Tokenizer // nil where the folder has none
	ref struct {
		PromptIDs []int `json:"prompt_ids"`
		Vector    struct {
			Values []float32 `json:"values"`
		} `json:"vector"`
		Steered []struct {
			Plan       string    `json:"plan"`
			LastLogits []float32 `json:"last_logits"`
			Greedy     struct {
				IDs []int `json:"ids"`
			} `json:"greedy"`
		} `json:"steered"`
	}
}

func load(t testing.TB, name string) fixture {
	t.Helper()
	dir := filepath.Join("..", "model", "testdata", name)
	m, err := model.Open(context.Background(), dir, model.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	f := fixture{m: m}
	data, err := os.ReadFile(filepath.Join(dir, "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f.ref); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tokenizer.json")); err == nil {
		if f.tok, err = tokenizer.Open(dir); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// vectors has one direction at layer 0 called sine, and one a layer, from the
// embedding up, called each.
func (f fixture) vectors() map[string]*Vector {
	c := f.m.Config()
	each := &Vector{Name: "each", DModel: c.DModel, Directions: map[int][]float32{}}
	for layer := Embed; layer < c.Layers; layer++ {
		d := make([]float32, c.DModel)
		for i := range d {
			d[i] = float32(math.Cos(float64(i*(layer+2)) + 1))
		}
		each.Directions[layer] = d
	}
	return map[string]*Vector{
		"sine": {Name: "sine", DModel: c.DModel, Directions: map[int][]float32{0: f.ref.Vector.Values}},
		"each": each,
	}
}

func (f fixture) lanes(t testing.TB, plan string) generate.Steering {
	t.Helper()
	p, err := Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Bind(p, f.m.Config().Layers, f.m.Config().DModel, f.vectors())
	if err != nil {
		t.Fatal(err)
	}
	return Lanes{Bound: b, Tokenizer: f.tok}
}

func (f fixture) prompt(t testing.TB) generate.Prompt {
	t.Helper()
	p, err := generate.IDPrompt(f.tok, f.ref.PromptIDs)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (f fixture) run(t testing.TB, requests []generate.Request, o generate.Options) *generate.Session {
	t.Helper()
	s, err := generate.NewSession(context.Background(), f.m, f.tok, requests, o)
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

// TestPlansMatchTransformers runs plans, from their text, and compares with
// transformers steered by a forward hook: logits to 1e-4 (see the parity test
// of package model for why), greedy ids, all of whose gaps are above 5e-3,
// exactly.
func TestPlansMatchTransformers(t *testing.T) {
	compared := 0
	for _, name := range []string{"llama-mha", "llama-gqa", "llama3-rope", "linear-rope", "llama-bias", "mistral"} {
		f := load(t, name)
		for _, want := range f.ref.Steered {
			logits, _, err := generate.Logits(context.Background(), f.m, f.prompt(t), f.lanes(t, want.Plan), model.WantLast)
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range want.LastLogits {
				if off := math.Abs(float64(logits[i] - w)); !(off <= 1e-4) {
					t.Fatalf("%s, %s: logit %d is %v, want %v", name, want.Plan, i, logits[i], w)
				}
			}
			s := f.run(t, []generate.Request{{Prompt: f.prompt(t), Steering: f.lanes(t, want.Plan),
				MaxTokens: len(want.Greedy.IDs), IgnoreEOS: true}}, generate.Options{})
			if got := s.Result(0).IDs; !slices.Equal(got, want.Greedy.IDs) {
				t.Errorf("%s, %s: ids %v, want %v", name, want.Plan, got, want.Greedy.IDs)
			}
			compared++
		}
	}
	if compared < 12 {
		t.Errorf("only %d steered references were compared", compared)
	}
}

// everyKind is plans of all operations, strengths, layers, selectors and gates
// that a model without a tokenizer can run.
var everyKind = []string{
	"", "sine", "sine*1.5@0[last+gen]", "each*0.4@embed[gen]", "each*0.3r@own[every:3]",
	"addn:sine*2@1", "ablate:each*1@0-1[content]", "clamp:sine*3@0[2-5]", "scale:sine*0.2@1[gen:1-3]",
	"rotate:each*40@0[last]", "sine*ramp(0,3,4)@0[gen]", "sine*decay(4,2)@1[gen+prompt]",
	"each*curve(0:1,3:-2,6:0)@all[gen]", "sine*2?entropy>2", "sine*2@1?margin<0.3", "each*1[gen]?not entropy<1.5&margin<0.9",
	"sine*1.5,ablate:each*0.5@1,each*0.2r[not prompt]", "sine*1[prompt&every:2]", "each*0@all", "scale:each*1@all",
}

// TestPlansTogetherEqualPlansAlone generates all of them at once, with shared
// prompts, and each by itself with nothing shared: ids, log-probabilities and
// everything that is counted are equal to the bit.
func TestPlansTogetherEqualPlansAlone(t *testing.T) {
	for _, name := range []string{"llama-mha", "llama-gqa", "mistral"} {
		f := load(t, name)
		var requests []generate.Request
		for i, plan := range everyKind {
			requests = append(requests, generate.Request{Name: plan, Prompt: f.prompt(t), Steering: f.lanes(t, plan),
				MaxTokens: 10, IgnoreEOS: true, Sampling: generate.Sampling{Temperature: float64(i % 2)}})
		}
		together := f.run(t, requests, generate.Options{})
		for i, r := range requests {
			alone := f.run(t, []generate.Request{r}, generate.Options{Watch: func(int, int, int, []float32) {}})
			got, want := together.Result(i), alone.Result(0)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, %q:\ntogether %v\nalone    %v", name, r.Name, got, want)
			}
			a, b := together.Editor(i).(*Editor).Report(), alone.Editor(0).(*Editor).Report()
			if fmt.Sprint(a.Fired, a.PromptEdits, a.RowEdits) != fmt.Sprint(b.Fired, b.PromptEdits, b.RowEdits) {
				t.Errorf("%s, %q: together %+v, alone %+v", name, r.Name, a, b)
			}
		}
	}
}

// TestNeutralPlansEqualNoPlan needs equal bits for every neutral strength.
func TestNeutralPlansEqualNoPlan(t *testing.T) {
	f := load(t, "llama-gqa")
	requests := []generate.Request{{Prompt: f.prompt(t), MaxTokens: 12}}
	for _, plan := range []string{"", "sine*0", "addn:each*0@all", "ablate:each*0", "rotate:each*0", "scale:each*1", "each*0r",
		"sine*ramp(0,0,5)", "each*0@embed+0-1?entropy>0.1"} {
		requests = append(requests, generate.Request{Prompt: f.prompt(t), MaxTokens: 12, Steering: f.lanes(t, plan)})
	}
	s := f.run(t, requests, generate.Options{})
	want := s.Result(0)
	for i := 1; i < len(requests); i++ {
		if got := s.Result(i); !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.LogProbs, want.LogProbs) || slices.Contains(got.Steered, true) {
			t.Errorf("plan %d is not neutral: %v, want %v", i, got, want)
		}
	}
}

// TestCountsAreWhatHappened compares the report with the rows that changed.
func TestCountsAreWhatHappened(t *testing.T) {
	f := load(t, "llama-gqa")
	rows := func(plan string) (map[string][]float32, generate.Result, Report) {
		seen := map[string][]float32{}
		s := f.run(t, []generate.Request{{Prompt: f.prompt(t), MaxTokens: 6, IgnoreEOS: true, Steering: f.lanes(t, plan)}},
			generate.Options{Watch: func(_, layer, position int, row []float32) {
				seen[fmt.Sprintf("%d at %d", position, layer)] = slices.Clone(row)
			}})
		return seen, s.Result(0), s.Editor(0).(*Editor).Report()
	}
	base, _, _ := rows("")
	// At the top layer an edit changes nothing but its own row.
	steered, result, report := rows("each*0.01@1[2-3+last+gen:0-2]")
	changed := 0
	for at, row := range steered {
		if !slices.Equal(row, base[at]) {
			changed++
		}
	}
	last := len(f.ref.PromptIDs) - 1
	if changed != 6 || report.RowEdits != 6 || report.PromptEdits != 2 {
		t.Errorf("%d rows changed; reported %d rows and %d of the prompt, want 6, 6 and 2", changed, report.RowEdits, report.PromptEdits)
	}
	if want := []bool{true, true, true, true, false, false}; !slices.Equal(result.Steered, want) {
		t.Errorf("steered is %v, want %v (the last prompt position is %d)", result.Steered, want, last)
	}
}
