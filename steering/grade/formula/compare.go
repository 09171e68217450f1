package formula

import (
	"math"
	"math/big"
	"math/cmplx"
	"strings"
)

// maxFormula is the length, in bytes, beyond which formulas are compared as
// they are written.
const maxFormula = 4096

// maxComparisons bounds how many values are compared to find which elements of
// two sets belong together.
const maxComparisons = 5000

// Same reports whether got says what want says: they are written alike, but for
// spaces, units, sizes of brackets and the like, or mean the same. Values are
// the same if they are equal as rationals (see [Number.Equal]) or, with roots,
// functions and variables, wherever they are evaluated. Lists and sets may have
// any order; points and intervals have theirs. An assignment "x = 5" is the
// same as 5; equations are the same if one is a multiple of the other; an
// inequality is the same as its interval. Formulas of more than 4096 bytes are
// the same only if their bytes are.
func Same(want, got string) bool {
	if len(want) > maxFormula || len(got) > maxFormula {
		return want == got
	}
	w, g := lex(want), lex(got)
	if len(w) == 0 || len(g) == 0 {
		return false
	}
	if written(w) == written(g) {
		return true
	}
	if sameWords(w, g) {
		return true
	}
	a, ok := parse(w)
	if !ok {
		return false
	}
	b, ok := parse(g)
	if !ok {
		return false
	}
	c := comparison{left: maxComparisons}
	return c.same(a, b)
}

// written is how tokens are written, each in one way.
func written(tokens []token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.text)
		b.WriteByte(' ')
	}
	return b.String()
}

// sameWords reports whether two answers are the same words, at least one of
// them as prose.
func sameWords(a, b []token) bool {
	x, xProse := asWords(a)
	y, yProse := asWords(b)
	return x != "" && x == y && (xProse || yProse)
}

// asWords are the letters of an answer that is made of words; empty if it is
// not. It is prose if it says so, or one word.
func asWords(tokens []token) (text string, isProse bool) {
	var b strings.Builder
	for _, t := range tokens {
		switch {
		case t.kind == prose:
			isProse = true
			b.WriteString(strings.Trim(t.text, "()[]{}"))
		case t.kind == letter:
			isProse = isProse || t.word
			b.WriteString(strings.ToLower(t.text))
		case !t.is("(") && !t.is(")") && !t.is("'") && !t.is(".") && !t.is("{") && !t.is("}") && !t.is(","):
			return "", false
		}
	}
	return strings.Join(strings.Fields(b.String()), ""), isProse
}

// comparison may compare this many values more.
type comparison struct{ left int }

// same compares two trees.
func (c *comparison) same(want, got *node) bool {
	if c.left--; c.left < 0 {
		return false
	}
	want, got = assigned(want, got)
	switch {
	case want.op == related && got.op == related:
		return c.sameRelation(want, got)
	case want.op == related || got.op == related:
		w, wOK := interval(want)
		g, gOK := interval(got)
		return wOK && gOK && c.same(w, g)
	}
	want, got = c.distinct(spread(want)), c.distinct(spread(got))
	switch {
	case unordered(want) && unordered(got):
		return c.sameElements(elements(want), elements(got))
	case unordered(want) || unordered(got):
		return c.sameMixed(want, got)
	case want.op == tuple && got.op == tuple:
		return c.sameTuple(want, got)
	case want.op == matrix && got.op == matrix:
		return c.sameRows(want.args, got.args)
	}
	return sameValue(want, got)
}

// assigned leaves out "x =" and "x in" where only one of the trees has it, or
// where they are answers to a question for one value.
func assigned(want, got *node) (*node, *node) {
	last := func(n *node) *node { return n.args[len(n.args)-1] }
	equation := func(n *node) bool {
		return n.op == related && (n.signs[len(n.signs)-1] == "=" || n.signs[0] == "in")
	}
	switch {
	case equation(got) && !equation(want):
		got = last(got)
	case equation(want) && !equation(got) && want.args[0].isName():
		want = last(want)
	case equation(want) && equation(got) && want.signs[0] == "in" && got.signs[0] == "in":
		want, got = last(want), last(got)
	}
	return want, got
}

// isName reports whether a tree is a variable, or variables side by side, as
// what a value is assigned to.
func (n *node) isName() bool {
	if n.op == multiply {
		return n.args[0].isName() && n.args[1].isName()
	}
	return n.op == symbol
}

