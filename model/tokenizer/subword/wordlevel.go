package subword

import (
	"errors"
	"fmt"
)

// wordLevel takes every word as one token.
type wordLevel struct {
	vocab *Vocab
	unk   int // -1: none
}

func parseWordLevel(j modelJSON) (Model, error) {
	vocab, err := parseVocab(j.Vocab)
	if err != nil {
		return nil, err
	}
	if j.Unk == nil {
		return nil, errors.New("a WordLevel needs unk_token")
	}
	m := &wordLevel{vocab: vocab, unk: -1}
	if id, ok := vocab.ID(*j.Unk); ok {
		m.unk = id
	}
	return m, nil
}

func (m *wordLevel) Vocab() *Vocab { return m.vocab }

func (m *wordLevel) Tokenize(word string, out []Token) ([]Token, error) {
	id, ok := m.vocab.ID(word)
	if !ok {
		if m.unk < 0 {
			return out, fmt.Errorf("the word %q is not in the vocabulary, which has no unknown token", short(word))
		}
		id = m.unk
	}
	return append(out, Token{ID: id, End: len(word)}), nil
}

// short cuts a long word for an error text.
func short(word string) string {
	const most = 40
	if len(word) <= most {
		return word
	}
	return word[:most] + "…"
}
