package vectors

import tea "charm.land/bubbletea/v2"

// An area is where something was drawn.
type area struct{ x, y, width, height int }

func (a area) has(x, y int) bool {
	return x >= a.x && x < a.x+a.width && y >= a.y && y < a.y+a.height
}

// Click selects the vector of a line, or the details.
func (v *View) Click(x, y int) tea.Cmd {
	if v.Typing() {
		return nil
	}
	list := v.list()
	switch {
	case v.listed.has(x, y):
		v.details = false
		if at := v.top + y - v.listed.y; at < len(list) {
			v.selected, v.detailTop = list[at].Name, 0
		}
	case v.detailed.has(x, y):
		v.details = true
	}
	return v.look()
}

// Wheel scrolls by lines.
func (v *View) Wheel(x, y, lines int) tea.Cmd {
	switch {
	case v.listed.has(x, y) && !v.Typing():
		v.selectBy(lines / max(1, abs(lines)))
		return v.look()
	case v.detailed.has(x, y):
		v.detailTop += lines
	}
	return nil
}

// Click takes a click at column x and line y of the sheet.
func (s *Sheet) Click(x, y int) tea.Cmd {
	if s.saving != nil || s.result != nil || s.running != 0 {
		return nil
	}
	for _, f := range s.order() {
		at := s.fields[f]
		switch {
		case !at.has(x, y):
			continue
		case f == textsField:
			s.to(f)
			s.choose(s.top + y - at.y)
		case f == s.field && (f == methodField || f == chatField):
			s.turn(1)
		default:
			s.to(f)
		}
	}
	return nil
}

// Wheel scrolls by lines.
func (s *Sheet) Wheel(x, y, lines int) tea.Cmd {
	if s.fields[textsField].has(x, y) && s.result == nil && s.running == 0 {
		s.choose(s.choice + lines/max(1, abs(lines)))
	}
	return nil
}

func abs(n int) int { return max(n, -n) }
