package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/model"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/eval/evalset"
	"tiller/steering/grade"
	"tiller/steering/lab/corpus"
	"tiller/steering/library"
)

// world is the embedded models with a few problems.
type world struct {
	t              *testing.T
	library        library.Library
	base, thinking Model
	set            *evalset.Set
	vectors        map[string]*steering.Vector
}

func newWorld(t *testing.T, problems int) *world {
	t.Helper()
	w := &world{t: t, library: library.New(assets.FS), vectors: map[string]*steering.Vector{}}
	open := func(ref string) Model {
		m, err := w.library.OpenModel(t.Context(), ref, model.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		tok, err := w.library.OpenTokenizer(ref)
		if err != nil {
			t.Fatal(err)
		}
		return Model{m, tok}
	}
	w.base, w.thinking = open("embedded:base"), open("embedded:thinking")
	var err error
	if w.set, err = evalset.Read(t.Context(), w.library, "embedded:tune", evalset.Options{Limit: problems}); err != nil {
		t.Fatal(err)
	}
	v, _, err := w.library.ReadVector("embedded:begin")
	if err != nil {
		t.Fatal(err)
	}
	w.vectors["begin"] = v
	return w
}

func (w *world) asked(set *evalset.Set) *Asked {
	g, err := grade.Parse(set.Grader())
	if err != nil {
		w.t.Fatal(err)
	}
	return &Asked{Set: set, Template: set.Template(), Grader: g, Spec: SetSpec{Ref: set.Path, SHA256: set.SHA256, Grader: g.Name(), Template: set.Template().String()}}
}

// spec is base, prompt, a plan, controls of it and thinking.
func (w *world) spec() Spec {
	plan, err := steering.Parse("begin@2[last+sentence&gen:18-199]")
	if err != nil {
		w.t.Fatal(err)
	}
	planned := PlanLane(plan, map[string]string{"begin": "0"})
	lanes := []LaneSpec{
		{Name: "base", Kind: Base},
		{Name: "prompt", Kind: Prompt, Template: corpus.LessonHeader + " {question}"},
		planned,
	}
	lanes = append(lanes, ControlLanes(planned, controls.Isotropic, 2, []float64{1})...)
	lanes = append(lanes, ControlLanes(planned, controls.Negated, 1, nil)...)
	lanes = append(lanes, ControlLanes(planned, controls.Positions, 1, nil)...)
	lanes = append(lanes, LaneSpec{Name: "thinking", Kind: Thinking})
	return Spec{
		Format: Format, Tool: "test", Kernel: "k", Lanes: lanes, Samples: 1, Divergence: true,
		Set: SetSpec{Ref: "embedded:tune", SHA256: w.set.SHA256, Grader: "answer", Limit: len(w.set.Items)}, Sampling: SamplingSpec{MaxTokens: 120, Seed: 3},
	}
}

// compute runs a spec in a folder and returns the error.
func (w *world) compute(ctx context.Context, path string, spec Spec, o Options) error {
	w.t.Helper()
	f, err := Create(path, spec)
	if err != nil {
		return err
	}
	defer f.Close()
	r := &Run{Folder: f, Base: w.base, Thinking: w.thinking, Main: w.asked(w.set), Tune: w.asked(w.set), Vectors: w.vectors, Options: o}
	return r.Compute(ctx)
}

// lines are the samples of a folder, sorted.
func lines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path, samplesFile))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	slices.Sort(all)
	return all
}

func scores(t *testing.T, path string) map[string]float64 {
	t.Helper()
	sums, n := map[string]float64{}, map[string]float64{}
	if err := ReadSamples(path, func(s *Sample) { sums[s.Lane] += s.Score; n[s.Lane]++ }); err != nil {
		t.Fatal(err)
	}
	for lane := range sums {
		sums[lane] /= n[lane]
	}
	return sums
}

