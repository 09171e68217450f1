package engine

import (
	"os"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/assets"
	"tiller/steering/lab/problem"
	"tiller/steering/library"
)

func newEngine(t testing.TB) *Engine {
	t.Helper()
	e := New(library.New(assets.FS), Options{Threads: 1, Frame: 1, Getenv: os.Getenv})
	t.Cleanup(e.Close)
	return e
}

// openEmbedded opens the embedded base model.
func openEmbedded(t testing.TB, e *Engine) Opened {
	t.Helper()
	msg, ok := e.Open(1, "embedded:base")().(Opened)
	if !ok {
		t.Fatalf("opening gave %#v", msg)
	}
	return msg
}

// collect runs a command and all that follow until the run is done.
func collect(t testing.TB, e *Engine, gen int, cmd tea.Cmd) Generated {
	t.Helper()
	var all Generated
	for msg := cmd(); ; msg = e.More(gen)() {
		g, ok := msg.(Generated)
		if !ok {
			t.Fatalf("got %#v", msg)
		}
		if g.Gen != gen {
			t.Fatalf("generation %d, want %d", g.Gen, gen)
		}
		all.Begun, all.Tokens, all.Ended = append(all.Begun, g.Begun...), append(all.Tokens, g.Tokens...), append(all.Ended, g.Ended...)
		if g.Done {
			return all
		}
	}
}

// text is what a lane generated.
func (g Generated) text(lane int) string {
	var b strings.Builder
	for _, t := range g.Tokens {
		if t.Lane == lane {
			b.WriteString(t.Text)
		}
	}
	return b.String()
}

func TestDemonstration(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	if opened.Plan == "" || len(opened.Problems) < 1000 || opened.Model.Thinking != "embedded:thinking" || len(opened.Model.Words) < 50 {
		t.Fatalf("opened %+v", opened.Model)
	}
	prompt := Prompt{Text: opened.Problems[0].Question}
	lanes := []Lane{{ID: 7, Prompt: prompt}, {ID: 8, Prompt: prompt, Plan: opened.Plan}, {ID: 9, Prompt: prompt, Model: opened.Model.Thinking}}
	g := collect(t, e, 2, e.Generate(2, lanes, Sampling{MaxTokens: 128}))
	for lane, right := range map[int]bool{7: false, 8: true, 9: true} {
		answer, _ := problem.Answer(g.text(lane))
		if (answer == opened.Problems[0].Answer) != right {
			t.Errorf("lane %d answers %q in %q", lane, answer, g.text(lane))
		}
	}
	if len(g.Begun) != 3 || len(g.Ended) != 3 {
		t.Errorf("%d lanes began and %d ended", len(g.Begun), len(g.Ended))
	}
	for _, ended := range g.Ended {
		if ended.Lane == 8 && (ended.RowEdits == 0 || len(ended.Fired) != 1 || len(ended.Ratios) != 1) {
			t.Errorf("the steered lane ended as %+v", ended)
		}
	}
}

// TestOneBadLane lets the other lanes go on.
func TestOneBadLane(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	prompt := Prompt{Text: opened.Problems[0].Question}
	lanes := []Lane{
		{ID: 1, Prompt: prompt},
		{ID: 2, Prompt: prompt, Plan: "begin@9"},
		{ID: 3, Prompt: prompt, Plan: "nosuch"},
		{ID: 4, Prompt: prompt, Plan: "begin*100000@2[gen:3]"},
		{ID: 5, Prompt: Prompt{Text: "a word it lacks"}},
		{ID: 6, Prompt: prompt, Plan: opened.Plan},
	}
	g := collect(t, e, 2, e.Generate(2, lanes, Sampling{MaxTokens: 40}))
	refused := map[int]string{}
	for _, b := range g.Begun {
		if b.Err != "" {
			refused[b.Lane] = b.Err
		}
	}
	if len(refused) != 3 || !strings.Contains(refused[2], "no layer 9") || !strings.Contains(refused[3], "nosuch") || !strings.Contains(refused[5], "not in the vocabulary") {
		t.Errorf("refused: %v", refused)
	}
	if !strings.HasPrefix(g.text(1), " the answer is") || !strings.HasPrefix(g.text(6), " first") {
		t.Errorf("lanes 1 and 6 say %q and %q", g.text(1), g.text(6))
	}
}

