package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint/atomicfile"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/steering/folderlock"
)

// mergeFile says in a merged run's folder what it was merged of.
const mergeFile = "merge.json"

// MergeOptions say what a merge may make do with. The zero value asks for all
// of a run, computed alike.
type MergeOptions struct {
	// Partial merges what is there of a run whose shards are not all begun, or
	// not all done.
	Partial bool
	// MixedKernels merges shards that were computed on different kernel paths,
	// which the run then names: their bits are not those of either path alone.
	MixedKernels bool
}

// A Merged is what a merge found. It is what merge.json holds.
type Merged struct {
	Of       int           `json:"of"` // shards of the run
	Shards   []MergedShard `json:"shards"`
	Problems int           `json:"problems"` // of the set and the guard set
	Samples  int           `json:"samples"`
}

// A MergedShard is a shard that was merged.
type MergedShard struct {
	Index   int    `json:"index"` // 0-based
	Path    string `json:"path"`
	Tool    string `json:"tool"`
	Kernel  string `json:"kernel"`
	Samples int    `json:"samples"`
	Missing int    `json:"missing,omitempty"` // samples that it lacks
}

// An IncompleteError says what of a run is not there yet.
type IncompleteError struct {
	// Lacks has a clause for each shard that is not done: "shard 3 of 6 is not
	// there".
	Lacks []string
}

func (e *IncompleteError) Error() string {
	const most = 5
	shown := e.Lacks
	if n := len(shown) - most; n > 0 {
		shown = append(slices.Clone(shown[:most]), fmt.Sprintf("and so on for %d more", n))
	}
	return "the run is not complete: " + strings.Join(shown, ", ")
}

// A KernelError says that shards were computed on different kernel paths.
type KernelError struct {
	A, B string // shards with their paths
}

func (e *KernelError) Error() string {
	return fmt.Sprintf("%s and %s: bits are the same on one kernel path only", e.A, e.B)
}

// Merge makes the run in the folder out of those in the shards' folders: the
// one that a single machine would have computed, with its samples in the order
// of the shards. The folder may be new, empty, or an earlier merge of the same
// run, to which only samples are added. All files are there whole or not at
// all, run.json the last; killed at any moment, the same merge goes on.
//
// Shards of different runs are refused with the field that differs, missing
// samples with an [*IncompleteError], and different kernel paths with a
// [*KernelError], the latter two unless the options allow them.
func Merge(ctx context.Context, folder string, shards []string, o MergeOptions) (*Merged, error) {
	m := &merge{options: o}
	if err := m.read(ctx, shards); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("the merged run's folder: %w", err)
	}
	lock, err := folderlock.Take(filepath.Join(folder, lockFile))
	if errors.Is(err, folderlock.ErrHeld) {
		return nil, fmt.Errorf("%s is being written by another tiller: wait for it, or choose another folder", folder)
	}
	if err != nil {
		return nil, fmt.Errorf("the merged run's folder: %w", err)
	}
	err = m.check(folder)
	if err == nil {
		err = m.write(ctx, folder)
	}
	if err := errors.Join(err, lock.Remove()); err != nil {
		return nil, err
	}
	return m.merged(), nil
}

// A merge is shards on their way into one run.
type merge struct {
	options MergeOptions
	of      int
	parts   []*part // by index; nil for those that are absent
	asks    map[asked]*part
	spec    eval.Spec // of the whole run
}

// read reads the shards and checks that they belong together.
func (m *merge) read(ctx context.Context, shards []string) error {
	var found []*part
	var unread []string
	for _, path := range shards {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, err := readPart(path)
		if errors.Is(err, fs.ErrNotExist) {
			unread = append(unread, path+" has not begun")
			continue
		}
		if err != nil {
			return err
		}
		found = append(found, p)
	}
	if len(found) == 0 {
		return &IncompleteError{append(unread, "so there is nothing to merge")}
	}
	for _, p := range found {
		if err := m.place(p); err != nil {
			return err
		}
	}
	if err := m.complete(unread); err != nil {
		return err
	}
	if err := m.balanced(found); err != nil {
		return err
	}
	return m.sameTuning(found)
}

