package engine

import (
	"math"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/sweep"
)

// sweeping collects what a sweep tells, its first message given.
func sweeping(t *testing.T, e *Engine, gen int, msg tea.Msg) (all Swept, messages int) {
	t.Helper()
	for {
		s, ok := msg.(Swept)
		if !ok || s.Gen != gen {
			t.Fatalf("got %#v", msg)
		}
		messages++
		all = mergeSwept(all, s).(Swept)
		if s.Ended {
			if msg := e.More(gen)(); msg != nil {
				t.Errorf("after the end comes %#v", msg)
			}
			return all, messages
		}
		msg = e.More(gen)()
	}
}

func TestSweep(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	const n = 12
	s := Sweep{Plan: opened.Plan, Layers: []int{2, 9}, Strengths: []float64{0, 1}, Problems: n, Thinking: opened.Model.Thinking}
	all, messages := sweeping(t, e, 2, e.Sweep(2, s)())
	if len(all.Cells) != 4 || all.Stopped || messages < 3 || all.Done != 4*n || all.Total != 4*n {
		t.Fatalf("%d messages: %+v", messages, all)
	}
	if all.Base.N != n || all.Thinking.N != n || all.Thinking.Right <= all.Base.Right {
		t.Errorf("base %+v, thinking %+v", all.Base, all.Thinking)
	}
	for _, c := range all.Cells {
		switch {
		case c.Row == 1:
			if c.Items != 0 || !strings.HasPrefix(c.Err, "this model has no layer 9") {
				t.Errorf("refused is %+v", c)
			}
		case c.Column == 0:
			if c.Tally != all.Base || c.KL != 0 || c.RowEdits != 0 {
				t.Errorf("neutral is %+v, base %+v", c, all.Base)
			}
		case c.Right <= all.Base.Right || c.KL <= 0 || c.Steered <= 0 || c.RowEdits < n:
			t.Errorf("steered is %+v", c)
		}
	}
}

// Where nothing is graded, prompts are read and nothing is generated.
func TestSweepPrompts(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	read := Prompt{Text: opened.Problems[0].Question}
	unread := Prompt{Text: "a word it lacks"}
	long := Prompt{Text: strings.Repeat(read.Text+" ", 30)}
	s := Sweep{Plan: "begin", Layers: []int{1}, Strengths: []float64{.5, 1}, Prompts: []Prompt{read, unread, long, {Text: opened.Problems[1].Question}}}
	all, _ := sweeping(t, e, 2, e.Sweep(2, s)())
	if all.Base.Items != 2 || all.Base.N != 0 || len(all.Cells) != 2 {
		t.Fatalf("%+v", all)
	}
	for _, c := range all.Cells {
		if !(c.KL > 0) || c.Tokens != 0 || !math.IsNaN(c.Score()) || c.PromptEdits == 0 {
			t.Errorf("%+v", c)
		}
	}
	s.Prompts = []Prompt{unread, read}
	if msg, ok := e.Sweep(3, s)().(Failed); !ok || msg.Gen != 3 || !strings.Contains(msg.Err, "vocabulary") {
		t.Errorf("without a first prompt: %#v", msg)
	}
}

func TestSweepStopped(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	cmd := e.Sweep(2, Sweep{Plan: opened.Plan, Layers: []int{0, 1, 2, 3}, Strengths: []float64{.5, 1}, Problems: 192, Thinking: opened.Model.Thinking})
	first := cmd()
	e.Stop(2)()
	all, _ := sweeping(t, e, 2, first)
	if !all.Stopped || len(all.Cells) == 0 || all.Thinking.Items != 0 || all.Done >= all.Total {
		t.Errorf("stopped with %+v", all)
	}
}

func TestSweepFails(t *testing.T) {
	e := newEngine(t)
	if msg, ok := e.Sweep(1, Sweep{Plan: "begin"})().(Failed); !ok || !strings.Contains(msg.Err, "no model is open") {
		t.Errorf("without a model: %#v", msg)
	}
	opened := openEmbedded(t, e)
	grid := Sweep{Plan: opened.Plan, Layers: []int{2}, Strengths: []float64{1}, Problems: 1}
	for want, change := range map[string]func(*Sweep){
		"nosuch":     func(s *Sweep) { s.Plan = "nosuch" },
		"column":     func(s *Sweep) { s.Plan = "begin*" },
		"no term 2":  func(s *Sweep) { s.Term = 1 },
		"no layers":  func(s *Sweep) { s.Layers = nil },
		"no problem": func(s *Sweep) { s.Problems = 0 },
	} {
		s := grid
		change(&s)
		msg := e.Sweep(2, s)()
		for more, ok := msg.(Swept); ok; more, ok = msg.(Swept) {
			if more.Ended {
				break
			}
			msg = e.More(2)()
		}
		if failed, ok := msg.(Failed); !ok || failed.Gen != 2 || !strings.Contains(failed.Err, want) {
			t.Errorf("%s: %#v", want, msg)
		}
	}
}

func TestMergeSwept(t *testing.T) {
	cell := func(row, items int) SweptCell { return SweptCell{Row: row, Tally: sweep.Tally{Items: items}} }
	old := Swept{Gen: 1, Done: 3, Cells: []SweptCell{cell(0, 1), cell(1, 1)}}
	all := mergeSwept(old, Swept{Gen: 1, Done: 5, Cells: []SweptCell{cell(1, 2), cell(2, 1)}}).(Swept)
	if len(all.Cells) != 3 || all.Cells[0].Items != 1 || all.Cells[1].Items != 2 || all.Cells[2].Row != 2 || all.Done != 5 {
		t.Errorf("merged: %+v", all)
	}
}

// A re-test depends on its seed alone.
func TestRetest(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	r := Retest{Plan: opened.Plan, Layer: 2, Strength: 1, Problems: 24, Seed: 7}
	first, ok := e.Retest(2, r)().(Retested)
	if !ok || first.Gen != 2 || first.Seed != 7 || first.Plan != opened.Plan || first.Cell.N != 24 || first.Cell.Right <= first.Base.Right {
		t.Fatalf("%#v", first)
	}
	if again := e.Retest(2, r)(); again != tea.Msg(first) {
		t.Errorf("again: %+v, first %+v", again, first)
	}
	r.Seed = 8
	if other := e.Retest(2, r)().(Retested); other.Cell.Tokens == first.Cell.Tokens && other.Base == first.Base {
		t.Errorf("another seed has the same problems: %+v", other)
	}
	r.Layer = 9
	if msg, ok := e.Retest(3, r)().(Failed); !ok || !strings.Contains(msg.Err, "no layer 9") {
		t.Errorf("at a layer that is not there: %#v", msg)
	}
}

func TestSweepNil(t *testing.T) {
	var e *Engine
	if e.Sweep(1, Sweep{}) != nil || e.Retest(1, Retest{}) != nil {
		t.Error("commands of no engine are not nil")
	}
}
