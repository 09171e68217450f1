package browse

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/tui/scores"
	"tiller/tui/wording"
)

// A Run is a run's folder, of whose problems and answers only the places are
// held. It may go on meanwhile: what is there when it is opened counts.
type Run struct {
	Path    string
	Spec    eval.Spec
	Summary *summary.Summary

	tags     []string
	groups   []scores.Group
	problems []entry
	at       map[which]int
	answers  []answer // by problem, lane and draw
	draws    int
	there    int // answers
}

// which names a problem of either set.
type which struct {
	id    string
	guard bool
}

// place is a line of a file.
type place struct {
	offset int64
	length int32 // 0 if there is none
}

// An entry is a problem as it is listed.
type entry struct {
	place
	which
	family string
	begin  string // of the question
}

// An answer is what is known of a sample without reading it.
type answer struct {
	place
	score              float32
	found, cut, failed bool
}

// A Problem is a problem with all of its answers of one draw.
type Problem struct {
	eval.Problem
	Samples []*eval.Sample // by lane; nil where there is none
}

// The files of a run, as package eval names them, and how long a line of them
// may be.
const (
	problemsFile = "problems.jsonl"
	samplesFile  = "samples.jsonl"
	maxLine      = 64 << 20
)

// maxBegin is how many bytes of a question are kept.
const maxBegin = 160

// Open reads where everything is in a run's folder, and its summary.
func Open(path string) (*Run, error) {
	spec, err := eval.ReadSpec(path)
	if err != nil {
		return nil, err
	}
	r := &Run{
		Path: path, Spec: spec, tags: scores.Tags(spec.Lanes), groups: scores.Groups(spec.Lanes),
		at: map[which]int{}, draws: max(1, spec.Samples),
	}
	if err := eachLine(filepath.Join(path, problemsFile), r.addProblem); err != nil {
		return nil, err
	}
	r.answers = make([]answer, len(r.problems)*len(spec.Lanes)*r.draws)
	lanes := map[string]int{}
	for i, l := range spec.Lanes {
		lanes[l.Name] = i
	}
	err = eachLine(filepath.Join(path, samplesFile), func(p place, line []byte) error { return r.addSample(lanes, p, line) })
	if err != nil {
		return nil, err
	}
	r.Summary, err = summary.Current(path, summary.Options{})
	return r, err
}

// eachLine calls f for every whole line of a file, whose bytes hold until the
// next call.
func eachLine(path string, f func(p place, line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the run: %w", err)
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<16)
	var line []byte
	var p place
	for n := 1; ; n++ {
		line = line[:0]
		for {
			part, err := r.ReadSlice('\n')
			line = append(line, part...)
			switch {
			case errors.Is(err, io.EOF):
				return nil // a line without its end is being written
			case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxLine:
				continue
			case err != nil:
				return fmt.Errorf("%s, line %d: %w", path, n, err)
			}
			break
		}
		p.length = int32(len(line))
		if err := f(p, line); err != nil {
			return fmt.Errorf("%s, line %d is damaged: %w", path, n, err)
		}
		p.offset += int64(len(line))
	}
}

func (r *Run) addProblem(p place, line []byte) error {
	var x eval.Problem
	if err := json.Unmarshal(line, &x); err != nil {
		return err
	}
	text := x.Question
	if text == "" {
		text = x.Prompt
	}
	e := entry{place: p, which: which{x.ID, x.Guard}, family: x.Family, begin: strings.Clone(wording.Beginning(text, maxBegin))}
	if _, twice := r.at[e.which]; twice {
		return fmt.Errorf("the problem %q is there twice", x.ID)
	}
	r.at[e.which] = len(r.problems)
	r.problems = append(r.problems, e)
	return nil
}

// addSample notes where a sample is; of one that is there twice the first.
func (r *Run) addSample(lanes map[string]int, p place, line []byte) error {
	var x eval.Sample
	if err := json.Unmarshal(line, &x); err != nil {
		return err
	}
	lane, ok := lanes[x.Lane]
	problem, asked := r.at[which{x.ID, x.Guard}]
	if !ok || !asked || x.Draw < 0 || x.Draw >= r.draws {
		return nil // of a lane or problem that is being added
	}
	a := &r.answers[r.index(problem, lane, x.Draw)]
	if a.length == 0 {
		r.there++
		m := scores.MarkOf(&x)
		*a = answer{place: p, score: float32(x.Score), found: m.Found, cut: m.Cut, failed: m.Failed}
	}
	return nil
}

func (r *Run) index(problem, lane, draw int) int {
	return (problem*len(r.Spec.Lanes)+lane)*r.draws + draw
}

// answer is that of a lane to a problem.
func (r *Run) answer(problem, lane, draw int) *answer {
	return &r.answers[r.index(problem, lane, draw)]
}

// mark is what an answer came to.
func (a *answer) mark() scores.Mark {
	return scores.Mark{Score: float64(a.score), There: a.length > 0, Found: a.found, Cut: a.cut, Failed: a.failed}
}

// first is the first lane of a kind; -1 if there is none.
func (r *Run) first(k eval.Kind) int {
	return slices.IndexFunc(r.Spec.Lanes, func(l eval.LaneSpec) bool { return l.Kind == k })
}

// Read reads a problem and its answers.
func (r *Run) Read(problem, draw int) (*Problem, error) {
	p := &Problem{Samples: make([]*eval.Sample, len(r.Spec.Lanes))}
	e := &r.problems[problem]
	if err := readPlace(filepath.Join(r.Path, problemsFile), e.place, &p.Problem); err != nil {
		return nil, err
	}
	file := filepath.Join(r.Path, samplesFile)
	for lane, spec := range r.Spec.Lanes {
		a := r.answer(problem, lane, draw)
		if a.length == 0 {
			continue
		}
		x := new(eval.Sample)
		if err := readPlace(file, a.place, x); err != nil {
			return nil, err
		}
		if x.ID != e.id || x.Lane != spec.Name {
			return nil, fmt.Errorf("%s was changed since it was opened: open it again", file)
		}
		p.Samples[lane] = x
	}
	return p, nil
}

// readPlace reads a line into v.
func readPlace(path string, p place, v any) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the run: %w", err)
	}
	defer file.Close()
	line := make([]byte, p.length)
	if _, err := file.ReadAt(line, p.offset); err != nil {
		return fmt.Errorf("%s was changed since it was opened: %w", path, err)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("%s was changed since it was opened: %w", path, err)
	}
	return nil
}

// Search finds the problems that have a text in their id, question or target,
// or in an answer to them, whatever its case: in[i] is of the i-th problem.
func (r *Run) Search(text string) (in []bool, n int, err error) {
	text = strings.ToLower(text)
	in = make([]bool, len(r.problems))
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(strings.ToLower(p), text) })
	}
	note := func(id string, guard bool) {
		if i, ok := r.at[which{id, guard}]; ok && !in[i] {
			in[i] = true
			n++
		}
	}
	err = eachLine(filepath.Join(r.Path, problemsFile), func(_ place, line []byte) error {
		var p eval.Problem
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		if has(p.ID, p.Question, p.Target, p.Prompt) {
			note(p.ID, p.Guard)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	err = eachLine(filepath.Join(r.Path, samplesFile), func(_ place, line []byte) error {
		var x struct {
			ID, Output, Extracted string
			Guard                 bool
		}
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		if has(x.Output, x.Extracted) {
			note(x.ID, x.Guard)
		}
		return nil
	})
	return in, n, err
}
