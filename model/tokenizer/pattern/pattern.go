// Package pattern finds the matches of the patterns that tokenizers split on:
// regular expressions in Oniguruma's Ruby syntax, literal strings and classes
// of runes.
//
// Expressions built from sets of runes, alternatives, optional groups and
// lookaheads, which covers the pre-tokenizers in use, run on a scanner whose
// work is linear in the text. All others run on the backtracking engine
// regexp2 with a limit on the time they may take.
package pattern

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// Pattern finds matches in a text. It is safe for concurrent use.
type Pattern struct {
	expr    string
	literal string
	class   func(rune) bool
	scan    *scanner
	re      *regexp2.Regexp
}

// slowest is how long a backtracking expression may take on one text.
const slowest = 10 * time.Second

// maxBacktrack bounds the backtracking stack of an expression, in integers.
const maxBacktrack = 1 << 24

// maxExpr bounds the length in bytes of an expression.
const maxExpr = 1 << 14

// Compile reads a regular expression.
func Compile(expr string) (*Pattern, error) {
	if len(expr) > maxExpr {
		return nil, fmt.Errorf("the regular expression is %d bytes long; at most %d are read", len(expr), maxExpr)
	}
	scan, err := newScanner(expr)
	if err == nil {
		return &Pattern{expr: expr, scan: scan}, nil
	}
	if combinesSets(expr) {
		return nil, fmt.Errorf("the regular expression %q combines sets in a way that is not supported", expr)
	}
	re, err := compileBacktracking(expr)
	if err != nil {
		return nil, fmt.Errorf("the regular expression %q can't be read: %w", expr, err)
	}
	return &Pattern{expr: expr, re: re}, nil
}

// compileBacktracking is the reference that the scanner is tested against. In
// Ruby syntax ^ and $ always match at line ends.
func compileBacktracking(expr string) (*regexp2.Regexp, error) {
	re, err := regexp2.Compile(expr, regexp2.Multiline, regexp2.OptionMaxBacktrackingStackSize(maxBacktrack))
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = slowest
	return re, nil
}

// combinesSets reports nested sets and set intersections, which regexp2 would
// read as something else.
func combinesSets(expr string) bool {
	depth := 0
	for i := 0; i < len(expr); i++ {
		switch expr[i] {
		case '\\':
			i++
		case '[':
			if depth++; depth > 1 {
				return true
			}
		case ']':
			depth = 0
		case '&':
			if depth > 0 && strings.HasPrefix(expr[i:], "&&") {
				return true
			}
		}
	}
	return false
}

// Literal matches the string s. The empty string matches before every rune.
func Literal(s string) *Pattern { return &Pattern{literal: s} }

// Class matches each single rune for which in is true.
func Class(in func(rune) bool) *Pattern { return &Pattern{class: in} }

// Find calls visit with the byte range of each leftmost match of text in turn.
// text must be valid UTF-8. It fails when a regular expression takes too long.
func (p *Pattern) Find(text string, visit func(start, end int)) error {
	switch {
	case p.scan != nil:
		if _, err := p.scan.find(text, visit); err != nil {
			return fmt.Errorf("the regular expression %q was given up on a text of %d bytes: %w", p.expr, len(text), err)
		}
	case p.re != nil:
		if err := findBacktracking(p.re, text, visit); err != nil {
			return fmt.Errorf("the regular expression %q was given up on a text of %d bytes: %w", p.expr, len(text), err)
		}
	case p.class != nil:
		for i, r := range text {
			if p.class(r) {
				visit(i, i+utf8.RuneLen(r))
			}
		}
	case p.literal != "":
		findLiteral(p.literal, text, visit)
	default:
		for i := range text {
			visit(i, i)
		}
	}
	return nil
}

func findLiteral(literal, text string, visit func(start, end int)) {
	for pos := 0; ; {
		i := strings.Index(text[pos:], literal)
		if i < 0 {
			return
		}
		visit(pos+i, pos+i+len(literal))
		pos += i + len(literal)
	}
}

func findBacktracking(re *regexp2.Regexp, text string, visit func(start, end int)) error {
	deadline := time.Now().Add(slowest)
	runes := []rune(text)
	m, err := re.FindRunesMatch(runes)
	runeAt, byteAt := 0, 0
	advance := func(to int) int {
		for ; runeAt < to; runeAt++ {
			byteAt += utf8.RuneLen(runes[runeAt])
		}
		return byteAt
	}
	for m != nil && err == nil {
		start := advance(m.RuneIndex)
		visit(start, advance(m.RuneIndex+m.RuneLength))
		if time.Now().After(deadline) {
			return fmt.Errorf("it took longer than %v", slowest)
		}
		m, err = re.FindNextMatch(m)
	}
	return err
}
