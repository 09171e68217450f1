// Package trie finds which of many strings a text starts with.
package trie

import "sort"

// Trie is a set of strings with a value each. It is a sorted list, in which
// the strings with a common prefix are neighbours. The zero Trie is empty.
type Trie struct {
	keys   []string
	values []int
	first  [257]int // keys[first[b]:first[b+1]] start with byte b
}

// New builds a Trie of the strings keys with the values of the same places.
// Empty strings are left out; of equal ones the last counts.
func New(keys []string, values []int) *Trie {
	order := make([]int, 0, len(keys))
	for i, k := range keys {
		if k != "" {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return keys[order[a]] < keys[order[b]] })
	t := &Trie{}
	for _, i := range order {
		if n := len(t.keys); n > 0 && t.keys[n-1] == keys[i] {
			t.values[n-1] = values[i]
			continue
		}
		t.keys = append(t.keys, keys[i])
		t.values = append(t.values, values[i])
	}
	b := 0
	for i, k := range t.keys {
		for ; b <= int(k[0]); b++ {
			t.first[b] = i
		}
	}
	for ; b < len(t.first); b++ {
		t.first[b] = len(t.keys)
	}
	return t
}

// Prefixes calls visit with the length and the value of each string that s
// starts with, shortest first.
func (t *Trie) Prefixes(s string, visit func(n, value int)) {
	if s == "" {
		return
	}
	lo, hi := t.first[s[0]], t.first[int(s[0])+1]
	for n := 1; lo < hi; n++ {
		if len(t.keys[lo]) == n {
			visit(n, t.values[lo])
			lo++
		}
		if n == len(s) || lo == hi {
			return
		}
		lo, hi = t.narrow(lo, hi, n, s[n])
	}
}

// narrow returns the part of keys[lo:hi], all longer than n, with byte c at n.
func (t *Trie) narrow(lo, hi, n int, c byte) (int, int) {
	if hi-lo == 1 {
		if t.keys[lo][n] != c {
			return hi, hi
		}
		return lo, hi
	}
	from := lo + sort.Search(hi-lo, func(i int) bool { return t.keys[lo+i][n] >= c })
	to := from + sort.Search(hi-from, func(i int) bool { return t.keys[from+i][n] > c })
	return from, to
}

// Longest returns the length and the value of the longest string that s starts
// with; the length is 0 when there is none.
func (t *Trie) Longest(s string) (n, value int) {
	t.Prefixes(s, func(m, v int) { n, value = m, v })
	return n, value
}
