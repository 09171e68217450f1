package jinja

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

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