// spread makes a list of a value with a plus-minus sign, and a percentage's
// elements of a list's.
func spread(n *node) *node {
	switch n.op {
	case listed, braced:
		out := &node{op: n.op}
		for _, a := range n.args {
			if a.hasPlusMinus() {
				out.args = append(out.args, a.resolved(true), a.resolved(false))
			} else {
				out.args = append(out.args, a)
			}
		}
		return out
	case tuple, joined, matrix:
		return n
	}
	if n.hasPlusMinus() {
		return of(listed, n.resolved(true), n.resolved(false))
	}
	return n
}

// distinct leaves out the elements of a list that are there already, so that an
// answer given in two ways ("1.5, or 3/2") is one.
func (c *comparison) distinct(n *node) *node {
	if n.op != listed && n.op != braced {
		return n
	}
	out := &node{op: n.op}
next:
	for _, a := range n.args {
		for _, b := range out.args {
			if c.same(a, b) {
				continue next
			}
		}
		out.args = append(out.args, a)
	}
	if len(out.args) == 1 && n.op == listed {
		return out.args[0]
	}
	return out
}

func unordered(n *node) bool { return n.op == listed || n.op == braced || n.op == joined }

// elements are those of a set, and of the sets in a union of them.
func elements(n *node) []*node {
	if n.op != joined {
		return n.args
	}
	var out []*node
	for _, a := range n.args {
		if a.op == braced {
			out = append(out, a.args...)
		} else {
			out = append(out, a)
		}
	}
	return out
}

// sameElements reports whether each element has its own among the others.
func (c *comparison) sameElements(want, got []*node) bool {
	if len(want) != len(got) {
		return false
	}
	taken := make([]bool, len(got))
next:
	for _, w := range want {
		for i, g := range got {
			if !taken[i] && c.same(w, g) {
				taken[i] = true
				continue next
			}
		}
		return false
	}
	return true
}

// sameMixed compares values with commas between to such without brackets, in
// the order of the one with brackets, and a set of one to its element.
func (c *comparison) sameMixed(want, got *node) bool {
	set, other := want, got
	if unordered(got) {
		set, other = got, want
	}
	switch {
	case set.op == listed && other.op == tuple && unordered(want):
		return c.sameElements(set.args, other.args)
	case set.op == listed && other.op == tuple:
		return c.sameInOrder(other.args, set.args)
	case len(set.args) == 1 && set.op == braced:
		return c.same(set.args[0], other)
	}
	return false
}

// sameTuple compares points, of which only pairs may be intervals with brackets
// that matter, save at infinity.
func (c *comparison) sameTuple(want, got *node) bool {
	if len(want.args) == 2 && len(got.args) == 2 {
		for i, a := range want.args {
			if want.text[i] != got.text[i] && !a.isInfinite() {
				return false
			}
		}
	}
	return c.sameInOrder(want.args, got.args)
}

func (n *node) isInfinite() bool {
	if n.op == negate {
		return n.args[0].isInfinite()
	}
	return n.op == symbol && n.text == "infty"
}

func (c *comparison) sameInOrder(want, got []*node) bool {
	if len(want) != len(got) {
		return false
	}
	for i, w := range want {
		if !c.same(w, got[i]) {
			return false
		}
	}
	return true
}

func (c *comparison) sameRows(want, got []*node) bool {
	if len(want) != len(got) {
		return false
	}
	for i, w := range want {
		if !c.sameInOrder(w.args, got[i].args) {
			return false
		}
	}
	return true
}

// sameRelation compares equations, and inequalities with one sign or two.
func (c *comparison) sameRelation(want, got *node) bool {
	if want.signs[0] == "=" && got.signs[0] == "=" && want.args[0].isName() && got.args[0].isName() {
		w, g := of(related, want.args[0], want.args[len(want.args)-1]), of(related, got.args[0], got.args[len(got.args)-1])
		return multiple(w, g, false) || sameValue(w.args[0], g.args[0]) && c.same(w.args[1], g.args[1])
	}
	if len(want.signs) == 1 && len(got.signs) == 1 {
		w, wRising := direction(want.signs[0])
		g, gRising := direction(got.signs[0])
		if w != g {
			return false
		}
		if wRising != gRising {
			got = of(related, got.args[1], got.args[0])
		}
		return multiple(want, got, w == "<" || w == "<=")
	}
	w, wOK := interval(want)
	g, gOK := interval(got)
	return wOK && gOK && sameValue(want.args[1], got.args[1]) && c.same(w, g)
}

// direction is a sign turned so that the larger side is the right one, and
// whether it was so.
func direction(sign string) (turned string, rising bool) {
	switch sign {
	case ">":
		return "<", false
	case ">=":
		return "<=", false
	}
	return sign, true
}

