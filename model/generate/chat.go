package generate

import (
	"fmt"
	"strings"

	"tiller/model/tokenizer"
)

// ChatPrompt renders messages with the model's chat template, ready for the
// assistant to answer; prefill is the beginning of that answer. Special tokens
// are those of the template: what looks like one inside a message is ordinary
// text unless parseSpecial is set.
func ChatPrompt(t *tokenizer.Tokenizer, messages []tokenizer.Message, prefill string, parseSpecial bool) (Prompt, error) {
	rendered, err := t.Chat(messages, true)
	if err != nil {
		return Prompt{}, err
	}
	text := rendered + prefill
	said := contents(rendered, messages)
	if prefill != "" {
		said = append(said, content{tokenizer.Span{Start: len(rendered), End: len(text)}, "assistant"})
	}
	o := tokenizer.EncodeOptions{NoSpecial: true, ParseSpecial: true}
	if !parseSpecial {
		for _, c := range said {
			o.Plain = append(o.Plain, c.Span)
		}
	}
	tokens, err := t.Encode(text, o)
	if err != nil {
		return Prompt{}, fmt.Errorf("the prompt: %w", err)
	}
	p := promptOf(text, tokens)
	for i, token := range tokens {
		for _, c := range said {
			if !token.Special && token.Start < c.End && token.End > c.Start {
				p.Tokens[i].Role = c.role
			}
		}
	}
	return p, nil
}

// A content is the part of a rendered chat that one message fills.
type content struct {
	tokenizer.Span
	role string
}

// contents finds each message in the rendered text, in order. A template may
// trim a message, and one that it leaves out has no part.
func contents(rendered string, messages []tokenizer.Message) []content {
	var found []content
	from := 0
	for _, m := range messages {
		text := strings.TrimSpace(m.Content)
		at := strings.Index(rendered[from:], text)
		if text == "" || at < 0 {
			continue
		}
		start := from + at
		from = start + len(text)
		found = append(found, content{tokenizer.Span{Start: start, End: from}, m.Role})
	}
	return found
}
