package badfile

import (
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `""`},
		{"a\x1b[0m", `"a\x1b[0m"`},
		{strings.Repeat("x", 100), `"` + strings.Repeat("x", 100) + `"`},
		{strings.Repeat("x", 101), `"` + strings.Repeat("x", 100) + `…"`},
		{strings.Repeat("x", 99) + "éé", `"` + strings.Repeat("x", 99) + `…"`},
		{strings.Repeat("\x80", 1<<20), `"` + strings.Repeat(`\x80`, 96) + `…"`},
	} {
		if got := Quote(test.text); got != test.want {
			t.Errorf("%.20q: %s, want %s", test.text, got, test.want)
		}
	}
}
