package formula

import (
	"math/big"
	"strings"
)

// maxDepth bounds how deep a formula nests.
const maxDepth = 100

// parse makes a tree of a formula's tokens. It is not ok for what it doesn't
// understand.
func parse(tokens []token) (n *node, ok bool) {
	p := parser{tokens: tokens}
	n = p.list()
	if p.failed || p.at != len(p.tokens) {
		return nil, false
	}
	return n, true
}

// parser has read tokens up to at. After a failure it makes trees of nothing.
type parser struct {
	tokens []token
	at     int
	depth  int
	bars   int // open |
	failed bool
}

func (p *parser) peek() token {
	if p.failed || p.at >= len(p.tokens) {
		return token{}
	}
	return p.tokens[p.at]
}

func (p *parser) take(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) fail() *node {
	p.failed = true
	return &node{op: symbol}
}

// list reads statements with commas between; one alone is itself.
func (p *parser) list() *node {
	if p.depth++; p.depth > maxDepth {
		return p.fail()
	}
	defer func() { p.depth-- }()
	items := []*node{p.statement()}
	for p.take(",") {
		if t := p.peek(); t.is(",") || t.kind == end || closing(t) {
			continue // "1, 2, and 3" has two commas after 2
		}
		items = append(items, p.statement())
	}
	if len(items) == 1 {
		return items[0]
	}
	return of(listed, items...)
}

func closing(t token) bool {
	return t.is(")") || t.is("]") || t.is(`\}`) || t.is("}")
}

// statement reads values with = < and the like between.
func (p *parser) statement() *node {
	n := p.union()
	for {
		t := p.peek()
		switch t.text {
		case "=", "<", ">", "<=", ">=", "!=", "in":
			if t.kind != mark {
				return n
			}
		default:
			return n
		}
		p.at++
		if n.op != related {
			n = of(related, n)
		}
		n.signs = append(n.signs, t.text)
		n.args = append(n.args, p.union())
	}
}

func (p *parser) union() *node {
	n := p.sum()
	for p.take("cup") {
		if n.op != joined {
			n = of(joined, n)
		}
		n.args = append(n.args, p.sum())
	}
	return n
}

func (p *parser) sum() *node {
	var n *node
	if t := p.peek(); t.is("pm") || t.is("mp") {
		n = &node{op: constant, value: new(big.Rat)}
	} else {
		n = p.term()
	}
	for {
		t := p.peek()
		switch {
		case p.take("+"):
			n = of(add, n, p.term())
		case p.take("-"):
			n = of(add, n, of(negate, p.term()))
		case p.take("pm") || p.take("mp"):
			n = &node{op: plusMinus, text: t.text, args: []*node{n, p.term()}}
		default:
			return n
		}
	}
}

// term reads factors, and the sign before them.
func (p *parser) term() *node {
	if p.take("-") {
		if p.depth++; p.depth > maxDepth {
			return p.fail()
		}
		defer func() { p.depth-- }()
		return of(negate, p.term())
	}
	p.take("+")
	n := p.power()
	for {
		t := p.peek()
		switch {
		case p.take("*"):
			n = of(multiply, n, p.factor())
		case p.take("/"):
			n = of(divide, n, p.factor())
		case p.begins(t) && t.kind != number:
			n = of(multiply, n, p.power())
		default:
			return n
		}
	}
}

// factor reads a power that may have a sign.
func (p *parser) factor() *node {
	if p.take("-") {
		return of(negate, p.power())
	}
	return p.power()
}

// begins reports whether a value can begin with t where a factor may be left
// out.
func (p *parser) begins(t token) bool {
	switch t.kind {
	case number, letter, prose, function:
		return true
	case mark:
		switch t.text {
		case "(", "[", "{", `\{`, "frac", "sqrt", "root", "binom", "lfloor", "lceil":
			return true
		case "|":
			return p.bars == 0
		}
		return strings.HasPrefix(t.text, "begin ")
	}
	return false
}

// power reads a value and what stands behind it.
func (p *parser) power() *node {
	if p.depth++; p.depth > maxDepth {
		return p.fail()
	}
	defer func() { p.depth-- }()
	n := p.value()
	for {
		switch {
		case p.take("!"):
			n = of(factorial, n)
		case p.take("%"):
			n = of(percentage, n)
		case p.take("^"):
			n = of(power, n, p.exponent())
		default:
			return n
		}
	}
}

