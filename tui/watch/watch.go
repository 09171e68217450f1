// Package watch is the screen of a run of an eval set while it computes: how
// far it is and how long it will take, how the lanes do so far, and the newest
// answers. ctrl+c, or q, lets the answers under way end; a second time it ends
// the run at once. The screen never asks for anything else, and leaves when it
// is told that the run is [Over].
//
// Scores on it are those so far: what a run comes to is said by package
// summary.
package watch

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/eval"
	"tiller/tui/dress"
	"tiller/tui/keys"
	"tiller/tui/settings"
)

// Options say what is watched.
type Options struct {
	Spec     eval.Spec
	Folder   string // of the run
	Settings settings.Settings
	Keys     *keys.Map
	// Interrupt is called when the person asks for the end: the first time to
	// let the answers under way end, again to end at once.
	Interrupt func(again bool)
}

// A Frame is what happened since the one before.
type Frame struct {
	// At is the time since the run began to compute.
	At     time.Duration
	Events []eval.Progress
}

// Stopping says that the run was asked to end, by whomever; again at once.
type Stopping struct{ Again bool }

// Over says that the run has ended.
type Over struct{}

// A Screen is the model of the program.
type Screen struct {
	options  Options
	dress    *dress.Dress
	sequence keys.Sequence

	width, height int
	tally         *tally
	progress      progress
	asked         int // how often the person or the system asked for the end
	first         int // row of the table of lanes that is in sight first
}

// New returns the screen of a run.
func New(o Options) *Screen {
	return &Screen{options: o, dress: dress.New(o.Settings), tally: newTally(o.Spec)}
}

// Seed takes in an answer that was there before the run went on.
func (s *Screen) Seed(a *eval.Sample) { s.tally.add(a, nil) }

// Init asks the terminal for its background.
func (s *Screen) Init() tea.Cmd { return s.dress.Ask() }

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
	case Frame:
		s.take(msg)
	case Stopping:
		s.asked = max(s.asked, 1)
		if msg.Again {
			s.asked = 2
		}
	case Over:
		return s, tea.Quit
	}
	return s, nil
}

func (s *Screen) take(f Frame) {
	s.progress.at(f.At)
	for _, e := range f.Events {
		s.progress.add(e)
		if e.Sample != nil {
			s.tally.add(e.Sample, e.Problem)
		}
	}
}

// key does what a key means.
func (s *Screen) key(msg tea.KeyPressMsg) tea.Cmd {
	action, _, _ := s.sequence.Press(s.options.Keys, keys.Everywhere, msg.String())
	switch action {
	case keys.Interrupt, keys.Quit:
		return s.interrupt()
	case keys.Up:
		s.first--
	case keys.Down:
		s.first++
	case keys.Redraw:
		return tea.ClearScreen
	}
	return nil
}

// interrupt asks for the end, at most twice.
func (s *Screen) interrupt() tea.Cmd {
	if s.asked == 2 {
		return nil
	}
	again := s.asked == 1
	s.asked++
	return func() tea.Msg {
		s.options.Interrupt(again)
		return nil
	}
}
