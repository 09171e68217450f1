// Package config is the Settings view: every setting with its value and what it
// is for. Enter changes one: to its next value, or by typing where it is a
// number or a folder. A change is saved into the config file and applies at
// once, as far as it can: [Changed] tells the root. Below stand the keys, which
// are rebound in the file itself; ctrl+e opens that.
package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/settings"
)

// Changed says that the settings are others now.
type Changed struct{ Settings settings.Settings }

// A View is the state that no other view shares.
type View struct {
	d        *desk.Desk
	path     string
	warnings []string // about the file as it was read
	settings settings.Settings
	rows     []row
	at       int // row under the cursor
	first    int // line in sight
	height   int // lines in sight when drawn last
	input    *textinput.Model
	refused  string // why what is typed can't be taken
	saving   int    // generation of the newest saving
}

// New returns the view of the settings of a config file, which need not exist,
// with the warnings that reading it gave.
func New(d *desk.Desk, s settings.Settings, path string, warnings []string) *View {
	v := &View{d: d, path: path, warnings: warnings, settings: s}
	v.rows = v.list()
	return v
}

// A row is one line that the cursor can be on.
type row struct {
	name, value, help string          // as the config file names it, for a key its action
	field             *settings.Field // nil for folders and keys
	folders           *[]string       // of the settings; nil for others
	index             int             // in folders; their number to add one
	heading           string          // above the row, if it begins a part
	note              string          // when it applies, if not at once
}

// later are the settings that apply when tiller starts.
var later = []string{"plain", "frames", "threads"}

// list makes the rows.
func (v *View) list() []row {
	var rows []row
	for _, f := range settings.Fields() {
		r := row{name: f.Name, value: f.Value(v.settings), help: f.Help, field: &f}
		if slices.Contains(later, f.Name) {
			r.note = "from the next start on"
		}
		rows = append(rows, r)
	}
	rows = append(rows, v.folders("vectors", "a folder of vector files", &v.settings.Vectors)...)
	rows = append(rows, v.folders("models", "a folder to look for models in", &v.settings.Models)...)
	for _, where := range keys.Contexts() {
		heading, name := "Keys in "+string(where), string(where)+"."
		if where == keys.Everywhere {
			heading, name = "Keys everywhere", ""
		}
		for _, b := range v.d.Keys.Bindings(where) {
			if b.Where != where {
				continue
			}
			rows = append(rows, row{name: name + string(b.Action), value: strings.Join(b.Keys, "  "), help: b.Long, heading: heading})
			heading = ""
		}
	}
	return rows
}

// folders makes a row for each folder, and one to add another.
func (v *View) folders(name, help string, folders *[]string) []row {
	var rows []row
	for i, folder := range *folders {
		rows = append(rows, row{name: name, value: folder, help: help, folders: folders, index: i, note: "from the next start on"})
	}
	return append(rows, row{name: name, value: "add a folder …", help: help, folders: folders, index: len(*folders), note: "from the next start on"})
}

// Context says which keys act here.
func (v *View) Context() keys.Context {
	if v.input != nil {
		return keys.Typing
	}
	return keys.Settings
}

// Enter begins showing the view.
func (v *View) Enter() tea.Cmd { return nil }

// Typing reports whether keys write text.
func (v *View) Typing() bool { return v.input != nil }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action {
	if v.input != nil {
		return []keys.Action{keys.Generate, keys.Back}
	}
	return []keys.Action{keys.Change, keys.Down, keys.Up, keys.Editor, keys.Back}
}

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	if v.input != nil {
		return v.doTyping(a)
	}
	switch a {
	case keys.Change:
		return v.change(1), true
	case keys.Right:
		return v.change(1), true
	case keys.Left:
		return v.change(-1), true
	case keys.Up:
		v.move(-1)
	case keys.Down:
		v.move(1)
	case keys.HalfUp:
		v.move(-v.height / 2)
	case keys.HalfDown:
		v.move(v.height / 2)
	case keys.PageUp:
		v.move(-v.height)
	case keys.PageDown:
		v.move(v.height)
	case keys.Top:
		v.move(-len(v.rows))
	case keys.Bottom:
		v.move(len(v.rows))
	case keys.Editor:
		if v.path == "" {
			v.d.Say(desk.Warning, "There is no place for a config file: neither $XDG_CONFIG_HOME nor a home folder is set.")
			return nil, true
		}
		return v.d.Engine.EditSettings(v.path), true
	default:
		return nil, false
	}
	return nil, true
}

