package generate

import "testing"

func TestStopStringsAreHeldBack(t *testing.T) {
	for name, c := range map[string]struct {
		held  string
		stops []string
		first int
		keep  int
	}{
		"none":              {"abc", nil, -1, 0},
		"inside":            {"ab##cd", []string{"##"}, 2, 0},
		"earliest":          {"a!b?", []string{"?", "!"}, 1, 0},
		"may begin":         {"ab#", []string{"##"}, -1, 1},
		"longest beginning": {"ab<|e", []string{"<|end|>", "e"}, 4, 3},
		"whole text":        {"En", []string{"End"}, -1, 2},
	} {
		if got := firstOf(c.held, c.stops); got != c.first {
			t.Errorf("%s: the first stop is at %d, want %d", name, got, c.first)
		}
		if got := longestBeginning(c.held, c.stops); got != c.keep {
			t.Errorf("%s: %d bytes are held back, want %d", name, got, c.keep)
		}
	}
}
