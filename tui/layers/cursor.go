package layers

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/keys"
)

// A cursor is where the cursor is on the map.
type cursor struct {
	at    int   // position in the lane
	layer int   // -1 is the embedding
	moved bool  // the person chose the layer
	keep  bool  // the lane is being answered anew
	seen  place // where Compare's cursor was when at was set
}

// A place is where Compare has its cursor in the lane that is shown.
type place struct {
	lane   int // id; 0 is none
	at     int // generated token
	prompt int // tokens of the lane's prompt
}

func (v *View) placeIn(l *desk.Lane) place {
	p := place{lane: l.ID, at: l.At, prompt: len(v.d.Tokens)}
	if l.Answer != nil {
		p.prompt = len(l.Answer.Prompt)
	}
	return p
}

// header is how many tokens stand before the question in a lane's prompt.
func (v *View) header(l *desk.Lane) int {
	if l.Kind != desk.Header || l.Answer == nil {
		return 0
	}
	return max(0, len(l.Answer.Prompt)-len(v.d.Tokens))
}

// arrive takes over Compare's cursor. The lane is in focus from here on, so that
// the dials turn what the map shows, even if the cursor is on the prompt.
func (v *View) arrive() {
	v.seen = place{}
	v.sync()
	l, insteadOf := v.shown()
	if l == nil || v.d.Focus != desk.QuestionPane {
		return
	}
	v.at = max(0, min(v.header(l)+v.d.At, v.seen.prompt-1))
	if insteadOf != nil {
		l = insteadOf
	}
	v.focus(v.pane(l))
}

// focus moves the focus.
func (v *View) focus(p desk.Pane) {
	if p != v.d.Focus {
		v.d.Focus, v.d.Anchor = p, -1
	}
}

// sync follows Compare's cursor if it was moved by others.
func (v *View) sync() {
	l, _ := v.shown()
	if l == nil || v.seen == v.placeIn(l) {
		return
	}
	v.seen = v.placeIn(l)
	v.at = max(0, min(v.seen.prompt+l.At, v.positions(l)-1))
}

// positions is how many there are to move over.
func (v *View) positions(l *desk.Lane) int {
	n := 0
	if l != nil && l.Answer != nil {
		n = len(l.Answer.Prompt) + len(l.Answer.Tokens)
	}
	if v.held != nil && !v.current(l) {
		n = max(n, v.held.positions())
	}
	return n
}

// topLayer is the highest one to move to.
func (v *View) topLayer() int {
	if v.held != nil {
		return len(v.held.values) - 2
	}
	return v.d.Model.Layers - 1
}

// write makes Compare's cursor be where this one is.
func (v *View) write(l *desk.Lane) {
	if i := v.at - v.seen.prompt; i >= 0 {
		l.At, l.Follow = max(0, min(i, len(l.Answer.Tokens)-1)), false
	} else {
		v.d.At = max(0, min(v.at-v.header(l), len(v.d.Tokens)-1))
	}
	v.seen = v.placeIn(l)
}

// to moves to a position.
func (v *View) to(position int) {
	l, _ := v.shown()
	if l == nil || l.Answer == nil {
		return
	}
	v.at = max(0, min(position, v.positions(l)-1))
	v.write(l)
}

// pane is that of a lane.
func (v *View) pane(l *desk.Lane) desk.Pane {
	for i, other := range v.d.Lanes {
		if other == l {
			return desk.Pane(i)
		}
	}
	return v.d.Focus
}

// climb moves up by so many layers.
func (v *View) climb(by int) {
	v.layer = max(steering.Embed, min(v.layer+by, v.topLayer()))
	v.moved = true
}

// move does what moving keys mean; it reports whether a is one.
func (v *View) move(a keys.Action) bool {
	l, _ := v.shown()
	switch a {
	case keys.Left:
		v.to(v.at - 1)
	case keys.Right:
		v.to(v.at + 1)
	case keys.WordLeft:
		v.word(l, -1)
	case keys.WordRight:
		v.word(l, 1)
	case keys.Top:
		v.to(0)
	case keys.Bottom:
		v.to(v.positions(l) - 1)
	case keys.PageUp:
		v.to(v.at - v.drew.count)
	case keys.PageDown:
		v.to(v.at + v.drew.count)
	case keys.Up:
		v.climb(1)
	case keys.Down:
		v.climb(-1)
	case keys.HalfUp:
		v.climb(max(1, v.drew.rows/2))
	case keys.HalfDown:
		v.climb(-max(1, v.drew.rows/2))
	case keys.Divergence:
		v.divergence(l)
	default:
		return false
	}
	return true
}

