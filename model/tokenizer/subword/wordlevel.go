package subword

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
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
			return out, &UnknownWordError{word}
		}
		id = m.unk
	}
	return append(out, Token{ID: id, End: len(word)}), nil
}

// UnknownWordError says that a vocabulary of words lacks one, and has no
// unknown token to put in its place.
type UnknownWordError struct{ Word string }

func (e *UnknownWordError) Error() string {
	return fmt.Sprintf("the word %s is not in the vocabulary, which has no unknown token", e.Quoted())
}

// Quoted is the word in quotes, safe to show; the end of a long one is left
// out.
func (e *UnknownWordError) Quoted() string {
	const most = 40
	if len(e.Word) <= most {
		return strconv.Quote(e.Word)
	}
	end := most
	for !utf8.RuneStart(e.Word[end]) {
		end--
	}
	return strconv.Quote(e.Word[:end] + "…")
}
