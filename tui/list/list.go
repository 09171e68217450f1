// Package list draws a list that typing narrows: a line of text, and below it
// the rows that have its words, the best first. The palette, the picker of
// models and other sheets are made from it. It takes the keys of [keys.List].
package list

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
	"tiller/tui/visible"
)

// A Row is one line of a list. Its texts are untrusted.
type Row struct {
	// Key tells a row from others when the rows are replaced.
	Key string
	// Text stands first, and Also faintly after it; typing searches both.
	Text, Also string
	// Cells stand in the list's columns, at its right end.
	Cells []string
	// Faint rows are there to be seen, not to be chosen.
	Faint bool
}

// A Column of cells is as wide as the widest of them.
type Column struct {
	// Right aligns numbers.
	Right bool
	// From is how wide the list has to be for the column to be shown.
	From int
}

// A List is rows and what is typed to find one of them.
type List struct {
	theme   *theme.Theme
	input   textinput.Model
	columns []Column
	rows    []Row
	found   []match // the rows that are left, the best first
	at      int     // in found
	moved   bool    // the person chose where to be
	first   int     // of found, in sight
	height  int     // rows in sight when drawn last
	widths  []int   // of the columns
	text    int     // columns of the widest Text
}

// New returns an empty list. The prompt stands before what is typed, the
// placeholder while nothing is.
func New(t *theme.Theme, prompt, placeholder string, columns ...Column) *List {
	return &List{theme: t, input: Input(t, prompt, placeholder), columns: columns, widths: make([]int, len(columns))}
}

// Input returns a line to type into whose cursor does not blink.
func Input(t *theme.Theme, prompt, placeholder string) textinput.Model {
	input := textinput.New()
	input.Prompt, input.Placeholder, input.CharLimit = prompt, placeholder, maxTyped
	input.SetVirtualCursor(true)
	plain := textinput.StyleState{Prompt: t.Accent, Placeholder: t.Faint}
	styles := input.Styles()
	styles.Focused, styles.Blurred, styles.Cursor.Blink = plain, plain, false
	input.SetStyles(styles)
	input.Focus()
	return input
}

// maxTyped is how many characters are taken, of a path for example.
const maxTyped = 4096

// Set replaces the rows. The row under the cursor stays under it where it is
// still there.
func (l *List) Set(rows []Row) {
	was := ""
	if i, ok := l.At(); ok && l.moved {
		was = l.rows[i].Key
	}
	l.rows, l.text = make([]Row, len(rows)), 0
	clear(l.widths)
	for i, r := range rows {
		safe := Row{Key: r.Key, Text: visible.Line(r.Text), Also: visible.Line(r.Also), Faint: r.Faint, Cells: make([]string, len(l.columns))}
		for c := range min(len(r.Cells), len(l.columns)) {
			safe.Cells[c] = visible.Line(r.Cells[c])
			l.widths[c] = max(l.widths[c], frame.Width(safe.Cells[c]))
		}
		l.rows[i] = safe
		l.text = max(l.text, frame.Width(safe.Text))
	}
	l.find()
	for i, m := range l.found {
		if was != "" && l.rows[m.row].Key == was {
			l.at, l.moved = i, true
		}
	}
}

// find searches anew and goes to the best row.
func (l *List) find() {
	l.found = search(l.rows, l.input.Value())
	l.at, l.first, l.moved = 0, 0, false
}

// At is the index of the row under the cursor; ok is false if none is left.
func (l *List) At() (index int, ok bool) {
	if l.at >= len(l.found) {
		return 0, false
	}
	return l.found[l.at].row, true
}

// Text is what is typed.
func (l *List) Text() string { return l.input.Value() }

// Type replaces what is typed.
func (l *List) Type(text string) {
	l.input.SetValue(text)
	l.input.CursorEnd()
	l.find()
}

// Key takes a key that writes text.
func (l *List) Key(msg tea.KeyPressMsg) { l.update(msg) }

// Paste takes pasted text.
func (l *List) Paste(text string) { l.update(tea.PasteMsg{Content: text}) }

func (l *List) update(msg tea.Msg) {
	before := l.input.Value()
	l.input, _ = l.input.Update(msg)
	if l.input.Value() != before {
		l.find()
	}
}

// Do moves the cursor as a key means; taken is false if it means nothing here.
func (l *List) Do(a keys.Action) (taken bool) {
	switch a {
	case keys.Up:
		l.move(-1)
	case keys.Down:
		l.move(1)
	case keys.PageUp:
		l.move(-max(1, l.height-1))
	case keys.PageDown:
		l.move(max(1, l.height-1))
	case keys.Top:
		l.move(-len(l.found))
	case keys.Bottom:
		l.move(len(l.found))
	default:
		return false
	}
	return true
}

func (l *List) move(by int) {
	l.at = max(0, min(l.at+by, len(l.found)-1))
	l.moved = true
}

// Wheel moves the cursor by lines.
func (l *List) Wheel(lines int) { l.move(lines) }

// Click puts the cursor on the row at line y of the list; ok is false if none
// is there.
func (l *List) Click(y int) (ok bool) {
	i := l.first + y - head
	if y < head || y-head >= l.height || i >= len(l.found) {
		return false
	}
	l.at, l.moved = i, true
	return true
}
