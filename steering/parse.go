package steering

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

// Parse reads a plan:
//
//	plan     := "" | term { "," term }
//	term     := [ op ":" ] vector [ "*" strength ] [ "@" layers ] [ "[" selector "]" ] [ "?" gate ]
//	op       := "add" | "addn" | "ablate" | "clamp" | "scale" | "rotate"        default add
//	vector   := [A-Za-z0-9_.-]+
//	strength := number [ "r" ] | "ramp(" a "," b "," n ")" | "decay(" a "," halflife ")" | "curve(" t ":" v { "," t ":" v } ")"
//	layers   := item { "+" item } | "all" | "own" ;  item := n | n "-" n | "embed"           default own
//	selector := [ "not " ] atom { ( "+" | "&" ) [ "not " ] atom }                            default all
//	atom     := "all" | "content" | "prompt" | "gen" | "last" | "user" | "assistant" | "think" | "sentence"
//	          | n | n "-" n | "gen:" n [ "-" n ] | "every:" n | "match:/" regex "/"
//	gate     := [ "not " ] test { "&" [ "not " ] test }
//	test     := "entropy>" x | "entropy<" x | "margin<" x | "probe(" name ")>" x | "category(" name ")" | "disagree"
//
// The strength is 1 if it is left out. Spaces may stand between any two parts.
// Every error is an [*Error].
func Parse(text string) (Plan, error) {
	p, _, err := parse(text)
	if err != nil {
		return Plan{}, err
	}
	return p, nil
}

// part is a piece of a term, for the column of an error found later.
type part int

const (
	vectorPart part = iota
	strengthPart
	layersPart
	selectorPart
	gatePart
	parts
)

// places are the byte offsets of a term's parts; a part that is left out is
// where the vector is.
type places [parts]int

func parse(text string) (Plan, []places, *Error) {
	c := &cursor{text: text, term: 1}
	if len(text) > maxPlanText {
		return Plan{}, nil, c.fail(0, "the plan has %d bytes; %d is the limit", len(text), maxPlanText)
	}
	if at := invalidAt(text); at >= 0 {
		return Plan{}, nil, c.fail(at, "the byte %#x is not valid UTF-8", text[at])
	}
	p := Plan{source: text}
	var where []places
	for c.spaces(); !c.end(); c.term++ {
		if len(p.Terms) == maxTerms {
			return Plan{}, nil, c.fail(c.at, "a plan has at most %d terms", maxTerms)
		}
		t, at, err := c.parseTerm()
		if err != nil {
			return Plan{}, nil, err
		}
		p.Terms = append(p.Terms, t)
		where = append(where, at)
		if c.end() {
			break
		}
		if !c.take(',') {
			return Plan{}, nil, c.fail(c.at, "expected a comma or the end, but %s; a term is op:vector*strength@layers[selector]?gate, in this order", c.found())
		}
		if c.end() {
			c.term++
			return Plan{}, nil, c.fail(c.at, "expected a term after the comma, but found the end")
		}
	}
	return p, where, nil
}

// parseTerm reads one term and the spaces after it.
func (c *cursor) parseTerm() (Term, places, *Error) {
	t := Term{Strength: One()}
	var at places
	if err := c.opAndVector(&t, &at); err != nil {
		return t, at, err
	}
	var err *Error
	if c.take('*') {
		at[strengthPart] = c.at
		if t.Strength, err = c.strength(); err == nil {
			err = t.checkStrength(c, at[strengthPart])
		}
	}
	if err == nil && c.take('@') {
		at[layersPart] = c.at
		t.Layers, err = c.layers()
	}
	if err == nil && c.take('[') {
		at[selectorPart] = c.at
		t.Select, err = c.selector()
		if err == nil && !c.take(']') {
			err = c.fail(c.at, "expected \"]\", \"+\" or \"&\" in the selector, but %s", c.found())
		}
	}
	if err == nil && c.take('?') {
		at[gatePart] = c.at
		t.Gate, err = c.gate()
	}
	c.spaces()
	return t, at, err
}

// opAndVector reads [op ":"] vector, and fills at with the vector's place.
func (c *cursor) opAndVector(t *Term, at *places) *Error {
	from := c.at
	name := c.run(isName)
	if name == "" {
		return c.fail(from, "expected a vector's name, of letters, digits and _.-, but %s", c.found())
	}
	if c.take(':') {
		op, ok := parseOp(name)
		if !ok {
			return c.fail(from, "there is no operation %s; there are %s", badfile.Quote(name), list(opNames[:]))
		}
		t.Op = op
		from = c.at
		if name = c.run(isName); name == "" {
			return c.fail(from, "expected a vector's name after %q, but %s", op.String()+":", c.found())
		}
	}
	t.Vector = name
	for i := range at {
		at[i] = from
	}
	c.spaces()
	return nil
}

// checkStrength refuses a relative strength where it means nothing. at is
// where the strength stands in c.
func (t Term) checkStrength(c *cursor, at int) *Error {
	if t.Strength.Relative && !t.Op.takesRelative() {
		return c.fail(at, "a relative strength (%s) works with add, addn and clamp; for %s it is a plain number", t.Strength, t.Op)
	}
	return nil
}

func parseOp(name string) (Op, bool) {
	for op, n := range opNames {
		if n == name {
			return Op(op), true
		}
	}
	return 0, false
}

// invalidAt is the offset of the first byte that is not valid UTF-8, or -1.
func invalidAt(text string) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// fail is an error about one part of the 0-based term i, with its column in
// the text the plan was parsed from or, if the plan was changed since or never
// was text, in its canonical text.
func (p Plan) fail(i int, which part, format string, args ...any) error {
	e := &Error{Text: p.String(), Term: i + 1, Column: 1, Reason: fmt.Sprintf(format, args...)}
	for _, text := range []string{p.source, e.Text} {
		parsed, where, err := parse(text)
		if err == nil && parsed.Equal(p) {
			c := cursor{text: text}
			e.Text, e.Column = text, c.column(where[i][which])
			break
		}
	}
	return e
}

// Quote writes a plan so that a POSIX shell reads it as one word, for commands
// that people copy.
func Quote(text string) string {
	safe := func(r rune) bool {
		return r < utf8.RuneSelf && (isName(byte(r)) || strings.ContainsRune("/:@%+,=", r))
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !safe(r) }) < 0 && !strings.HasPrefix(text, "=") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
