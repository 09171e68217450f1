// Package plan is the view of a lane's plan: its text, which can be typed and
// says at the column what is wrong with it; below it a row for each term; the
// dials of the term in hand, with its strength drawn over tokens where it
// varies; and what the lane answers. All of it is about the plan of the active
// lane; tab goes to the next lane's.
//
// Letters change the term in hand: operation, relative strength, gate, the kind
// of strength over tokens. Where that varies, left and right choose one of its
// numbers and the strength dial turns it. The view asks the engine for the
// person's saved plans, writes them, and has what is typed checked against the
// model.
package plan

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/visible"
)

// A View is the state of Plan that no other view shares.
type View struct {
	d *desk.Desk

	typing *typing // while the text is typed; nil otherwise
	picker *picker // while a list is open; nil otherwise
	saving *saving // while a name to save under is asked for; nil otherwise

	draft string // what was typed last and not taken
	param int    // which number of a strength over tokens the dial turns
	top   int    // first term in sight
	kept  map[held]steering.Strength

	saved   []engine.SavedPlan
	listing int // generation of the newest listing of saved plans
	writing int // generation of the newest saving

	reading  map[string]int // generation of the reading of a vector, by name
	answered answered       // what the answered plan was, read once
	areas    []area         // where what can be clicked was drawn last
}

// held is a term under an operation, for the strength that it had there.
type held struct {
	lane, term int
	vector     string
	op         steering.Op
}

// An area is a part of the screen that can be clicked.
type area struct {
	x, y, width, height int
	do                  func(x, y int) tea.Cmd // at a place in it
}

// New returns the view of a desk.
func New(d *desk.Desk) *View {
	return &View{d: d, kept: map[held]steering.Strength{}, reading: map[string]int{}}
}

// Context says which keys act here.
func (v *View) Context() keys.Context {
	switch {
	case v.picker != nil:
		return keys.List
	case v.Typing():
		return keys.Typing
	}
	return keys.Plan
}

// Enter begins showing the view.
func (v *View) Enter() tea.Cmd { return v.learn() }

// learn asks for the vectors of the plan in hand whose files were not read yet,
// so that dials know their layers and lengths.
func (v *View) learn() tea.Cmd {
	var cmds []tea.Cmd
	for _, t := range v.terms() {
		info := v.d.Vector(t.Vector)
		if info == nil || info.Read || v.reading[t.Vector] != 0 {
			continue
		}
		v.reading[t.Vector] = v.d.Begin("reading " + t.Vector)
		cmds = append(cmds, v.d.Engine.ReadVector(v.reading[t.Vector], t.Vector))
	}
	return tea.Batch(cmds...)
}

// learnt takes in what is known of a vector now.
func (v *View) learnt(msg engine.VectorRead) {
	if v.reading[msg.Info.Name] != msg.Gen {
		return
	}
	v.d.Over(msg.Gen)
	delete(v.reading, msg.Info.Name)
	if msg.Model == v.d.Model.Ref {
		v.d.PutVector(msg.Info)
	}
}

// Typing reports whether keys write text.
func (v *View) Typing() bool { return v.typing != nil || v.picker != nil || v.saving != nil }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action {
	t, ok := v.d.TermInHand()
	switch {
	case v.picker != nil:
		return []keys.Action{keys.Choose, keys.Back}
	case v.saving != nil:
		return []keys.Action{keys.Generate, keys.Back}
	case v.typing != nil:
		return []keys.Action{keys.Generate, keys.Complete, keys.EarlierPrompt, keys.Editor, keys.Back}
	case !ok:
		return []keys.Action{keys.AddTerm, keys.LoadPlan, keys.Type, keys.Undo, keys.Back}
	case t.Strength.Varies():
		return []keys.Action{keys.Left, keys.Right, keys.Stronger, keys.Weaker, keys.CycleCurve, keys.AddTerm, keys.Type, keys.Save, keys.Undo}
	}
	return []keys.Action{keys.Stronger, keys.Weaker, keys.Type, keys.AddTerm, keys.RemoveTerm, keys.LoadPlan, keys.Save, keys.Undo, keys.Back}
}

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch {
	case v.picker != nil:
		return v.doListing(a)
	case v.saving != nil:
		return v.doSaving(a)
	case v.typing != nil:
		return v.doTyping(a)
	}
	if cmd, taken := v.doCurve(a); taken {
		return cmd, true
	}
	if v.doMove(a) {
		return nil, true
	}
	d := v.d
	switch a {
	case keys.Type:
		return v.type_(v.text()), true
	case keys.AddTerm:
		v.openVectors()
	case keys.RemoveTerm:
		return d.RemoveTerm(), true
	case keys.MoveTermDown:
		return d.MoveTerm(1), true
	case keys.MoveTermUp:
		return d.MoveTerm(-1), true
	case keys.CycleOp:
		return v.cycleOp(), true
	case keys.Relative:
		return d.SetRelative(), true
	case keys.CycleCurve:
		v.param = 0
		return d.CycleCurve(), true
	case keys.AddPoint, keys.RemovePoint:
		d.Say(desk.Note, "Only a curve has points: %s changes how the strength runs over tokens.", d.Keys.Key(keys.Plan, keys.CycleCurve))
	case keys.CycleGate:
		return d.CycleGate(), true
	case keys.LoadPlan:
		return v.openPlans(), true
	case keys.Save:
		v.save()
	case keys.Editor:
		return d.Engine.Edit("plan", ".txt", v.text()+"\n"), true
	default:
		return nil, false
	}
	return nil, true
}

