package jinja

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

func (l literal) eval(*run, *scope) (any, error) { return l.value, nil }

func (n name) eval(r *run, s *scope) (any, error) {
	if v, ok := s.get(n.name); ok {
		return v, r.step(1)
	}
	return undefined{n.name}, r.step(1)
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

func (r *run) join(x, y string) (any, error) {
	if err := r.make(len(x) + len(y)); err != nil {
		return nil, err
	}
	return x + y, nil
}

func (r *run) arithmetic(op string, left, right any) (any, error) {
	bad := fmt.Errorf("%s can't be used with %s and %s", op, typeName(left), typeName(right))
	switch op {
	case "+":
		switch x := left.(type) {
		case string:
			if y, ok := right.(string); ok {
				return r.join(x, y)
			}
			return nil, bad
		case *list:
			y, ok := right.(*list)
			if !ok || x.tuple != y.tuple {
				return nil, bad
			}
			if err := r.make(16 * (len(x.items) + len(y.items))); err != nil {
				return nil, err
			}
			return &list{items: append(append([]any{}, x.items...), y.items...), tuple: x.tuple}, nil
		}
	case "*":
		if n, ok := integer(right); ok {
			if v, done, err := r.repeat(left, n); done {
				return v, err
			}
		}
		if n, ok := integer(left); ok {
			if v, done, err := r.repeat(right, n); done {
				return v, err
			}
		}
	}
	x, ok := integer(left)
	y, ok2 := integer(right)
	if ok && ok2 && op != "/" {
		return integers(op, x, y)
	}
	f, ok := number(left)
	g, ok2 := number(right)
	if !ok || !ok2 {
		return nil, bad
	}
	return floats(op, f, g)
}

// repeat is a string or list times n. It reports false for other values.
func (r *run) repeat(v any, n int64) (any, bool, error) {
	n = max(n, 0)
	fits := func(size int) error {
		if size > 0 && n > int64(maxBytes)*2/int64(size) {
			return errBytes
		}
		return r.make(size * int(n))
	}
	switch v := v.(type) {
	case string:
		if err := fits(len(v)); err != nil || v == "" {
			return "", true, err
		}
		return strings.Repeat(v, int(n)), true, nil
	case *list:
		if err := fits(16 * len(v.items)); err != nil || len(v.items) == 0 {
			return &list{tuple: v.tuple}, true, err
		}
		out := &list{tuple: v.tuple}
		for range n {
			out.items = append(out.items, v.items...)
		}
		return out, true, nil
	}
	return nil, false, nil
}

var (
	errZero     = errors.New("division by zero")
	errOverflow = errors.New("a number is too large")
)

func integers(op string, x, y int64) (any, error) {
	const most = 1 << 31 // of the factors of a product, so that none overflows
	switch op {
	case "+", "-":
		if y == math.MinInt64 {
			return nil, errOverflow
		}
		if op == "-" {
			y = -y
		}
		sum := x + y
		if (sum > x) != (y > 0) && y != 0 {
			return nil, errOverflow
		}
		return sum, nil
	case "*":
		if x > most || x < -most || y > most || y < -most {
			return nil, errOverflow
		}
		return x * y, nil
	case "//", "%":
		if y == 0 {
			return nil, errZero
		}
		if y == -1 && x == math.MinInt64 {
			return nil, errOverflow
		}
		q, m := x/y, x%y
		if m != 0 && (m < 0) != (y < 0) { // Python rounds down
			q, m = q-1, m+y
		}
		if op == "%" {
			return m, nil
		}
		return q, nil
	}
	return power(x, y)
}

func power(x, y int64) (any, error) {
	if y < 0 {
		return floats("**", float64(x), float64(y))
	}
	if p := math.Pow(float64(x), float64(y)); math.Abs(p) >= 1<<62 {
		return nil, errOverflow
	}
	out := int64(1)
	for ; y > 0 && out != 0 && (x != 1 || out != 1); y-- {
		out *= x
		if x == -1 { // only the parity counts
			if y%2 == 0 {
				out = 1
			}
			return out, nil
		}
	}
	return out, nil
}

func floats(op string, x, y float64) (any, error) {
	if y == 0 && (op == "/" || op == "//" || op == "%") {
		return nil, errZero
	}
	switch op {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/":
		return x / y, nil
	case "//":
		return math.Floor(x / y), nil
	case "%":
		m := math.Mod(x, y)
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m, nil
	}
	return math.Pow(x, y), nil
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

func (r *run) compare(op string, x, y any) (bool, error) {
	switch op {
	case "==":
		return r.equal(x, y)
	case "!=":
		same, err := r.equal(x, y)
		return !same, err
	case "<":
		return r.less(x, y)
	case ">":
		return r.less(y, x)
	case "<=":
		less, err := r.less(y, x)
		return !less, err
	case ">=":
		less, err := r.less(x, y)
		return !less, err
	case "not in":
		in, err := r.contains(y, x)
		return !in, err
	}
	return r.contains(y, x)
}

// contains says whether x is in v.
func (r *run) contains(v, x any) (bool, error) {
	switch v := v.(type) {
	case string:
		s, ok := x.(string)
		if !ok {
			return false, fmt.Errorf("only a string can be in a string, not %s", typeName(x))
		}
		return strings.Contains(v, s), r.step(1 + len(v)/64)
	case *dict:
		_, ok := v.get(x)
		return ok, r.step(1 + keySize(x)/64)
	case *list:
		for _, item := range v.items {
			if same, err := r.equal(item, x); same || err != nil {
				return same, err
			}
		}
		return false, nil
	case undefined:
		return false, nil
	}
	return false, fmt.Errorf("%s has nothing in it", typeName(v))
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
