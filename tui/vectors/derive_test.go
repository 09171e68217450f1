package vectors

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/derive"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

// derive opens the sheet.
func (b *bench) derive() *Sheet {
	b.t.Helper()
	b.sheet = DeriveSheet(b.d)
	b.run(b.sheet.Enter())
	return b.sheet
}

// pairs are texts that the embedded model can read.
var pairs = [2]string{"5 . ann +3\n5 . bob +7\n\n5 . cat +9\n5 . dan +8", "5 . ann -3\n5 . bob -7\n5 . cat -9\n5 . dan -8"}

// TestDeriveTyped derives a vector from typed texts, writes it to a file, and
// adds it to the plan.
func TestDeriveTyped(t *testing.T) {
	b := newBench(t)
	s := b.derive()
	b.shows("derive-80x20", 80, 20)
	b.do(keys.Details) // nothing is typed yet
	if s.field != positiveField || !s.Typing() {
		t.Fatal("enter does not go to where texts are missing")
	}
	b.run(s.Paste(pairs[0]))
	b.do(keys.Complete)
	b.run(s.Paste(pairs[1]))
	b.shows("derive-typed-80x20", 80, 20)
	b.do(keys.Complete, keys.Mark, keys.Left, keys.Details)
	if s.result == nil || s.running != 0 || len(b.d.Jobs) > 0 {
		t.Fatalf("nothing came of it: %q", s.failed)
	}
	b.shows("derived-80x20", 80, 20)
	if info := b.d.Vector("mine"); info == nil || !info.Unsaved || len(b.d.UnsavedVectors()) != 1 {
		t.Errorf("on the desk is %+v", info)
	}
	b.do(keys.Save)
	s.saving.path.input.SetValue(filepath.Join(t.TempDir(), "mine.safetensors"))
	b.do(keys.Generate)
	if s.saving != nil || len(b.d.UnsavedVectors()) != 0 {
		t.Errorf("it is not saved: %s", b.d.Status.Text)
	}
	b.do(keys.AddToPlan)
	if plan := b.d.Active().Plan.Text; !strings.Contains(plan, ",mine*0.") || !s.Done() {
		t.Errorf("the plan is %q", plan)
	}
	if a := b.d.Active().Answer; a == nil || a.Err != "" || len(a.Tokens) == 0 {
		t.Errorf("with it the model says %+v", a)
	}
}

