package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// method returns the method of a value with a name. Those that change a list
// or a dict are refused when they are called, since values are immutable.
func method(v any, name string) (function, bool) {
	switch v := v.(type) {
	case string:
		if m, ok := findStringMethod(name); ok {
			return func(r *run, a arguments) (any, error) {
				out, err := m(r, v, a)
				if err != nil {
					return nil, fmt.Errorf("the method %q of a string: %w", name, err)
				}
				return out, nil
			}, true
		}
	case *dict:
		return dictMethod(v, name)
	case *list:
		return listMethod(v, name)
	}
	return nil, false
}

func immutable(name string) function {
	return func(*run, arguments) (any, error) {
		return nil, fmt.Errorf("the method %q would change a value, which templates must not", name)
	}
}

func dictMethod(d *dict, name string) (function, bool) {
	switch name {
	case "get":
		return func(_ *run, a arguments) (any, error) {
			key, ok := a.take(0, "key")
			if !ok {
				return nil, errors.New("the method get needs a key")
			}
			if v, ok := d.get(key); ok {
				return v, nil
			}
			missing, _ := a.take(1, "default")
			return missing, nil
		}, true
	case "items":
		return func(r *run, _ arguments) (any, error) { return dictItems(r, d) }, true
	case "keys":
		return func(r *run, _ arguments) (any, error) {
			return &list{items: append([]any{}, d.keys...)}, r.make(16 * len(d.keys))
		}, true
	case "values":
		return func(r *run, _ arguments) (any, error) {
			out := &list{}
			for _, k := range d.keys {
				out.items = append(out.items, d.values[k])
			}
			return out, r.make(16 * len(d.keys))
		}, true
	case "pop", "update", "clear", "setdefault", "popitem":
		return immutable(name), true
	}
	return nil, false
}

func dictItems(r *run, d *dict) (*list, error) {
	out := &list{items: make([]any, len(d.keys))}
	for i, k := range d.keys {
		out.items[i] = &list{items: []any{k, d.values[k]}, tuple: true}
	}
	return out, r.make(80 * len(d.keys))
}

func listMethod(l *list, name string) (function, bool) {
	switch name {
	case "count", "index":
		return func(r *run, a arguments) (any, error) {
			x, ok := a.take(0, "value")
			if !ok {
				return nil, fmt.Errorf("the method %s needs a value", name)
			}
			count := int64(0)
			for i, item := range l.items {
				same, err := r.equal(item, x)
				if err != nil {
					return nil, err
				}
				if same && name == "index" {
					return int64(i), nil
				}
				if same {
					count++
				}
			}
			if name == "index" {
				return nil, errors.New("the value is not in the list")
			}
			return count, nil
		}, true
	case "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse":
		return immutable(name), !l.tuple
	}
	return nil, false
}

// stringMethod is a method of strings.
type stringMethod func(r *run, s string, a arguments) (any, error)

func findStringMethod(name string) (stringMethod, bool) {
	m, ok := map[string]stringMethod{
		"strip":        stripping(true, true),
		"lstrip":       stripping(true, false),
		"rstrip":       stripping(false, true),
		"startswith":   affixed(strings.HasPrefix),
		"endswith":     affixed(strings.HasSuffix),
		"removeprefix": removing(strings.TrimPrefix),
		"removesuffix": removing(strings.TrimSuffix),
		"split":        methodSplit,
		"rsplit":       methodRSplit,
		"splitlines":   methodSplitLines,
		"partition":    methodPartition,
		"rpartition":   methodRPartition,
		"replace":      methodReplace,
		"join":         methodJoin,
		"find":         finding(strings.Index),
		"rfind":        finding(strings.LastIndex),
		"count":        methodCount,
		"lower":        mapped(strings.ToLower),
		"upper":        mapped(strings.ToUpper),
		"title":        mapped(titleCase),
		"capitalize":   mapped(capitalize),
		"isdigit":      all(unicode.IsDigit),
		"isnumeric":    all(unicode.IsNumber),
		"isalpha":      all(unicode.IsLetter),
		"isalnum":      all(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
		"isspace":      all(isSpace),
		"islower":      cased(strings.ToLower),
		"isupper":      cased(strings.ToUpper),
	}[name]
	return m, ok
}

func mapped(f func(string) string) stringMethod {
	return func(r *run, s string, _ arguments) (any, error) {
		if err := r.make(3 * len(s)); err != nil {
			return nil, err
		}
		return f(s), nil
	}
}

func cased(fold func(string) string) stringMethod {
	return func(r *run, s string, _ arguments) (any, error) {
		if err := r.make(9 * len(s)); err != nil {
			return nil, err
		}
		return isCased(s, fold), nil
	}
}

// titleCase begins each run of letters with an upper-case one.
func titleCase(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		was := inWord
		if inWord = unicode.IsLetter(r); inWord && !was {
			return unicode.ToTitle(r)
		}
		return unicode.ToLower(r)
	}, s)
}

