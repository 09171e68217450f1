package vectors

import (
	"fmt"
	"strings"

	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// Size is how much room the sheet wants.
func (s *Sheet) Size(width, height int) (w, h int) {
	return min(width, 88), min(height, 22)
}

// View draws exactly width columns and height lines.
func (s *Sheet) View(width, height int) string {
	var lines []string
	switch {
	case s.result != nil && s.saving != nil:
		below := s.saving.draw(width)
		lines = append(frame.Block(s.drawResult(width, height-len(below)), width, height-len(below)), below...)
	case s.result != nil:
		lines = s.drawResult(width, height)
	default:
		lines = s.drawForm(width, height)
	}
	return strings.Join(frame.Block(lines, width, height), "\n")
}

// labelWidth is how many columns the names of fields take.
const labelWidth = 11

// drawForm draws what is to be chosen.
func (s *Sheet) drawForm(width, height int) []string {
	th := s.d.Theme
	clear(s.fields)
	title := th.Title.Render("derive a vector")
	if s.d.Model.Ref != "" {
		title += th.Faint.Render(" for " + visible.Line(s.d.Model.Name))
	}
	lines := []string{frame.Rule(th, title, "", width)}
	below := s.drawFields(width)
	foot := s.drawFoot(width, height)
	sample := s.sampleHeight()
	rows := max(2, min(s.typedRow()+1, height-1-len(below)-len(foot)-sample))
	if s.area() != nil {
		rows = min(rows, 3) // what is typed needs the room
	}
	s.top = frame.Scroll(s.top, s.choice, s.typedRow()+1, rows)
	s.fields[textsField] = area{0, len(lines), width, rows}
	for i := range rows {
		lines = append(lines, s.label(textsField, i == 0, "texts")+s.drawTexts(s.top+i, width-labelWidth))
	}
	lines = append(lines, s.drawSample(len(lines), width, height-len(lines)-len(below)-len(foot))...)
	order := s.order()
	for i, line := range below {
		f := order[len(order)-len(below)+i]
		s.fields[f] = area{0, len(lines), width, 1}
		lines = append(lines, line)
	}
	room := max(0, height-len(foot))
	return append(frame.Block(lines, width, room), foot...)
}

// label names a field, with a sign if it takes the keys.
func (s *Sheet) label(f field, first bool, name string) string {
	th := s.d.Theme
	switch {
	case !first:
		return strings.Repeat(" ", labelWidth)
	case s.field == f:
		return th.Accent.Render(frame.Fit("▸ "+name, labelWidth))
	}
	return th.Faint.Render(frame.Fit("  "+name, labelWidth))
}

// drawTexts is a row of texts.
func (s *Sheet) drawTexts(row, width int) string {
	th := s.d.Theme
	glyph, style := th.Faint.Render("○ "), th.Text
	if row == s.choice {
		glyph, style = th.Accent.Render("● "), th.Accent
	}
	switch row {
	case s.fileRow():
		return glyph + frame.Clip(style.Render("a file of pairs")+th.Faint.Render("  JSONL or YAML"), width-2)
	case s.typedRow():
		about := "  one text a line on either side"
		if len(s.d.Model.Words) > 0 {
			about += ", in the words that the model has"
		}
		return glyph + frame.Clip(style.Render("typed here")+th.Faint.Render(about), width-2)
	}
	name := s.d.Contrasts[row]
	text := style.Render(frame.Fit(visible.Line(name), 14))
	for _, c := range s.known {
		switch {
		case c.Name != name:
		case c.Err != "":
			text += th.Bad.Render("✗ ") + th.Faint.Render("this model can't read it")
		default:
			text += th.Faint.Render(fmt.Sprintf("%d pairs", c.Pairs))
			if c.Prompted {
				text += th.Faint.Render(", each after a request")
			}
		}
	}
	return glyph + frame.Clip(text, width-2)
}

// sampleHeight is how many lines the texts themselves take at least.
func (s *Sheet) sampleHeight() int {
	switch s.choice {
	case s.typedRow():
		return 5
	case s.fileRow():
		return 3
	}
	return 4
}

// drawSample shows the texts from line y on: an example of those chosen, the
// file's path, or what is typed.
func (s *Sheet) drawSample(y, width, room int) []string {
	th := s.d.Theme
	switch s.choice {
	case s.fileRow():
		s.fields[fileField] = area{0, y, width, 2}
		s.file.input.SetWidth(max(1, width-labelWidth-1))
		lines := []string{"", s.label(fileField, true, "file") + s.file.input.View()}
		if len(s.file.matches) > 0 {
			lines[0] = strings.Repeat(" ", labelWidth) + frame.Clip(th.Faint.Render(s.file.waysOn()), width-labelWidth)
		}
		return append(lines, "")
	case s.typedRow():
		return s.drawTyped(y, width, max(2, min(room, 14)-1))
	}
	c := s.contrast()
	switch {
	case c == nil:
		return []string{"", "", "", ""}
	case c.Err != "":
		why := wording.Wrap(th.Bad.Render, upper(c.Err)+".", width-2)
		return frame.Block(append([]string{""}, indent(why[:min(2, len(why))])...), width, 4)
	}
	pad := strings.Repeat(" ", labelWidth)
	return []string{
		"", pad + frame.Clip(th.Good.Render("+ ")+th.Faint.Render(visible.Line(c.Positive)), width-labelWidth),
		pad + frame.Clip(th.Bad.Render("- ")+th.Faint.Render(visible.Line(c.Negative)), width-labelWidth), "",
	}
}

// drawTyped draws the two areas of texts side by side.
func (s *Sheet) drawTyped(y, width, height int) []string {
	th := s.d.Theme
	half := (width - 1) / 2
	var blocks [2][]string
	for i, f := range []field{positiveField, negativeField} {
		w := half
		if i == 1 {
			w = width - 1 - half
		}
		s.fields[f] = area{i * (half + 1), y, w, height}
		name := []string{"+ with it", "- without it"}[i]
		style := th.Faint
		if s.field == f {
			name, style = "▸ "+name, th.Accent
		}
		text := &s.typed[i]
		text.SetWidth(max(1, w-2))
		text.SetHeight(max(1, height-1))
		lines := []string{frame.Rule(th, style.Render(name), th.Faint.Render(fmt.Sprint(len(textLines(*text)))), w)}
		for line := range strings.SplitSeq(text.View(), "\n") {
			lines = append(lines, " "+line)
		}
		blocks[i] = frame.Block(lines, w, height)
	}
	return append(frame.Beside(th, blocks[0], blocks[1]), "")
}

// drawFields draws method, chat and name.
func (s *Sheet) drawFields(width int) []string {
	th := s.d.Theme
	methods := engine.Methods()
	var names []string
	for _, m := range methods {
		names = append(names, m.Name)
	}
	method := radio(th, names, s.method) + th.Faint.Render("  "+methods[s.method].About)
	lines := []string{s.label(methodField, true, "method") + frame.Clip(method, width-labelWidth)}
	if s.d.Model.Chat {
		at := 0
		if s.chat {
			at = 1
		}
		chat := radio(th, []string{"plain text", "in the chat template"}, at)
		lines = append(lines, s.label(chatField, true, "chat")+frame.Clip(chat, width-labelWidth))
	}
	name := th.Text.Render(visible.Line(s.name.Value()))
	if s.field == nameField {
		s.name.SetWidth(max(1, width-labelWidth-1))
		name = s.name.View()
	}
	return append(lines, s.label(nameField, true, "name")+name)
}

// radio draws names of which one is chosen.
func radio(th *theme.Theme, names []string, at int) string {
	var parts []string
	for i, name := range names {
		if i == at {
			parts = append(parts, th.Accent.Render("● "+name))
			continue
		}
		parts = append(parts, th.Faint.Render("○ "+name))
	}
	return strings.Join(parts, "  ")
}

// drawFoot says how far the derivation is, why it failed, or what the keys do.
func (s *Sheet) drawFoot(width, height int) []string {
	th := s.d.Theme
	if s.running != 0 {
		done, total := 0, 0
		for _, j := range s.d.Jobs {
			if j.Gen == s.running {
				done, total = j.Done, j.Total
			}
		}
		text := th.Accent.Render("reading the texts ")
		if total > 0 {
			bar := theme.Bar(float64(done)/float64(total), 24)
			text = th.Accent.Render("● ") + th.Bar.Render(bar) + strings.Repeat(" ", max(0, 24-frame.Width(bar))) + th.Text.Render(fmt.Sprintf(" %d of %d texts", done, total))
		}
		return []string{"", " " + text, " " + th.Faint.Render("ctrl+c stops it · esc leaves it running")}
	}
	line := ""
	if s.failed == "cancelled" {
		line = " " + th.Faint.Render("It was stopped.")
	} else if s.failed != "" {
		why := wording.Wrap(th.Bad.Render, "✗ "+upper(s.failed), width-2)
		return append(indent(why[:min(max(1, (height-9)/3), len(why))]), s.drawKeys())
	}
	return []string{line, s.drawKeys()}
}

// drawKeys says what the keys do on the field.
func (s *Sheet) drawKeys() string {
	th := s.d.Theme
	var parts [][2]string
	switch s.field {
	case positiveField, negativeField:
		parts = [][2]string{{"enter", "next text"}, {"tab", "other side"}, {"esc", "done"}}
	case fileField:
		parts = [][2]string{{"enter", "derives"}, {"tab", "completes"}, {"esc", "done"}}
	case nameField:
		parts = [][2]string{{"enter", "derives"}, {"tab", "next"}, {"esc", "done"}}
	case methodField, chatField:
		parts = [][2]string{{"enter", "derives"}, {"← →", "change"}, {"tab", "next"}, {"esc", "closes"}}
	default:
		parts = [][2]string{{"enter", "derives"}, {"↑ ↓", "other texts"}, {"tab", "method, name"}, {"esc", "closes"}}
		if s.choice >= s.fileRow() {
			parts[0][1] = "goes on"
		}
	}
	var out []string
	for _, p := range parts {
		out = append(out, th.Key.Render(p[0])+th.Faint.Render(" "+p[1]))
	}
	return " " + strings.Join(out, "   ")
}
