package problem

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Parse reads a question of any split, such as one that a person typed, and
// solves it. Its words may have any spaces between them; those of the problem's
// question have one.
func Parse(question string) (Problem, error) {
	if len(question) > maxQuestion {
		return Problem{}, fmt.Errorf("the question has %d bytes; at most %d are read", len(question), maxQuestion)
	}
	words := strings.Fields(question)
	for _, f := range families {
		if told, ok := cutSuffix(words, strings.Fields(f.asked+" ?")); ok {
			p, err := f.parse(told)
			if err != nil {
				return Problem{}, fmt.Errorf("the question is like those of the family %s, but %w", f.Name, err)
			}
			return p, nil
		}
	}
	var ends []string
	for _, f := range families {
		ends = append(ends, f.asked+" ?")
	}
	return Problem{}, fmt.Errorf("the question has to end in one of these ways: %s", strings.Join(ends, " / "))
}

// maxQuestion bounds the bytes of a question; none is half as long.
const maxQuestion = 1000

// parse reads what a question of the family says before it asks.
func (f Family) parse(words []string) (Problem, error) {
	p := Problem{Family: f.Name}
	if f.start != "" {
		rest, ok := cutPrefix(words, strings.Fields(f.start))
		if !ok || len(rest) < 2 || !slices.Contains(f.states, rest[0]) || rest[1] != "." {
			return p, fmt.Errorf("it doesn't begin with %q, one of %s and a full stop", f.start, strings.Join(f.states, " "))
		}
		p.Start, words = rest[0], rest[2:]
	}
	for len(words) > 0 && words[0] != "turns" {
		fact, err := f.parseFact(p.Facts, words)
		if err != nil {
			return p, err
		}
		p.Facts = append(p.Facts, fact)
		words = words[3:]
	}
	p.Size = len(p.Facts)
	if p.Size == 0 || p.Size > MaxSize {
		return p, fmt.Errorf("it tells %d facts, not 1 to %d", p.Size, MaxSize)
	}
	var err error
	if p.Order, err = f.parseOrder(p.Facts, words); err != nil {
		return p, err
	}
	start, args := p.operands()
	p.Answer = f.solve(start, args)
	p.Question = f.question(p)
	p.identify(splitOf(start, args))
	return p, nil
}

// parseFact reads the next fact of a question.
func (f Family) parseFact(before []Fact, words []string) (Fact, error) {
	if len(words) < 3 || words[2] != "." {
		return Fact{}, fmt.Errorf("fact %d is not a name, what they do and a full stop", len(before)+1)
	}
	fact := Fact{words[0], words[1]}
	switch {
	case !slices.Contains(names, fact.Name):
		return fact, fmt.Errorf("%q is none of the people it can be about: %s", fact.Name, strings.Join(names, " "))
	case slices.ContainsFunc(before, func(b Fact) bool { return b.Name == fact.Name }):
		return fact, fmt.Errorf("%s is in two facts", fact.Name)
	case !slices.Contains(f.args, fact.Arg):
		return fact, fmt.Errorf("%q is nothing that %s can do in it", fact.Arg, fact.Name)
	}
	return fact, nil
}

// parseOrder reads what a question says after the facts.
func (f Family) parseOrder(facts []Fact, words []string) ([]int, error) {
	order := make([]int, len(facts))
	if !f.ordered {
		if len(words) > 0 {
			return nil, errors.New("its facts are applied as they come, not in turns")
		}
		for i := range order {
			order[i] = i
		}
		return order, nil
	}
	who, begins := cutPrefix(words, []string{"turns", ":"})
	who, ends := cutSuffix(who, []string{"."})
	if !begins || !ends || len(who) != len(facts) {
		return nil, fmt.Errorf("it doesn't say %q with all %d names and a full stop after the facts", "turns :", len(facts))
	}
	for i, name := range who {
		order[i] = slices.IndexFunc(facts, func(f Fact) bool { return f.Name == name })
		if order[i] < 0 || slices.Contains(order[:i], order[i]) {
			return nil, fmt.Errorf("%q has no turn, or has had it before", name)
		}
	}
	return order, nil
}

// operands are the start and the arguments in the order of their application.
func (p Problem) operands() (start string, args []string) {
	for _, i := range p.Order {
		args = append(args, p.Facts[i].Arg)
	}
	return p.Start, args
}

func cutPrefix(words, prefix []string) ([]string, bool) {
	if len(words) < len(prefix) || !slices.Equal(words[:len(prefix)], prefix) {
		return words, false
	}
	return words[len(prefix):], true
}

func cutSuffix(words, suffix []string) ([]string, bool) {
	n := len(words) - len(suffix)
	if n < 0 || !slices.Equal(words[n:], suffix) {
		return words, false
	}
	return words[:n], true
}
