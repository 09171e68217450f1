package jinja

// tuple reads an expression, or several with commas, which make a tuple.
func (p *parser) tuple(cond bool) (expr, error) {
	read := p.expr
	if !cond {
		read = p.or
	}
	first, err := read()
	if err != nil || !p.is(tokOp, ",") {
		return first, err
	}
	items := []expr{first}
	for p.op(",") {
		if k := p.peek().kind; k == tokPrintEnd || k == tokBlockEnd || p.is(tokOp, ")") {
			break
		}
		e, err := read()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return collection{items: items, tuple: true}, nil
}

// expr reads an expression with its condition: a if b else c.
func (p *parser) expr() (expr, error) {
	leave, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer leave()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	for p.word("if") {
		t := ternary{then: e}
		if t.cond, err = p.or(); err != nil {
			return nil, err
		}
		if p.word("else") {
			if t.rest, err = p.expr(); err != nil {
				return nil, err
			}
		}
		e = t
	}
	return e, nil
}

// chain reads operands with left-associative operators between them.
func (p *parser) chain(operand func() (expr, error), kind tokenKind, ops ...string) (expr, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for links := 0; ; links++ {
		op := ""
		for _, o := range ops {
			if p.accept(kind, o) {
				op = o
				break
			}
		}
		if op == "" {
			return left, nil
		}
		if links == maxChain {
			return nil, p.fail("an expression has more than %d operators in a row", maxChain)
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = binary{op, left, right}
	}
}

// maxChain bounds operators in a row, which nest to the left.
const maxChain = 1000

func (p *parser) or() (expr, error) { return p.chain(p.and, tokName, "or") }

func (p *parser) and() (expr, error) { return p.chain(p.not, tokName, "and") }

func (p *parser) not() (expr, error) {
	if !p.is(tokName, "not") {
		return p.compare()
	}
	leave, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer leave()
	p.next()
	e, err := p.not()
	return unary{"not", e}, err
}

func (p *parser) compare() (expr, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	c := comparison{left: left}
	for {
		op := ""
		for _, o := range []string{"==", "!=", "<=", ">=", "<", ">"} {
			if p.op(o) {
				op = o
				break
			}
		}
		switch {
		case op != "":
		case p.word("in"):
			op = "in"
		case p.is(tokName, "not") && p.tokens[p.at+1].kind == tokName && p.tokens[p.at+1].text == "in":
			p.at += 2
			op = "not in"
		case len(c.ops) == 0:
			return left, nil
		default:
			return c, nil
		}
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.ops, c.of = append(c.ops, op), append(c.of, right)
	}
}

func (p *parser) sum() (expr, error) { return p.chain(p.tilde, tokOp, "+", "-") }

func (p *parser) tilde() (expr, error) { return p.chain(p.product, tokOp, "~") }

func (p *parser) product() (expr, error) {
	return p.chain(func() (expr, error) { return p.unary(true) }, tokOp, "*", "//", "/", "%")
}

// unary reads a sign, a power and what follows a value. filters says whether
// filters and tests belong to it.
func (p *parser) unary(filters bool) (expr, error) {
	leave, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, sign := range []string{"-", "+"} {
		if !p.op(sign) {
			continue
		}
		e, err := p.unary(false)
		if err != nil {
			return nil, err
		}
		return p.suffixes(unary{sign, e}, filters)
	}
	e, err := p.primary()
	if err != nil {
		return nil, err
	}
	if e, err = p.postfix(e); err != nil {
		return nil, err
	}
	if p.op("**") {
		right, err := p.unary(true)
		if err != nil {
			return nil, err
		}
		e = binary{"**", e, right}
	}
	return p.suffixes(e, filters)
}

// suffixes reads filters and tests.
func (p *parser) suffixes(e expr, filters bool) (expr, error) {
	for links := 0; filters; links++ {
		if links == maxChain {
			return nil, p.fail("an expression has more than %d filters in a row", maxChain)
		}
		switch {
		case p.op("|"):
			f, err := p.filterCall()
			if err != nil {
				return nil, err
			}
			e = filtered{e, f}
		case p.word("is"):
			t, err := p.test(e)
			if err != nil {
				return nil, err
			}
			e = t
		default:
			return e, nil
		}
	}
	return e, nil
}
