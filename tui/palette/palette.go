// Package palette is the sheet that finds a command by its name: all that the
// keys of the view below can do, in words, with the key that does it at the
// right. What was used last stands first. Typing narrows the list, enter runs.
package palette

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/list"
)

// A Sheet is the palette while it is up.
type Sheet struct {
	list     *list.List
	bindings []keys.Binding // one for each row
	chosen   keys.Action
	done     bool
}

// New returns the palette over a view in which the keys of a context act. The
// actions used lately, the last first, stand at the top.
func New(d *desk.Desk, where keys.Context, used []keys.Action) *Sheet {
	s := &Sheet{list: list.New(d.Theme, ": ", "what to do", list.Column{Right: true}), bindings: commands(d.Keys, where)}
	slices.SortStableFunc(s.bindings, func(a, b keys.Binding) int { return rank(used, a.Action) - rank(used, b.Action) })
	rows := make([]list.Row, len(s.bindings))
	for i, b := range s.bindings {
		rows[i] = list.Row{Key: string(b.Action), Text: b.Help, Also: b.Long, Cells: b.Keys[:min(1, len(b.Keys))]}
	}
	s.list.Set(rows)
	return s
}

// rank is how long ago an action was used; those that never were come last.
func rank(used []keys.Action, a keys.Action) int {
	if at := slices.Index(used, a); at >= 0 {
		return at
	}
	return len(used)
}

// commands are what can be done in a context. Where text is typed, what keys do
// everywhere can be chosen too, though no key does it.
func commands(m *keys.Map, where keys.Context) []keys.Binding {
	all := m.Bindings(where)
	for _, b := range m.Bindings(keys.Everywhere) {
		if !slices.ContainsFunc(all, func(other keys.Binding) bool { return other.Action == b.Action }) {
			b.Keys = nil
			all = append(all, b)
		}
	}
	return slices.DeleteFunc(all, func(b keys.Binding) bool { return b.Action == keys.Palette })
}

// Chosen is the action to run; ok is false if there is none.
func (s *Sheet) Chosen() (a keys.Action, ok bool) { return s.chosen, s.chosen != "" }

// Done reports whether the sheet is to be taken away.
func (s *Sheet) Done() bool { return s.done }

// widest is as wide as the sheet gets.
const widest = 110

// Size is how much room the sheet wants.
func (s *Sheet) Size(width, height int) (w, h int) {
	return min(width, widest), min(height, s.list.Height())
}

// Context says which keys act here.
func (s *Sheet) Context() keys.Context { return keys.List }

// Enter begins showing the sheet.
func (s *Sheet) Enter() tea.Cmd { return nil }

// Typing reports whether keys write text.
func (s *Sheet) Typing() bool { return true }

// Hints are the actions that the footer names.
func (s *Sheet) Hints() []keys.Action {
	return []keys.Action{keys.Choose, keys.Back}
}

// Do does what a key means here.
func (s *Sheet) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch {
	case a == keys.Back:
		s.done = true
	case a == keys.Choose:
		s.choose()
	default:
		return nil, s.list.Do(a)
	}
	return nil, true
}

func (s *Sheet) choose() {
	if i, ok := s.list.At(); ok {
		s.chosen, s.done = s.bindings[i].Action, true
	}
}

// Key takes a key that writes text.
func (s *Sheet) Key(msg tea.KeyPressMsg) tea.Cmd { s.list.Key(msg); return nil }

// Paste takes pasted text.
func (s *Sheet) Paste(text string) tea.Cmd { s.list.Paste(text); return nil }

// Click chooses the command at line y.
func (s *Sheet) Click(x, y int) tea.Cmd {
	if s.list.Click(y) {
		s.choose()
	}
	return nil
}

// Wheel moves by lines.
func (s *Sheet) Wheel(x, y, lines int) tea.Cmd { s.list.Wheel(lines); return nil }

// Receive takes in what a command brought.
func (s *Sheet) Receive(tea.Msg) tea.Cmd { return nil }

// View draws exactly width columns and height lines.
func (s *Sheet) View(width, height int) string {
	return strings.Join(frame.Block(s.list.View(width, height), width, height), "\n")
}
