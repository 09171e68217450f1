package formula

import "math/big"

// op is what a node does with its arguments.
type op uint8

const (
	constant op = iota // a number
	symbol             // a variable, a named constant, or words
	add
	negate
	multiply
	divide
	power
	root // args: radicand, degree
	call // text: the function; args: argument, base of a logarithm
	factorial
	binomial
	percentage // of its argument
	plusMinus  // text: pm or mp; args: both sides
	tuple      // text: its brackets, such as "(]"
	braced     // a set
	listed     // values with commas between
	joined     // text: a union's sign
	matrix     // args: rows, which are tuples
	related    // signs: between the arguments
)

// node is a formula's tree.
type node struct {
	op    op
	text  string
	value *big.Rat // of a constant
	// places is how many digits a constant has after its point.
	places int
	args   []*node
	signs  []string
}

func of(o op, args ...*node) *node { return &node{op: o, args: args} }

// hasVariable reports whether the tree has a symbol without a value.
func (n *node) hasVariable() bool {
	if n.op == symbol {
		return n.text != "pi" && n.text != "e" && n.text != "i"
	}
	for _, a := range n.args {
		if a.hasVariable() {
			return true
		}
	}
	return false
}

// resolved is the tree with the upper or the lower ones of its plus-minus
// signs.
func (n *node) resolved(upper bool) *node {
	if len(n.args) == 0 {
		return n
	}
	out := *n
	out.args = make([]*node, len(n.args))
	for i, a := range n.args {
		out.args[i] = a.resolved(upper)
	}
	if n.op == plusMinus {
		out.op = add
		if upper != (n.text == "pm") {
			out.args[1] = of(negate, out.args[1])
		}
	}
	return &out
}

func (n *node) hasPlusMinus() bool {
	if n.op == plusMinus {
		return true
	}
	for _, a := range n.args {
		if a.hasPlusMinus() {
			return true
		}
	}
	return false
}
