package jinja

import (
	"fmt"
)

func (l literal) eval(*run, *scope) (any, error) { return l.value, nil }

func (n name) eval(r *run, s *scope) (any, error) {
	if v, ok := s.get(n.name); ok {
		return v, r.step(1)
	}
	return undefined(n), r.step(1)
}

func (c collection) eval(r *run, s *scope) (any, error) {
	items, err := evalAll(r, s, c.items)
	if err != nil {
		return nil, err
	}
	return &list{items: items, tuple: c.tuple}, r.make(16 * len(items))
}

func evalAll(r *run, s *scope, exprs []expr) ([]any, error) {
	out := make([]any, len(exprs))
	for i, e := range exprs {
		var err error
		if out[i], err = e.eval(r, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (m mapping) eval(r *run, s *scope) (any, error) {
	d := newDict()
	for i := range m.keys {
		k, err := m.keys[i].eval(r, s)
		if err != nil {
			return nil, err
		}
		v, err := m.values[i].eval(r, s)
		if err != nil {
			return nil, err
		}
		if !d.put(k, v) {
			return nil, fmt.Errorf("%s can't be a key", typeName(k))
		}
	}
	return d, r.make(64 * len(m.keys))
}

func (t ternary) eval(r *run, s *scope) (any, error) {
	v, err := t.cond.eval(r, s)
	switch {
	case err != nil:
		return nil, err
	case truth(v):
		return t.then.eval(r, s)
	case t.rest == nil:
		return undefined{"the else of an if"}, nil
	}
	return t.rest.eval(r, s)
}

func (u unary) eval(r *run, s *scope) (any, error) {
	v, err := u.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	if u.op == "not" {
		return !truth(v), r.step(1)
	}
	if f, ok := v.(float64); ok {
		if u.op == "-" {
			f = -f
		}
		return f, nil
	}
	i, ok := integer(v)
	if !ok {
		return nil, fmt.Errorf("%s has no sign", typeName(v))
	}
	if u.op == "-" {
		i = -i
	}
	return i, nil
}

func (b binary) eval(r *run, s *scope) (any, error) {
	left, err := b.left.eval(r, s)
	if err != nil {
		return nil, err
	}
	switch {
	case b.op == "and" && !truth(left), b.op == "or" && truth(left):
		return left, nil
	}
	right, err := b.right.eval(r, s)
	if err != nil {
		return nil, err
	}
	if err := r.step(1); err != nil {
		return nil, err
	}
	switch b.op {
	case "and", "or":
		return right, nil
	case "~":
		x, err := r.text(left)
		if err != nil {
			return nil, err
		}
		y, err := r.text(right)
		if err != nil {
			return nil, err
		}
		return r.join(x, y)
	}
	return r.arithmetic(b.op, left, right)
}

func (c comparison) eval(r *run, s *scope) (any, error) {
	left, err := c.left.eval(r, s)
	if err != nil {
		return nil, err
	}
	for i, op := range c.ops {
		right, err := c.of[i].eval(r, s)
		if err != nil {
			return nil, err
		}
		ok, err := r.compare(op, left, right)
		if err != nil || !ok {
			return false, err
		}
		left = right
	}
	return true, nil
}

func (a attr) eval(r *run, s *scope) (any, error) {
	v, err := a.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	return r.attribute(v, a.name)
}

// attribute is v.name: a method, or else an item.
func (r *run) attribute(v any, name string) (any, error) {
	if err := r.step(1); err != nil {
		return nil, err
	}
	if f, ok := method(v, name); ok {
		return f, nil
	}
	switch v := v.(type) {
	case *dict:
		if item, ok := v.get(name); ok {
			return item, nil
		}
	case *namespace:
		if item, ok := v.vars[name]; ok {
			return item, nil
		}
	case *loopState:
		if item, ok := v.attr(name); ok {
			return item, nil
		}
	case undefined:
		return nil, fmt.Errorf("%q is undefined, so it has no %q", v.name, name)
	}
	return undefined{name}, nil
}

func (i index) eval(r *run, s *scope) (any, error) {
	v, err := i.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	at, err := i.at.eval(r, s)
	if err != nil {
		return nil, err
	}
	return r.item(v, at)
}

// keySize is how many bytes a look-up must hash.
func keySize(key any) int {
	s, _ := key.(string)
	return len(s)
}

// item is v[at].
func (r *run) item(v, at any) (any, error) {
	if err := r.step(1 + keySize(at)/64); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *dict:
		if item, ok := v.get(at); ok {
			return item, nil
		}
	case *list:
		if i, ok := integer(at); ok {
			if i < 0 {
				i += int64(len(v.items))
			}
			if i >= 0 && i < int64(len(v.items)) {
				return v.items[i], nil
			}
			return undefined{"an index out of range"}, nil
		}
	case string:
		if i, ok := integer(at); ok {
			n := int64(runeLen(v))
			if i < 0 {
				i += n
			}
			if i >= 0 && i < n {
				return runeSlice(v, int(i), int(i)+1), r.step(1 + len(v)/64)
			}
			return undefined{"an index out of range"}, nil
		}
	case undefined:
		return nil, fmt.Errorf("%q is undefined, so it has no items", v.name)
	}
	if name, ok := at.(string); ok {
		return r.attribute(v, name)
	}
	return undefined{"an item"}, nil
}

func (c *call) eval(r *run, s *scope) (any, error) {
	f, a, err := c.prepare(r, s)
	if err != nil {
		return nil, err
	}
	return f(r, a)
}

// prepare evaluates the function and its arguments.
func (c *call) prepare(r *run, s *scope) (function, arguments, error) {
	var a arguments
	v, err := c.of.eval(r, s)
	if err != nil {
		return nil, a, err
	}
	f, ok := v.(function)
	if !ok {
		if u, isUndefined := v.(undefined); isUndefined {
			return nil, a, fmt.Errorf("%q is undefined, so it can't be called", u.name)
		}
		return nil, a, fmt.Errorf("%s can't be called", typeName(v))
	}
	if a.args, err = evalAll(r, s, c.args); err != nil {
		return nil, a, err
	}
	a.kw, err = evalKeywords(r, s, c.kw)
	return f, a, err
}

func evalKeywords(r *run, s *scope, kws []keyword) ([]namedValue, error) {
	var out []namedValue
	for _, kw := range kws {
		v, err := kw.value.eval(r, s)
		if err != nil {
			return nil, err
		}
		out = append(out, namedValue{kw.name, v})
	}
	return out, nil
}

func (f filtered) eval(r *run, s *scope) (any, error) {
	v, err := f.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	return f.call.apply(r, s, v)
}

func (f filterCall) apply(r *run, s *scope, v any) (any, error) {
	args, err := evalAll(r, s, f.args)
	if err != nil {
		return nil, err
	}
	kw, err := evalKeywords(r, s, f.kw)
	if err != nil {
		return nil, err
	}
	out, err := f.f(r, v, arguments{args, kw})
	if err != nil {
		return nil, fmt.Errorf("the filter %q: %w", f.name, err)
	}
	return out, r.step(1)
}

func (t tested) eval(r *run, s *scope) (any, error) {
	v, err := t.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	args, err := evalAll(r, s, t.args)
	if err != nil {
		return nil, err
	}
	ok, err := t.f(r, v, args)
	if err != nil {
		return nil, fmt.Errorf("the test %q: %w", t.name, err)
	}
	return ok != t.negate, r.step(1)
}
