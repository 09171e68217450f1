package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiller/model/generate"
	"tiller/steering/eval"
	"tiller/steering/library"
)

// made is a run that was never computed, for tests.
type made struct {
	spec     eval.Spec
	problems []eval.Problem
	samples  []eval.Sample
	tune     any
	sweep    any
}

const (
	planName  = "plan:begin@2[last+sentence&gen:18-199]"
	otherName = "plan:decide*0.8@1[last]"
)

// makeRun makes a run of some problems in the lanes base, prompt, thinking, two
// plans and some draws of random directions. Its answers are the same every
// time.
func makeRun(problems, draws int) *made {
	random := rand.New(rand.NewPCG(1, 2))
	m := &made{spec: eval.Spec{
		Format: 1, Tool: "tiller 0.1.0", Kernel: "avx2",
		Model:    library.Summary{Ref: "embedded:base", Architecture: "llama", Fingerprint: "5f0c8a3e", Weights: "F32", Layers: 4, DModel: 96, Vocab: 128},
		Thinking: &library.Summary{Ref: "embedded:thinking", Architecture: "llama", Fingerprint: "77aa10be", Weights: "F32", Layers: 4, DModel: 96, Vocab: 128},
		Set:      eval.SetSpec{Ref: "embedded:test", SHA256: strings.Repeat("ab12", 16), Layout: "lab", Grader: "answer", Template: "{question}\n"},
		Sampling: eval.SamplingSpec{Seed: 7, MaxTokens: 200},
		Samples:  1, Divergence: true,
	}}
	right := map[string]float64{}
	lane := func(l eval.LaneSpec, share float64) {
		m.spec.Lanes = append(m.spec.Lanes, l)
		right[l.Name] = share
	}
	begin, decide := map[string]string{"begin": "sha256:0badc0de"}, map[string]string{"decide": "sha256:0ddba11"}
	lane(eval.LaneSpec{Name: "base", Kind: eval.Base}, .32)
	lane(eval.LaneSpec{Name: "prompt", Kind: eval.Prompt, Template: "slow lesson : {question}\n"}, .76)
	lane(eval.LaneSpec{Name: planName, Kind: eval.Planned, Plan: strings.TrimPrefix(planName, "plan:"), Vectors: begin}, .985)
	lane(eval.LaneSpec{Name: otherName, Kind: eval.Planned, Plan: strings.TrimPrefix(otherName, "plan:"), Vectors: decide}, .55)
	lane(eval.LaneSpec{Name: "thinking", Kind: eval.Thinking}, .995)
	tuned := map[string]any{}
	for d := range draws {
		name := fmt.Sprintf("control:random/%d", d)
		lane(eval.LaneSpec{Name: name, Kind: eval.Control, Control: "random", Of: planName, Draw: d, Plan: "begin@2[last+sentence&gen:18-199]", Strengths: []float64{1, 2, 4}}, .3+.35*random.Float64()*random.Float64()*random.Float64())
		sweep := []map[string]any{}
		for _, s := range []float64{.5, 1, 2, 4} {
			sweep = append(sweep, map[string]any{"strength": s, "score": .25 + .2*random.Float64()})
		}
		tuned[name] = map[string]any{"strength": 2, "sweep": sweep}
	}
	if draws > 0 {
		lane(eval.LaneSpec{Name: "control:negated", Kind: eval.Control, Control: "negated", Of: planName}, .32)
		lane(eval.LaneSpec{Name: "control:positions/0", Kind: eval.Control, Control: "positions", Of: planName}, .44)
		m.tune = map[string]any{"lanes": tuned}
		m.sweep = map[string]any{
			"layers": []int{-1, 0, 1, 2, 3}, "strengths": []float64{.25, .5, 1, 2},
			"cells": [][]map[string]any{cellsOf(.3, .3, .31, .28), cellsOf(.31, .33, .4, .2), cellsOf(.33, .45, .7, .35), cellsOf(.35, .62, .98, .6), cellsOf(.33, .51, .9, .72)},
		}
	}
	families := []string{"cups", "dial", "lamp", "max", "sum", "turns"}
	for i := range problems {
		p := eval.Problem{
			ID: fmt.Sprintf("test/%04d", i), Family: families[i%len(families)], Target: fmt.Sprint(i % 10),
			Question: fmt.Sprintf("dial at %d . ann +2 . bob -4 . cat looks . which digit is the dial at ?", (i+2)%10),
		}
		p.Prompt = p.Question + "\n"
		m.problems = append(m.problems, p)
		hard := random.Float64()
		for _, l := range m.spec.Lanes {
			m.samples = append(m.samples, sampleOf(p, l, (hard+random.Float64())/2 < middling(right[l.Name])))
		}
	}
	return m
}

func cellsOf(scores ...float64) []map[string]any {
	var out []map[string]any
	for _, s := range scores {
		out = append(out, map[string]any{"score": s, "n": 100})
	}
	return out
}

// middling is below which share of means of two uniform numbers a fraction
// lies.
func middling(share float64) float64 {
	for x := 0.; x < 1; x += .001 {
		below := 2 * x * x
		if x > .5 {
			below = 1 - 2*(1-x)*(1-x)
		}
		if below >= share {
			return x
		}
	}
	return 1
}

func sampleOf(p eval.Problem, l eval.LaneSpec, right bool) eval.Sample {
	said := p.Target
	s := eval.Sample{ID: p.ID, Lane: l.Name, Found: true, Stop: generate.StopEOS, LogProb: -4}
	if right {
		s.Score = 1
	} else {
		said = "3 or so"
	}
	s.Extracted = said
	s.Output = "the answer is " + said + " ."
	s.Tokens = 5
	if l.Kind == eval.Planned || l.Kind == eval.Thinking {
		s.Output = "first ann +2 gives 5 . then 5 bob -4 gives 1 .\nthen cat looks . so the answer is " + said + " ."
		s.Tokens = 26
	}
	if l.Kind == eval.Planned {
		s.Marks = [][2]int{{0, 5}, {21, 26}, {45, 50}}
		s.Steered, s.PromptEdits, s.RowEdits = 3, 1, 4
		s.Fired = []eval.TermFired{{Term: l.Plan, Count: 4, Prompt: 1, Generated: 3}}
		kl, logProb := 8.3, -41.2
		s.KL, s.BaseLogProb = &kl, &logProb
	}
	return s
}

// write puts the run into a new folder.
func (m *made) write(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	m.writeTo(t, folder)
	return folder
}

func (m *made) writeTo(t testing.TB, folder string) {
	t.Helper()
	put := func(name string, values ...any) {
		var b strings.Builder
		for _, v := range values {
			data, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(data, '\n'))
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("run.json", m.spec)
	put("problems.jsonl", each(m.problems)...)
	put("samples.jsonl", each(m.samples)...)
	if m.tune != nil {
		put("tune.json", m.tune)
	}
	if m.sweep != nil {
		put("sweep.json", m.sweep)
	}
}

func each[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
