package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/steering/library"
)

// planEngine keeps plans in a folder of its own.
func planEngine(t *testing.T) (e *Engine, folder string) {
	t.Helper()
	config := t.TempDir()
	e = New(library.New(assets.FS), Options{Threads: 1, Getenv: func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": config}[name]
	}})
	t.Cleanup(e.Close)
	return e, filepath.Join(config, "tiller", "plans")
}

func TestSavePlan(t *testing.T) {
	e, folder := planEngine(t)
	const text = "begin*0.5@2[last]?entropy>1.5"
	if listed := e.ListPlans(1)().(PlansListed); len(listed.Plans) != 0 {
		t.Errorf("a folder that is not there lists %v", listed.Plans)
	}
	saved, ok := e.SavePlan(2, "first.try", text, false)().(PlanSaved)
	if want := filepath.Join(folder, "first.try.json"); !ok || saved.Path != want || saved.Exists || saved.Gen != 2 {
		t.Fatalf("saving gave %+v, want %s", saved, want)
	}
	if again := e.SavePlan(3, "first.try", "begin", false)().(PlanSaved); !again.Exists {
		t.Error("a plan that is there was written over")
	}
	broken := filepath.Join(folder, "broken.json")
	if err := os.WriteFile(broken, []byte(`{"terms":[{"vector":"a b"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	listed := e.ListPlans(4)().(PlansListed).Plans
	if len(listed) != 2 || listed[0].Err == "" || listed[1] != (SavedPlan{Name: "first.try", Ref: "@" + saved.Path, Text: text}) {
		t.Errorf("listed %+v", listed)
	}
	if forced := e.SavePlan(5, "first.try", "begin", true)().(PlanSaved); forced.Exists {
		t.Error("force did not write")
	}
	if text := e.ListPlans(6)().(PlansListed).Plans[1].Text; text != "begin" {
		t.Errorf("after force the plan is %q", text)
	}
}

func TestSavePlanRefused(t *testing.T) {
	e, _ := planEngine(t)
	for _, test := range []struct{ name, text, want string }{
		{"", "begin", "a name has letters"},
		{"../up", "begin", "a name has letters"},
		{".hidden", "begin", "a name has letters"},
		{strings.Repeat("x", 65), "begin", "a name has letters"},
		{"x", "begin*", "column 7"},
	} {
		failed, ok := e.SavePlan(1, test.name, test.text, false)().(Failed)
		if !ok || !strings.Contains(failed.Err, test.want) {
			t.Errorf("%q, %q: %+v", test.name, test.text, failed)
		}
	}
	nowhere := New(library.New(assets.FS), Options{Threads: 1})
	if failed, ok := nowhere.SavePlan(1, "x", "begin", false)().(Failed); !ok || !strings.Contains(failed.Err, "no place") {
		t.Errorf("without a home: %+v", failed)
	}
}

func TestCheckPlan(t *testing.T) {
	e, _ := planEngine(t)
	if checked := e.CheckPlan(1, "nosuch")().(PlanChecked); checked.Err != "" {
		t.Errorf("without a model: %+v", checked)
	}
	openEmbedded(t, e)
	for _, test := range []struct {
		text, want string
		column     int
	}{
		{"", "", 0},
		{"begin*2@1-2[gen]", "", 0},
		{"begin,nosuch*2", "nosuch", 7},
		{"begin@9", "no layer 9", 7},
		{"begin?disagree", "cannot evaluate", 7},
		{"begin*", "a strength", 7},
	} {
		checked := e.CheckPlan(2, test.text)().(PlanChecked)
		if !strings.Contains(checked.Err, test.want) || (test.want == "") != (checked.Err == "") || checked.Column != test.column {
			t.Errorf("%q: %+v", test.text, checked)
		}
	}
}
