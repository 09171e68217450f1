package engine

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tiller/model/generate"
	"tiller/model/tokenizer"
)

// A Prompt is what a lane starts from, as it is written.
type Prompt struct {
	// Text is the prompt or, in a chat, the user's last message.
	Text string
	// Chat puts it into the model's template, after System and the Turns so
	// far; Prefill begins the answer.
	Chat            bool
	System, Prefill string
	Turns           []Turn
	NoBOS           bool // leave out what the tokenizer puts around a text
	ParseSpecial    bool // read the names of special tokens as these tokens
}

// A Turn is one earlier message of a chat.
type Turn struct {
	Role string // "user" or "assistant"
	Text string
}

// Equal reports whether two prompts are the same.
func (p Prompt) Equal(q Prompt) bool {
	return p.Text == q.Text && p.Chat == q.Chat && p.System == q.System && p.Prefill == q.Prefill &&
		p.NoBOS == q.NoBOS && p.ParseSpecial == q.ParseSpecial && slices.Equal(p.Turns, q.Turns)
}

// PromptToken is one token of a prompt; Text and Piece are untrusted.
type PromptToken struct {
	ID      int
	Text    string // what it adds to the text
	Piece   string // its entry in the vocabulary
	Special bool
	Role    string // who says it in a chat
}

// PromptRead says how a prompt is cut into tokens, or why it can't be.
type PromptRead struct {
	Gen    int
	Tokens []PromptToken
	Err    string
}

// ReadPrompt cuts a prompt into the current model's tokens.
func (e *Engine) ReadPrompt(gen int, p Prompt) tea.Cmd {
	return e.do(gen, "reading the prompt", func(ctx context.Context) (tea.Msg, error) {
		o, err := e.open(ctx, "")
		if err != nil {
			return nil, err
		}
		prompt, err := p.tokens(o.tokenizer)
		if err != nil {
			return PromptRead{Gen: gen, Err: err.Error()}, nil
		}
		return PromptRead{Gen: gen, Tokens: shown(prompt, o.tokenizer)}, nil
	})
}

// tokens reads the prompt with a model's tokenizer.
func (p Prompt) tokens(t *tokenizer.Tokenizer) (generate.Prompt, error) {
	if !p.Chat {
		return generate.RawPrompt(t, p.Text, tokenizer.EncodeOptions{NoSpecial: p.NoBOS, ParseSpecial: p.ParseSpecial})
	}
	var messages []tokenizer.Message
	if p.System != "" {
		messages = append(messages, tokenizer.Message{Role: "system", Content: p.System})
	}
	for _, turn := range p.Turns {
		messages = append(messages, tokenizer.Message{Role: turn.Role, Content: turn.Text})
	}
	messages = append(messages, tokenizer.Message{Role: "user", Content: p.Text})
	return generate.ChatPrompt(t, messages, p.Prefill, p.ParseSpecial)
}

// shown is a prompt for the screen.
func shown(p generate.Prompt, t *tokenizer.Tokenizer) []PromptToken {
	tokens := make([]PromptToken, len(p.Tokens))
	for i, x := range p.Tokens {
		tokens[i] = PromptToken{ID: x.ID, Text: x.Text, Piece: t.Piece(x.ID), Special: x.Special, Role: x.Role}
	}
	return tokens
}
