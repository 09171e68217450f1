package mix

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

// Expression is a sum of vectors, each with a factor.
type Expression []Term

// Term is one vector of an expression.
type Term struct {
	Factor float64
	Vector string
}

// maxExpression bounds the length of an expression in bytes.
const maxExpression = 1 << 12

// Parse reads an expression over vectors of these names:
//
//	expression := [ "+" | "-" ] term { ( "+" | "-" ) term }
//	term       := factor { "*" factor }                      with exactly one vector
//	factor     := [ "+" | "-" ] number | vector
//
// Spaces may stand between them. A name may itself hold "-", "." and digits, so of the names
// that could stand at a place the longest is taken: with vectors a and a-b, "a-b" is the second,
// and "a - b" the difference. Errors name the column, counted in characters from 1.
func Parse(text string, names []string) (Expression, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the mix has %d bytes, and at most %d are allowed", len(text), maxExpression)
	}
	p := parser{text: text, names: names}
	e, err := p.expression()
	if err != nil {
		return nil, fmt.Errorf("mix %s, column %d: %w", badfile.Quote(text), utf8.RuneCountInString(text[:p.at])+1, err)
	}
	return e, nil
}

// String writes the expression as Parse reads it.
func (e Expression) String() string {
	var b strings.Builder
	for i, t := range e {
		sign, factor := " + ", t.Factor
		if factor < 0 {
			sign, factor = " - ", -factor
		}
		switch {
		case i > 0:
			b.WriteString(sign)
		case t.Factor < 0:
			b.WriteString("-")
		}
		if factor != 1 {
			b.WriteString(strconv.FormatFloat(factor, 'g', -1, 64) + "*")
		}
		b.WriteString(t.Vector)
	}
	return b.String()
}

// parser has read text up to the byte at.
type parser struct {
	text  string
	at    int
	names []string
}

func (p *parser) expression() (Expression, error) {
	var e Expression
	for {
		factor := 1.0
		switch {
		case p.skip('-'):
			factor = -1
		case p.skip('+') || len(e) == 0:
		default:
			return nil, fmt.Errorf("%q or %q is expected between terms", "+", "-")
		}
		t, err := p.term(factor)
		if err != nil {
			return nil, err
		}
		e = append(e, t)
		p.spaces()
		if p.at == len(p.text) {
			return e, nil
		}
	}
}

// term reads one vector and the numbers it is multiplied by.
func (p *parser) term(factor float64) (Term, error) {
	t := Term{Factor: factor}
	start := p.at
	for {
		p.spaces()
		before := p.at
		number, vector, err := p.factor()
		switch {
		case err != nil:
			return t, err
		case vector == "":
			t.Factor *= number
		case t.Vector != "":
			p.at = before
			return t, fmt.Errorf("%s is the second vector of a product, which can have one", badfile.Quote(vector))
		default:
			t.Vector = vector
		}
		if !p.skip('*') {
			break
		}
	}
	if t.Vector == "" {
		p.at = start
		p.spaces()
		return t, fmt.Errorf("there is a number but no vector; %s", list(p.names))
	}
	if t.Factor > maxFactor || t.Factor < -maxFactor {
		p.at = start
		return t, fmt.Errorf("a factor of %g is too large for float32", t.Factor)
	}
	if t.Factor == 0 {
		t.Factor = 0 // not -0, which would not be written as it is read
	}
	return t, nil
}

// maxFactor is the largest float32.
const maxFactor = 0x1p127 * (1 + (1 - 0x1p-23))

var (
	numberAt = regexp.MustCompile(`^[+-]?\s*(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`)
	nameAt   = regexp.MustCompile(`^[A-Za-z0-9_.-]+`)
)

// factor reads a number or a known name, whichever is longer.
func (p *parser) factor() (number float64, vector string, err error) {
	rest := p.text[p.at:]
	digits := numberAt.FindString(rest)
	if after := rest[len(digits):]; after != "" && after[0] != '-' && nameAt.MatchString(after) {
		digits = "" // "2x" is a name, not a number
	}
	name := p.name(nameAt.FindString(rest))
	switch {
	case len(name) > len(digits):
		p.at += len(name)
		return 0, name, nil
	case digits != "":
		number, err := strconv.ParseFloat(strings.Join(strings.Fields(digits), ""), 64)
		if err != nil {
			return 0, "", fmt.Errorf("%s is not a number that can be used", badfile.Quote(digits))
		}
		p.at += len(digits)
		return number, "", nil
	case rest == "":
		return 0, "", fmt.Errorf("the mix ends where a number or a vector is expected")
	case nameAt.MatchString(rest):
		return 0, "", fmt.Errorf("there is no vector %s; %s", badfile.Quote(nameAt.FindString(rest)), list(p.names))
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return 0, "", fmt.Errorf("a number or a vector is expected where it has %q", r)
}

// name returns the longest known name that run begins with, and that ends with run or before a
// minus sign.
func (p *parser) name(run string) string {
	for end := len(run); end > 0; end = strings.LastIndexByte(run[:end], '-') {
		if slices.Contains(p.names, run[:end]) {
			return run[:end]
		}
	}
	return ""
}

// list says which vectors there are, naming a few of many.
func list(names []string) string {
	const most = 8
	quoted := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, strconv.Quote(name))
	}
	switch more := len(names) - most; {
	case len(names) == 0:
		return "none is given"
	case more > 0:
		return fmt.Sprintf("there are %s and %d more", strings.Join(quoted, ", "), more)
	}
	return "there are " + strings.Join(quoted, ", ")
}

func (p *parser) spaces() {
	p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n"))
}

// skip passes over spaces and then this character, if it is there.
func (p *parser) skip(c byte) bool {
	p.spaces()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}
