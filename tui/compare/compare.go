// Package compare is the home view: the question with its tokens above, and
// below it the lanes' answers side by side, where they part, and the dials of
// the plan. It is where positions are selected and lanes come and go.
package compare

import (
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

// A View is the state of Compare that no other view shares.
type View struct {
	d *desk.Desk

	columns  map[int]*column // by lane id
	question column
	asked    []engine.PromptToken // that are in question
	prompt   *prompt              // while the question is typed; nil otherwise
	search   *search              // while what to search for is typed; nil otherwise
	found    string               // what was searched last
	zoom     bool                 // the focused lane has the whole width
	inStep   bool                 // all lanes scroll together

	areas []area // where panes were drawn last, for the mouse
}

// New returns the view of a desk.
func New(d *desk.Desk) *View {
	return &View{d: d, columns: map[int]*column{}, inStep: true}
}

// Context says which keys act here.
func (v *View) Context() keys.Context {
	if v.Typing() {
		return keys.Typing
	}
	return keys.Compare
}

// Enter begins showing the view.
func (v *View) Enter() tea.Cmd { return nil }

// Typing reports whether keys write text.
func (v *View) Typing() bool { return v.prompt != nil || v.search != nil }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action {
	switch {
	case v.search != nil:
		return []keys.Action{keys.Generate, keys.Back}
	case v.prompt != nil:
		return []keys.Action{keys.Generate, keys.Newline, keys.Complete, keys.Editor, keys.Back}
	case v.d.Focus == desk.QuestionPane:
		return []keys.Action{keys.Type, keys.SelectPosition, keys.SelectRange, keys.Stronger, keys.NextProblem, keys.NextPane, keys.Palette}
	}
	if _, ok := v.d.TermInHand(); !ok {
		return []keys.Action{keys.Derive, keys.GoVectors, keys.GoPlan, keys.Type, keys.GoCursor, keys.NextPane, keys.Palette}
	}
	return []keys.Action{keys.Stronger, keys.Weaker, keys.LayerUp, keys.Divergence, keys.GoCursor, keys.NextProblem, keys.NextPane, keys.Palette}
}

// Receive takes in what a command brought.
func (v *View) Receive(msg tea.Msg) tea.Cmd {
	if written, ok := msg.(Written); ok {
		return v.written(written)
	}
	return nil
}

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	if v.search != nil {
		return v.doSearching(a)
	}
	if v.prompt != nil {
		return v.doTyping(a)
	}
	if cmd, taken := v.move(a); taken {
		return cmd, true
	}
	d := v.d
	switch a {
	case keys.Type:
		return v.type_(), true
	case keys.Search:
		v.search = newSearch(d)
	case keys.SearchNext, keys.SearchPrevious:
		v.find(a == keys.SearchPrevious)
	case keys.Back:
		return nil, v.back()
	case keys.SelectPosition:
		return v.selectPosition(), true
	case keys.SelectRange:
		v.anchor()
	case keys.Divergence:
		v.divergence()
	case keys.ColourMode:
		return d.NextColour(), true
	case keys.ForkLane:
		l := d.Focused()
		if l == nil || l.Answer == nil {
			d.Say(desk.Warning, "Move to a token of an answer to fork a lane there.")
			return nil, true
		}
		return d.Fork(l, l.At, -1, ""), true
	case keys.DuplicateLane:
		return d.Duplicate(), true
	case keys.PinLane:
		return d.Pin(), true
	case keys.CloseLane:
		d.Close()
	case keys.Thinking:
		return d.Toggle(desk.Thinking), true
	case keys.PromptLane:
		return d.Toggle(desk.Header), true
	case keys.Zoom:
		v.zoom = !v.zoom
	case keys.SyncScroll:
		v.inStep = !v.inStep
		d.Say(desk.Note, "%s", map[bool]string{true: "Lanes scroll together.", false: "Each lane scrolls for itself."}[v.inStep])
	case keys.Editor:
		return v.edit(d.Prompt.Text), true
	case keys.ChatTemplate:
		return v.chat(), true
	default:
		return nil, false
	}
	return nil, true
}

// back leaves what is open, innermost first.
func (v *View) back() bool {
	switch {
	case v.d.Anchor >= 0:
		v.d.Anchor = -1
	case v.found != "":
		v.found = ""
	case v.zoom:
		v.zoom = false
	default:
		return false
	}
	return true
}

// chat puts the question into the model's chat template, or takes it out.
func (v *View) chat() tea.Cmd {
	if !v.d.Model.Chat {
		v.d.Say(desk.Warning, "%s has no chat template.", v.d.Model.Name)
		return nil
	}
	p := v.d.Prompt
	p.Chat = !p.Chat
	v.d.Say(desk.Note, "%s", map[bool]string{true: "The question stands in the model's chat template.", false: "The question stands alone, without the chat template."}[p.Chat])
	return v.d.SetPrompt(p)
}
