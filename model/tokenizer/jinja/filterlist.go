package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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
