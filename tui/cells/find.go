package cells

import (
	"slices"
	"strings"
	"unicode"
)

// Find returns the token in which the next match of text begins: the first one
// after token from, or the last one before it if backwards, going on at the
// other end of the text and coming to from last. So -1 searches from the start
// and [Flow.Len] backwards from the end. Matches may span tokens and lines, and
// a newline counts as a space. Upper and lower case are the same unless text
// has a capital.
func (f *Flow) Find(text string, from int, backwards bool) (token int, ok bool) {
	if text == "" {
		return 0, false
	}
	fold := strings.ToLower
	if strings.ContainsFunc(text, unicode.IsUpper) {
		fold = func(s string) string { return s }
	}
	text = fold(strings.ReplaceAll(text, "\n", " "))
	hay, starts, tokens := f.haystack(fold)
	first := from + 1 // the token whose start parts what is searched first from the rest
	if backwards {
		first = from
	}
	split := len(hay)
	if i, _ := slices.BinarySearch(tokens, first); i < len(tokens) {
		split = starts[i]
	}
	at := find(hay, text, split, backwards)
	if at < 0 {
		return 0, false
	}
	i, _ := slices.BinarySearch(starts, at+1)
	return tokens[i-1], true
}

// find returns the first match that begins at split or after, or backwards the
// last one that begins before it; if there is none, the first or last of all.
func find(hay, text string, split int, backwards bool) int {
	if backwards {
		if at := strings.LastIndex(hay[:min(split+len(text)-1, len(hay))], text); at >= 0 && at < split {
			return at
		}
		return strings.LastIndex(hay, text)
	}
	if at := strings.Index(hay[split:], text); at >= 0 {
		return split + at
	}
	return strings.Index(hay, text)
}

// haystack returns the text as Find compares it: where each character starts in
// it and the token of each.
func (f *Flow) haystack(fold func(string) string) (hay string, starts, tokens []int) {
	var b strings.Builder
	b.Grow(2 * len(f.cells))
	starts, tokens = make([]int, 0, len(f.cells)), make([]int, 0, len(f.cells))
	for i := f.first(); i < len(f.cells); i++ {
		c := &f.cells[i]
		if c.Mark {
			continue
		}
		starts, tokens = append(starts, b.Len()), append(tokens, c.Token)
		if c.Newline {
			b.WriteByte(' ')
		} else {
			b.WriteString(fold(c.Text))
		}
	}
	return b.String(), starts, tokens
}
