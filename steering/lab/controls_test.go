package lab

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/statistics"
)

func norm(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

func cosine(a, b []float32) float64 {
	var dot float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return dot / norm(a) / norm(b)
}

// plane are rows whose first two elements alone vary, the first ten times as
// much as the second, around a mean far off.
func plane(n, width int) [][]float32 {
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = make([]float32, width)
		rows[i][0] = 100 + 10*float32(math.Sin(float64(i)))
		rows[i][1] = 50 + float32(math.Sin(1.7*float64(i)))
		rows[i][2] = 7
	}
	return rows
}

func flags(n, yes int) []bool {
	out := make([]bool, n)
	for i := range yes {
		out[i] = true
	}
	return out
}

func known(n, right, answered int) Outcome {
	return Outcome{Right: flags(n, right), Answered: flags(n, answered)}
}

func TestChoose(t *testing.T) {
	u, err := newRuler("tune", Reference{Problems: someProblems(t, 10), Base: known(12, 2, 12), Thinking: known(10, 10, 10)})
	if err != nil {
		t.Fatal(err)
	}
	var c Control
	best := c.choose([]float64{2, .5, 1, 4}, []Outcome{known(10, 6, 10), known(10, 2, 10), known(10, 6, 9), known(10, 1, 3)}, u)
	want := Control{Strength: 1, TuneGap: .5, Sweep: []SweepPoint{{2, .5, false}, {.5, 0, false}, {1, .5, false}, {4, -.125, true}}}
	if best != 2 || !reflect.DeepEqual(c, want) {
		t.Errorf("took %d: %+v, want %+v", best, c, want)
	}
}

