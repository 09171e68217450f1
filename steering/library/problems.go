package library

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"

	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
)

// The files of questions, and the one that says which is the demonstration's.
const (
	splitFolder, splitEnding = "splits", ".jsonl"
	manifestFile             = "manifest.json"
)

// Demonstration is the question of the demonstration: the one of the test
// split that manifest.json names, or else the first.
func (l Library) Demonstration() (problem.Problem, error) {
	var manifest struct {
		Demonstration string `json:"demonstration"`
	}
	switch data, err := fs.ReadFile(l.files, manifestFile); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return problem.Problem{}, fmt.Errorf("cannot read the embedded manifest: %w", err)
	default:
		if err := json.Unmarshal(data, &manifest); err != nil {
			return problem.Problem{}, fmt.Errorf("cannot read %s%s: %w", Prefix, manifestFile, err)
		}
	}
	for p, err := range l.problems(problem.Test) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return problem.Problem{}, errors.New("this build of tiller carries no demonstration: pass --model and --prompt")
		case err != nil || manifest.Demonstration == "" || p.ID == manifest.Demonstration:
			return p, err
		}
	}
	return problem.Problem{}, fmt.Errorf("%s%s lacks the question %q of the demonstration", Prefix, splitFile(problem.Test), manifest.Demonstration)
}

// Problems reads the questions of an embedded split: tune, test or hard.
func (l Library) Problems(split problem.Split) ([]problem.Problem, error) {
	var problems []problem.Problem
	for p, err := range l.problems(split) {
		if err != nil {
			return nil, err
		}
		problems = append(problems, p)
	}
	return problems, nil
}

// problems reads one question after the other, and ends at the first error.
func (l Library) problems(split problem.Split) iter.Seq2[problem.Problem, error] {
	return func(yield func(problem.Problem, error) bool) {
		file := splitFile(split)
		data, err := fs.ReadFile(l.files, file)
		if err != nil {
			yield(problem.Problem{}, fmt.Errorf("cannot read the embedded questions: %w", err))
			return
		}
		n := 0
		for line := range bytes.Lines(data) {
			n++
			var p problem.Problem
			if err := json.Unmarshal(line, &p); err != nil {
				yield(problem.Problem{}, fmt.Errorf("cannot read %s%s, line %d: %w", Prefix, file, n, err))
				return
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

func splitFile(split problem.Split) string { return path.Join(splitFolder, string(split)+splitEnding) }

// Question returns the lab's question that a prompt for an embedded model is,
// after the header that may stand before it, so that answers can be graded;
// nil if the prompt or the model is none.
func Question(modelRef, prompt string) *problem.Problem {
	if !IsEmbedded(modelRef) {
		return nil
	}
	for _, header := range []string{corpus.QuickHeader, corpus.LessonHeader} {
		prompt = strings.TrimPrefix(prompt, header)
	}
	p, err := problem.Parse(prompt)
	if err != nil {
		return nil
	}
	return &p
}