// check refuses a folder that is not for this merge, or that holds what the
// merge would lose.
func (m *merge) check(folder string) error {
	old, err := eval.ReadSpec(folder)
	switch _, merged := os.Stat(filepath.Join(folder, mergeFile)); {
	case errors.Is(err, fs.ErrNotExist):
		if merged == nil {
			return nil // a merge that did not come to its end
		}
		return strange(folder)
	case err != nil:
		return err
	case merged != nil:
		return fmt.Errorf("%s holds a run that was not merged: choose a new or empty folder", folder)
	}
	whole := m.spec
	if m.options.MixedKernels {
		old.Kernel, whole.Kernel = "", ""
	}
	if err := whole.Extends(old); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	lost := 0
	file := filepath.Join(folder, samplesFile)
	_, err = eachLine(file, func(n int, line []byte) error {
		k, err := keyOf(file, n, line)
		if p := m.asks[asked{k.ID, k.Guard}]; err == nil && (p == nil || !p.has(k)) {
			lost++
		}
		return err
	})
	if err == nil && lost > 0 {
		return fmt.Errorf("%s holds %d samples that none of these shards has: name the shard that has them, or choose another folder", folder, lost)
	}
	return err
}

// strange refuses a folder that holds something, but no run.
func strange(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("the merged run's folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() != lockFile && e.Name() != jobFolder && !atomicfile.Leftover(e.Name()) {
			return fmt.Errorf("%s holds %s and is no merged run's folder: choose a new or empty one", folder, e.Name())
		}
	}
	return nil
}

// write writes the files, the one that makes the folder a run last. A crash
// between two of them leaves a run that lacks samples, never one with samples
// of unknown problems.
func (m *merge) write(ctx context.Context, folder string) error {
	if err := writeJSON(filepath.Join(folder, mergeFile), m.merged()); err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(folder, problemsFile), m.writeProblems); err != nil {
		return err
	}
	if err := m.writeTuned(folder); err != nil {
		return err
	}
	err := atomicfile.Write(filepath.Join(folder, samplesFile), func(w io.Writer) error {
		for _, p := range m.parts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if p == nil {
				continue
			}
			if err := p.copySamples(w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(folder, specFile), m.spec)
}

// writeProblems deals the problems out as they were dealt in: shard i of n has
// every n-th from the i-th on.
func (m *merge) writeProblems(w io.Writer) error {
	for set := range 2 {
		for row := 0; ; row++ {
			any := false
			for _, p := range m.parts {
				if p == nil || row >= len(p.problems[set]) {
					continue
				}
				any = true
				if _, err := w.Write(p.problems[set][row].line); err != nil {
					return err
				}
			}
			if !any {
				break
			}
		}
	}
	return nil
}

// writeTuned writes what the controls of any shard chose: all chose the same.
func (m *merge) writeTuned(folder string) error {
	i := slices.IndexFunc(m.parts, func(p *part) bool { return p != nil && p.tuned != nil })
	if i < 0 {
		return nil
	}
	return atomicfile.Write(filepath.Join(folder, tuneFile), func(w io.Writer) error {
		_, err := w.Write(m.parts[i].tuned)
		return err
	})
}

// merged is what merge.json says.
func (m *merge) merged() *Merged {
	out := &Merged{Of: m.of}
	for i, p := range m.parts {
		if p == nil {
			continue
		}
		out.Shards = append(out.Shards, MergedShard{
			Index: i, Path: p.path, Tool: p.spec.Tool, Kernel: p.spec.Kernel, Samples: p.kept, Missing: p.missing(),
		})
		out.Problems += len(p.problems[0]) + len(p.problems[1])
		out.Samples += p.kept
	}
	return out
}

// Absent are the numbers, from 1, of shards that were not merged.
func (m *Merged) Absent() []int {
	var out []int
	for i := range m.Of {
		if !slices.ContainsFunc(m.Shards, func(s MergedShard) bool { return s.Index == i }) {
			out = append(out, i+1)
		}
	}
	return out
}

// Qualify has a summary of the merged run say that shards are absent, which
// its folder can't tell: their problems are not known.
func (m *Merged) Qualify(s *summary.Summary) {
	absent := m.Absent()
	if len(absent) == 0 {
		return
	}
	s.Complete = false
	text := fmt.Sprintf("The run is not finished: of its %d parts, %s not there, and their problems are not counted.", m.Of, areOrIs(absent))
	s.Warnings = slices.Insert(s.Warnings, 0, text)
}

// areOrIs lists numbers as in a sentence, with its verb.
func areOrIs(numbers []int) string {
	if len(numbers) == 1 {
		return strconv.Itoa(numbers[0]) + " is"
	}
	return ranges(numbers) + " are"
}

// ranges writes rising numbers as Slurm does: "1-3,7".
func ranges(numbers []int) string {
	var out []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		text := strconv.Itoa(numbers[i])
		if j > i {
			text += "-" + strconv.Itoa(numbers[j])
		}
		out = append(out, text)
		i = j + 1
	}
	return strings.Join(out, ",")
}

// writeJSON writes a file whole or not at all.
func writeJSON(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}
