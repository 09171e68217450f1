package jinja

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokData
	tokBlockStart
	tokBlockEnd
	tokPrintStart
	tokPrintEnd
	tokName
	tokString
	tokInt
	tokFloat
	tokOp
)

type token struct {
	kind tokenKind
	text string
	line int
}

func (t token) String() string {
	switch t.kind {
	case tokEnd:
		return "end of the template"
	case tokBlockEnd:
		return `"%}"`
	case tokPrintEnd:
		return `"}}"`
	case tokData:
		return "text"
	}
	return fmt.Sprintf("%q", t.text)
}

// lexer cuts a template into tokens. Whitespace around blocks is settled here:
// a newline after a block goes, as do the blanks before one on its line, and
// "-" takes all whitespace on its side.
type lexer struct {
	s      string
	at     int
	line   int
	tokens []token
	eat    eating // what the last tag does to the text after it
}

type eating uint8

const (
	eatNothing eating = iota
	eatNewline
	eatSpace
)

func lex(source string) ([]token, error) {
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	source = strings.TrimSuffix(source, "\n")
	l := &lexer{s: source, line: 1}
	for l.at < len(l.s) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.emit(tokEnd, "")
	return l.tokens, nil
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind, text, l.line})
}

func (l *lexer) fail(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{l.line}, args...)...)
}

// next takes the text up to a tag, and the tag.
func (l *lexer) next() error {
	rest := l.s[l.at:]
	tag := nextTag(rest)
	if tag < 0 {
		l.data(rest, "")
		l.at = len(l.s)
		return nil
	}
	l.data(rest[:tag], rest[tag:])
	l.line += strings.Count(rest[:tag], "\n")
	l.at += tag
	switch l.s[l.at+1] {
	case '#':
		return l.comment()
	case '%':
		if raw, ok := l.rawStart(); ok {
			return l.raw(raw)
		}
		return l.tag(tokBlockStart, tokBlockEnd, "%}")
	}
	return l.tag(tokPrintStart, tokPrintEnd, "}}")
}

// nextTag finds the next "{{", "{%" or "{#".
func nextTag(s string) int {
	for i := 0; ; i++ {
		j := strings.IndexByte(s[i:], '{')
		if j < 0 || i+j+1 >= len(s) {
			return -1
		}
		i += j
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
	}
}

// data emits the text before a tag.
func (l *lexer) data(text, tag string) {
	whole := text
	switch l.eat {
	case eatNewline:
		text = strings.TrimPrefix(text, "\n")
	case eatSpace:
		text = trimSpaceLeft(text)
	}
	newLine := l.at == 0 || strings.HasSuffix(whole[:len(whole)-len(text)], "\n")
	switch {
	case len(tag) > 2 && tag[2] == '-':
		text = trimSpaceRight(text)
	case len(tag) > 2 && tag[2] == '+', tag == "", tag[1] == '{':
	default: // a block or a comment takes the blanks before it on its line
		trimmed := strings.TrimRightFunc(text, func(r rune) bool { return r != '\n' && isSpace(r) })
		if strings.HasSuffix(trimmed, "\n") || trimmed == "" && newLine {
			text = trimmed
		}
	}
	l.eat = eatNothing
	if text != "" {
		l.emit(tokData, text)
	}
}

func trimSpaceLeft(s string) string  { return strings.TrimLeftFunc(s, isSpace) }
func trimSpaceRight(s string) string { return strings.TrimRightFunc(s, isSpace) }

// close ends a tag whose end mark (or "-" or "+" before it) is at l.at.
func (l *lexer) close(block bool) {
	l.eat = eatNothing
	if block {
		l.eat = eatNewline
	}
}

func (l *lexer) comment() error {
	end := strings.Index(l.s[l.at+2:], "#}")
	if end < 0 {
		return l.fail("a comment is not closed")
	}
	body := l.s[l.at+2 : l.at+2+end]
	l.line += strings.Count(body, "\n")
	l.at += end + 4
	l.close(true)
	if strings.HasSuffix(body, "-") {
		l.eat = eatSpace
	} else if strings.HasSuffix(body, "+") {
		l.eat = eatNothing
	}
	return nil
}

// rawStart recognises {% raw %} and returns its length.
func (l *lexer) rawStart() (int, bool) { return namedTag(l.s[l.at:], "raw") }

