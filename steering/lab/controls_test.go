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
	"tiller/model/tokenizer"
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

func TestDirections(t *testing.T) {
	w := smallWorld(t)
	rows := plane(60, w.width)
	d := drawer{
		subject: Subject{Vectors: w.vectors(2.5)},
		options: ControlOptions{
			Seed: 9, Rows: map[int][][]float32{0: rows, 1: rows},
			Contrasts: map[string]map[int]Contrast{"v": {0: {rows[:25], rows[25:]}, 1: {rows[:25], rows[25:]}}},
		},
	}
	d.subject.Plan, _ = steering.Parse("v*2")
	for _, kind := range []Kind{Isotropic, Covariance, Shuffled, Negated} {
		var last []float32
		along := 0.0
		for draw := range 20 {
			vectors, err := d.vectors(kind, draw)
			if err != nil {
				t.Fatal(err)
			}
			v := vectors["v"]
			if !slices.Equal(v.Layers(), []int{0, 1}) || v.Check() != nil {
				t.Fatalf("%s: layers %v, %v", kind, v.Layers(), v.Check())
			}
			x := v.Directions[1]
			if math.Abs(norm(x)-2.5) > 1e-5 {
				t.Errorf("%s: the norm is %v, want 2.5", kind, norm(x))
			}
			again, _ := d.vectors(kind, draw)
			if !reflect.DeepEqual(again, vectors) {
				t.Errorf("%s %d: drawn again, it is another", kind, draw)
			}
			if kind != Negated && last != nil && math.Abs(cosine(x, last)) > .9999999 {
				t.Errorf("%s: draws %d and %d are the same", kind, draw-1, draw)
			}
			last = x
			along += math.Abs(float64(x[0])) / norm(x) / 20
			switch own := cosine(x, d.subject.Vectors["v"].Directions[1]); {
			case kind == Negated && math.Abs(own+1) > 1e-6:
				t.Errorf("negated: the cosine to the plan's own is %v, want -1", own)
			case kind == Isotropic && math.Abs(own) > .8: // of 32 dimensions
				t.Errorf("random: the cosine to the plan's own is %v", own)
			}
			if kind == Covariance || kind == Shuffled {
				if norm(x[2:]) > 1e-4 { // up to rounding, nothing varies there
					t.Errorf("%s: %v leaves the plane of the rows", kind, x[:5])
				}
			}
		}
		if kind == Covariance && along < .9 || kind == Isotropic && along > .5 {
			t.Errorf("%s: %.2f along the axis that varies most", kind, along)
		}
	}
	d.options.Seed++
	other, _ := d.vectors(Isotropic, 0)
	d.options.Seed--
	first, _ := d.vectors(Isotropic, 0)
	if reflect.DeepEqual(first, other) {
		t.Error("another seed draws the same")
	}
}

// TestShuffledForgetsTheClasses: over many deals, the differences point
// neither way.
func TestShuffledForgetsTheClasses(t *testing.T) {
	var rows [][]float32
	for i := range 40 {
		rows = append(rows, []float32{float32(i / 20), float32(i%3) / 100})
	}
	d := drawer{options: ControlOptions{Seed: 1}}
	up := 0
	for draw := range 200 {
		x := shuffled(rows, 20, d.random(Shuffled, draw, "v"))
		if math.Abs(x[0]) > .8 {
			t.Errorf("a shuffled difference is %v, nearly the true one of 1", x[0])
		}
		if x[0] > 0 {
			up++
		}
	}
	if up < 60 || up > 140 {
		t.Errorf("%d of 200 shuffled differences point up", up)
	}
}

