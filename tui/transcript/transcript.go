// Package transcript writes what lies on the desk as text to take elsewhere: an
// answer, the difference of two, the command that repeats them, and all of it
// as Markdown. What it writes is safe to paste into a terminal.
package transcript

import (
	"fmt"
	"strings"
	"unicode"

	"tiller/tui/desk"
	"tiller/tui/visible"
)

// Beside is the lane to write beside base: the one in focus or, where that is
// base or the question, the one that the dials turn; nil if there is none.
func Beside(d *desk.Desk) *desk.Lane {
	if l := d.Focused(); l != nil && l != d.Base() {
		return l
	}
	return d.Active()
}

// Answered reports whether a lane has text to write.
func Answered(l *desk.Lane) bool { return l != nil && l.Answer != nil && len(l.Answer.Tokens) > 0 }

// Plain is text of unknown origin without what a terminal acts on: that becomes
// visible symbols, as in package visible. Newlines and tabs stay. Changed says
// that something was replaced.
func Plain(text string) (plain string, changed bool) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	parts := strings.Split(text, "\t")
	for i, part := range parts {
		parts[i] = visible.Text(part)
	}
	plain = strings.Join(parts, "\t")
	return plain, plain != text
}

// Difference writes the answers of base and of a lane in the manner of a
// unified diff: lines that both have, then those of base with - and those of
// the lane with +. ◆ stands where they part, a token of the model and often in
// the middle of a line. It is empty unless both have an answer.
func Difference(d *desk.Desk, l *desk.Lane) string {
	base := d.Base()
	if !Answered(base) || !Answered(l) || l == base {
		return ""
	}
	a, b := base.Answer.Text(), l.Answer.Text()
	out := "--- base\n+++ " + Heading(d, l) + "\n"
	at, parted := d.Parts(l)
	if !parted {
		return out + "@@ the same tokens @@\n" + marked(" ", b)
	}
	var both strings.Builder
	for _, t := range l.Answer.Tokens[:min(at, len(l.Answer.Tokens))] {
		both.WriteString(t.Text)
	}
	common := both.String()
	whole := strings.LastIndex(common, "\n") + 1
	out += fmt.Sprintf("@@ they part at token %d @@\n", at)
	if whole > 0 {
		out += marked(" ", common[:whole-1])
	}
	rest := func(text string) string { return common[whole:] + "◆" + strings.TrimPrefix(text, common) }
	return out + marked("-", rest(a)) + marked("+", rest(b))
}

// marked begins every line of a text with a mark.
func marked(mark, text string) string {
	return mark + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+mark) + "\n"
}

// Heading is what a lane is called and its plan, in one line.
func Heading(d *desk.Desk, l *desk.Lane) string {
	if l.Answer != nil && l.Answer.PlanText != "" {
		return d.Name(l) + ": " + l.Answer.PlanText
	}
	return d.Name(l)
}

// FileName proposes a name for a file with the answers, of the model and the
// question.
func FileName(d *desk.Desk) string {
	const longest = 48
	name := slug(d.Model.Name + " " + d.Prompt.Text)
	if len(name) > longest {
		name = name[:longest]
		if at := strings.LastIndexByte(name, '-'); at > longest/2 {
			name = name[:at]
		}
	}
	return name + ".md"
}

// slug keeps the letters and digits of ASCII, and a hyphen for all else.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(words) == 0 {
		return "answers"
	}
	return strings.Join(words, "-")
}
