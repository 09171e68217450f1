package nearest

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	names := []string{"theme", "threads", "frames", "mouse", "colours"}
	for _, test := range []struct {
		got, want string
	}{
		{"theme", "theme"},
		{"thme", "theme"},
		{"htreads", "threads"},
		{"Mouse", "mouse"},
		{"colors", "colours"},
		{"x", ""},
		{"", ""},
		{"vectors", ""},
		{strings.Repeat("theme", 1000), ""},
	} {
		got, ok := Name(test.got, names)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%.20q: %q, %v, want %q", test.got, got, ok, test.want)
		}
	}
	if got, ok := Name("theme", nil); ok {
		t.Errorf("of no names, %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "ab", 2},
		{"ab", "", 2},
		{"ab", "ba", 1},
		{"abc", "acb", 1},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
