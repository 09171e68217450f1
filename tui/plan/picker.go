package plan

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/wording"
)

// A picker is a list to choose a vector or a plan from.
type picker struct {
	title string
	rows  *list.List
	items []item
	plans bool // they are saved plans, which may be listed anew
}

// An item is what a row of the list stands for.
type item struct {
	row    list.Row
	about  string // shown below the list; untrusted
	choose func() tea.Cmd
}

func (v *View) pick(title, placeholder string, plans bool, items []item, columns ...list.Column) {
	v.picker = &picker{title: title, rows: list.New(v.d.Theme, "› ", placeholder, columns...), plans: plans}
	v.picker.set(items)
}

func (p *picker) set(items []item) {
	p.items = items
	rows := make([]list.Row, len(items))
	for i, it := range items {
		rows[i] = it.row
	}
	p.rows.Set(rows)
}

// openVectors lists the vectors that a term may have.
func (v *View) openVectors() {
	d := v.d
	var items []item
	unfit := 0
	for _, info := range d.Vectors {
		if info.Err != "" {
			unfit++
			continue
		}
		items = append(items, item{
			row:    list.Row{Key: info.Name, Text: info.Name, Cells: []string{layersText(info), normsText(info), info.Source}},
			about:  strings.Join(info.Notes, " "),
			choose: func() tea.Cmd { return tea.Batch(d.AddTerm(info.Name), v.learn()) },
		})
	}
	switch {
	case d.Model.Ref == "":
		d.Say(desk.Warning, "No model is open: %s opens one.", d.Keys.Key(keys.Plan, keys.Open))
		return
	case len(items) == 0:
		d.Say(desk.Warning, "There is no vector for this model yet: %s makes one, %s shows how else to get one.", d.Keys.Key(keys.Plan, keys.Derive), d.Keys.Key(keys.Plan, keys.GoVectors))
		return
	}
	title := "add a term with which vector?"
	if unfit > 0 {
		title += fmt.Sprintf("  %d do not fit this model", unfit)
	}
	v.pick(title, "its name", false, items, list.Column{}, list.Column{From: 60}, list.Column{From: 90})
}

// layersText says which layers a vector has directions for.
func layersText(info engine.VectorInfo) string {
	n := len(info.Layers)
	switch {
	case !info.Read:
		return "not read yet"
	case n == 1:
		return "layer " + wording.Layer(info.Layers[0])
	case n > 1 && info.Layers[n-1]-info.Layers[0] == n-1:
		return fmt.Sprintf("layers %s-%d", wording.Layer(info.Layers[0]), info.Layers[n-1])
	}
	return wording.Count(n, "layer")
}

// normsText says how long a vector's directions are.
func normsText(info engine.VectorInfo) string {
	if len(info.Norms) == 0 {
		return ""
	}
	least, most := slices.Min(info.Norms), slices.Max(info.Norms)
	if wording.Figure(least) == wording.Figure(most) {
		return "|d| " + wording.Figure(most)
	}
	return "|d| " + wording.Figure(least) + " to " + wording.Figure(most)
}

// openPlans lists the saved plans, and asks for those of the person.
func (v *View) openPlans() tea.Cmd {
	v.pick("load a plan in place of this one", "its name, or what it is about", true, v.planItems())
	v.listing = v.d.Begin("listing plans")
	return v.d.Engine.ListPlans(v.listing)
}

// listed shows the person's plans in the list that is open.
func (v *View) listed() {
	if v.picker != nil && v.picker.plans {
		v.picker.set(v.planItems())
	}
}

// planItems are the person's plans and those that tiller comes with.
func (v *View) planItems() []item {
	var items []item
	add := func(key, name, about, text, fault string) {
		it := item{row: list.Row{Key: key, Text: name, Also: text}, about: about, choose: func() tea.Cmd { return v.load(name, text) }}
		if fault == "" {
			fault = v.lacking(text)
		}
		if fault != "" {
			it.row.Faint, it.about = true, "! "+wording.Sentence(fault)
		}
		items = append(items, it)
	}
	for _, s := range v.saved {
		add(s.Ref, s.Name, s.About, s.Text, s.Err)
	}
	for _, p := range v.d.Plans {
		add(p.Ref, p.Ref, p.About, p.Text, "")
	}
	return items
}

// lacking says which vector of a plan is not there; empty if all are.
func (v *View) lacking(text string) string {
	plan, err := steering.Parse(text)
	if err != nil {
		return err.Error()
	}
	for _, name := range plan.Names() {
		if info := v.d.Vector(name); info == nil {
			return "there is no vector " + name + " for this model"
		} else if info.Err != "" {
			return name + " does not fit: " + info.Err
		}
	}
	return ""
}

// load makes a saved plan the plan.
func (v *View) load(name, text string) tea.Cmd {
	if text == v.text() {
		v.d.Say(desk.Note, "This is the plan already.")
		return nil
	}
	v.d.Term, v.param = 0, 0
	cmd := v.d.TakePlan(text)
	v.d.Say(desk.Note, "%s is loaded; %s brings back what was there.", name, v.d.Keys.Key(keys.Plan, keys.Undo))
	return tea.Batch(cmd, v.learn())
}

// doListing does what a key means while a list is open.
func (v *View) doListing(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.Choose, keys.Generate:
		return v.choose(), true
	case keys.Back:
		v.picker = nil
		return nil, true
	}
	return nil, v.picker.rows.Do(a)
}

// choose takes the row under the cursor, unless it can't be used.
func (v *View) choose() tea.Cmd {
	i, ok := v.picker.rows.At()
	if !ok {
		return nil
	}
	it := v.picker.items[i]
	if it.row.Faint {
		v.d.Say(desk.Warning, "%s", strings.TrimPrefix(it.about, "! "))
		return nil
	}
	v.picker = nil
	return it.choose()
}

// drawList draws the open list from line y on, and what is known of the row
// under the cursor.
func (v *View) drawList(y, width, height int) []string {
	th := v.d.Theme
	lines := []string{frame.Rule(th, th.Accent.Render("▸ "+v.picker.title), "", width)}
	var below []string
	if i, ok := v.picker.rows.At(); ok && v.picker.items[i].about != "" {
		below = wrap(th.Faint.Render, v.picker.items[i].about, width)
		below = append([]string{""}, below[:min(len(below), max(1, height/5))]...)
	}
	room := max(0, min(v.picker.rows.Height(), height-1-len(below)))
	v.areas = append(v.areas, area{0, y + 1, width, room, func(_, y int) tea.Cmd {
		if v.picker == nil || !v.picker.rows.Click(y) {
			return nil
		}
		return v.choose()
	}})
	for _, line := range v.picker.rows.View(width-2*margin, room) {
		lines = append(lines, strings.Repeat(" ", margin)+line)
	}
	return append(lines, below...)
}
