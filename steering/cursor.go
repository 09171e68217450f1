package steering

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cursor reads a plan's text, or one field of its JSON form.
type cursor struct {
	text  string
	at    int // byte offset
	term  int // 1-based, for errors
	field string
}

// fail is the error at byte offset at.
func (c *cursor) fail(at int, format string, args ...any) *Error {
	return &Error{
		Text: c.text, Term: c.term, Field: c.field,
		Column: c.column(at),
		Reason: fmt.Sprintf(format, args...),
	}
}

// column is the 1-based character column of a byte offset.
func (c *cursor) column(at int) int {
	return utf8.RuneCountInString(c.text[:at]) + 1
}

func (c *cursor) rest() string { return c.text[c.at:] }
func (c *cursor) end() bool    { return c.at >= len(c.text) }

// peek is the next byte, or 0 at the end.
func (c *cursor) peek() byte {
	if c.end() {
		return 0
	}
	return c.text[c.at]
}

// spaces moves past spaces, which may stand between any two parts.
func (c *cursor) spaces() {
	for !c.end() && strings.IndexByte(" \t\r\n", c.peek()) >= 0 {
		c.at++
	}
}

// take moves past b, and the spaces around it, if it comes next.
func (c *cursor) take(b byte) bool {
	c.spaces()
	if c.end() || c.peek() != b {
		return false
	}
	c.at++
	c.spaces()
	return true
}

// run moves past the longest run of bytes in set and returns it.
func (c *cursor) run(set func(byte) bool) string {
	from := c.at
	for !c.end() && set(c.peek()) {
		c.at++
	}
	return c.text[from:c.at]
}

// found describes what comes next, for errors.
func (c *cursor) found() string {
	if c.end() {
		return "found the end"
	}
	r, size := utf8.DecodeRuneInString(c.rest())
	if isName(c.peek()) {
		word := *c
		text := word.run(isName)
		if len(text) > 20 {
			text = text[:20] + "…"
		}
		return "found " + strconv.Quote(text)
	}
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("found the byte %#x", c.peek())
	}
	return "found " + strconv.Quote(string(r))
}

// number reads a decimal number of at most maxNumber. what names it in errors.
func (c *cursor) number(what string) (float64, *Error) {
	from := c.at
	text := numberPrefix(c.rest())
	if text == "" {
		return 0, c.fail(from, "expected %s, a number such as 0.5, but %s", what, c.found())
	}
	c.at += len(text)
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(x) > maxNumber {
		return 0, c.fail(from, "%s is out of range; numbers go from %g to %g", what, -maxNumber, maxNumber)
	}
	if x == 0 {
		x = 0 // no negative zero: it would print differently
	}
	return x, nil
}

// numberPrefix is the longest beginning of s that is a decimal number: a minus
// sign, digits with at most one point, an exponent.
func numberPrefix(s string) string {
	i, digits := 0, 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	for point := false; i < len(s) && (isDigit(s[i]) || s[i] == '.' && !point); i++ {
		if s[i] == '.' {
			point = true
		} else {
			digits++
		}
	}
	if digits == 0 {
		return ""
	}
	end := i
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		for i < len(s) && isDigit(s[i]) {
			i++
			end = i
		}
	}
	return s[:end]
}

// whole reads a non-negative whole number of at most limit.
func (c *cursor) whole(what string, limit int) (int, *Error) {
	from := c.at
	text := c.run(isDigit)
	if text == "" {
		return 0, c.fail(from, "expected %s, a whole number, but %s", what, c.found())
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > limit {
		return 0, c.fail(from, "%s is too large; it is at most %d", what, limit)
	}
	return n, nil
}

// span reads n or n-m with n <= m.
func (c *cursor) span(what string, limit int) (from, to int, err *Error) {
	at := c.at
	if from, err = c.whole(what, limit); err != nil {
		return 0, 0, err
	}
	if !c.take('-') {
		return from, from, nil
	}
	if to, err = c.whole(what, limit); err != nil {
		return 0, 0, err
	}
	if to < from {
		return 0, 0, c.fail(at, "the range %d-%d runs backwards; write %d-%d", from, to, to, from)
	}
	return from, to, nil
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// isName reports whether b may be part of a vector's name.
func isName(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || isDigit(b) || b == '_' || b == '.' || b == '-'
}

// isLetter reports whether b may be part of a keyword.
func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

// formatNumber writes a number that number reads back exactly.
func formatNumber(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// formatSpan writes n or n-m.
func formatSpan(from, to int) string {
	if from == to {
		return strconv.Itoa(from)
	}
	return strconv.Itoa(from) + "-" + strconv.Itoa(to)
}
