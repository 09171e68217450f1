package steering

import "strings"

// Gate is a condition at a position: all of its tests hold. The zero value
// always holds. Where a test's input is unknown, as at position 0, it fails
// whether negated or not.
type Gate []Test

// Test is one condition of a gate.
type Test struct {
	Not  bool
	Kind TestKind
	// Bound is the threshold, for the kinds that have one.
	Bound float64
	// Name is the probe's or category's.
	Name string
}

// TestKind is what a test looks at.
type TestKind uint8

// The tests. Entropy (in nats) and margin (best probability minus second best)
// are those of the distribution that the position's token was drawn from.
const (
	EntropyAbove TestKind = iota // entropy>x
	EntropyBelow                 // entropy<x
	MarginBelow                  // margin<x
	ProbeAbove                   // probe(name)>x
	Category                     // category(name)
	Disagree                     // disagree
)

// readsDistribution reports whether the test looks at a distribution.
func (k TestKind) readsDistribution() bool {
	return k == EntropyAbove || k == EntropyBelow || k == MarginBelow
}

// String is the test's canonical text.
func (t Test) String() string {
	text := "disagree"
	switch t.Kind {
	case EntropyAbove:
		text = "entropy>" + formatNumber(t.Bound)
	case EntropyBelow:
		text = "entropy<" + formatNumber(t.Bound)
	case MarginBelow:
		text = "margin<" + formatNumber(t.Bound)
	case ProbeAbove:
		text = "probe(" + t.Name + ")>" + formatNumber(t.Bound)
	case Category:
		text = "category(" + t.Name + ")"
	}
	if t.Not {
		return "not " + text
	}
	return text
}

// String is the gate's canonical text, empty for a gate that always holds.
func (g Gate) String() string {
	tests := make([]string, len(g))
	for i, t := range g {
		tests[i] = t.String()
	}
	return strings.Join(tests, "&")
}

// holds evaluates the gate on what is known of a position. Compile has refused
// the tests that need more than that.
func (g Gate) holds(d Drawn) bool {
	for _, t := range g {
		if !d.Known || t.passes(d) == t.Not {
			return false
		}
	}
	return true
}

func (t Test) passes(d Drawn) bool {
	switch t.Kind {
	case EntropyAbove:
		return d.Entropy > t.Bound
	case EntropyBelow:
		return d.Entropy < t.Bound
	case MarginBelow:
		return d.Margin < t.Bound
	}
	return false
}

// gate reads the part after "?".
func (c *cursor) gate() (Gate, *Error) {
	var g Gate
	for {
		not, err := c.not()
		if err != nil {
			return nil, err
		}
		t, err := c.test()
		if err != nil {
			return nil, err
		}
		t.Not = not
		g = append(g, t)
		if !c.take('&') {
			return g, nil
		}
	}
}

// not reads an optional "not " before an atom or test.
func (c *cursor) not() (bool, *Error) {
	at := c.at
	if !strings.HasPrefix(c.rest(), "not") || len(c.rest()) > 3 && isLetter(c.rest()[3]) {
		return false, nil
	}
	c.at += len("not")
	c.spaces()
	if c.at == at+len("not") {
		return false, c.fail(c.at, "\"not\" needs a space and something to negate after it, but %s", c.found())
	}
	return true, nil
}

func (c *cursor) test() (Test, *Error) {
	at := c.at
	word := c.run(isLetter)
	c.spaces()
	switch op := c.peek(); {
	case word == "entropy" && op == '>':
		return c.bound(Test{Kind: EntropyAbove})
	case word == "entropy" && op == '<':
		return c.bound(Test{Kind: EntropyBelow})
	case word == "margin" && op == '<':
		return c.bound(Test{Kind: MarginBelow})
	case word == "disagree":
		return Test{Kind: Disagree}, nil
	case word == "probe" && op == '(', word == "category" && op == '(':
		return c.named(word)
	}
	return Test{}, c.fail(at, "a gate tests entropy>x, entropy<x, margin<x, probe(name)>x, category(name) or disagree")
}

// bound reads the comparison sign, which is next, and the threshold.
func (c *cursor) bound(t Test) (Test, *Error) {
	c.at++
	c.spaces()
	var err *Error
	t.Bound, err = c.number("the threshold")
	return t, err
}

// named reads "(name)" of a category, or "(name)>x" of a probe.
func (c *cursor) named(word string) (Test, *Error) {
	c.take('(')
	name := c.run(isName)
	if name == "" {
		return Test{}, c.fail(c.at, "%s(name) needs a name of letters, digits and _.-, but %s", word, c.found())
	}
	if !c.take(')') {
		return Test{}, c.fail(c.at, "expected \")\" after the name, but %s", c.found())
	}
	if word == "category" {
		return Test{Kind: Category, Name: name}, nil
	}
	if c.peek() != '>' {
		return Test{}, c.fail(c.at, "a probe is compared as probe(%s)>x, but %s", name, c.found())
	}
	return c.bound(Test{Kind: ProbeAbove, Name: name})
}
