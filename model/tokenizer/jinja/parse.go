package jinja

import (
	"fmt"
	"slices"
)

type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

// next takes a token; the end stays.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokEnd {
		p.at++
	}
	return t
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{p.peek().line}, args...)...)
}

// deeper guards one level of nesting; call the result to leave it.
func (p *parser) deeper() (func(), error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail("nests deeper than %d", maxNesting)
	}
	return func() { p.depth-- }, nil
}

func (p *parser) is(kind tokenKind, text string) bool {
	t := p.peek()
	return t.kind == kind && t.text == text
}

func (p *parser) accept(kind tokenKind, text string) bool {
	if !p.is(kind, text) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(kind tokenKind, text string) error {
	if !p.accept(kind, text) {
		return p.fail("expected %q, found %s", text, p.peek())
	}
	return nil
}

func (p *parser) op(text string) bool   { return p.accept(tokOp, text) }
func (p *parser) word(text string) bool { return p.accept(tokName, text) }

func (p *parser) ident() (string, error) {
	if p.peek().kind != tokName {
		return "", p.fail("expected a name, found %s", p.peek())
	}
	return p.next().text, nil
}

// body reads statements up to the end or a block that starts with one of the
// words, whose start mark is taken and whose word is not.
func (p *parser) body(until ...string) ([]node, error) {
	leave, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer leave()
	var out []node
	for {
		switch t := p.peek(); t.kind {
		case tokData:
			out = append(out, data(p.next().text))
		case tokPrintStart:
			p.next()
			e, err := p.tuple(true)
			if err != nil {
				return nil, err
			}
			if p.next().kind != tokPrintEnd {
				p.at--
				return nil, p.fail("expected \"}}\", found %s", p.peek())
			}
			out = append(out, print{t.line, e})
		case tokBlockStart:
			p.next()
			if w := p.peek(); w.kind == tokName && slices.Contains(until, w.text) {
				return out, nil
			}
			n, err := p.statement()
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		case tokEnd:
			if len(until) > 0 {
				return nil, p.fail("expected %q before the end of the template", until[len(until)-1])
			}
			return out, nil
		default:
			return nil, p.fail("unexpected %s", t)
		}
	}
}

func (p *parser) blockEnd() error {
	if p.peek().kind != tokBlockEnd {
		return p.fail("expected \"%%}\", found %s", p.peek())
	}
	p.next()
	return nil
}

// end takes the word that ends a block.
func (p *parser) end(word string) error {
	if err := p.expect(tokName, word); err != nil {
		return err
	}
	return p.blockEnd()
}

// block reads a body and the tag that ends it.
func (p *parser) block(end string) ([]node, error) {
	if err := p.blockEnd(); err != nil {
		return nil, err
	}
	body, err := p.body(end)
	if err != nil {
		return nil, err
	}
	return body, p.end(end)
}

func (p *parser) statement() (node, error) {
	line := p.peek().line
	word, err := p.ident()
	if err != nil {
		return nil, err
	}
	switch word {
	case "if":
		return p.ifElse(line)
	case "for":
		return p.forLoop(line)
	case "set":
		return p.set(line)
	case "with":
		return p.with(line)
	case "macro":
		return p.macro(line)
	case "call":
		return p.callBlock(line)
	case "filter":
		pipe, err := p.pipe()
		if err != nil {
			return nil, err
		}
		body, err := p.block("endfilter")
		return filterBlock{line, pipe, body}, err
	case "generation": // marks what the model says, for training
		body, err := p.block("endgeneration")
		return with{line: line, body: body}, err
	case "break":
		return jump{errBreak}, p.blockEnd()
	case "continue":
		return jump{errContinue}, p.blockEnd()
	}
	p.at--
	return nil, p.fail("the statement %q is not supported", word)
}

// ifElse reads from the condition on.
func (p *parser) ifElse(line int) (node, error) {
	leave, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer leave()
	n := ifElse{line: line}
	if n.cond, err = p.expr(); err != nil {
		return nil, err
	}
	if err = p.blockEnd(); err != nil {
		return nil, err
	}
	if n.then, err = p.body("elif", "else", "endif"); err != nil {
		return nil, err
	}
	switch {
	case p.word("elif"):
		rest, err := p.ifElse(p.peek().line)
		n.rest = []node{rest}
		return n, err
	case p.word("else"):
		n.rest, err = p.block("endif")
		return n, err
	}
	return n, p.end("endif")
}

func (p *parser) names() ([]string, error) {
	parens := p.op("(")
	var out []string
	for {
		name, err := p.ident()
		if err != nil {
			return nil, err
		}
		out = append(out, name)
		if !p.op(",") {
			break
		}
	}
	if parens {
		return out, p.expect(tokOp, ")")
	}
	return out, nil
}

func (p *parser) forLoop(line int) (node, error) {
	n := forLoop{line: line}
	var err error
	if n.names, err = p.names(); err != nil {
		return nil, err
	}
	if err = p.expect(tokName, "in"); err != nil {
		return nil, err
	}
	if n.over, err = p.tuple(false); err != nil {
		return nil, err
	}
	if p.word("if") {
		if n.filter, err = p.expr(); err != nil {
			return nil, err
		}
	}
	if p.is(tokName, "recursive") {
		return nil, p.fail("recursive loops are not supported")
	}
	if err = p.blockEnd(); err != nil {
		return nil, err
	}
	if n.body, err = p.body("else", "endfor"); err != nil {
		return nil, err
	}
	if p.word("else") {
		n.rest, err = p.block("endfor")
		return n, err
	}
	return n, p.end("endfor")
}

func (p *parser) set(line int) (node, error) {
	n := set{line: line}
	var err error
	if n.names, err = p.names(); err != nil {
		return nil, err
	}
	if len(n.names) == 1 && p.op(".") {
		if n.attr, err = p.ident(); err != nil {
			return nil, err
		}
	}
	if p.op("=") {
		if n.value, err = p.tuple(true); err != nil {
			return nil, err
		}
		return n, p.blockEnd()
	}
	if len(n.names) > 1 {
		return nil, p.fail("expected \"=\", found %s", p.peek())
	}
	for p.op("|") {
		f, err := p.filterCall()
		if err != nil {
			return nil, err
		}
		n.pipe = append(n.pipe, f)
	}
	n.body, err = p.block("endset")
	return n, err
}

func (p *parser) with(line int) (node, error) {
	n := with{line: line}
	for p.peek().kind != tokBlockEnd {
		if len(n.names) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
		}
		name, err := p.ident()
		if err != nil {
			return nil, err
		}
		if err := p.expect(tokOp, "="); err != nil {
			return nil, err
		}
		value, err := p.expr()
		if err != nil {
			return nil, err
		}
		n.names, n.values = append(n.names, name), append(n.values, value)
	}
	var err error
	n.body, err = p.block("endwith")
	return n, err
}

