package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// typing is the plan's text while it is typed.
type typing struct {
	input   textinput.Model
	checked engine.PlanChecked // the model's word on its Text
}

// maxText is how many characters of a plan the screen takes.
const maxText = 1 << 16

// grammar is what a plan looks like.
const grammar = "operation:vector*strength@layers[where]?gate, as in happy*0.3r@2-3[gen]?entropy>1"

// type_ begins to type the plan, from a text.
func (v *View) type_(text string) tea.Cmd {
	input := list.Input(v.d.Theme, "", "")
	input.CharLimit = maxText
	input.SetValue(text)
	input.CursorEnd()
	v.typing = &typing{input: input}
	return v.check()
}

// check asks whether the model can do the plan that is typed, if it reads well.
func (v *View) check() tea.Cmd {
	text := v.typing.input.Value()
	if text == "" || text == v.typing.checked.Text {
		return nil
	}
	if _, err := steering.Parse(text); err != nil {
		return nil
	}
	return v.d.Engine.CheckPlan(v.d.Next(), text)
}

// doTyping does what a key means while the plan is typed.
func (v *View) doTyping(a keys.Action) (tea.Cmd, bool) {
	input := &v.typing.input
	text := input.Value()
	switch a {
	case keys.Generate:
		return v.take(text), true
	case keys.Back:
		v.typing = nil
		if text != v.text() {
			v.draft = text
			v.d.Say(desk.Note, "The plan is as before; %s, then %s brings back what you typed.", v.d.Keys.Key(keys.Plan, keys.Type), v.d.Keys.Key(keys.Typing, keys.EarlierPrompt))
		}
	case keys.EarlierPrompt, keys.LaterPrompt:
		if v.draft != "" {
			text, v.draft = v.draft, text
			return v.type_(text), true
		}
	case keys.Complete:
		return v.complete(), true
	case keys.Editor:
		return v.d.Engine.Edit("plan", ".txt", text+"\n"), true
	case keys.Newline, keys.ChatTemplate:
		// A plan is one line, and has no template.
	default:
		return nil, false
	}
	return nil, true
}

// take makes a text the plan, and generates. One that can't be read stays where
// it can be mended.
func (v *View) take(text string) tea.Cmd {
	text = strings.TrimSpace(text)
	plan, err := steering.Parse(text)
	if err != nil {
		if at := (*steering.Error)(nil); v.typing != nil && errors.As(err, &at) {
			v.typing.input.SetCursor(at.Column - 1)
		}
		v.d.Say(desk.Warning, "The plan can't be read yet: the mark shows where.")
		return nil
	}
	v.typing, v.draft, v.param = nil, "", 0
	if text == v.text() {
		return v.d.Again()
	}
	cmd := v.d.TakePlan(text)
	v.d.Term = max(0, min(v.d.Term, len(plan.Terms)-1))
	return tea.Batch(cmd, v.learn(), v.d.Generate())
}

