package jinja

import (
	"strconv"
	"strings"
)

// dotted reads a name, which may have parts with dots between them.
func (p *parser) dotted() (string, error) {
	name, err := p.ident()
	for err == nil && p.op(".") {
		var part string
		part, err = p.ident()
		name += "." + part
	}
	return name, err
}

func (p *parser) filterCall() (filterCall, error) {
	c := filterCall{line: p.peek().line}
	var err error
	if c.name, err = p.dotted(); err != nil {
		return c, err
	}
	var ok bool
	if c.f, ok = findFilter(c.name); !ok {
		return c, p.fail("the filter %q is not supported", c.name)
	}
	if p.op("(") {
		c.args, c.kw, err = p.arguments()
	}
	return c, err
}

// pipe reads the filters of a filter block.
func (p *parser) pipe() ([]filterCall, error) {
	var out []filterCall
	for {
		f, err := p.filterCall()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		if !p.op("|") {
			return out, nil
		}
	}
}

func (p *parser) test(of expr) (expr, error) {
	t := tested{of: of, negate: p.word("not")}
	var err error
	if t.name, err = p.dotted(); err != nil {
		return nil, err
	}
	var ok bool
	if t.f, ok = findTest(t.name); !ok {
		return nil, p.fail("the test %q is not supported", t.name)
	}
	switch next := p.peek(); {
	case p.op("("):
		t.args, _, err = p.arguments()
		return t, err
	case next.kind == tokString, next.kind == tokInt, next.kind == tokFloat,
		next.kind == tokOp && (next.text == "[" || next.text == "{"),
		next.kind == tokName && !isKeyword(next.text):
		arg, err := p.primary()
		if err != nil {
			return nil, err
		}
		if arg, err = p.postfix(arg); err != nil {
			return nil, err
		}
		t.args = []expr{arg}
	}
	return t, nil
}

func isKeyword(name string) bool {
	switch name {
	case "else", "or", "and", "is", "in", "not", "if":
		return true
	}
	return false
}

// arguments reads what a call is given, after the opening parenthesis.
func (p *parser) arguments() (args []expr, kw []keyword, err error) {
	for first := true; !p.op(")"); first = false {
		if !first {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, nil, err
			}
			if p.op(")") {
				break
			}
		}
		name := ""
		if next := p.tokens[min(p.at+1, len(p.tokens)-1)]; p.peek().kind == tokName && next.kind == tokOp && next.text == "=" {
			name = p.next().text
			p.next()
		}
		value, err := p.expr()
		if err != nil {
			return nil, nil, err
		}
		switch {
		case name != "":
			kw = append(kw, keyword{name, value})
		case len(kw) > 0:
			return nil, nil, p.fail("an argument without a name follows one with a name")
		default:
			args = append(args, value)
		}
	}
	return args, kw, nil
}

// postfix reads attributes, indexes and calls.
func (p *parser) postfix(e expr) (expr, error) {
	for links := 0; ; links++ {
		if links == maxChain {
			return nil, p.fail("an expression has more than %d parts in a row", maxChain)
		}
		switch {
		case p.op("."):
			if p.peek().kind == tokInt {
				i, err := strconv.ParseInt(p.next().text, 10, 64)
				if err != nil {
					return nil, p.fail("an index is too large")
				}
				e = index{e, literal{i}}
				continue
			}
			name, err := p.ident()
			if err != nil {
				return nil, err
			}
			e = attr{e, name}
		case p.op("["):
			i, err := p.subscript(e)
			if err != nil {
				return nil, err
			}
			e = i
		case p.op("("):
			args, kw, err := p.arguments()
			if err != nil {
				return nil, err
			}
			e = &call{e, args, kw}
		default:
			return e, nil
		}
	}
}

// subscript reads an index or a slice, after the opening bracket.
func (p *parser) subscript(of expr) (expr, error) {
	var parts [3]expr
	colons := 0
	for i := 0; i < 3; i++ {
		if !p.is(tokOp, ":") && !p.is(tokOp, "]") {
			var err error
			if parts[i], err = p.expr(); err != nil {
				return nil, err
			}
		}
		if !p.op(":") {
			break
		}
		colons++
	}
	if err := p.expect(tokOp, "]"); err != nil {
		return nil, err
	}
	if colons == 0 {
		if parts[0] == nil {
			return nil, p.fail("an index is empty")
		}
		return index{of, parts[0]}, nil
	}
	return slice{of, parts[0], parts[1], parts[2]}, nil
}

func (p *parser) primary() (expr, error) {
	t := p.next()
	switch t.kind {
	case tokString:
		s := t.text
		for p.peek().kind == tokString {
			s += p.next().text
		}
		return literal{s}, nil
	case tokInt:
		i, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			return nil, p.fail("the number %q is too large", t.text)
		}
		return literal{i}, nil
	case tokFloat:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, p.fail("the number %q is too large", t.text)
		}
		return literal{f}, nil
	case tokName:
		switch strings.ToLower(t.text) {
		case "true":
			if t.text != "TRUE" {
				return literal{true}, nil
			}
		case "false":
			if t.text != "FALSE" {
				return literal{false}, nil
			}
		case "none":
			if t.text != "NONE" {
				return literal{nil}, nil
			}
		}
		return name{t.text}, nil
	case tokOp:
		switch t.text {
		case "(":
			return p.parens()
		case "[":
			items, err := p.items("]")
			return collection{items: items}, err
		case "{":
			return p.mapping()
		}
	}
	p.at = max(0, p.at-1)
	return nil, p.fail("unexpected %s", t)
}

func (p *parser) parens() (expr, error) {
	if p.op(")") {
		return collection{tuple: true}, nil
	}
	e, err := p.tuple(true)
	if err != nil {
		return nil, err
	}
	return e, p.expect(tokOp, ")")
}

func (p *parser) items(end string) ([]expr, error) {
	var out []expr
	for !p.op(end) {
		if len(out) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
			if p.op(end) {
				break
			}
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (p *parser) mapping() (expr, error) {
	var m mapping
	for !p.op("}") {
		if len(m.keys) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
			if p.op("}") {
				break
			}
		}
		k, err := p.expr()
		if err != nil {
			return nil, err
		}
		if err := p.expect(tokOp, ":"); err != nil {
			return nil, err
		}
		v, err := p.expr()
		if err != nil {
			return nil, err
		}
		m.keys, m.values = append(m.keys, k), append(m.values, v)
	}
	return m, nil
}
