package plan

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/visible"
)

// leastReply is how many lines there have to be to show the answer below the
// dials.
const leastReply = 3

// drawReply draws what the lane in hand answered, in at most room lines, so
// that the dials are not turned blindly.
func (v *View) drawReply(width, room int) []string {
	a := v.answer()
	if a == nil || room < leastReply {
		return nil
	}
	th := v.d.Theme
	style := th.Text.Render
	if v.stale() {
		style = th.Stale.Render
	}
	lines := []string{frame.Rule(th, th.Title.Render("answer"), v.grade(a), width)}
	if len(a.Tokens) > 0 && strings.TrimSpace(a.Text()) == "" {
		return append(lines, strings.Repeat(" ", margin)+th.Faint.Render("nothing but white space"))
	}
	text := ansi.Wrap(visible.Text(beginning(a, width*room)), max(1, width-2*margin), "")
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.Repeat(" ", margin)+style(strings.TrimSpace(line)))
	}
	return lines[:min(len(lines), room)]
}

// beginning is the first tokens of an answer, at least as many as fill so many
// columns, with ▲ before those that begin to be steered.
func beginning(a *desk.Answer, columns int) string {
	var b strings.Builder
	steered := false
	for _, t := range a.Tokens {
		if b.Len() > 4*columns {
			break
		}
		text := t.Text
		if t.Steered && !steered && text != "" {
			space := text[:len(text)-len(strings.TrimLeft(text, " "))]
			b.WriteString(space + "▲")
			text = text[len(space):]
		}
		steered = t.Steered
		b.WriteString(text)
	}
	return b.String()
}

// grade says whether an answer is right, where that is known.
func (v *View) grade(a *desk.Answer) string {
	q, th := v.d.Question, v.d.Theme
	if q == nil || a.Ended == nil || v.stale() {
		return ""
	}
	switch given, right := a.Grade(q); {
	case right:
		return th.Good.Render("✓ " + visible.Line(given))
	case given == "":
		return th.Bad.Render("✗ no answer")
	default:
		return th.Bad.Render("✗ " + visible.Line(given))
	}
}
