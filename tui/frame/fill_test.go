package frame

import (
	"slices"
	"testing"
)

func TestFill(t *testing.T) {
	for height, want := range map[int][]string{0: {}, -1: {}, 1: {"ab"}, 3: {"ab", "cd", "  "}} {
		if got := Fill([]string{"ab", "cd"}, 2, height); !slices.Equal(got, want) {
			t.Errorf("%d lines: %q", height, got)
		}
	}
}