// multiple reports whether the difference of a relation's sides is that of the
// other's times a constant, which may have to be positive.
func multiple(want, got *node, positive bool) bool {
	w := of(add, want.args[0], of(negate, want.args[1]))
	g := of(add, got.args[0], of(negate, got.args[1]))
	if !w.hasVariable() || !g.hasVariable() {
		return false
	}
	var factor complex128
	seen := 0
	for point := range points {
		x, y := w.at(point), g.at(point)
		if !finite(x) || !finite(y) || cmplx.Abs(y) < 1e-9 {
			continue
		}
		f := x / y
		if seen++; seen == 1 {
			factor = f
		}
		if !close(f, factor) || cmplx.Abs(f) < 1e-9 || positive && real(f) <= 0 {
			return false
		}
	}
	return seen > 2
}

// interval is the interval that an inequality describes, or that a tree is.
func interval(n *node) (*node, bool) {
	switch {
	case n.op == tuple && len(n.args) == 2 || n.op == joined:
		return n, true
	case n.op == listed:
		out := of(joined)
		for _, a := range n.args {
			i, ok := interval(a)
			if !ok {
				return nil, false
			}
			out.args = append(out.args, i)
		}
		return out, true
	case n.op != related:
		return nil, false
	}
	args, signs := n.args, n.signs
	if sign, rising := direction(signs[0]); !rising || len(args) == 2 && !args[0].isName() && sign != "=" {
		args, signs = reversed(args, signs)
	}
	infinity := &node{op: symbol, text: "infty"}
	switch sign, rising := direction(signs[0]); {
	case len(args) == 2 && args[0].isName() && rising:
		return bounds("<", of(negate, infinity), args[1], sign)
	case len(args) == 2 && args[1].isName() && rising:
		return bounds(sign, args[0], infinity, "<")
	case len(args) == 2 && args[0].isName():
		return bounds(sign, args[1], infinity, "<")
	case len(args) == 3 && args[1].isName() && rising:
		return bounds(sign, args[0], args[2], signs[1])
	}
	return nil, false
}

// bounds makes an interval of the signs with which it begins and ends.
func bounds(first string, from, to *node, last string) (*node, bool) {
	brackets := map[string]string{"<": "()", "<=": "[]"}
	a, b := brackets[first], brackets[last]
	if a == "" || b == "" {
		return nil, false
	}
	return &node{op: tuple, text: a[:1] + b[1:], args: []*node{from, to}}, true
}

// reversed reads an inequality from its other side.
func reversed(args []*node, signs []string) ([]*node, []string) {
	turned := map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<="}
	var outArgs []*node
	var outSigns []string
	for i := len(args) - 1; i >= 0; i-- {
		outArgs = append(outArgs, args[i])
	}
	for i := len(signs) - 1; i >= 0; i-- {
		outSigns = append(outSigns, turned[signs[i]])
	}
	return outArgs, outSigns
}

// sameValue compares two trees that are one value each.
func sameValue(want, got *node) bool {
	if want.op == percentage && got.op != percentage {
		return sameScalar(want.args[0], got) || sameScalar(want, got)
	}
	if got.op == percentage && want.op != percentage {
		return sameScalar(want, got.args[0]) || sameScalar(want, got)
	}
	return sameScalar(want, got)
}

func sameScalar(want, got *node) bool {
	places := max(want.decimals(), got.decimals())
	w, g := want.rational(), got.rational()
	if w != nil && g != nil {
		return near(w, g, places)
	}
	if !want.hasVariable() && !got.hasVariable() {
		x, y := want.at(0), got.at(0)
		return finite(x) && finite(y) && (close(x, y) || nearRounded(x, y, places))
	}
	seen := 0
	for point := range points {
		x, y := want.at(point), got.at(point)
		if !finite(x) || !finite(y) {
			if finite(x) != finite(y) {
				return false
			}
			continue
		}
		if !close(x, y) {
			return false
		}
		seen++
	}
	return seen > 1
}

// decimals is how many digits a decimal that stands alone has after its point.
func (n *node) decimals() int {
	for n.op == negate || n.op == percentage {
		n = n.args[0]
	}
	if n.op == constant {
		return n.places
	}
	return 0
}

// nearRounded is near for values that are not rational.
func nearRounded(x, y complex128, places int) bool {
	if imag(x) != 0 || imag(y) != 0 {
		return false
	}
	return near(new(big.Rat).SetFloat64(real(x)), new(big.Rat).SetFloat64(real(y)), places)
}

// close reports whether two values are as near as rounding in float64 leaves
// them.
func close(x, y complex128) bool {
	return cmplx.Abs(x-y) <= 1e-12+1e-9*max(cmplx.Abs(x), cmplx.Abs(y))
}

func finite(x complex128) bool {
	for _, f := range []float64{real(x), imag(x)} {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return true
}
