package jinja

import (
	"errors"
	"fmt"
)

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

// at puts the line before an error that has none.
func at(line int, err error) error {
	var located *lineError
	if err == nil || errors.Is(err, errBreak) || errors.Is(err, errContinue) || errors.As(err, &located) {
		return err
	}
	return &lineError{line, err}
}

// lineError is an error with the line of the template where it happened.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *lineError) Unwrap() error { return e.err }

func (r *run) exec(body []node, s *scope) error {
	for _, n := range body {
		if err := r.step(1); err != nil {
			return err
		}
		if err := n.exec(r, s); err != nil {
			return err
		}
	}
	return nil
}

// capture runs a body and returns what it prints.
func (r *run) capture(body []node, s *scope) (string, error) {
	outer := r.out
	r.out = nil
	err := r.exec(body, s)
	text := string(r.out)
	r.out = outer
	return text, err
}

func (d data) exec(r *run, _ *scope) error { return r.print(string(d)) }

func (r *run) print(s string) error {
	if err := r.make(len(s)); err != nil {
		return err
	}
	r.out = append(r.out, s...)
	return nil
}

func (p print) exec(r *run, s *scope) error {
	v, err := p.of.eval(r, s)
	if err != nil {
		return at(p.line, err)
	}
	text, err := r.text(v)
	if err != nil {
		return at(p.line, err)
	}
	return at(p.line, r.print(text))
}

func (n ifElse) exec(r *run, s *scope) error {
	v, err := n.cond.eval(r, s)
	if err != nil {
		return at(n.line, err)
	}
	if truth(v) {
		return r.exec(n.then, s)
	}
	return r.exec(n.rest, s)
}

func (n set) exec(r *run, s *scope) error {
	var v any
	var err error
	if n.value != nil {
		v, err = n.value.eval(r, s)
	} else {
		v, err = r.captured(n.body, n.pipe, s)
	}
	if err != nil {
		return at(n.line, err)
	}
	if n.attr != "" {
		target, _ := s.get(n.names[0])
		ns, ok := target.(*namespace)
		if !ok {
			return at(n.line, fmt.Errorf("%q is not a namespace, so %s.%s can't be set", n.names[0], n.names[0], n.attr))
		}
		ns.vars[n.attr] = v
		return nil
	}
	return at(n.line, r.bind(s, n.names, v))
}

// captured runs a body in a scope of its own and filters what it prints.
func (r *run) captured(body []node, pipe []filterCall, s *scope) (any, error) {
	text, err := r.capture(body, &scope{parent: s, vars: map[string]any{}})
	var v any = text
	for _, f := range pipe {
		if err == nil {
			v, err = f.apply(r, s, v)
		}
	}
	return v, err
}

// bind sets one name to a value, or several to its items.
func (r *run) bind(s *scope, names []string, v any) error {
	if len(names) == 1 {
		s.vars[names[0]] = v
		return nil
	}
	items, err := r.items(v)
	if err != nil {
		return err
	}
	if len(items) != len(names) {
		return fmt.Errorf("%d values can't be given to %d names", len(items), len(names))
	}
	for i, name := range names {
		s.vars[name] = items[i]
	}
	return nil
}

// items lists what iterating over a value gives.
func (r *run) items(v any) ([]any, error) {
	switch v := v.(type) {
	case *list:
		return v.items, r.step(1)
	case *dict:
		return v.keys, r.step(1)
	case undefined:
		return nil, nil
	case string:
		if err := r.make(16 * len(v)); err != nil {
			return nil, err
		}
		out := make([]any, 0, len(v))
		for _, c := range v {
			out = append(out, string(c))
		}
		return out, nil
	}
	return nil, fmt.Errorf("%s can't be iterated over", typeName(v))
}

func (n with) exec(r *run, s *scope) error {
	inner := &scope{parent: s, vars: map[string]any{}}
	for i, name := range n.names {
		v, err := n.values[i].eval(r, s)
		if err != nil {
			return at(n.line, err)
		}
		inner.vars[name] = v
	}
	return r.exec(n.body, inner)
}

func (n filterBlock) exec(r *run, s *scope) error {
	v, err := r.captured(n.body, n.pipe, s)
	if err != nil {
		return at(n.line, err)
	}
	text, err := r.text(v)
	if err != nil {
		return at(n.line, err)
	}
	return r.print(text)
}

func (j jump) exec(*run, *scope) error { return j.err }

