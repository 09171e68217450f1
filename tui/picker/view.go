package picker

import (
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/tui/frame"
	"tiller/tui/visible"
)

// widest is as wide as the sheet gets.
const widest = 130

// foot is how many lines below the list are about the row under the cursor.
const foot = 3

// Size is how much room the sheet wants. It does not grow while models are
// found.
func (s *Sheet) Size(width, height int) (w, h int) { return min(width, widest), min(height, 24) }

// View draws exactly width columns and height lines.
func (s *Sheet) View(width, height int) string {
	th := s.d.Theme
	below := foot
	if height < 12 {
		below = 1
	}
	lines := s.list.View(width, max(0, height-below-1))
	lines = append(lines, th.Frame.Render(strings.Repeat("─", width)))
	for _, line := range frame.Block(wrap(s.about(), width), width, below) {
		lines = append(lines, th.Faint.Render(line))
	}
	return strings.Join(frame.Block(lines, width, height), "\n")
}

// wrap breaks untrusted text.
func wrap(text string, width int) []string {
	return strings.Split(lipgloss.Wrap(visible.Line(text), max(1, width), ""), "\n")
}

// about says what is under the cursor, or what can be done.
func (s *Sheet) about() string {
	i, ok := s.list.At()
	switch {
	case ok && s.paths && s.places[i].Folder:
		return "A folder: enter goes into it."
	case ok && s.paths:
		return "enter opens " + s.places[i].Ref
	case s.paths:
		return "Nothing there is called so: folders, GGUF files and Hugging Face folders are listed."
	case ok && s.found[i].Why != "":
		return "✗ " + s.found[i].Name + ": " + s.found[i].Why
	}
	about := []string{}
	if ok {
		about = append(about, s.found[i].Ref)
	}
	if s.search != 0 {
		about = append(about, "Looking for more …")
	}
	return strings.Join(append(about, s.sentences()...), " · ")
}