// doMove does what moving among terms and plans means.
func (v *View) doMove(a keys.Action) bool {
	d := v.d
	switch a {
	case keys.Up, keys.HalfUp, keys.PageUp:
		v.to(d.Term - 1)
	case keys.Down, keys.HalfDown, keys.PageDown:
		v.to(d.Term + 1)
	case keys.Top:
		v.to(0)
	case keys.Bottom:
		v.to(len(v.terms()) - 1)
	case keys.NextTerm:
		d.NextTerm(1)
	case keys.PreviousTerm:
		d.NextTerm(-1)
	case keys.NextPane:
		d.NextPlan(1)
	case keys.PreviousPane:
		d.NextPlan(-1)
	default:
		return false
	}
	v.param = 0
	return true
}

// to takes a term in hand.
func (v *View) to(term int) {
	v.d.Term = max(0, min(term, len(v.terms())-1))
	v.param = 0
}

// terms are those of the plan in hand, as it was last read.
func (v *View) terms() []steering.Term {
	if l := v.d.Active(); l != nil {
		return l.Plan.Parsed.Terms
	}
	return nil
}

// text is the text of the plan in hand.
func (v *View) text() string {
	if l := v.d.Active(); l != nil {
		return l.Plan.Text
	}
	return ""
}

// cycleOp changes the operation of the term in hand, and keeps the strength
// that it had, for when the operation comes round again.
func (v *View) cycleOp() tea.Cmd {
	t, ok := v.d.TermInHand()
	if ok {
		v.kept[v.held(t, t.Op)] = t.Strength
	}
	v.param = 0
	return v.d.CycleOp(func(op steering.Op) (steering.Strength, bool) {
		s, ok := v.kept[v.held(t, op)]
		return s, ok
	})
}

func (v *View) held(t steering.Term, op steering.Op) held {
	return held{lane: v.d.Active().ID, term: v.d.Term, vector: t.Vector, op: op}
}

// Key takes a key that writes text.
func (v *View) Key(msg tea.KeyPressMsg) tea.Cmd { return v.write(msg) }

// Paste writes pasted text, into the plan if nothing else is typed.
func (v *View) Paste(text string) tea.Cmd {
	var begun tea.Cmd
	if !v.Typing() {
		begun = v.type_(v.text())
	}
	return tea.Batch(begun, v.write(tea.PasteMsg{Content: text}))
}

// write gives a key or pasted text to what is typed.
func (v *View) write(msg tea.Msg) tea.Cmd {
	switch {
	case v.picker != nil:
		switch msg := msg.(type) {
		case tea.KeyPressMsg:
			v.picker.rows.Key(msg)
		case tea.PasteMsg:
			v.picker.rows.Paste(msg.Content)
		}
	case v.saving != nil:
		v.saving.input, _ = v.saving.input.Update(msg)
		v.saving.there = false
	case v.typing != nil:
		v.typing.input, _ = v.typing.input.Update(msg)
		return v.check()
	}
	return nil
}

// Click does what the mouse points at: column x and line y of the view.
func (v *View) Click(x, y int) tea.Cmd {
	for _, a := range v.areas {
		if x >= a.x && x < a.x+a.width && y >= a.y && y < a.y+a.height {
			return a.do(x-a.x, y-a.y)
		}
	}
	return nil
}