// TestTakenOver ends a lane in an earlier run once a later run has it.
func TestTakenOver(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	prompt := Prompt{Text: opened.Problems[0].Question}
	long := Sampling{MaxTokens: 180, IgnoreEOS: true}
	first := e.Generate(2, []Lane{{ID: 1, Prompt: prompt}, {ID: 2, Prompt: prompt, Plan: opened.Plan}}, long)()
	later := collect(t, e, 3, e.Generate(3, []Lane{{ID: 2, Prompt: prompt, Plan: "begin*0.1@2[last]"}}, Sampling{MaxTokens: 20}))
	all := collect(t, e, 2, func() tea.Msg { return first })
	stops := map[int]string{}
	for _, ended := range all.Ended {
		stops[ended.Lane] = ended.Stop
	}
	if stops[1] != "length" {
		t.Errorf("the lane that was not taken over ended by %q", stops[1])
	}
	if len(later.Tokens) == 0 {
		t.Error("the later run generated nothing")
	}
}

// TestTakenOverLate starts the earlier run after the later one, which goes on.
func TestTakenOverLate(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	lanes := []Lane{{ID: 1, Prompt: Prompt{Text: opened.Problems[0].Question}}}
	long := Sampling{MaxTokens: 180, IgnoreEOS: true}
	first := e.Generate(3, lanes, long)()
	earlier := collect(t, e, 2, e.Generate(2, lanes, long))
	later := collect(t, e, 3, func() tea.Msg { return first })
	if len(later.Tokens) != 180 || len(later.Ended) != 1 || later.Ended[0].Stop != "length" {
		t.Errorf("the later run drew %d tokens and ended as %+v", len(later.Tokens), later.Ended)
	}
	if len(earlier.Tokens) > 0 {
		t.Errorf("the earlier run drew %d tokens of a lane that it had lost", len(earlier.Tokens))
	}
}

func TestStop(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	lanes := []Lane{{ID: 1, Prompt: Prompt{Text: opened.Problems[0].Question}}}
	cmd := e.Generate(2, lanes, Sampling{MaxTokens: 200, IgnoreEOS: true})
	first := cmd()
	e.Stop(2)()
	g := collect(t, e, 2, func() tea.Msg { return first })
	if len(g.Ended) != 1 || g.Ended[0].Stop != "cancelled" && g.Ended[0].Stop != "length" {
		t.Errorf("ended: %+v", g.Ended)
	}
	if msg := e.More(2)(); msg != nil {
		t.Errorf("after the end comes %#v", msg)
	}
}

func TestForkedLane(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	prompt := Prompt{Text: opened.Problems[0].Question}
	steered := collect(t, e, 2, e.Generate(2, []Lane{{ID: 1, Prompt: prompt, Plan: opened.Plan}}, Sampling{MaxTokens: 60}))
	fork := collect(t, e, 3, e.Generate(3, []Lane{{ID: 2, Prompt: prompt, Forced: []int{steered.Tokens[0].ID}}}, Sampling{MaxTokens: 60}))
	if fork.Tokens[0].ID != steered.Tokens[0].ID || !strings.HasPrefix(fork.text(2), steered.Tokens[0].Text) {
		t.Errorf("the fork says %q", fork.text(2))
	}
}

func TestNil(t *testing.T) {
	var e *Engine
	for i, cmd := range []tea.Cmd{e.Open(1, "x"), e.Generate(1, nil, Sampling{}), e.ReadPrompt(1, Prompt{}), e.More(1), e.Stop(0)} {
		if cmd != nil {
			t.Errorf("command %d of no engine is not nil", i)
		}
	}
	e.Close()
}
