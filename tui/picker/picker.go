// Package picker is the sheet that opens a model: those opened before, the
// embedded ones, and those found on this machine, as they are found. Typing
// narrows the list; a path that is typed lists what it may become, and enter
// goes into a folder or opens a model. Models that can't be opened stand there
// faintly, with the reason.
package picker

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/list"
)

// A Sheet is the picker while it is up.
type Sheet struct {
	d      *desk.Desk
	list   *list.List
	recent []string

	search int // generation of the search for models; 0 when it is over
	found  []engine.FoundModel
	notes  []string
	more   bool // there are more models than were looked at

	asked  int  // generation of the newest question what a path may become; 0 once it is answered
	eager  bool // enter was pressed before that
	places []engine.Place
	paths  bool // the rows are places

	chosen string
	done   bool
}

// New returns the picker. Recent are the references of models opened before,
// the last first.
func New(d *desk.Desk, recent []string) *Sheet {
	s := &Sheet{d: d, recent: recent}
	s.list = list.New(d.Theme, "open: ", "name of a model, or a path",
		list.Column{From: 60}, list.Column{Right: true}, list.Column{From: 70}, list.Column{From: 90})
	return s
}

// Chosen is the reference of the model to open; ok is false if there is none.
func (s *Sheet) Chosen() (ref string, ok bool) { return s.chosen, s.chosen != "" }

// Done reports whether the sheet is to be taken away.
func (s *Sheet) Done() bool { return s.done }

// Context says which keys act here.
func (s *Sheet) Context() keys.Context { return keys.List }

// Enter begins to look for models.
func (s *Sheet) Enter() tea.Cmd {
	s.search = s.d.Begin("looking for models")
	return s.d.Engine.Models(s.search, s.recent)
}

// Typing reports whether keys write text.
func (s *Sheet) Typing() bool { return true }

// Hints are the actions that the footer names.
func (s *Sheet) Hints() []keys.Action {
	return []keys.Action{keys.Choose, keys.Back}
}

// Do does what a key means here; taken is false if it means nothing.
func (s *Sheet) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch a {
	case keys.Back:
		return s.close(), true
	case keys.Choose:
		return s.choose(), true
	}
	return nil, s.list.Do(a)
}

// close ends the sheet, and the search with it.
func (s *Sheet) close() tea.Cmd {
	s.done = true
	if s.search == 0 {
		return nil
	}
	s.d.Over(s.search)
	return s.d.Engine.Drop(s.search)
}

// choose opens the model under the cursor, or goes into the folder.
func (s *Sheet) choose() tea.Cmd {
	i, ok := s.list.At()
	switch {
	case s.asked != 0:
		s.eager = true
	case !ok && isPath(s.list.Text()):
		s.d.Say(desk.Warning, "%s is not there.", s.list.Text())
	case !ok:
	case s.paths && s.places[i].Folder:
		folder, _ := filepath.Split(s.list.Text())
		s.list.Type(folder + s.places[i].Name + string(filepath.Separator))
		return s.typed()
	case s.paths:
		s.chosen = s.places[i].Ref
	case s.found[i].Why != "":
		s.d.Say(desk.Warning, "%s can't be opened: %s", s.found[i].Name, s.found[i].Why)
	default:
		s.chosen = s.found[i].Ref
	}
	if s.chosen != "" {
		return s.close()
	}
	return nil
}

// Key takes a key that writes text.
func (s *Sheet) Key(msg tea.KeyPressMsg) tea.Cmd {
	s.list.Key(msg)
	return s.typed()
}

// Paste takes pasted text.
func (s *Sheet) Paste(text string) tea.Cmd {
	s.list.Paste(text)
	return s.typed()
}

// isPath reports whether what is typed is to be a path rather than letters of a
// name.
func isPath(text string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(filepath.ToSlash(text), prefix) }
	return filepath.IsAbs(text) || begins("/") || begins("~") || begins("./") || begins("../")
}

// typed asks what a path may become, or shows the models again.
func (s *Sheet) typed() tea.Cmd {
	text := s.list.Text()
	s.eager = false
	if isPath(text) {
		s.asked = s.d.Next()
		return s.d.Engine.Places(s.asked, text)
	}
	s.asked = 0
	if s.paths {
		s.paths = false
		s.fill()
	}
	return nil
}

// Receive takes in what was found.
func (s *Sheet) Receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case engine.Models:
		if msg.Gen != s.search {
			return nil
		}
		s.found = append(s.found, msg.Found...)
		slices.SortStableFunc(s.found, func(a, b engine.FoundModel) int { return refused(a) - refused(b) })
		s.notes, s.more = append(s.notes, msg.Notes...), s.more || msg.Truncated
		if !s.paths {
			s.fill()
		}
		if msg.Done {
			s.d.Over(s.search)
			s.search = 0
			return nil
		}
		return s.d.Engine.More(msg.Gen)
	case engine.Places:
		if msg.Gen != s.asked {
			return nil
		}
		s.asked, s.paths, s.places = 0, true, msg.Found
		s.fill()
		if s.eager {
			s.eager = false
			return s.choose()
		}
	case engine.Failed:
		switch msg.Gen {
		case s.search:
			s.search = 0
		case s.asked:
			s.asked, s.eager = 0, false
		}
	}
	return nil
}

// refused puts the models that can't be opened last.
func refused(m engine.FoundModel) int {
	if m.Why != "" {
		return 1
	}
	return 0
}

// fill makes the rows.
func (s *Sheet) fill() {
	if s.paths {
		s.fillPlaces()
		return
	}
	rows := make([]list.Row, len(s.found))
	for i, m := range s.found {
		rows[i] = list.Row{Key: m.Ref, Text: m.Name, Cells: []string{m.Architecture, size(m.Bytes), day(m), m.Where}, Faint: m.Why != ""}
		if m.Why != "" {
			rows[i].Also = "✗ " + m.Why
		}
		if m.Ref == s.d.Model.Ref {
			rows[i].Also = "open now"
		}
	}
	s.list.Set(rows)
}

// fillPlaces makes rows of what a path may become. They all have what is typed,
// so that none is left out.
func (s *Sheet) fillPlaces() {
	folder, _ := filepath.Split(s.list.Text())
	rows := make([]list.Row, len(s.places))
	for i, p := range s.places {
		name := folder + p.Name
		if p.Folder {
			name += string(filepath.Separator)
		}
		rows[i] = list.Row{Key: p.Ref, Text: name, Cells: []string{"", size(p.Bytes)}}
	}
	s.list.Set(rows)
}

// Click chooses what stands at line y.
func (s *Sheet) Click(x, y int) tea.Cmd {
	if s.list.Click(y) {
		return s.choose()
	}
	return nil
}

// Wheel moves by lines.
func (s *Sheet) Wheel(x, y, lines int) tea.Cmd { s.list.Wheel(lines); return nil }

// size writes bytes in decimal units.
func size(bytes int64) string {
	switch {
	case bytes <= 0:
		return ""
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.0f kB", max(1, float64(bytes)/1e3))
}

// day is when a model last changed.
func day(m engine.FoundModel) string {
	if m.Modified.IsZero() {
		return ""
	}
	return m.Modified.Format("2006-01-02")
}

// sentences are what there is to say about the search.
func (s *Sheet) sentences() []string {
	out := slices.Clone(s.notes)
	if s.more {
		out = append(out, "There are more models here than were looked at: type a path to one.")
	}
	return out
}
