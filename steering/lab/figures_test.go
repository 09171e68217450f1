package lab

import (
	"context"
	"encoding/json"
	"io/fs"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/model"
	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/lab/problem"
)

// fewFigures is as little as can be measured.
func fewFigures() FigureOptions {
	return FigureOptions{
		Seed: 3, Test: 6, Hard: 2, Slips: 2, Dial: 3, DialStrengths: []float64{.5, 2}, MapFactors: []float64{1, 2}, MaxTokens: 5,
		Types:    TypeSearch{Examples: 4, Test: 3, Steps: 2, Batch: 2, Rate: .01, Seed: 1},
		Controls: ControlFigures{Tune: 2, Test: 4, Isotropic: 3, Draws: 2, Strengths: []float64{1, 3}, Questions: 5, QuestionSeed: 8},
	}
}

// someResults are vectors as if they were derived, all with the same norms.
func (w *world) someResults(names ...string) []*derive.Result {
	var results []*derive.Result
	for _, name := range names {
		v := w.vectors(float64(2 + len(results)))["v"]
		v.Name = name
		r := &derive.Result{Vector: v}
		for _, layer := range v.Layers() {
			r.Layers = append(r.Layers, derive.LayerReport{Layer: layer, Norm: v.Norm(layer), MedianNorm: float64(10 * (layer + 1))})
		}
		results = append(results, r)
	}
	return results
}

// knowing is a lane that reasons and is right.
func (w *world) knowing(name string, sets ...[]problem.Problem) Lane {
	return Lane{Name: name, Model: w.model, Steering: script{w: w, says: func(prompt string) []string {
		for _, p := range slices.Concat(sets...) {
			if strings.Contains(prompt, p.Question) {
				return words("so the answer is " + p.Answer + " . </s>")
			}
		}
		return words("wait </s>")
	}}}
}

