// Package tui is the interactive screen. App is its one Bubble Tea model: it
// owns the desk that all views share, decides which view or sheet is up, and
// hands it what arrives. Views are plain structs in packages of their own, each
// of which can be read alone.
//
// Update does no I/O, looks at no clock and draws no random numbers: all of
// that enters as messages. So the same messages in the same order give the same
// screens.
package tui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tiller/tui/compare"
	"tiller/tui/config"
	"tiller/tui/cursor"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/layers"
	"tiller/tui/plan"
	"tiller/tui/record"
	"tiller/tui/settings"
	"tiller/tui/sweep"
	"tiller/tui/theme"
	"tiller/tui/vectors"
)

// A View fills the screen between header and footer.
type View interface {
	// Context says which keys act in the view now.
	Context() keys.Context
	// Enter is called when the view comes up.
	Enter() tea.Cmd
	// Do does what a key means; taken is false if it means nothing here.
	Do(a keys.Action) (cmd tea.Cmd, taken bool)
	// Typing reports whether keys write text, and Key and Paste take it.
	Typing() bool
	Key(msg tea.KeyPressMsg) tea.Cmd
	Paste(text string) tea.Cmd
	// Click and Wheel take the mouse, at column x and line y of the view.
	Click(x, y int) tea.Cmd
	Wheel(x, y, lines int) tea.Cmd
	// Receive takes in what a command brought, after the desk did.
	Receive(msg tea.Msg) tea.Cmd
	// View draws exactly width columns and height lines.
	View(width, height int) string
	// Hints are the actions that the footer names, the most useful first.
	Hints() []keys.Action
}

// A Sheet is a View that lies over another until it is done.
type Sheet interface {
	View
	// Size is how much room the sheet wants, at most so much.
	Size(width, height int) (w, h int)
	// Done reports whether the sheet is to be taken away.
	Done() bool
}

// The views, by the letters that lead to them.
const (
	compareView = iota
	cursorView
	layersView
	vectorsView
	planView
	sweepView
	settingsView
	viewCount
)

// App is the root model.
type App struct {
	desk     *desk.Desk
	settings settings.Settings
	views    [viewCount]View
	at       int
	sheet    Sheet // nil if none is up
	sequence keys.Sequence

	width, height int
	dark          bool
	profile       colorprofile.Profile
	interrupted   bool // ctrl+c was the last key, and nothing ran
	model         string
	state         settings.State
	sheets        sheets
	recorder      *record.Recorder // nil while a recording plays
	recording     recording
}

// Options say what a sitting begins with.
type Options struct {
	Engine   *engine.Engine
	Settings settings.Settings
	// SettingsPath is the config file that the settings are saved in.
	SettingsPath string
	Keys         *keys.Map
	State        settings.State
	// Model is the reference of the model to open.
	Model  string
	Prompt *engine.Prompt
	Plans  []string
	// Sampling says how tokens are drawn; nil is greedily.
	Sampling *engine.Sampling
	// Warnings are sentences to begin with, about the config file.
	Warnings []string
	// Recorder writes the sitting down where the person asks for it; its
	// Around has to be around the screen.
	Recorder *record.Recorder
}

// New returns the screen, ready to run.
func New(o Options) *App {
	d := desk.New(o.Engine, theme.New(o.Settings.Theme, true, colorprofile.TrueColor), o.Keys)
	d.Asked = desk.Asked{Prompt: o.Prompt, Plans: o.Plans}
	d.History = o.State.History
	if o.Settings.MaxTokens > 0 {
		d.Sampling.MaxTokens = o.Settings.MaxTokens
	}
	if o.Sampling != nil {
		d.Sampling = *o.Sampling
	}
	a := &App{desk: d, settings: o.Settings, state: o.State, dark: true, profile: colorprofile.TrueColor, model: o.Model, recorder: o.Recorder}
	a.views = [viewCount]View{
		compareView:  compare.New(d),
		cursorView:   cursor.New(d),
		layersView:   layers.New(d),
		vectorsView:  vectors.New(d),
		planView:     plan.New(d),
		sweepView:    sweep.New(d),
		settingsView: config.New(d, o.Settings, o.SettingsPath, o.Warnings),
	}
	switch n := len(o.Warnings); {
	case n == 1:
		d.Say(desk.Warning, "%s", o.Warnings[0])
	case n > 1:
		d.Say(desk.Warning, "%s (1 of %d; %s shows the others.)", o.Warnings[0], n, d.Keys.Key(keys.Everywhere, keys.GoSettings))
	}
	return a
}

// Init asks the terminal for its background and opens the model.
func (a *App) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, a.desk.Open(a.model))
}

// Update takes in one message.
func (a *App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.width, a.height = msg.Width, msg.Height
		return a, nil
	case tea.BackgroundColorMsg:
		a.dark = msg.IsDark()
		a.dress()
		return a, nil
	case tea.ColorProfileMsg:
		a.profile = msg.Profile
		a.dress()
		return a, nil
	case tea.KeyPressMsg:
		return a, a.key(msg)
	case tea.PasteMsg:
		return a, a.top().Paste(msg.Content)
	case tea.MouseClickMsg:
		return a, a.click(msg.Mouse())
	case tea.MouseWheelMsg:
		return a, a.wheel(msg.Mouse())
	}
	cmds := []tea.Cmd{a.desk.Receive(msg), a.receive(msg)}
	if opened, ok := msg.(engine.Opened); ok {
		a.state.Opened(opened.Model.Ref)
	}
	for _, v := range a.views {
		cmds = append(cmds, v.Receive(msg))
	}
	if a.sheet != nil {
		cmds = append(cmds, a.sheet.Receive(msg), a.settle())
	}
	return a, tea.Batch(cmds...)
}

