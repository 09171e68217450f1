package steering

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

const (
	maxPattern  = 500    // bytes
	maxProgram  = 10_000 // instructions
	maxPrograms = 50_000 // instructions of a plan's expressions together
)

// matcher tells, token by token, whether a match of an expression ends inside
// the token. It simulates the expression's automaton with one thread per state
// (Thompson 1968; Cox, "Regular Expression Matching Can Be Simple And Fast"),
// begun anew before every character, so the whole text costs no more than its
// length times the size of the expression, however often it is asked.
//
// Any match counts, also inside or across others, if it isn't empty. The
// expression sees the text up to the end of the token: there, $ and \z hold.
type matcher struct {
	prog *syntax.Prog // shared
	// live are the instructions reached by consuming last, each once; at the
	// beginning none.
	live []uint32
	last rune // character before the place, -1 at the beginning
}

// newMatcher compiles a Go (RE2) expression.
func newMatcher(pattern string) (*matcher, error) {
	if pattern == "" {
		return nil, errors.New("the expression is empty")
	}
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the expression has %d bytes; %d is the limit", len(pattern), maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, describe(err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, describe(err)
	}
	if len(prog.Inst) > maxProgram {
		return nil, fmt.Errorf("the expression is too large (%d steps; %d is the limit): repeat fewer times", len(prog.Inst), maxProgram)
	}
	return &matcher{prog: prog, last: -1}, nil
}

// describe words an error of package syntax as the rest of a sentence.
func describe(err error) error {
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return fmt.Errorf("the expression is not valid: %s at %s", bad.Code, badfile.Quote(bad.Expr))
	}
	return fmt.Errorf("the expression is not valid: %w", err)
}

// clone is an independent matcher at the same place.
func (m *matcher) clone() *matcher {
	return &matcher{prog: m.prog, live: slices.Clone(m.live), last: m.last}
}

// restart goes back to the beginning of the text.
func (m *matcher) restart() { m.live, m.last = m.live[:0], -1 }

// push adds a token's text, made of whole characters, and reports whether a
// match ends inside it. set is scratch for as many instructions as the program
// has.
func (m *matcher) push(text string, set *states) bool {
	found := false
	for first := true; text != ""; first = false {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		// A match that ends before the token's first character is the
		// previous token's.
		if m.reach(r, set) && !first {
			found = true
		}
		m.consume(r, set)
		if text == "" && m.reach(-1, set) {
			found = true
		}
	}
	return found
}

// reach follows the instructions that consume nothing at this place, where
// next comes next (-1: the text ends), and leaves in set those that consume a
// character, with a new match begun here. It reports whether a match that
// began earlier ends here.
func (m *matcher) reach(next rune, set *states) bool {
	set.reset(len(m.prog.Inst))
	holds := syntax.EmptyOpContext(m.last, next)
	ended := false
	for _, pc := range m.live {
		if m.follow(pc, holds, set) {
			ended = true
		}
	}
	m.follow(uint32(m.prog.Start), holds, set)
	return ended
}

// follow adds pc and all that it leads to, and reports whether that includes
// the match.
func (m *matcher) follow(pc uint32, holds syntax.EmptyOp, set *states) bool {
	ended := false
	set.stack = append(set.stack[:0], pc)
	for len(set.stack) > 0 {
		pc := set.stack[len(set.stack)-1]
		set.stack = set.stack[:len(set.stack)-1]
		if !set.add(pc) {
			continue
		}
		inst := &m.prog.Inst[pc]
		switch inst.Op {
		case syntax.InstMatch:
			ended = true
		case syntax.InstAlt, syntax.InstAltMatch:
			set.stack = append(set.stack, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			set.stack = append(set.stack, inst.Out)
		case syntax.InstEmptyWidth:
			if op := syntax.EmptyOp(inst.Arg); op&^holds == 0 {
				set.stack = append(set.stack, inst.Out)
			}
		}
	}
	return ended
}

// consume moves the threads in set over r.
func (m *matcher) consume(r rune, set *states) {
	m.live = m.live[:0]
	for _, pc := range set.list {
		inst := &m.prog.Inst[pc]
		switch inst.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if inst.MatchRune(r) {
				m.live = append(m.live, inst.Out)
			}
		}
	}
	m.last = r
}

// states is a set of instructions, cleared in constant time (Briggs, Torczon
// 1993: An Efficient Representation for Sparse Sets).
type states struct {
	list  []uint32
	place []uint32
	stack []uint32
}

func (s *states) reset(n int) {
	s.list = s.list[:0]
	if len(s.place) < n {
		s.place = make([]uint32, n)
	}
}

// add reports whether pc is new.
func (s *states) add(pc uint32) bool {
	if i := s.place[pc]; int(i) < len(s.list) && s.list[i] == pc {
		return false
	}
	s.place[pc] = uint32(len(s.list))
	s.list = append(s.list, pc)
	return true
}
