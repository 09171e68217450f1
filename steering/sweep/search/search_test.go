package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/model"
	"tiller/steering"
	"tiller/steering/eval"
	"tiller/steering/eval/evalset"
	"tiller/steering/eval/report"
	"tiller/steering/grade"
	"tiller/steering/library"
)

// world is the embedded model with what can be tried on it.
type world struct {
	testing.TB
	library library.Library
	model   eval.Model
	vectors map[string]*steering.Vector
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, library: library.New(assets.FS), vectors: map[string]*steering.Vector{}}
	m, err := w.library.OpenModel(t.Context(), "embedded:base", model.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	tok, err := w.library.OpenTokenizer("embedded:base")
	if err != nil {
		t.Fatal(err)
	}
	w.model = eval.Model{Model: m, Tokenizer: tok}
	for _, name := range []string{"begin", "reason"} {
		if w.vectors[name], _, err = w.library.ReadVector("embedded:" + name); err != nil {
			t.Fatal(err)
		}
	}
	w.vectors["high"] = &steering.Vector{Name: "high", DModel: w.vectors["begin"].DModel, Directions: map[int][]float32{
		2: w.vectors["begin"].Directions[2], 3: w.vectors["begin"].Directions[3],
	}}
	return w
}

// asked is a set of n problems, in an order that the seed gives.
func (w *world) asked(ref string, n int, seed uint64) *eval.Asked {
	w.Helper()
	set, err := evalset.Read(w.Context(), w.library, ref, evalset.Options{Limit: n, Shuffle: seed > 0, Seed: seed})
	if err != nil {
		w.Fatal(err)
	}
	g, err := grade.Parse(set.Grader())
	if err != nil {
		w.Fatal(err)
	}
	return &eval.Asked{Set: set, Template: set.Template(), Grader: g, Spec: eval.SetSpec{
		Ref: ref, SHA256: set.SHA256, Grader: g.Name(), Template: set.Template().String(), Limit: n, Shuffle: seed > 0,
	}}
}

// space tries the first term of a plan.
func (w *world) space(plan string, selectors, vectors []string, layers []int, strengths ...float64) Space {
	w.Helper()
	p, err := steering.Parse(plan)
	if err != nil {
		w.Fatal(err)
	}
	s := Space{Plan: p, Vectors: vectors, Layers: layers, Strengths: strengths}
	for _, text := range selectors {
		of, err := steering.Parse("x[" + text + "]")
		if err != nil {
			w.Fatal(err)
		}
		s.Selectors = append(s.Selectors, of.Terms[0].Select)
	}
	return s
}

const (
	demo      = "last+sentence&gen:18-199"
	maxTokens = 160
)

// sweep is of a space over n problems, confirmed on a few others.
func (w *world) sweep(dir string, s Space, n int) *Sweep {
	return &Sweep{
		Dir: dir, Space: s, Model: w.model, Vectors: w.vectors, Tune: w.asked("embedded:tune", n, 0), Confirm: w.asked("embedded:test", 8, 0),
		Spec: eval.Spec{Format: eval.Format, Tool: "test", Kernel: "k", Sampling: eval.SamplingSpec{MaxTokens: maxTokens}},
	}
}

