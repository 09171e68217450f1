package jinja

import (
	"errors"
	"slices"
	"strings"
)

// splitArguments reads the separator, "" for runs of whitespace, and the most
// cuts, negative for any number.
func splitArguments(r *run, s string, a arguments) (sep string, most int, err error) {
	v, ok := a.take(0, "sep")
	if ok && v != nil {
		if sep, err = a.text(0, "sep", ""); err != nil {
			return "", 0, err
		}
		if sep == "" {
			return "", 0, errors.New("the separator is empty")
		}
	}
	n, err := a.int(1, "maxsplit", -1)
	if err != nil {
		return "", 0, err
	}
	if n < 0 || n > int64(len(s)) {
		n = int64(len(s)) + 1
	}
	return sep, int(n), r.make(len(s) + 16*pieces(s, sep, int(n)))
}

// pieces bounds how many parts a string splits into.
func pieces(s, sep string, most int) int {
	if sep == "" {
		return min(len(s), most) + 1
	}
	return min(strings.Count(s, sep), most) + 1
}

func texts(parts []string) *list {
	out := &list{items: make([]any, len(parts))}
	for i, p := range parts {
		out.items[i] = p
	}
	return out
}

func methodSplit(r *run, s string, a arguments) (any, error) {
	sep, most, err := splitArguments(r, s, a)
	if err != nil {
		return nil, err
	}
	if sep != "" {
		return texts(strings.SplitN(s, sep, most+1)), nil
	}
	var out []string
	for s = trimSpaceLeft(s); s != ""; s = trimSpaceLeft(s) {
		end := strings.IndexFunc(s, isSpace)
		if end < 0 || len(out) == most {
			end = len(s)
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return texts(out), nil
}

func methodRSplit(r *run, s string, a arguments) (any, error) {
	sep, most, err := splitArguments(r, s, a)
	if err != nil {
		return nil, err
	}
	var out []string
	if sep == "" {
		for s = trimSpaceRight(s); s != ""; s = trimSpaceRight(s) {
			start := strings.LastIndexFunc(s, isSpace)
			if start < 0 || len(out) == most {
				out = append(out, s)
				break
			}
			word := strings.TrimLeftFunc(s[start:], isSpace)
			out = append(out, word)
			s = s[:start]
		}
	} else {
		for len(out) < most {
			i := strings.LastIndex(s, sep)
			if i < 0 {
				break
			}
			out = append(out, s[i+len(sep):])
			s = s[:i]
		}
		out = append(out, s)
	}
	slices.Reverse(out)
	return texts(out), nil
}

// methodSplitLines cuts at line ends, which all of Unicode's count as.
func methodSplitLines(r *run, s string, a arguments) (any, error) {
	keep := a.truth(0, "keepends", false)
	if err := r.make(len(s) + 16*(len(s)+1)); err != nil {
		return nil, err
	}
	var out []string
	for s != "" {
		i := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if i < 0 {
			out = append(out, s)
			break
		}
		end := i + 1
		switch {
		case strings.HasPrefix(s[i:], "\r\n"):
			end = i + 2
		case s[i] >= 0x80:
			end = i + len(string([]rune(s[i:min(len(s), i+4)])[:1]))
		}
		if keep {
			out = append(out, s[:end])
		} else {
			out = append(out, s[:i])
		}
		s = s[end:]
	}
	return texts(out), nil
}

func methodPartition(r *run, s string, a arguments) (any, error) {
	sep, err := a.text(0, "sep", "")
	if err != nil || sep == "" {
		return nil, errors.Join(err, errors.New("it needs a separator"))
	}
	before, after, ok := strings.Cut(s, sep)
	if !ok {
		sep = ""
	}
	return &list{items: []any{before, sep, after}, tuple: true}, r.step(1 + len(s)/64)
}

func methodRPartition(r *run, s string, a arguments) (any, error) {
	sep, err := a.text(0, "sep", "")
	if err != nil || sep == "" {
		return nil, errors.Join(err, errors.New("it needs a separator"))
	}
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return &list{items: []any{"", "", s}, tuple: true}, r.step(1 + len(s)/64)
	}
	return &list{items: []any{s[:i], sep, s[i+len(sep):]}, tuple: true}, r.step(1 + len(s)/64)
}
