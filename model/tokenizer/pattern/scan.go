package pattern

import (
	"errors"
	"sync"
	"unicode/utf8"
)

type op uint8

const (
	opAccept op = iota
	opSet       // min..max runes of a set, greedy, then next
	opAlt       // the first branch that matches
	opLook      // branch 0 must match here (or must not), without being consumed
	opEnd       // at the end of the text or before a newline, then next
)

// node is one step of a scanner. Every node knows all that follows it, so a
// match of node n at position p depends on n and p alone; that is what lets
// the machine remember failures from one start to the next.
type node struct {
	op         op
	id         int
	set        *set
	min, max   int
	possessive bool
	negate     bool
	next       *node
	alts       []*node
}

// scanner runs an expression without loops over groups. It takes time linear
// in the text for the known pre-tokenizers, where a backtracking engine would
// scan a run of spaces again and again.
type scanner struct {
	root  *node
	nodes int
	spare sync.Pool // of *machine
}

// maxNodes bounds the size of a scanner, since optional groups share their
// continuation but sets do not.
const maxNodes = 4096

func newScanner(expr string) (*scanner, error) {
	tree, err := parse(expr)
	if err != nil {
		return nil, err
	}
	s := &scanner{}
	s.root = s.build(tree, s.add(node{op: opAccept}))
	if s.nodes > maxNodes {
		return nil, errOutside
	}
	return s, nil
}

func (s *scanner) add(n node) *node {
	n.id = s.nodes
	s.nodes++
	return &n
}

func (s *scanner) build(e any, next *node) *node {
	switch e := e.(type) {
	case *set:
		return s.add(node{op: opSet, set: e, min: 1, max: 1, next: next})
	case rep:
		return s.add(node{op: opSet, set: e.of.(*set), min: e.min, max: e.max, possessive: e.possessive, next: next})
	case cat:
		for i := len(e) - 1; i >= 0; i-- {
			next = s.build(e[i], next)
		}
		return next
	case alt:
		n := node{op: opAlt}
		for _, branch := range e {
			n.alts = append(n.alts, s.build(branch, next))
		}
		return s.add(n)
	case look:
		body := s.build(e.of, s.add(node{op: opAccept}))
		return s.add(node{op: opLook, alts: []*node{body}, negate: e.negate, next: next})
	default:
		return s.add(node{op: opEnd, next: next})
	}
}

// machine is one run of a scanner over one text.
type machine struct {
	text   string
	memo   []memo
	steps  int
	budget int
}

// memo is what a machine remembers of a set node: the last run of its runes,
// and positions where what follows the node is known not to match.
type memo struct {
	runStart, runEnd    int // [runStart, runEnd) is all in the set and can't be extended
	failFirst, failLast int // rune starts from failFirst up to failLast
}

var errBudget = errors.New("it needs too many steps for this text")

// stepsPerByte bounds the work of a scanner; the known patterns need below
// ten on any text.
const stepsPerByte = 1024

func (s *scanner) run(text string) *machine {
	m, ok := s.spare.Get().(*machine)
	if !ok {
		m = &machine{memo: make([]memo, s.nodes)}
	}
	m.text, m.steps, m.budget = text, 0, stepsPerByte*(len(text)+1024)
	for i := range m.memo {
		m.memo[i] = memo{runStart: -1, runEnd: -1, failFirst: 1, failLast: 0}
	}
	return m
}

// find calls visit for each leftmost match in turn.
func (s *scanner) find(text string, visit func(start, end int)) (steps int, err error) {
	m := s.run(text)
	defer s.spare.Put(m)
	for pos := 0; pos < len(text); {
		end := m.match(s.root, pos)
		if m.steps > m.budget {
			return m.steps, errBudget
		}
		if end >= 0 {
			visit(pos, end)
		}
		if end > pos {
			pos = end
			continue
		}
		pos += m.width(pos)
	}
	return m.steps, nil
}

func (m *machine) width(pos int) int {
	if m.text[pos] < utf8.RuneSelf {
		return 1
	}
	_, w := utf8.DecodeRuneInString(m.text[pos:])
	return w
}

// match returns the end of the match of n at pos, or -1.
func (m *machine) match(n *node, pos int) int {
	for {
		if m.steps++; m.steps > m.budget {
			return -1
		}
		switch n.op {
		case opAccept:
			return pos
		case opEnd:
			if pos < len(m.text) && m.text[pos] != '\n' {
				return -1
			}
			n = n.next
		case opLook:
			if (m.match(n.alts[0], pos) >= 0) == n.negate {
				return -1
			}
			n = n.next
		case opAlt:
			for _, branch := range n.alts[:len(n.alts)-1] {
				if end := m.match(branch, pos); end >= 0 {
					return end
				}
			}
			n = n.alts[len(n.alts)-1]
		case opSet:
			floor, end := m.consume(n, pos)
			if floor < 0 {
				return -1
			}
			if floor != end && !n.possessive {
				return m.giveBack(n, floor, end)
			}
			n, pos = n.next, end
		}
	}
}

// consume takes as many runes of n's set as it may. It returns the position
// after the fewest it must take, and after the most; floor is -1 when there
// are too few.
func (m *machine) consume(n *node, pos int) (floor, end int) {
	floor, end = -1, pos
	memo := &m.memo[n.id]
	for count := 0; ; count++ {
		if count == n.min {
			floor = end
		}
		if n.max < 0 && floor >= 0 && memo.runStart <= end && end <= memo.runEnd {
			end = memo.runEnd
			break
		}
		if count == n.max || end >= len(m.text) {
			break
		}
		r, w := rune(m.text[end]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRuneInString(m.text[end:])
		}
		if !n.set.has(r) {
			break
		}
		end += w
		m.steps++
	}
	if n.max < 0 {
		memo.runStart, memo.runEnd = pos, end
	}
	return floor, end
}

// giveBack tries what follows n at end, then one rune earlier, down to floor,
// leaving out positions where it failed before.
func (m *machine) giveBack(n *node, floor, end int) int {
	memo := &m.memo[n.id]
	for pos := end; pos >= floor; {
		if memo.failFirst <= pos && pos <= memo.failLast {
			pos = memo.failFirst
		} else if found := m.match(n.next, pos); found >= 0 {
			return found
		} else if pos < len(m.text) && pos+m.width(pos) == memo.failFirst {
			memo.failFirst = pos
		} else {
			memo.failFirst, memo.failLast = pos, pos
		}
		if pos == 0 {
			break
		}
		_, w := utf8.DecodeLastRuneInString(m.text[:pos])
		pos -= w
	}
	return -1
}
