package visible

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns the JSON document b with every code point that a terminal would
// act on or hide written as a \u escape. The document means the same: outside
// its strings valid JSON has no such characters. Bytes that are not UTF-8,
// which valid JSON does not hold either, become the escaped replacement
// character.
func JSON(b []byte) []byte {
	if safeJSON(b) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/4)
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case layout(r) || !Hidden(r):
			out = append(out, b[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// layout reports whether r is one of the blanks JSON allows between values.
func layout(r rune) bool { return r == '\n' || r == '\t' || r == '\r' }

// safeJSON reports whether b is printable ASCII and layout only.
func safeJSON(b []byte) bool {
	for _, c := range b {
		if (c < ' ' || c > '~') && !layout(rune(c)) {
			return false
		}
	}
	return true
}
