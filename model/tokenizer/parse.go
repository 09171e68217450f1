package tokenizer

import (
	"encoding/json"
	"fmt"

	"tiller/model/tokenizer/decode"
	"tiller/model/tokenizer/normalize"
	"tiller/model/tokenizer/pretokenize"
	"tiller/model/tokenizer/subword"
)

// Parse reads a tokenizer.json file. name is used in errors.
func Parse(name string, data []byte) (*Tokenizer, error) {
	t, err := parse(name, data)
	return t, inFile(name, err)
}

func parse(name string, data []byte) (*Tokenizer, error) {
	var j struct {
		Version       *string
		AddedTokens   []addedToken `json:"added_tokens"`
		Normalizer    json.RawMessage
		PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
		PostProcessor json.RawMessage `json:"post_processor"`
		Decoder       json.RawMessage
		Model         json.RawMessage
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, fmt.Errorf("the file is not a tokenizer.json: %w", err)
	}
	if j.Version != nil && *j.Version != "1.0" {
		return nil, fmt.Errorf("version %q is not supported, only 1.0", *j.Version)
	}
	t := &Tokenizer{name: name, bos: -1}
	var err error
	if t.model, err = subword.Parse(j.Model); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if t.normalizer, err = normalize.Parse(j.Normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if t.splitter, err = pretokenize.Parse(j.PreTokenizer); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if t.decoder, err = decode.Parse(j.Decoder); err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	tokens, err := placeAdded(j.AddedTokens, t.model.Vocab())
	if err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	if t.added, err = newAdded(tokens, t.normalizer, false); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	t.size = t.model.Vocab().Size()
	for _, a := range tokens {
		t.size = max(t.size, a.ID+1)
	}
	if t.prefix, t.suffix, err = parsePostProcessor(j.PostProcessor, t.size); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	return t, nil
}

// placeAdded gives added tokens their ids: a token that the model has keeps
// the id that it has there, and of a token that is there twice the last entry
// counts, as in the reference. Ids must not collide.
func placeAdded(tokens []addedToken, vocab *subword.Vocab) ([]addedToken, error) {
	n := vocab.Count() + len(tokens)
	place := make(map[int]int, len(tokens)) // of an id in out
	var out []addedToken
	for i, t := range tokens {
		if t.Content == "" {
			continue
		}
		if id, ok := vocab.ID(t.Content); ok {
			t.ID = id
		} else if other, ok := vocab.Token(t.ID); ok {
			return nil, fmt.Errorf("[%d]: the token %q has the id %d, which the model's vocabulary gives to %q", i, t.Content, t.ID, other)
		}
		if !vocab.InRange(t.ID, n) {
			return nil, fmt.Errorf("[%d]: the token %q has the id %d, which is out of range for a vocabulary of %d", i, t.Content, t.ID, n)
		}
		at, ok := place[t.ID]
		switch {
		case !ok:
			place[t.ID] = len(out)
			out = append(out, t)
		case out[at].Content == t.Content:
			out[at] = t
		default:
			return nil, fmt.Errorf("[%d]: the tokens %q and %q both have the id %d", i, out[at].Content, t.Content, t.ID)
		}
	}
	return out, nil
}