// TestDeriveFile takes pairs from a file, and its name for the vector.
func TestDeriveFile(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "my moods.jsonl")
	if err := os.WriteFile(file, []byte(`{"positive":"5 . ann","negative":"5 . bob"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := b.derive()
	b.do(keys.Up, keys.Type)
	b.run(s.Paste(filepath.Dir(file) + "/my"))
	b.do(keys.Complete)
	if s.file.value() != file || s.name.Value() != "my-moods" {
		t.Fatalf("completed to %q, called %q", s.file.value(), s.name.Value())
	}
	b.do(keys.Generate)
	if s.result == nil {
		t.Fatal(s.failed)
	}
	b.says("too few to hold any out", "my-moods*0.3r@1-2[content]")
	b.do(keys.Back)
	if !s.Done() || b.d.Vector("my-moods") == nil {
		t.Error("it is not left in Vectors")
	}
}

// TestDeriveFails says why, and lets the person go on.
func TestDeriveFails(t *testing.T) {
	b := newBench(t)
	s := b.derive()
	b.do(keys.Type)
	b.run(s.Paste("zzz"))
	b.do(keys.Complete)
	b.run(s.Paste("5"))
	b.do(keys.Back, keys.Details)
	b.says(`"zzz" is not in`)
	if s.running != 0 || len(b.d.Jobs) > 0 || b.d.Vector("mine") != nil {
		t.Error("it goes on")
	}
	b.do(keys.Top, keys.Details) // texts that the model can't read
	if s.running != 0 {
		t.Error("it tries what it knows to fail")
	}
	b.do(keys.Back)
	if !s.Done() {
		t.Error("esc does not close it")
	}
}

// TestDeriveStopped leaves the sheet as it was.
func TestDeriveStopped(t *testing.T) {
	b := newBench(t)
	s := b.derive()
	s.typed[0].SetValue(pairs[0])
	s.typed[1].SetValue(pairs[1])
	s.Do(keys.Details) // the engine is slow today
	b.run(func() tea.Msg { return engine.Deriving{Gen: s.running, Done: 2, Total: 8} })
	b.says("2 of 8 texts", "ctrl+c stops")
	b.run(func() tea.Msg { return engine.Failed{Gen: s.running, Job: "deriving mine", Err: "cancelled"} })
	b.says("It was stopped.")
	if s.running != 0 || len(b.d.Jobs) > 0 {
		t.Error("it goes on")
	}
}

// TestUsualContrast is what D and enter do for a model that reads English: the
// first vector is one key away.
func TestUsualContrast(t *testing.T) {
	b := newBench(t)
	b.d.Model.Words = nil
	s := DeriveSheet(b.d)
	if cmd, _ := s.Do(keys.Details); cmd == nil {
		t.Fatal("enter asks for nothing")
	}
	job := b.d.Jobs[len(b.d.Jobs)-1]
	if job.Name != "deriving sentiment" || engine.Methods()[s.method].Name != "mean" {
		t.Errorf("it is %s by %s", job.Name, engine.Methods()[s.method].Name)
	}
}

// TestManyLayers shows a result in which no layer has a line of its own.
func TestManyLayers(t *testing.T) {
	b := newBench(t)
	b.d.Model.Layers = 30
	s := b.derive()
	r := &engine.Derived{Info: engine.VectorInfo{Name: "mood", Unsaved: true, Notes: []string{"The texts differ in length."}}, Pairs: 44}
	for l := range 30 {
		auc, agree := .5+.5*math.Sin(float64(l)/10), .5+float64(l)/60
		r.Layers = append(r.Layers, derive.LayerReport{Layer: l, AUC: &auc, Agreement: &agree, Ratio: .1})
		r.Info.Layers = append(r.Info.Layers, l)
	}
	s.result = r
	s.layer, _ = best(r.Layers)
	b.do(keys.Left)
	b.shows("derived-deep-80x20", 80, 20)
	r.Layers[3].AUC, r.Layers[14].AUC = nil, nil
	for range 40 {
		b.do(keys.Left)
	}
	b.says("layer 0")
	for _, size := range [][2]int{{54, 10}, {88, 22}} {
		b.screen(size[0], size[1])
	}
}

func TestNames(t *testing.T) {
	b := newBench(t)
	b.d.PutVector(engine.VectorInfo{Name: "mine"})
	b.d.PutVector(engine.VectorInfo{Name: "mine-2"})
	s := DeriveSheet(b.d)
	if got := s.name.Value(); got != "mine-3" {
		t.Errorf("the name is %q", got)
	}
	s.to(nameField)
	s.Key(tea.KeyPressMsg{Code: 'x', Text: "x"})
	s.choose(0)
	if got := s.name.Value(); got != "mine-3x" {
		t.Errorf("the typed name became %q", got)
	}
}

func TestSteerable(t *testing.T) {
	reports := func(aucs ...float64) []derive.LayerReport {
		var out []derive.LayerReport
		for i, auc := range aucs {
			r := derive.LayerReport{Layer: i}
			if !math.IsNaN(auc) {
				r.AUC = &aucs[i]
			}
			out = append(out, r)
		}
		return out
	}
	nan := math.NaN()
	for _, c := range []struct {
		name     string
		reports  []derive.LayerReport
		blocks   int
		from, to int
	}{
		{"a run in the middle", reports(1, 1, 1, 1, .7, .97, .98, .96, .9, 1, 1, 1), 12, 5, 7},
		{"no AUC", reports(nan, nan, nan, nan, nan, nan), 6, 2, 4},
		{"none in the middle", reports(.9), 12, 0, 0},
		{"two layers", reports(.9, .5), 2, 0, 0},
	} {
		if from, to := steerable(c.reports, c.blocks); from != c.from || to != c.to {
			t.Errorf("%s: %d-%d, want %d-%d", c.name, from, to, c.from, c.to)
		}
	}
}
