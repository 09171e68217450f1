package jinja

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// string lexes a quoted string with Python's escapes.
func (l *lexer) string(rest string) error {
	quote := rest[0]
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; c {
		case quote:
			l.emit(tokString, b.String())
			l.line += strings.Count(rest[:i], "\n")
			l.at += i + 1
			return nil
		case '\\':
			n := unescape(&b, rest[i:])
			if n == 0 {
				return l.fail("a string has a bad escape")
			}
			i += n - 1
		default:
			b.WriteByte(c)
		}
	}
	return l.fail("a string is not closed")
}

// unescape writes what the escape at the start of s means and returns its
// length, 0 when it is malformed.
func unescape(b *strings.Builder, s string) int {
	if len(s) < 2 {
		return 0
	}
	simple := map[byte]byte{
		'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f', 'v': '\v', 'a': '\a', '\\': '\\', '\'': '\'', '"': '"',
	}
	if c, ok := simple[s[1]]; ok {
		b.WriteByte(c)
		return 2
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	switch {
	case s[1] == '\n':
		return 2
	case s[1] >= '0' && s[1] <= '7':
		n := 2
		for n < 4 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		v, _ := strconv.ParseUint(s[1:n], 8, 32)
		b.WriteRune(rune(v))
		return n
	case digits == 0: // not an escape: it stays as it is
		b.WriteByte('\\')
		return 1
	case len(s) < 2+digits:
		return 0
	}
	v, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil || v > unicode.MaxRune {
		return 0
	}
	b.WriteRune(rune(v)) // a lone surrogate becomes U+FFFD
	return 2 + digits
}

// isSpace is Python's str.isspace.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

// runeLen is the length of a string in characters.
func runeLen(s string) int { return utf8.RuneCountInString(s) }

// runeSlice returns characters [i, j) of s.
func runeSlice(s string, i, j int) string {
	if i >= j {
		return ""
	}
	start, n := len(s), 0
	for at := range s {
		if n == i {
			start = at
		}
		if n == j {
			return s[start:at]
		}
		n++
	}
	return s[start:]
}
