package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
)

// A world is a run of two lanes, asked twice, over a set and a guard set.
type world struct {
	spec           eval.Spec
	problems, more int // of the set and of the guard set
}

func newWorld() world {
	return world{
		spec: eval.Spec{
			Format: eval.Format, Tool: "tiller 1", Kernel: "avx2", Samples: 2,
			Set: eval.SetSpec{Ref: "set.jsonl", SHA256: "5e7", Grader: "exact", Limit: 11}, Guard: &eval.SetSpec{Ref: "guard.jsonl"},
			Lanes: []eval.LaneSpec{{Name: "base", Kind: eval.Base}, {Name: "plan:v@2", Kind: eval.Planned, Plan: "v@2"}},
		},
		problems: 11, more: 4,
	}
}

// folder writes the shard of an index, or the whole run if of is 0. The texts
// hold what encoding them anew would change.
func (w world) folder(t *testing.T, index, of int) string {
	t.Helper()
	spec := w.spec
	if of > 0 {
		spec.Shard = &eval.Shard{Index: index, Of: of}
	}
	var problems, samples bytes.Buffer
	for set, n := range []int{w.problems, w.more} {
		for i := range n {
			if of > 0 && i%of != index {
				continue
			}
			guard := ""
			if set == 1 {
				guard = `"guard":true,`
			}
			fmt.Fprintf(&problems, `{"id":"p%d",%s"question":"\ufffd?","target":"1","prompt":"<q>"}`+"\n", i, guard)
			for lane, l := range spec.Lanes {
				for draw := range spec.Samples {
					fmt.Fprintf(&samples, `{"id":"p%d","lane":%q,"draw":%d,%s"output":"\ufffd %d","extracted":"1","found":true,"score":%d,"tokens":3,"stop":"eos","logprob":-1.50}`+"\n",
						i, l.Name, draw, guard, i, (i+lane+draw)%2)
				}
			}
		}
	}
	dir := filepath.Join(t.TempDir(), fmt.Sprintf("shard-%d", index+1))
	write(t, dir, problemsFile, problems.String())
	write(t, dir, samplesFile, samples.String())
	write(t, dir, tuneFile, `{"problems":0,"lanes":{}}`)
	if err := writeJSON(filepath.Join(dir, specFile), spec); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (w world) shards(t *testing.T, of int) []string {
	var out []string
	for i := range of {
		out = append(out, w.folder(t, i, of))
	}
	return out
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// edit changes a file by a function of its text.
func edit(t *testing.T, dir, name string, f func(string) string) {
	t.Helper()
	write(t, dir, name, f(read(t, dir, name)))
}

// sortedLines are those of samples.jsonl.
func sortedLines(t *testing.T, dir string) []string {
	t.Helper()
	lines := strings.SplitAfter(read(t, dir, samplesFile), "\n")
	slices.Sort(lines)
	return lines
}

// equal compares the files of two runs, and what they come to.
func equal(t *testing.T, got, want string) {
	t.Helper()
	for _, name := range []string{specFile, problemsFile, tuneFile} {
		if g, w := read(t, got, name), read(t, want, name); g != w {
			t.Errorf("%s is\n%s\nwant\n%s", name, g, w)
		}
	}
	if !slices.Equal(sortedLines(t, got), sortedLines(t, want)) {
		t.Error("the samples differ")
	}
	if g, w := summed(t, got), summed(t, want); g != w {
		t.Errorf("the summary is\n%s\nwant\n%s", g, w)
	}
}

func summed(t *testing.T, dir string) string {
	t.Helper()
	s, err := summary.Make(dir, summary.Options{Resamples: 100})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMerge(t *testing.T) {
	w := newWorld()
	whole := w.folder(t, 0, 0)
	for _, of := range []int{1, 2, 3, 5, 16} { // the last has more shards than problems
		t.Run(fmt.Sprint(of), func(t *testing.T) {
			shards := w.shards(t, of)
			slices.Reverse(shards)
			// Lines that are there twice, or half, count as they do in a run.
			edit(t, shards[len(shards)-1], samplesFile, func(s string) string {
				first, _, _ := strings.Cut(s, "\n")
				return s + first + "\n" + first[:20]
			})
			out := filepath.Join(t.TempDir(), "a", "run")
			merged, err := Merge(t.Context(), out, shards, MergeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if merged.Problems != 15 || merged.Samples != 60 || len(merged.Absent()) != 0 {
				t.Errorf("merged %+v", merged)
			}
			equal(t, out, whole)
			if _, err := Merge(t.Context(), out, shards, MergeOptions{}); err != nil {
				t.Errorf("once more: %v", err)
			}
			equal(t, out, whole)
			if _, err := os.Stat(filepath.Join(out, lockFile)); err == nil {
				t.Error("the lock is still there")
			}
		})
	}
}

// TestMergeRefuses names what is wrong, and writes nothing.
func TestMergeRefuses(t *testing.T) {
	// change changes the spec of a shard.
	change := func(f func(*eval.Spec)) func(*testing.T, []string) []string {
		return func(t *testing.T, shards []string) []string {
			edit(t, shards[1], specFile, func(text string) string {
				var s eval.Spec
				if err := json.Unmarshal([]byte(text), &s); err != nil {
					t.Fatal(err)
				}
				f(&s)
				data, _ := json.Marshal(s)
				return string(data)
			})
			return shards
		}
	}
	file := func(name string, f func(string) string) func(*testing.T, []string) []string {
		return func(t *testing.T, shards []string) []string { edit(t, shards[1], name, f); return shards }
	}
	for name, c := range map[string]struct {
		change  func(t *testing.T, shards []string) []string
		options MergeOptions
		want    string
	}{
		"a shard is missing": {
			change: func(_ *testing.T, s []string) []string { return s[:2] },
			want:   "the run is not complete: shard 3 of 3 is not there",
		},
		"a shard has not begun": {
			change: func(t *testing.T, s []string) []string { return append(s[:2:2], filepath.Join(t.TempDir(), "none")) },
			want:   "shard 3 of 3 is not there, ",
		},
		"nothing is there": {
			change:  func(t *testing.T, s []string) []string { return []string{filepath.Join(t.TempDir(), "none")} },
			options: MergeOptions{Partial: true},
			want:    "has not begun, so there is nothing to merge",
		},
		"a folder too many": {
			change: func(t *testing.T, s []string) []string { return append(s, filepath.Join(t.TempDir(), "none")) },
			want:   "all of the run is there, but ",
		},
		"a shard twice": {
			change: func(_ *testing.T, s []string) []string { return append(s, s[1]) },
			want:   "shard 2 of 3 is there twice: in ",
		},
		"samples are missing": {
			change: file(samplesFile, func(s string) string { return s[:strings.Index(s, "\n")+1] }),
			want:   ") lacks 19 of 20 samples",
		},
		"another seed": {
			change: change(func(s *eval.Spec) { s.Sampling.Seed = 7 }),
			want:   ") are of different runs: the sampling.seed of the one is 0, that of the other 7",
		},
		"more lanes": {
			change: change(func(s *eval.Spec) { s.Lanes = append(s.Lanes, eval.LaneSpec{Name: "prompt"}) }),
			want:   "are of different runs: the lanes[2] of the one is nothing, that of the other ",
		},
		"fewer problems": {
			change: change(func(s *eval.Spec) { s.Set.Limit = 3 }),
			want:   "are of different runs: the set.limit of the one is 11, that of the other 3",
		},
		"another kernel": {
			change: change(func(s *eval.Spec) { s.Kernel = "portable" }),
			want:   "was computed on avx2 and shard 2 of 3 (",
		},
		"another number of shards": {
			change: change(func(s *eval.Spec) { s.Shard.Of = 4 }),
			want:   "are not shards of one run",
		},
		"no shard": {
			change: change(func(s *eval.Spec) { s.Shard = nil }),
			want:   "holds a whole run, not a shard of one",
		},
		"a shard that can't be": {
			change: change(func(s *eval.Spec) { s.Shard.Index = 3 }),
			want:   "says that it is shard 4 of 3, which can't be",
		},
		"a problem of another shard": {
			change: file(problemsFile, func(s string) string { return strings.Replace(s, `"p1"`, `"p2"`, 1) }),
			want:   "holds a sample of problem \"p1\" in lane \"base\", which the run does not ask for",
		},
		"a list of problems that is too long": {
			change:  file(problemsFile, func(s string) string { return `{"id":"q1"}` + "\n" + `{"id":"q2"}` + "\n" + s }),
			options: MergeOptions{Partial: true},
			want:    "which are not parts of one set",
		},
		"other strengths": {
			change: file(tuneFile, func(s string) string { return `{"problems":1}` }),
			want:   "chose different strengths",
		},
		"a damaged line": {
			change: file(samplesFile, func(s string) string { return "{\n" + s }),
			want:   "line 1 is damaged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			shards := c.change(t, newWorld().shards(t, 3))
			out := filepath.Join(t.TempDir(), "out")
			_, err := Merge(t.Context(), out, shards, c.options)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("it wrote something")
			}
		})
	}
}

// TestMergePartial merges what is there, says so, and goes on later.
func TestMergePartial(t *testing.T) {
	w := newWorld()
	shards, whole := w.shards(t, 3), w.folder(t, 0, 0)
	out := filepath.Join(t.TempDir(), "out")
	later := read(t, shards[0], samplesFile)
	edit(t, shards[0], samplesFile, func(s string) string { return s[:len(s)/2] })
	merged, err := Merge(t.Context(), out, shards[:2], MergeOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := summary.Make(out, summary.Options{Resamples: 100})
	if err != nil {
		t.Fatal(err)
	}
	merged.Qualify(s)
	if s.Complete || !strings.Contains(s.Warnings[0], "of its 3 parts, 3 is not there") || !strings.Contains(s.Warnings[1], "not finished") {
		t.Errorf("complete %v, warnings %q", s.Complete, s.Warnings)
	}
	if _, err := Merge(t.Context(), out, shards[1:], MergeOptions{Partial: true}); err == nil || !strings.Contains(err.Error(), "samples that none of these shards has") {
		t.Errorf("a merge that would lose samples: %v", err)
	}
	write(t, shards[0], samplesFile, later)
	if _, err := Merge(t.Context(), out, shards, MergeOptions{}); err != nil {
		t.Fatal(err)
	}
	equal(t, out, whole)
}

func TestMergeMixedKernels(t *testing.T) {
	w := newWorld()
	a := w.folder(t, 0, 2)
	w.spec.Kernel = "portable"
	b := w.folder(t, 1, 2)
	out := filepath.Join(t.TempDir(), "out")
	_, err := Merge(t.Context(), out, []string{a, b}, MergeOptions{})
	if kernels := (*KernelError)(nil); !errors.As(err, &kernels) {
		t.Errorf("got %v", err)
	}
	if _, err := Merge(t.Context(), out, []string{a, b}, MergeOptions{MixedKernels: true}); err != nil {
		t.Fatal(err)
	}
	if spec, err := eval.ReadSpec(out); err != nil || spec.Kernel != "avx2+portable" {
		t.Errorf("the kernel is %q, %v", spec.Kernel, err)
	}
}

// TestMergeStrangeFolders are left as they are.
func TestMergeStrangeFolders(t *testing.T) {
	w := newWorld()
	shards := w.shards(t, 2)
	of := w
	of.spec.Sampling.Seed = 9
	other := filepath.Join(t.TempDir(), "other")
	if _, err := Merge(t.Context(), other, of.shards(t, 2), MergeOptions{}); err != nil {
		t.Fatal(err)
	}
	thesis := t.TempDir()
	write(t, thesis, "thesis.tex", "x")
	for dir, want := range map[string]string{
		w.folder(t, 0, 0): "holds a run that was not merged",
		shards[0]:         "holds a run that was not merged",
		other:             "its sampling.seed is 9, and now it is 0",
		thesis:            "holds thesis.tex and is no merged run's folder",
	} {
		before := map[string]string{}
		for _, e := range entries(t, dir) {
			before[e] = read(t, dir, e)
		}
		if _, err := Merge(t.Context(), dir, shards, MergeOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		for _, e := range entries(t, dir) {
			if read(t, dir, e) != before[e] {
				t.Errorf("%s of %s changed", e, dir)
			}
		}
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// TestMergeInterrupted goes on where a merge ended between two files.
func TestMergeInterrupted(t *testing.T) {
	w := newWorld()
	shards, whole := w.shards(t, 3), w.folder(t, 0, 0)
	files := []string{mergeFile, problemsFile, tuneFile, samplesFile, specFile} // as they are written
	for n := range files {
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Merge(t.Context(), out, shards, MergeOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, name := range files[n+1:] {
			if err := os.Remove(filepath.Join(out, name)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Merge(t.Context(), out, shards, MergeOptions{}); err != nil {
			t.Errorf("after %s: %v", files[n], err)
		}
		equal(t, out, whole)
	}
}
