package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering/derive"
	"tiller/steering/derive/contrast"
	"tiller/steering/library"
)

// derivationData is a file of texts.
type derivationData struct {
	name    string
	content []byte
	hash    string
}

// readDerivationData reads a file, an embedded one, or stdin if it is called -.
func readDerivationData(ctx context.Context, stdin io.Reader, ref string) (derivationData, error) {
	d := derivationData{name: ref}
	var err error
	if ref != "-" {
		d.content, err = embedded.ReadTexts(ctx, ref)
	} else {
		d.name = "standard input"
		if d.content, err = readInput(ctx, stdin, ref, library.MaxTexts); err != nil {
			err = fmt.Errorf("cannot read the texts: %w", err)
		}
	}
	sum := sha256.Sum256(d.content)
	d.hash = "sha256:" + hex.EncodeToString(sum[:])
	return d, err
}

// prompt is a text as the model reads it: in a chat the user's message or, if
// there is something that it answers, the beginning of the assistant's.
func (d *derivation) prompt(t *tokenizer.Tokenizer, before, text string) (generate.Prompt, error) {
	if !d.flags.chat {
		return generate.RawPrompt(t, before+text, tokenizer.EncodeOptions{})
	}
	var messages []tokenizer.Message
	if d.flags.system != "" {
		messages = append(messages, tokenizer.Message{Role: "system", Content: d.flags.system})
	}
	if before == "" {
		before, text = text, ""
	}
	messages = append(messages, tokenizer.Message{Role: "user", Content: before})
	return generate.ChatPrompt(t, messages, text, false)
}

// line names a line of the file in errors.
func (d *derivation) line(n int) string { return fmt.Sprintf("%s, line %d", d.data.name, n) }

// pairs are the file's contrast pairs.
func (d *derivation) pairs() ([]derive.Pair, error) {
	read, err := contrast.ParsePairs(d.data.name, d.data.content)
	if err != nil {
		return nil, err
	}
	pairs := make([]derive.Pair, len(read))
	for i, p := range read {
		pairs[i].Label = d.line(p.Line)
		if pairs[i].Positive, err = d.prompt(d.tokenizer, p.Prompt, p.Positive); err == nil {
			pairs[i].Negative, err = d.prompt(d.tokenizer, p.Prompt, p.Negative)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pairs[i].Label, err)
		}
	}
	return pairs, nil
}

// both are the file's texts, as the thinking and the base model read them.
func (d *derivation) both() ([]derive.Pair, error) {
	texts, err := contrast.ParseTexts(d.data.name, d.data.content)
	if err != nil {
		return nil, err
	}
	pairs := make([]derive.Pair, len(texts))
	for i, text := range texts {
		pairs[i].Label = d.line(text.Line)
		if pairs[i].Positive, err = d.prompt(d.second, "", text.Text); err == nil {
			pairs[i].Negative, err = d.prompt(d.tokenizer, "", text.Text)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pairs[i].Label, err)
		}
	}
	return pairs, nil
}

// examples are the file's prompts with what is to follow.
func (d *derivation) examples() ([]derive.Example, error) {
	targets, err := contrast.ParseTargets(d.data.name, d.data.content)
	if err != nil {
		return nil, err
	}
	joined := 0
	examples := make([]derive.Example, len(targets))
	for i, t := range targets {
		e, whole, err := d.example(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.line(t.Line), err)
		}
		e.Label = d.line(t.Line)
		examples[i] = e
		if !whole {
			joined++
		}
	}
	if joined > 0 {
		d.notes = append(d.notes, fmt.Sprintf("In %d of %d examples the target's beginning is one token with the prompt's end, so the prompt ends before it: begin targets with a space.", joined, len(targets)))
	}
	return examples, nil
}

// example cuts a text at the end of its prompt. A token that holds both the
// prompt's end and the target's beginning counts as the target's, and the
// prompt is then not whole.
func (d *derivation) example(t contrast.Target) (e derive.Example, whole bool, err error) {
	var texts []generate.Prompt
	for _, next := range []string{"", t.Target, t.Avoid} {
		if len(texts) > 0 && next == "" {
			continue
		}
		text, err := d.continued(t.Prompt, next)
		if err != nil {
			return e, false, err
		}
		texts = append(texts, text)
	}
	shared := len(texts[0].Tokens)
	for _, text := range texts[1:] {
		n := 0
		for n < min(shared, len(text.Tokens)) && text.Tokens[n].ID == texts[0].Tokens[n].ID {
			n++
		}
		shared = n
	}
	e.Prompt = texts[1]
	e.Prompt.Tokens = texts[1].Tokens[:shared]
	e.Target = texts[1].Tokens[shared:]
	if len(texts) > 2 {
		e.Avoid = texts[2].Tokens[shared:]
	}
	return e, shared == len(texts[0].Tokens), nil
}

// continued is a prompt with the beginning of what follows it.
func (d *derivation) continued(prompt, next string) (generate.Prompt, error) {
	if next == "" {
		return d.prompt(d.tokenizer, "", prompt)
	}
	return d.prompt(d.tokenizer, prompt, next)
}
