package jinja

import "fmt"

// take finds the argument in place i, or with a name. It reports false when it
// is not given.
func (a arguments) take(i int, name string) (any, bool) {
	if i < len(a.args) {
		return a.args[i], true
	}
	for _, kw := range a.kw {
		if kw.name == name {
			return kw.value, true
		}
	}
	return nil, false
}

// only refuses more than n arguments, and names that are not listed.
func (a arguments) only(n int, names ...string) error {
	if len(a.args) > n {
		return fmt.Errorf("it takes at most %d arguments, not %d", n, len(a.args))
	}
	for _, kw := range a.kw {
		known := false
		for _, name := range names {
			known = known || name == kw.name
		}
		if !known {
			return fmt.Errorf("the argument %q is not supported", kw.name)
		}
	}
	return nil
}

func (a arguments) text(i int, name, missing string) (string, error) {
	v, ok := a.take(i, name)
	if !ok || v == nil {
		return missing, nil
	}
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("the argument %q must be a string, not %s", name, typeName(v))
	}
	return s, nil
}

func (a arguments) int(i int, name string, missing int64) (int64, error) {
	v, ok := a.take(i, name)
	if !ok || v == nil {
		return missing, nil
	}
	n, ok := integer(v)
	if !ok {
		return 0, fmt.Errorf("the argument %q must be a whole number, not %s", name, typeName(v))
	}
	return n, nil
}

func (a arguments) truth(i int, name string, missing bool) bool {
	v, ok := a.take(i, name)
	if !ok {
		return missing
	}
	return truth(v)
}