func capitalize(s string) string {
	if s == "" {
		return s
	}
	r, w := utf8.DecodeRuneInString(s)
	return string(unicode.ToTitle(r)) + strings.ToLower(s[w:])
}

func all(is func(rune) bool) stringMethod {
	return func(r *run, s string, _ arguments) (any, error) {
		for _, c := range s {
			if !is(c) {
				return false, nil
			}
		}
		return s != "", r.step(1 + len(s)/64)
	}
}

func stripping(left, right bool) stringMethod {
	return func(r *run, s string, a arguments) (any, error) {
		chars, ok := a.take(0, "chars")
		in := isSpace
		if ok && chars != nil {
			set, ok := chars.(string)
			if !ok {
				return nil, fmt.Errorf("it needs a string, not %s", typeName(chars))
			}
			in = func(c rune) bool { return strings.ContainsRune(set, c) }
			if err := r.step((len(s)/64 + 1) * len(set)); err != nil {
				return nil, err
			}
		}
		if err := r.step(1 + len(s)/64); err != nil {
			return nil, err
		}
		if left {
			s = strings.TrimLeftFunc(s, in)
		}
		if right {
			s = strings.TrimRightFunc(s, in)
		}
		return s, nil
	}
}

// affixed asks for a prefix or suffix, or for any of a tuple of them.
func affixed(has func(s, affix string) bool) stringMethod {
	return func(r *run, s string, a arguments) (any, error) {
		v, _ := a.take(0, "prefix")
		if one, ok := v.(string); ok {
			return has(s, one), r.step(1 + len(one)/64)
		}
		l, ok := v.(*list)
		if !ok {
			return nil, fmt.Errorf("it needs a string or a tuple, not %s", typeName(v))
		}
		for _, item := range l.items {
			one, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("it needs strings, not %s", typeName(item))
			}
			if err := r.step(1 + len(one)/64); err != nil {
				return nil, err
			}
			if has(s, one) {
				return true, nil
			}
		}
		return false, nil
	}
}

func removing(trim func(s, affix string) string) stringMethod {
	return func(r *run, s string, a arguments) (any, error) {
		affix, err := a.text(0, "prefix", "")
		return trim(s, affix), errors.Join(err, r.step(1+len(affix)/64))
	}
}

func finding(index func(s, sub string) int) stringMethod {
	return func(r *run, s string, a arguments) (any, error) {
		sub, err := a.text(0, "sub", "")
		if err != nil {
			return nil, err
		}
		if len(a.args) > 1 {
			return nil, errors.New("a range to search in is not supported")
		}
		i := index(s, sub)
		if i > 0 {
			i = runeLen(s[:i])
		}
		return int64(i), r.step(1 + len(s)/64)
	}
}

func methodCount(r *run, s string, a arguments) (any, error) {
	sub, err := a.text(0, "sub", "")
	return int64(strings.Count(s, sub)), errors.Join(err, r.step(1+len(s)/64))
}

func methodReplace(r *run, s string, a arguments) (any, error) {
	old, err := a.text(0, "old", "")
	if err != nil {
		return nil, err
	}
	by, err := a.text(1, "new", "")
	if err != nil {
		return nil, err
	}
	most, err := a.int(2, "count", -1)
	if err != nil {
		return nil, err
	}
	n := strings.Count(s, old)
	if most >= 0 {
		n = int(min(int64(n), most))
	}
	size := len(s)
	if grow := len(by) - len(old); grow > 0 {
		if n > (maxBytes*2)/grow {
			return nil, errBytes
		}
		size += n * grow
	}
	if err := r.make(size); err != nil {
		return nil, err
	}
	return strings.Replace(s, old, by, n), nil
}

func methodJoin(r *run, s string, a arguments) (any, error) {
	v, _ := a.take(0, "iterable")
	items, err := r.items(v)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	for i, item := range items {
		var ok bool
		if parts[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("it needs strings, not %s", typeName(item))
		}
	}
	return r.joinAll(parts, s)
}
