package copier

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/visible"
)

// Done reports whether the sheet is to be taken away.
func (s *Sheet) Done() bool { return s.done }

// head is how many lines stand above the items.
const head = 1

// widest is as wide as the sheet gets.
const widest = 90

// Size is how much room the sheet wants.
func (s *Sheet) Size(width, height int) (w, h int) {
	return min(width, widest), min(height, head+len(s.items))
}

// Context says which keys act here.
func (s *Sheet) Context() keys.Context { return keys.List }

// Enter begins showing the sheet.
func (s *Sheet) Enter() tea.Cmd { return nil }

// Typing reports whether letters come as they are typed.
func (s *Sheet) Typing() bool { return true }

// Letters reports that keys choose rather than write.
func (s *Sheet) Letters() bool { return true }

// Hints are the actions that the footer names.
func (s *Sheet) Hints() []keys.Action { return []keys.Action{keys.Choose, keys.Back} }

// Do does what a key means here; taken is false if it means nothing.
func (s *Sheet) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch a {
	case keys.Up:
		s.at = max(0, s.at-1)
	case keys.Down:
		s.at = min(len(s.items)-1, s.at+1)
	case keys.Top:
		s.at = 0
	case keys.Bottom:
		s.at = len(s.items) - 1
	case keys.Choose:
		return s.copy(s.items[s.at]), true
	case keys.Back:
		s.done = true
	default:
		return nil, false
	}
	return nil, true
}

// Key copies what a letter stands for.
func (s *Sheet) Key(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.Text {
	case "j":
		s.Do(keys.Down)
	case "k":
		s.Do(keys.Up)
	case "q", "y":
		s.done = true
	}
	for _, i := range s.items {
		if i.letter == msg.Text {
			return s.copy(i)
		}
	}
	return nil
}

// Paste takes pasted text, which means nothing here.
func (s *Sheet) Paste(string) tea.Cmd { return nil }

// Click copies what stands at line y.
func (s *Sheet) Click(x, y int) tea.Cmd {
	if i := y - head; i >= 0 && i < len(s.items) {
		s.at = i
		return s.copy(s.items[i])
	}
	return nil
}

// Wheel moves by lines.
func (s *Sheet) Wheel(x, y, lines int) tea.Cmd {
	s.at = max(0, min(len(s.items)-1, s.at+lines/3))
	return nil
}

// Receive takes in what a command brought: answers may have grown.
func (s *Sheet) Receive(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(engine.Generated); ok {
		s.read()
	}
	return nil
}

// View draws exactly width columns and height lines.
func (s *Sheet) View(width, height int) string {
	th := s.d.Theme
	name := 0
	for _, i := range s.items {
		name = max(name, frame.Width(i.name))
	}
	lines := []string{th.Title.Render("Copy")}
	for n, i := range s.items {
		marker, letter, style := "  ", th.Key.Render(i.letter), th.Text
		switch {
		case n == s.at:
			marker, style = th.Accent.Render("▸ "), th.Accent
		case i.text == "":
			letter, style = th.Faint.Render(i.letter), th.Faint
		}
		about := frame.Clip(visible.Line(i.about), width-name-7)
		lines = append(lines, marker+letter+"  "+frame.Fit(style.Render(i.name), name)+"  "+th.Faint.Render(about))
	}
	return strings.Join(frame.Block(lines, width, height), "\n")
}
