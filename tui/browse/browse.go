// Package browse is the screen of a run that is in a folder: how its lanes do,
// its problems with a mark for each lane's answer, and, with enter, a problem
// with the answers side by side. Filters show only some problems, "/" those
// that have a text, n goes to the next one that base and the lane in hand judge
// differently, and o asks for the problem to be opened in Compare. It takes the
// keys of [keys.Browse].
//
// Of a run only places in its files are in memory: what is on the screen is
// read when it comes up.
package browse

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/steering/eval"
	"tiller/tui/desk"
	"tiller/tui/dress"
	"tiller/tui/help"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/settings"
)

// Options say what is browsed.
type Options struct {
	Path     string // of the run's folder
	Settings settings.Settings
	Keys     *keys.Map
	// Clipboard puts a text into the system's clipboard; nil does not. The
	// terminal's is asked too.
	Clipboard func(text string) tea.Cmd
	// Comparable reports that a lane can be opened in Compare.
	Comparable bool
}

// A Request is a problem to be opened in Compare, with the plan of a lane.
type Request struct {
	Problem eval.Problem
	Lane    eval.LaneSpec
}

// A Screen is the model of the program.
type Screen struct {
	options  Options
	dress    *dress.Dress
	sequence keys.Sequence

	width, height int
	run           *Run   // nil until it is read
	wrong         string // why it can't be
	says          note
	gen           int // of the newest command

	lane    int // in hand, in the run's lanes
	draw    int // of each problem
	filter  int // in filters
	shown   []int
	at      int // in shown
	first   int // of shown, in sight
	listed  int // lines of problems when drawn last
	lanesAt int // first row of the lanes' table in sight
	areas   areas

	typing *textinput.Model // what to search for; nil while it is not typed
	search search
	open   *problemView // nil while the table is up
	help   *help.Sheet  // nil while it is not up
	asked  *Request
}

// A note is what was said last.
type note struct {
	text string
	bad  bool
}

// New returns the screen of a run.
func New(o Options) *Screen {
	return &Screen{options: o, dress: dress.New(o.Settings)}
}

// Asked is the problem that is to be opened in Compare, once the program has
// ended for that; it is told once.
func (s *Screen) Asked() (r Request, ok bool) {
	if s.asked == nil {
		return r, false
	}
	r, s.asked = *s.asked, nil
	return r, true
}

// Say shows a sentence, as about a Compare that could not be opened.
func (s *Screen) Say(text string, bad bool) { s.says = note{text, bad} }

// Init asks the terminal for its background and reads the run, unless that was
// done before.
func (s *Screen) Init() tea.Cmd {
	if s.run != nil {
		return s.dress.Ask()
	}
	path := s.options.Path
	return tea.Batch(s.dress.Ask(), func() tea.Msg {
		run, err := Open(path)
		return opened{run, err}
	})
}

// What commands bring.
type (
	opened struct {
		run *Run
		err error
	}
	read struct {
		gen     int
		problem *Problem
		err     error
	}
	found struct {
		gen  int
		in   []bool // by problem
		n    int
		text string
		err  error
	}
)

// A search is a text that problems are to have.
type search struct {
	text    string
	gen     int  // of the command that looks for it
	running bool // it does
	in      []bool
}

// Update takes in one message.
func (s *Screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if s.dress.Receive(msg) {
		return s, nil
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return s, s.key(msg)
	case tea.PasteMsg:
		if s.typing != nil {
			*s.typing, _ = s.typing.Update(msg)
		}
	case tea.MouseClickMsg:
		return s, s.click(msg.X, msg.Y)
	case tea.MouseWheelMsg:
		s.wheel(msg.Mouse())
	case opened:
		s.opened(msg)
	case read:
		return s, s.read(msg)
	case found:
		s.found(msg)
	}
	return s, nil
}

// opened takes the run in, with the first plan in hand.
func (s *Screen) opened(msg opened) {
	if msg.err != nil {
		s.wrong = msg.err.Error()
		return
	}
	s.run = msg.run
	for _, kind := range []eval.Kind{eval.Planned, eval.Prompt, eval.Thinking, eval.Base} {
		if i := s.run.first(kind); i >= 0 {
			s.lane = i
			break
		}
	}
	s.choose()
}

// context says which keys act now.
func (s *Screen) context() keys.Context {
	switch {
	case s.help != nil:
		return s.help.Context()
	case s.typing != nil:
		return keys.List
	}
	return keys.Browse
}

// key does what a key means.
func (s *Screen) key(msg tea.KeyPressMsg) tea.Cmd {
	action, pending, ok := s.sequence.Press(s.options.Keys, s.context(), msg.String())
	switch {
	case pending != "":
		return nil
	case ok && action == keys.Interrupt:
		return tea.Quit
	case ok && action == keys.Redraw:
		return tea.ClearScreen
	case ok && action == keys.Suspend:
		return tea.Suspend
	case s.help != nil:
		return s.inHelp(msg, action, ok)
	case s.typing != nil:
		return s.inSearch(msg, action)
	case !ok:
		return nil
	}
	s.says = note{}
	return s.do(action)
}

