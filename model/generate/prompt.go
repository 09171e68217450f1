package generate

import (
	"fmt"

	"tiller/model/tokenizer"
)

// A Prompt is what a lane starts from.
type Prompt struct {
	Text   string // as given to the tokenizer; empty for ids
	Tokens []PromptToken
}

// A PromptToken is one token of a prompt.
type PromptToken struct {
	ID      int
	Text    string // what the token adds to the text
	Special bool
	Role    string // who says it in a chat: "system", "user", "assistant"; "" elsewhere
}

// IDs returns the tokens' ids.
func (p Prompt) IDs() []int {
	ids := make([]int, len(p.Tokens))
	for i, t := range p.Tokens {
		ids[i] = t.ID
	}
	return ids
}

// RawPrompt is text as it stands.
func RawPrompt(t *tokenizer.Tokenizer, text string, o tokenizer.EncodeOptions) (Prompt, error) {
	tokens, err := t.Encode(text, o)
	if err != nil {
		return Prompt{}, fmt.Errorf("the prompt: %w", err)
	}
	return promptOf(text, tokens), nil
}

// promptOf gives each token the text from the end of the one before it, so
// that the space between words is there also where no token holds it.
func promptOf(text string, tokens []tokenizer.Token) Prompt {
	p := Prompt{Text: text}
	from := 0
	for _, token := range tokens {
		t := PromptToken{ID: token.ID, Text: token.Piece, Special: token.Special}
		if !token.Special && token.End > from {
			t.Text = text[from:token.End]
		}
		from = max(from, token.End)
		p.Tokens = append(p.Tokens, t)
	}
	return p
}

// IDPrompt is a prompt given as token ids. The tokenizer may be nil.
func IDPrompt(t *tokenizer.Tokenizer, ids []int) (Prompt, error) {
	var p Prompt
	for i, id := range ids {
		token := PromptToken{ID: id}
		if t != nil {
			if id < 0 || id >= t.Size() {
				return Prompt{}, fmt.Errorf("id %d, at place %d of the prompt, is not one of the vocabulary's 0 to %d", id, i, t.Size()-1)
			}
			token.Text, token.Special = t.Piece(id), t.Special(id)
		}
		p.Tokens = append(p.Tokens, token)
	}
	return p, nil
}
