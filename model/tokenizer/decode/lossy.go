package decode

import (
	"strings"
	"unicode/utf8"
)

// Lossy turns a stream of bytes into a stream of valid UTF-8. A sequence that
// can't become a character is U+FFFD once, by the practice of the Unicode
// standard (chapter 3.9, substitution of maximal subparts). The zero Lossy is
// ready for use.
type Lossy struct{ rest []byte }

// Push returns the text that is certain after b.
func (l *Lossy) Push(b []byte) string {
	if len(l.rest) == 0 && utf8.Valid(b) {
		return string(b)
	}
	l.rest = append(l.rest, b...)
	return l.take(false)
}

// Flush returns what is left: U+FFFD if a character was begun, or nothing.
func (l *Lossy) Flush() string { return l.take(true) }

func (l *Lossy) take(all bool) string {
	var out strings.Builder
	b := l.rest
	for len(b) > 0 {
		if !all && !utf8.FullRune(b) {
			break
		}
		r, w := utf8.DecodeRune(b)
		if r == utf8.RuneError && w == 1 {
			w = subpart(b)
		}
		out.WriteRune(r)
		b = b[w:]
	}
	l.rest = append(l.rest[:0], b...)
	return out.String()
}

// subpart is the length of the longest start of b that could have become a
// character, at least 1; b doesn't start with a whole character.
func subpart(b []byte) int {
	n := 0
	for n < len(b) && !utf8.FullRune(b[:n+1]) {
		n++
	}
	return max(1, n)
}
