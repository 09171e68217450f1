package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks a character may carry: longer stacks
// paint over their neighbours.
const maxMarks = 8

// line is s as one visible line.
func line(s string) string { return visible(s, false) }

// block is s as visible text of several lines.
func block(s string) string { return visible(s, true) }

// visible writes what controls, reorders or hides text as symbols: ESC is ␛, a
// byte that is not UTF-8 is ⟨xFF⟩, any other its code point, ⟨202E⟩. Lines and
// tabs stay where layout may.
func visible(s string, layout bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		rest := s[i+size:]
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "⟨x%02X⟩", s[i])
		case layout && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case layout && r == '\r' && strings.HasPrefix(rest, "\n"):
			// The line ends once, not twice.
		case r < ' ':
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case hidden(r) || marks > maxMarks:
			fmt.Fprintf(&b, "⟨%04X⟩", r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// plain reports whether s is printable ASCII, which is most text.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// hidden reports whether r has no visible place of its own: controls of the
// terminal, of direction and of joining, private and unassigned characters, and
// the letters and marks that Unicode 16 says to ignore by default.
func hidden(r rune) bool {
	if !unicode.IsGraphic(r) {
		return r < 0x1f000 || r > 0x1faff // emoji newer than Go's tables
	}
	switch {
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0,
		r == 0x17b4, r == 0x17b5,
		r >= 0x180b && r <= 0x180f,
		r >= 0xfe00 && r <= 0xfe0e, // U+FE0F asks for an emoji, and is of use
		r >= 0xe0100 && r <= 0xe01ef:
		return true
	}
	return false
}

// cut is s up to most bytes and a word on what is left out.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	at := boundary(s, most)
	return fmt.Sprintf("%s … (%s bytes more)", s[:at], count(len(s)-at))
}

// boundary is at, or the place shortly before it where a character begins.
func boundary(s string, at int) int {
	at = min(max(at, 0), len(s))
	for back := 0; back < utf8.UTFMax && at-back > 0 && at < len(s); back++ {
		if utf8.RuneStart(s[at-back]) {
			return at - back
		}
	}
	return at
}

// short is s with its middle left out, in at most the given number of
// characters.
func short(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	head := (most - 1) * 2 / 3
	return string(r[:head]) + "…" + string(r[len(r)-(most-1-head):])
}
