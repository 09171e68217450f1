package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tiller/steering/folderlock"
	"tiller/steering/lab/corpus"
)

// mini is a recipe whose models learn the form of reasoning and little else,
// in about a second.
func mini() Recipe {
	r := DefaultRecipe(1)
	r.Base.Network = Network{Layers: 2, DModel: 16, Heads: 2, FeedForward: 24, Context: 256, RopeTheta: 1000}
	r.Base.TokensPerStep = 150
	r.Base.Train.Steps, r.Base.Train.Warmup, r.Base.Train.LearningRate = 400, 10, 2e-2
	r.Base.Mix = corpus.Mix{
		RecallLeast: 2, RecallMost: 2, FactsLeast: 2, FactsMost: 2,
		Quick: .12, Lesson: .1, PlainReasoned: .7, LessonReasoned: map[string]float64{"sum": 1, "max": 1},
		DirectLeast: 1, DirectMost: 6, ReasonedLeast: 2, ReasonedMost: 6,
		Trace: corpus.TraceOptions{Next: .2, Haste: 1, HasteMost: 1}, LessonHaste: .3, Surprise: .1,
	}
	r.Watch = Watch{Every: 100, Problems: 6}
	r.Thinking.Prompts, r.Thinking.Samples, r.Thinking.MaxTokens, r.Thinking.Train.Steps = 6, 4, 40, 5
	r.Splits = Splits{Seed: 1, Tune: 12, Test: 48, Hard: 6}
	r.Vectors.Questions, r.Vectors.TrainSteps, r.Vectors.TrainBatch = 60, 2, 4
	r.Search = Search{Coarse: 6, Fine: 12, Finalists: 2, MostSteered: 1, Strengths: []float64{1}, Selectors: []string{"last"}}
	r.Figures = fewFigures()
	return r
}

func miniOptions(dir string) BuildOptions {
	return BuildOptions{Dir: dir, Recipe: mini(), Seed: 1, Command: "tiller lab build --recipe mini.json", Tool: "tiller test", Threads: 1}
}

// content is every file below a folder.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// equal compares two folders to the byte.
func equal(t *testing.T, got, want string) {
	t.Helper()
	g, w := content(t, got), content(t, want)
	if names := slices.Sorted(maps.Keys(g)); !slices.Equal(names, slices.Sorted(maps.Keys(w))) {
		t.Errorf("the files are %q", names)
	}
	for name := range w {
		if g[name] != w[name] {
			t.Errorf("%s differs", name)
		}
	}
}

// TestBuild builds once and holds all else against that.
func TestBuild(t *testing.T) {
	straight := filepath.Join(t.TempDir(), "straight")
	manifest, err := Build(t.Context(), miniOptions(straight))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("layout", func(t *testing.T) { testLayout(t, straight, manifest) })
	t.Run("again", func(t *testing.T) { testAgain(t, straight, manifest) })
	t.Run("interrupts", func(t *testing.T) { testInterrupts(t, straight) })
	t.Run("kills", func(t *testing.T) { testKills(t, straight) })
	t.Run("full disk", func(t *testing.T) { testFullDisk(t, straight) })
	t.Run("force", func(t *testing.T) { testForce(t, straight) })
	t.Run("verify", func(t *testing.T) { testVerify(t, straight) })
}

