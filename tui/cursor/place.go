package cursor

import (
	"math"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/wording"
)

const (
	likely = 12  // candidates asked for on either side
	most   = 256 // places whose numbers are kept
)

// A place is what numbers are asked for. Numbers of equal places are equal.
type place struct {
	answer   *desk.Answer // whose tokens are traced
	plan     string       // of the steered side; empty without one
	position int          // in the lane, whose output is the token; -1 for none
	other    int          // id of the token that another lane has there; -1 for none
}

// A subject is the token under the cursor.
type subject struct {
	place
	lane  *desk.Lane // whose tokens stand before it
	plans *desk.Lane // whose plan the steered side has; nil if there is none
	// prompt says that it is a token of the question.
	prompt bool
	index  int // in the question, or among the generated tokens
	id     int
	piece  string // untrusted
	logP   float64
	// rival is the lane that has another token there; nil if none has.
	rival *desk.Lane
	old   bool // the answer or the plan is about to be replaced
	ready bool // numbers can be had
}

// subject is what the cursor is on; without a token, why says what to do.
func (v *View) subject() (s subject, why string) {
	d := v.d
	s.lane, s.prompt = d.Focused(), d.Focused() == nil
	if s.prompt {
		s.lane = d.Active()
		if s.lane == nil || s.lane.Answer == nil {
			s.lane = d.Base()
		}
	}
	if why = v.nothing(s.lane); why != "" {
		return s, why
	}
	l := s.lane
	s.answer, s.other = l.Answer, -1
	s.plans = v.planned(l)
	s.old = l.Stale
	s.ready = !l.Stale && !l.Busy()
	if s.plans != nil {
		s.plan = s.plans.Answer.PlanText
		s.old = s.old || s.plans.Stale
		s.ready = s.ready && !s.plans.Stale
	}
	if s.prompt {
		return v.asks(s)
	}
	if len(l.Answer.Tokens) == 0 {
		return s, map[bool]string{true: "…", false: "The answer is empty."}[l.Busy()]
	}
	s.index = max(0, min(l.At, len(l.Answer.Tokens)-1))
	t := l.Answer.Tokens[s.index]
	s.id, s.piece, s.logP = t.ID, t.Piece, t.LogProb
	s.position = len(l.Answer.Prompt) + s.index - 1
	v.compete(&s)
	return s, ""
}

// nothing says why a lane has no tokens to look at; empty if it has.
func (v *View) nothing(l *desk.Lane) string {
	d := v.d
	switch {
	case d.Model.Ref == "" && d.Opening():
		return "…"
	case d.Model.Ref == "":
		return "No model is open: " + d.Keys.Key(keys.Cursor, keys.Open) + " opens one."
	case l != nil && l.Answer == nil && l.Plan.Err != nil:
		return "The plan can't be read: " + d.Keys.Key(keys.Cursor, keys.GoPlan) + " shows where."
	case l != nil && l.Answer == nil && l.Kind == desk.Steered && l.Plan.Text == "":
		return "The plan is empty: " + d.Keys.Key(keys.Cursor, keys.GoVectors) + " shows vectors to add."
	case l == nil, l.Answer == nil && !d.Generating():
		return "There is no answer yet: " + d.Keys.Key(keys.Cursor, keys.Generate) + " generates."
	case l.Answer == nil:
		return "…"
	case l.Answer.Err != "":
		return wording.Sentence(l.Answer.Err)
	}
	return ""
}

// asks completes a subject in the question.
func (v *View) asks(s subject) (subject, string) {
	tokens := v.d.Tokens
	if len(tokens) == 0 {
		return s, "The question has no tokens."
	}
	s.index = max(0, min(v.d.At, len(tokens)-1))
	t := tokens[s.index]
	s.id, s.piece, s.logP = t.ID, t.Piece, math.NaN()
	s.position = s.index - 1
	asked := s.answer.Prompt
	if s.index >= len(asked) || asked[s.index].ID != t.ID {
		s.position, s.ready = -1, false // another question was answered
		return s, ""
	}
	if s.index == 0 {
		return s, "Nothing stands before the first token, so nothing predicts it."
	}
	return s, ""
}

// planned is the lane whose plan stands beside base on a lane's tokens: its own
// plan, or on the base model's tokens the one that the dials turn.
func (v *View) planned(l *desk.Lane) *desk.Lane {
	if l.Kind == desk.Base {
		l = v.d.Active()
	}
	if l == nil || l.Kind != desk.Steered || l.Answer == nil || l.Answer.Err != "" || l.Answer.PlanText == "" {
		return nil
	}
	return l
}

// compete finds the token that another lane has in the subject's place after the
// same tokens: base, or the lane of the plan on base's own tokens.
func (v *View) compete(s *subject) {
	rival, parting := v.d.Base(), s.lane
	if s.lane == rival {
		rival, parting = s.plans, s.plans
	}
	if rival == nil || rival == s.lane || rival.Answer == nil || rival.Model != s.lane.Model || rival.Header != s.lane.Header {
		return
	}
	index, ok := v.d.Parts(parting)
	if !ok || index != s.index || index >= len(rival.Answer.Tokens) || index >= len(s.answer.Tokens) {
		return
	}
	s.rival, s.other = rival, rival.Answer.Tokens[index].ID
}

// ask asks for the numbers of the token under the cursor, unless they are known,
// asked for, or can't be had. One question is under way at a time; when it is
// answered the next one is asked, wherever the cursor is by then.
func (v *View) ask() tea.Cmd {
	if !v.shown || v.d.Running(v.gen) {
		return nil
	}
	s, why := v.subject()
	if why != "" || !s.ready || s.position < 0 || s.place == v.failed.place {
		return nil
	}
	if _, known := v.points[s.place]; known {
		return nil
	}
	a, ok := v.d.Answered(s.lane)
	if !ok {
		return nil
	}
	a.Plan = s.plan
	var others []int
	if s.other >= 0 {
		others = append(others, s.other)
	}
	v.gen, v.asked = v.d.Begin("looking into a token"), s.place
	return v.d.Engine.Trace(v.gen, a, s.position, likely, others...)
}

// keep takes in what was asked for last.
func (v *View) keep(p engine.Point) {
	if len(v.points) >= most {
		clear(v.points)
	}
	v.points[v.asked] = p
}
