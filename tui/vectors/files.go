package vectors

import (
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/keys"
)

// doFilter does what a key means while the filter is typed.
func (v *View) doFilter(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.Choose:
		v.filter, v.typed = v.typed.Value(), nil
	case keys.Back:
		v.filter, v.typed = "", nil
	default:
		return nil, v.move(a)
	}
	return v.look(), true
}

// doReading does what a key means while the path of a file to read is typed.
func (v *View) doReading(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.Generate:
		path := v.reading.value()
		if path == "" {
			return nil, true
		}
		v.fetch = v.d.Begin("reading " + path)
		return v.d.Engine.ImportVector(v.fetch, path), true
	case keys.Complete:
		return v.reading.complete(), true
	case keys.Back:
		v.reading = nil
	default:
		return nil, false
	}
	return nil, true
}

// export begins to write the selected vector. Saving is for one that is in no
// file.
func (v *View) export(save bool) {
	info := v.current()
	switch {
	case info == nil:
		v.d.Say(desk.Warning, "There is no vector to write.")
	case save && !info.Unsaved:
		v.d.Say(desk.Note, "%s is in %s already; %s writes another file.", info.Name, info.Source, v.d.Keys.Key(keys.Vectors, keys.Export))
	default:
		v.saving = newSaving(v.d, info.Name)
	}
}

// Key takes a key that writes text.
func (v *View) Key(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case v.typed != nil:
		v.write(msg)
		return v.look()
	case v.reading != nil:
		v.reading.key(msg)
	case v.saving != nil:
		return v.saving.key(msg)
	}
	return nil
}

// Paste takes pasted text.
func (v *View) Paste(text string) tea.Cmd {
	msg := tea.PasteMsg{Content: text}
	switch {
	case v.typed != nil:
		v.write(msg)
		return v.look()
	case v.reading != nil:
		v.reading.key(msg)
	case v.saving != nil && v.saving.over == "":
		v.saving.path.key(msg)
	}
	return nil
}

// write writes into the filter.
func (v *View) write(msg tea.Msg) {
	input, _ := v.typed.Update(msg)
	v.typed, v.top = &input, 0
}
