// Package layers is the view that maps a lane: layers upwards from the
// embedding, positions to the right, one cell for each, as dark as a quantity
// is large there. The quantity is the norm of the residual stream, its change
// against base on the same tokens, the KL of the logit lens, or the projection
// on the vector in hand. The plan stands on the map: ▸ at the layers of the
// term in hand, ▲ under the positions where a term fired, and circles for the
// cells that were edited. The figures of the cursor's column stand at the
// right, and that of its cell is written out below.
//
// Moving moves the cursor of Compare too, enter puts the cursor's layer into
// the term in hand or takes it out, m shows the next quantity, tab the next
// lane, and positions are selected as in Compare. The view asks the engine for
// one map at a time, only while it is up, and again when the answer, the
// quantity or the vector is another. The last map stays, faint, until the next
// one is there.
package layers

import (
	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/steering/trace"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

// A View is the state of Layers that no other view shares.
type View struct {
	d *desk.Desk

	up       bool // the view is on the screen
	quantity trace.Quantity
	lane     *desk.Lane // shown last; it stays while the question is in focus

	held    *chart       // nil until one came
	asked   wanted       // what was asked for last
	gen     int          // of that request
	failed  string       // why it came to nothing; empty if it did not
	dropped map[int]bool // generations of requests that gave way to another

	cursor
	anchor int // position where a range begins; -1 for none

	from int    // first position in sight
	low  int    // lowest row in sight
	drew layout // how the map was drawn last, for pages and the mouse
}

// New returns the view of a desk.
func New(d *desk.Desk) *View {
	return &View{d: d, dropped: map[int]bool{}, anchor: -1}
}

// Context says which keys act here.
func (v *View) Context() keys.Context { return keys.Layers }

// Enter begins showing the view, with the cursor where Compare has it.
func (v *View) Enter() tea.Cmd {
	v.up = true
	v.arrive()
	if !v.moved {
		v.layer = v.firstLayer()
	}
	if v.failed != "" {
		v.asked = wanted{}
	}
	return v.refresh()
}

// Leave ends showing the view: what is not seen is not asked for. A cursor on
// the prompt goes on in the question.
func (v *View) Leave() {
	v.up, v.anchor = false, -1
	if v.at < v.seen.prompt {
		v.focus(desk.QuestionPane)
	}
}

// firstLayer is the lowest layer of the term in hand, or else the model's.
func (v *View) firstLayer() int {
	if t, ok := v.d.TermInHand(); ok {
		if layers := v.d.LayersOf(t); len(layers) > 0 {
			return layers[0]
		}
	}
	return steering.Embed
}

// Typing reports whether keys write text.
func (v *View) Typing() bool { return false }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action {
	if v.anchor >= 0 {
		return []keys.Action{keys.SelectPosition, keys.Back}
	}
	return []keys.Action{keys.CycleQuantity, keys.ToggleLayer, keys.SelectPosition, keys.SelectRange, keys.Stronger, keys.Weaker, keys.Divergence, keys.NextPane, keys.Back}
}

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	v.sync()
	if !v.move(a) {
		if cmd, taken = v.act(a); !taken {
			return nil, false
		}
	}
	return tea.Batch(cmd, v.refresh()), true
}

// act does what keys mean that don't move the cursor.
func (v *View) act(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch a {
	case keys.ToggleLayer:
		return v.d.ToggleLayer(v.layer), true
	case keys.CycleQuantity:
		v.quantity = (v.quantity + 1) % (trace.Projection + 1)
	case keys.SelectPosition:
		return v.selectPosition(), true
	case keys.SelectRange:
		v.beginRange()
	case keys.NextPane:
		v.nextLane(1)
	case keys.PreviousPane:
		v.nextLane(-1)
	case keys.NextTerm:
		v.d.NextTerm(1)
	case keys.PreviousTerm:
		v.d.NextTerm(-1)
	case keys.GoLayers:
		if v.failed != "" {
			v.asked = wanted{}
		}
	case keys.Back:
		if v.anchor < 0 {
			return nil, false
		}
		v.anchor = -1
	default:
		return nil, false
	}
	return nil, true
}

// Key takes a key that writes text.
func (v *View) Key(tea.KeyPressMsg) tea.Cmd { return nil }

// Paste takes pasted text.
func (v *View) Paste(string) tea.Cmd { return nil }

// Receive takes in what a command brought.
func (v *View) Receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case engine.Mapped:
		v.mapped(msg)
	case engine.Failed:
		v.gaveUp(msg)
	case engine.Generated:
		v.generated(msg)
	case engine.Opened:
		// The lanes are others now, and so is the model.
		v.held, v.asked, v.failed, v.lane = nil, wanted{}, "", nil
		v.cursor, v.anchor = cursor{layer: v.firstLayer()}, -1
	}
	return v.refresh()
}