func figuresOf(t *testing.T, threads int, plan string) *Figures {
	t.Helper()
	shape := Shape()
	shape.Layers, shape.DModel, shape.Heads, shape.KVHeads, shape.HeadDim, shape.FFN = 2, 32, 2, 2, 16, 40
	w := newWorld(t, shape, threads)
	all := someProblems(t, 12)
	tune, test, hard := all[:4], all[4:10], all[10:]
	f := figurer{
		base: Lane{Name: laneBase, Model: w.model}, thinking: w.knowing(laneThinking, all),
		tokenizer: w.tokenizer, results: w.someResults("decide", "begin", "thinking"), options: fewFigures(),
	}
	choice := []Candidate{{Plan: plan, N: 8, Score: .5}, {Plan: "decide*2@0[last]", N: 8}, {Plan: "decide*3@0[last]", N: 8}}
	got, err := f.run(context.Background(), choice, tune, test, hard)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMeasureFigures(t *testing.T) {
	plan := "begin*2@1[last],decide*-1@1[last+sentence]"
	got := figuresOf(t, 1, plan)
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back Figures
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Markdown(), got.Markdown()) {
		t.Error("figures that were written and read give other tables")
	}
	if again, _ := json.Marshal(figuresOf(t, 3, plan)); string(again) != string(data) {
		t.Errorf("with other threads: %s, not %s", again, data)
	}
	if got.Plan != plan || got.Headline.N != 6 || got.Hard.N != 2 {
		t.Errorf("plan %s, n %d and %d", got.Plan, got.Headline.N, got.Hard.N)
	}
	var lanes []string
	for _, r := range got.Headline.Lanes {
		lanes = append(lanes, r.Name)
		if right := r.Score == 1; right != (r.Name == laneThinking) {
			t.Errorf("%s has the score %v", r.Name, r.Score)
		}
		if r.Name != laneThinking && (r.Plan != "") != (r.SteeredFraction > 0) {
			t.Errorf("%s with the plan %q is steered at %v of its tokens", r.Name, r.Plan, r.SteeredFraction)
		}
	}
	if want := []string{laneBase, laneFirst, laneWe, laneQuick, lanePrompt, laneSteered, lanePromptSteered, laneNegated, laneThinking, laneVotes, laneWords, laneBaseAblated, laneThinkingAblated}; !slices.Equal(lanes, want) {
		t.Errorf("lanes %q, want %q", lanes, want)
	}
	if r := got.Headline.Lanes[7]; r.Plan != "begin*-2@1[last],decide*1@1[last+sentence]" && r.Plan != "begin*-2@1[last],decide@1[last+sentence]" {
		t.Errorf("the negated plan is %s", r.Plan)
	}
	n := 0
	for _, x := range got.Families {
		n += x.N
		if len(x.Lanes) != len(lanes) || x.ToPrompt.Delta == nil {
			t.Errorf("family %+v", x)
		}
	}
	if n != 6 {
		t.Errorf("families have %d problems in all", n)
	}
	c := got.Controls
	if c == nil || !reflect.DeepEqual(c.Shuffled, map[string]string{"begin": "decide", "decide": "decide"}) {
		t.Fatalf("controls %+v", c)
	}
	draws := map[Kind]int{}
	for _, k := range c.Kinds {
		draws[k.Kind] = len(k.Gaps)
		if of := len(k.Cosines); k.Kind == Positions && of != 0 || k.Kind != Positions && of != k.Draws || k.Kind == Negated && math.Abs(k.Cosines[0]+1) > 1e-6 {
			t.Errorf("cosines of %s: %v", k.Kind, k.Cosines)
		}
		if k.TuneN != 2 || k.TestN != 4 || len(k.Chosen) != len(k.Gaps) || k.Draws != len(k.Gaps) {
			t.Errorf("controls %+v", k)
		}
	}
	if want := map[Kind]int{Isotropic: 3, Covariance: 2, Shuffled: 2, Negated: 1, Positions: 2}; !reflect.DeepEqual(draws, want) {
		t.Errorf("draws %v, want %v", draws, want)
	}
	if d := got.Dial; len(d.Points) != 2 || len(d.Points[1]) != 2 || d.N != 3 || d.Points[0][0].TokensPerAnswer == 0 || d.Points[0][0].TokensPerAnswer > 5 {
		t.Errorf("dial %+v", got.Dial)
	}
	if m := got.Map; len(m.Points) != 2 || len(m.Points[1]) != 2 || m.Points[0][0].Factor != 1 || *m.Points[0][0].Gap != 0 ||
		math.Abs(m.Ratios[0]-2*3./20) > 1e-6 || math.Abs(m.Ratios[1]-2./20) > 1e-6 {
		t.Errorf("map %+v", got.Map)
	}
	if len(got.Slips) != 4 || got.Slips[3].Model != laneThinking || got.Slips[3].Kind != Miscalculated || got.Slips[3].N != 2 {
		t.Errorf("slips %+v", got.Slips)
	}
	if len(got.Finalists) != 3 || len(got.Best) != 2 || got.Best[1].Plan != "decide*2@0[last]" || len(got.Vectors) != 3 || len(got.Cosines) != 3 {
		t.Errorf("%+v, %+v, %+v, %+v", got.Finalists, got.Best, got.Vectors, got.Cosines)
	}
	// The directions differ in their norms alone.
	if c := got.Cosines[2]; c.A != "begin" || c.B != "thinking" || !slices.Equal(c.Layers, []int{0, 1}) || math.Abs(c.Cosine[1]-1) > 1e-6 {
		t.Errorf("cosine %+v", c)
	}
}

