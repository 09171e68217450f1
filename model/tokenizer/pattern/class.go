package pattern

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// class reads a bracketed set; sets may nest, which unites them.
func (p *parser) class() ([]runeRange, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nests deeper than %d sets", maxDepth)
	}
	defer func() { p.depth-- }()
	p.pos++
	negate := p.accept("^")
	var ranges []runeRange
	for first := true; ; first = false {
		if !p.more() {
			return nil, errors.New("a set is not closed")
		}
		if !first && p.accept("]") {
			break
		}
		part, err := p.classItem()
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, part...)
	}
	ranges, err := p.folded(ranges)
	if err != nil {
		return nil, err
	}
	if negate {
		return newSet(ranges).negate(), nil
	}
	return ranges, nil
}

func (p *parser) classItem() ([]runeRange, error) {
	switch {
	case strings.HasPrefix(p.s[p.pos:], "[:"), strings.HasPrefix(p.s[p.pos:], "&&"):
		return nil, errOutside
	case p.s[p.pos] == '[':
		return p.class()
	}
	item, err := p.classRune()
	if err != nil {
		return nil, err
	}
	single := len(item) == 1 && item[0].lo == item[0].hi
	if !single || p.pos+1 >= len(p.s) || p.s[p.pos] != '-' || p.s[p.pos+1] == ']' {
		return item, nil
	}
	p.pos++
	if p.s[p.pos] == '[' {
		return nil, errOutside
	}
	end, err := p.classRune()
	if err != nil {
		return nil, err
	}
	if len(end) != 1 || end[0].lo != end[0].hi || end[0].lo < item[0].lo {
		return nil, errOutside
	}
	return []runeRange{{item[0].lo, end[0].lo}}, nil
}

func (p *parser) classRune() ([]runeRange, error) {
	if p.s[p.pos] == '\\' {
		return p.escape()
	}
	r, err := p.rune()
	return []runeRange{{r, r}}, err
}

// escape reads what follows a backslash.
func (p *parser) escape() ([]runeRange, error) {
	p.pos++
	r, err := p.rune()
	if err != nil {
		return nil, err
	}
	one := func(r rune) ([]runeRange, error) { return []runeRange{{r, r}}, nil }
	not := func(ranges []runeRange) ([]runeRange, error) { return newSet(ranges).negate(), nil }
	switch r {
	case 's':
		return spaceRanges(), nil
	case 'S':
		return not(spaceRanges())
	case 'd':
		return tableRanges(unicode.Nd), nil
	case 'D':
		return not(tableRanges(unicode.Nd))
	case 'w':
		return wordRanges(), nil
	case 'W':
		return not(wordRanges())
	case 'r':
		return one('\r')
	case 'n':
		return one('\n')
	case 't':
		return one('\t')
	case 'f':
		return one('\f')
	case 'v':
		return one('\v')
	case 'p', 'P':
		return p.property(r == 'P')
	case 'x', 'u':
		return p.hex(r)
	}
	if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return nil, errOutside
	}
	return one(r)
}

// property reads {L}, {Han} or {^L} after \p or \P.
func (p *parser) property(negate bool) ([]runeRange, error) {
	if !p.accept("{") {
		return nil, errOutside
	}
	end := strings.IndexByte(p.s[p.pos:], '}')
	if end < 0 {
		return nil, errors.New("a property name is not closed")
	}
	name := p.s[p.pos : p.pos+end]
	p.pos += end + 1
	if strings.HasPrefix(name, "^") {
		negate, name = !negate, name[1:]
	}
	ranges, ok := namedRanges(name)
	if !ok {
		return nil, errOutside
	}
	if negate {
		return newSet(ranges).negate(), nil
	}
	return ranges, nil
}

func namedRanges(name string) ([]runeRange, bool) {
	if name == "Alphabetic" {
		return alphabeticRanges(), true
	}
	if table, ok := unicode.Categories[name]; ok {
		return tableRanges(table), true
	}
	table, ok := unicode.Scripts[name]
	if !ok {
		return nil, false
	}
	return tableRanges(table), true
}

// hex reads \xHH, \x{H...} or \uHHHH.
func (p *parser) hex(kind rune) ([]runeRange, error) {
	rest := p.s[p.pos:]
	digits := 4
	if kind == 'x' {
		digits = 2
		if strings.HasPrefix(rest, "{") {
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return nil, errOutside
			}
			p.pos += end + 1
			return hexRune(rest[1:end])
		}
	}
	if len(rest) < digits {
		return nil, errOutside
	}
	p.pos += digits
	return hexRune(rest[:digits])
}

func hexRune(s string) ([]runeRange, error) {
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil || n > unicode.MaxRune {
		return nil, errOutside
	}
	return []runeRange{{rune(n), rune(n)}}, nil
}