func (s *Screen) inHelp(msg tea.KeyPressMsg, action keys.Action, ok bool) tea.Cmd {
	if ok {
		s.help.Do(action)
	} else if s.help.Typing() {
		s.help.Key(msg)
	}
	if s.help.Done() {
		s.help = nil
	}
	return nil
}

// inSearch takes a key while the text to search for is typed.
func (s *Screen) inSearch(msg tea.KeyPressMsg, action keys.Action) tea.Cmd {
	switch action {
	case keys.Choose:
		text := s.typing.Value()
		s.typing = nil
		return s.look(text)
	case keys.Back:
		s.typing = nil
	default:
		*s.typing, _ = s.typing.Update(msg)
	}
	return nil
}

// do does what a key means outside of text.
func (s *Screen) do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Quit:
		return tea.Quit
	case keys.Help:
		s.help = help.New(desk.New(nil, s.dress.Theme, s.options.Keys), keys.Browse)
		return nil
	}
	if s.run == nil {
		if a == keys.Back {
			return tea.Quit
		}
		return nil
	}
	switch a {
	case keys.NextPane:
		return s.nextLane(1)
	case keys.PreviousPane:
		return s.nextLane(-1)
	case keys.NextFlip:
		return s.flip(1)
	case keys.PreviousFlip:
		return s.flip(-1)
	case keys.NextProblem:
		return s.step(1)
	case keys.PreviousProblem:
		return s.step(-1)
	case keys.NextDraw:
		return s.nextDraw()
	case keys.GoCompare:
		return s.compare()
	case keys.Copy:
		return s.copy()
	}
	if s.open != nil {
		return s.inProblem(a)
	}
	return s.inTable(a)
}

// inTable does what a key means while the problems are listed.
func (s *Screen) inTable(a keys.Action) tea.Cmd {
	page := max(1, s.listed-1)
	switch a {
	case keys.Up:
		s.move(-1)
	case keys.Down:
		s.move(1)
	case keys.HalfUp:
		s.move(-page / 2)
	case keys.HalfDown:
		s.move(page / 2)
	case keys.PageUp:
		s.move(-page)
	case keys.PageDown:
		s.move(page)
	case keys.Top:
		s.move(-len(s.shown))
	case keys.Bottom:
		s.move(len(s.shown))
	case keys.Left:
		return s.nextLane(-1)
	case keys.Right:
		return s.nextLane(1)
	case keys.NextFilter:
		s.turn(1)
	case keys.PreviousFilter:
		s.turn(-1)
	case keys.Search:
		input := list.Input(s.dress.Theme, "/", "a text in questions or answers")
		input.SetValue(s.search.text)
		input.CursorEnd()
		s.typing = &input
	case keys.Details:
		return s.enter()
	case keys.Back:
		s.back()
	}
	return nil
}

// back leaves the search, then the filter.
func (s *Screen) back() {
	switch {
	case s.search.text != "":
		s.search = search{}
	case s.filter != 0:
		s.filter = 0
	default:
		s.Say("Nothing is open; "+s.options.Keys.Key(keys.Browse, keys.Quit)+" quits.", false)
		return
	}
	s.choose()
}

// nextLane takes another lane in hand: in the table one that is no control.
func (s *Screen) nextLane(by int) tea.Cmd {
	lanes := s.run.Spec.Lanes
	for range lanes {
		s.lane = (s.lane + by + len(lanes)) % len(lanes)
		if s.open != nil || lanes[s.lane].Kind != eval.Control {
			break
		}
	}
	if s.open == nil {
		s.choose()
	}
	return nil
}

// nextDraw shows another draw of each problem.
func (s *Screen) nextDraw() tea.Cmd {
	if s.run.Spec.Samples < 2 {
		s.Say("Each problem was asked once in each lane.", false)
		return nil
	}
	s.draw = (s.draw + 1) % s.run.Spec.Samples
	s.choose()
	if s.open != nil {
		return s.enter()
	}
	return nil
}

// compare asks for the problem under the cursor to be opened in Compare.
func (s *Screen) compare() tea.Cmd {
	if !s.options.Comparable {
		s.Say("Compare can't be opened from here.", true)
		return nil
	}
	if s.open == nil || s.open.problem == nil {
		if s.open != nil || len(s.shown) == 0 {
			return nil
		}
		cmd := s.enter()
		s.open.compare = true
		return cmd
	}
	s.asked = &Request{Problem: s.open.problem.Problem, Lane: s.run.Spec.Lanes[s.lane]}
	return tea.Quit
}