func (v *View) move(by int) { v.at = max(0, min(v.at+by, len(v.rows)-1)) }

// change gives the setting under the cursor its next value, or lets it be typed.
func (v *View) change(by int) tea.Cmd {
	r := v.rows[v.at]
	switch {
	case r.field != nil && r.field.Choices != nil:
		n := len(r.field.Choices)
		return v.set(r, r.field.Choices[(slices.Index(r.field.Choices, r.value)+by+n)%n])
	case r.field != nil:
		v.type_(r.value)
	case r.folders != nil && r.index < len(*r.folders):
		v.type_(r.value)
	case r.folders != nil:
		v.type_("")
	default:
		v.d.Say(desk.Note, "Keys are rebound in the file: %s opens it, and \"keys:\" there takes lines such as \"compare.copy: [y, Y]\".", v.d.Keys.Key(keys.Settings, keys.Editor))
	}
	return nil
}

// type_ begins to type a value.
func (v *View) type_(text string) {
	input := list.Input(v.d.Theme, "", "")
	input.SetValue(text)
	input.CursorEnd()
	v.input, v.refused = &input, ""
}

// doTyping does what a key means while a value is typed.
func (v *View) doTyping(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.Generate, keys.Choose:
		return v.set(v.rows[v.at], strings.TrimSpace(v.input.Value())), true
	case keys.Back:
		v.input = nil
		return nil, true
	}
	return nil, a != keys.Interrupt && a != keys.Redraw && a != keys.Suspend
}

// set takes a value over, saves it, and tells the root.
func (v *View) set(r row, text string) tea.Cmd {
	if err := v.take(r, text); err != nil {
		v.refused = err.Error()
		return nil
	}
	v.input = nil
	v.rows = v.list()
	v.move(0)
	now := v.settings
	changed := func() tea.Msg { return Changed{now} }
	if v.path == "" {
		v.d.Say(desk.Warning, "There is no place for a config file, so this holds for now only.")
		return changed
	}
	v.saving = v.d.Begin("saving settings")
	return tea.Batch(changed, v.d.Engine.SaveSettings(v.saving, v.path, now))
}

// take changes the settings.
func (v *View) take(r row, text string) error {
	if r.field != nil {
		return r.field.Set(&v.settings, text)
	}
	folders := slices.Clone(*r.folders)
	switch {
	case text == "" && r.index < len(folders):
		folders = slices.Delete(folders, r.index, r.index+1)
	case text == "":
		return nil
	case settings.Folder(text, "") == text && !filepath.IsAbs(text):
		return fmt.Errorf("a folder begins at the root or with ~/, not as %q", text)
	case r.index < len(folders):
		folders[r.index] = text
	default:
		folders = append(folders, text)
	}
	*r.folders = folders
	return nil
}

// Key takes a key that writes text.
func (v *View) Key(msg tea.KeyPressMsg) tea.Cmd { return v.write(msg) }

// Paste takes pasted text.
func (v *View) Paste(text string) tea.Cmd { return v.write(tea.PasteMsg{Content: text}) }

func (v *View) write(msg tea.Msg) tea.Cmd {
	if v.input != nil {
		*v.input, _ = v.input.Update(msg)
		v.refused = ""
	}
	return nil
}

// Wheel scrolls by lines.
func (v *View) Wheel(x, y, lines int) tea.Cmd {
	if v.input == nil {
		v.move(lines)
	}
	return nil
}

// Receive takes in what a command brought.
func (v *View) Receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case Changed:
		v.rows = v.list() // keys may be others
	case engine.SettingsSaved:
		v.d.Over(msg.Gen)
		if msg.Gen == v.saving {
			v.d.Say(desk.Note, "Saved in the config file.")
		}
	case engine.SettingsRead:
		if msg.Err != "" {
			v.d.Say(desk.Error, "%s", msg.Err)
			return nil
		}
		v.settings, v.warnings, v.input = msg.Settings, msg.Warnings, nil
		v.rows = v.list()
		v.move(0)
		return func() tea.Msg { return Changed{msg.Settings} }
	}
	return nil
}
