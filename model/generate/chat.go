package generate

import (
	"fmt"
	"strings"

	"tiller/model/tokenizer"
)

// ChatPrompt renders messages with the model's chat template, ready for the
// assistant to answer; prefill is the beginning of that answer.
func ChatPrompt(t *tokenizer.Tokenizer, messages []tokenizer.Message, prefill string) (Prompt, error) {
	rendered, err := t.Chat(messages, true)
	if err != nil {
		return Prompt{}, err
	}
	text := rendered + prefill
	tokens, err := t.Encode(text, tokenizer.EncodeOptions{NoSpecial: true, ParseSpecial: true})
	if err != nil {
		return Prompt{}, fmt.Errorf("the prompt: %w", err)
	}
	p := promptOf(text, tokens)
	roles := spans(rendered, messages)
	if prefill != "" {
		roles = append(roles, span{len(rendered), len(text), "assistant"})
	}
	for i, token := range tokens {
		for _, s := range roles {
			if !token.Special && token.Start < s.end && token.End > s.start {
				p.Tokens[i].Role = s.role
			}
		}
	}
	return p, nil
}

// A span is the part of a rendered chat that one message fills.
type span struct {
	start, end int
	role       string
}

// spans finds each message's content in the rendered text, in order. A
// template may trim the content, and a message that it leaves out has no span.
func spans(rendered string, messages []tokenizer.Message) []span {
	var found []span
	from := 0
	for _, m := range messages {
		content := strings.TrimSpace(m.Content)
		at := strings.Index(rendered[from:], content)
		if content == "" || at < 0 {
			continue
		}
		start := from + at
		from = start + len(content)
		found = append(found, span{start, from, m.Role})
	}
	return found
}
