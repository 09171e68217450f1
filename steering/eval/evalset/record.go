package evalset

import (
	"fmt"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// kind is what a field holds.
type kind uint8

const (
	absent kind = iota
	text
	number
	boolean
	null
	list   // of texts, numbers and truth values
	object // its members are fields of their own
	other  // a list of anything else
)

// kindNames complete "it is".
var kindNames = [...]string{"not there", "a text", "a number", "true or false", "null", "a list", "an object", "a nested list"}

// value is a field's.
type value struct {
	kind kind
	text string   // of scalars, as the file writes them
	list []string // of lists
}

// scalar reports whether the value is a single text, number or truth value.
func (v value) scalar() bool { return v.kind == text || v.kind == number || v.kind == boolean }

// record is a problem before its fields are understood.
type record struct {
	line   int    // see Item.Line
	inside string // the name of the list it is an element of, if the file is an object
	names  []string
	values []value // one for each name
}

// get finds a field, or one that differs in case only.
func (r *record) get(name string) (value, string) {
	for i, n := range r.names {
		if n == name {
			return r.values[i], n
		}
	}
	for i, n := range r.names {
		if strings.EqualFold(n, name) {
			return r.values[i], n
		}
	}
	return value{}, name
}

// has reports whether there are all of these fields.
func (r *record) has(names ...string) bool {
	for _, name := range names {
		if v, _ := r.get(name); v.kind == absent {
			return false
		}
	}
	return true
}

// first is the first of the names that the record has a value for; "" if there
// is none.
func (r *record) first(names ...string) string {
	for _, name := range names {
		if v, found := r.get(name); v.kind != absent && v.kind != object {
			return found
		}
	}
	return ""
}

// text is a field that a problem can't do without.
func (r *record) text(name string) (string, error) {
	switch v, _ := r.get(name); {
	case v.kind == absent:
		return "", fmt.Errorf("there is no field %s; there are %s", badfile.Quote(name), r.listed())
	case !v.scalar():
		return "", fmt.Errorf("%s is %s, where a text is expected", badfile.Quote(name), kindNames[v.kind])
	case strings.TrimSpace(v.text) == "":
		return "", fmt.Errorf("%s is empty", badfile.Quote(name))
	default:
		return v.text, nil
	}
}

// texts reads several fields as text does.
func (r *record) texts(names ...string) ([]string, error) {
	out := make([]string, len(names))
	for i, name := range names {
		var err error
		if out[i], err = r.text(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listed writes the fields' names as in a sentence.
func (r *record) listed() string {
	const most = 20
	var names []string
	for i, n := range r.names {
		if r.values[i].kind != object && n != "" {
			names = append(names, badfile.Quote(n))
		}
	}
	if len(names) == 0 {
		return "none"
	}
	if extra := len(names) - most; extra > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", extra))
	}
	return strings.Join(names, ", ")
}

// set adds a field.
func (r *record) set(name string, v value) error {
	for _, n := range r.names {
		if n == name {
			return fmt.Errorf("the name %s stands twice", badfile.Quote(name))
		}
	}
	if len(r.names) == maxFields {
		return fmt.Errorf("it has more than %d fields", maxFields)
	}
	if len(v.text) > maxField {
		return fmt.Errorf("%s is longer than %d MiB", badfile.Quote(name), maxField>>20)
	}
	r.names, r.values = append(r.names, name), append(r.values, v)
	return nil
}

// fields are those that templates may name.
func (r *record) fields() map[string]string {
	out := make(map[string]string, len(r.names))
	for i, v := range r.values {
		if v.scalar() || v.kind == null {
			out[r.names[i]] = v.text
		}
	}
	return out
}
