package main

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/settings"
)

// broken panics where it is told to.
type broken struct{ update, view bool }

func (b broken) Init() tea.Cmd { return nil }

func (b broken) Update(tea.Msg) (tea.Model, tea.Cmd) {
	if b.update {
		panic("update")
	}
	return b, nil
}

func (b broken) View() tea.View {
	if b.view {
		panic("view")
	}
	return tea.NewView("")
}

// TestProgram makes a panic of the model an error.
func TestProgram(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := newProgram(t.Context(), broken{update: true}, settings.Defaults())
	if _, cmd := (programModel{p}).Update(nil); cmd == nil || p.crash == nil || !strings.Contains(p.crash.Error(), "inside tiller: update") {
		t.Errorf("a panic in Update becomes %v", p.crash)
	}
	if _, cmd := (programModel{p}).Update(nil); cmd == nil {
		t.Error("it goes on after a panic")
	}
	p = newProgram(t.Context(), broken{}, settings.Defaults())
	if _, cmd := (programModel{p}).Update(nil); cmd != nil || p.crash != nil {
		t.Errorf("without a panic there is %v", p.crash)
	}
}
