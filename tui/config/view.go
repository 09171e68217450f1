package config

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/visible"
)

const (
	nameWidth  = 24 // columns of a setting's name, or an action's
	valueWidth = 18 // of its value, or its keys
)

// View draws exactly width columns and height lines.
func (v *View) View(width, height int) string {
	th := v.d.Theme
	lines := []string{frame.Rule(th, th.Title.Render("settings"), th.Faint.Render(visible.Line(v.path)), width)}
	below := v.below(width)
	table, at := v.table()
	v.height = max(1, height-len(lines)-len(below))
	if v.rows[v.at].heading != "" {
		v.first = frame.Scroll(v.first, at-1, len(table), v.height)
	}
	v.first = frame.Scroll(v.first, at, len(table), v.height)
	for _, l := range table[v.first:min(len(table), v.first+v.height)] {
		lines = append(lines, v.draw(l, width))
	}
	lines = frame.Block(lines, width, max(0, height-len(below)))
	return strings.Join(frame.Block(append(lines, below...), width, height), "\n")
}

// A line of the table is a row, a heading or blank.
type line struct {
	row     int // -1 for none
	heading string
}

// table is the lines of all rows with their headings; at is that of the cursor.
func (v *View) table() (lines []line, at int) {
	for i, r := range v.rows {
		if r.heading != "" {
			lines = append(lines, line{row: -1}, line{row: -1, heading: r.heading})
		}
		if i == v.at {
			at = len(lines)
		}
		lines = append(lines, line{row: i})
	}
	return lines, at
}

// draw draws a line.
func (v *View) draw(l line, width int) string {
	th := v.d.Theme
	if l.row < 0 {
		return " " + th.Title.Render(l.heading)
	}
	r, here := v.rows[l.row], l.row == v.at
	marker, name := "   ", th.Text
	if here {
		marker, name = " "+th.Accent.Render("▸")+" ", th.Accent
	}
	wide := valueWidth
	if r.folders != nil {
		wide = max(wide, min(width/2, frame.Width(visible.Line(r.value))))
	}
	return marker + frame.Fit(name.Render(r.name), nameWidth) + frame.Fit(v.value(r, here, wide), wide) + "  " + th.Faint.Render(r.help)
}

// value draws the value of a row: with its choices where it is under the
// cursor, or as it is typed.
func (v *View) value(r row, here bool, width int) string {
	th := v.d.Theme
	switch {
	case here && v.input != nil:
		v.input.SetWidth(width - 1)
		return v.input.View()
	case here && r.field != nil && r.field.Choices != nil:
		return th.Accent.Render("‹ " + r.value + " ›")
	case r.field == nil && r.folders == nil:
		return th.Key.Render(r.value)
	case r.folders != nil && r.index == len(*r.folders):
		return "  " + th.Faint.Render(r.value)
	}
	return "  " + th.Text.Render(visible.Line(r.value))
}

// below is what stands under the table: what was wrong with the file, and why a
// value is refused or else what the row under the cursor is for.
func (v *View) below(width int) []string {
	th := v.d.Theme
	lines := []string{frame.Rule(th, "", "", width)}
	say := func(style lipgloss.Style, text string) {
		for line := range strings.SplitSeq(lipgloss.Wrap(visible.Line(text), max(1, width-2), ""), "\n") {
			lines = append(lines, " "+style.Render(line))
		}
	}
	const most = 3 // warnings
	for _, w := range v.warnings[:min(most, len(v.warnings))] {
		say(th.Warn, "! "+w)
	}
	if more := len(v.warnings) - most; more > 0 {
		say(th.Warn, fmt.Sprintf("! There are %d more such faults; %s opens the file.", more, v.d.Keys.Key(keys.Settings, keys.Editor)))
	}
	warned := len(lines)
	if v.refused != "" {
		say(th.Bad, "✗ "+v.refused)
	} else {
		say(th.Faint, v.about())
	}
	if len(lines) == warned+1 {
		lines = append(lines, "") // two lines always, so that the table stands still
	}
	return lines
}

// about says what the row under the cursor is for, and when it applies.
func (v *View) about() string {
	r := v.rows[v.at]
	switch {
	case r.field == nil && r.folders == nil:
		return r.help + " Other keys for it: " + v.d.Keys.Key(keys.Settings, keys.Editor) + " opens the file, where \"keys:\" takes a line like \"" + r.name + ": [a, b]\"."
	case v.input != nil && r.folders != nil:
		return "A folder, from the root or ~/ on; nothing takes it out of the list."
	case r.note != "":
		return r.help + " · a change holds " + r.note
	}
	return r.help
}

// Click puts the cursor on the row at line y, and changes it if it is there.
func (v *View) Click(x, y int) tea.Cmd {
	table, _ := v.table()
	at := v.first + y - 1
	if v.input != nil || y < 1 || y > v.height || at >= len(table) || table[at].row < 0 {
		return nil
	}
	if v.at == table[at].row {
		return v.change(1)
	}
	v.at = table[at].row
	return nil
}
