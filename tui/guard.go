package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// A Guard is the App behind a wall: a panic in it becomes an error, and the
// terminal is given back as it was.
type Guard struct {
	*App
	// Quit ends the program; it is called when drawing panics, since nothing
	// else would.
	Quit func()
	// Crash is the error that a panic became; nil if there was none.
	Crash error

	report func(cause any) string
}

// NewGuard guards an app. report writes down what a developer needs to know of
// a panic, and says where it is, as the end of a sentence.
func NewGuard(a *App, report func(cause any) string) *Guard {
	return &Guard{App: a, report: report}
}

// caught takes in a panic.
func (g *Guard) caught(cause any) {
	g.Crash = fmt.Errorf("something went wrong inside tiller: %v%s", cause, g.report(cause))
}

// Update implements [tea.Model].
func (g *Guard) Update(msg tea.Msg) (m tea.Model, cmd tea.Cmd) {
	if g.Crash != nil {
		return g, tea.Quit
	}
	defer func() {
		if cause := recover(); cause != nil {
			g.caught(cause)
			m, cmd = g, tea.Quit
		}
	}()
	_, cmd = g.App.Update(msg)
	return g, cmd
}

// View implements [tea.Model].
func (g *Guard) View() (v tea.View) {
	defer func() {
		if cause := recover(); cause != nil {
			g.caught(cause)
			v = tea.NewView("")
			if g.Quit != nil {
				go g.Quit()
			}
		}
	}()
	return g.App.View()
}