// Wheel moves among what is listed.
func (v *View) Wheel(x, y, lines int) tea.Cmd {
	by := 1
	if lines < 0 {
		by = -1
	}
	if v.picker != nil {
		v.picker.rows.Wheel(by)
	} else if !v.Typing() {
		v.to(v.d.Term + by)
	}
	return nil
}

// Receive takes in what a command brought.
func (v *View) Receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case engine.Written:
		if msg.What == "plan" {
			return v.written(msg)
		}
	case engine.VectorRead:
		v.learnt(msg)
	case engine.PlanChecked:
		if v.typing != nil && msg.Text == v.typing.input.Value() {
			v.typing.checked = msg
		}
	case engine.PlansListed:
		if msg.Gen == v.listing {
			v.d.Over(msg.Gen)
			v.saved = msg.Plans
			v.listed()
		}
	case engine.PlanSaved:
		if msg.Gen == v.writing {
			v.d.Over(msg.Gen)
			v.wrote(msg)
		}
	}
	return nil
}

// View draws exactly width columns and height lines.
func (v *View) View(width, height int) string {
	v.areas = v.areas[:0]
	lines := v.drawText(width, max(1, height/5))
	rest := height - len(lines)
	switch {
	case v.picker != nil:
		lines = append(lines, v.drawList(len(lines), width, rest)...)
	case v.saving != nil:
		lines = append(lines, v.drawSaving(width)...)
	case len(v.terms()) == 0:
		lines = append(lines, v.drawNothing(width)...)
	default:
		lines = append(lines, v.drawTerms(len(lines), width, rest)...)
		lines = append(lines, v.drawLower(len(lines), width, height-len(lines))...)
	}
	if room := height - len(lines); room > 1 {
		lines = append(append(lines, make([]string, room-1)...), v.drawShell(width))
	}
	return strings.Join(frame.Block(lines, width, height), "\n")
}

// wide is from how many columns on the answer stands beside the dials.
const wide = 150

// drawLower draws the dials from line y on, and below or beside them the
// answer.
func (v *View) drawLower(y, width, height int) []string {
	if width < wide {
		dials := v.drawDials(y, width, height)
		return append(dials, v.drawReply(width, height-len(dials))...)
	}
	left := width * 3 / 5
	dials, reply := v.drawDials(y, left, height), v.drawReply(width-left-1, height)
	n := min(max(len(dials), len(reply)), height)
	dials, reply = frame.Block(dials, left, n), frame.Block(reply, width-left-1, n)
	if n == 0 || len(v.terms()) == 0 {
		return dials
	}
	joint := dials[0] + v.d.Theme.Frame.Render("┬") + reply[0]
	return append([]string{joint}, frame.Beside(v.d.Theme, dials[1:], reply[1:])...)
}

// drawShell is the plan as a shell takes it.
func (v *View) drawShell(width int) string {
	l := v.d.Active()
	if l == nil || l.Plan.Err != nil || l.Plan.Text == "" || v.Typing() {
		return ""
	}
	return frame.Clip(strings.Repeat(" ", margin)+v.d.Theme.Faint.Render("in a shell: tiller run --plan "+visible.Line(steering.Quote(l.Plan.Text))), width)
}

// drawNothing says what to do where there is no term.
func (v *View) drawNothing(width int) []string {
	d, th := v.d, v.d.Theme
	key := func(a keys.Action) string { return d.Keys.Key(keys.Plan, a) }
	lines := []string{frame.Rule(th, th.Title.Render("terms"), "", width)}
	say := func(text string) { lines = append(lines, wrap(th.Faint.Render, text, width)...) }
	switch l := d.Active(); {
	case l != nil && l.Plan.Err != nil:
		say(fmt.Sprintf("There are no terms until the plan can be read: %s mends it, %s takes the change back.", key(keys.Type), key(keys.Undo)))
	case d.Model.Ref == "":
		say(fmt.Sprintf("No model is open: %s opens one.", key(keys.Open)))
	default:
		say(fmt.Sprintf("No plan yet: %s adds a vector, %s loads a saved plan, %s types one.", key(keys.AddTerm), key(keys.LoadPlan), key(keys.Type)))
		say(grammar)
	}
	return lines
}
