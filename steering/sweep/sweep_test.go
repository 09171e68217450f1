package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/lab/problem"
	"tiller/steering/vectorfile"
)

// world is the embedded model with what can be tried on it.
type world struct {
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	vectors   map[string]*steering.Vector
	items     []Item // of the tune split
}

func newWorld(t testing.TB) *world {
	t.Helper()
	folder, err := fs.Sub(assets.FS, "models/base")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{vectors: map[string]*steering.Vector{}}
	if w.model, err = model.OpenFS(context.Background(), folder, "embedded:base", model.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.model.Close() })
	if w.tokenizer, err = tokenizer.OpenFS(folder, "embedded:base"); err != nil {
		t.Fatal(err)
	}
	begin, _, err := vectorfile.ReadFS(assets.FS, "vectors/begin.safetensors", "embedded:begin")
	if err != nil {
		t.Fatal(err)
	}
	w.vectors["begin"] = begin
	for name, layers := range map[string][]int{"one": {2}, "two": {1, 2}} {
		v := &steering.Vector{Name: name, DModel: begin.DModel, Directions: map[int][]float32{}}
		for _, layer := range layers {
			v.Directions[layer] = begin.Directions[layer]
		}
		w.vectors[name] = v
	}
	data, err := fs.ReadFile(assets.FS, "splits/tune.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var p problem.Problem
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		prompt, err := generate.RawPrompt(w.tokenizer, p.Question, tokenizer.EncodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		w.items = append(w.items, Item{Prompt: prompt, Right: func(text string) bool {
			word, ok := problem.Answer(text)
			return ok && word == p.Answer
		}})
	}
	return w
}

// grid varies the first term of a plan.
func grid(t testing.TB, plan string, layers []int, strengths ...float64) Grid {
	t.Helper()
	p, err := steering.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	return Grid{Plan: p, Layers: layers, Strengths: strengths}
}

func (w *world) run(t testing.TB, g Grid, n int, o Options, report func(Progress)) ([][]Cell, Tally) {
	t.Helper()
	cells, base, err := Run(t.Context(), w.model, w.tokenizer, w.vectors, g, w.items[:n], o, report)
	if err != nil {
		t.Fatal(err)
	}
	return cells, base
}

const demo = "begin@2[last+sentence&gen:18-199]"

const maxTokens = 160

// The vector's cliff: too weak below, right from there on.
func TestCliff(t *testing.T) {
	const n = 24
	w := newWorld(t)
	cells, base := w.run(t, grid(t, demo, []int{2}, 0, .4, 1), n, Options{MaxTokens: maxTokens}, nil)
	neutral, weak, strong := cells[0][0], cells[0][1], cells[0][2]
	if neutral.Tally != base || neutral.KL != 0 || neutral.Steered != 0 || neutral.RowEdits != 0 || neutral.Fired != 0 {
		t.Errorf("without strength: %+v, want %+v and no more", neutral, base)
	}
	if base.Items != n || base.N != n || base.Tokens == 0 || !base.Interval.Contains(base.Score()) {
		t.Errorf("base is %+v", base)
	}
	if weak.Score()+.3 > strong.Score() || strong.Score() < .8 || weak.KL >= strong.KL || weak.KL <= 0 {
		t.Errorf("weak %+v\nstrong %+v", weak, strong)
	}
	if strong.Steered <= 0 || strong.Steered > .2 || strong.Fired != strong.RowEdits || strong.Fired < n || strong.PromptEdits != 0 {
		t.Errorf("edits of strong: %+v", strong)
	}
}

// Each cell is what a session of its own makes of its plan.
func TestEqualsGenerate(t *testing.T) {
	const n = 5
	w := newWorld(t)
	for _, plan := range []string{demo, "two[prompt],addn:begin*.3r@1[sentence]?entropy>.2", "begin*.5r@0[gen]"} {
		g := grid(t, plan, []int{1, 2}, .6, 2)
		cells, _ := w.run(t, g, n, Options{MaxTokens: 40}, nil)
		for i, layer := range g.Layers {
			for j, strength := range g.Strengths {
				got, want := cells[i][j], w.alone(t, g.PlanAt(layer, strength), n)
				want.Layer, want.Strength = layer, strength
				if same(got, want) {
					continue
				}
				t.Errorf("%s:\n%+v, alone\n%+v", g.PlanAt(layer, strength), got, want)
			}
		}
	}
}