func (p *parser) macro(line int) (node, error) {
	name, err := p.ident()
	if err != nil {
		return nil, err
	}
	n := &macroDef{line: line, name: name}
	if err := p.params(n); err != nil {
		return nil, err
	}
	n.body, err = p.block("endmacro")
	return n, err
}

func (p *parser) params(n *macroDef) error {
	if err := p.expect(tokOp, "("); err != nil {
		return err
	}
	for !p.op(")") {
		if len(n.params) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return err
			}
		}
		name, err := p.ident()
		if err != nil {
			return err
		}
		n.params = append(n.params, name)
		switch {
		case p.op("="):
			value, err := p.expr()
			if err != nil {
				return err
			}
			n.defaults = append(n.defaults, value)
		case len(n.defaults) > 0:
			return p.fail("the parameter %q needs a default, since one before it has one", name)
		}
	}
	return nil
}

func (p *parser) callBlock(line int) (node, error) {
	n := callBlock{line: line, macro: &macroDef{line: line, name: "caller"}}
	if p.is(tokOp, "(") {
		if err := p.params(n.macro); err != nil {
			return nil, err
		}
	}
	e, err := p.expr()
	if err != nil {
		return nil, err
	}
	c, ok := e.(*call)
	if !ok {
		return nil, p.fail("call needs a call of a macro")
	}
	n.call = c
	n.macro.body, err = p.block("endcall")
	return n, err
}