// exponent reads what stands after ^.
func (p *parser) exponent() *node {
	if p.take("-") {
		return of(negate, p.power())
	}
	if p.peek().is("{") {
		return p.argument()
	}
	return p.power()
}

// value reads a value without what stands behind it.
func (p *parser) value() *node {
	t := p.peek()
	p.at++
	switch t.kind {
	case number:
		return p.number(t)
	case letter:
		return &node{op: symbol, text: t.text + p.subscript()}
	case prose:
		return &node{op: symbol, text: t.text}
	case function:
		return p.call(t.text)
	case mark:
		return p.bracketed(t.text)
	}
	return p.fail()
}

// bracketed reads what begins with a mark, which was read.
func (p *parser) bracketed(text string) *node {
	switch text {
	case "(", "[":
		return p.parenthesis(text)
	case "{":
		return p.group("}")
	case `\{`:
		if p.take(`\}`) {
			return &node{op: symbol, text: "emptyset"}
		}
		return of(braced, items(p.group(`\}`))...)
	case "|":
		p.bars++
		n := p.sum()
		p.bars--
		if !p.take("|") {
			return p.fail()
		}
		return &node{op: call, text: "abs", args: []*node{n}}
	case "lfloor", "lceil":
		return &node{op: call, text: text[1:], args: []*node{p.group("r" + text[1:])}}
	case "frac":
		return of(divide, p.argument(), p.argument())
	case "binom":
		return of(binomial, p.argument(), p.argument())
	case "root":
		return of(root, p.value(), two())
	case "sqrt":
		degree := two()
		if p.take("[") {
			degree = p.group("]")
		}
		return of(root, p.argument(), degree)
	}
	if name, ok := strings.CutPrefix(text, "begin "); ok {
		return p.matrix(name)
	}
	return p.fail()
}

func two() *node { return &node{op: constant, value: big.NewRat(2, 1)} }

// items are a list's, or the one value that is no list.
func items(n *node) []*node {
	if n.op == listed {
		return n.args
	}
	return []*node{n}
}

// group reads a list and the mark that ends it.
func (p *parser) group(end string) *node {
	bars := p.bars
	p.bars = 0
	n := p.list()
	p.bars = bars
	if !p.take(end) {
		return p.fail()
	}
	return n
}

// parenthesis reads a value in brackets, a point or an interval.
func (p *parser) parenthesis(open string) *node {
	bars := p.bars
	p.bars = 0
	n := p.list()
	p.bars = bars
	t := p.peek()
	if !t.is(")") && !t.is("]") {
		return p.fail()
	}
	p.at++
	if n.op != listed {
		if (open == "(") != t.is(")") {
			return p.fail()
		}
		return n
	}
	return &node{op: tuple, text: open + t.text, args: n.args}
}

// number reads what stands behind a number: the digits that repeat, the base
// it is written in, or the fraction of a mixed one.
func (p *parser) number(t token) *node {
	n := constantOf(strings.TrimSuffix(t.text, "."))
	if n == nil {
		return p.fail()
	}
	if p.peek().is("overline") {
		p.at++
		return p.repeating(n)
	}
	if base := p.subscript(); base != "" {
		return &node{op: symbol, text: t.text + base}
	}
	if strings.ContainsAny(t.text, ".e") {
		return n
	}
	from := p.at
	var fraction *node
	switch next := p.peek(); {
	case next.is("frac"):
		p.at++
		fraction = of(divide, p.argument(), p.argument())
	case next.kind == number && next.spaced:
		p.at++
		over := constantOf(next.text)
		if under := p.peekAt(1); over != nil && p.take("/") && under.kind == number {
			p.at++
			fraction = of(divide, over, constantOf(under.text))
		}
	}
	if fraction == nil || !plainFraction(fraction) {
		p.at = from
		return n
	}
	return of(add, n, fraction)
}

// plainFraction reports whether a fraction is of integers, as that of a mixed
// number is.
func plainFraction(n *node) bool {
	for _, a := range n.args {
		if a == nil || a.op != constant || !a.value.IsInt() {
			return false
		}
	}
	return true
}

func (p *parser) peekAt(ahead int) token {
	if p.failed || p.at+ahead >= len(p.tokens) {
		return token{}
	}
	return p.tokens[p.at+ahead]
}

