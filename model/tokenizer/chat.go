package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tiller/model/checkpoint/gguf"
	"tiller/model/tokenizer/jinja"
)

// Message is one turn of a conversation.
type Message struct {
	Role    string // "system", "user", "assistant" or what else the template knows
	Content string
}

// ChatOptions says how to render a conversation.
type ChatOptions struct {
	// AddGenerationPrompt ends the text with the start of the assistant's turn.
	AddGenerationPrompt bool
	// Now is the date for templates that put one into the text. Where it is
	// zero they are told that there is no clock, and those that have a date to
	// fall back on use that, so that the text is the same every day.
	Now time.Time
}

// chatTemplate is a model's template, compiled when it is first used.
type chatTemplate struct {
	where    string // file, for errors
	source   string // "" for none
	others   []string
	names    map[string]any // bos_token and so on
	once     sync.Once
	compiled *jinja.Template
	err      error
}

var errNoTemplate = errors.New("there is no chat template")

// HasChatTemplate says whether the model has a template for conversations.
func (t *Tokenizer) HasChatTemplate() bool { return t.chat.source != "" }

// Chat renders a conversation as the model was trained to see it, with special
// tokens spelled out: encode it with ParseSpecial and NoSpecial. It fails when
// there is no template, when the template refuses the conversation, and when
// it needs too many steps or too much memory.
func (t *Tokenizer) Chat(messages []Message, addGenerationPrompt bool) (string, error) {
	return t.ChatWith(messages, ChatOptions{AddGenerationPrompt: addGenerationPrompt})
}

// ChatWith is Chat with all options.
func (t *Tokenizer) ChatWith(messages []Message, o ChatOptions) (string, error) {
	c := &t.chat
	switch {
	case c.source == "" && len(c.others) > 0:
		return "", inFile(t.name, fmt.Errorf("there is no chat template named default, only %q", c.others))
	case c.source == "":
		return "", inFile(t.name, errNoTemplate)
	}
	c.once.Do(func() { c.compiled, c.err = jinja.Compile(c.source) })
	if c.err != nil {
		return "", inFile(c.where, fmt.Errorf("the chat template can't be read: %w", c.err))
	}
	list := make([]any, len(messages))
	for i, m := range messages {
		list[i] = jinja.Dict("role", m.Role, "content", m.Content)
	}
	vars := map[string]any{
		"messages": jinja.List(list...), "add_generation_prompt": o.AddGenerationPrompt,
		"tools": nil, "documents": nil,
	}
	for name, value := range c.names {
		vars[name] = value
	}
	text, err := c.compiled.Render(vars, jinja.Options{Now: o.Now})
	if err != nil {
		return "", inFile(c.where, fmt.Errorf("chat template: %w", err))
	}
	return text, nil
}

// templateField is chat_template in tokenizer_config.json: a template, or a
// list of templates with names.
type templateField struct {
	source string // the default one
	others []string
}

// UnmarshalJSON reads either form.
func (f *templateField) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	if json.Unmarshal(data, &f.source) == nil {
		return nil
	}
	var named []struct{ Name, Template string }
	if err := json.Unmarshal(data, &named); err != nil {
		return fmt.Errorf("chat_template must be a string or a list of named templates: %w", err)
	}
	for _, n := range named {
		if n.Name == "default" {
			f.source = n.Template
		} else {
			f.others = append(f.others, n.Name)
		}
	}
	if f.source == "" && len(named) == 1 {
		f.source, f.others = named[0].Template, nil
	}
	return nil
}

// configureChat takes the template of chat_template.jinja, or else of
// tokenizer_config.json.
func (t *Tokenizer) configureChat(dir string, c configs, read func(name string) ([]byte, error)) error {
	const file = "chat_template.jinja"
	data, err := read(file)
	if err != nil {
		return err
	}
	t.chat.where, t.chat.source, t.chat.others = filepath.Join(dir, "tokenizer_config.json"), c.tokenizer.Template.source, c.tokenizer.Template.others
	if data != nil {
		t.chat.where, t.chat.source = filepath.Join(dir, file), string(data)
	}
	t.chat.names = map[string]any{}
	for _, names := range []specialNames{c.special, c.tokenizer} {
		for key, name := range names.roles() {
			if name != "" {
				t.chat.names[key] = string(name)
			}
		}
	}
	return nil
}

// keyChat is the template in a GGUF file; further ones have a dot and a name
// after it.
const keyChat = "tokenizer.chat_template"

func (t *Tokenizer) chatFromGGUF(f *gguf.File, v *ggufVocab) error {
	source, _, err := f.Text(keyChat)
	if err != nil {
		return err
	}
	t.chat.where, t.chat.source = t.name, source
	for _, kv := range f.KVs {
		if name, ok := strings.CutPrefix(kv.Key, keyChat+"."); ok {
			t.chat.others = append(t.chat.others, name)
		}
	}
	slices.Sort(t.chat.others)
	t.chat.names = map[string]any{}
	for name, id := range map[string]int{"bos_token": v.bos, "eos_token": v.eos, "unk_token": v.unknown} {
		if id >= 0 {
			t.chat.names[name] = v.tokens[id]
		}
	}
	return nil
}
