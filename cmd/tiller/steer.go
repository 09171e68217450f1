package main

import (
	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
)

// A laneSteering compiles a plan for one lane, once the lane's prompt was
// computed. It is a [generate.Steering].
type laneSteering struct {
	plan      steering.Plan
	vectors   map[string]*steering.Vector
	tokenizer *tokenizer.Tokenizer // nil: token texts are empty
	config    model.Config
	chat      bool // generated tokens are the assistant's

	lowest int // layer
	edits  bool
}

// newLaneSteering checks that the plan fits the model and the vectors.
func newLaneSteering(plan steering.Plan, vectors map[string]*steering.Vector, m *model.Model, t *tokenizer.Tokenizer) (*laneSteering, error) {
	s := &laneSteering{plan: plan, vectors: vectors, tokenizer: t, config: m.Config()}
	// The layers don't depend on the prompt, nor on what its norms are.
	norms := make([]float32, s.config.Layers+1)
	for i := range norms {
		norms[i] = 1
	}
	program, err := s.compile(nil, generate.Measured{MedianNorm: norms})
	if err != nil {
		return nil, err
	}
	s.lowest, s.edits = program.LowestLayer()
	return s, nil
}

func (s *laneSteering) LowestLayer() (int, bool) { return s.lowest, s.edits }

func (s *laneSteering) NeedsDistributions() bool { return s.plan.NeedsDistributions() }

// Editor compiles the plan. A term that can't select anything in the lane is
// an error: there is only this one prompt.
func (s *laneSteering) Editor(prompt generate.Prompt, measured generate.Measured) (generate.Editor, error) {
	program, err := s.compile(promptTokens(prompt), measured)
	if err != nil {
		return nil, err
	}
	if empty := program.EmptySelections(); len(empty) > 0 {
		return nil, empty[0]
	}
	return &laneEditor{Program: program, tokenizer: s.tokenizer, chat: s.chat}, nil
}

func (s *laneSteering) compile(prompt []steering.Token, measured generate.Measured) (*steering.Program, error) {
	c := steering.Context{
		Layers: s.config.Layers, DModel: s.config.DModel,
		Vectors: s.vectors, Prompt: prompt, MedianNorm: measured.MedianNorm,
	}
	for _, d := range measured.Drawn {
		c.Drawn = append(c.Drawn, steering.Drawn(d))
	}
	return steering.Compile(s.plan, c)
}

// promptTokens describes a prompt's tokens as plans see them.
func promptTokens(prompt generate.Prompt) []steering.Token {
	tokens := make([]steering.Token, len(prompt.Tokens))
	for i, t := range prompt.Tokens {
		tokens[i] = steering.Token{ID: t.ID, Text: t.Text, Special: t.Special, Role: role(t.Role)}
	}
	return tokens
}

// role names the speaker of a prompt's token as plans do.
func role(name string) steering.Role {
	switch name {
	case "system":
		return steering.RoleSystem
	case "user":
		return steering.RoleUser
	case "assistant":
		return steering.RoleAssistant
	}
	return steering.RoleNone
}

// A laneEditor is a compiled plan as a generating session uses it.
type laneEditor struct {
	*steering.Program
	tokenizer *tokenizer.Tokenizer
	chat      bool
}

// Accept tells the plan of a generated token.
func (e *laneEditor) Accept(id int, text string, drawn generate.Drawn) {
	e.Program.Accept(generatedToken(e.tokenizer, id, text, e.chat), steering.Drawn(drawn))
}

// generatedToken describes a token that adds text; a special one goes by its
// name. In a chat it is the assistant's.
func generatedToken(t *tokenizer.Tokenizer, id int, text string, chat bool) steering.Token {
	token := steering.Token{ID: id, Text: text}
	if chat {
		token.Role = steering.RoleAssistant
	}
	if t != nil && t.Special(id) {
		token.Text, token.Special = t.Piece(id), true
	}
	return token
}
