package plan

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/frame"
	"tiller/tui/visible"
)

// What can be written at some places of a plan.
var (
	operations = []string{"ablate:", "addn:", "clamp:", "rotate:", "scale:"}
	strengths  = []string{"curve(", "decay(", "ramp("}
	layerWords = []string{"all", "embed", "own"}
	selectors  = []string{"all", "assistant", "content", "every:", "gen", "last", "match:/", "not ", "prompt", "sentence", "think", "user"}
	gateTests  = []string{"entropy<", "entropy>", "margin<", "not "}
)

// completions are what the word before the cursor may become, and how much of
// it is written.
func (v *View) completions() (begun string, words []string) {
	text := []rune(v.typing.input.Value())
	before := string(text[:v.typing.input.Position()])
	start := len(strings.TrimRightFunc(before, isName))
	begun = before[start:]
	for _, w := range v.allowed(strings.TrimRight(before[:start], " ")) {
		if strings.HasPrefix(w, begun) && w != begun {
			words = append(words, w)
		}
	}
	return begun, words
}

// isName reports whether r may stand in a name or a word of a plan.
func isName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-'
}

// allowed are the words that may follow the beginning of a plan.
func (v *View) allowed(before string) []string {
	open := func(pair string) bool {
		return strings.LastIndexByte(before, pair[0]) > strings.LastIndexByte(before, pair[1])
	}
	last := byte(',')
	if before != "" {
		last = before[len(before)-1]
	}
	switch {
	case open("[]"):
		if last == '[' || last == '+' || last == '&' {
			return selectors
		}
	case open("()"):
	case last == ',':
		return append(v.names(), operations...)
	case last == ':':
		return v.names()
	case last == '*':
		return strengths
	case last == '@':
		return layerWords
	case last == '?', last == '&':
		return gateTests
	}
	return nil
}

// names are the vectors that fit the model.
func (v *View) names() []string {
	var names []string
	for _, info := range v.d.Vectors {
		if info.Err == "" {
			names = append(names, info.Name)
		}
	}
	slices.Sort(names)
	return names
}

// complete writes the rest of the word, as far as it is certain.
func (v *View) complete() tea.Cmd {
	begun, words := v.completions()
	if len(words) == 0 {
		return nil
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	return v.write(tea.PasteMsg{Content: strings.TrimPrefix(common, begun)})
}

// advice is what may be written at the cursor, or what a plan looks like.
func (v *View) advice(width int) string {
	if _, words := v.completions(); len(words) > 0 {
		return v.d.Theme.Faint.Render(frame.Clip("tab: "+visible.Line(strings.Join(words, "  ")), width))
	}
	return v.d.Theme.Faint.Render(frame.Clip(grammar, width))
}
