package layers

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/trace"
	"tiller/tui/desk"
	"tiller/tui/engine"
)

// wanted is what a map is of.
type wanted struct {
	answer   *desk.Answer
	quantity trace.Quantity
	vector   string // for a projection
}

// compares reports whether a quantity says how a plan differs from none, and so
// is zero for a lane without one.
func compares(q trace.Quantity) bool { return q == trace.Change || q == trace.LensKL }

// shown is the lane that the map is of: the one in focus, or while the question
// is in focus the one shown last; nil if there is no lane. A lane whose map would
// tell nothing gives way, and is then insteadOf.
func (v *View) shown() (l, insteadOf *desk.Lane) {
	l = v.d.Focused()
	if l == nil && slices.Contains(v.d.Lanes, v.lane) {
		l = v.lane
	}
	if l == nil {
		l = v.d.Active()
	}
	if l == nil && len(v.d.Lanes) > 0 {
		l = v.d.Lanes[0]
	}
	if l == nil {
		return nil, nil
	}
	if better := v.better(l); better != nil {
		return better, l
	}
	return l, nil
}

// better is the lane to show in place of one without a plan, nil for none: the
// one of the dials if it is compared with base, which it is as, and base itself
// for a lane that was not answered because its plan is empty.
func (v *View) better(l *desk.Lane) *desk.Lane {
	if planOf(l) != "" {
		return nil
	}
	active := v.d.Active()
	switch {
	case compares(v.quantity) && active != nil && planOf(active) != "":
		return active
	case l.Kind == desk.Steered && l.Answer == nil:
		return v.d.Base()
	}
	return nil
}

// planOf is the plan that a lane was answered under, or will be.
func planOf(l *desk.Lane) string {
	if l.Pinned && l.Answer != nil {
		return l.Answer.PlanText
	}
	return l.Plan.Text
}

// want is the map there should be; ok is false while there can be none.
func (v *View) want(l *desk.Lane) (w wanted, ok bool) {
	if l == nil || l.Answer == nil || l.Answer.Err != "" || l.Stale || l.Busy() {
		return w, false
	}
	w = wanted{answer: l.Answer, quantity: v.quantity}
	if v.quantity == trace.Projection {
		t, ok := v.d.TermInHand()
		if !ok {
			return w, false
		}
		w.vector = t.Vector
	}
	return w, true
}

// current reports whether the map is the one there should be.
func (v *View) current(l *desk.Lane) bool {
	w, ok := v.want(l)
	return ok && v.held != nil && v.held.wanted == w
}

// refresh asks for a map if there should be another one. A request that is not
// answered yet gives way.
func (v *View) refresh() tea.Cmd {
	if !v.up {
		return nil
	}
	l, _ := v.shown()
	if v.d.Focused() != nil {
		v.lane = v.d.Focused()
	}
	w, ok := v.want(l)
	if !ok || w == v.asked {
		return nil
	}
	v.asked, v.failed = w, ""
	stop := v.drop()
	a, ok := v.d.Answered(l)
	if !ok || v.current(l) {
		return stop
	}
	v.gen = v.d.Begin("mapping " + w.quantity.String())
	return tea.Batch(stop, v.d.Engine.Map(v.gen, a, w.quantity, w.vector))
}

// drop ends a request that is not answered yet.
func (v *View) drop() (stop tea.Cmd) {
	if v.d.Running(v.gen) {
		v.dropped[v.gen] = true
		stop = v.d.Engine.Stop(v.gen)
	}
	v.gen = 0
	return stop
}

// mapped takes in a map, if it is the one asked for last.
func (v *View) mapped(msg engine.Mapped) {
	v.d.Over(msg.Gen)
	delete(v.dropped, msg.Gen)
	if msg.Gen == v.gen && len(msg.Values) > 0 && len(msg.Values[0]) > 0 {
		v.held = newChart(v.d, v.asked, msg.Values)
		v.layer = min(v.layer, len(msg.Values)-2)
	}
}

// gaveUp takes in that a request came to nothing. One that gave way to another
// is no news.
func (v *View) gaveUp(msg engine.Failed) {
	switch {
	case v.dropped[msg.Gen]:
		delete(v.dropped, msg.Gen)
		if v.d.Status.Text == fmt.Sprintf("Stopped %s.", msg.Job) {
			v.d.Say(desk.Note, "")
		}
	case msg.Gen == v.gen && v.gen > 0:
		v.failed = msg.Err
	}
}

// generated keeps the cursor at its token while the lane is answered anew,
// which otherwise moves it to the first one.
func (v *View) generated(msg engine.Generated) {
	l, _ := v.shown()
	if !v.up || l == nil || l.Answer == nil {
		return
	}
	for _, b := range msg.Begun {
		if b.Lane == l.ID && v.seen.lane == l.ID {
			if i := v.at - v.seen.prompt; i >= 0 {
				v.at = len(l.Answer.Prompt) + i
			}
			v.seen, v.keep = v.placeIn(l), true
		}
	}
	if v.keep && msg.Done {
		v.keep = false
		if !l.Busy() && v.seen == v.placeIn(l) {
			v.write(l)
		}
	}
}
