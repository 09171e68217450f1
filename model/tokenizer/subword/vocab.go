// Package subword holds the models that cut a word into tokens of a
// vocabulary: byte-pair encoding, unigram, word level and word piece.
package subword

import (
	"fmt"
	"unicode/utf8"
)

// Token is one token of a word: bytes [Start, End) of the word. Tokens that
// spell one character byte by byte cover one byte each.
type Token struct {
	ID         int
	Start, End int
}

// Model cuts words into tokens. It is safe for concurrent use.
type Model interface {
	// Tokenize appends the tokens of word, which is valid UTF-8, to out. It
	// fails when the word holds something that the vocabulary can't express
	// and there is no unknown token.
	Tokenize(word string, out []Token) ([]Token, error)
	// Vocab is the vocabulary of the model.
	Vocab() *Vocab
}

// Vocab maps tokens to ids and back.
type Vocab struct {
	ids     map[string]int
	tokens  []string
	there   []bool
	count   int
	longest int // bytes of the longest token
}

// Limits of what is read from a file.
const (
	maxVocab = 1 << 22 // entries of a vocabulary or of a list of merges
	idSlack  = 1 << 16
	idSpread = 4
)

// NewVocab returns an empty vocabulary with room for n tokens.
func NewVocab(n int) *Vocab { return &Vocab{ids: make(map[string]int, n)} }

// Add adds a token. The error names the token or id that is there twice, or
// the id that is out of range given n, the number of tokens in the file.
func (v *Vocab) Add(token string, id, n int) error {
	if !v.InRange(id, n) {
		return fmt.Errorf("the token %q has the id %d, which is out of range for a vocabulary of %d", token, id, n)
	}
	if old, ok := v.ids[token]; ok {
		return fmt.Errorf("the token %q is there twice, with the ids %d and %d", token, old, id)
	}
	for id >= len(v.tokens) {
		v.tokens = append(v.tokens, "")
		v.there = append(v.there, false)
	}
	if v.there[id] {
		return fmt.Errorf("the tokens %q and %q both have the id %d", v.tokens[id], token, id)
	}
	v.ids[token] = id
	v.tokens[id], v.there[id] = token, true
	v.count++
	v.longest = max(v.longest, len(token))
	return nil
}

// AddHidden is like Add for a token that no text becomes, only an id does.
func (v *Vocab) AddHidden(token string, id, n int) error {
	if err := v.Add(token, id, n); err != nil {
		return err
	}
	delete(v.ids, token)
	v.count--
	return nil
}

// InRange says whether an id is reasonable for a vocabulary of n tokens: ids
// may have gaps, but tables of them must stay in proportion to the file.
func (v *Vocab) InRange(id, n int) bool {
	return id >= 0 && id < idSlack+idSpread*n && id < maxVocab
}

// ID returns the id of a token.
func (v *Vocab) ID(token string) (int, bool) {
	id, ok := v.ids[token]
	return id, ok
}

// Token returns the token with an id.
func (v *Vocab) Token(id int) (string, bool) {
	if id < 0 || id >= len(v.tokens) || !v.there[id] {
		return "", false
	}
	return v.tokens[id], true
}

// Count is the number of tokens.
func (v *Vocab) Count() int { return v.count }

// Size is one more than the highest id.
func (v *Vocab) Size() int { return len(v.tokens) }

// byteIDs finds the tokens <0x00> to <0xFF>; missing ones are -1.
func (v *Vocab) byteIDs() *[256]int {
	var out [256]int
	for b := range out {
		id, ok := v.ids[fmt.Sprintf("<0x%02X>", b)]
		if !ok {
			id = -1
		}
		out[b] = id
	}
	return &out
}

// spell appends one token per byte of word[start:end]. It reports false, and
// adds nothing, when one of them is not in the vocabulary.
func spell(bytes *[256]int, word string, start, end int, out []Token) ([]Token, bool) {
	n := len(out)
	for i := start; i < end; i++ {
		id := bytes[word[i]]
		if id < 0 {
			return out[:n], false
		}
		out = append(out, Token{ID: id, Start: i, End: i + 1})
	}
	return out, true
}

func runeWidth(s string, at int) int {
	if s[at] < utf8.RuneSelf {
		return 1
	}
	_, w := utf8.DecodeRuneInString(s[at:])
	return w
}
