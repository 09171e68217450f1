package jinja

import (
	"errors"
	"fmt"
	"strings"
)

// test asks something of a value.
type test func(r *run, v any, args []any) (bool, error)

// findTest returns the test with a name.
func findTest(name string) (test, bool) {
	if op, ok := map[string]string{
		"==": "==", "eq": "==", "equalto": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", "lessthan": "<",
		"<=": "<=", "le": "<=", ">": ">", "gt": ">", "greaterthan": ">", ">=": ">=", "ge": ">=", "in": "in",
	}[name]; ok {
		return comparing(op), true
	}
	kind := func(is func(any) bool) test {
		return func(_ *run, v any, _ []any) (bool, error) { return is(v), nil }
	}
	f, ok := map[string]test{
		"boolean":     kind(func(v any) bool { _, ok := v.(bool); return ok }),
		"callable":    kind(func(v any) bool { _, ok := v.(function); return ok }),
		"defined":     kind(func(v any) bool { _, ok := v.(undefined); return !ok }),
		"undefined":   kind(func(v any) bool { _, ok := v.(undefined); return ok }),
		"none":        kind(func(v any) bool { return v == nil }),
		"true":        kind(func(v any) bool { return v == true }),
		"false":       kind(func(v any) bool { return v == false }),
		"string":      kind(func(v any) bool { _, ok := v.(string); return ok }),
		"integer":     kind(func(v any) bool { _, ok := v.(int64); return ok }),
		"float":       kind(func(v any) bool { _, ok := v.(float64); return ok }),
		"number":      kind(func(v any) bool { _, ok := number(v); return ok }),
		"mapping":     kind(func(v any) bool { _, ok := v.(*dict); return ok }),
		"iterable":    kind(isIterable),
		"sequence":    kind(isSequence),
		"lower":       casedTest("islower"),
		"upper":       casedTest("isupper"),
		"even":        divisible(2, 0),
		"odd":         divisible(2, 1),
		"divisibleby": divisibleBy,
		"sameas":      sameAs,
	}[name]
	return f, ok
}

// casedTest asks the method of strings with this name.
func casedTest(name string) test {
	return func(r *run, v any, _ []any) (bool, error) {
		s, ok := v.(string)
		if !ok {
			return false, nil
		}
		f, _ := method(s, name)
		got, err := f(r, arguments{})
		return got == true, err
	}
}

// isCased is Python's islower and isupper: there are letters, and all are so.
func isCased(s string, fold func(string) string) bool {
	return s == fold(s) && strings.ToLower(s) != strings.ToUpper(s)
}

func isIterable(v any) bool {
	switch v.(type) {
	case string, *list, *dict, undefined:
		return true
	}
	return false
}

// isSequence is what has a length and items: dicts count, as in Jinja.
func isSequence(v any) bool {
	switch v.(type) {
	case string, *list, *dict, undefined:
		return true
	}
	return false
}

func comparing(op string) test {
	return func(r *run, v any, args []any) (bool, error) {
		if len(args) != 1 {
			return false, errors.New("it needs one argument")
		}
		return r.compare(op, v, args[0])
	}
}

func divisible(by, rest int64) test {
	return func(_ *run, v any, _ []any) (bool, error) {
		i, ok := integer(v)
		if !ok {
			return false, fmt.Errorf("%s is not a whole number", typeName(v))
		}
		return (i%by+by)%by == rest, nil
	}
}

func divisibleBy(r *run, v any, args []any) (bool, error) {
	if len(args) != 1 {
		return false, errors.New("it needs one argument")
	}
	m, err := r.arithmetic("%", v, args[0])
	if err != nil {
		return false, err
	}
	return !truth(m), nil
}

// sameAs is identity; for values without one it is equality of type and value.
func sameAs(r *run, v any, args []any) (bool, error) {
	if len(args) != 1 {
		return false, errors.New("it needs one argument")
	}
	if fmt.Sprintf("%T", v) != fmt.Sprintf("%T", args[0]) {
		return false, nil
	}
	switch v := v.(type) {
	case *list:
		return v == args[0].(*list), nil
	case *dict:
		return v == args[0].(*dict), nil
	}
	return r.equal(v, args[0])
}
