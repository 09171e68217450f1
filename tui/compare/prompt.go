package compare

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

// A prompt is the question while it is typed.
type prompt struct {
	input textarea.Model
	past  int    // how far back in the history; 0 is what is being typed
	draft string // that, while the history is shown
}

// maxPrompt is how many bytes of text the screen takes.
const maxPrompt = 1 << 20

func newPrompt(text string) *prompt {
	input := textarea.New()
	input.Prompt, input.ShowLineNumbers, input.CharLimit = "", false, maxPrompt
	input.MaxHeight = 0
	input.SetVirtualCursor(true)
	styles := input.Styles()
	styles.Cursor.Blink = false
	plain := textarea.StyleState{}
	styles.Focused, styles.Blurred = plain, plain
	input.SetStyles(styles)
	input.Focus()
	input.SetValue(text)
	input.MoveToEnd()
	return &prompt{input: input}
}

// type_ begins to type the question.
func (v *View) type_() tea.Cmd {
	v.prompt = newPrompt(v.d.Prompt.Text)
	v.d.Focus = desk.QuestionPane
	return nil
}

// Key takes a key that writes text.
func (v *View) Key(msg tea.KeyPressMsg) tea.Cmd {
	if v.search != nil {
		v.search.input, _ = v.search.input.Update(msg)
		return nil
	}
	v.prompt.past = 0
	v.prompt.input, _ = v.prompt.input.Update(msg)
	return nil
}

// Paste writes pasted text, into the question if nothing else is typed.
func (v *View) Paste(text string) tea.Cmd {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if v.search != nil {
		v.search.input, _ = v.search.input.Update(tea.PasteMsg{Content: text})
		return nil
	}
	if v.prompt == nil {
		v.type_()
	}
	v.prompt.input.InsertString(text)
	return nil
}

// doTyping does what a key means while the question is typed.
func (v *View) doTyping(a keys.Action) (tea.Cmd, bool) {
	p := v.prompt
	switch a {
	case keys.Generate:
		return v.ask(p.input.Value()), true
	case keys.Back:
		text := p.input.Value()
		v.prompt = nil
		if text != v.d.Prompt.Text {
			v.d.Remember(text)
			v.d.Say(desk.Note, "The question is as before; %s brings back what you typed.", v.d.Keys.Key(keys.Typing, keys.EarlierPrompt))
		}
	case keys.Newline:
		p.input.InsertString("\n")
	case keys.Complete:
		v.complete()
	case keys.EarlierPrompt:
		v.recall(1)
	case keys.LaterPrompt:
		v.recall(-1)
	case keys.Editor:
		return v.edit(p.input.Value()), true
	case keys.ChatTemplate:
		return v.chat(), true
	default:
		return nil, false
	}
	return nil, true
}

// ask makes the text the question and leaves typing.
func (v *View) ask(text string) tea.Cmd {
	v.prompt = nil
	v.d.Remember(text)
	v.d.Focus = desk.Pane(min(1, len(v.d.Lanes)-1))
	if text == v.d.Prompt.Text {
		return v.d.Again()
	}
	p := v.d.Prompt
	p.Text = text
	v.d.Problem = -1
	return v.d.SetPrompt(p)
}

// recall shows what was typed earlier, or later.
func (v *View) recall(by int) {
	p, past := v.prompt, v.d.History
	to := p.past + by
	if to < 0 || to > len(past) {
		return
	}
	if p.past == 0 {
		p.draft = p.input.Value()
	}
	p.past = to
	text := p.draft
	if to > 0 {
		text = past[len(past)-to]
	}
	p.input.SetValue(text)
	p.input.MoveToEnd()
}

// Recalled is the text of the history that is shown; empty if none is.
func (v *View) Recalled() string {
	if v.prompt == nil || v.prompt.past == 0 || v.prompt.past > len(v.d.History) {
		return ""
	}
	return v.d.History[len(v.d.History)-v.prompt.past]
}

// unknown are the words of the question that the vocabulary lacks, where it is
// one of words.
func (v *View) unknown(text string) []string {
	words := v.d.Model.Words
	if len(words) == 0 {
		return nil
	}
	var out []string
	for _, w := range strings.Fields(text) {
		if !slices.Contains(words, w) && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// completions are the words of the vocabulary that begin as the word before
// the cursor does.
func (v *View) completions() (begun string, words []string) {
	text := v.prompt.input.Value()
	if strings.HasSuffix(text, " ") || text == "" {
		return "", nil
	}
	begun = text[strings.LastIndexAny(text, " \n")+1:]
	for _, w := range v.d.Model.Words {
		if strings.HasPrefix(w, begun) && w != begun {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return begun, words
}

// complete writes the rest of the word, as far as it is certain.
func (v *View) complete() {
	begun, words := v.completions()
	if len(words) == 0 {
		return
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	rest := strings.TrimPrefix(common, begun)
	if len(words) == 1 {
		rest += " "
	}
	v.prompt.input.InsertString(rest)
}

// Written is what came back from the editor.
type Written = engine.Written

// edit opens text in $EDITOR.
func (v *View) edit(text string) tea.Cmd {
	return v.d.Engine.Edit("question", ".txt", text)
}

func (v *View) written(w Written) tea.Cmd {
	switch {
	case w.What != "question":
		return nil
	case w.Err != "":
		v.d.Say(desk.Error, "%s", w.Err)
		return nil
	}
	return v.ask(strings.TrimSuffix(w.Text, "\n"))
}
