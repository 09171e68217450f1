package jinja

import (
	"errors"
	"fmt"
	"time"
)

// maxRange bounds what range() counts to, as Jinja's sandbox does.
const maxRange = 100000

// builtins are the functions that every template has.
func builtins(o Options) map[string]any {
	vars := map[string]any{
		"range":           function(rangeOf),
		"namespace":       function(newNamespace),
		"dict":            function(newDictOf),
		"raise_exception": function(raise),
	}
	if !o.Now.IsZero() {
		vars["strftime_now"] = strftimeNow(o.Now)
	}
	return vars
}

// raise is how a template refuses a conversation.
func raise(r *run, a arguments) (any, error) {
	v, _ := a.take(0, "message")
	text, err := r.text(v)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("the chat template refuses this conversation: %q", text)
}

func rangeOf(r *run, a arguments) (any, error) {
	if err := a.only(3); err != nil {
		return nil, err
	}
	bounds := [3]int64{0, 0, 1}
	for i := range a.args {
		n, ok := integer(a.args[i])
		if !ok {
			return nil, errors.New("range needs whole numbers")
		}
		bounds[i] = n
	}
	start, stop, step := bounds[0], bounds[1], bounds[2]
	if len(a.args) == 1 {
		start, stop = 0, start
	}
	if step == 0 || len(a.args) == 0 {
		return nil, errors.New("range needs an end, and a step other than 0")
	}
	const far = 1 << 40
	if max(start, stop, step) > far || min(start, stop, step) < -far {
		return nil, errBytes
	}
	count := int64(0)
	switch {
	case step > 0 && stop > start:
		count = (stop - start + step - 1) / step
	case step < 0 && stop < start:
		count = (start - stop - step - 1) / -step
	}
	if count > maxRange {
		return nil, fmt.Errorf("range has %d numbers; at most %d are allowed", count, maxRange)
	}
	if err := r.make(24 * int(count)); err != nil {
		return nil, err
	}
	out := &list{items: make([]any, count)}
	for i := range out.items {
		out.items[i] = start + int64(i)*step
	}
	return out, nil
}

func newNamespace(r *run, a arguments) (any, error) {
	ns := &namespace{vars: map[string]any{}}
	for _, v := range a.args {
		d, ok := v.(*dict)
		if !ok {
			return nil, errors.New("namespace needs names and values")
		}
		for _, k := range d.keys {
			if name, ok := k.(string); ok {
				ns.vars[name] = d.values[k]
			}
		}
	}
	for _, kw := range a.kw {
		ns.vars[kw.name] = kw.value
	}
	return ns, r.make(64 * len(ns.vars))
}

func newDictOf(r *run, a arguments) (any, error) {
	d := newDict()
	for _, v := range a.args {
		from, ok := v.(*dict)
		if !ok {
			return nil, errors.New("dict needs names and values")
		}
		for _, k := range from.keys {
			d.put(k, from.values[k])
		}
	}
	for _, kw := range a.kw {
		d.put(kw.name, kw.value)
	}
	return d, r.make(64 * len(d.keys))
}

func strftimeNow(now time.Time) function {
	return func(_ *run, a arguments) (any, error) {
		format, err := a.text(0, "format", "")
		if err != nil {
			return nil, err
		}
		return strftime(now, format)
	}
}

// strftime formats a time by C's directives, in English.
func strftime(t time.Time, format string) (string, error) {
	layouts := map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan", 'd': "02", 'H': "15", 'I': "03", 'j': "002",
		'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'Z': "MST", 'z': "-0700",
		'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'e': "_2",
		'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05",
	}
	if len(format) > 1000 {
		return "", errors.New("a date format is too long")
	}
	var out []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		c := format[i]
		layout, ok := layouts[c]
		if c == '-' && i+1 < len(format) { // without the leading zero
			i++
			layout, ok = map[byte]string{'d': "2", 'm': "1", 'I': "3", 'M': "4", 'S': "5"}[format[i]]
		}
		switch {
		case ok:
			out = t.AppendFormat(out, layout)
		case c == '%':
			out = append(out, '%')
		default:
			return "", fmt.Errorf("the date directive %%%c is not supported", format[i])
		}
	}
	return string(out), nil
}