func TestRun(t *testing.T) {
	w := newWorld(t, 12)
	spec := w.spec()
	dir := filepath.Join(t.TempDir(), "run")
	var last Progress
	if err := w.compute(t.Context(), dir, spec, Options{Progress: func(p Progress) { last = p }}); err != nil {
		t.Fatal(err)
	}
	want := 12 * len(spec.Lanes)
	if all := lines(t, dir); len(all) != want || last.Done != want || last.Total != want {
		t.Fatalf("%d samples, progress %d of %d; want %d", len(all), last.Done, last.Total, want)
	}
	got := scores(t, dir)
	plan := "plan:begin@2[last+sentence&gen:18-199]"
	if got[plan] < .8 || got["thinking"] < .8 || got["base"] > .6 || got["prompt"] <= got["base"] || got[plan] <= got["base"] {
		t.Errorf("scores %v", got)
	}
	fired := map[string]controls.Firings{}
	var positions, planned []*Sample
	err := ReadSamples(dir, func(s *Sample) {
		switch {
		case s.Lane == "base" && (*s.KL != 0 || *s.BaseLogProb != s.LogProb):
			t.Errorf("base diverges from itself: %+v", s)
		case s.Lane == plan:
			planned = append(planned, s)
			fired[s.ID] = s.firings()
			if s.KL == nil || *s.KL <= 0 || s.Steered == 0 || len(s.Marks) == 0 || s.RowEdits == 0 {
				t.Errorf("the steered sample is %+v", s)
			}
		case strings.HasPrefix(s.Lane, "control:positions"):
			positions = append(positions, s)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	edited := 0
	for _, s := range positions {
		edited += s.RowEdits // an answer that ends early may be steered nowhere
	}
	if edited == 0 {
		t.Error("at other positions nothing was edited")
	}
	for _, s := range planned {
		for _, m := range s.Marks {
			if m[0] >= m[1] || m[1] > len(s.Output) {
				t.Errorf("marks %v of %q", s.Marks, s.Output)
			}
		}
	}
	problems, err := ReadProblems(dir)
	if err != nil || len(problems) != 12 || problems[0].Prompt != problems[0].Question {
		t.Errorf("problems: %v, %v", problems, err)
	}
}

// TestResume ends a run at many places, by force and gently, and compares with
// an undisturbed one: the same samples to the byte, whatever the batch.
func TestResume(t *testing.T) {
	w := newWorld(t, 6)
	spec := w.spec()
	quiet := filepath.Join(t.TempDir(), "quiet")
	if err := w.compute(t.Context(), quiet, spec, Options{}); err != nil {
		t.Fatal(err)
	}
	want := lines(t, quiet)

	dir := filepath.Join(t.TempDir(), "disturbed")
	for i := 0; ; i++ {
		if i > 60 {
			t.Fatal("the run does not come to its end")
		}
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		n := 0
		err := w.compute(ctx, dir, spec, Options{Batch: 1 + i*3, Stop: stop, Progress: func(p Progress) {
			switch n++; {
			case p.Sample == nil || n < 3+i:
			case i%2 == 0:
				cancel()
			case n == 3+i:
				close(stop)
			}
		}})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) && !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
		tear(t, filepath.Join(dir, samplesFile), i)
	}
	if got := lines(t, dir); !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("sample %d is\n%s\nwant\n%s", i, got[i], want[i])
			}
		}
		t.Fatalf("%d samples, want %d", len(got), len(want))
	}
}

