package main

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/settings"
)

// A program is a screen of its own behind a wall: a panic in it becomes an
// error, and the terminal is given back as it was.
type program struct {
	tea.Model
	*tea.Program
	crash error
}

// newProgram returns a program that shows a model. It leaves signals alone, and
// ends with ctx.
func newProgram(ctx context.Context, m tea.Model, s settings.Settings) *program {
	p := &program{Model: m}
	p.Program = tea.NewProgram(programModel{p}, tea.WithContext(ctx), tea.WithoutSignalHandler(),
		tea.WithEnvironment(environment()), tea.WithFPS(s.Frames))
	return p
}

// run shows the screen until it ends, whose error is a sentence.
func (p *program) run() error {
	_, err := p.Program.Run()
	switch {
	case p.crash != nil:
		return p.crash
	case err != nil:
		return fmt.Errorf("the screen ended: %w", err)
	}
	return nil
}

func (p *program) caught(cause any) {
	p.crash = fmt.Errorf("something went wrong inside tiller: %v%s", cause, reportPanic(cause))
}

// programModel is what Bubble Tea sees of a program.
type programModel struct{ *program }

func (m programModel) Init() tea.Cmd { return m.Model.Init() }

func (m programModel) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	if m.crash != nil {
		return m, tea.Quit
	}
	defer func() {
		if cause := recover(); cause != nil {
			m.caught(cause)
			cmd = tea.Quit
		}
	}()
	_, cmd = m.Model.Update(msg)
	return m, cmd
}

func (m programModel) View() (v tea.View) {
	defer func() {
		if cause := recover(); cause != nil {
			m.caught(cause)
			v = tea.NewView("")
			go m.Quit() // nothing else would
		}
	}()
	return m.Model.View()
}