func (w *world) run(s *Sweep) *Result {
	w.Helper()
	r, err := s.Run(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// read is a file of a sweep's folder.
func (w *world) read(parts ...string) string {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}

func TestSweep(t *testing.T) {
	const n = 40
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "sweep")
	s := w.space("begin["+demo+"]", []string{demo, "content"}, []string{"begin", "high"}, []int{1, 2}, .1, 1, 2)
	r := w.run(w.sweep(dir, s, n))
	if r.Chosen.Vector != "begin" || r.Chosen.Layer != 2 || r.Chosen.Strength != 1 || r.Chosen.Selector != demo || *r.Chosen.Score < .9 {
		t.Errorf("chose %+v", r.Chosen)
	}
	if r.Ties != 1 { // high has the same direction there
		t.Errorf("%d ties", r.Ties)
	}
	cells, stopped, refused := r.Count()
	if cells != 24 || refused != 6 || stopped == 0 || !strings.Contains(r.Maps[2].Cells[0][0].Error, "no direction at layer 1") {
		t.Errorf("%d cells, %d stopped, %d refused", cells, stopped, refused)
	}
	for _, m := range r.Maps {
		for _, row := range m.Cells {
			for _, c := range row {
				switch {
				case c.Error != "" && (c.N != 0 || c.KL != nil || c.CI95.Defined()):
					t.Errorf("a refused cell has numbers: %+v", c)
				case c.Error != "":
				case c.Stopped != (c.N < n), c.KL == nil || *c.KL <= 0, c.RowEdits < c.N, c.Fired != c.RowEdits, *c.SteeredFraction <= 0, !c.CI95.Contains(*c.Score):
					t.Errorf("%+v", c)
				}
			}
		}
	}
	if c := r.Confirmed; c.Plan.N != 8 || c.Base.N != 8 || *c.Delta != *c.Plan.Score-*c.Base.Score || *c.Shrinkage != *r.Chosen.Score-*c.Plan.Score {
		t.Errorf("confirmed %+v", c)
	}
	var file Result
	if err := json.Unmarshal([]byte(w.read(dir, File)), &file); err != nil || len(file.Cells) != 2 || file.Cells[1][1].Plan != r.Chosen.Plan {
		t.Errorf("the file says %+v, %v", file.Cells, err)
	}
	if rows := strings.Split(strings.TrimSpace(w.read(dir, tableFile)), "\n"); len(rows) != 1+24 || strings.Count(rows[0], ",") != 18 {
		t.Errorf("the table has %d rows, the first is %s", len(rows), rows[0])
	}
	if err := report.Write(dir, report.Options{Summary: r.Summary}); err != nil || !strings.Contains(w.read(dir, report.File), "Layers and strengths") {
		t.Errorf("the report: %v", err)
	}
}

// The same whatever the batch, and whether it was ended on the way or not.
func TestUndisturbed(t *testing.T) {
	const n = 24
	w := newWorld(t)
	s := w.space("begin", []string{demo}, []string{"begin"}, []int{2}, .1, .8, 1, 1.5, 2, 3)
	quiet := filepath.Join(t.TempDir(), "quiet")
	w.run(w.sweep(quiet, s, n))
	want := w.read(quiet, File)
	if !strings.Contains(want, `"stopped": true`) {
		t.Error("no cell was stopped")
	}
	dir := filepath.Join(t.TempDir(), "disturbed")
	for i := 0; ; i++ {
		of := w.sweep(dir, s, n)
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		told := 0
		of.Options = Options{Batch: 1 + 3*i, Stop: stop, Progress: func(p Progress) {
			if told++; told == 30 && i%2 == 0 {
				cancel()
			} else if told == 30 {
				close(stop)
			}
		}}
		_, err := of.Run(ctx)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) && !errors.Is(err, eval.ErrStopped) || i > 20 {
			t.Fatal(err)
		}
	}
	if got := w.read(dir, File); got != want {
		t.Errorf("disturbed it says\n%s\nwant\n%s", got, want)
	}
}

// Stopping cells changes none that is left, and takes the same one.
func TestStoppingKeepsTheBest(t *testing.T) {
	const n = 48
	w := newWorld(t)
	space := w.space("begin", []string{demo}, []string{"begin"}, []int{2, 3}, .2, .6, .8, 1, 2)
	for seed := range uint64(3) {
		if testing.Short() && seed > 0 {
			break
		}
		dir := filepath.Join(t.TempDir(), fmt.Sprint(seed))
		of := w.sweep(dir, space, n)
		of.Tune, of.Rule.Off = w.asked("embedded:tune", n, seed+1), true
		all := w.run(of)
		of.Rule.Off = false // all answers are there
		some := w.run(of)
		_, none, _ := all.Count()
		_, stopped, _ := some.Count()
		if all.Chosen.Plan != some.Chosen.Plan || none != 0 || stopped < 4 {
			t.Errorf("seed %d: chose %s with all, %s with %d stopped", seed, all.Chosen.Plan, some.Chosen.Plan, stopped)
		}
		for i, row := range all.Maps[0].Cells {
			for j, c := range row {
				if got := some.Maps[0].Cells[i][j]; !got.Stopped && fmt.Sprint(*got.Score, got.Tokens) != fmt.Sprint(*c.Score, c.Tokens) {
					t.Errorf("%s became %+v, was %+v", c.Plan, got, c)
				}
			}
		}
	}
}