func testLayout(t *testing.T, dir string, m *Manifest) {
	files := content(t, dir)
	for _, name := range []string{
		"models/base/config.json", "models/base/model.safetensors", "models/base/tokenizer.json", "models/base/tokenizer_config.json",
		"models/base/generation_config.json", "models/thinking/model.safetensors", "vectors/decide.safetensors",
		"splits/tune.jsonl", "splits/test.jsonl", "splits/hard.jsonl", "plans/demo.json", "manifest.json",
	} {
		if files[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
	if len(files) != len(m.Files)+1 {
		t.Errorf("there are %d files, and the manifest lists %d besides itself", len(files), len(m.Files))
	}
	if files["models/base/model.safetensors"] == files["models/thinking/model.safetensors"] {
		t.Error("base and thinking are the same model")
	}
	if !strings.Contains(files["splits/test.jsonl"], `"`+m.Demonstration+`"`) {
		t.Errorf("the demonstration %q is not of the test split", m.Demonstration)
	}
	if len(m.Training.Base) != 4 || m.Training.Base[3].Step != 400 || m.Training.Base[3].Score == nil || m.Training.Base[3].Loss == nil {
		t.Errorf("the base model's curve is %v", m.Training.Base)
	}
	if len(m.Training.Thinking) != 5 || m.Training.Thinking[0].Reward == nil || m.Training.Thinking[0].Loss != nil {
		t.Errorf("the thinking model's curve is %v", m.Training.Thinking)
	}
	var names []string
	for _, l := range m.Headline.Table.Lanes {
		names = append(names, l.Name)
	}
	plan, err := (Folder{os.DirFS(dir), dir}).plan("demo")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"base", "thinking", "prompt", "plan:" + plan.String()}; !slices.Equal(names, want) {
		t.Errorf("the lanes are %q, want %q", names, want)
	}
	if f := m.Figures; f == nil || f.Plan != plan.String() || f.Headline == nil || f.Map == nil {
		t.Errorf("the figures are %+v", f)
	}
	parsed, err := ParseManifest([]byte(files["manifest.json"]))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := indented(parsed); err != nil || string(data) != files["manifest.json"] {
		t.Errorf("the manifest does not come back as it was (%v)", err)
	}
}

// testAgain calls Build where nothing is left to build, and with what would
// make something else.
func testAgain(t *testing.T, dir string, m *Manifest) {
	before := content(t, dir)
	o := miniOptions(dir)
	o.Progress = func(p Progress) { t.Errorf("something was built: %v", p) }
	again, err := Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(again)
	if b, _ := json.Marshal(m); !bytes.Equal(a, b) {
		t.Error("the manifest has changed")
	}
	for name, c := range map[string]struct {
		change func(*BuildOptions)
		want   string
	}{
		"recipe": {func(o *BuildOptions) { o.Recipe.Base.Train.Steps = 6 }, `recipe.base.train.steps "400", and now it is "6"`},
		"list":   {func(o *BuildOptions) { o.Recipe.Search.Strengths = []float64{2} }, `recipe.search.strengths "[1]", and now it is "[2]"`},
		"seed":   {func(o *BuildOptions) { o.Seed, o.Recipe = 7, DefaultRecipe(7) }, `seed "1", and now it is "7"`},
		"tool":   {func(o *BuildOptions) { o.Tool = "tiller 9" }, `tool "tiller test", and now it is "tiller 9"`},
	} {
		o := miniOptions(dir)
		c.change(&o)
		if _, err := Build(t.Context(), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("another %s: %v, want %q", name, err, c.want)
		}
	}
	if !maps.Equal(content(t, dir), before) {
		t.Error("the folder is not as it was")
	}
}

// testInterrupts cancels a build again and again.
func testInterrupts(t *testing.T, straight string) {
	dir := filepath.Join(t.TempDir(), "interrupted")
	// The event at which to interrupt, by how often that was done before.
	at := []func(Progress) bool{
		func(p Progress) bool { return p.Stage == "base" && p.Step == 7 },
		func(p Progress) bool { return p.Stage == "base" && p.Step == 200 },
		func(p Progress) bool { return p.Stage == "base" && p.Step == 400 },
		func(p Progress) bool { return p.Stage == "thinking" && p.Step == 2 },
		func(p Progress) bool { return p.Stage == "vectors" },
		func(p Progress) bool { return p.Stage == "plans" && p.Step > 0 },
		func(p Progress) bool { return p.Stage == "headline" },
		func(p Progress) bool { return p.Stage == "figures" && p.Part == "headline" },
		func(p Progress) bool { return p.Stage == "figures" && p.Part == "map" },
	}
	next := map[int]int{1: 8, 2: 201, 4: 3} // the first step of a training after it
	for n, stop := range at {
		ctx, cancel := context.WithCancel(t.Context())
		o := miniOptions(dir)
		first := 0
		o.Progress = func(p Progress) {
			if p.Step > 0 && first == 0 && (p.Stage == "base" || p.Stage == "thinking") {
				first = p.Step
			}
			if stop(p) && !p.Kept {
				cancel()
			}
		}
		_, err := Build(ctx, o)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupt %d: %v", n, err)
		}
		if want := next[n]; want != 0 && first != want {
			t.Errorf("call %d began at step %d, not %d", n, first, want)
		}
	}
	if _, err := Build(t.Context(), miniOptions(dir)); err != nil {
		t.Fatal(err)
	}
	equal(t, dir, straight)
}

// child runs this test's binary as a process of its own that does nothing but
// TestBuildChild with these variables.
func child(t *testing.T, dir string, variables ...string) (output string, err error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBuildChild$", "-test.v")
	cmd.Env = append(append(os.Environ(), "LAB_CHILD="+dir), variables...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestBuildChild is what other tests run as a process of its own.
func TestBuildChild(t *testing.T) {
	dir := os.Getenv("LAB_CHILD")
	if dir == "" {
		t.Skip("other tests run it")
	}
	if os.Getenv("LAB_FULL") != "" {
		limitFiles(t)
	}
	o := miniOptions(dir)
	var stage string
	var step int
	var delay time.Duration
	if at := os.Getenv("LAB_KILL"); at != "" {
		if _, err := fmt.Sscan(at, &stage, &step, &delay); err != nil {
			t.Fatal(err)
		}
	}
	o.Progress = func(p Progress) {
		if p.Stage != stage || p.Step < step || p.Kept {
			return
		}
		stage = ""
		go func() {
			time.Sleep(delay)
			kill()
		}()
		if delay == 0 {
			select {}
		}
	}
	steps := 0
	o.SaveNow = func() bool { steps++; return steps%20 == 0 }
	if _, err := Build(t.Context(), o); err != nil {
		t.Fatal("BUILD:", err)
	}
}

// kill ends this process as nothing can prevent.
func kill() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Kill()
	}
}

