// Package pickle reads Python pickles that hold plain data: None, booleans, numbers, strings,
// lists, tuples and dictionaries. It executes nothing. A pickle is a program, and can ask Python
// to call any function; here each function and class that it names is refused by that name,
// except for those that a Host lends it.
//
// The instructions are those of protocols 0 to 5, as Lib/pickletools.py in
// https://github.com/python/cpython documents them.
package pickle

import (
	"fmt"

	"tiller/model/checkpoint/badfile"
)

// Bounds on a pickle. One of vectors for a hundred layers takes a few thousand instructions.
const (
	MaxBytes = 1 << 22
	maxSteps = 1 << 20
	maxDepth = 1 << 16 // of the stack and of marks
)

// Values are of type bool, int64, float64, string, Bytes, Tuple, *List, *Dict, a Global that the
// Host knows, or whatever the Host made; nil is None. Lists and dictionaries may hold themselves.
type (
	// Bytes are Python's bytes.
	Bytes []byte
	// Tuple is a tuple.
	Tuple []any
	// List is a list.
	List struct{ Items []any }
	// Global is the name of a function or class.
	Global struct{ Module, Name string }
)

// String is the name as Python writes it.
func (g Global) String() string { return g.Module + "." + g.Name }

// Dict is a dictionary in the order in which its keys were first set.
type Dict struct {
	Keys, Values []any
	index        map[any]int
}

// set puts a value at a key, which must be a string, number, boolean or None.
func (d *Dict) set(key, value any) error {
	switch key.(type) {
	case nil, bool, int64, float64, string:
	default:
		return fmt.Errorf("a dictionary has %s for a key, where a string or a number is expected", kind(key))
	}
	if d.index == nil {
		d.index = map[any]int{}
	}
	if i, ok := d.index[key]; ok {
		d.Values[i] = value
		return nil
	}
	d.index[key] = len(d.Keys)
	d.Keys = append(d.Keys, key)
	d.Values = append(d.Values, value)
	return nil
}

// Get returns the value at a key that is a string.
func (d *Dict) Get(key string) (any, bool) {
	i, ok := d.index[key]
	if !ok {
		return nil, false
	}
	return d.Values[i], true
}

// A Host lends a pickle the few names that its format needs. Errors complete a sentence about
// the place in the pickle.
type Host interface {
	// Knows reports whether the pickle may name this function or class.
	Knows(Global) bool
	// Call is what calling a known one gives.
	Call(g Global, args Tuple) (any, error)
	// Persistent is what stands outside of the pickle under this id.
	Persistent(id any) (any, error)
}

// orderedDict is a dictionary here, as every dictionary keeps its order.
var orderedDict = Global{"collections", "OrderedDict"}

// Read runs the pickle in data. The name of the file and the part of it that the pickle is are
// used in errors, which are of type *badfile.Error; host may be nil.
func Read(file, part string, data []byte, host Host) (any, error) {
	m := &machine{data: data, host: host, memo: map[int]any{}}
	value, err := m.run()
	if err != nil {
		return nil, &badfile.Error{File: file, Where: part, Offset: int64(m.begin), Problem: err.Error()}
	}
	return value, nil
}

// kind names a value's type for errors.
func kind(value any) string {
	switch v := value.(type) {
	case nil:
		return "None"
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case float64:
		return "a number"
	case string:
		return "a string"
	case Bytes:
		return "bytes"
	case Tuple:
		return "a tuple"
	case *List:
		return "a list"
	case *Dict:
		return "a dictionary"
	case Global:
		return badfile.Quote(v.String())
	}
	return "an object"
}
