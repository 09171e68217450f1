package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// filter changes a value.
type filter func(r *run, v any, a arguments) (any, error)

// findFilter returns the filter with a name.
func findFilter(name string) (filter, bool) {
	f, ok := map[string]filter{
		"abs":        filterAbs,
		"attr":       filterAttr,
		"capitalize": stringFilter("capitalize"),
		"count":      filterLength,
		"d":          filterDefault,
		"default":    filterDefault,
		"dictsort":   filterDictSort,
		"e":          filterEscape,
		"escape":     filterEscape,
		"first":      filterFirst,
		"float":      filterFloat,
		"indent":     filterIndent,
		"int":        filterInt,
		"items":      filterItems,
		"join":       filterJoin,
		"last":       filterLast,
		"length":     filterLength,
		"list":       filterList,
		"lower":      stringFilter("lower"),
		"map":        filterMap,
		"max":        filterMax,
		"min":        filterMin,
		"reject":     selecting(false, false),
		"rejectattr": selecting(true, false),
		"replace":    filterReplace,
		"reverse":    filterReverse,
		"round":      filterRound,
		"safe":       filterSafe,
		"select":     selecting(false, true),
		"selectattr": selecting(true, true),
		"sort":       filterSort,
		"string":     filterString,
		"sum":        filterSum,
		"title":      filterTitle,
		"tojson":     filterToJSON,
		"trim":       filterTrim,
		"unique":     filterUnique,
		"upper":      stringFilter("upper"),
		"wordcount":  filterWordCount,
	}[name]
	return f, ok
}

// stringFilter is the method of strings with this name, of any value's text.
func stringFilter(name string) filter {
	return func(r *run, v any, a arguments) (any, error) {
		s, err := r.text(v)
		if err != nil {
			return nil, err
		}
		f, _ := method(s, name)
		return f(r, a)
	}
}

func filterAbs(_ *run, v any, _ arguments) (any, error) {
	if f, ok := v.(float64); ok {
		return math.Abs(f), nil
	}
	if i, ok := integer(v); ok && i != math.MinInt64 {
		return max(i, -i), nil
	}
	return nil, fmt.Errorf("%s is not a number", typeName(v))
}

func filterAttr(r *run, v any, a arguments) (any, error) {
	name, err := a.text(0, "name", "")
	if err != nil {
		return nil, err
	}
	if _, ok := v.(*dict); ok {
		if f, ok := method(v, name); ok {
			return f, nil
		}
		return undefined{name}, nil
	}
	return r.attribute(v, name)
}

func filterDefault(_ *run, v any, a arguments) (any, error) {
	_, isUndefined := v.(undefined)
	if !isUndefined && !(a.truth(1, "boolean", false) && !truth(v)) {
		return v, nil
	}
	if d, ok := a.take(0, "default_value"); ok {
		return d, nil
	}
	return "", nil
}

func filterEscape(r *run, v any, _ arguments) (any, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	if err := r.make(6 * len(s)); err != nil {
		return nil, err
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").Replace(s), nil
}

func filterSafe(_ *run, v any, _ arguments) (any, error) { return v, nil }

func filterString(r *run, v any, _ arguments) (any, error) { return r.text(v) }

func filterLength(r *run, v any, _ arguments) (any, error) {
	switch v := v.(type) {
	case string:
		return int64(runeLen(v)), r.step(1 + len(v)/64)
	case *list:
		return int64(len(v.items)), nil
	case *dict:
		return int64(len(v.keys)), nil
	case undefined:
		return int64(0), nil
	}
	return nil, fmt.Errorf("%s has no length", typeName(v))
}

func filterReplace(r *run, v any, a arguments) (any, error) { return stringFilter("replace")(r, v, a) }

// filterTitle begins each word with an upper-case letter. Unlike in the method,
// an apostrophe is part of a word.
func filterTitle(r *run, v any, _ arguments) (any, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	if err := r.make(3 * len(s)); err != nil {
		return nil, err
	}
	begins := true
	return strings.Map(func(c rune) rune {
		was := begins
		if begins = isSpace(c) || strings.ContainsRune("-({[<", c); was && !begins {
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, s), nil
}

func filterTrim(r *run, v any, a arguments) (any, error) {
	chars, ok := a.take(0, "chars")
	if ok && chars != nil {
		return stringFilter("strip")(r, v, arguments{args: []any{chars}})
	}
	return stringFilter("strip")(r, v, arguments{})
}

func filterWordCount(r *run, v any, _ arguments) (any, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	return int64(len(strings.FieldsFunc(s, isSpace))), r.make(16 * len(s))
}

func filterInt(_ *run, v any, a arguments) (any, error) {
	missing, err := a.int(0, "default", 0)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case float64:
		if math.Abs(v) < 1<<62 {
			return int64(v), nil
		}
		return missing, nil
	case string:
		s := strings.TrimFunc(v, isSpace)
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i, nil
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<62 {
			return int64(f), nil
		}
		return missing, nil
	}
	if i, ok := integer(v); ok {
		return i, nil
	}
	return missing, nil
}

func filterFloat(_ *run, v any, a arguments) (any, error) {
	if s, ok := v.(string); ok {
		if f, err := strconv.ParseFloat(strings.TrimFunc(s, isSpace), 64); err == nil {
			return f, nil
		}
	}
	if f, ok := number(v); ok {
		return f, nil
	}
	if missing, ok := a.take(0, "default"); ok {
		return missing, nil
	}
	return 0.0, nil
}

func filterRound(_ *run, v any, a arguments) (any, error) {
	f, ok := number(v)
	if !ok {
		return nil, fmt.Errorf("%s is not a number", typeName(v))
	}
	digits, err := a.int(0, "precision", 0)
	if err != nil {
		return nil, err
	}
	way, err := a.text(1, "method", "common")
	if err != nil {
		return nil, err
	}
	scale := math.Pow(10, float64(max(-300, min(digits, 300))))
	switch way {
	case "ceil":
		return math.Ceil(f*scale) / scale, nil
	case "floor":
		return math.Floor(f*scale) / scale, nil
	case "common":
		return math.RoundToEven(f*scale) / scale, nil
	}
	return nil, fmt.Errorf("the method %q is not supported", way)
}

func filterIndent(r *run, v any, a arguments) (any, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	indent := "    "
	if w, ok := a.take(0, "width"); ok {
		if text, ok := w.(string); ok {
			indent = text
		} else if n, ok := integer(w); ok && n >= 0 && n < maxBytes {
			if err := r.make(int(n)); err != nil {
				return nil, err
			}
			indent = strings.Repeat(" ", int(n))
		}
	}
	lines := strings.SplitAfter(s, "\n")
	size := len(s)
	for range lines {
		if size += len(indent); size > r.bytes {
			return nil, errBytes
		}
	}
	blank := a.truth(2, "blank", false)
	var b strings.Builder
	for i, line := range lines {
		empty := line == "" || line == "\n"
		if (i > 0 || a.truth(1, "first", false)) && (!empty || blank && i+1 < len(lines)) {
			b.WriteString(indent)
		}
		b.WriteString(line)
	}
	return b.String(), r.make(size + 16*len(lines))
}
