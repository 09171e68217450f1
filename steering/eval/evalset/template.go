package evalset

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

// Template makes a prompt of a problem. {NAME} stands for one of its fields,
// {question} for the question, {choices} for its choices as lines "(A) ...",
// and {{ and }} for braces. The zero value makes nothing of anything.
type Template struct {
	text  string
	parts []piece
}

// piece is a text, or a placeholder if it has a column.
type piece struct {
	text   string
	column int // 1-based, in characters from the template's beginning
}

// NamedTemplate is a template with a name that [ParseTemplate] knows.
type NamedTemplate struct{ Name, Text string }

// NamedTemplates lists them.
func NamedTemplates() []NamedTemplate {
	return []NamedTemplate{
		{"plain", "{question}"},
		{"qa", "Question: {question}\nAnswer:"},
		{"cot", "Question: {question}\nAnswer: Let's think step by step."},
		{"letters", "Question: {question}\n{choices}\nAnswer:"},
	}
}

// ParseTemplate reads a template, or finds one by its name. Errors name the
// column.
func ParseTemplate(text string) (Template, error) {
	for _, t := range NamedTemplates() {
		if t.Name == text {
			text = t.Text
			break
		}
	}
	return parseTemplate(text)
}

func parseTemplate(source string) (Template, error) {
	t := Template{text: source}
	if !utf8.ValidString(source) {
		return Template{}, fmt.Errorf("the template is not valid UTF-8 at its byte %d", firstInvalid(source))
	}
	var plain strings.Builder
	column := 1
	for rest := source; rest != ""; {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			plain.WriteString(rest)
			break
		}
		plain.WriteString(rest[:at])
		column += utf8.RuneCountInString(rest[:at])
		brace := rest[at]
		rest = rest[at+1:]
		switch {
		case rest != "" && rest[0] == brace:
			plain.WriteByte(brace)
			rest, column = rest[1:], column+2
			continue
		case brace == '}':
			return Template{}, fmt.Errorf("column %d of the template: a } has no { before it; }} stands for one", column)
		}
		name, after, ok := strings.Cut(rest, "}")
		switch {
		case !ok || strings.Contains(name, "{"):
			return Template{}, fmt.Errorf("column %d of the template: a { has no } after it; {{ stands for one", column)
		case strings.TrimSpace(name) == "":
			return Template{}, fmt.Errorf("column %d of the template: {} names no field", column)
		}
		if plain.Len() > 0 {
			t.parts = append(t.parts, piece{text: plain.String()})
			plain.Reset()
		}
		t.parts = append(t.parts, piece{text: name, column: column})
		rest, column = after, column+utf8.RuneCountInString(name)+2
	}
	if plain.Len() > 0 {
		t.parts = append(t.parts, piece{text: plain.String()})
	}
	return t, nil
}

// String is what [ParseTemplate] makes the template of.
func (t Template) String() string { return t.text }

// fill puts texts in the place of names.
func (t Template) fill(field func(name string) (string, bool), listed func() string) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		text := p.text
		if p.column > 0 {
			var ok bool
			if text, ok = field(p.text); !ok {
				return "", fmt.Errorf("column %d of the template: there is no field %s; there are %s", p.column, badfile.Quote(p.text), listed())
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// Render makes a prompt. A placeholder that the problem has nothing for is an
// error, which names its column and lists the problem's fields.
func (t Template) Render(i Item) (string, error) {
	text, err := t.fill(i.field, i.listed)
	if err != nil {
		return "", fmt.Errorf("problem %s, %w", badfile.Quote(i.ID), err)
	}
	return text, nil
}

// field is what a placeholder stands for.
func (i Item) field(name string) (string, bool) {
	switch {
	case name == "question":
		return i.Question, true
	case name == "choices" && len(i.Choices) > 0:
		return i.lettered(), true
	}
	text, ok := i.Fields[name]
	return text, ok
}

func (i Item) listed() string {
	names := []string{"question"}
	if len(i.Choices) > 0 {
		names = append(names, "choices")
	}
	for _, name := range slices.Sorted(maps.Keys(i.Fields)) {
		if !slices.Contains(names, name) && name != "" {
			names = append(names, name)
		}
	}
	const most = 20
	extra := len(names) - most
	names = names[:min(len(names), most)]
	for n := range names {
		names[n] = badfile.Quote(names[n])
	}
	if extra > 0 {
		names = append(names, fmt.Sprintf("%d more", extra))
	}
	return strings.Join(names, ", ")
}

// lettered are the choices, one a line.
func (i Item) lettered() string {
	lines := make([]string, len(i.Choices))
	for n, choice := range i.Choices {
		lines[n] = "(" + letter(n) + ") " + choice
	}
	return strings.Join(lines, "\n")
}

// letter is A to Z, then AA, AB and so on, for 0, 1, ...
func letter(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return letter(n/26-1) + letter(n%26)
}

// Shots are worked examples that stand before a problem.
type Shots struct {
	Items []Item
	// Separator stands between problems; "" is an empty line.
	Separator string
}

// Render makes a prompt of the examples, each with its answer, and a problem.
// A nil answer is [Item.Answer]. A space parts prompt and answer if neither has
// white space there.
func (s Shots) Render(t Template, i Item, answer func(Item) string) (string, error) {
	if answer == nil {
		answer = Item.Answer
	}
	separator := s.Separator
	if separator == "" {
		separator = "\n\n"
	}
	var b strings.Builder
	for _, shot := range s.Items {
		prompt, err := t.Render(shot)
		if err != nil {
			return "", err
		}
		b.WriteString(prompt)
		said := answer(shot)
		if !endsInSpace(prompt) && !startsWithSpace(said) {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimRight(said, " \t\r\n"))
		b.WriteString(separator)
	}
	prompt, err := t.Render(i)
	if err != nil {
		return "", err
	}
	return b.String() + prompt, nil
}

// WithShots is [Shots.Render] with an empty line between problems.
func (t Template) WithShots(i Item, shots []Item, answer func(Item) string) (string, error) {
	return Shots{Items: shots}.Render(t, i, answer)
}

func endsInSpace(text string) bool { return strings.TrimRight(text, " \t\r\n") != text }

func startsWithSpace(text string) bool { return strings.TrimLeft(text, " \t\r\n") != text }
