// Package cursor is the view that takes one token apart: what the model with the
// plan and without it would have said there, after the same tokens; how both
// come to it layer by layer; and which term of the plan is to blame.
//
// Left and right move the cursor, tab goes to another lane or to the question,
// and . to where the lane parts from base. Up and down choose among what either
// side might have said, and f begins a new lane with the choice. Pages scroll
// what does not fit. The dials act as everywhere, and the cursor stays.
//
// The view asks for the numbers of the token under the cursor alone, and for one
// token at a time. Until they are there it shows "…", never another's.
package cursor

import (
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

// A View is the state that no other view shares.
type View struct {
	d     *desk.Desk
	shown bool // it is the view that keys go to
	strip strip

	points map[place]engine.Point
	gen    int     // of the question under way, or the last one
	asked  place   // what it is about
	failed failure // of the last one that came to nothing

	at     int // the generated token that the person went to
	chosen int // of the candidates, those of base first; -1 before a choice
	rows   int // candidates of a side that were drawn
	top    int // first line in sight of what scrolls
	paged  bool
	page   int // lines of it that were drawn
	areas  []area
}

// A failure is why a place can't be looked into.
type failure struct {
	place
	reason string // a sentence without its full stop; untrusted
}

// New returns the view of a desk.
func New(d *desk.Desk) *View {
	return &View{d: d, points: map[place]engine.Point{}, chosen: -1, rows: likely}
}

// Context says which keys act here.
func (v *View) Context() keys.Context { return keys.Cursor }

// Enter begins showing the view.
func (v *View) Enter() tea.Cmd {
	v.shown = true
	v.arrive()
	return v.ask()
}

// arrive takes note of where the cursor is now, and forgets what was done at the
// token before.
func (v *View) arrive() {
	if l := v.d.Focused(); l != nil {
		v.at = l.At
	}
	v.chosen, v.paged, v.failed = -1, false, failure{}
}

// Typing reports whether keys write text.
func (v *View) Typing() bool { return false }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action {
	return []keys.Action{keys.ForkLane, keys.Divergence, keys.NextPane, keys.Stronger, keys.GoCompare, keys.Palette, keys.Down, keys.Right}
}

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch a {
	case keys.GoCompare, keys.GoLayers, keys.GoVectors, keys.GoPlan, keys.GoSweep, keys.GoSettings, keys.Back, keys.Type:
		v.shown = false // the root shows another view
		return nil, false
	case keys.ForkLane:
		return v.fork(), true
	case keys.Up:
		v.choose(-1)
	case keys.Down:
		v.choose(1)
	case keys.HalfUp:
		v.scroll(-max(1, v.page/2))
	case keys.HalfDown:
		v.scroll(max(1, v.page/2))
	case keys.PageUp:
		v.scroll(-max(1, v.page))
	case keys.PageDown:
		v.scroll(max(1, v.page))
	default:
		if !v.move(a) {
			return nil, false
		}
		v.arrive()
	}
	return v.ask(), true
}

// Key takes a key that writes text.
func (v *View) Key(tea.KeyPressMsg) tea.Cmd { return nil }

// Paste takes pasted text.
func (v *View) Paste(string) tea.Cmd { return nil }

// Click puts the cursor on a token of the strip, or chooses a candidate, at
// column x and line y of the view.
func (v *View) Click(x, y int) tea.Cmd {
	for _, a := range v.areas {
		if x < a.x || x >= a.x+a.width || y < a.y || y >= a.y+a.height {
			continue
		}
		if !a.strip {
			v.chosen = a.first + y - a.y
			return nil
		}
		if token, ok := v.strip.flow.At(v.strip.top+y-a.y, x-a.x); ok {
			v.to(token)
			v.arrive()
		}
	}
	return v.ask()
}

// Wheel scrolls by lines.
func (v *View) Wheel(_, _, lines int) tea.Cmd {
	v.scroll(lines)
	return nil
}

// Receive takes in what a command brought.
func (v *View) Receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case engine.Traced:
		if msg.Gen == v.gen {
			v.keep(msg.Point)
		}
	case engine.Failed:
		if msg.Gen == v.gen {
			v.failed = failure{v.asked, msg.Err}
		}
	case engine.Generated:
		v.stay()
	}
	return v.ask()
}

// stay keeps the cursor where the person put it while the lane is generated
// anew, so that dials can be turned here.
func (v *View) stay() {
	if l := v.d.Focused(); v.shown && l != nil && l.Answer != nil {
		l.At = max(0, min(v.at, len(l.Answer.Tokens)-1))
	}
}
