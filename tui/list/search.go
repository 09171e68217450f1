package list

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sahilm/fuzzy"
)

// A match is a row that has what was typed.
type match struct {
	row  int
	rank int // how well; least is best
	// text and also are the bytes that match, ascending.
	text, also []int
}

// The ranks: whole words go before letters that only come in this order.
const (
	beginning = iota // of the text
	inText
	inEither
	scattered
)

// search finds the rows that have all words of a pattern, and after them those
// in whose text its letters come in order. Nothing typed finds all, in order.
func search(rows []Row, pattern string) []match {
	words := strings.Fields(strings.ToLower(pattern))
	var found []match
	if len(words) == 0 {
		for i := range rows {
			found = append(found, match{row: i})
		}
		return found
	}
	texts := make([]string, len(rows))
	whole := make([]bool, len(rows))
	for i, r := range rows {
		m := match{row: i}
		if whole[i] = m.hasWords(strings.ToLower(r.Text), strings.ToLower(r.Also), words); whole[i] {
			found = append(found, m)
		}
		texts[i] = r.Text
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.rank, b.rank) })
	for _, m := range fuzzy.Find(strings.Join(words, ""), texts) {
		if !whole[m.Index] {
			found = append(found, match{row: m.Index, rank: scattered, text: m.MatchedIndexes})
		}
	}
	return found
}

// hasWords reports whether every word is in one of two texts, and notes where.
func (m *match) hasWords(text, also string, words []string) bool {
	m.rank = inText
	for _, w := range words {
		at := strings.Index(text, w)
		if at >= 0 {
			m.text = append(m.text, span(at, len(w))...)
			continue
		}
		if at = strings.Index(also, w); at < 0 {
			return false
		}
		m.rank = inEither
		m.also = append(m.also, span(at, len(w))...)
	}
	if m.rank == inText && strings.HasPrefix(text, words[0]) {
		m.rank = beginning
	}
	slices.Sort(m.text)
	slices.Sort(m.also)
	return true
}

// span is n numbers from a first one on.
func span(from, n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = from + i
	}
	return s
}
