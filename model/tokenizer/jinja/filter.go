package jinja

import (
	"errors"
	"fmt"
	"math"
	"slices"
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

func filterFirst(r *run, v any, _ arguments) (any, error) {
	items, err := r.items(v)
	if err != nil || len(items) == 0 {
		return undefined{"the first of nothing"}, err
	}
	return items[0], nil
}

func filterLast(r *run, v any, _ arguments) (any, error) {
	items, err := r.items(v)
	if err != nil || len(items) == 0 {
		return undefined{"the last of nothing"}, err
	}
	return items[len(items)-1], nil
}

func filterList(r *run, v any, _ arguments) (any, error) {
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	return &list{items: items}, r.make(16 * len(items))
}

func filterItems(r *run, v any, a arguments) (any, error) {
	if _, ok := v.(undefined); ok {
		return &list{}, nil
	}
	d, ok := v.(*dict)
	if !ok {
		return nil, fmt.Errorf("%s has no items", typeName(v))
	}
	return dictItems(r, d)
}

func filterDictSort(r *run, v any, a arguments) (any, error) {
	d, ok := v.(*dict)
	if !ok {
		return nil, fmt.Errorf("%s is not a dict", typeName(v))
	}
	pairs, err := dictItems(r, d)
	if err != nil {
		return nil, err
	}
	by, err := a.text(1, "by", "key")
	if err != nil {
		return nil, err
	}
	column := 0
	if by == "value" {
		column = 1
	}
	sensitive := a.truth(0, "case_sensitive", false)
	key := func(pair any) any { return folded(pair.(*list).items[column], sensitive) }
	return r.sorted(pairs.items, key, a.truth(2, "reverse", false))
}

func folded(v any, sensitive bool) any {
	if s, ok := v.(string); ok && !sensitive {
		return strings.ToLower(s)
	}
	return v
}

// sorted sorts by a key of each item, keeping the order of equals.
func (r *run) sorted(items []any, key func(any) any, reverse bool) (any, error) {
	if err := r.make(32 * len(items)); err != nil {
		return nil, err
	}
	out := slices.Clone(items)
	var failed error
	slices.SortStableFunc(out, func(a, b any) int {
		x, y := key(a), key(b)
		if reverse {
			x, y = y, x
		}
		for i, pair := range [][2]any{{x, y}, {y, x}} {
			less, err := r.less(pair[0], pair[1])
			if err != nil && failed == nil {
				failed = err
			}
			if less {
				return 2*i - 1
			}
		}
		return 0
	})
	return &list{items: out}, failed
}

func filterSort(r *run, v any, a arguments) (any, error) {
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	attribute, err := a.text(2, "attribute", "")
	if err != nil {
		return nil, err
	}
	sensitive := a.truth(1, "case_sensitive", false)
	var failed error
	out, err := r.sorted(items, func(item any) any {
		if attribute != "" {
			var err error
			if item, err = r.path(item, attribute); err != nil {
				failed = err
			}
		}
		return folded(item, sensitive)
	}, a.truth(0, "reverse", false))
	return out, errors.Join(failed, err)
}

// path is an attribute of an attribute ..., with dots between the names.
func (r *run) path(v any, path string) (any, error) {
	for _, name := range strings.Split(path, ".") {
		var at any = name
		if i, err := strconv.ParseInt(name, 10, 32); err == nil {
			at = i
		}
		var err error
		if v, err = r.item(v, at); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func filterUnique(r *run, v any, a arguments) (any, error) {
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	out := &list{}
	for _, item := range items {
		there := false
		for _, old := range out.items {
			same, err := r.equal(folded(old, a.truth(0, "case_sensitive", false)), folded(item, a.truth(0, "case_sensitive", false)))
			if err != nil {
				return nil, err
			}
			if there = same; same {
				break
			}
		}
		if !there {
			out.items = append(out.items, item)
		}
	}
	return out, r.make(16 * len(out.items))
}

func filterJoin(r *run, v any, a arguments) (any, error) {
	sep, err := a.text(0, "d", "")
	if err != nil {
		return nil, err
	}
	attribute, err := a.text(1, "attribute", "")
	if err != nil {
		return nil, err
	}
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	for i, item := range items {
		if attribute != "" {
			if item, err = r.path(item, attribute); err != nil {
				return nil, err
			}
		}
		if parts[i], err = r.text(item); err != nil {
			return nil, err
		}
	}
	return r.joinAll(parts, sep)
}

func (r *run) joinAll(parts []string, sep string) (any, error) {
	size := 0
	for _, p := range parts {
		size += len(p) + len(sep)
		if size > r.bytes {
			return nil, errBytes
		}
	}
	return strings.Join(parts, sep), r.make(size)
}

func filterReverse(r *run, v any, _ arguments) (any, error) {
	if s, ok := v.(string); ok {
		if err := r.make(4 * len(s)); err != nil {
			return nil, err
		}
		runes := []rune(s)
		slices.Reverse(runes)
		return string(runes), nil
	}
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(items)
	slices.Reverse(out)
	return &list{items: out}, r.make(16 * len(out))
}

func filterSum(r *run, v any, a arguments) (any, error) {
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	attribute, err := a.text(0, "attribute", "")
	if err != nil {
		return nil, err
	}
	var sum any = int64(0)
	if start, ok := a.take(1, "start"); ok {
		sum = start
	}
	for _, item := range items {
		if attribute != "" {
			if item, err = r.path(item, attribute); err != nil {
				return nil, err
			}
		}
		if sum, err = r.arithmetic("+", sum, item); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

func filterMin(r *run, v any, a arguments) (any, error) { return r.extreme(v, false) }
func filterMax(r *run, v any, a arguments) (any, error) { return r.extreme(v, true) }

func (r *run) extreme(v any, largest bool) (any, error) {
	items, err := r.items(v)
	if err != nil || len(items) == 0 {
		return undefined{"the extreme of nothing"}, err
	}
	best := items[0]
	for _, item := range items[1:] {
		x, y := folded(item, false), folded(best, false)
		if largest {
			x, y = y, x
		}
		less, err := r.less(x, y)
		if err != nil {
			return nil, err
		}
		if less {
			best = item
		}
	}
	return best, nil
}

// filterMap takes an attribute of each item, or a filter's result.
func filterMap(r *run, v any, a arguments) (any, error) {
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	each, err := mapper(r, a)
	if err != nil {
		return nil, err
	}
	out := &list{items: make([]any, len(items))}
	for i, item := range items {
		if out.items[i], err = each(item); err != nil {
			return nil, err
		}
	}
	return out, r.make(16 * len(items))
}

func mapper(r *run, a arguments) (func(any) (any, error), error) {
	if len(a.args) == 0 {
		attribute, err := a.text(0, "attribute", "")
		if err != nil || attribute == "" {
			return nil, errors.New("it needs a filter or an attribute")
		}
		missing, hasMissing := a.take(1, "default")
		return func(item any) (any, error) {
			out, err := r.path(item, attribute)
			if _, ok := out.(undefined); ok && hasMissing {
				return missing, err
			}
			return out, err
		}, nil
	}
	name, ok := a.args[0].(string)
	if !ok {
		return nil, errors.New("it needs the name of a filter")
	}
	f, ok := findFilter(name)
	if !ok {
		return nil, fmt.Errorf("the filter %q is not supported", name)
	}
	return func(item any) (any, error) { return f(r, item, arguments{a.args[1:], a.kw}) }, nil
}

// selecting keeps the items, or the items with an attribute, for which a test
// holds, or doesn't.
func selecting(byAttribute, keep bool) filter {
	return func(r *run, v any, a arguments) (any, error) {
		items, err := r.items(v)
		if err != nil {
			return nil, err
		}
		args, attribute := a.args, ""
		if byAttribute {
			if len(args) == 0 {
				return nil, errors.New("it needs an attribute")
			}
			if attribute, err = r.text(args[0]); err != nil {
				return nil, err
			}
			args = args[1:]
		}
		check := func(_ *run, v any, _ []any) (bool, error) { return truth(v), nil }
		if len(args) > 0 {
			name, _ := args[0].(string)
			f, ok := findTest(name)
			if !ok {
				return nil, fmt.Errorf("the test %q is not supported", name)
			}
			check, args = f, args[1:]
		}
		out := &list{}
		for _, item := range items {
			what := item
			if byAttribute {
				if what, err = r.path(item, attribute); err != nil {
					return nil, err
				}
			}
			ok, err := check(r, what, args)
			if err != nil {
				return nil, err
			}
			if ok == keep {
				out.items = append(out.items, item)
			}
		}
		return out, r.make(16 * len(items))
	}
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
