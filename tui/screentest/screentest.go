// Package screentest drives views and sheets in tests: it runs their commands
// with a real engine on the embedded model.
package screentest

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/theme"
)

// A Receiver takes in what commands bring.
type Receiver interface{ Receive(tea.Msg) tea.Cmd }

// A Screen is a desk whose commands are run until nothing is left to do.
type Screen struct {
	Desk *desk.Desk
	// Seen are all messages, in order.
	Seen []tea.Msg

	t testing.TB
}

// New returns a desk without a model. The environment holds what is given.
func New(t testing.TB, environment map[string]string, o engine.Options) *Screen {
	t.Helper()
	o.Threads, o.Frame = 1, 1
	o.Getenv = func(name string) string { return environment[name] }
	e := engine.New(library.New(assets.FS), o)
	t.Cleanup(e.Close)
	return &Screen{Desk: desk.New(e, theme.New(theme.Dark, true, colorprofile.TrueColor), keys.Default()), t: t}
}

// Open returns a desk with the embedded base model, its first question answered
// by both lanes.
func Open(t testing.TB) *Screen {
	t.Helper()
	s := New(t, nil, engine.Options{})
	s.Run(s.Desk.Open("embedded:base"))
	if s.Desk.Model.Ref == "" {
		t.Fatalf("the model did not open: %s", s.Desk.Status.Text)
	}
	return s
}

// limit is how long all commands together may take.
const limit = time.Minute

// Run runs a command, and those that come of it, one after the other. What they
// bring goes to the desk and then to the receivers.
func (s *Screen) Run(cmd tea.Cmd, to ...Receiver) {
	s.t.Helper()
	begun := time.Now()
	for queue := []tea.Cmd{cmd}; len(queue) > 0; {
		if time.Since(begun) > limit {
			s.t.Fatal("the commands do not come to an end")
		}
		cmd, queue = queue[0], queue[1:]
		if cmd == nil {
			continue
		}
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			queue = append(queue, batch...)
			continue
		}
		if msg == nil {
			continue
		}
		s.Seen = append(s.Seen, msg)
		queue = append(queue, s.Desk.Receive(msg))
		for _, r := range to {
			queue = append(queue, r.Receive(msg))
		}
	}
}

// Type presses the keys that write a text.
func Type(to interface{ Key(tea.KeyPressMsg) tea.Cmd }, text string) tea.Cmd {
	var cmds []tea.Cmd
	for _, r := range text {
		cmds = append(cmds, to.Key(tea.KeyPressMsg{Code: r, Text: string(r)}))
	}
	return tea.Batch(cmds...)
}
