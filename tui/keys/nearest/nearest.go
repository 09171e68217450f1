// Package nearest finds the name that was probably meant by one that nothing has.
package nearest

import "strings"

// maxName is the most bytes that a name which is looked for may have: longer ones are no typing
// mistakes, and comparing them takes time.
const maxName = 64

// Name returns the one of names that got is most likely a misspelling of, upper and lower case
// taken as equal; ok is false if none is near, which is when more than a third of got's bytes
// would have to change. Of several as near as each other the first wins.
func Name(got string, names []string) (name string, ok bool) {
	if len(got) > maxName {
		return "", false
	}
	got = strings.ToLower(got)
	least := max(1, len(got)/3) + 1
	for _, n := range names {
		if d := distance(got, strings.ToLower(n)); d < least {
			name, least, ok = n, d, true
		}
	}
	return name, ok
}

// distance is how many bytes must be inserted, removed, replaced or swapped with their neighbour
// to turn a into b (Damerau 1964; no byte is touched twice).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
