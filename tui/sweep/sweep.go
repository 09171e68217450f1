// Package sweep is the view of a grid: the term in hand tried at layers and
// strengths on some problems. It fills in while it runs, and enter takes the
// cell under the cursor into the plan.
//
// r runs the sweep and ctrl+c stops it, the arrows move, m shows another number
// of the cells, + and - change on how many problems they are tried, and t tries
// one cell on fresh problems of the test split. It asks the engine for sweeps
// and re-tests, and changes the active plan.
package sweep

import (
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

// A View is the state of Sweep that no other view shares.
type View struct {
	d *desk.Desk

	ran      *grid // the last that was run; nil before
	row, col int   // of the cell under the cursor
	metric   metric
	size     int // index in sizes of how much the next sweep tries its cells on

	tests     []engine.Retested // of the open model, the latest last
	tested    int               // re-tests made this sitting
	asked     int               // and asked for
	retesting int               // generation of the newest

	at area // where the map was drawn last, for the mouse
}

// New returns the view of a desk.
func New(d *desk.Desk) *View { return &View{d: d, size: firstSize} }

// Context says which keys act here.
func (v *View) Context() keys.Context { return keys.Sweep }

// Enter begins showing the view. Before the first sweep the cursor is where the
// plan is.
func (v *View) Enter() tea.Cmd {
	if g, _ := v.shown(); g != nil && v.ran == nil {
		v.home(g)
	}
	return nil
}

// Typing reports whether keys write text.
func (v *View) Typing() bool { return false }

// Key takes a key that writes text.
func (v *View) Key(tea.KeyPressMsg) tea.Cmd { return nil }

// Paste takes pasted text.
func (v *View) Paste(string) tea.Cmd { return nil }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action {
	return []keys.Action{keys.RunSweep, keys.TakeCell, keys.CycleQuantity, keys.Stronger, keys.Weaker, keys.Retest, keys.GoCompare, keys.Palette}
}

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch a {
	case keys.RunSweep:
		return v.run(), true
	case keys.TakeCell:
		return v.take(), true
	case keys.Retest:
		return v.retest(), true
	case keys.CycleQuantity:
		v.metric = v.metric.next(v.graded())
	case keys.Stronger:
		v.resize(1)
	case keys.Weaker:
		v.resize(-1)
	case keys.Left:
		v.move(0, -1)
	case keys.Right:
		v.move(0, 1)
	case keys.Up:
		v.move(-1, 0)
	case keys.Down:
		v.move(1, 0)
	case keys.Top, keys.PageUp, keys.HalfUp:
		v.move(-mostRows, 0)
	case keys.Bottom, keys.PageDown, keys.HalfDown:
		v.move(mostRows, 0)
	default:
		return nil, false
	}
	return nil, true
}

// move moves the cursor, as far as the grid goes.
func (v *View) move(rows, cols int) {
	g, _ := v.shown()
	if g == nil {
		return
	}
	v.row = max(0, min(v.row+rows, len(g.Layers)-1))
	v.col = max(0, min(v.col+cols, len(g.Strengths)-1))
}

// resize changes on how much the next sweep tries its cells.
func (v *View) resize(by int) {
	v.size = max(0, min(v.size+by, len(sizes)-1))
	more := ""
	if !v.graded() && v.count() < sizes[v.size].prompts {
		more = ", which is all that were asked"
	}
	v.d.Say(desk.Note, "%s tries the cells on %s%s.", v.key(keys.RunSweep), much(v.count(), v.graded()), more)
}

// run sweeps the term in hand. A sweep in progress ends.
func (v *View) run() tea.Cmd {
	g, why := v.planned()
	if g == nil {
		v.d.Say(desk.Warning, "%s", why)
		return nil
	}
	var stop tea.Cmd
	if v.ran != nil && v.d.Running(v.ran.gen) {
		stop = v.d.Engine.Stop(v.ran.gen)
	}
	if v.ran == nil || !v.ran.alike(g) {
		v.home(g)
	}
	g.gen = v.d.Begin("sweeping")
	v.ran = g
	s := engine.Sweep{Plan: g.Plan.String(), Term: g.Term, Layers: g.Layers, Strengths: g.Strengths}
	if g.graded {
		s.Problems, s.Thinking = g.count, v.d.Model.Thinking
	} else {
		s.Prompts = v.prompts(g.count)
	}
	return tea.Batch(stop, v.d.Engine.Sweep(g.gen, s))
}