// written takes in what came back from the editor.
func (v *View) written(w engine.Written) tea.Cmd {
	if w.Err != "" {
		v.d.Say(desk.Error, "%s", w.Err)
		return nil
	}
	text := strings.Join(strings.FieldsFunc(w.Text, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	begun := v.type_(text)
	return tea.Batch(begun, v.take(text))
}

// errorNow is what is wrong with the plan that is shown: the reason, and the
// 1-based column of the text, or 0 if it is about no place.
func (v *View) errorNow() (reason string, column int) {
	if v.typing != nil {
		text := v.typing.input.Value()
		at := (*steering.Error)(nil)
		if _, err := steering.Parse(text); errors.As(err, &at) {
			return at.Reason, at.Column
		}
		if c := v.typing.checked; c.Text == text && c.Err != "" {
			return c.Err, c.Column
		}
		return "", 0
	}
	l := v.d.Active()
	switch {
	case l == nil:
	case l.Plan.Err != nil:
		return l.Plan.Err.Reason, l.Plan.Err.Column
	case l.Answer != nil && l.Answer.PlanText == l.Plan.Text:
		return l.Answer.Err, l.Answer.Column
	}
	return "", 0
}

// drawText draws the rule of the plan, its text in at most room lines, and what
// is wrong with it or may be written.
func (v *View) drawText(width, room int) []string {
	th := v.d.Theme
	lines := []string{frame.Rule(th, v.name(), th.Faint.Render(v.which()), width)}
	text := []rune(v.text())
	p := pen{theme: th, cursor: -1, fault: -1, to: -1}
	if v.typing != nil {
		text, p.cursor = []rune(v.typing.input.Value()), v.typing.input.Position()
	} else {
		p.from, p.to = v.span()
	}
	reason, column := v.errorNow()
	if column > 0 {
		p.fault = min(column-1, len(text))
	}
	rows := breakText(text, width-2*margin-1)
	seen := max(p.cursor, p.fault, p.from)
	if p.cursor >= 0 {
		seen = p.cursor
	}
	at := slices.IndexFunc(rows, func(r row) bool { return seen < r.to || seen == r.to && r.to == len(text) })
	top := frame.Scroll(0, max(0, at), len(rows), room)
	v.areas = append(v.areas, area{0, 1, width, min(room, len(rows)), func(int, int) tea.Cmd {
		if v.Typing() {
			return nil
		}
		return v.type_(v.text())
	}})
	for _, r := range rows[top:min(top+room, len(rows))] {
		line, caret := p.draw(text, r)
		lines = append(lines, v.edge()+line)
		if caret >= 0 {
			lines = append(lines, v.drawFault(reason, caret+margin, width)...)
		}
	}
	switch {
	case reason != "" && column == 0:
		lines = append(lines, wrap(th.Bad.Render, "✗ "+wording.Sentence(reason), width)...)
	case v.typing != nil && reason == "":
		lines = append(lines, strings.Repeat(" ", margin)+v.advice(width-2*margin))
	}
	return lines
}

// name says whose plan is shown.
func (v *View) name() string {
	th := v.d.Theme
	if v.typing != nil {
		return th.Accent.Render("▸ plan")
	}
	l := v.d.Active()
	if l == nil {
		return th.Title.Render("plan")
	}
	return th.Title.Render("plan of " + v.d.Name(l))
}

// which says which of several plans is shown.
func (v *View) which() string {
	n, at := 0, 0
	for _, l := range v.d.Lanes {
		if l.Kind == desk.Steered && !l.Pinned {
			n++
		}
		if l == v.d.Active() {
			at = n
		}
	}
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("%d of %d · %s next", at, n, v.d.Keys.Key(keys.Plan, keys.NextPane))
}

// edge is the margin of the text, which shows that it is typed.
func (v *View) edge() string {
	if v.typing != nil {
		return v.d.Theme.Accent.Render("┃") + " "
	}
	return strings.Repeat(" ", margin)
}

// drawFault draws a caret under a column of the screen and the reason, beside
// it where there is room.
func (v *View) drawFault(reason string, x, width int) []string {
	th := v.d.Theme
	caret := strings.Repeat(" ", x) + th.Bad.Render("^")
	if text := visible.Line(reason); x+3+frame.Width(text)+margin <= width {
		return []string{caret + " " + th.Bad.Render(text)}
	}
	return append([]string{caret}, wrap(th.Bad.Render, "✗ "+wording.Sentence(reason), width)...)
}

// span is the part of the text, in characters, that is the term in hand; to is
// before from where that can't be told.
func (v *View) span() (from, to int) {
	l := v.d.Active()
	if l == nil || l.Plan.Err != nil || l.Plan.Text != l.Plan.Parsed.String() {
		return 0, -1
	}
	for i, t := range l.Plan.Parsed.Terms {
		to = from + len([]rune(t.String()))
		if i == v.d.Term {
			return from, to - 1
		}
		from = to + 1
	}
	return 0, -1
}

// row is a line of the text as it is drawn: characters from..to, to not
// included.
type row struct{ from, to int }

// columns is how many columns a character takes as it is shown.
func columns(r rune) int {
	if r >= ' ' && r <= '~' {
		return 1
	}
	return frame.Width(visible.Line(string(r)))
}

// breakText breaks a text into rows of at most width columns, after a comma
// where one is near.
func breakText(text []rune, width int) []row {
	width = max(width, 8)
	var rows []row
	from, used, comma := 0, 0, -1
	for i, r := range text {
		w := columns(r)
		if used+w > width {
			to := i
			if comma > from+(i-from)/2 {
				to = comma
			}
			rows = append(rows, row{from, to})
			from, used, comma = to, 0, -1
			for _, r := range text[to:i] {
				used += columns(r)
			}
		}
		used += w
		if r == ',' {
			comma = i + 1
		}
	}
	return append(rows, row{from, len(text)})
}

// A pen says how characters of the plan's text are drawn.
type pen struct {
	theme    *theme.Theme
	cursor   int // character under the cursor, -1 for none
	fault    int // that can't be read, -1 for none
	from, to int // the term in hand, none if to < from
}

// draw draws a row of the text, and says in which column of it the fault is,
// -1 if it is not there. The end of the text is a place too.
func (p pen) draw(text []rune, r row) (line string, caret int) {
	var b, run strings.Builder
	caret = -1
	used := 0
	last := lipgloss.NewStyle()
	kind := -1
	for i := r.from; i <= r.to; i++ {
		if i == r.to && i < len(text) {
			break
		}
		if i == p.fault {
			caret = used
		}
		shown := " "
		if i < len(text) {
			shown = visible.Line(string(text[i]))
		} else if i != p.cursor {
			break
		}
		if s, k := p.style(i); k != kind {
			b.WriteString(last.Render(run.String()))
			run.Reset()
			last, kind = s, k
		}
		run.WriteString(shown)
		used += frame.Width(shown)
	}
	b.WriteString(last.Render(run.String()))
	return b.String(), caret
}

// style is how a character is drawn, and which kind it is.
func (p pen) style(i int) (lipgloss.Style, int) {
	switch {
	case i == p.cursor:
		return p.theme.Cursor, 0
	case i == p.fault:
		return p.theme.Bad, 1
	case i >= p.from && i <= p.to:
		return p.theme.Accent, 2
	}
	return p.theme.Text, 3
}
