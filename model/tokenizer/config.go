package tokenizer

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
)

// configure reads the files beside tokenizer.json in the folder dir. Read
// returns nil for one that isn't there.
func (t *Tokenizer) configure(dir string, read func(name string) ([]byte, error)) error {
	var c configs
	for _, part := range []struct {
		name string
		into any
	}{
		{"special_tokens_map.json", &c.special},
		{"tokenizer_config.json", &c.tokenizer},
		{"config.json", &c.model},
		{"generation_config.json", &c.generation},
	} {
		data, err := read(part.name)
		if err != nil {
			return err
		}
		if data == nil {
			continue
		}
		if err := json.Unmarshal(data, part.into); err != nil {
			return fmt.Errorf("%s can't be read: %w", filepath.Join(dir, part.name), err)
		}
	}
	t.bos = c.bos(t)
	t.eos = c.eos(t)
	if err := t.addSpecial(c); err != nil {
		return err
	}
	return t.configureChat(dir, c, read)
}

// addSpecial makes the named tokens special that tokenizer.json has only as
// words of its vocabulary, as transformers does.
func (t *Tokenizer) addSpecial(c configs) error {
	tokens := t.added.list
	for _, names := range []specialNames{c.tokenizer, c.special} {
		for _, name := range names.roles() {
			id, ok := t.lookup(string(name))
			if _, known := t.added.byID[id]; !ok || known {
				continue
			}
			tokens = append(tokens, addedToken{ID: id, Content: string(name), Special: true})
		}
	}
	if len(tokens) == len(t.added.list) {
		return nil
	}
	var err error
	t.added, err = newAdded(tokens, t.normalizer, false)
	return err
}

// configs is what is read of the files beside tokenizer.json.
type configs struct {
	special    specialNames
	tokenizer  specialNames
	model      specialIDs
	generation specialIDs
}

type specialNames struct {
	BOS      tokenName     `json:"bos_token"`
	EOS      tokenName     `json:"eos_token"`
	Unk      tokenName     `json:"unk_token"`
	Pad      tokenName     `json:"pad_token"`
	Sep      tokenName     `json:"sep_token"`
	Cls      tokenName     `json:"cls_token"`
	Mask     tokenName     `json:"mask_token"`
	Template templateField `json:"chat_template"`
}

// roles are the tokens by the names that templates know them by.
func (n specialNames) roles() map[string]tokenName {
	return map[string]tokenName{
		"bos_token": n.BOS, "eos_token": n.EOS, "unk_token": n.Unk, "pad_token": n.Pad,
		"sep_token": n.Sep, "cls_token": n.Cls, "mask_token": n.Mask,
	}
}

type specialIDs struct {
	BOS idList `json:"bos_token_id"`
	EOS idList `json:"eos_token_id"`
}

// tokenName is a token, written as a string or as an object with its content.
type tokenName string

// UnmarshalJSON reads either form.
func (n *tokenName) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*n = tokenName(s)
		return nil
	}
	var j struct{ Content string }
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("a token must be a string or an object with its content: %w", err)
	}
	*n = tokenName(j.Content)
	return nil
}

// idList is an id or a list of ids.
type idList []int

// UnmarshalJSON reads either form.
func (l *idList) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var one int
	if json.Unmarshal(data, &one) == nil {
		*l = idList{one}
		return nil
	}
	var many []int
	if err := json.Unmarshal(data, &many); err != nil {
		return fmt.Errorf("a token id must be a whole number or a list of them: %w", err)
	}
	*l = many
	return nil
}

// lookup finds a token by its name.
func (t *Tokenizer) lookup(name string) (int, bool) {
	if name == "" {
		return 0, false
	}
	for id, a := range t.added.byID {
		if a.content == name {
			return id, true
		}
	}
	return t.model.Vocab().ID(name)
}

// exists says whether an id has a token.
func (t *Tokenizer) exists(id int) bool {
	_, _, ok := t.nameOf(id)
	return ok
}

func (c configs) bos(t *Tokenizer) int {
	for _, name := range []tokenName{c.tokenizer.BOS, c.special.BOS} {
		if id, ok := t.lookup(string(name)); ok {
			return id
		}
	}
	for _, ids := range []idList{c.generation.BOS, c.model.BOS} {
		if len(ids) == 1 && t.exists(ids[0]) {
			return ids[0]
		}
	}
	return -1
}

// eos collects the ids of all files that name one: models for chat often have
// the token that ends a turn in one and the token that ends a text in another.
func (c configs) eos(t *Tokenizer) []int {
	var out []int
	for _, name := range []tokenName{c.tokenizer.EOS, c.special.EOS} {
		if id, ok := t.lookup(string(name)); ok {
			out = append(out, id)
		}
	}
	for _, id := range slices.Concat(c.generation.EOS, c.model.EOS) {
		if t.exists(id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
