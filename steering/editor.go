package steering

import (
	"tiller/model/generate"
	"tiller/model/tokenizer"
)

// Lanes is a bound plan as lanes of package generate use it. It is a
// [generate.Steering].
type Lanes struct {
	*Bound
	// Tokenizer tells special tokens; nil where prompts are bare ids.
	Tokenizer *tokenizer.Tokenizer
}

// Editor starts the plan on a lane whose prompt was measured.
func (l Lanes) Editor(prompt generate.Prompt, measured generate.Measured) (generate.Editor, error) {
	tokens := make([]Token, len(prompt.Tokens))
	answer := RoleNone
	for i, t := range prompt.Tokens {
		if t.Role != "" {
			answer = RoleAssistant // a chat, and the model answers
		}
		tokens[i] = Token{ID: t.ID, Text: t.Text, Special: t.Special, Role: roles[t.Role]}
	}
	drawn := make([]Drawn, len(measured.Drawn))
	for i, d := range measured.Drawn {
		drawn[i] = Drawn(d)
	}
	program, err := l.Start(tokens, measured.MedianNorm, drawn)
	if err != nil {
		return nil, err
	}
	return &Editor{Program: program, tokenizer: l.Tokenizer, role: answer}, nil
}

// roles are the speakers of a chat as package generate names them.
var roles = map[string]Role{"system": RoleSystem, "user": RoleUser, "assistant": RoleAssistant}

// Editor is a plan at work on one lane. It is a [generate.Editor].
type Editor struct {
	*Program
	tokenizer *tokenizer.Tokenizer
	role      Role // of generated tokens
}

// Accept lets a generated token enter. A special token's text is its name.
func (e *Editor) Accept(id int, text string, drawn generate.Drawn) {
	t := Token{ID: id, Text: text, Role: e.role}
	if e.tokenizer != nil && e.tokenizer.Special(id) {
		t.Text, t.Special = e.tokenizer.Piece(id), true
	}
	e.Program.Accept(t, Drawn(drawn))
}