// take makes the cell under the cursor the plan.
func (v *View) take() tea.Cmd {
	g, why := v.shown()
	lane := v.d.Active()
	switch {
	case g == nil:
		v.d.Say(desk.Warning, "%s", why)
		return nil
	case lane == nil:
		v.d.Say(desk.Warning, "No lane has a plan that could change.")
		return nil
	case g.cell(v.row, v.col).Err != "":
		v.d.Say(desk.Warning, "This cell can't be used: %s.", g.cell(v.row, v.col).Err)
		return nil
	}
	plan := g.planAt(v.row, v.col)
	if plan == lane.Plan.Text {
		v.d.Say(desk.Note, "This cell is the plan already.")
		return nil
	}
	cmd := v.d.SetPlan(lane, plan)
	v.d.Term = g.Term
	v.d.Say(desk.Note, "The plan is %s now; %s shows what it says.", plan, v.key(keys.GoCompare))
	return cmd
}

// retestProblems is how many test problems a cell is tried on: enough for an
// interval of a few hundredths, and answered in about a second.
const retestProblems = 192

// retest tries the cell under the cursor, and it alone, on fresh problems of
// the test split. Who tried them all would choose by them.
func (v *View) retest() tea.Cmd {
	g, why := v.shown()
	switch {
	case g == nil:
		v.d.Say(desk.Warning, "%s", why)
		return nil
	case !g.graded:
		v.d.Say(desk.Warning, "There are no test problems for %s.", v.d.Model.Name)
		return nil
	case v.d.Running(v.retesting):
		v.d.Say(desk.Note, "A re-test runs already.")
		return nil
	case g.cell(v.row, v.col).Err != "":
		v.d.Say(desk.Warning, "This cell can't be used: %s.", g.cell(v.row, v.col).Err)
		return nil
	}
	v.asked++
	v.retesting = v.d.Begin("testing a cell again")
	return v.d.Engine.Retest(v.retesting, engine.Retest{
		Plan: g.Plan.String(), Term: g.Term, Layer: g.Layers[v.row], Strength: g.Strengths[v.col],
		Problems: retestProblems, Seed: v.d.Sampling.Seed + uint64(v.asked),
	})
}

// Receive takes in what a command brought.
func (v *View) Receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case engine.Swept:
		return v.swept(msg)
	case engine.Retested:
		v.retested(msg)
	case engine.Failed:
		if v.ran != nil && msg.Gen == v.ran.gen {
			v.ran.ended = true
		}
	case engine.Opened:
		return v.opened()
	}
	return nil
}

func (v *View) swept(msg engine.Swept) tea.Cmd {
	var more tea.Cmd
	if msg.Ended {
		v.d.Over(msg.Gen)
	} else {
		v.d.Progress(msg.Gen, msg.Done, msg.Total)
		more = v.d.Engine.More(msg.Gen)
	}
	if v.ran == nil || msg.Gen != v.ran.gen {
		return more
	}
	v.ran.receive(msg)
	switch {
	case msg.Stopped:
		v.d.Say(desk.Note, "Stopped the sweep at %d %%; what is there stays.", v.ran.percent())
	case msg.Ended:
		v.sayBest()
	}
	return more
}

// sayBest says what a sweep found.
func (v *View) sayBest() {
	g := v.ran
	if row, col, ok := g.best(); ok {
		v.d.Say(desk.Note, "The best of %d cells is %s: %s right, base %s.", len(g.Layers)*len(g.Strengths), g.name(row, col), share(g.cell(row, col).Score()), share(g.base.Score()))
	}
}

func (v *View) retested(msg engine.Retested) {
	v.d.Over(msg.Gen)
	if msg.Gen != v.retesting {
		return
	}
	v.tests = append(v.tests, msg)
	v.tested++
	v.d.Say(desk.Note, "On %d fresh test problems: %s, base %s.", msg.Cell.N, scored(msg.Cell), scored(msg.Base))
}

// opened drops what belongs to another model, and ends what runs on it.
func (v *View) opened() tea.Cmd {
	var stop []tea.Cmd
	if v.ran != nil && v.ran.model != v.d.Model.Ref {
		stop = append(stop, v.d.Engine.Stop(v.ran.gen))
		v.ran = nil
	}
	if v.d.Running(v.retesting) {
		stop = append(stop, v.d.Engine.Stop(v.retesting))
	}
	v.tests, v.retesting = nil, 0
	v.row, v.col = 0, 0
	v.metric = v.metric.among(v.graded())
	if g, _ := v.shown(); g != nil {
		v.home(g)
	}
	return tea.Batch(stop...)
}

// key is the key that means an action here.
func (v *View) key(a keys.Action) string { return v.d.Keys.Key(keys.Sweep, a) }
