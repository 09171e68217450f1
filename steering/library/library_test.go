package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tiller/model"
	"tiller/steering"
	"tiller/steering/lab/problem"
	"tiller/steering/vectorfile"
)

// shelf is a library as small as can be; files replace or add to what it has.
func shelf(files map[string]string) Library {
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"models/base/config.json":     "{}",
		"models/thinking/config.json": "{}",
		"models/README.md":            "about models",
		"vectors/v.safetensors":       "",
		"plans/demo.json":             `{"name":"demo","about":"a > b","terms":[{"vector":"v","strength":0.5}]}`,
		"plans/README.md":             "about plans",
		"contrast/mood.jsonl":         `{"positive":"glad","negative":"sad"}`,
		"splits/test.jsonl": `{"id":"test/sum/1","family":"sum","question":"one ?","answer":"1"}
{"id":"test/sum/2","family":"sum","question":"two ?","answer":"2"}
`,
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return New(fsys)
}

// refused reports whether an error is what a test wants: one that contains want,
// or none if want is empty.
func refused(err error, want string) bool {
	if err == nil || want == "" {
		return err == nil && want == ""
	}
	return strings.Contains(err.Error(), want)
}

func TestNames(t *testing.T) {
	l := shelf(map[string]string{"plans/a.json": "{}", "contrast/b.txt": ""})
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"models", l.Models(), []string{"base", "thinking"}},
		{"vectors", l.Vectors(), []string{"v"}},
		{"plans", l.Plans(), []string{"a", "demo"}},
		{"contrasts", l.Contrasts(), []string{"mood"}},
		{"models of nothing", New(fstest.MapFS{}).Models(), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestModelFolder(t *testing.T) {
	for _, c := range []struct{ ref, config, err string }{
		{ref: "embedded:base", config: "{}"},
		{ref: "folder/base"},
		{ref: "embedded:nonsense", err: `there is no embedded model "nonsense", only embedded:base, embedded:thinking`},
		{ref: "embedded:README.md", err: "only embedded:base, embedded:thinking"},
		{ref: "embedded:base/..", err: "only embedded:base, embedded:thinking"},
	} {
		folder, err := shelf(nil).ModelFolder(c.ref)
		switch {
		case !refused(err, c.err):
			t.Errorf("%s: error %v, want %q", c.ref, err, c.err)
		case c.config == "" && folder != nil:
			t.Errorf("%s is taken for an embedded model", c.ref)
		case c.config != "":
			if text, err := fs.ReadFile(folder, "config.json"); err != nil || string(text) != c.config {
				t.Errorf("%s: %q, %v", c.ref, text, err)
			}
		}
	}
	if _, err := New(fstest.MapFS{}).ModelFolder("embedded:base"); !refused(err, "carries none") {
		t.Errorf("an empty library: %v", err)
	}
}

func TestReadPlan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(path, []byte(`{"terms":[{"vector":"w"}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ref, name, about, plan, err string }{
		{ref: "@demo", name: "demo", about: "a > b", plan: "v*0.5"},
		{ref: "@" + path, plan: "w"},
		{ref: "@dmeo.json", err: `there is no embedded plan "dmeo.json", only @demo; a file is named with a slash, as in @./dmeo.json`},
		{ref: "@" + path + "x", err: "cannot read the plan: "},
		{ref: "@", err: "@ names no plan"},
		{ref: "v*0.5", err: "v*0.5 names no plan"},
	} {
		file, err := shelf(nil).ReadPlan(t.Context(), c.ref)
		if !refused(err, c.err) {
			t.Errorf("%s: error %v, want %q", c.ref, err, c.err)
		}
		if file.Name != c.name || file.About != c.about || file.Plan.String() != c.plan {
			t.Errorf("%s: %q, %q, %q", c.ref, file.Name, file.About, file.Plan)
		}
	}
}

func TestReadPlanRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"about":"x","terms":[{"vector":"v","bent":1}]}`: `unknown field "bent"`,
		`{"about":7,"terms":[]}`:                          `"about" is not a string`,
		`{"name":"a","name":"b","terms":[]}`:              "ambiguous",
		`{"about":"x","temrs":[]}`:                        `unknown field "temrs"`,
		`{"terms":`:                                       "plans/demo.json",
	} {
		if _, err := shelf(map[string]string{"plans/demo.json": text}).ReadPlan(t.Context(), "@demo"); !refused(err, want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

func TestWritePlan(t *testing.T) {
	dir := t.TempDir()
	for i, c := range []struct{ name, about, plan string }{
		{"", "", ""},
		{"mine", "a > b\n\x1b[2J", "v*0.5@2[last+gen:1-9],addn:w*0.4r?entropy>1.5"},
	} {
		plan, err := steering.Parse(c.plan)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, string(rune('a'+i))+".json")
		want := PlanFile{c.name, c.about, plan}
		if err := WritePlan(path, want, false); err != nil {
			t.Fatal(err)
		}
		got, err := shelf(nil).ReadPlan(t.Context(), "@"+path)
		if err != nil || got.Name != c.name || got.About != c.about || !got.Plan.Equal(plan) {
			t.Errorf("%q: read back as %+v, %v", c.plan, got, err)
		}
		if err := WritePlan(path, PlanFile{}, false); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over a file that is there: %v", err)
		}
		if got, err := shelf(nil).ReadPlan(t.Context(), "@"+path); err != nil || got.Name != c.name {
			t.Errorf("what was there is %+v, %v", got, err)
		}
		if err := WritePlan(path, PlanFile{Name: "new"}, true); err != nil {
			t.Error(err)
		}
		if got, err := shelf(nil).ReadPlan(t.Context(), "@"+path); err != nil || got.Name != "new" {
			t.Errorf("what replaced it is %+v, %v", got, err)
		}
	}
	if err := WritePlan(filepath.Join(dir, "long.json"), PlanFile{About: strings.Repeat("x", maxPlanFile)}, false); !refused(err, "more than the") {
		t.Errorf("a plan that nothing would read: %v", err)
	}
	if err := WritePlan(filepath.Join(dir, "none", "a.json"), PlanFile{}, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into no folder: %v", err)
	}
}

func TestDemonstration(t *testing.T) {
	for _, c := range []struct{ manifest, question, err string }{
		{"", "one ?", ""},
		{`{"demonstration":"test/sum/2","seed":1}`, "two ?", ""},
		{`{"seed":1}`, "one ?", ""},
		{`{"demonstration":"test/sum/3"}`, "", `lacks the question "test/sum/3"`},
		{`{"demonstration":3}`, "", "manifest.json"},
	} {
		files := map[string]string{}
		if c.manifest != "" {
			files["manifest.json"] = c.manifest
		}
		p, err := shelf(files).Demonstration()
		if p.Question != c.question || !refused(err, c.err) {
			t.Errorf("%s: %q, %v", c.manifest, p.Question, err)
		}
	}
	if _, err := New(fstest.MapFS{}).Demonstration(); !refused(err, "carries no demonstration") {
		t.Errorf("an empty library: %v", err)
	}
}

func TestProblems(t *testing.T) {
	l := shelf(map[string]string{"splits/tune.jsonl": "{}\nnonsense\n"})
	for _, c := range []struct {
		split problem.Split
		n     int
		err   string
	}{
		{problem.Test, 2, ""},
		{problem.Tune, 0, "splits/tune.jsonl, line 2"},
		{problem.Hard, 0, "cannot read the embedded questions"},
	} {
		p, err := l.Problems(c.split)
		if len(p) != c.n || !refused(err, c.err) {
			t.Errorf("%s: %d, %v", c.split, len(p), err)
		}
	}
}

func TestQuestion(t *testing.T) {
	const asked = "ann +7 . bob +8 . cat +8 . what is the last digit of the total ?"
	for _, c := range []struct{ model, prompt, answer string }{
		{"embedded:base", asked, "3"},
		{"embedded:base", "slow lesson : " + asked, "3"},
		{"embedded:base", "quick quiz : " + asked, "3"},
		{"embedded:base", "what is it ?", ""},
		{"some/folder", asked, ""},
	} {
		answer := ""
		if p := Question(c.model, c.prompt); p != nil {
			answer = p.Answer
		}
		if answer != c.answer {
			t.Errorf("%s, %s: %q, want %q", c.model, c.prompt, answer, c.answer)
		}
	}
}

func TestReadTexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "texts")
	if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ref, text, err string }{
		{"embedded:mood", `{"positive":"glad","negative":"sad"}`, ""},
		{path, "mine", ""},
		{"embedded:moods", "", `there is no embedded contrast file "moods", only embedded:mood`},
		{path + "x", "", "cannot read the texts"},
	} {
		text, err := shelf(nil).ReadTexts(t.Context(), c.ref)
		if string(text) != c.text || !refused(err, c.err) {
			t.Errorf("%s: %q, %v", c.ref, text, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := shelf(nil).ReadTexts(cancelled, path+"x"); err == nil {
		t.Error("nothing stops it")
	}
}

// makeVectors returns a folder of vector files: a once, b twice.
func makeVectors(t *testing.T) string {
	dir := t.TempDir()
	for _, file := range []string{"a.safetensors", "b.safetensors", "b.gguf"} {
		v := &steering.Vector{Name: "x", DModel: 2, Directions: map[int][]float32{1: {1, 2}}}
		if err := vectorfile.Write(filepath.Join(dir, file), v); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPlanVectors(t *testing.T) {
	dir := makeVectors(t)
	l := shelf(nil)
	folder, err := VectorFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if paths := folder.Paths(); len(paths) != 3 {
		t.Errorf("the folder's files are %q", paths)
	}
	for _, c := range []struct {
		plan, model   string
		files         VectorFiles
		loaded, known string
		err           string
	}{
		{plan: "a", model: "m", files: folder, loaded: "a", known: "b"},
		{plan: "", model: "m"},
		{plan: "", model: "embedded:base", known: "v"},
		{plan: "a", model: "embedded:base", files: folder, loaded: "a", known: "b v"},
		{plan: "v", model: "m", files: VectorFiles{"v": {filepath.Join(dir, "a.safetensors")}}, loaded: "v"},
		{plan: "c", model: "m", files: folder, known: "a b"}, // steering.Bind says so
		{plan: "b", model: "m", files: folder, err: `the vector "b" may be `},
		{plan: "c", model: "m", err: `the plan uses the vector "c", but no vector has a file`},
		{plan: "v", model: "m", err: "embedded:v"}, // it is no vector
	} {
		plan, err := steering.Parse(c.plan)
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := l.PlanVectors(c.files, []steering.Plan{plan}, c.model)
		if !refused(err, c.err) {
			t.Errorf("%q on %s: error %v, want %q", c.plan, c.model, err, c.err)
		}
		var loaded, known []string
		for name, v := range vectors {
			switch {
			case v == nil:
				known = append(known, name)
			case v.Name != name:
				t.Errorf("%q is called %q", name, v.Name)
			default:
				loaded = append(loaded, name)
			}
		}
		slices.Sort(known)
		if strings.Join(loaded, " ") != c.loaded || strings.Join(known, " ") != c.known {
			t.Errorf("%q on %s: loaded %q, known %q", c.plan, c.model, loaded, known)
		}
	}
	if folder["v"] != nil {
		t.Error("the files given were changed")
	}
}

// tiny is a model small enough for tests.
var tiny = filepath.Join("..", "..", "model", "testdata", "llama-mha")

// TestOpen opens the same model from a path and as an embedded one.
func TestOpen(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} {
		text, err := os.ReadFile(filepath.Join(tiny, name))
		if err != nil {
			t.Fatal(err)
		}
		files["models/base/"+name] = string(text)
	}
	l := shelf(files)
	var fingerprints []string
	for _, ref := range []string{tiny, "embedded:base"} {
		m, err := l.OpenModel(t.Context(), ref, model.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		s := Describe(ref, m)
		if s.Ref != ref || s.Architecture != "llama" || s.Weights != "F32" || s.Layers != 2 || s.DModel != 16 || s.Vocab != m.Config().Vocab {
			t.Errorf("%s: %+v", ref, s)
		}
		if want := filepath.Base(ref) + " · llama · 2 layers of 16 · F32"; s.Line() != want {
			t.Errorf("%s: %q, want %q", ref, s.Line(), want)
		}
		c, err := l.OpenCheckpoint(ref)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fingerprints = append(fingerprints, s.Fingerprint, c.Fingerprint())
		if _, err := l.OpenTokenizer(ref); err != nil {
			t.Error(err)
		}
	}
	if len(slices.Compact(fingerprints)) != 1 {
		t.Errorf("the same model has fingerprints %q", fingerprints)
	}
	_, modelErr := l.OpenModel(t.Context(), "embedded:x", model.Options{})
	_, tokenizerErr := l.OpenTokenizer("embedded:x")
	_, checkpointErr := l.OpenCheckpoint("embedded:x")
	_, _, vectorErr := l.ReadVector("embedded:x")
	for _, err := range []error{modelErr, tokenizerErr, checkpointErr, vectorErr} {
		if !errors.As(err, new(*NotEmbeddedError)) {
			t.Errorf("a name that there isn't: %v", err)
		}
	}
}
