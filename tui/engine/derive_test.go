package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// someWords are pairs that the embedded model can read.
func someWords() Derivation {
	return Derivation{
		Name: "up", Method: "mean",
		Positive: []string{"5 . ann +3", "", "5 . bob +7", "5 . cat +9"},
		Negative: []string{"5 . ann -3", "5 . bob -7", "5 . cat -9", " "},
	}
}

// derived runs a derivation to its end.
func derived(t *testing.T, e *Engine, x Derivation) (last tea.Msg, progress []Deriving) {
	t.Helper()
	for msg := e.Derive(7, x)(); ; msg = e.More(7)() {
		p, more := msg.(Deriving)
		if !more {
			return msg, progress
		}
		progress = append(progress, p)
	}
}

func TestDerive(t *testing.T) {
	for _, m := range Methods() {
		t.Run(m.Name, func(t *testing.T) {
			e := newEngine(t)
			openEmbedded(t, e)
			x := someWords()
			x.Method = m.Name
			last, progress := derived(t, e, x)
			msg, ok := last.(Derived)
			if !ok {
				t.Fatalf("got %#v", last)
			}
			if msg.Gen != 7 || msg.Pairs != 3 || len(msg.Layers) != 4 || msg.Info.Name != "up" || !msg.Info.Unsaved || msg.Info.Err != "" {
				t.Errorf("derived %+v", msg)
			}
			if len(progress) == 0 || progress[len(progress)-1].Total != 6 {
				t.Errorf("it told of %v", progress)
			}
			if msg.Info.Meta["data"] != "typed" || msg.Info.Meta["where"] != "last" || !strings.HasPrefix(msg.Info.Meta["data_hash"], "sha256:") {
				t.Errorf("it says of itself %v", msg.Info.Meta)
			}
		})
	}
}

// TestDerivedStays uses a derived vector, opens another model beside it, and
// saves it.
func TestDerivedStays(t *testing.T) {
	e := newEngine(t)
	opened := openEmbedded(t, e)
	derived(t, e, someWords())
	g := collect(t, e, 2, e.Generate(2, []Lane{{ID: 1, Prompt: Prompt{Text: opened.Problems[0].Question}, Plan: "up*3@1"}}, Sampling{MaxTokens: 5}))
	if len(g.Ended) != 1 || g.Ended[0].RowEdits == 0 {
		t.Errorf("with the vector: %+v", g.Ended)
	}
	again, ok := e.Open(3, "embedded:thinking")().(Opened)
	if !ok {
		t.Fatal("the other model does not open")
	}
	kept := false
	for _, info := range again.Vectors {
		kept = kept || info.Name == "up" && info.Unsaved && info.Read
	}
	if !kept {
		t.Errorf("beside another model there are %+v", again.Vectors)
	}
	if msg, _ := derived(t, e, someWords()); !strings.Contains(msg.(Failed).Err, "already") {
		t.Errorf("a second one of that name: %+v", msg)
	}
	path := filepath.Join(t.TempDir(), "up.safetensors")
	done := ask[Exported](t, e.ExportVector(4, "up", path, false))
	if done.Info.Unsaved || done.Info.Source != path || len(done.Info.Layers) != 4 || done.Info.Meta["method"] != "mean difference" {
		t.Errorf("saved: %+v", done.Info)
	}
}

func TestDeriveRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.jsonl")
	if err := os.WriteFile(file, []byte(`{"positive":"5 ."}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, err string
		change    func(*Derivation)
	}{
		{"unknown words", `"zzz"`, func(x *Derivation) { x.Positive[2] = "5 . zzz" }},
		{"uneven sides", "3 texts on one side and 2", func(x *Derivation) { x.Negative = x.Negative[:2] }},
		{"nothing", "is empty", func(x *Derivation) { x.Positive, x.Negative = nil, nil }},
		{"same on both sides", "same text", func(x *Derivation) { x.Negative[0] = x.Positive[0] }},
		{"no name", "can't be a vector's name", func(x *Derivation) { x.Name = "" }},
		{"odd name", "can't be a vector's name", func(x *Derivation) { x.Name = "a b" }},
		{"taken name", "already", func(x *Derivation) { x.Name = "begin" }},
		{"no method", "no method", func(x *Derivation) { x.Method = "magic" }},
		{"one side in the file", "positive texts only", func(x *Derivation) { x.Texts = file }},
		{"no file", "no such file", func(x *Derivation) { x.Texts = "nosuch.jsonl" }},
		{"texts it can't read", "embedded:sentiment, line 1", func(x *Derivation) { x.Texts = "embedded:sentiment" }},
		{"no template", "template", func(x *Derivation) { x.Chat = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t)
			openEmbedded(t, e)
			x := someWords()
			c.change(&x)
			msg, _ := derived(t, e, x)
			if f, ok := msg.(Failed); !ok || !strings.Contains(f.Err, c.err) || f.Gen != 7 {
				t.Errorf("got %+v, want an error with %q", msg, c.err)
			}
		})
	}
}

func TestListContrasts(t *testing.T) {
	e := newEngine(t)
	openEmbedded(t, e)
	for _, c := range ask[Contrasts](t, e.ListContrasts(1)).Files {
		if c.Pairs < 40 || c.Positive == "" || c.Negative == "" || c.Err == "" || c.Prompted != (c.Name == "refusal") {
			t.Errorf("%+v", c)
		}
	}
}
