package jinja

import (
	"fmt"
	"math"
)

// Values are nil, bool, int64, float64, string, *list, *dict, *namespace,
// function and undefined.

type list struct {
	items []any
	tuple bool
}

// dict keeps the order in which keys came. Keys are nil, bool, int64, float64
// or string.
type dict struct {
	keys   []any
	values map[any]any
}

// namespace is what namespace() makes: the one thing that set can change.
type namespace struct{ vars map[string]any }

// function is a macro, a method or a builtin.
type function func(r *run, a arguments) (any, error)

// undefined is the value of a name that nothing has.
type undefined struct{ name string }

// arguments are what a function is called with.
type arguments struct {
	args []any
	kw   []namedValue
}

type namedValue struct {
	name  string
	value any
}

// List makes a list of values.
func List(items ...any) any {
	l := &list{items: make([]any, len(items))}
	for i, item := range items {
		l.items[i] = accept(item)
	}
	return l
}

// Dict makes a dictionary of keys and values in turn.
func Dict(pairs ...any) any {
	d := newDict()
	for i := 0; i+1 < len(pairs); i += 2 {
		d.put(accept(pairs[i]), accept(pairs[i+1]))
	}
	return d
}

func newDict() *dict { return &dict{values: map[any]any{}} }

// hashable turns a value into a key. As in Python, 1, 1.0 and True are one key.
func hashable(v any) (any, bool) {
	switch v := v.(type) {
	case nil, string:
		return v, true
	case int64:
		return v, true
	case bool:
		if v {
			return int64(1), true
		}
		return int64(0), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), true
		}
		return v, true
	}
	return nil, false
}

func (d *dict) put(key, value any) bool {
	k, ok := hashable(key)
	if !ok {
		return false
	}
	if _, there := d.values[k]; !there {
		d.keys = append(d.keys, k)
	}
	d.values[k] = value
	return true
}

func (d *dict) get(key any) (any, bool) {
	k, ok := hashable(key)
	if !ok {
		return nil, false
	}
	v, ok := d.values[k]
	return v, ok
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *list:
		return len(v.items) > 0
	case *dict:
		return len(v.keys) > 0
	}
	return true
}

func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64:
		return "an int"
	case float64:
		return "a float"
	case string:
		return "a string"
	case *list:
		if v.tuple {
			return "a tuple"
		}
		return "a list"
	case *dict:
		return "a dict"
	case undefined:
		return fmt.Sprintf("undefined (%q)", v.name)
	}
	return "an object"
}

// number returns a value as a float64, bools included.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// equal is ==. It accounts for the elements it looks at.
func (r *run) equal(a, b any) (bool, error) {
	if err := r.step(1); err != nil {
		return false, err
	}
	if r.depth++; r.depth > maxDepth {
		return false, errDepth
	}
	defer func() { r.depth-- }()
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y, nil
	}
	switch a := a.(type) {
	case nil:
		return b == nil, nil
	case undefined:
		_, ok := b.(undefined)
		return ok, nil
	case string:
		s, ok := b.(string)
		if !ok || len(a) != len(s) {
			return false, nil
		}
		return a == s, r.step(len(a) / 64)
	case *list:
		l, ok := b.(*list)
		if !ok || len(a.items) != len(l.items) || a.tuple != l.tuple {
			return false, nil
		}
		for i := range a.items {
			if same, err := r.equal(a.items[i], l.items[i]); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case *dict:
		d, ok := b.(*dict)
		if !ok || len(a.keys) != len(d.keys) {
			return false, nil
		}
		for _, k := range a.keys {
			v, ok := d.values[k]
			if !ok {
				return false, nil
			}
			if same, err := r.equal(a.values[k], v); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case *namespace:
		n, ok := b.(*namespace)
		return ok && a == n, nil
	}
	return false, nil
}

// less is <, for numbers, strings and lists.
func (r *run) less(a, b any) (bool, error) {
	if err := r.step(1); err != nil {
		return false, err
	}
	if x, ok := number(a); ok {
		if y, ok := number(b); ok {
			return x < y, nil
		}
	}
	if s, ok := a.(string); ok {
		if t, ok := b.(string); ok {
			return s < t, r.step(min(len(s), len(t)) / 64) // UTF-8 sorts like code points
		}
	}
	if l, ok := a.(*list); ok {
		if m, ok := b.(*list); ok && l.tuple == m.tuple {
			return r.lessItems(l.items, m.items)
		}
	}
	return false, fmt.Errorf("%s and %s can't be ordered", typeName(a), typeName(b))
}

func (r *run) lessItems(a, b []any) (bool, error) {
	if r.depth++; r.depth > maxDepth {
		return false, errDepth
	}
	defer func() { r.depth-- }()
	for i := range min(len(a), len(b)) {
		same, err := r.equal(a[i], b[i])
		if err != nil {
			return false, err
		}
		if !same {
			return r.less(a[i], b[i])
		}
	}
	return len(a) < len(b), nil
}
