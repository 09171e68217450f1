package compare

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/keys"
)

// A search is what is being typed after "/".
type search struct{ input textinput.Model }

func newSearch(d *desk.Desk) *search {
	input := textinput.New()
	input.Prompt = "/"
	input.SetVirtualCursor(true)
	styles := input.Styles()
	styles.Cursor.Blink = false
	input.SetStyles(styles)
	input.Focus()
	return &search{input}
}

func (v *View) doSearching(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.Generate, keys.Choose:
		v.found = v.search.input.Value()
		v.search = nil
		v.find(false)
	case keys.Back:
		v.search = nil
	default:
		return nil, false
	}
	return nil, true
}

// find moves to the next token in which a match begins.
func (v *View) find(backwards bool) {
	c := v.drawn()
	if v.found == "" || c == nil {
		v.d.Say(desk.Note, "Nothing to search for: press %s first.", v.d.Keys.Key(keys.Compare, keys.Search))
		return
	}
	at, _ := v.cursor()
	from := *at + 1
	if backwards {
		from = *at - 1
	}
	token, ok := c.flow.Find(v.found, from, backwards)
	if !ok {
		v.d.Say(desk.Note, "%q is not in this pane.", v.found)
		return
	}
	v.to(token)
}