// alone measures a plan one problem at a time.
func (w *world) alone(t *testing.T, plan steering.Plan, n int) Cell {
	t.Helper()
	c := w.model.Config()
	bound, err := steering.Bind(plan, c.Layers, c.DModel, w.vectors)
	if err != nil {
		t.Fatal(err)
	}
	lanes := steering.Lanes{Bound: bound, Tokenizer: w.tokenizer}
	l := newLane(0, 0, n)
	for i, item := range w.items[:n] {
		base, _, err := generate.Logits(t.Context(), w.model, item.Prompt, nil, model.WantLast)
		if err != nil {
			t.Fatal(err)
		}
		steered, _, err := generate.Logits(t.Context(), w.model, item.Prompt, lanes, model.WantLast)
		if err != nil {
			t.Fatal(err)
		}
		l.kl[i] = divergence(steered, base)
		s, err := generate.NewSession(t.Context(), w.model, w.tokenizer, []generate.Request{{Prompt: item.Prompt, Steering: lanes, MaxTokens: 40}}, generate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for !s.Done() {
			if _, err := s.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		l.add(item, s.Result(0))
		report := s.Editor(0).(*steering.Editor).Report()
		l.cell.PromptEdits += report.PromptEdits
		l.cell.RowEdits += report.RowEdits
		l.cell.Fired += report.Fired[0].Count
	}
	return l.cell
}

// same compares the bits of cells; NaN is NaN.
func same(a, b any) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }

func TestBatchChangesNothing(t *testing.T) {
	const n = 4
	w := newWorld(t)
	for name, o := range map[string]Options{"answers": {MaxTokens: 50}, "KL": {}} {
		for _, g := range []Grid{
			grid(t, "one[last+sentence&gen]", []int{steering.Embed, 0, 3}, .5, 1, 2, 1e6),
			grid(t, "begin*1r[prompt]?margin<.9,two[sentence]", []int{0, 2, 9}, -1, .3),
		} {
			o.Batch = 1
			one, baseOne := w.run(t, g, n, o, nil)
			for _, o.Batch = range []int{5, 32, 0} {
				cells, base := w.run(t, g, n, o, nil)
				if !same(one, cells) || !same(baseOne, base) {
					t.Errorf("%s of %s in batches of %d:\n%+v %+v, one by one\n%+v %+v", name, g.Plan, o.Batch, base, cells, baseOne, one)
				}
			}
		}
	}
}

// KL alone is that of the whole sweep, without a token.
func TestOnlyKL(t *testing.T) {
	const n = 6
	w := newWorld(t)
	g := grid(t, "one[last+sentence]", []int{steering.Embed, 1, 2}, 0, .5, 1)
	whole, _ := w.run(t, g, n, Options{MaxTokens: 3}, nil)
	cells, base := w.run(t, g, n, Options{}, nil)
	if base.Items != n || base.N != 0 || base.Tokens != 0 || base.Interval.Defined() || !math.IsNaN(base.Score()) {
		t.Errorf("base is %+v", base)
	}
	for i, row := range cells {
		for j, c := range row {
			if c.KL != whole[i][j].KL || (c.KL > 0) != (c.Strength > 0) || c.N != 0 || c.Items != n || c.Tokens != 0 {
				t.Errorf("KL alone makes %+v, with answers %+v", c, whole[i][j])
			}
			if fired := map[bool]int{true: n}[c.Strength > 0]; c.Fired != fired || c.RowEdits != fired {
				t.Errorf("%+v fired %d times at %d rows, want %d", c, c.Fired, c.RowEdits, fired)
			}
		}
	}
}

func TestRefusedCellsLeaveOthers(t *testing.T) {
	w := newWorld(t)
	var refused int
	cells, _ := w.run(t, grid(t, "two@1[last]", []int{1, 2, 3, 9}, 1), 2, Options{}, func(p Progress) {
		if p.Cell.Err != nil {
			refused++
		}
	})
	for row, want := range []string{"", "", "two has no direction at layer 3; it has layers 1-2", "this model has no layer 9"} {
		switch c := cells[row][0]; {
		case want == "" && (c.Err != nil || c.Items != 2):
			t.Errorf("%+v, want numbers", c)
		case want != "" && (c.Err == nil || !strings.Contains(c.Err.Error(), want) || c.Items != 0):
			t.Errorf("%+v, want an error with %q", c, want)
		}
	}
	if refused != 2 {
		t.Errorf("%d refused cells were reported", refused)
	}
}

// A relative strength can be refused only when the prompt was measured.
func TestRefusedByPrompt(t *testing.T) {
	w := newWorld(t)
	direction := make([]float32, w.model.Config().DModel)
	direction[0] = 1e-36
	w.vectors["tiny"] = &steering.Vector{Name: "tiny", DModel: len(direction), Directions: map[int][]float32{2: direction}}
	var last Progress
	g := grid(t, "tiny*1r@2[last]", []int{2}, 0, .5, 1e6)
	cells, _ := w.run(t, g, 3, Options{Batch: 2}, func(p Progress) { last = p })
	if c := cells[0][2]; c.Err == nil || c.Items != 0 || !strings.Contains(c.Err.Error(), "more than a row can take") {
		t.Errorf("%+v, want to be refused", c)
	}
	for _, c := range cells[0][:2] {
		if c.Err != nil || c.Items != 3 {
			t.Errorf("%+v, want numbers", c)
		}
	}
	if last.Done != 9 || last.Total != 9 {
		t.Errorf("done %d of %d, want 9 of 9", last.Done, last.Total)
	}
	g.Strengths = g.Strengths[2:]
	if _, _, err := Run(t.Context(), w.model, w.tokenizer, w.vectors, g, w.items[:3], Options{}, nil); err == nil || !strings.Contains(err.Error(), "no cell") {
		t.Errorf("error %v", err)
	}
}

// Every cell has a problem before any has three, numbers only grow, and the
// last report of each cell is its result.
func TestFillsInFromCoarseToFine(t *testing.T) {
	const n = 6
	w := newWorld(t)
	g := grid(t, demo, []int{0, 2}, .5, 1)
	items := map[[2]int]int{}
	latest := map[[2]int]Cell{}
	var last Progress
	cells, base := w.run(t, g, n, Options{MaxTokens: 60, Batch: 10}, func(p Progress) {
		at := [2]int{p.Row, p.Column}
		if p.Cell.Items != items[at]+1 || p.Done != last.Done+1 || p.Total != n*5 {
			t.Fatalf("after %+v came %+v", last, p)
		}
		items[at], latest[at], last = p.Cell.Items, p.Cell, p
		if p.Cell.Items == 3 && len(items) < 5 {
			t.Errorf("a cell is at its third problem before others are at their first")
		}
	})
	for i, row := range cells {
		for j, c := range row {
			if !same(c, latest[[2]int{i, j}]) {
				t.Errorf("%+v was last reported as %+v", c, latest[[2]int{i, j}])
			}
		}
	}
	if last.Done != last.Total || base != latest[[2]int{-1, -1}].Tally || base != last.Baseline {
		t.Errorf("ended with %+v; base %+v", last, base)
	}
}

func TestCancelled(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const stopAfter = 15
	cells, base, err := Run(ctx, w.model, w.tokenizer, w.vectors, grid(t, demo, []int{0, 2}, .5, 1), w.items[:24], Options{MaxTokens: maxTokens, Batch: 10}, func(p Progress) {
		if p.Done == stopAfter {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	items := base.Items
	for _, row := range cells {
		for _, c := range row {
			items += c.Items
		}
	}
	if items < stopAfter || items > stopAfter+10 {
		t.Errorf("%d answers are there after %d were", items, stopAfter)
	}
}

// Edits that make rows infinite break their own lanes only, in the prompt or
// in the middle of an answer.
func TestBroken(t *testing.T) {
	const n = 3
	w := newWorld(t)
	w.items[1].Right = nil
	for at, klKnown := range map[string]bool{"last": false, "gen:3": true} {
		plan := strings.Repeat(",scale:one*1e6@2["+at+"]", 7)[1:]
		g := grid(t, plan, []int{2}, 0, 1e6)
		o := Options{MaxTokens: 5, Batch: 1}
		one, baseOne := w.run(t, g, n, o, nil)
		o.Batch = 0
		cells, base := w.run(t, g, n, o, nil)
		if !same(one, cells) || base != baseOne {
			t.Errorf("[%s]: together %+v, one by one %+v", at, cells, one)
		}
		if c := cells[0][0]; c.Broken != 0 || c.Items != n || c.N != n-1 || c.Tokens != n*5 || c.Cut != n {
			t.Errorf("[%s]: %+v, want it to be whole", at, c)
		}
		if c := cells[0][1]; c.Broken != n || c.Items != n || c.N != n-1 || c.Right != 0 || c.Tokens != 0 || klKnown == math.IsNaN(c.KL) {
			t.Errorf("[%s]: %+v, want it to be broken", at, c)
		}
	}
}

func TestErrors(t *testing.T) {
	w := newWorld(t)
	good := grid(t, demo, []int{2}, 1)
	term := good
	term.Term = 1
	long := w.items[0]
	for len(long.Prompt.Tokens) <= w.model.Config().Context {
		long.Prompt.Tokens = append(long.Prompt.Tokens, long.Prompt.Tokens...)
	}
	for name, c := range map[string]struct {
		grid  Grid
		items []Item
		o     Options
		want  string
	}{
		"no such term":       {term, w.items[:1], Options{}, "no term 2; it has 1"},
		"no layers":          {grid(t, demo, nil, 1), w.items[:1], Options{}, "no layers"},
		"no strengths":       {grid(t, demo, []int{1}), w.items[:1], Options{}, "no strengths"},
		"no problems":        {good, nil, Options{}, "no problems"},
		"an empty prompt":    {good, []Item{w.items[0], {}}, Options{}, "problem 2 of the sweep has no tokens"},
		"a long prompt":      {good, []Item{long}, Options{}, "the model's context holds 256"},
		"negative tokens":    {good, w.items[:1], Options{MaxTokens: -1}, "negative"},
		"no such vector":     {grid(t, "begni", []int{1}, 1), w.items[:1], Options{}, `did you mean "begin"?`},
		"no finite strength": {grid(t, demo, []int{1}, math.NaN()), w.items[:1], Options{}, "no cell of the sweep can be computed"},
		"no layer":           {grid(t, demo, []int{-2}, 1), w.items[:1], Options{}, "no cell of the sweep can be computed"},
	} {
		_, _, err := Run(t.Context(), w.model, w.tokenizer, w.vectors, c.grid, c.items, c.o, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.want)
		}
	}
}

func TestPlanAt(t *testing.T) {
	for _, c := range []struct {
		plan     string
		term     int
		layer    int
		strength float64
		want     string
	}{
		{demo, 0, 1, .5, "begin*0.5@1[last+sentence&gen:18-199]"},
		{"a,clamp:b*0.3r@all?margin<0.1", 1, steering.Embed, 2, "a,clamp:b*2r@embed?margin<0.1"},
		{"add:a*ramp(0,1,8)", 0, 3, -1, "a*-1@3"},
	} {
		p, err := steering.Parse(c.plan)
		if err != nil {
			t.Fatal(err)
		}
		g := Grid{Plan: p, Term: c.term}
		if got := g.PlanAt(c.layer, c.strength).String(); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.plan, got, c.want)
		}
		if p.String() != g.Plan.String() {
			t.Errorf("the plan was changed to %s", g.Plan)
		}
	}
}

func TestDivergence(t *testing.T) {
	log := func(p ...float64) []float32 {
		out := make([]float32, len(p))
		for i, v := range p {
			out[i] = float32(math.Log(v) + 3)
		}
		return out
	}
	for _, c := range []struct {
		p, q []float32
		want float64
	}{
		{log(.5, .5), log(.5, .5), 0},
		{log(.5, .5), log(.25, .75), .5*math.Log(2) + .5*math.Log(.5/.75)},
		{log(.25, .75), log(.5, .5), .25*math.Log(.5) + .75*math.Log(1.5)},
		{[]float32{0, -1e4}, []float32{0, 0}, math.Ln2},
	} {
		if got := divergence(c.p, c.q); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("KL(%v || %v) is %g, want %g", c.p, c.q, got, c.want)
		}
	}
}
