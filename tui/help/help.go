// Package help is the sheet that says what the keys do: those of the view below
// first, then those that act everywhere, made from the key map; and at the end
// what the marks and figures on the screen mean. It scrolls as a view does, "/"
// narrows it, and esc, q or the key that brought it up closes it.
package help

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/theme"
)

// A Sheet is help while it is up.
type Sheet struct {
	theme  *theme.Theme
	groups []group
	filter textinput.Model
	typing bool // the filter is typed
	top    int  // first line in sight
	lines  int  // in all, when drawn last
	height int  // in sight, when drawn last
	done   bool
	laid   map[layout][]string // what flow returned
}

// A layout is what the lines of keys depend on.
type layout struct {
	width  int
	filter string
}

// New returns help over a view in which the keys of a context act.
func New(d *desk.Desk, where keys.Context) *Sheet {
	filter := list.Input(d.Theme, "/", "")
	return &Sheet{theme: d.Theme, groups: groups(d.Keys, where), filter: filter, laid: map[layout][]string{}}
}

// Done reports whether the sheet is to be taken away.
func (s *Sheet) Done() bool { return s.done }

// Size is how much room the sheet wants: as many columns of keys as fit.
func (s *Sheet) Size(width, height int) (w, h int) {
	w = min(width, columns(width)*(widest+gap)-gap)
	return w, min(height, head+len(s.flow(w, "")))
}

// Context says which keys act here.
func (s *Sheet) Context() keys.Context {
	if s.typing {
		return keys.List
	}
	return keys.Everywhere
}

// Enter begins showing the sheet.
func (s *Sheet) Enter() tea.Cmd { return nil }

// Typing reports whether keys write text.
func (s *Sheet) Typing() bool { return s.typing }

// Hints are the actions that the footer names.
func (s *Sheet) Hints() []keys.Action {
	if s.typing {
		return []keys.Action{keys.Choose, keys.Back}
	}
	return []keys.Action{keys.Search, keys.PageDown, keys.PageUp, keys.Back}
}

// Do does what a key means here. It takes all keys: what they do in the view
// below is only told.
func (s *Sheet) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	page := max(1, s.height-1)
	switch a {
	case keys.Back:
		s.back()
	case keys.Help, keys.Quit:
		s.done = true
	case keys.Choose:
		s.typing = false
	case keys.Search:
		s.typing = true
		s.filter.CursorEnd()
	case keys.Up:
		s.scroll(-1)
	case keys.Down:
		s.scroll(1)
	case keys.HalfUp:
		s.scroll(-page / 2)
	case keys.HalfDown:
		s.scroll(page / 2)
	case keys.PageUp:
		s.scroll(-page)
	case keys.PageDown:
		s.scroll(page)
	case keys.Top:
		s.scroll(-s.lines)
	case keys.Bottom:
		s.scroll(s.lines)
	}
	return nil, true
}

// back leaves what is open, innermost first.
func (s *Sheet) back() {
	switch {
	case s.typing || s.filter.Value() != "":
		s.typing = false
		s.filter.SetValue("")
		s.top = 0
	default:
		s.done = true
	}
}

func (s *Sheet) scroll(by int) { s.top = max(0, min(s.top+by, s.lines-s.height)) }

// Key takes a key that writes text.
func (s *Sheet) Key(msg tea.KeyPressMsg) tea.Cmd { return s.narrow(msg) }

// Paste takes pasted text.
func (s *Sheet) Paste(text string) tea.Cmd { return s.narrow(tea.PasteMsg{Content: text}) }

func (s *Sheet) narrow(msg tea.Msg) tea.Cmd {
	if s.typing {
		s.filter, _ = s.filter.Update(msg)
		s.top = 0
	}
	return nil
}

// Click takes a click at column x and line y of the sheet.
func (s *Sheet) Click(x, y int) tea.Cmd { return nil }

// Wheel scrolls by lines.
func (s *Sheet) Wheel(x, y, lines int) tea.Cmd { s.scroll(lines); return nil }

// Receive takes in what a command brought.
func (s *Sheet) Receive(tea.Msg) tea.Cmd { return nil }

// head is how many lines stand above the keys.
const head = 1

// View draws exactly width columns and height lines.
func (s *Sheet) View(width, height int) string {
	th := s.theme
	all := s.flow(width, s.filter.Value())
	s.lines, s.height = len(all), max(0, height-head)
	s.scroll(0)
	title := th.Title.Render("Keys") + th.Faint.Render("  and what the marks mean, at the end")
	if s.typing {
		s.filter.SetWidth(max(1, width/2))
		title = s.filter.View()
	} else if text := s.filter.Value(); text != "" {
		title = th.Accent.Render("/") + text
	}
	lines := append([]string{frame.Ends(title, th.Faint.Render(s.where()), width)}, all[s.top:min(len(all), s.top+s.height)]...)
	return strings.Join(frame.Block(lines, width, height), "\n")
}

// where says how much lies above and below what is in sight.
func (s *Sheet) where() string {
	switch {
	case s.lines <= s.height:
		return ""
	case s.top == 0:
		return "more below ↓"
	case s.top+s.height >= s.lines:
		return "↑ the end"
	}
	return "↑ more ↓"
}