// State is what to remember of the sitting.
func (a *App) State() settings.State {
	s := a.state
	s.History = a.desk.History
	if l := a.desk.Active(); l != nil && l.Plan.Err == nil {
		s.LastPlan = l.Plan.Text
	}
	return s
}

// dress chooses the theme for what is known of the terminal.
func (a *App) dress() {
	*a.desk.Theme = *theme.New(a.settings.Theme, a.dark, a.settings.Colours.Profile(a.profile))
}

// top is what keys go to.
func (a *App) top() View {
	if a.sheet != nil {
		return a.sheet
	}
	return a.views[a.at]
}

// lay puts a sheet over the view.
func (a *App) lay(s Sheet) tea.Cmd {
	a.sheet, a.sheets.then = s, nil
	return s.Enter()
}

// settle takes a sheet away that is done, and does what comes of it.
func (a *App) settle() tea.Cmd {
	if a.sheet == nil || !a.sheet.Done() {
		return nil
	}
	then := a.sheets.then
	a.sheet, a.sheets.then = nil, nil
	if then == nil {
		return nil
	}
	return then()
}

// key takes a key, and a sheet away that is done by it.
func (a *App) key(msg tea.KeyPressMsg) tea.Cmd {
	cmd := a.press(msg)
	return tea.Batch(cmd, a.settle())
}

// press does what a key means: to what is up, and else to the program.
func (a *App) press(msg tea.KeyPressMsg) tea.Cmd {
	top := a.top()
	pressed := msg.String()
	interrupted := a.interrupted
	a.interrupted = false
	action, pending, ok := a.sequence.Press(a.desk.Keys, top.Context(), pressed)
	if pending != "" {
		return nil
	}
	if !ok {
		if top.Typing() {
			return top.Key(msg)
		}
		return nil
	}
	if action == keys.Interrupt {
		return a.interrupt(interrupted)
	}
	if a.desk.Status.Level != desk.Note || !a.desk.Generating() {
		a.desk.Say(desk.Note, "")
	}
	if cmd, taken := top.Do(action); taken {
		return cmd
	}
	if a.sheet != nil {
		return nil
	}
	return a.do(action)
}

// interrupt stops what runs; the second time in a row, or when nothing runs,
// it quits.
func (a *App) interrupt(again bool) tea.Cmd {
	cmd, running := a.desk.Stop()
	a.interrupted = true
	switch {
	case again && a.sheet != nil:
		return tea.Quit
	case again:
		return a.quit()
	case running:
		return cmd
	case a.sheet != nil:
		cmd, _ = a.sheet.Do(keys.Back)
		return cmd
	}
	a.desk.Say(desk.Note, "Nothing runs; ctrl+c again quits.")
	return nil
}

// do does what a key means everywhere.
func (a *App) do(action keys.Action) tea.Cmd {
	d := a.desk
	if cmd, taken := a.open(action); taken {
		return cmd
	}
	switch action {
	case keys.Suspend:
		return tea.Suspend
	case keys.Redraw:
		return tea.ClearScreen
	case keys.Generate:
		return d.Again()
	case keys.Stronger:
		return d.Turn(1)
	case keys.Weaker:
		return d.Turn(-1)
	case keys.Neutral:
		return d.SetNeutral()
	case keys.LayerUp:
		return d.MoveLayers(1)
	case keys.LayerDown:
		return d.MoveLayers(-1)
	case keys.NextTerm:
		d.NextTerm(1)
	case keys.PreviousTerm:
		d.NextTerm(-1)
	case keys.CycleSelector:
		return d.CycleSelector()
	case keys.CycleVector:
		return d.CycleVector()
	case keys.Undo:
		return d.Undo()
	case keys.Redo:
		return d.Redo()
	case keys.NextProblem:
		return d.SetProblem(d.Problem + 1)
	case keys.PreviousProblem:
		return d.SetProblem(d.Problem - 1)
	case keys.GoCompare, keys.Back:
		return a.show(compareView)
	case keys.GoCursor:
		return a.show(cursorView)
	case keys.GoLayers:
		return a.show(layersView)
	case keys.GoVectors:
		return a.show(vectorsView)
	case keys.GoPlan:
		return a.show(planView)
	case keys.GoSweep:
		return a.show(sweepView)
	case keys.GoSettings:
		return a.show(settingsView)
	case keys.Type:
		cmd := a.show(compareView)
		typed, _ := a.views[compareView].Do(keys.Type)
		return tea.Batch(cmd, typed)
	}
	return nil
}

// show brings a view up.
func (a *App) show(view int) tea.Cmd {
	if a.at == view {
		return nil
	}
	if leaver, ok := a.views[a.at].(interface{ Leave() }); ok {
		leaver.Leave() // the view asks for nothing while it is not seen
	}
	a.at = view
	return a.views[view].Enter()
}

func (a *App) click(m tea.Mouse) tea.Cmd {
	a.sequence.Cancel()
	x, y := a.inside(m.X, m.Y)
	cmd := a.top().Click(x, y)
	return tea.Batch(cmd, a.settle())
}

func (a *App) wheel(m tea.Mouse) tea.Cmd {
	x, y := a.inside(m.X, m.Y)
	switch m.Button {
	case tea.MouseWheelUp:
		return a.top().Wheel(x, y, -3)
	case tea.MouseWheelDown:
		return a.top().Wheel(x, y, 3)
	}
	return nil
}

// inside turns a place on the screen into one in what is up.
func (a *App) inside(x, y int) (int, int) {
	if a.sheet != nil {
		left, top, _, _ := a.sheetAt()
		return x - left - 2, y - top - 1
	}
	return x, y - headerLines
}
