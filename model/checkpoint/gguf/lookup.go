package gguf

import "fmt"

// Uint returns a key that holds an integer of any kind. It is an error if the key holds
// something else, or a negative number.
func (f *File) Uint(key string) (v uint64, ok bool, err error) {
	value, ok := f.Lookup(key)
	if !ok {
		return 0, false, nil
	}
	if u, is := value.(uint64); is {
		return u, true, nil
	}
	n, is := integer(value)
	if !is {
		return 0, false, f.wrongKind(key, value, "a whole number")
	}
	if n < 0 {
		return 0, false, fmt.Errorf("%s: key %q is %d, where a number of 0 or more is expected", f.name, key, n)
	}
	return uint64(n), true, nil
}

// Float returns a key that holds a float32 or float64.
func (f *File) Float(key string) (v float64, ok bool, err error) {
	value, ok := f.Lookup(key)
	if !ok {
		return 0, false, nil
	}
	switch n := value.(type) {
	case float32:
		return float64(n), true, nil
	case float64:
		return n, true, nil
	}
	return 0, false, f.wrongKind(key, value, "a floating-point number")
}

// Text returns a key that holds a string, whose bytes need not be valid UTF-8.
func (f *File) Text(key string) (v string, ok bool, err error) {
	return one[string](f, key, "a string")
}

// Flag returns a key that holds a boolean.
func (f *File) Flag(key string) (v bool, ok bool, err error) { return one[bool](f, key, "a boolean") }

// Texts returns a key that holds an array of strings.
func (f *File) Texts(key string) (v []string, ok bool, err error) {
	return one[[]string](f, key, "an array of strings")
}

// Floats returns a key that holds an array of float32 or float64 (which are rounded).
func (f *File) Floats(key string) (v []float32, ok bool, err error) {
	value, ok := f.Lookup(key)
	if !ok {
		return nil, false, nil
	}
	switch n := value.(type) {
	case []float32:
		return n, true, nil
	case []float64:
		v = make([]float32, len(n))
		for i := range n {
			v[i] = float32(n[i])
		}
		return v, true, nil
	}
	return nil, false, f.wrongKind(key, value, "an array of floating-point numbers")
}

// Ints returns a key that holds an array of integers of any kind. It is an error if one of them
// is beyond the range of int64.
func (f *File) Ints(key string) (v []int64, ok bool, err error) {
	value, ok := f.Lookup(key)
	if !ok {
		return nil, false, nil
	}
	v, is := integers(value)
	if !is {
		return nil, false, f.wrongKind(key, value, "an array of whole numbers")
	}
	if _, unsigned := value.([]uint64); unsigned {
		for i, n := range v {
			if n < 0 {
				return nil, false, fmt.Errorf("%s: key %q has %d at index %d, beyond the largest number that can be used", f.name, key, uint64(n), i)
			}
		}
	}
	return v, true, nil
}

func one[T any](f *File, key, want string) (v T, ok bool, err error) {
	value, ok := f.Lookup(key)
	if !ok {
		return v, false, nil
	}
	v, is := value.(T)
	if !is {
		return v, false, f.wrongKind(key, value, want)
	}
	return v, true, nil
}

func (f *File) wrongKind(key string, value any, want string) error {
	return fmt.Errorf("%s: key %q holds a value of kind %T, where %s is expected", f.name, key, value, want)
}

// integer converts any integer but a uint64.
func integer(value any) (int64, bool) {
	switch n := value.(type) {
	case uint8:
		return int64(n), true
	case int8:
		return int64(n), true
	case uint16:
		return int64(n), true
	case int16:
		return int64(n), true
	case uint32:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}

// integers converts any slice of integers. Those of a []uint64 beyond int64 come out negative.
func integers(value any) ([]int64, bool) {
	switch s := value.(type) {
	case []uint8:
		return widen(s), true
	case []int8:
		return widen(s), true
	case []uint16:
		return widen(s), true
	case []int16:
		return widen(s), true
	case []uint32:
		return widen(s), true
	case []int32:
		return widen(s), true
	case []uint64:
		return widen(s), true
	case []int64:
		return s, true
	}
	return nil, false
}

func widen[T uint8 | int8 | uint16 | int16 | uint32 | int32 | uint64](s []T) []int64 {
	v := make([]int64, len(s))
	for i := range s {
		v[i] = int64(s[i])
	}
	return v
}