func (n forLoop) exec(r *run, s *scope) error {
	v, err := n.over.eval(r, s)
	if err != nil {
		return at(n.line, err)
	}
	items, err := r.items(v)
	if err != nil {
		return at(n.line, err)
	}
	if n.filter != nil {
		if items, err = n.kept(r, s, items); err != nil {
			return at(n.line, err)
		}
	}
	if len(items) == 0 {
		return r.exec(n.rest, s)
	}
	loop := &loopState{items: items}
	for i := range items {
		loop.i = i
		inner := &scope{parent: s, vars: map[string]any{"loop": loop}}
		if err := r.bind(inner, n.names, items[i]); err != nil {
			return at(n.line, err)
		}
		if err := r.step(1); err != nil {
			return at(n.line, err)
		}
		switch err := r.exec(n.body, inner); {
		case errors.Is(err, errBreak):
			return nil
		case err != nil && !errors.Is(err, errContinue):
			return err
		}
	}
	return nil
}

// kept are the items for which the loop's filter holds.
func (n forLoop) kept(r *run, s *scope, items []any) ([]any, error) {
	var out []any
	for _, item := range items {
		inner := &scope{parent: s, vars: map[string]any{}}
		if err := r.bind(inner, n.names, item); err != nil {
			return nil, err
		}
		v, err := n.filter.eval(r, inner)
		if err != nil {
			return nil, err
		}
		if truth(v) {
			out = append(out, item)
		}
	}
	return out, nil
}

// loopState is the variable loop.
type loopState struct {
	items []any
	i     int
}

func (l *loopState) attr(name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "revindex":
		return int64(n - l.i), true
	case "revindex0":
		return int64(n - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == n-1, true
	case "length":
		return int64(n), true
	case "previtem":
		if l.i > 0 {
			return l.items[l.i-1], true
		}
		return undefined{"there is no previous item"}, true
	case "nextitem":
		if l.i+1 < n {
			return l.items[l.i+1], true
		}
		return undefined{"there is no next item"}, true
	case "cycle":
		return function(func(_ *run, a arguments) (any, error) {
			if len(a.args) == 0 {
				return nil, errors.New("loop.cycle needs values")
			}
			return a.args[l.i%len(a.args)], nil
		}), true
	}
	return nil, false
}

func (n *macroDef) exec(_ *run, s *scope) error {
	s.vars[n.name] = n.function(s)
	return nil
}

// function makes the macro callable; it sees the variables of the scope where
// it is defined.
func (n *macroDef) function(s *scope) function {
	return func(r *run, a arguments) (any, error) {
		if r.depth++; r.depth > maxDepth {
			return nil, errDepth
		}
		defer func() { r.depth-- }()
		inner := &scope{parent: s, vars: map[string]any{}}
		if err := n.bindParams(r, inner, a); err != nil {
			return nil, err
		}
		text, err := r.capture(n.body, inner)
		if errors.Is(err, errBreak) || errors.Is(err, errContinue) {
			err = errors.New("break and continue belong into a loop")
		}
		return text, err
	}
}

func (n *macroDef) bindParams(r *run, inner *scope, a arguments) error {
	if len(a.args) > len(n.params) {
		return fmt.Errorf("the macro %q takes %d arguments, not %d", n.name, len(n.params), len(a.args))
	}
	for i, v := range a.args {
		inner.vars[n.params[i]] = v
	}
	for _, kw := range a.kw {
		known := kw.name == "caller"
		for _, p := range n.params {
			known = known || p == kw.name
		}
		if _, there := inner.vars[kw.name]; there || !known {
			return fmt.Errorf("the macro %q can't take the argument %q", n.name, kw.name)
		}
		inner.vars[kw.name] = kw.value
	}
	for i, p := range n.params {
		if _, there := inner.vars[p]; there {
			continue
		}
		first := len(n.params) - len(n.defaults)
		if i < first {
			inner.vars[p] = undefined{p}
			continue
		}
		v, err := n.defaults[i-first].eval(r, inner)
		if err != nil {
			return err
		}
		inner.vars[p] = v
	}
	return nil
}

func (n callBlock) exec(r *run, s *scope) error {
	f, a, err := n.call.prepare(r, s)
	if err != nil {
		return at(n.line, err)
	}
	a.kw = append(a.kw, namedValue{"caller", n.macro.function(s)})
	v, err := f(r, a)
	if err != nil {
		return at(n.line, err)
	}
	text, err := r.text(v)
	if err != nil {
		return at(n.line, err)
	}
	return r.print(text)
}
