package steering

// place is what selectors know of a position.
type place struct {
	position  int
	prompt    int // the number of prompt tokens
	token     Token
	end       bool // the token holds a sentence end
	think     bool
	matches   []bool // by matcher, which found a match that ends in the token
	generated int    // generated tokens so far, this one included
}

// compiledAtom is an atom with the number of its matcher.
type compiledAtom struct {
	Atom
	matcher int
}

// holds reports whether the atom chooses the place.
func (a *compiledAtom) holds(p *place) bool { return a.plain(p) != a.Not }

func (a *compiledAtom) plain(p *place) bool {
	switch a.Kind {
	case All:
		return true
	case Content:
		return !p.token.Special
	case Prompt:
		return p.position < p.prompt
	case Generated:
		return p.position >= p.prompt
	case Last:
		return p.position == p.prompt-1
	case User:
		return p.token.Role == RoleUser
	case Assistant:
		return p.token.Role == RoleAssistant
	case Think:
		return p.think
	case Sentence:
		return p.position == p.prompt-1 || p.position >= p.prompt && p.end
	case PositionRange:
		return a.From <= p.position && p.position <= a.To
	case GeneratedRange:
		i := p.position - p.prompt
		return i >= 0 && a.From <= i && i <= a.To
	case Every:
		return p.position%a.From == 0
	case Match:
		return p.matches[a.matcher]
	}
	return false
}

// later reports whether a position from n on may be chosen, after a prompt of
// so many tokens.
func (a *compiledAtom) later(prompt, n int) bool {
	always, never := false, false
	switch a.Kind {
	case All, Generated:
		always = true
	case Prompt, Last, User:
		never = true
	case PositionRange:
		never = a.To < n
	case GeneratedRange:
		never = a.To < n-prompt
	case Every:
		always = a.From == 1
	}
	if a.Not {
		return !always
	}
	return !never
}

// compiledSelector is a selector ready to be asked; empty chooses all.
type compiledSelector [][]compiledAtom

func (s compiledSelector) holds(p *place) bool {
	return s.some(func(a *compiledAtom) bool { return a.holds(p) })
}

// later reports whether a position from n on may be chosen; atoms are looked at
// one by one, so "may" can be too much.
func (s compiledSelector) later(prompt, n int) bool {
	return s.some(func(a *compiledAtom) bool { return a.later(prompt, n) })
}

// some reports whether f is true of all atoms of a clause.
func (s compiledSelector) some(f func(*compiledAtom) bool) bool {
	if len(s) == 0 {
		return true
	}
clauses:
	for _, clause := range s {
		for i := range clause {
			if !f(&clause[i]) {
				continue clauses
			}
		}
		return true
	}
	return false
}
