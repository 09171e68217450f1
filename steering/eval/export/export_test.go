package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tiller/model/generate"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/steering/library"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is now\n%s", name, got)
	}
}

// run writes a folder: three problems, of which one has texts that want care,
// twice, and two for the guard set.
func run(t *testing.T) (string, *summary.Summary) {
	t.Helper()
	spec := eval.Spec{
		Format: 1, Kernel: "avx2", Samples: 2, Model: library.Summary{Ref: "hf:org/model", Fingerprint: "f1"},
		Set:      eval.SetSpec{Ref: "sets/tricky set.jsonl", SHA256: "5e7", Grader: "exact", Template: "Q: {question}\nA:", Shots: []string{"s1"}, Limit: 3},
		Guard:    &eval.SetSpec{Ref: "sets/guard.csv", SHA256: "60a", Grader: "likelihood", Template: "{question}"},
		Sampling: eval.SamplingSpec{Temperature: .5, TopP: .9, Seed: 7, MaxTokens: 32, Stop: []string{"\n"}},
		Lanes: []eval.LaneSpec{
			{Name: "base", Kind: eval.Base},
			{Name: "prompt", Kind: eval.Prompt, Template: "Think. {question}"},
			{Name: "plan:v*2@1", Kind: eval.Planned, Plan: "v*2@1", Vectors: map[string]string{"v": "d1"}},
			{Name: "control:random:0", Kind: eval.Control, Plan: "v*2@1", Control: "random", Of: "plan:v*2@1"},
		},
	}
	problems := []eval.Problem{
		{ID: "a", Family: "x", Question: "1+1?", Target: "2", Prompt: "Q: 1+1?\nA:"},
		{ID: "b|<b>", Family: "y", Question: "comma, \"quote\"\nand \\u2028 and \u2028 é <&>", Target: "é", Prompt: "Q: …\nA:"},
		{ID: "c", Family: "x", Question: "never asked", Target: "0", Prompt: "Q: never asked\nA:"},
		{ID: "a", Guard: true, Question: "which?", Target: "B", Choices: []string{"red", "blue"}, Prompt: "which?"},
		{ID: "g", Guard: true, Question: "what?", Target: "A", Choices: []string{"up", "down"}, Prompt: "what?"},
	}
	var samples []any
	for i, p := range problems {
		for l, lane := range spec.Lanes {
			for draw := range spec.Samples {
				x := eval.Sample{
					ID: p.ID, Guard: p.Guard, Lane: lane.Name, Draw: draw, Output: "said \x1b " + p.Target, Extracted: p.Target, Found: true,
					Score: float64((i*l + draw*(l+1) + 1) % 2), Tokens: 4 + i, Stop: generate.StopEOS, LogProb: -1.5, Repetition: .25,
				}
				if lane.Kind == eval.Planned {
					x.Steered, x.RowEdits, x.KL = 2, 3, new(.5)
				}
				if p.Guard {
					x.Output, x.Choices = "", []float64{-1.25 - float64(l), -2}
				}
				if p.ID != "c" {
					samples = append(samples, x)
				}
			}
		}
	}
	slices.Reverse(samples)
	dir := t.TempDir()
	lines(t, filepath.Join(dir, "run.json"), spec)
	lines(t, filepath.Join(dir, "samples.jsonl"), samples...)
	var asked []any
	for _, p := range problems {
		asked = append(asked, p)
	}
	lines(t, filepath.Join(dir, "problems.jsonl"), asked...)
	s, err := summary.Make(dir, summary.Options{Resamples: 200})
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func lines(t *testing.T, path string, values ...any) {
	t.Helper()
	var b bytes.Buffer
	for _, v := range values {
		if err := encode(&b, v, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestForms(t *testing.T) {
	dir, s := run(t)
	to := filepath.Join(t.TempDir(), "out")
	for _, f := range Forms() {
		if err := Write(to, f.Name, dir, s); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "run."+f.Name, got)
		if !strings.HasSuffix(f.Name, "csv") {
			continue
		}
		rows, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
		if want := map[string]int{"csv": 5, "samples.csv": 33}[f.Name]; err != nil || len(rows) != want {
			t.Errorf("%s has %d rows, want %d (%v)", f.Name, len(rows), want, err)
		}
	}
	if err := Write(to, "xls", dir, s); err == nil || err.Error() != `there is no form "xls" to export a run in; there are csv, samples.csv, md, json` {
		t.Errorf("a form that is not there gives %v", err)
	}
}

func TestHarness(t *testing.T) {
	dir, s := run(t)
	files, err := Harness(dir, s, t.TempDir(), HarnessOptions{Date: time.Date(2026, 11, 29, 13, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 9 {
		t.Errorf("there are %d files", len(files))
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(filepath.Dir(f)) != "hf__org__model" {
			t.Errorf("%s is in another folder than the harness's", f)
		}
		name := filepath.Base(f)
		if strings.HasPrefix(name, "results_") || strings.Contains(name, "plan") {
			golden(t, name, data)
		}
	}
	again, err := Harness(dir, s, t.TempDir(), HarnessOptions{})
	if err != nil || filepath.Base(again[0]) != "results_0001-01-01T00-00-00.000000.json" {
		t.Errorf("without a date there is %v (%v)", again, err)
	}
}

func TestNames(t *testing.T) {
	h := &harness{names: map[string]bool{}}
	for _, c := range []struct{ set, lane, want string }{
		{"embedded:test", "base", "embedded_test__base"},
		{"/sets/gsm8k.jsonl", "plan:a*2@1", "gsm8k__plan_a_2_1"},
		{"gsm8k.jsonl", "plan:a+2@1", "gsm8k__plan_a_2_1_2"},
		{"../..", "é/..", "_______"},
	} {
		if got := h.name(c.set, c.lane); got != c.want {
			t.Errorf("%s of %s is task %s, want %s", c.lane, c.set, got, c.want)
		}
	}
	if got := h.name("s", strings.Repeat("x", 500)); len(got) != maxName+9 {
		t.Errorf("a long name is %s", got)
	}
	for ref, want := range map[string]string{
		"hf:org/name": "hf__org__name", "/m//x": "__m__x", "..": "model..", "": "model", "a\\b?*[c]": "a__b__c__", "embedded:base": "embedded__base",
	} {
		if got := modelFolder(ref); got != want {
			t.Errorf("the folder of %q is %s, want %s", ref, got, want)
		}
	}
}

func TestIndented(t *testing.T) {
	text := "\u2028 \\u2028 \\\\u2029 \u2029 <&>"
	got, err := indented(map[string]string{"a": text})
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"a\": \"\u2028 \\\\u2028 \\\\\\\\u2029 \u2029 <&>\"\n}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var back map[string]string
	if err := json.Unmarshal([]byte(got), &back); err != nil || back["a"] != text {
		t.Errorf("it reads back as %q (%v)", back["a"], err)
	}
}

func TestInert(t *testing.T) {
	for text, want := range map[string]string{
		"plan:a*2@1[last] 66.2 [64.1, 68.3]": `plan:a\*2@1[last] 66.2 [64.1, 68.3]`,
		"[a](http://b) [c][d] <i>|`":         `\[a]\(http://b) [c]\[d] \<i\>\|` + "\\`",
		"a\nb\x1b\u202e\u2028c":              "a\uFFFDb\uFFFD\uFFFD\uFFFDc",
	} {
		if got := inert(text); got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
}

func TestMeanError(t *testing.T) {
	mean, stderr := meanError([]float64{0, 1, 1, 1})
	if e, ok := stderr.(pyFloat); mean != .75 || !ok || math.Abs(float64(e)-.25) > 1e-15 {
		t.Errorf("got %v with an error of %v", mean, stderr)
	}
	if _, stderr = meanError([]float64{1}); stderr != "N/A" {
		t.Errorf("the error of one is %v", stderr)
	}
}

func TestBatches(t *testing.T) {
	lanes := make([]summary.Lane, 5)
	for i, n := range []int{1000, 1000, 300_000, 10, 10} {
		lanes[i].N = n
	}
	var sizes []int
	for _, b := range batches(lanes) {
		sizes = append(sizes, len(b))
	}
	if want := []int{2, 1, 2}; !slices.Equal(sizes, want) {
		t.Errorf("lanes are read %v at a time, want %v", sizes, want)
	}
}
