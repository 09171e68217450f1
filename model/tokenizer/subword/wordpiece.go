package subword

import (
	"fmt"
	"unicode/utf8"
)

// wordPiece takes the longest token that a word starts with, then the longest
// that the rest starts with, and so on. A word that can't be cut up so is
// unknown as a whole.
type wordPiece struct {
	vocab  *Vocab
	unk    int
	prefix string // of every token but the first of a word
	most   int    // characters of a word; longer ones are unknown
}

// maxPieceWord bounds the length of words, since cutting them takes time
// quadratic in it.
const maxPieceWord = 1000

func parseWordPiece(j modelJSON) (Model, error) {
	vocab, err := parseVocab(j.Vocab)
	if err != nil {
		return nil, err
	}
	unk, ok := vocab.ID(text(j.Unk, "[UNK]"))
	if !ok {
		return nil, fmt.Errorf("unk_token %q is not in vocab", text(j.Unk, "[UNK]"))
	}
	most := 100
	if j.MaxWord != nil {
		most = *j.MaxWord
	}
	if most < 0 || most > maxPieceWord {
		return nil, fmt.Errorf("max_input_chars_per_word is %d; at most %d is supported", most, maxPieceWord)
	}
	return &wordPiece{vocab: vocab, unk: unk, prefix: text(j.Prefix, "##"), most: most}, nil
}

func (m *wordPiece) Vocab() *Vocab { return m.vocab }

func (m *wordPiece) Tokenize(word string, out []Token) ([]Token, error) {
	first := len(out)
	unknown := Token{ID: m.unk, End: len(word)}
	if utf8.RuneCountInString(word) > m.most {
		return append(out, unknown), nil
	}
	for start := 0; start < len(word); {
		id, end := m.longest(word, start)
		if end < 0 {
			return append(out[:first], unknown), nil
		}
		out = append(out, Token{ID: id, Start: start, End: end})
		start = end
	}
	return out, nil
}

// longest finds the longest token at start; end is -1 when there is none.
func (m *wordPiece) longest(word string, start int) (id, end int) {
	for end := len(word); end > start; {
		piece := word[start:end]
		if start > 0 {
			piece = m.prefix + piece
		}
		if id, ok := m.vocab.ID(piece); ok {
			return id, end
		}
		_, w := utf8.DecodeLastRuneInString(word[start:end])
		end -= w
	}
	return 0, -1
}