func TestRulerRefuses(t *testing.T) {
	p := someProblems(t, 3)
	for name, r := range map[string]Reference{
		"nothing":     {},
		"too few":     {Problems: p, Base: known(2, 0, 2), Thinking: known(3, 3, 3)},
		"no thinking": {Problems: p, Base: known(3, 0, 2)},
		"no gap":      {Problems: p, Base: known(3, 1, 2), Thinking: known(3, 1, 3)},
	} {
		if _, err := newRuler("tune", r); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMeasureControls(t *testing.T) {
	w := smallWorld(t)
	tune, test := someProblems(t, 4), someProblems(t, 7)[4:]
	rows := plane(9, w.width)
	for i := range rows {
		rows[i][5+i] = 3
	}
	vectors := w.vectors(2)
	delete(vectors["v"].Directions, 1)
	plan, _ := steering.Parse("v*1.5@0[last+every:3]")
	s := Subject{Model: w.model, Tokenizer: w.tokenizer, Plan: plan, Vectors: vectors, MaxTokens: 6}
	o := ControlOptions{
		Kinds: []Kind{Isotropic, Covariance, Shuffled, Negated, Positions}, Draws: 3, Strengths: []float64{1, 3}, Seed: 4,
		Rows:      map[int][][]float32{0: rows},
		Contrasts: map[string]map[int]Contrast{"v": {0: {rows[:4], rows[4:]}}},
		Tune:      Reference{tune, known(4, 1, 4), known(4, 4, 4)},
		Test:      Reference{test, known(3, 0, 3), known(3, 3, 3)},
	}
	got, err := MeasureControls(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []Kind
	for _, c := range got.Draws {
		kinds = append(kinds, c.Kind)
		if len(c.Sweep) != 2 || c.Outcome.Tokens == 0 || c.Outcome.RowEdits == 0 || len(c.Outcome.Right) != 3 {
			t.Errorf("%+v", c)
		}
		// Random weights answer nothing at all, and base is said to.
		if !c.Broken || c.TuneGap != -1./3 || c.Strength != 1 {
			t.Errorf("%+v", c)
		}
	}
	want := []Kind{Isotropic, Isotropic, Isotropic, Covariance, Covariance, Covariance, Shuffled, Shuffled, Shuffled, Negated, Positions, Positions, Positions}
	if !slices.Equal(kinds, want) || got.TuneN != 4 || got.TestN != 3 {
		t.Errorf("controls %v on %d and %d problems", kinds, got.TuneN, got.TestN)
	}
	o.Measure.Batch = 3
	o.Kinds = []Kind{Positions, Negated, Shuffled, Covariance, Isotropic}
	again, err := MeasureControls(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Draws {
		at := slices.IndexFunc(again.Draws, func(d Control) bool { return d.Kind == c.Kind && d.Draw == c.Draw })
		if !reflect.DeepEqual(again.Draws[at], c) {
			t.Errorf("in other company: %+v, want %+v", again.Draws[at], c)
		}
	}
	sums := got.Summaries()
	if len(sums) != 5 || sums[0].Draws != 3 || sums[3].Draws != 1 || sums[0].Broken != 3 || sums[0].BrokenAtSome != 3 || sums[0].MeanGap != nil || sums[0].RankP != 1 {
		t.Errorf("%+v", sums)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
	o.Strengths = []float64{0}
	if _, err := MeasureControls(context.Background(), s, o); err == nil {
		t.Error("a strength of nothing was measured")
	}
}

func TestSummaries(t *testing.T) {
	c := Controls{TestGap: .9, TuneN: 5, TestN: 8, Draws: []Control{
		{Kind: Isotropic, TestGap: .1}, {Kind: Isotropic, TestGap: .3, Sweep: []SweepPoint{{Broken: true}, {}}},
		{Kind: Negated, TestGap: 0}, {Kind: Isotropic, TestGap: -2, Broken: true}, {Kind: Isotropic, TestGap: .95},
	}}
	got := c.Summaries()
	mean := (.1 + .3 + .95) / 3
	zero := 0.
	want := []ControlSummary{
		{Kind: Isotropic, Draws: 4, TuneN: 5, TestN: 8, Broken: 1, BrokenAtSome: 1, MeanGap: &mean, MaxGap: .95, OwnGap: .9, RankP: .4},
		{Kind: Negated, Draws: 1, TuneN: 5, TestN: 8, MeanGap: &zero, MaxGap: 0, OwnGap: .9, RankP: .5},
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("got %s, want %s", a, b)
	}
}

func TestTable(t *testing.T) {
	lanes := []Lane{{Name: "base"}, {Name: "thinking"}, {Name: "prompt"}, {Name: "plan"}, {Name: "broken"}}
	outcomes := []Outcome{known(200, 80, 200), known(200, 190, 200), known(200, 170, 200), known(200, 175, 200), known(200, 20, 60)}
	outcomes[3].Tokens, outcomes[3].Steered, outcomes[3].PromptEdits, outcomes[3].RowEdits = 4000, 400, 3, 410
	outcomes[3].Reasoned = 180
	outcomes[3].Stops = map[generate.Stop]int{generate.StopEOS: 199, generate.StopLength: 1}
	o := TableOptions{Problems: "test", Base: "base", Thinking: "thinking", Prompt: "prompt", Plans: map[string]string{"plan": "v*2"}}
	table, err := NewTable(lanes, outcomes, o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	var back Table
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(back)
	if string(again) != string(text) {
		t.Errorf("read back, the table is %s, not %s", again, text)
	}
	base, plan := back.Lanes[0], back.Lanes[3]
	if base.Delta != nil || base.McNemarP != nil || base.DeltaCI95.Defined() || *base.RecoveredGap != 0 || *base.DeltaPrompt.Delta != -.45 {
		t.Errorf("base: %s", text)
	}
	if back.Lanes[2].DeltaPrompt != nil {
		t.Error("the prompt lane is compared with itself")
	}
	if *plan.Delta != .475 || *plan.McNemarP != statistics.McNemar(95, 0) || !plan.DeltaCI95.Contains(.475) ||
		math.Abs(*plan.RecoveredGap-95./110) > 1e-12 || !plan.RecoveredGapCI95.Contains(95./110) || plan.RecoveredGapCI95.Low < .75 ||
		plan.CI95 != statistics.Wilson(175, 200) || *plan.DeltaPrompt.McNemarP != .0625 {
		t.Errorf("plan: %s", text)
	}
	if plan.SteeredFraction != .1 || plan.TokensPerAnswer != 20 || plan.Reasoned != .9 || plan.Plan != "v*2" || plan.Broken || !back.Lanes[4].Broken {
		t.Errorf("plan: %s", text)
	}
	for _, field := range []string{`"delta_ci95":[`, `"mcnemar_p":`, `"recovered_gap":`, `"recovered_gap_ci95":[`, `"steered_fraction":0.1`,
		`"prompt_edits":3`, `"row_edits":410`, `"tokens":4000`, `"stops":{"eos":199,"length":1}`, `"delta":null`, `"ci95":[`} {
		if !strings.Contains(string(text), field) {
			t.Errorf("the JSON lacks %s: %s", field, text)
		}
	}
	o.Thinking = "base" // no gap
	if table, err = NewTable(lanes, outcomes, o); err != nil || table.Lanes[3].RecoveredGap != nil || table.Lanes[3].RecoveredGapCI95.Defined() {
		t.Errorf("without a gap: %+v, %v", table, err)
	}
	o.Base = "none"
	if _, err := NewTable(lanes, outcomes, o); err == nil {
		t.Error("a table without base")
	}
	if _, err := NewTable(lanes[:2], outcomes, o); err == nil {
		t.Error("a table of other lanes than outcomes")
	}
}
