package steering

import (
	"fmt"
	"slices"
	"strings"
)

// maxListed is how many names an error lists.
const maxListed = 8

// suggest says which vectors may have been meant by name, or which there are.
func suggest(name string, vectors map[string]*Vector) string {
	if len(vectors) == 0 {
		return "none is loaded"
	}
	type candidate struct {
		name     string
		distance int
	}
	var all []candidate
	for n := range vectors {
		all = append(all, candidate{n, distance(strings.ToLower(name), strings.ToLower(n))})
	}
	slices.SortFunc(all, func(a, b candidate) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.name, b.name)
	})
	if near := all[0]; near.distance <= max(1, len(name)/2) {
		return fmt.Sprintf("did you mean %q?", near.name)
	}
	slices.SortFunc(all, func(a, b candidate) int { return strings.Compare(a.name, b.name) })
	names := make([]string, 0, maxListed)
	for _, c := range all[:min(len(all), maxListed)] {
		names = append(names, fmt.Sprintf("%q", c.name))
	}
	if rest := len(all) - len(names); rest > 0 {
		names = append(names, fmt.Sprintf("%d more", rest))
	}
	return "there is " + list(names)
}

// distance is how many bytes must be inserted, removed or replaced to turn a
// into b, or that many at least if one is much longer (Levenshtein 1966).
func distance(a, b string) int {
	const limit = 64
	if d := max(len(a)-len(b), len(b)-len(a)); d > limit || len(a) > limit {
		return max(d, 1) + limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