// namedTag returns the length of the tag {% name %} at the start of s.
func namedTag(s, name string) (int, bool) {
	rest := strings.TrimPrefix(s, "{%")
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	rest, ok := strings.CutPrefix(trimSpaceLeft(rest), name)
	if !ok {
		return 0, false
	}
	rest = trimSpaceLeft(rest)
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	rest, ok = strings.CutPrefix(rest, "%}")
	return len(s) - len(rest), ok
}

// raw takes the text between {% raw %} and {% endraw %} as it is.
func (l *lexer) raw(start int) error {
	mark := l.s[l.at+start-3]
	l.at += start
	for i := l.at; ; i++ {
		j := strings.Index(l.s[i:], "{%")
		if j < 0 {
			return l.fail("raw is not closed")
		}
		i += j
		n, ok := namedTag(l.s[i:], "endraw")
		if !ok {
			continue
		}
		l.close(false)
		if mark == '-' {
			l.eat = eatSpace
		}
		body := l.s[l.at:i]
		l.data(body, l.s[i:i+n])
		l.line += strings.Count(body, "\n")
		l.at = i + n
		l.close(true)
		if end := l.s[l.at-3]; end == '-' {
			l.eat = eatSpace
		} else if end == '+' {
			l.eat = eatNothing
		}
		return nil
	}
}

// tag lexes the inside of {{ }} or {% %}.
func (l *lexer) tag(start, end tokenKind, mark string) error {
	l.emit(start, l.s[l.at:l.at+2])
	l.at += 2
	if l.at < len(l.s) && (l.s[l.at] == '-' || l.s[l.at] == '+') {
		l.at++
	}
	nesting := 0
	for {
		l.skipSpace()
		rest := l.s[l.at:]
		if nesting == 0 {
			for _, sign := range []string{"", "-", "+"} {
				if strings.HasPrefix(rest, sign+mark) {
					l.emit(end, mark)
					l.at += len(sign) + len(mark)
					l.close(end == tokBlockEnd)
					if sign == "-" {
						l.eat = eatSpace
					} else if sign == "+" {
						l.eat = eatNothing
					}
					return nil
				}
			}
		}
		if rest == "" {
			return l.fail("a tag is not closed")
		}
		switch rest[0] {
		case '(', '[', '{':
			nesting++
		case ')', ']', '}':
			nesting = max(0, nesting-1)
		}
		if err := l.element(); err != nil {
			return err
		}
	}
}

func (l *lexer) skipSpace() {
	for l.at < len(l.s) {
		r, w := utf8.DecodeRuneInString(l.s[l.at:])
		if !isSpace(r) {
			return
		}
		if r == '\n' {
			l.line++
		}
		l.at += w
	}
}

// element lexes one name, number, string or operator.
func (l *lexer) element() error {
	rest := l.s[l.at:]
	c := rest[0]
	switch {
	case isNameByte(c) && !isDigit(c):
		n := 1
		for n < len(rest) && isNameByte(rest[n]) {
			n++
		}
		l.emit(tokName, rest[:n])
		l.at += n
		return nil
	case isDigit(c):
		l.number(rest)
		return nil
	case c == '\'' || c == '"':
		return l.string(rest)
	}
	for _, op := range []string{"//", "**", "==", "!=", "<=", ">="} {
		if strings.HasPrefix(rest, op) {
			l.emit(tokOp, op)
			l.at += 2
			return nil
		}
	}
	if strings.IndexByte("+-*/%~|.,:()[]{}<>=", c) >= 0 {
		l.emit(tokOp, rest[:1])
		l.at++
		return nil
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return l.fail("unexpected character %q", r)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameByte(c byte) bool {
	return c == '_' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

func (l *lexer) number(rest string) {
	digits := func(n int) int {
		for n < len(rest) && (isDigit(rest[n]) || rest[n] == '_') {
			n++
		}
		return n
	}
	n := digits(1)
	kind := tokInt
	if n+1 < len(rest) && rest[n] == '.' && isDigit(rest[n+1]) {
		n, kind = digits(n+1), tokFloat
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		m := n + 1
		if m < len(rest) && (rest[m] == '+' || rest[m] == '-') {
			m++
		}
		if m < len(rest) && isDigit(rest[m]) {
			n, kind = digits(m), tokFloat
		}
	}
	l.emit(kind, strings.ReplaceAll(rest[:n], "_", ""))
	l.at += n
}
