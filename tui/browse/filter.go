package browse

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/eval"
)

// A filter shows some of the problems of the set, or of the guard set.
type filter struct {
	name  string // beside the lane in hand where it is about that
	lane  bool
	guard bool
	shows func(s *Screen, problem int) bool
}

var filters = []filter{
	{name: "all problems", shows: func(*Screen, int) bool { return true }},
	{name: "flips", lane: true, shows: (*Screen).flips},
	{name: "put right", lane: true, shows: func(s *Screen, p int) bool { return s.against(p) > 0 }},
	{name: "moved the wrong way", lane: true, shows: func(s *Screen, p int) bool { return s.against(p) < 0 }},
	{name: "lanes disagree", shows: (*Screen).disagree},
	{name: "cut off", lane: true, shows: func(s *Screen, p int) bool { return s.answer(p).cut }},
	{name: "no answer found", lane: true, shows: func(s *Screen, p int) bool { a := s.answer(p); return a.length > 0 && !a.found }},
	{name: "failed or not there", shows: (*Screen).lacking},
	{name: "the guard set", guard: true, shows: func(*Screen, int) bool { return true }},
}

// answer is that of the lane in hand.
func (s *Screen) answer(problem int) *answer { return s.run.answer(problem, s.lane, s.draw) }

// against is above 0 where the lane in hand scores more than base, and below
// where less; 0 too where one of them has no answer.
func (s *Screen) against(problem int) int {
	base := s.run.first(eval.Base)
	if base < 0 {
		return 0
	}
	a, b := s.answer(problem), s.run.answer(problem, base, s.draw)
	switch {
	case a.length == 0 || b.length == 0 || a.score == b.score:
		return 0
	case a.score > b.score:
		return 1
	}
	return -1
}

func (s *Screen) flips(problem int) bool { return s.against(problem) != 0 }

// disagree reports whether lanes that are no controls score differently.
func (s *Screen) disagree(problem int) bool {
	var one *answer
	for i, l := range s.run.Spec.Lanes {
		a := s.run.answer(problem, i, s.draw)
		if l.Kind == eval.Control || a.length == 0 {
			continue
		}
		if one != nil && a.score != one.score {
			return true
		}
		one = a
	}
	return false
}

// lacking reports whether some lane failed, or has not answered yet.
func (s *Screen) lacking(problem int) bool {
	for i := range s.run.Spec.Lanes {
		if a := s.run.answer(problem, i, s.draw); a.length == 0 || a.failed {
			return true
		}
	}
	return false
}

// choose lists the problems that the filter and the search show. The cursor
// stays on its problem, or near it.
func (s *Screen) choose() {
	was := -1
	if s.at < len(s.shown) {
		was = s.shown[s.at]
	}
	f := filters[s.filter]
	s.shown, s.at = s.shown[:0], 0
	for i := range s.run.problems {
		if s.run.problems[i].guard != f.guard || s.search.in != nil && !s.search.in[i] || !f.shows(s, i) {
			continue
		}
		if i <= was {
			s.at = len(s.shown)
		}
		s.shown = append(s.shown, i)
	}
}

// turn goes on to another filter; that of the guard set only if there is one.
func (s *Screen) turn(by int) {
	n := len(filters)
	if s.run.Spec.Guard == nil {
		n--
	}
	s.filter = (s.filter + by + n) % n
	s.choose()
}

// filterName says what is shown.
func (s *Screen) filterName() string {
	f := filters[s.filter]
	text := f.name
	if f.lane {
		text += " of " + s.laneName(s.lane)
	}
	return text
}

// laneName is how a lane is called where there is little room.
func (s *Screen) laneName(lane int) string {
	l := s.run.Spec.Lanes[lane]
	if l.Kind == eval.Planned {
		return s.run.tags[lane] + " " + l.Name
	}
	return l.Name
}

// look begins to search for a text; none shows all.
func (s *Screen) look(text string) tea.Cmd {
	s.gen++
	s.search = search{text: text, gen: s.gen, running: text != ""}
	if text == "" {
		s.choose()
		return nil
	}
	run, gen := s.run, s.gen
	return func() tea.Msg {
		in, n, err := run.Search(text)
		return found{gen, in, n, text, err}
	}
}

// found takes in which problems have the text.
func (s *Screen) found(msg found) {
	if msg.gen != s.search.gen || !s.search.running {
		return
	}
	s.search.running = false
	if msg.err != nil {
		s.search = search{}
		s.Say(msg.err.Error(), true)
		return
	}
	s.search.in = msg.in
	s.choose()
	if len(s.shown) == 0 {
		s.Say(fmt.Sprintf("No problem shown has %q.", msg.text), false)
	}
}

// move moves the cursor by so many problems.
func (s *Screen) move(by int) { s.at = max(0, min(s.at+by, len(s.shown)-1)) }

// flip goes to the next problem that base and the lane in hand judge
// differently.
func (s *Screen) flip(by int) tea.Cmd {
	for i := s.at + by; i >= 0 && i < len(s.shown); i += by {
		if s.flips(s.shown[i]) {
			s.at = i
			return s.again()
		}
	}
	where := map[int]string{1: "below", -1: "above"}[by]
	s.Say(fmt.Sprintf("No problem %s that base and %s judge differently.", where, s.laneName(s.lane)), false)
	return nil
}

// step goes to the next problem.
func (s *Screen) step(by int) tea.Cmd {
	s.move(by)
	return s.again()
}

// again opens the problem under the cursor if one is open.
func (s *Screen) again() tea.Cmd {
	if s.open == nil {
		return nil
	}
	return s.enter()
}
