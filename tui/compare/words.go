package compare

import (
	"strings"

	"tiller/tui/visible"
	"tiller/tui/wording"
)

// probability writes p between 0 and 1 as ".71".
func probability(p float64) string {
	if p >= .995 {
		return "1.0"
	}
	return wording.Share(p, 2)
}

// piece is a token's text for a table: spaces at its ends are left out, and
// what has no ink is named.
func piece(s string) string {
	s = visible.Line(s)
	if t := strings.TrimSpace(s); t != "" {
		return t
	}
	return "␣"
}
