package corpus

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tiller/steering/lab/problem"
)

// The special tokens, whose ids are 0 and 1.
const (
	BOS = "<s>"
	EOS = "</s>"
)

// tokens are all tokens in the order of their ids.
var tokens = slices.Concat([]string{BOS, EOS}, problem.Words())

// ids are the ids of tokens.
var ids = func() map[string]int {
	m := map[string]int{}
	for id, word := range tokens {
		m[word] = id
	}
	return m
}()

// Vocabulary gives every token its id, without gaps from 0 on.
func Vocabulary() map[string]int { return maps.Clone(ids) }

// Encode turns words into ids. It fails on a word that is not in Vocabulary,
// and names it.
func Encode(words []string) ([]int, error) {
	out := make([]int, len(words))
	for i, word := range words {
		id, ok := ids[word]
		if !ok {
			return nil, fmt.Errorf("the word %q is not in the lab's vocabulary", word)
		}
		out[i] = id
	}
	return out, nil
}

// Tokenizer is the content of a Hugging Face tokenizer.json: every word between
// spaces is a token, <s> is put before a text, and a word that isn't known is
// an error.
func Tokenizer() []byte {
	special := func(id int, content string) string {
		return fmt.Sprintf(`    {"id": %d, "content": %q, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}`, id, content)
	}
	var vocab []string
	for id, word := range tokens {
		key, _ := json.Marshal(word) // a string can't fail
		vocab = append(vocab, fmt.Sprintf("      %s: %d", key, id))
	}
	// A WordLevel has to name an unknown token, but need not have it.
	return []byte(`{
  "version": "1.0",
  "truncation": null,
  "padding": null,
  "added_tokens": [
` + special(0, BOS) + ",\n" + special(1, EOS) + `
  ],
  "normalizer": null,
  "pre_tokenizer": {"type": "WhitespaceSplit"},
  "post_processor": {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}
  },
  "decoder": null,
  "model": {
    "type": "WordLevel",
    "vocab": {
` + strings.Join(vocab, ",\n") + `
    },
    "unk_token": "<unk>"
  }
}
`)
}

// TokenizerConfig is the content of the tokenizer_config.json beside it.
func TokenizerConfig() []byte {
	return []byte(`{
  "tokenizer_class": "PreTrainedTokenizerFast",
  "bos_token": "<s>",
  "eos_token": "</s>",
  "clean_up_tokenization_spaces": false,
  "model_max_length": 1000000
}
`)
}
