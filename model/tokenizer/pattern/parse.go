package pattern

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// errOutside says that an expression uses syntax outside of what the linear
// scanner handles.
var errOutside = errors.New("outside the scanner's syntax")

// An expression tree. Nodes are one of *set, cat, alt, rep, look, lineEnd.
type (
	cat []any
	alt []any
	rep struct {
		of         any
		min, max   int // max < 0: unbounded
		possessive bool
	}
	look struct {
		of     any
		negate bool
	}
	lineEnd struct{}
)

// maxRepeat bounds the counts in {m,n}.
const maxRepeat = 1 << 16

// maxDepth bounds the nesting of groups.
const maxDepth = 32

type parser struct {
	s     string
	pos   int
	fold  bool
	depth int
}

// parse reads the part of Oniguruma's Ruby syntax that pre-tokenizers use.
func parse(expr string) (any, error) {
	p := &parser{s: expr}
	e, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.s) {
		return nil, fmt.Errorf("unexpected %q at byte %d", p.s[p.pos], p.pos)
	}
	return e, nil
}

func (p *parser) more() bool { return p.pos < len(p.s) }

func (p *parser) accept(s string) bool {
	if len(p.s)-p.pos < len(s) || p.s[p.pos:p.pos+len(s)] != s {
		return false
	}
	p.pos += len(s)
	return true
}

func (p *parser) rune() (rune, error) {
	r, w := utf8.DecodeRuneInString(p.s[p.pos:])
	if w == 0 {
		return 0, errors.New("ends too early")
	}
	if r == utf8.RuneError && w == 1 {
		return 0, fmt.Errorf("invalid UTF-8 at byte %d", p.pos)
	}
	p.pos += w
	return r, nil
}

func (p *parser) alternatives() (any, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nests deeper than %d groups", maxDepth)
	}
	defer func() { p.depth-- }()
	var branches alt
	for {
		e, err := p.sequence()
		if err != nil {
			return nil, err
		}
		branches = append(branches, e)
		if !p.accept("|") {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return branches, nil
}

func (p *parser) sequence() (any, error) {
	var seq cat
	for p.more() && p.s[p.pos] != '|' && p.s[p.pos] != ')' {
		e, err := p.atom()
		if err != nil {
			return nil, err
		}
		if e, err = p.quantified(e); err != nil {
			return nil, err
		}
		seq = append(seq, e)
	}
	if len(seq) == 1 {
		return seq[0], nil
	}
	return seq, nil
}

func (p *parser) atom() (any, error) {
	switch p.s[p.pos] {
	case '(':
		return p.group()
	case '[':
		ranges, err := p.class()
		if err != nil {
			return nil, err
		}
		return newSet(ranges), nil
	case '$':
		p.pos++
		return lineEnd{}, nil
	case '^', '*', '+', '?':
		return nil, errOutside
	case '.':
		p.pos++
		return newSet(newSet([]runeRange{{'\n', '\n'}}).negate()), nil
	case '\\':
		ranges, err := p.escape()
		if err != nil {
			return nil, err
		}
		return p.set(ranges)
	}
	r, err := p.rune()
	if err != nil {
		return nil, err
	}
	return p.set([]runeRange{{r, r}})
}

func (p *parser) set(ranges []runeRange) (any, error) {
	ranges, err := p.folded(ranges)
	return newSet(ranges), err
}

// maxFold bounds the size of a set whose cases are looked up rune by rune.
const maxFold = 1 << 10

// folded adds the other cases of the runes in ranges under (?i:).
func (p *parser) folded(ranges []runeRange) ([]runeRange, error) {
	if !p.fold {
		return ranges, nil
	}
	size := 0
	for _, r := range ranges {
		if size += int(r.hi - r.lo + 1); size > maxFold {
			return nil, errOutside
		}
	}
	for _, r := range slices.Clone(ranges) {
		for c := r.lo; c <= r.hi; c++ {
			for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
				ranges = append(ranges, runeRange{f, f})
			}
		}
	}
	return ranges, nil
}

func (p *parser) group() (any, error) {
	outer := p.fold
	wrap := func(e any) any { return e }
	switch {
	case p.accept("(?:"):
	case p.accept("(?i:"):
		p.fold = true
	case p.accept("(?!"):
		wrap = func(e any) any { return look{of: e, negate: true} }
	case p.accept("(?="):
		wrap = func(e any) any { return look{of: e} }
	case p.accept("(?"):
		return nil, errOutside
	default:
		p.pos++
	}
	e, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if !p.accept(")") {
		return nil, fmt.Errorf("a group is not closed")
	}
	p.fold = outer
	return wrap(e), nil
}

func (p *parser) quantified(e any) (any, error) {
	if !p.more() {
		return e, nil
	}
	q := rep{of: e}
	counted := false
	switch p.s[p.pos] {
	case '?':
		q.min, q.max = 0, 1
		p.pos++
	case '*':
		q.min, q.max = 0, -1
		p.pos++
	case '+':
		q.min, q.max = 1, -1
		p.pos++
	case '{':
		var err error
		if q.min, q.max, err = p.counts(); err != nil {
			return nil, err
		}
		counted = true
	default:
		return e, nil
	}
	if p.more() && p.s[p.pos] == '+' && !counted {
		q.possessive = true
		p.pos++
	}
	if p.more() && (p.s[p.pos] == '?' || p.s[p.pos] == '*' || p.s[p.pos] == '+' || p.s[p.pos] == '{') {
		return nil, errOutside
	}
	switch e.(type) {
	case *set:
		return q, nil
	case look, lineEnd:
		return nil, errOutside
	}
	if q.min == 0 && q.max == 1 && !q.possessive {
		return alt{e, cat{}}, nil
	}
	return nil, errOutside
}

// counts reads {n}, {n,} or {n,m}.
func (p *parser) counts() (lo, hi int, err error) {
	p.pos++
	number := func() (int, bool) {
		start := p.pos
		for p.more() && p.s[p.pos] >= '0' && p.s[p.pos] <= '9' {
			p.pos++
		}
		n, err := strconv.Atoi(p.s[start:p.pos])
		return n, err == nil && n <= maxRepeat
	}
	lo, ok := number()
	if !ok {
		return 0, 0, errOutside
	}
	hi = lo
	if p.accept(",") {
		hi = -1
		if p.more() && p.s[p.pos] != '}' {
			if hi, ok = number(); !ok || hi < lo {
				return 0, 0, errOutside
			}
		}
	}
	if !p.accept("}") {
		return 0, 0, errOutside
	}
	return lo, hi, nil
}