// testKills kills a build again and again; with a delay also inside what
// follows the event, such as a file being written.
func testKills(t *testing.T, straight string) {
	dir := filepath.Join(t.TempDir(), "killed")
	for _, at := range []string{
		"tokenizer 0 0s", "base 1 1ms", "base 50 0s", "base 60 300us", "base 120 1ms", "base 400 1ms", "thinking 0 0s", "thinking 3 0s",
		"splits 0 500us", "vectors 0 1ms", "plans 1 0s", "headline 1 0s",
		"figures 0 20ms", "figures 5 0s",
	} {
		if out, err := child(t, dir, "LAB_KILL="+at); err == nil || strings.Contains(out, "BUILD") {
			t.Fatalf("kill at %q: %v\n%s", at, err, out)
		}
		if _, err := (Folder{os.DirFS(dir), dir}).Manifest(); err == nil || !strings.Contains(err.Error(), "was not built to the end") {
			t.Fatalf("after a kill at %q the manifest says %v", at, err)
		}
	}
	if _, err := Build(t.Context(), miniOptions(dir)); err != nil {
		t.Fatal(err)
	}
	equal(t, dir, straight)
}

// testFullDisk lets no file grow beyond a few bytes, as if the disk were full.
func testFullDisk(t *testing.T, straight string) {
	dir := filepath.Join(t.TempDir(), "full")
	out, err := child(t, dir, "LAB_FULL=1")
	if err == nil {
		t.Fatal("a full disk held everything")
	}
	if strings.Contains(out, "SKIP") {
		t.Skip("this system can't limit files")
	}
	if !strings.Contains(out, "BUILD: the stage base did not get to its end: cannot write") {
		t.Errorf("it says: %s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "models")); err == nil {
		t.Error("there is half a model")
	}
	if _, err := Build(t.Context(), miniOptions(dir)); err != nil {
		t.Fatal(err)
	}
	equal(t, dir, straight)
}

// testForce begins anew what was begun with another recipe, and then what is
// complete but damaged.
func testForce(t *testing.T, straight string) {
	dir := filepath.Join(t.TempDir(), "forced")
	ctx, cancel := context.WithCancel(t.Context())
	o := miniOptions(dir)
	o.Recipe.Base.Train.LearningRate = 1e-2
	o.Progress = func(p Progress) {
		if p.Stage == "thinking" {
			cancel()
		}
	}
	if _, err := Build(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), miniOptions(dir)); err == nil || !strings.Contains(err.Error(), "what is there was begun in "+dir+" with recipe.base.train.learning_rate") {
		t.Fatalf("got %v", err)
	}
	o = miniOptions(dir)
	o.Force, o.Threads = true, 2 // which changes no bit
	if _, err := Build(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	equal(t, dir, straight)

	if err := os.WriteFile(filepath.Join(dir, "plans", "demo.json"), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), miniOptions(dir)); err == nil || !strings.Contains(err.Error(), "plans/demo.json was changed: pass --force") {
		t.Fatalf("got %v", err)
	}
}

func TestBuildRefuses(t *testing.T) {
	full := t.TempDir()
	for _, name := range []string{"foreign/thesis.txt", "models/models/my.gguf", "swift/.build/debug", "broken/manifest.json"} {
		path := filepath.Join(full, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string]string{
		"foreign":            `holds "thesis.txt", which no build makes`,
		"models":             `holds "models", but nothing says that a build made it`,
		"swift":              `holds ".build", but nothing says that a build made it`,
		"broken":             "it is not the manifest of a build",
		"foreign/thesis.txt": "cannot build there",
	} {
		for _, force := range []bool{false, true} {
			before := content(t, full)
			o := miniOptions(filepath.Join(full, dir))
			o.Force = force
			if _, err := Build(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", dir, err, want)
			}
			if !maps.Equal(content(t, full), before) {
				t.Errorf("%s is not as it was", dir)
			}
		}
	}
	o := miniOptions(filepath.Join(full, "new"))
	o.Recipe.Splits.Test = 0
	if _, err := Build(t.Context(), o); err == nil || !strings.Contains(err.Error(), "splits.test is 0") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(o.Dir); err == nil {
		t.Error("a refused recipe left a folder")
	}
}

func TestBuildTwice(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, stateFolder), 0o777); err != nil {
		t.Fatal(err)
	}
	l, err := folderlock.Take(filepath.Join(dir, stateFolder, stateLock))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if _, err := Build(t.Context(), miniOptions(dir)); err == nil || !strings.Contains(err.Error(), "another build is at work") {
		t.Errorf("got %v", err)
	}
}
