// Package layers is a view of the screen.
package layers

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
)

// A View is the state that no other view shares.
type View struct{ d *desk.Desk }

// New returns the view of a desk.
func New(d *desk.Desk) *View { return &View{d: d} }

// Context says which keys act here.
func (v *View) Context() keys.Context { return keys.Layers }

// Enter begins showing the view.
func (v *View) Enter() tea.Cmd { return nil }

// Typing reports whether keys write text.
func (v *View) Typing() bool { return false }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action { return []keys.Action{keys.Back} }

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(keys.Action) (cmd tea.Cmd, taken bool) { return nil, false }

// Key takes a key that writes text.
func (v *View) Key(tea.KeyPressMsg) tea.Cmd { return nil }

// Paste takes pasted text.
func (v *View) Paste(string) tea.Cmd { return nil }

// Click takes a click at column x and line y of the view.
func (v *View) Click(x, y int) tea.Cmd { return nil }

// Wheel scrolls by lines.
func (v *View) Wheel(x, y, lines int) tea.Cmd { return nil }

// Receive takes in what a command brought.
func (v *View) Receive(tea.Msg) tea.Cmd { return nil }

// View draws exactly width columns and height lines.
func (v *View) View(width, height int) string {
	return strings.Join(frame.Block(nil, width, height), "\n")
}
