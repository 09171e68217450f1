// Package copier is the sheet that copies: a letter for each thing, and how
// long it is. What is copied goes to the clipboard by the terminal (OSC 52,
// which also works over ssh) and by the system that tiller runs on.
package copier

import (
	"fmt"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/transcript"
)

// A Sheet is the list of what can be copied while it is up.
type Sheet struct {
	d     *desk.Desk
	items []item
	at    int
	done  bool
}

// An item is something to copy.
type item struct {
	letter string
	name   string
	about  string // beside the name: how long it is, or why there is none
	text   string // empty if there is none
}

// New returns the list for what is on the desk.
func New(d *desk.Desk) *Sheet {
	s := &Sheet{d: d}
	s.read()
	return s
}

// read takes in what there is to copy now.
func (s *Sheet) read() {
	d := s.d
	base, beside := d.Base(), transcript.Beside(d)
	name := "steered answer"
	if beside != nil {
		name = d.Name(beside) + " answer"
	}
	s.items = []item{
		answer("b", base, "base answer"), answer("s", beside, name), difference(d, beside),
		plan(d), command(d, base, beside), markdown(d, base, beside),
	}
}

// answer is what a lane says.
func answer(letter string, l *desk.Lane, name string) item {
	i := item{letter: letter, name: name, about: "there is none yet"}
	if transcript.Answered(l) {
		i.text, i.about = l.Answer.Text(), fmt.Sprintf("%d tokens", len(l.Answer.Tokens))
		if l.Stale {
			i.about += ", about to be replaced"
		}
	}
	return i
}

// difference is how a lane differs from base.
func difference(d *desk.Desk, beside *desk.Lane) item {
	i := item{letter: "d", name: "difference", text: transcript.Difference(d, beside), about: "it needs two answers"}
	if i.text == "" {
		return i
	}
	i.about = "they have the same tokens"
	if at, ok := d.Parts(beside); ok {
		i.about = fmt.Sprintf("they part at token %d", at)
	}
	return i
}

// plan is the plan that the dials turn.
func plan(d *desk.Desk) item {
	i := item{letter: "p", name: "plan", about: "it is empty"}
	if l := d.Active(); l != nil && l.Plan.Text != "" {
		i.text, i.about = l.Plan.Text, l.Plan.Text
	}
	return i
}

// command is the command that generates this again.
func command(d *desk.Desk, base, beside *desk.Lane) item {
	i := item{letter: "r", name: "command"}
	l := beside
	if !transcript.Answered(l) {
		l = base
	}
	text, err := transcript.Command(d, l)
	if err != nil {
		i.about = err.Error()
		return i
	}
	i.text, i.about = text, text
	return i
}

// markdown is both answers with all that belongs to them.
func markdown(d *desk.Desk, base, beside *desk.Lane) item {
	i := item{letter: "m", name: "Markdown", about: "there is nothing to write yet"}
	var lanes []*desk.Lane
	for _, l := range []*desk.Lane{base, beside} {
		if transcript.Answered(l) {
			lanes = append(lanes, l)
		}
	}
	if len(lanes) > 0 {
		i.text = transcript.Markdown(d, lanes)
		i.about = "question, answers, figures and command"
	}
	return i
}

// copy copies an item, if there is one, and says so.
func (s *Sheet) copy(i item) tea.Cmd {
	if i.text == "" {
		s.d.Say(desk.Warning, "There is no %s to copy: %s.", i.name, i.about)
		return nil
	}
	s.done = true
	text, changed := transcript.Plain(i.text)
	said := fmt.Sprintf("Copied the %s: %s.", i.name, length(text))
	level := desk.Note
	if changed {
		said += " It holds characters that a terminal acts on; they are copied as symbols."
		level = desk.Warning
	}
	if len(text) > terminalLimit {
		said += " Some terminals take less than that."
	}
	s.d.Say(level, "%s", said)
	return tea.Batch(tea.SetClipboard(text), s.d.Engine.Copy(s.d.Next(), text))
}

// terminalLimit is how many bytes the stricter terminals take by OSC 52: 100,000
// of base64 with what stands around it.
const terminalLimit = 74_994

// length says how long a text is.
func length(text string) string {
	n, lines := utf8.RuneCountInString(text), strings.Count(strings.TrimSuffix(text, "\n"), "\n")+1
	if lines == 1 {
		return fmt.Sprintf("%d characters", n)
	}
	return fmt.Sprintf("%d characters in %d lines", n, lines)
}