// tear cuts the last line of a file in its middle, as a crash does.
func tear(t *testing.T, path string, n int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 {
		return
	}
	if err := os.WriteFile(path, data[:len(data)-1-n%min(40, len(data)-1)], 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestExtend goes on with more problems and lanes, and refuses another run.
func TestExtend(t *testing.T) {
	w := newWorld(t, 3)
	spec := w.spec()
	spec.Lanes = spec.Lanes[:2]
	dir := filepath.Join(t.TempDir(), "run")
	if err := w.compute(t.Context(), dir, spec, Options{}); err != nil {
		t.Fatal(err)
	}
	before := lines(t, dir)
	more := newWorld(t, 5)
	longer := more.spec()
	longer.Lanes = longer.Lanes[:3]
	if err := more.compute(t.Context(), dir, longer, Options{}); err != nil {
		t.Fatal(err)
	}
	after := lines(t, dir)
	for _, line := range before {
		if !slices.Contains(after, line) {
			t.Errorf("a sample is gone: %s", line)
		}
	}
	if len(after) != 5*3 {
		t.Errorf("%d samples, want 15", len(after))
	}
	for field, change := range map[string]func(*Spec){
		"sampling.seed":     func(s *Spec) { s.Sampling.Seed++ },
		"lanes[1].template": func(s *Spec) { s.Lanes = slices.Clone(s.Lanes); s.Lanes[1].Template = "x {question}" },
		"set.sha256":        func(s *Spec) { s.Set.SHA256 = "other" },
		"kernel":            func(s *Spec) { s.Kernel = "portable" },
		"set.limit":         func(s *Spec) { s.Set.Limit = 2 },
		"lanes[1]":          func(s *Spec) { s.Lanes = s.Lanes[:1] },
		"model":             func(s *Spec) { s.Model.Fingerprint = "x" },
	} {
		other := longer
		change(&other)
		err := more.compute(t.Context(), dir, other, Options{})
		mix := (*MixError)(nil)
		if !errors.As(err, &mix) || !strings.HasPrefix(mix.Field, field) {
			t.Errorf("another %s: got %v", field, err)
		}
	}
	if got := lines(t, dir); !slices.Equal(got, after) {
		t.Error("a refused run changed the samples")
	}
}

func TestTune(t *testing.T) {
	w := newWorld(t, 4)
	spec := w.spec()
	planned := spec.Lanes[2]
	spec.Lanes = append(spec.Lanes[:3:3], ControlLanes(planned, controls.Isotropic, 2, []float64{.5, 1, 2})...)
	spec.Tune = &SetSpec{Ref: "embedded:tune"}
	dir := filepath.Join(t.TempDir(), "run")
	if err := w.compute(t.Context(), dir, spec, Options{}); err != nil {
		t.Fatal(err)
	}
	tuned, err := ReadTuned(dir)
	if err != nil || len(tuned.Lanes) != 2 || tuned.Problems != 4 {
		t.Fatalf("tuned %+v, %v", tuned, err)
	}
	if problems, err := ReadProblems(dir); err != nil || len(problems) != 4 {
		t.Errorf("%d problems, %v", len(problems), err)
	}
	for name, l := range tuned.Lanes {
		best := slices.MaxFunc(l.Sweep, func(a, b SweepPoint) int {
			switch {
			case a.Score > b.Score:
				return 1
			case a.Score < b.Score:
				return -1
			}
			return 0
		})
		if len(l.Sweep) != 3 || l.Strength != best.Strength {
			t.Errorf("%s chose %v of %v", name, l.Strength, l.Sweep)
		}
	}
}

func TestBest(t *testing.T) {
	for _, c := range []struct {
		sweep []SweepPoint
		want  float64
	}{
		{[]SweepPoint{{1, .2}, {2, .4}, {4, .3}}, 2},
		{[]SweepPoint{{4, .5}, {1, .5}, {2, .5}}, 1},
		{[]SweepPoint{{1, -9}, {2, -3}}, 2},
	} {
		if got := best(c.sweep); got != c.want {
			t.Errorf("%v: %v, want %v", c.sweep, got, c.want)
		}
	}
}

// TestStrangeFolders are refused, and left as they are.
func TestStrangeFolders(t *testing.T) {
	w := newWorld(t, 1)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := w.compute(t.Context(), dir, w.spec(), Options{}); err == nil || !strings.Contains(err.Error(), "holds thesis.tex and is no run's folder") {
		t.Errorf("a folder of something else: %v", err)
	}
	held := filepath.Join(t.TempDir(), "run")
	f, err := Create(held, w.spec())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(held, w.spec()); err == nil || !strings.Contains(err.Error(), "is being written by another tiller") {
		t.Errorf("two writers: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(held, samplesFile), []byte("{\"id\":\"a\"}\nnot json\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(held, w.spec()); err == nil || !strings.Contains(err.Error(), "line 2 is damaged") {
		t.Errorf("a damaged line: %v", err)
	}
	if err := os.WriteFile(filepath.Join(held, specFile), []byte(`{"format":99}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(held, w.spec()); err == nil || !strings.Contains(err.Error(), "format 99") {
		t.Errorf("a newer format: %v", err)
	}
}

// TestLeftover goes on in a folder whose first file was being written when the
// program was killed.
func TestLeftover(t *testing.T) {
	w := newWorld(t, 1)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".run.json.ABCDEFGH.part"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Create(dir, w.spec())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestMixError(t *testing.T) {
	one, two := Spec{Lanes: []LaneSpec{{Name: "base"}}}, Spec{Lanes: []LaneSpec{{Name: "base"}, {Name: "plan:v"}}}
	limited := one
	limited.Set.Limit = 3
	for _, test := range []struct {
		was, asks Spec
		want      string
	}{
		{two, one, `its lanes[1] is {"kind":"","name":"plan:v"}, and now it is nothing;`},
		{one, limited, `its set.limit is nothing, and now it is 3;`},
	} {
		if err := test.asks.Extends(test.was); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

// TestBatchOf fills the memory with what lanes can need, not with what they
// are allowed.
func TestBatchOf(t *testing.T) {
	m := newWorld(t, 1).base
	for _, c := range []struct{ longest, maxTokens, want int }{
		{20, 100, mostLanes},
		{20, 1 << 62, mostLanes},
		{0, 0, mostLanes},
		{1 << 62, 1 << 62, mostLanes},
	} {
		if got := m.batchOf(c.longest, c.maxTokens); got != c.want {
			t.Errorf("a prompt of %d and %d tokens: %d lanes, want %d", c.longest, c.maxTokens, got, c.want)
		}
	}
}

// TestHardSamples are kept as wrong, with the reason, and end nothing.
func TestHardSamples(t *testing.T) {
	w := newWorld(t, 2)
	w.set.Items = append(slices.Clone(w.set.Items), evalset.Item{ID: "long", Question: strings.Repeat("ann +7 . ", 400), Target: "1", Right: -1},
		evalset.Item{ID: "words", Question: "no such words", Target: "1", Right: -1})
	spec := w.spec()
	strong, err := steering.Parse("begin*900000@2[last]")
	if err != nil {
		t.Fatal(err)
	}
	spec.Lanes = append(spec.Lanes[:1:1], PlanLane(strong, nil))
	dir := filepath.Join(t.TempDir(), "run")
	if err := w.compute(t.Context(), dir, spec, Options{}); err != nil {
		t.Fatal(err)
	}
	errs := map[string]string{}
	if err := ReadSamples(dir, func(s *Sample) { errs[s.ID+" "+kindOf(s)] = s.Error }); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(errs["long base"], "context") || !strings.Contains(errs["words base"], "not in the vocabulary") {
		t.Errorf("errors: %v", slices.Collect(maps.Values(errs)))
	}
}

// kindOf is the beginning of a sample's lane.
func kindOf(s *Sample) string {
	kind, _, _ := strings.Cut(s.Lane, ":")
	return kind
}

// TestLikelihood grades choices by their log-probabilities: the same whether
// computed together or alone.
func TestLikelihood(t *testing.T) {
	w := newWorld(t, 3)
	for i := range w.set.Items {
		item := &w.set.Items[i]
		item.Choices = []string{"the answer is 1 .", "the answer is 3 .", "first ann"}
		item.Right, item.Target = 1, item.Choices[1]
	}
	set := w.asked(w.set)
	var err error
	if set.Grader, err = grade.Parse("likelihood"); err != nil {
		t.Fatal(err)
	}
	spec := w.spec()
	spec.Lanes = append(spec.Lanes[:1:1], spec.Lanes[2])
	var all [2][]string
	for i, batch := range []int{1, 64} {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(batch))
		f, err := Create(dir, spec)
		if err != nil {
			t.Fatal(err)
		}
		r := &Run{Folder: f, Base: w.base, Main: set, Vectors: w.vectors, Options: Options{Batch: batch}}
		if err := r.Compute(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.Close()
		all[i] = lines(t, dir)
	}
	if !slices.Equal(all[0], all[1]) || len(all[0]) != 6 {
		t.Errorf("alone\n%s\ntogether\n%s", strings.Join(all[0], "\n"), strings.Join(all[1], "\n"))
	}
	var s Sample
	if err := json.Unmarshal([]byte(all[0][0]), &s); err != nil || len(s.Choices) != 3 || s.Choices[0] >= 0 {
		t.Errorf("a sample is %s (%v)", all[0][0], err)
	}
}
