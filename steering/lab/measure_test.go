package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
)

// world is a model with random weights that can be made to say anything: its
// embedding, which is its output projection too, is known.
type world struct {
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	embedding []float32
	layers    int
	width     int
}

func newWorld(t testing.TB, shape model.Config, threads int) *world {
	t.Helper()
	w := &world{layers: shape.Layers, width: shape.DModel}
	r := rand.New(rand.NewPCG(1, 1))
	var err error
	w.model, err = model.New(context.Background(), shape, func(name string, s []int) []float32 {
		weights := firstWeights(r, name, s, shape.Layers)
		if strings.Contains(name, "embed_tokens") {
			w.embedding = weights
		} else if len(s) == 2 {
			for i := range weights {
				weights[i] *= 3 // or every prompt is answered alike
			}
		}
		return weights
	}, model.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.model.Close() })
	if w.tokenizer, err = tokenizer.OpenFS(fstest.MapFS{
		"tokenizer.json": {Data: corpus.Tokenizer()}, "tokenizer_config.json": {Data: corpus.TokenizerConfig()},
	}, "the lab"); err != nil {
		t.Fatal(err)
	}
	return w
}

func smallWorld(t testing.TB) *world {
	shape := Shape()
	shape.Layers, shape.DModel, shape.Heads, shape.KVHeads, shape.HeadDim, shape.FFN = 2, 32, 2, 2, 16, 40
	return newWorld(t, shape, 1)
}

