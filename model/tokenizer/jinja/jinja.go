// Package jinja renders the part of the Jinja template language
// (jinja.palletsprojects.com) that chat templates use, with the settings of
// Hugging Face transformers: blocks are trimmed, values are immutable.
//
// A template comes with a model and may be hostile. It can reach no files, no
// Go values but those given, and has a budget: of steps, of bytes of all the
// values it makes, and of nesting. Running out is an error, the same on every
// machine.
package jinja

import (
	"errors"
	"fmt"
	"time"
)

// The budget of one rendering.
const (
	maxSteps = 1 << 20 // plus the size in bytes of what is given
	maxBytes = 1 << 27 // plus inputShare times that size
	maxDepth = 100     // of macro calls, and of the values that are printed
	// inputShare lets templates handle conversations of any size.
	inputShare = 64
)

// maxSource bounds the size in bytes of a template, maxNesting how deep its
// blocks and expressions may nest.
const (
	maxSource  = 1 << 18
	maxNesting = 100
)

// Template is a compiled template. It is safe for concurrent use.
type Template struct{ body []node }

// Compile reads a template. The error names the line.
func Compile(source string) (*Template, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("the template has %d bytes; at most %d are read", len(source), maxSource)
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokEnd {
		return nil, p.fail("unexpected %s", p.peek())
	}
	return &Template{body: body}, nil
}

// Options are what a template may use beyond its variables.
type Options struct {
	// Now is what strftime_now formats; a template that asks whether there is
	// a strftime_now is told no when it is zero.
	Now time.Time
}

// Render runs the template with variables: strings, bools, ints, float64s,
// nil, and what List and Dict make.
func (t *Template) Render(vars map[string]any, o Options) (string, error) {
	r := &run{steps: maxSteps, bytes: maxBytes}
	globals := &scope{vars: builtins(o)}
	for name, v := range vars {
		globals.vars[name] = accept(v)
		size := measure(v)
		r.steps += size
		r.bytes += inputShare * size
	}
	top := &scope{parent: globals, vars: map[string]any{}}
	if err := r.exec(t.body, top); err != nil {
		if errors.Is(err, errBreak) || errors.Is(err, errContinue) {
			err = errors.New("break and continue belong into a loop")
		}
		return "", err
	}
	return string(r.out), nil
}

// accept turns an integer of Go into one of templates.
func accept(v any) any {
	if i, ok := v.(int); ok {
		return int64(i)
	}
	return v
}

// measure is roughly the size of a value in bytes.
func measure(v any) int {
	size := 16
	switch v := v.(type) {
	case string:
		size += len(v)
	case *list:
		for _, item := range v.items {
			size += measure(item)
		}
	case *dict:
		for _, k := range v.keys {
			size += measure(k) + measure(v.values[k])
		}
	}
	return size
}

// run is one rendering.
type run struct {
	out   []byte
	steps int // left
	bytes int // left
	depth int
}

var (
	errSteps = errors.New("the template was stopped because it takes too many steps")
	errBytes = errors.New("the template was stopped because it makes too much text")
	errDepth = fmt.Errorf("the template was stopped because its calls or values nest deeper than %d", maxDepth)
)

// step accounts for n steps.
func (r *run) step(n int) error {
	if r.steps -= n; r.steps < 0 {
		return errSteps
	}
	return nil
}

// make accounts for n bytes of a value about to be made.
func (r *run) make(n int) error {
	if n < 0 || n > r.bytes {
		return errBytes
	}
	r.bytes -= n
	return r.step(1 + n/256)
}

// scope holds the variables of a block.
type scope struct {
	parent *scope
	vars   map[string]any
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}