// Models that answer alike leave no gap to recover, which is no reason to fail:
// a build in miniature has such ones.
func TestMeasureFiguresWithoutGap(t *testing.T) {
	w := smallWorld(t)
	all := someProblems(t, 12)
	var parts []string
	got, err := MeasureFigures(context.Background(), w.model, w.model, w.tokenizer, w.someResults("decide"), []Candidate{{Plan: "decide*2@0[last]"}},
		all[:4], all[4:10], all[10:], fewFigures(), func(part string, done, total int) {
			if done > total {
				t.Errorf("%d of %d of %s are done", done, total, part)
			}
			if !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	if got.Controls != nil || got.Map.Points[0][0].Gap != nil || got.Headline.Lanes[5].RecoveredGap != nil {
		t.Errorf("a gap where there is none: %+v", got)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
	if want := []string{"tune", "headline", "votes", "words and ablations", "hard", "dial", "map", "slips", "types"}; !slices.Equal(parts, want) {
		t.Errorf("parts %q, want %q", parts, want)
	}
}

func TestMeasureFiguresRefuses(t *testing.T) {
	w := smallWorld(t)
	all := someProblems(t, 12)
	for name, change := range map[string]func(*FigureOptions, *[]Candidate){
		"the figures' test is 7, but":                    func(o *FigureOptions, _ *[]Candidate) { o.Test = 7 },
		"the figures' controls.test is 5, but":           func(o *FigureOptions, _ *[]Candidate) { o.Test, o.Controls.Test = 4, 5 },
		"the figures' max_tokens is 0":                   func(o *FigureOptions, _ *[]Candidate) { o.MaxTokens = 0 },
		"the figures' map_factors are missing":           func(o *FigureOptions, _ *[]Candidate) { o.MapFactors = nil },
		"the figures' dial_strengths hold -1":            func(o *FigureOptions, _ *[]Candidate) { o.DialStrengths = []float64{1, -1} },
		"no plan was chosen":                             func(_ *FigureOptions, c *[]Candidate) { *c = nil },
		`"absent"`:                                       func(_ *FigureOptions, c *[]Candidate) { (*c)[0].Plan = "absent@0" },
		`the term "decide[last]" can't be moved`:         func(_ *FigureOptions, c *[]Candidate) { (*c)[0].Plan = "decide[last]" },
		`the plan "decide*0@0" has no strength to turn`:  func(_ *FigureOptions, c *[]Candidate) { (*c)[0].Plan = "decide*0@0" },
		`the term "decide*ramp(1,2,3)@0" can't be moved`: func(_ *FigureOptions, c *[]Candidate) { (*c)[0].Plan = "decide*ramp(1,2,3)@0" },
		`the term "scale:decide*2@0" can't be moved`:     func(_ *FigureOptions, c *[]Candidate) { (*c)[0].Plan = "scale:decide*2@0" },
	} {
		o, choice := fewFigures(), []Candidate{{Plan: "decide*2@0[last]"}}
		change(&o, &choice)
		_, err := MeasureFigures(context.Background(), w.model, w.model, w.tokenizer, w.someResults("decide"), choice, all[:4], all[4:10], all[10:], o, nil)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

func TestVotes(t *testing.T) {
	say := func(text string) generate.Result {
		return generate.Result{Text: text, IDs: make([]int, 3), Stop: generate.StopEOS}
	}
	u := Outcome{Right: make([]bool, 4), Answered: make([]bool, 4), Stops: map[generate.Stop]int{}}
	u.vote([]generate.Result{say("the answer is 3 ."), say(" first so the answer is 4 ."), say("so the answer is 4 .")}, 0, "4")
	u.vote([]generate.Result{say(" the answer is 3 ."), say("the answer is 4 .")}, 1, "4") // a tie
	u.vote([]generate.Result{say("the answer"), say("the answer is 4 .")}, 2, "4")
	u.vote([]generate.Result{say("the the")}, 3, "4")
	want := Outcome{
		Right: []bool{true, false, true, false}, Answered: []bool{true, true, true, false},
		Tokens: 24, Reasoned: 1, Stops: map[generate.Stop]int{generate.StopEOS: 8},
	}
	if !reflect.DeepEqual(u, want) {
		t.Errorf("got %+v, want %+v", u, want)
	}
}

func TestMoved(t *testing.T) {
	w := smallWorld(t)
	f := figurer{base: Lane{Model: w.model}, results: w.someResults("v"), vectors: map[string]*steering.Vector{}}
	f.vectors["v"] = f.results[0].Vector
	f.plan, _ = steering.Parse("v*-4@0[last]")
	ratio, err := f.ratio(f.plan.Terms[0])
	if err != nil || math.Abs(ratio-4*2./10) > 1e-6 {
		t.Fatalf("ratio %v, %v", ratio, err)
	}
	p, err := f.moved([]float64{ratio}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	d := p.vectors["term0"].Directions
	// Twice the median norm, so twice the direction, which keeps its way.
	if p.plan.String() != "term0*-4@1[last]" || len(d) != 1 || math.Abs(norm(d[1])-4) > 1e-5 || cosine(d[1], f.vectors["v"].Directions[0]) < 1-1e-6 {
		t.Errorf("%s with %v", p.plan, d)
	}
	delete(f.vectors["v"].Directions, 1)
	f.results[0].Layers = f.results[0].Layers[:1]
	if _, err := f.moved([]float64{ratio}, 0, 1); err == nil {
		t.Error("moved to a layer whose median norm nobody knows")
	}
}

func TestBest(t *testing.T) {
	base, thinking := known(10, 2, 10), known(10, 10, 10)
	got := best([]float64{4, 2, 1}, []Outcome{known(10, 6, 10), known(10, 6, 7), known(10, 5, 10)}, base, thinking)
	gap := .5
	if want := (MapPoint{Factor: 2, Score: .6, Gap: &gap, Broken: true}); got.Gap == nil || math.Abs(*got.Gap-gap) > 1e-12 || got.Factor != want.Factor || got.Score != want.Score || !got.Broken {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got = best([]float64{1}, []Outcome{known(10, 6, 10)}, base, base); got.Gap != nil {
		t.Errorf("without a gap: %+v", got)
	}
}

// The rows of a mean difference have that very difference.
func TestControlContrasts(t *testing.T) {
	w := smallWorld(t)
	f := figurer{base: Lane{Name: laneBase, Model: w.model}, tokenizer: w.tokenizer, options: fewFigures()}
	ctx := context.Background()
	questions, err := trainQuestions(5, 8)
	if err != nil {
		t.Fatal(err)
	}
	var texts [2][]string
	var pairs [][2]string
	for _, q := range questions {
		pairs = append(pairs, [2]string{"slow lesson : " + q.Question, q.Question})
		texts[0], texts[1] = append(texts[0], pairs[len(pairs)-1][0]), append(texts[1], q.Question)
	}
	of, err := promptPairs(w.tokenizer, pairs)
	if err != nil {
		t.Fatal(err)
	}
	where := `match:/[a-z]+ \./+last`
	plan, err := steering.Parse("v[" + where + "]")
	if err != nil {
		t.Fatal(err)
	}
	want, err := derive.Mean(ctx, w.model, w.tokenizer, of, derive.Options{Where: plan.Terms[0].Select})
	if err != nil {
		t.Fatal(err)
	}
	var rows [2]map[int][][]float32
	for i := range rows {
		if rows[i], err = f.rows(ctx, w.model, texts[i], where, true); err != nil {
			t.Fatal(err)
		}
	}
	for layer, direction := range want.Vector.Directions {
		up, down := meanRow(rows[0][layer]), meanRow(rows[1][layer])
		for i, x := range direction {
			if math.Abs(up[i]-down[i]-float64(x)) > 1e-5 {
				t.Fatalf("layer %d, value %d: %v, want %v", layer, i, up[i]-down[i], x)
			}
		}
	}
	if rows[0], err = f.rows(ctx, w.model, texts[0], "content", false); err != nil || len(rows[0][1]) <= len(texts[0]) {
		t.Errorf("%d rows at all tokens, %v", len(rows[0][1]), err)
	}
}

// BenchmarkTwentyProblems is what the demonstration does, twenty times over:
// the base model and the steered one answer side by side, on one core.
func BenchmarkTwentyProblems(b *testing.B) {
	if _, err := fs.Stat(assets.FS, fileManifest); err != nil {
		b.Skip("the models are not there")
	}
	ctx := context.Background()
	f := Folder{assets.FS, "embedded"}
	base, err := f.model(ctx, stageBase, model.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer base.Close()
	steered, _, err := f.steered(base)
	if err != nil {
		b.Fatal(err)
	}
	t, err := f.tokenizer()
	if err != nil {
		b.Fatal(err)
	}
	test, err := f.problems(problem.Test)
	if err != nil {
		b.Fatal(err)
	}
	lanes := []Lane{{Name: laneBase, Model: base}, steered}
	for b.Loop() {
		if _, err := Measure(ctx, t, test[:20], lanes, MeasureOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func meanRow(rows [][]float32) []float64 {
	out := make([]float64, len(rows[0]))
	for _, row := range rows {
		for i, v := range row {
			out[i] += float64(v) / float64(len(rows))
		}
	}
	return out
}
