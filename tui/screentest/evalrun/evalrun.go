// Package evalrun makes runs of the embedded models for tests of screens.
package evalrun

import (
	"os"
	"path/filepath"
	"testing"

	"tiller/assets"
	"tiller/model"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/eval"
	"tiller/steering/eval/evalset"
	"tiller/steering/grade"
	"tiller/steering/lab/corpus"
	"tiller/steering/library"
)

// Plan is the one plan of the runs.
const Plan = "begin@2[last+sentence&gen:18-199]"

// Make computes a run of so many problems of the tune set and returns its
// folder: base, prompt, a plan, two random directions and a negated plan.
// progress is told of every answer; nil is not.
func Make(t testing.TB, problems int, progress func(eval.Progress)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run")
	compute(t, path, problems, progress)
	return path
}

// Copy returns a copy of a run's folder, to change, which has the same name.
func Copy(t testing.TB, run string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(run))
	if err := os.CopyFS(path, os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	return path
}

// Spec describes the run of so many problems of the tune set.
func Spec(problems int) eval.Spec {
	plan, err := steering.Parse(Plan)
	if err != nil {
		panic(err)
	}
	planned := eval.PlanLane(plan, map[string]string{"begin": "0"})
	lanes := []eval.LaneSpec{
		{Name: "base", Kind: eval.Base},
		{Name: "prompt", Kind: eval.Prompt, Template: corpus.LessonHeader + " {question}"},
		planned,
	}
	lanes = append(lanes, eval.ControlLanes(planned, controls.Isotropic, 2, []float64{1})...)
	lanes = append(lanes, eval.ControlLanes(planned, controls.Negated, 1, nil)...)
	return eval.Spec{
		Format: eval.Format, Tool: "test", Kernel: "k", Model: library.Summary{Ref: "embedded:base"}, Lanes: lanes, Samples: 1, Divergence: true,
		Set:      eval.SetSpec{Ref: "embedded:tune", Grader: "answer", Limit: problems},
		Sampling: eval.SamplingSpec{MaxTokens: 120, Seed: 3},
	}
}

func compute(t testing.TB, path string, problems int, progress func(eval.Progress)) {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	l := library.New(assets.FS)
	m, err := l.OpenModel(t.Context(), "embedded:base", model.Options{Threads: 1})
	if err != nil {
		t.Skipf("this build carries no models: %v", err)
	}
	defer m.Close()
	tok, err := l.OpenTokenizer("embedded:base")
	fail(err)
	v, _, err := l.ReadVector("embedded:begin")
	fail(err)
	set, err := evalset.Read(t.Context(), l, "embedded:tune", evalset.Options{Limit: problems})
	fail(err)
	g, err := grade.Parse(set.Grader())
	fail(err)
	spec := Spec(problems)
	spec.Set.SHA256, spec.Set.Template = set.SHA256, set.Template().String()
	folder, err := eval.Create(path, spec)
	fail(err)
	defer folder.Close()
	r := &eval.Run{
		Folder: folder, Base: eval.Model{Model: m, Tokenizer: tok}, Vectors: map[string]*steering.Vector{"begin": v},
		Main:    &eval.Asked{Set: set, Template: set.Template(), Grader: g, Spec: spec.Set},
		Options: eval.Options{Progress: progress},
	}
	fail(r.Compute(t.Context()))
}