// word moves to the next position that begins a word.
func (v *View) word(l *desk.Lane, by int) {
	if l == nil || l.Answer == nil {
		return
	}
	n := len(l.Answer.Prompt) + len(l.Answer.Tokens)
	at := v.at + by
	for at > 0 && at < n-1 && !strings.HasPrefix(text(l.Answer, at), " ") && !strings.HasPrefix(text(l.Answer, at), "\n") {
		at += by
	}
	v.to(at)
}

// divergence moves to where the lane, or in base the one of the dials, parts
// from base.
func (v *View) divergence(l *desk.Lane) {
	parting := l
	if l == nil || l.Kind == desk.Base {
		parting = v.d.Active()
	}
	if parting == nil || parting.Answer == nil || l.Answer == nil {
		v.d.Say(desk.Warning, "There is nothing to compare base with.")
		return
	}
	index, ok := v.d.Parts(parting)
	if !ok {
		v.d.Say(desk.Note, "Base and %s have the same tokens so far.", v.d.Name(parting))
		return
	}
	v.to(len(l.Answer.Prompt) + index)
}

// nextLane shows the lane so many places on, at the same position.
func (v *View) nextLane(by int) {
	n := len(v.d.Lanes)
	if n == 0 {
		return
	}
	l, insteadOf := v.shown()
	if insteadOf != nil {
		l = insteadOf
	}
	at := v.at
	v.focus(desk.Pane(((int(v.pane(l))+by)%n + n) % n))
	v.anchor = -1
	if l, _ = v.shown(); l.Answer != nil {
		v.seen = v.placeIn(l)
		v.at = max(0, min(at, v.positions(l)-1))
		v.write(l)
	}
}

// inPlan is a position as plans count it: generated tokens go on from the
// question's tokens.
func (v *View) inPlan(l *desk.Lane, position int) int {
	if prompt := len(l.Answer.Prompt); position >= prompt {
		return len(v.d.Tokens) + position - prompt
	}
	return max(0, position-v.header(l))
}

// selectPosition puts the position under the cursor, or the range that ends
// there, into the term in hand, or takes it out.
func (v *View) selectPosition() tea.Cmd {
	l, _ := v.shown()
	if l == nil || l.Answer == nil {
		return nil
	}
	from := v.at
	if v.anchor >= 0 {
		from = v.anchor
		v.anchor = -1
	}
	return v.d.SelectRange(v.inPlan(l, from), v.inPlan(l, v.at))
}

// beginRange begins a range at the cursor, or gives it up.
func (v *View) beginRange() {
	if v.anchor >= 0 {
		v.anchor = -1
		return
	}
	v.anchor = v.at
	v.d.Say(desk.Note, "Move to the other end of the range, then press %s.", v.d.Keys.Key(keys.Layers, keys.SelectPosition))
}

// Click moves to the cell at column x and line y of the view. On the name of a
// layer it puts the layer into the term in hand or takes it out.
func (v *View) Click(x, y int) tea.Cmd {
	v.sync()
	row, ok := v.drew.rowAt(y)
	if !ok {
		return nil
	}
	v.layer, v.moved = row+steering.Embed, true
	if x < v.drew.left {
		return tea.Batch(v.d.ToggleLayer(v.layer), v.refresh())
	}
	if position, ok := v.drew.positionAt(x); ok {
		v.to(position)
	}
	return v.refresh()
}

// Wheel moves over the layers if not all are in sight, and else over positions.
func (v *View) Wheel(_, _, lines int) tea.Cmd {
	v.sync()
	if v.drew.rows < v.topLayer()+2 {
		v.climb(-lines)
	} else {
		v.to(v.at + lines)
	}
	return v.refresh()
}