// repeating reads the digits after a point that repeat without end, and adds
// them to n.
func (p *parser) repeating(n *node) *node {
	braced := p.take("{")
	t := p.peek()
	if p.at++; t.kind != number || strings.ContainsAny(t.text, ".e") || len(t.text) > maxDigits || n.places+len(t.text) > maxDigits {
		return p.fail()
	}
	if braced && !p.take("}") {
		return p.fail()
	}
	digits, _ := new(big.Int).SetString(t.text, 10)
	nines := new(big.Int).Sub(tenTo(len(t.text)), big.NewInt(1))
	tail := new(big.Rat).SetFrac(digits, nines.Mul(nines, tenTo(n.places)))
	return &node{op: constant, value: tail.Add(tail, n.value)}
}

// constantOf makes a node of a number's token; nil if it is too long.
func constantOf(text string) *node {
	r := reader{text: text}
	var n Number
	n.digits, n.places, _ = r.decimal()
	n.exponent, n.vast = r.exponent()
	value := n.Rat()
	if value == nil || r.at != len(text) {
		return nil
	}
	return &node{op: constant, value: value, places: n.places}
}

// subscript reads a subscript and primes, as part of a name.
func (p *parser) subscript() string {
	var b strings.Builder
	for p.take("'") {
		b.WriteByte('\'')
	}
	if !p.take("_") {
		return b.String()
	}
	b.WriteByte('_')
	if !p.take("{") {
		b.WriteString(p.peek().text)
		p.at++
		return b.String()
	}
	for !p.take("}") {
		t := p.peek()
		if p.at++; t.kind == end {
			p.failed = true
			return ""
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// argument reads an argument of a command: a group, or one digit or token.
func (p *parser) argument() *node {
	if p.depth++; p.depth > maxDepth {
		return p.fail()
	}
	defer func() { p.depth-- }()
	if p.take("{") {
		return p.group("}")
	}
	t := p.peek()
	if t.kind == number && len(t.text) > 1 && !strings.ContainsAny(t.text, ".e") {
		// TeX takes one digit, and leaves the others.
		p.tokens[p.at].text = t.text[1:]
		p.tokens[p.at].spaced = false
		return constantOf(t.text[:1])
	}
	return p.value()
}

// call reads a function's power, base and argument.
func (p *parser) call(name string) *node {
	n := &node{op: call, text: name}
	var raised, base *node
	for {
		switch {
		case raised == nil && p.take("^"):
			raised = p.exponentOfFunction()
			continue
		case base == nil && p.take("_"):
			base = p.argument()
			continue
		}
		break
	}
	n.args = append(n.args, p.functionArgument())
	if base != nil {
		n.args = append(n.args, base)
	}
	if raised == nil {
		return n
	}
	if raised.op == negate && raised.args[0].op == constant && raised.args[0].value.Cmp(big.NewRat(1, 1)) == 0 {
		n.text = "arc" + name // sin^{-1} is the inverse
		return n
	}
	return of(power, n, raised)
}

func (p *parser) exponentOfFunction() *node {
	if p.take("-") {
		return of(negate, p.argument())
	}
	return p.argument()
}

// functionArgument reads what a function is of: something in brackets, or
// factors up to the next sum or function.
func (p *parser) functionArgument() *node {
	switch t := p.peek(); {
	case t.is("("):
		p.at++
		return p.parenthesis("(")
	case t.is("{"):
		return p.argument()
	case t.is("-"):
		p.at++
		return of(negate, p.functionArgument())
	}
	n := p.power()
	for t := p.peek(); p.begins(t) && t.kind != function && t.kind != number && !t.is("(") && !p.failed; t = p.peek() {
		n = of(multiply, n, p.power())
	}
	return n
}

// matrix reads an environment's rows.
func (p *parser) matrix(name string) *node {
	if !strings.HasSuffix(name, "matrix") && name != "array" {
		return p.fail()
	}
	if name == "array" && p.take("{") {
		for p.peek().kind != end && !p.take("}") {
			p.at++
		}
	}
	n := of(matrix)
	row := &node{op: tuple}
	for {
		row.args = append(row.args, p.sum())
		switch {
		case p.failed:
			return n
		case p.take("&"):
			continue
		case p.take(`\\`):
			n.args = append(n.args, row)
			row = &node{op: tuple}
		}
		if p.take("end " + name) {
			if len(row.args) > 0 {
				n.args = append(n.args, row)
			}
			return n
		}
		if len(row.args) > 0 {
			return p.fail()
		}
	}
}