func TestDirectionsRefused(t *testing.T) {
	w := smallWorld(t)
	same := [][]float32{make([]float32, w.width), make([]float32, w.width)}
	for _, c := range []struct {
		name    string
		kind    Kind
		options ControlOptions
		want    string
	}{
		{"no rows", Covariance, ControlOptions{}, "0 rows"},
		{"width", Covariance, ControlOptions{Rows: map[int][][]float32{0: {{1}, {2}}}}, "width 1"},
		{"all the same", Covariance, ControlOptions{Rows: map[int][][]float32{0: same}}, "norm 0"},
		{"one class", Shuffled, ControlOptions{Contrasts: map[string]map[int]Contrast{"v": {0: {Positive: same}}}}, "0 negative"},
		{"kind", "sideways", ControlOptions{}, "sideways"},
	} {
		d := drawer{subject: Subject{Vectors: w.vectors(1)}, options: c.options}
		d.subject.Plan, _ = steering.Parse("v")
		if _, err := d.vectors(c.kind, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

// TestAnywhere: the terms fire at their rates, what is counted is what is
// edited, and chance hangs on nothing but seed, prompt, term and position.
func TestAnywhere(t *testing.T) {
	w := smallWorld(t)
	fired := []TermFired{{Prompt: 30, Generated: 20}, {Prompt: 0, Generated: 60}}
	a := positionsOf(t, w, w.vectors(1), fired, "v*2@0[last],v@0-1[sentence]?entropy>9")
	if layer, ok := a.LowestLayer(); layer != 0 || !ok || a.NeedsDistributions() {
		t.Errorf("the lowest layer is %d (%v)", layer, ok)
	}
	positions, edited := [2]int{}, [2][2]int{} // prompt or generated; term
	for _, p := range someProblems(t, 60) {
		prompt, err := generate.RawPrompt(w.tokenizer, p.Question, tokenizer.EncodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		made, err := a.Editor(prompt, generate.Measured{})
		if err != nil {
			t.Fatal(err)
		}
		e := made.(*anywhereEditor)
		twin, _ := a.Editor(prompt, generate.Measured{})
		n := len(prompt.Tokens)
		for i := range 20 {
			e.Accept(5+i, " x", generate.Drawn{})
			twin.Accept(40-i, " y", generate.Drawn{})
		}
		rows, prompts := 0, 0
		for at := range n + 20 {
			touched := [2]bool{}
			for layer := range w.layers {
				row := make([]float32, w.width)
				if e.Edit(layer, at, row) {
					touched[layer] = true
					rows++
				}
				if same := make([]float32, w.width); twin.Edit(layer, at, same) != touched[layer] || !slices.Equal(row, same) {
					t.Fatal("other tokens, other edits")
				}
			}
			if e.Steered(at) != (touched[0] || touched[1]) {
				t.Fatalf("position %d is steered: %v, edited: %v", at, e.Steered(at), touched)
			}
			if at == 0 {
				if e.Steered(0) {
					t.Error("<s> is edited")
				}
				continue
			}
			where := 0
			if at >= n-1 {
				where = 1
			} else if touched[0] {
				prompts++
			}
			positions[where]++
			if touched[1] { // term 1 alone edits layer 1
				edited[where][1]++
			}
			if touched[0] {
				edited[where][0]++
			}
		}
		if r := e.Report(); r.RowEdits != rows || r.PromptEdits != prompts {
			t.Errorf("reported %d rows and %d prompt edits, but there were %d and %d", r.RowEdits, r.PromptEdits, rows, prompts)
		}
		first, ok := e.FirstPosition()
		for at := range n {
			if e.Steered(at) {
				if !ok || first != at {
					t.Errorf("the first position is %d (%v), want %d", first, ok, at)
				}
				break
			}
		}
		before := e.Steered(n + 3)
		if err := e.Truncate(n + 2); err != nil || e.Steered(n+3) {
			t.Errorf("cut, a position is still steered (%v)", err)
		}
		e.Accept(9, " z", generate.Drawn{})
		e.Accept(9, " z", generate.Drawn{})
		if e.Steered(n+3) != before {
			t.Error("after a cut, chance falls otherwise")
		}
	}
	for _, c := range []struct {
		what string
		got  int
		of   int
		want float64
	}{
		{"term 1 in the prompt", edited[0][0], positions[0], .3},
		{"term 2 in the prompt", edited[0][1], positions[0], 0},
		{"either term later", edited[1][0], positions[1], 1 - .8*.4},
		{"term 2 later", edited[1][1], positions[1], .6},
	} {
		if got := share(c.got, c.of); math.Abs(got-c.want) > .05 {
			t.Errorf("%s fires at %.3f of positions, want %.2f", c.what, got, c.want)
		}
	}
}

func TestStronger(t *testing.T) {
	plan, _ := steering.Parse("v*2,v*ramp(1,4,8),v*decay(4,2),v*curve(0:1,4:2),addn:v*0.5r,rotate:v*20")
	got, err := stronger(plan, .5)
	if want := "v,v*ramp(0.5,2,8),v*decay(2,2),v*curve(0:0.5,4:1),addn:v*0.25r,rotate:v*10"; err != nil || got.String() != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if plan.String() != "v*2,v*ramp(1,4,8),v*decay(4,2),v*curve(0:1,4:2),addn:v*0.5r,rotate:v*20" {
		t.Errorf("the plan itself changed to %s", plan)
	}
	scale, _ := steering.Parse("scale:v*2")
	if _, err := stronger(scale, .5); err == nil {
		t.Error("a plan that scales was made stronger")
	}
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
