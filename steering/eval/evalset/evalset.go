// Package evalset reads the problems that a model is evaluated on, whatever
// their file calls its fields, and makes prompts of them.
//
// A file is lines of JSON objects, a JSON list of objects (or an object that
// holds one, as BIG-Bench-Hard's do) or CSV with a header. What the fields
// mean is recognised by the shape of the first problem, see [Layouts], or told
// with [Options]. Fields of nested objects have names with a full stop, such as
// "choices.text".
//
// What a file says is untrusted: errors quote it, and name its line.
package evalset

import (
	"context"
	"fmt"

	"tiller/steering/library"
)

// Bounds on a file. Problems that are read are held, with all of their fields.
const (
	maxFile   = 1 << 30 // bytes
	maxItems  = 1 << 20
	maxLine   = 16 << 20 // bytes of a line, a row or a list's element
	maxField  = 4 << 20  // bytes
	maxFields = 1000     // of a problem
	// maxHeld is how many fields are held of all problems together.
	maxHeld    = 16 << 20
	maxChoices = 1000
)

// Item is one problem. All its texts are untrusted.
type Item struct {
	// ID is unique in the set: the file's own, or else the set's name and the
	// 0-based place in the file, as "gsm8k/0007".
	ID       string
	Question string
	// Target is the right answer as the set says it, such as what follows
	// "####" in GSM8K; for multiple choice it is the right one of Choices,
	// unless the question shows letters to choose by.
	Target string
	// Solution is the way to the answer; "" if the set has none.
	Solution string
	// Choices are the answers to choose from, and Right is the index of the
	// right one. Without choices Right is -1.
	Choices []string
	Right   int
	// Family is a group, task or subject; "" if the set has none.
	Family string
	// Fields are all fields that hold one text, number or truth value, as the
	// file writes them; null is "".
	Fields map[string]string
	// Line is the 1-based line in JSON lines and CSV, and the 1-based number of
	// the problem in a JSON list.
	Line int

	// worked is the answer as the set writes it out, solution included; "" if
	// that is Target.
	worked string
}

// Answer is what a worked example shows as the answer: the set's own text,
// solution included, or else the target.
func (i Item) Answer() string {
	if i.worked != "" {
		return i.worked
	}
	return i.Target
}

// Set is an eval set.
type Set struct {
	// Name is that of the file without folder and ending, or of the embedded
	// split.
	Name string
	// Path is the reference it was read by.
	Path string
	// Layout is the name of the shape that was recognised, see [Layouts], or
	// "mapped" if Options said what the question and the answer are.
	Layout string
	// SHA256 is that of the file's bytes, in hexadecimal.
	SHA256 string
	Items  []Item
	// Shots are the problems that Options.Shots set apart.
	Shots []Item
	// Warnings are sentences about what was skipped or is doubtful.
	Warnings []string

	found facts
}

// Options say how a set is read. The zero value recognises its fields, stops
// at anything bad, and keeps everything in the file's order.
type Options struct {
	// Question, Target, ID and Family are names of fields, or templates of
	// fields such as "{context}\n{question}". Empty ones are recognised.
	Question, Target, ID, Family string
	// Choices is the name of a field with a list, or names of several fields
	// with commas between them.
	Choices string
	// SkipBad leaves out what can't be used, and warns, where otherwise the
	// first of it is an error.
	SkipBad bool
	// Renumber gives all problems an ID by place, and so allows a file in which
	// two have the same.
	Renumber bool
	// Shots sets the file's first problems apart as worked examples; they are
	// not among Items.
	Shots int
	// Limit is how many problems are kept, after Offset of them; 0 is all.
	Limit, Offset int
	// Shuffle orders the problems by a hash of Seed and their ID, before Offset
	// and Limit count: which of two comes first depends on no other problem.
	Shuffle bool
	Seed    uint64
	// Format is "jsonl", "json" or "csv"; "" tells it from the file.
	Format string
}

func (o Options) check() error {
	switch {
	case o.Limit < 0 || o.Offset < 0 || o.Shots < 0:
		return fmt.Errorf("limit %d, offset %d and shots %d of an eval set can't be negative", o.Limit, o.Offset, o.Shots)
	case formats[o.Format] == nil && o.Format != "":
		return fmt.Errorf("there is no format %q of eval sets, only jsonl, json, csv", o.Format)
	}
	return nil
}

// Read reads a set from a file, or one of the embedded splits: embedded:tune,
// embedded:test or embedded:hard. What is wrong with one problem is a
// [*LineError].
func Read(ctx context.Context, lib library.Library, ref string, o Options) (*Set, error) {
	s, err := open(ctx, lib, ref)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return read(s, o)
}

// read makes a set of a source.
func read(s *source, o Options) (*Set, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := newCollector(s, o)
	if err != nil {
		return nil, err
	}
	format, err := s.sniff(o.Format)
	if err != nil {
		return nil, err
	}
	for r, err := range formats[format](s) {
		if err == nil {
			err = c.take(r)
		}
		c.place++
		if err = c.skip(err); err != nil {
			return nil, err
		}
	}
	return c.finish()
}

// A LineError is about one problem of a file.
type LineError struct {
	// File is the reference that was read.
	File string
	// Unit is what Line counts from 1: "line" or "item".
	Unit string
	Line int
	// Err completes the sentence.
	Err error
}

func (e *LineError) Error() string {
	return fmt.Sprintf("%s, %s %d: %v", e.File, e.Unit, e.Line, e.Err)
}

func (e *LineError) Unwrap() error { return e.Err }