func someProblems(t testing.TB, n int) []problem.Problem {
	t.Helper()
	p, err := problem.Generate(problem.Tune, nil, n, 7)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// vectors are a direction at each layer.
func (w *world) vectors(norm float64) map[string]*steering.Vector {
	v := &steering.Vector{Name: "v", DModel: w.width, Directions: map[int][]float32{}}
	r := rand.New(rand.NewPCG(5, 6))
	for layer := range w.layers {
		v.Directions[layer], _ = controls.OfNorm(gaussian(w.width, r), norm)
	}
	return map[string]*steering.Vector{"v": v}
}

func (w *world) lane(t testing.TB, plan string, vectors map[string]*steering.Vector) Lane {
	t.Helper()
	p, err := steering.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	s := Subject{Model: w.model, Tokenizer: w.tokenizer, MaxTokens: 12}
	l, err := s.lane(p, vectors)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// script makes a model say the words that it has for a prompt, and records the
// prompts that it meets. It writes over the last layer's rows.
type script struct {
	w       *world
	says    func(prompt string) []string
	prompts *[]string
	strange float32 // added to every row that is written
}

func (s script) LowestLayer() (int, bool) { return s.w.layers - 1, true }
func (s script) NeedsDistributions() bool { return false }
func (s script) Editor(p generate.Prompt, _ generate.Measured) (generate.Editor, error) {
	if s.prompts != nil {
		*s.prompts = append(*s.prompts, p.Text)
	}
	ids, err := corpus.Encode(s.says(p.Text))
	return &speaker{script: s, ids: ids, prompt: len(p.Tokens)}, err
}

type speaker struct {
	script
	ids    []int
	prompt int
}

func (e *speaker) Accept(int, string, generate.Drawn) {}
func (e *speaker) Truncate(int) error                 { return nil }
func (e *speaker) FirstPosition() (int, bool)         { return e.prompt - 1, true }
func (e *speaker) Steered(p int) bool                 { return p >= e.prompt-1 }
func (e *speaker) Edit(layer, position int, row []float32) bool {
	if layer != e.w.layers-1 || !e.Steered(position) {
		return false
	}
	id := e.ids[min(position-e.prompt+1, len(e.ids)-1)]
	for i := range row {
		row[i] = 1000*e.w.embedding[id*e.w.width+i] + e.strange
	}
	return true
}

func words(text string) []string { return strings.Fields(text) }

func TestMeasureCounts(t *testing.T) {
	w := smallWorld(t)
	problems := someProblems(t, 9)
	answers := map[string]string{}
	for _, p := range problems {
		answers[p.Question] = p.Answer
	}
	right := func(prompt string) string { return answers[prompt] }
	wrong := func(prompt string) string {
		if answers[prompt] == "7" {
			return "8"
		}
		return "7"
	}
	third := func(prompt string) bool { return prompt == problems[3].Question }
	say := func(f func(prompt string) string) Lane {
		return Lane{Name: "scripted", Model: w.model, MaxTokens: 12, Steering: script{w: w, says: func(p string) []string { return words(f(p)) }}}
	}
	lanes := []Lane{
		say(func(p string) string { return "the answer is " + right(p) + " . </s>" }),
		say(func(p string) string {
			return "first the answer is " + wrong(p) + " . so the answer is " + right(p) + " . </s>"
		}),
		say(func(p string) string { return "the answer is " + wrong(p) + " . </s>" }),
		say(func(p string) string {
			if third(p) {
				return "we want . . . . . . . . . . . . . . . . ."
			}
			return "the answer is " + right(p) + " . </s>"
		}),
		say(func(string) string { return "the answer is </s>" }),
	}
	got, err := Measure(context.Background(), w.tokenizer, problems, lanes, MeasureOptions{KeepTexts: true, Batch: 7})
	if err != nil {
		t.Fatal(err)
	}
	n := len(problems)
	for i, want := range []struct {
		right, answered, tokens, reasoned int
		stops                             map[generate.Stop]int
	}{
		{n, n, 6 * n, 0, map[generate.Stop]int{generate.StopEOS: n}},
		{n, n, 12 * n, n, map[generate.Stop]int{generate.StopLength: n}},
		{0, n, 6 * n, 0, map[generate.Stop]int{generate.StopEOS: n}},
		{n - 1, n - 1, 6*(n-1) + 12, 1, map[generate.Stop]int{generate.StopEOS: n - 1, generate.StopLength: 1}},
		{0, 0, 4 * n, 0, map[generate.Stop]int{generate.StopEOS: n}},
	} {
		o := got[i]
		if count(o.Right) != want.right || count(o.Answered) != want.answered || o.Tokens != want.tokens || o.Reasoned != want.reasoned || !reflect.DeepEqual(o.Stops, want.stops) {
			t.Errorf("lane %d: %d right, %d answered, %d tokens, %d reasoned, stops %v; want %+v; first text %q",
				i, count(o.Right), count(o.Answered), o.Tokens, o.Reasoned, o.Stops, want, o.Texts[0])
		}
		if o.Steered != o.Tokens || o.SteeredFraction() != 1 {
			t.Errorf("lane %d: %d of %d tokens are steered, want all", i, o.Steered, o.Tokens)
		}
	}
	if want := "the answer is " + problems[2].Answer + " ."; got[0].Texts[2] != want {
		t.Errorf("the text is %q, want %q", got[0].Texts[2], want)
	}
	if got[3].Right[3] || !got[3].Right[4] {
		t.Error("the wrong answer is not that of problem 3")
	}
	if got[3].Broken(got[0]) || !got[4].Broken(got[0]) || got[4].Broken(got[4]) {
		t.Error("only the lane without answers is broken, beside a base that has some")
	}
}

func TestMeasurePrompts(t *testing.T) {
	w := smallWorld(t)
	problems := someProblems(t, 2)
	var prompts []string
	s := script{w: w, prompts: &prompts, says: func(string) []string { return words("is 4 . </s>") }}
	lanes := []Lane{
		{Name: "plain", Model: w.model, Steering: s},
		{Name: "both", Model: w.model, Steering: s, Header: "slow lesson :", Prefill: "we answer"},
		{Name: "begun", Model: w.model, Steering: s, Prefill: "the answer"},
	}
	got, err := Measure(context.Background(), w.tokenizer, problems, lanes, MeasureOptions{KeepTexts: true})
	if err != nil {
		t.Fatal(err)
	}
	q := problems[0].Question
	if want := []string{q, "slow lesson : " + q + " we answer", q + " the answer"}; !slices.Equal(prompts[:3], want) {
		t.Errorf("prompts %q, want %q", prompts[:3], want)
	}
	if got[1].Texts[0] != "we answer is 4 ." || got[1].Reasoned != 2 || got[1].Right[0] != (problems[0].Answer == "4") {
		t.Errorf("%q, %d reasoned", got[1].Texts[0], got[1].Reasoned)
	}
	if got[2].Reasoned != 0 || count(got[2].Answered) != 2 || count(got[0].Answered) != 0 {
		t.Errorf("%+v", got[2])
	}
}

func TestMeasureUnknownWord(t *testing.T) {
	w := smallWorld(t)
	problems := []problem.Problem{{ID: "mine", Question: "what is love ?", Answer: "7"}}
	_, err := Measure(context.Background(), w.tokenizer, problems, []Lane{{Name: "base", Model: w.model}}, MeasureOptions{})
	if err == nil || !strings.Contains(err.Error(), `"mine"`) || !strings.Contains(err.Error(), "love") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = Measure(ctx, w.tokenizer, someProblems(t, 1), []Lane{{Model: w.model}}, MeasureOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestMeasureIsTheSameInAnyCompany: neither the batch, nor the order of lanes,
// nor the number of threads changes an outcome.
func TestMeasureIsTheSameInAnyCompany(t *testing.T) {
	w := smallWorld(t)
	vectors := w.vectors(1.5)
	problems := someProblems(t, 7)
	positions := positionsOf(t, w, vectors, []TermFired{{Prompt: 20, Generated: 30}, {Generated: 10}}, "v*2@0[last+every:2],v*3@1[sentence]")
	lanes := []Lane{
		{Name: "base", Model: w.model, MaxTokens: 9},
		w.lane(t, "v*3@0[last]", vectors),
		w.lane(t, "v*2@1[sentence],addn:v*0.5r@0[gen]", vectors),
		w.lane(t, "v*2@0[content]?entropy>1", vectors),
		{Name: "anywhere", Model: w.model, Steering: positions, MaxTokens: 15},
		{Name: "prompt", Model: w.model, Header: "slow lesson :", MaxTokens: 9},
	}
	want, err := Measure(context.Background(), w.tokenizer, problems, lanes, MeasureOptions{KeepTexts: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range want[1:5] {
		if slices.Equal(o.Texts, want[0].Texts) || o.Steered == 0 || o.RowEdits == 0 {
			t.Errorf("lane %d changes nothing: %+v", i+1, o)
		}
	}
	backwards := slices.Clone(lanes)
	slices.Reverse(backwards)
	for _, batch := range []int{1, 2, 5, 6, 13, 1000} {
		var calls []int
		got, err := Measure(context.Background(), w.tokenizer, problems, backwards, MeasureOptions{KeepTexts: true, Batch: batch,
			Progress: func(done, total int) { calls = append(calls, done, total) }})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(got)
		for i := range lanes {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("batch %d, lane %s: %+v, want %+v", batch, lanes[i].Name, got[i], want[i])
			}
		}
		if last := calls[len(calls)-2:]; last[0] != 42 || last[1] != 42 {
			t.Errorf("batch %d: progress ended at %v, want 42 of 42", batch, last)
		}
	}
	threads := newWorld(t, w.model.Config(), 3)
	for i := range lanes {
		lanes[i].Model = threads.model
	}
	got, err := Measure(context.Background(), w.tokenizer, problems, lanes, MeasureOptions{KeepTexts: true})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("with three threads: %+v, %v", got, err)
	}
}

// TestMeasureTooStrong: edits that no number survives end their lane alone.
func TestMeasureTooStrong(t *testing.T) {
	w := smallWorld(t)
	problems := someProblems(t, 4)
	bad := Lane{Name: "bad", Model: w.model, Steering: script{w: w, strange: float32(math.Inf(1)), says: func(string) []string { return words("the") }}}
	lanes := []Lane{{Name: "base", Model: w.model, MaxTokens: 5}, bad, w.lane(t, "v*2@0[last]", w.vectors(1))}
	got, err := Measure(context.Background(), w.tokenizer, problems, lanes, MeasureOptions{KeepTexts: true})
	if err != nil {
		t.Fatal(err)
	}
	if o := got[1]; o.Stops[StopBroken] != 4 || o.Tokens != 0 || count(o.Answered) != 0 {
		t.Errorf("too strong: %+v", o)
	}
	want, err := Measure(context.Background(), w.tokenizer, problems, []Lane{lanes[0], lanes[2]}, MeasureOptions{KeepTexts: true})
	if err != nil || !reflect.DeepEqual([]Outcome{got[0], got[2]}, want) {
		t.Errorf("beside a lane that breaks: %+v, want %+v (%v)", got, want, err)
	}
}

// TestMeasureFired: the terms' counts say where they fired.
func TestMeasureFired(t *testing.T) {
	w := smallWorld(t)
	problems := someProblems(t, 3)
	got, err := Measure(context.Background(), w.tokenizer, problems, []Lane{
		w.lane(t, "v*0.1@0[last],v*0.1@0-1[2-3],v*0.1@1[gen]", w.vectors(1)),
	}, MeasureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o := got[0]
	// A lane's last token is not computed: one position fewer steers.
	later := o.Tokens - len(problems)
	want := []TermFired{{Generated: 3}, {Prompt: 6}, {Generated: later}}
	if later <= 0 || !slices.Equal(o.Fired, want) || o.PromptEdits != 6 || o.Steered != o.Tokens || o.RowEdits != 3+12+later {
		t.Errorf("fired %v, want %v; %d prompt edits, %d steered of %d, %d row edits", o.Fired, want, o.PromptEdits, o.Steered, o.Tokens, o.RowEdits)
	}
	positions := 0
	for _, p := range problems {
		positions += len(strings.Fields(p.Question)) - 1 // without <s> and the last
	}
	if o.PromptPositions != positions {
		t.Errorf("%d prompt positions, want %d", o.PromptPositions, positions)
	}
}

func positionsOf(t testing.TB, w *world, vectors map[string]*steering.Vector, fired []TermFired, text string) *controls.Anywhere {
	t.Helper()
	plan, err := steering.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	d := drawer{
		subject: Subject{Model: w.model, Tokenizer: w.tokenizer, Plan: plan, Vectors: vectors},
		own:     Outcome{Tokens: 100, PromptPositions: 100, Fired: fired},
	}
	a, err := d.anywhere(plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// BenchmarkMeasure answers problems as when controls are measured; ns/token is
// what counts.
func BenchmarkMeasure(b *testing.B) {
	w := newWorld(b, Shape(), 0)
	vectors := w.vectors(.5)
	for _, size := range []struct{ lanes, problems, batch int }{
		{1, 256, 64}, {1, 256, 256}, {10, 50, 64}, {10, 50, 128}, {10, 50, 256}, {10, 50, 512}, {300, 2, 64}, {300, 2, 150}, {300, 2, 256}, {300, 2, 512},
	} {
		var lanes []Lane
		for i := range size.lanes {
			l := w.lane(b, fmt.Sprintf("v*%g@2[sentence]", .1*float64(i)), vectors)
			l.MaxTokens = 30
			lanes = append(lanes, l)
		}
		problems := someProblems(b, size.problems)
		b.Run(fmt.Sprintf("lanes=%d/problems=%d/batch=%d", size.lanes, size.problems, size.batch), func(b *testing.B) {
			b.ReportAllocs()
			tokens := 0
			for b.Loop() {
				got, err := Measure(context.Background(), w.tokenizer, problems, lanes, MeasureOptions{Batch: size.batch})
				if err != nil {
					b.Fatal(err)
				}
				for _, o := range got {
					tokens += o.Tokens
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(tokens), "ns/token")
		})
	}
}

func gaussian(n int, r *rand.Rand) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}
