// Package asker is the sheets that ask one thing: a line of text, such as a
// file's name, or yes or no.
package asker

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/theme"
	"tiller/tui/visible"
)

// widest is as wide as these sheets get.
const widest = 76

// A Sheet asks for a line of text.
type Sheet struct {
	theme *theme.Theme
	title string
	input textinput.Model
	fresh bool // the line is the proposal as it was: what is typed replaces it
	taken bool
	done  bool
}

// New returns a sheet that asks for a line, with one to begin from.
func New(d *desk.Desk, title, proposal string) *Sheet {
	s := &Sheet{theme: d.Theme, title: visible.Line(title), input: list.Input(d.Theme, "› ", "")}
	s.input.SetValue(proposal)
	s.input.CursorEnd()
	s.fresh = true
	return s
}

// Chosen is the line; ok is false unless it was taken.
func (s *Sheet) Chosen() (text string, ok bool) { return strings.TrimSpace(s.input.Value()), s.taken }

// Done reports whether the sheet is to be taken away.
func (s *Sheet) Done() bool { return s.done }

// Size is how much room the sheet wants.
func (s *Sheet) Size(width, height int) (w, h int) { return min(width, widest), min(height, 3) }

// Context says which keys act here.
func (s *Sheet) Context() keys.Context { return keys.List }

// Enter begins showing the sheet.
func (s *Sheet) Enter() tea.Cmd { return nil }

// Typing reports whether keys write text.
func (s *Sheet) Typing() bool { return true }

// Hints are the actions that the footer names.
func (s *Sheet) Hints() []keys.Action { return []keys.Action{keys.Choose, keys.Back} }

// Do does what a key means here; taken is false if it means nothing.
func (s *Sheet) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch a {
	case keys.Choose:
		if strings.TrimSpace(s.input.Value()) != "" {
			s.taken, s.done = true, true
		}
	case keys.Back:
		s.done = true
	case keys.Top:
		s.fresh = false
		s.input.CursorStart()
	case keys.Bottom:
		s.fresh = false
		s.input.CursorEnd()
	default:
		return nil, false
	}
	return nil, true
}

// Key takes a key that writes text.
func (s *Sheet) Key(msg tea.KeyPressMsg) tea.Cmd {
	if msg.Text != "" {
		s.replace()
	}
	s.fresh = false
	s.input, _ = s.input.Update(msg)
	return nil
}

// replace clears a proposal that nobody has moved into to change.
func (s *Sheet) replace() {
	if s.fresh {
		s.input.SetValue("")
	}
}

// Paste takes pasted text.
func (s *Sheet) Paste(text string) tea.Cmd {
	s.replace()
	s.fresh = false
	s.input, _ = s.input.Update(tea.PasteMsg{Content: text})
	return nil
}

// Click takes a click at column x and line y of the sheet.
func (s *Sheet) Click(x, y int) tea.Cmd { return nil }

// Wheel scrolls by lines.
func (s *Sheet) Wheel(x, y, lines int) tea.Cmd { return nil }

// Receive takes in what a command brought.
func (s *Sheet) Receive(tea.Msg) tea.Cmd { return nil }

// View draws exactly width columns and height lines.
func (s *Sheet) View(width, height int) string {
	s.input.SetWidth(max(1, width-4))
	hint := s.theme.Faint.Render("enter takes it · esc doesn't")
	return strings.Join(frame.Block([]string{s.theme.Title.Render(s.title), s.input.View(), hint}, width, height), "\n")
}

// A Confirm asks for yes or no.
type Confirm struct {
	Sheet
	question, yes, no string
	said              bool
}

// NewConfirm returns a sheet that asks a question, and says in a few words what
// y and n do. Enter and esc mean no.
func NewConfirm(d *desk.Desk, question, yes, no string) *Confirm {
	return &Confirm{Sheet: Sheet{theme: d.Theme}, question: visible.Line(question), yes: yes, no: no}
}

// Yes reports whether that was the answer.
func (c *Confirm) Yes() bool { return c.said }

// Letters reports that keys answer rather than write.
func (c *Confirm) Letters() bool { return true }

// Size is how much room the sheet wants.
func (c *Confirm) Size(width, height int) (w, h int) {
	w = min(width, max(frame.Width(c.question), frame.Width(c.yes)+frame.Width(c.no)+8)+2, widest)
	return w, min(height, len(c.lines(w))+2)
}

// lines is the question, broken.
func (c *Confirm) lines(width int) []string {
	return strings.Split(lipgloss.Wrap(c.question, max(1, width), ""), "\n")
}

// Do does what a key means here; taken is false if it means nothing.
func (c *Confirm) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	if a == keys.Choose || a == keys.Back {
		c.done = true
		return nil, true
	}
	return nil, false
}

// Key takes an answer.
func (c *Confirm) Key(msg tea.KeyPressMsg) tea.Cmd {
	switch strings.ToLower(msg.Text) {
	case "y":
		c.said, c.done = true, true
	case "n", "q":
		c.done = true
	}
	return nil
}

// Paste takes pasted text, which answers nothing.
func (c *Confirm) Paste(string) tea.Cmd { return nil }

// Hints are the actions that the footer names.
func (c *Confirm) Hints() []keys.Action { return []keys.Action{keys.Back} }

// View draws exactly width columns and height lines.
func (c *Confirm) View(width, height int) string {
	th := c.theme
	lines := []string{}
	for _, line := range c.lines(width) {
		lines = append(lines, th.Text.Render(line))
	}
	answer := func(key, text string) string { return th.Key.Render(key) + " " + th.Faint.Render(text) }
	lines = append(lines, "", answer("y", c.yes)+"   "+answer("n", c.no))
	return strings.Join(frame.Block(lines, width, height), "\n")
}
