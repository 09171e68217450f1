package steering

import (
	"strconv"
	"strings"
)

// Selector chooses positions: those that any of its clauses chooses. In text,
// "&" binds tighter than "+", so "last+sentence&not think" is "last" or
// ("sentence" and not "think"). The zero value chooses all positions.
type Selector []Clause

// Clause chooses the positions that all of its atoms choose; at least one.
type Clause []Atom

// Atom is one condition on positions.
type Atom struct {
	Not  bool
	Kind AtomKind
	// From and To, both included, are for PositionRange and GeneratedRange;
	// From alone is the period of Every.
	From, To int
	// Pattern is the expression of Match.
	Pattern string
}

// AtomKind is what an atom looks at.
type AtomKind uint8

// The kinds of atom.
const (
	All            AtomKind = iota // every position, BOS included
	Content                        // not a special token
	Prompt                         // a token of the prompt
	Generated                      // "gen": a generated token
	Last                           // the last token of the prompt
	User                           // a token of a user's message
	Assistant                      // a token of the assistant's message
	Think                          // from the token that completes <think> to before the one that completes </think>
	Sentence                       // Last, and generated tokens that hold a sentence end
	PositionRange                  // positions From..To of the lane
	GeneratedRange                 // "gen:n-m": generated tokens From..To, 0-based
	Every                          // positions divisible by From
	Match                          // a match of Pattern, not empty, ends inside the token
)

// atomNames are the atoms that are one word.
var atomNames = [...]string{"all", "content", "prompt", "gen", "last", "user", "assistant", "think", "sentence"}

// String is the atom's canonical text.
func (a Atom) String() string {
	text := ""
	switch a.Kind {
	case PositionRange:
		text = formatSpan(a.From, a.To)
	case GeneratedRange:
		text = "gen:" + formatSpan(a.From, a.To)
	case Every:
		text = "every:" + strconv.Itoa(a.From)
	case Match:
		text = "match:/" + escapeSlashes(a.Pattern) + "/"
	default:
		text = nameOf(atomNames[:], int(a.Kind))
	}
	if a.Not {
		return "not " + text
	}
	return text
}

// String is the selector's canonical text, "all" for the zero value.
func (s Selector) String() string {
	if len(s) == 0 {
		return "all"
	}
	var b strings.Builder
	for i, clause := range s {
		if i > 0 {
			b.WriteByte('+')
		}
		for j, atom := range clause {
			if j > 0 {
				b.WriteByte('&')
			}
			b.WriteString(atom.String())
		}
	}
	return b.String()
}

// escapeSlashes puts a backslash before every slash that has none.
func escapeSlashes(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			b.WriteByte(pattern[i])
			i++
		} else if pattern[i] == '/' {
			b.WriteByte('\\')
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// selector reads atoms up to the end of the text or a "]". A lone "all" is the
// zero value.
func (c *cursor) selector() (Selector, *Error) {
	s := Selector{nil}
	for {
		atom, err := c.atom()
		if err != nil {
			return nil, err
		}
		s[len(s)-1] = append(s[len(s)-1], atom)
		if c.take('+') {
			s = append(s, nil)
		} else if !c.take('&') {
			break
		}
	}
	if len(s) == 1 && len(s[0]) == 1 && s[0][0] == (Atom{}) {
		return nil, nil
	}
	return s, nil
}

func (c *cursor) atom() (Atom, *Error) {
	not, err := c.not()
	if err != nil {
		return Atom{}, err
	}
	a, err := c.plainAtom()
	a.Not = not
	return a, err
}

func (c *cursor) plainAtom() (Atom, *Error) {
	if isDigit(c.peek()) {
		from, to, err := c.span("a position", maxPosition)
		return Atom{Kind: PositionRange, From: from, To: to}, err
	}
	at := c.at
	word := c.run(isLetter)
	if c.peek() == ':' && (word == "gen" || word == "every" || word == "match") {
		c.take(':')
		return c.argument(word)
	}
	for kind, name := range atomNames {
		if word == name {
			return Atom{Kind: AtomKind(kind)}, nil
		}
	}
	c.at = at
	return Atom{}, c.fail(at, "a selector is %s, a position, a range such as 3-5, gen:n-m, every:n or match:/regex/, but %s", list(atomNames[:]), c.found())
}

// argument reads what follows "gen:", "every:" or "match:".
func (c *cursor) argument(word string) (Atom, *Error) {
	at := c.at
	switch word {
	case "gen":
		from, to, err := c.span("a generated token", maxPosition)
		return Atom{Kind: GeneratedRange, From: from, To: to}, err
	case "every":
		n, err := c.whole("the period", maxPosition)
		if err == nil && n == 0 {
			err = c.fail(at, "every:0 selects nothing; the period is at least 1")
		}
		return Atom{Kind: Every, From: n}, err
	}
	pattern, err := c.slashed()
	if err != nil {
		return Atom{}, err
	}
	if _, failed := newMatcher(pattern); failed != nil {
		return Atom{}, c.fail(at, "%v", failed)
	}
	return Atom{Kind: Match, Pattern: pattern}, nil
}

// slashed reads /text/. A backslash keeps the next character from ending it;
// "\/" stands for "/", any other pair is left to the expression.
func (c *cursor) slashed() (string, *Error) {
	from := c.at
	if c.peek() != '/' {
		return "", c.fail(from, "match needs an expression between slashes, match:/regex/, but %s", c.found())
	}
	var b strings.Builder
	for c.at++; !c.end(); c.at++ {
		switch c.peek() {
		case '/':
			c.at++
			return b.String(), nil
		case '\\':
			if c.at+1 < len(c.text) {
				c.at++
				if c.peek() != '/' {
					b.WriteByte('\\')
				}
			}
		}
		b.WriteByte(c.peek())
	}
	return "", c.fail(from, "the expression that begins here has no closing slash")
}