// Scores that are any number are ranked by their mean, and bounded otherwise.
func TestOtherScores(t *testing.T) {
	const n = 30
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "sweep")
	s := w.sweep(dir, w.space("begin", []string{"last"}, []string{"begin"}, []int{2}, .01, 1, 20), n)
	var err error
	for _, a := range []*eval.Asked{s.Tune, s.Confirm} {
		if a.Grader, err = grade.Parse("target-logprob"); err != nil {
			t.Fatal(err)
		}
	}
	r := w.run(s)
	row := r.Cells[0]
	if r.RightWrong || r.Chosen.Strength != 20 || *r.Chosen.Score >= 0 || !row[0].Stopped || row[2].Stopped {
		t.Errorf("chose %+v, not %+v", r.Chosen, row)
	}
	for _, c := range row {
		if *c.Score > *r.Chosen.Score || !c.CI95.Contains(*c.Score) {
			t.Errorf("%+v", c)
		}
	}
	if text := strings.Join(r.Sentences(), " "); strings.Contains(text, "%") || r.Confirmed.McNemarP != nil || !strings.Contains(text, "Its strength is at the edge") {
		t.Error(text)
	}
}

func TestRefusesOtherFolders(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "sweep")
	space := w.space("begin", []string{demo}, []string{"begin"}, []int{2}, 1)
	w.run(w.sweep(dir, space, 4))
	for field, change := range map[string]func(*Sweep){
		"lanes[1].name":       func(s *Sweep) { s.Space.Layers = []int{3} },
		"sampling.max_tokens": func(s *Sweep) { s.Spec.Sampling.MaxTokens++ },
		"set.ref":             func(s *Sweep) { s.Confirm = w.asked("embedded:hard", 8, 0) },
		"tune.ref":            func(s *Sweep) { s.Tune = w.asked("embedded:hard", 4, 0) },
	} {
		s := w.sweep(dir, space, 4)
		change(s)
		mix := (*eval.MixError)(nil)
		if _, err := s.Run(t.Context()); !errors.As(err, &mix) || mix.Field != field {
			t.Errorf("another %s: %v", field, err)
		}
	}
	strange := t.TempDir()
	if err := os.WriteFile(filepath.Join(strange, "thesis.tex"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sweep(strange, space, 4).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "holds thesis.tex") {
		t.Errorf("a folder of something else: %v", err)
	}
}

