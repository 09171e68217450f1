package vectors

import (
	"strings"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/keys"
)

// Typing reports whether keys write text.
func (s *Sheet) Typing() bool {
	switch {
	case s.saving != nil:
		return true
	case s.result != nil || s.running != 0:
		return false
	}
	return s.field == fileField || s.field == positiveField || s.field == negativeField || s.field == nameField
}

// doTyping does what a key means while text is typed. Texts are one a line, so
// enter begins the next one.
func (s *Sheet) doTyping(a keys.Action) (tea.Cmd, bool) {
	area := s.area()
	switch a {
	case keys.Generate, keys.Newline:
		switch {
		case area != nil:
			area.InsertString("\n")
		case a == keys.Generate:
			return s.derive(), true
		}
	case keys.Complete:
		if s.field == fileField && s.file.value() != "" && len(s.file.matches) == 0 {
			return s.file.complete(), true
		}
		s.step(1)
	case keys.Back:
		s.to(textsField)
	default:
		return nil, false
	}
	return nil, true
}

// area is the area of texts that is typed in; nil if none is.
func (s *Sheet) area() *textarea.Model {
	switch s.field {
	case positiveField:
		return &s.typed[0]
	case negativeField:
		return &s.typed[1]
	}
	return nil
}

// Key takes a key that writes text.
func (s *Sheet) Key(msg tea.KeyPressMsg) tea.Cmd {
	if s.saving != nil {
		return s.saving.key(msg)
	}
	pressed := msg.String()
	switch area := s.area(); {
	case pressed == "shift+tab":
		s.step(-1)
	case area != nil:
		*area, _ = area.Update(msg)
	case pressed == "up":
		s.step(-1)
	case pressed == "down":
		s.step(1)
	default:
		s.write(msg)
	}
	return nil
}

// Paste takes pasted text.
func (s *Sheet) Paste(text string) tea.Cmd {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	switch area := s.area(); {
	case s.saving != nil:
		if s.saving.over == "" {
			s.saving.path.key(tea.PasteMsg{Content: text})
		}
	case !s.Typing():
	case area != nil:
		area.InsertString(text)
	default:
		s.write(tea.PasteMsg{Content: text})
	}
	return nil
}

// write writes into the line that is typed.
func (s *Sheet) write(msg tea.Msg) {
	if s.field == fileField {
		s.file.key(msg)
		s.follow()
		return
	}
	before := s.name.Value()
	input, _ := s.name.Update(msg)
	s.name = &input
	s.nameSet = s.nameSet || input.Value() != before
}
