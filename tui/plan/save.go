package plan

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/wording"
)

// saving is the name that a plan is to be saved under while it is typed.
type saving struct {
	input textinput.Model
	text  string // the plan
	there bool   // a plan of that name is there: enter again writes over it
}

// save asks for a name to save the plan under.
func (v *View) save() {
	l := v.d.Active()
	switch {
	case l == nil || l.Plan.Text == "":
		v.d.Say(desk.Warning, "The plan is empty: there is nothing to save.")
	case l.Plan.Err != nil:
		v.d.Say(desk.Warning, "The plan can't be read, so it can't be saved: %s mends it.", v.d.Keys.Key(keys.Plan, keys.Type))
	default:
		input := list.Input(v.d.Theme, "", strings.Join(l.Plan.Parsed.Names(), "-"))
		v.saving = &saving{input: input, text: l.Plan.Text}
	}
}

// doSaving does what a key means while the name is typed.
func (v *View) doSaving(a keys.Action) (tea.Cmd, bool) {
	s := v.saving
	switch a {
	case keys.Generate:
		name := s.input.Value()
		if name == "" {
			name = s.input.Placeholder
		}
		if err := engine.PlanName(name); err != nil {
			v.d.Say(desk.Warning, "%s", wording.Sentence(err.Error()))
			return nil, true
		}
		v.writing = v.d.Begin("saving the plan")
		return v.d.Engine.SavePlan(v.writing, name, s.text, s.there), true
	case keys.Back:
		v.saving = nil
	case keys.Newline, keys.Complete, keys.EarlierPrompt, keys.LaterPrompt, keys.Editor, keys.ChatTemplate:
		// They mean nothing in a name.
	default:
		return nil, false
	}
	return nil, true
}

// wrote takes in what became of the saving.
func (v *View) wrote(msg engine.PlanSaved) {
	if msg.Exists {
		if v.saving != nil {
			v.saving.there = true
		}
		return
	}
	v.saving = nil
	v.d.Say(desk.Note, "Saved; elsewhere it is --plan @%s", msg.Path)
}

// drawSaving draws the name as it is typed.
func (v *View) drawSaving(width int) []string {
	th := v.d.Theme
	v.saving.input.SetWidth(max(8, width-2*margin-4))
	lines := []string{
		frame.Rule(th, th.Accent.Render("▸ save the plan under which name?"), "", width),
		th.Accent.Render("┃") + " " + v.saving.input.View(),
	}
	if v.saving.there {
		return append(lines, wrap(th.Warn.Render, fmt.Sprintf("! There is a plan of this name: %s writes over it, %s leaves it.", v.d.Keys.Key(keys.Typing, keys.Generate), v.d.Keys.Key(keys.Typing, keys.Back)), width)...)
	}
	return append(lines, wrap(th.Faint.Render, "letters, digits and _ . - ; it goes into the plans folder beside the config file", width)...)
}