func TestErrors(t *testing.T) {
	w := newWorld(t)
	good := w.space("begin", []string{demo}, []string{"begin"}, []int{2}, 1)
	for want, change := range map[string]func(*Sweep){
		"no term 2; it has 1":            func(s *Sweep) { s.Space.Term = 1 },
		"there is nothing to sweep":      func(s *Sweep) { s.Space.Layers = nil },
		"strength 1 is swept twice":      func(s *Sweep) { s.Space.Strengths = []float64{1, 2, 1} },
		"layer 2 is swept twice":         func(s *Sweep) { s.Space.Layers = []int{2, 2} },
		"vector begin is swept twice":    func(s *Sweep) { s.Space.Vectors = []string{"begin", "begin"} },
		"at most 200 of each":            func(s *Sweep) { s.Space.Strengths = make([]float64, 201) },
		"no cell of the sweep":           func(s *Sweep) { s.Space.Layers = []int{9} },
		"leaves no problems to choose":   func(s *Sweep) { s.Tune.Set.Items = nil },
		"leaves no problems to confirm":  func(s *Sweep) { s.Confirm.Set.Items = nil },
		`there is no vector "begni"`:     func(s *Sweep) { s.Space.Vectors = []string{"begni"} },
		"the sweep has 40000 cells, and": func(s *Sweep) { s.Space.Layers, s.Space.Strengths = numbers(200), reals(200) },
	} {
		s := w.sweep(filepath.Join(t.TempDir(), "s"), good, 2)
		change(s)
		if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func numbers(n int) []int {
	var out []int
	for i := range n {
		out = append(out, i)
	}
	return out
}

func reals(n int) []float64 {
	var out []float64
	for i := range n {
		out = append(out, float64(i))
	}
	return out
}

func TestLayersOf(t *testing.T) {
	one := &steering.Vector{Directions: map[int][]float32{2: {1}}}
	two := &steering.Vector{Directions: map[int][]float32{1: {1}, 3: {1}}}
	for _, c := range []struct {
		layers  string
		vectors []*steering.Vector
		want    []int
	}{
		{"4-6+1", []*steering.Vector{one}, []int{1, 4, 5, 6}},
		{"embed+0", nil, []int{-1, 0}},
		{"all", []*steering.Vector{one}, []int{0, 1, 2, 3}},
		{"all", []*steering.Vector{two}, []int{1, 3}},
		{"own", []*steering.Vector{two, one}, []int{0, 1, 2, 3}},
	} {
		p, err := steering.Parse("x@" + c.layers)
		if err != nil {
			t.Fatal(err)
		}
		if got := LayersOf(p.Terms[0].Layers, c.vectors, 4); !slices.Equal(got, c.want) {
			t.Errorf("%s are %v, want %v", c.layers, got, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	set := &evalset.Set{}
	for i := range 1000 {
		set.Items = append(set.Items, evalset.Item{ID: fmt.Sprintf("s/%04d", i), Question: fmt.Sprint(i % 999)})
	}
	a, b := Split(set, 0, 0, 0)
	if n := len(a.Items); n < 440 || n > 560 || n+len(b.Items) != 1000 {
		t.Errorf("split into %d and %d", n, len(b.Items))
	}
	again, _ := Split(set, 0, 10, 0)
	other, few := Split(set, 1, 0, 20)
	if len(again.Items) != 10 || again.Items[9].ID != a.Items[9].ID || len(few.Items) != 20 || slices.EqualFunc(a.Items, other.Items, func(x, y evalset.Item) bool { return x.ID == y.ID }) {
		t.Error("the same seed splits differently, or another one the same way")
	}
	if n := Shared(a, b); n > 1 {
		t.Errorf("%d problems are shared", n)
	}
	if n := Shared(set, a); n != len(a.Items) {
		t.Errorf("%d problems are shared, want %d", n, len(a.Items))
	}
}

// Of equals it is the weaker one, then the lower layer, then the first.
func TestChoose(t *testing.T) {
	cell := func(layer int, strength, score float64) *lane {
		return &lane{cell: Cell{Layer: layer, Strength: strength, Figures: Figures{Score: &score}}}
	}
	stopped := cell(0, .1, 1)
	stopped.cell.Stopped = true
	refused := &lane{cell: Cell{Error: "x"}}
	for _, c := range []struct {
		op    steering.Op
		cells []*lane
		want  int
	}{
		{steering.Add, []*lane{cell(1, 1, .5), cell(2, 2, .6)}, 1},
		{steering.Add, []*lane{refused, stopped, cell(1, 1, .5), cell(0, -.5, .5), cell(0, 2, .4)}, 3},
		{steering.Add, []*lane{cell(3, 1, .5), cell(1, 1, .5), cell(2, 1, .5)}, 1},
		{steering.Add, []*lane{cell(3, 1, .5), cell(3, 1, .5)}, 0},
		{steering.Scale, []*lane{cell(1, 0, .5), cell(1, 1.5, .5)}, 1},
	} {
		s := Space{Plan: steering.Plan{Terms: []steering.Term{{Op: c.op}}}}
		if got := slices.Index(c.cells, s.choose(c.cells)); got != c.want {
			t.Errorf("chose %d, want %d", got, c.want)
		}
	}
}
