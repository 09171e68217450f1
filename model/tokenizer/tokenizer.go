// Package tokenizer turns text into tokens and back.
//
// It interprets Hugging Face tokenizer.json files
// (github.com/huggingface/tokenizers) and the tokenizers inside GGUF files
// (github.com/ggml-org/ggml/blob/master/docs/gguf.md), on the same models. An
// encoding passes: added tokens that are looked for in the text as it is, the
// normalizer, added tokens that are looked for in normalized text, the
// pre-tokenizer that cuts words, the model that cuts words into tokens, and
// the post-processor that puts tokens before and after.
package tokenizer

import (
	"fmt"
	"sort"
	"sync"
	"unicode/utf8"

	"tiller/model/tokenizer/aligned"
	"tiller/model/tokenizer/decode"
	"tiller/model/tokenizer/normalize"
	"tiller/model/tokenizer/pretokenize"
	"tiller/model/tokenizer/subword"
)

// Token is one token of an encoded text.
type Token struct {
	ID int
	// Piece is the text of the token out of context: Piece(ID).
	Piece string
	// Start and End are byte offsets into the text that was encoded. They
	// never decrease from token to token. A token that holds a part of a
	// character covers just its bytes; one that was inserted, like BOS, is
	// empty.
	Start, End int
	// Special says that the token is control, not content.
	Special bool
}

// Tokenizer encodes and decodes. It is safe for concurrent use.
type Tokenizer struct {
	name       string // of the file, for errors
	model      subword.Model
	normalizer normalize.Normalizer
	splitter   pretokenize.Splitter
	decoder    decode.Decoder
	added      *added
	prefix     []int // put before every text
	suffix     []int // put after every text
	bos        int   // -1: none
	eos        []int
	size       int
	chat       chatTemplate

	once   sync.Once
	pieces []string
}

// maxText bounds the length in bytes of a text to encode.
const maxText = 1 << 30

// EncodeOptions says how to encode. The zero value is for text of unknown
// origin to a model: BOS is put before it as the model wants, and what looks
// like a special token in it is ordinary text.
type EncodeOptions struct {
	// NoSpecial leaves out the tokens that the tokenizer puts before and after
	// every text, such as BOS.
	NoSpecial bool
	// ParseSpecial recognises special tokens in the text.
	ParseSpecial bool
	// Plain are stretches of the text, in order, in which no special token
	// begins all the same: what people wrote inside a rendered chat.
	Plain []Span
}

// Span is a stretch of bytes of a text, End not included.
type Span struct{ Start, End int }

// parses reports whether a special token may begin at byte i.
func (o EncodeOptions) parses(i int) bool {
	if !o.ParseSpecial {
		return false
	}
	n := sort.Search(len(o.Plain), func(n int) bool { return o.Plain[n].End > i })
	return n == len(o.Plain) || i < o.Plain[n].Start
}

// Encode turns text into tokens. It fails on invalid UTF-8, naming the byte;
// on a text of more than 1 GiB; on text that the vocabulary can't express; and
// when a regular expression of the tokenizer takes too long on the text.
func (t *Tokenizer) Encode(text string, o EncodeOptions) ([]Token, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("the text has %d bytes; at most %d can be encoded at once", len(text), maxText)
	}
	if at := invalidUTF8(text); at >= 0 {
		return nil, fmt.Errorf("the text is not valid UTF-8 at byte %d", at)
	}
	var out []Token
	if !o.NoSpecial {
		out = t.insert(out, t.prefix, 0)
	}
	out, err := t.encode(text, o, out)
	if err != nil {
		return nil, inFile(t.name, err)
	}
	if !o.NoSpecial {
		out = t.insert(out, t.suffix, len(text))
	}
	return out, nil
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && w == 1 {
			return i
		}
		i += w
	}
	return -1
}

func (t *Tokenizer) insert(out []Token, ids []int, at int) []Token {
	for _, id := range ids {
		out = append(out, t.token(id, at, at))
	}
	return out
}

func (t *Tokenizer) token(id, start, end int) Token {
	return Token{ID: id, Piece: t.Piece(id), Start: start, End: end, Special: t.Special(id)}
}

func (t *Tokenizer) encode(text string, o EncodeOptions, out []Token) ([]Token, error) {
	if text == "" {
		return out, nil
	}
	e := encoding{t: t, options: o, out: out}
	if err := t.added.raw.split(aligned.New(text, 0), o, e.addToken, e.normalize); err != nil {
		return e.out, err
	}
	return e.out, e.unknown.err()
}

// encoding is one call of Encode.
type encoding struct {
	t       *Tokenizer
	options EncodeOptions
	out     []Token
	words   []aligned.Text
	tokens  []subword.Token
	unknown unknownWords
}

func (e *encoding) addToken(id int, t aligned.Text) {
	start, end := t.Source(0, t.Len())
	e.out = append(e.out, e.t.token(id, start, end))
}

func (e *encoding) normalize(t aligned.Text) error {
	if e.t.normalizer != nil {
		var err error
		if t, err = e.t.normalizer.Normalize(t); err != nil {
			return err
		}
	}
	return e.t.added.normalized.split(t, e.options, e.addToken, e.cut)
}

func (e *encoding) cut(t aligned.Text) error {
	e.words = e.words[:0]
	if e.t.splitter == nil {
		e.words = append(e.words, t)
	} else {
		var err error
		if e.words, err = e.t.splitter.Split(t, e.words); err != nil {
			return err
		}
	}
	for _, w := range e.words {
		if w.Len() == 0 {
			continue
		}
		var err error
		if e.tokens, err = e.t.model.Tokenize(w.String(), e.tokens[:0]); err != nil {
			if err = e.unknown.add(err); err != nil {
				return err
			}
			continue
		}
		for _, tok := range e.tokens {
			start, end := w.Source(tok.Start, tok.End)
			e.out = append(e.out, e.t.token(tok.ID, start, end))
		}
	}
	return nil
}

// Decode turns ids into text. Ids that the tokenizer doesn't have come to
// nothing; bytes that are no characters come to U+FFFD.
func (t *Tokenizer) Decode(ids []int, skipSpecial bool) string {
	s := t.stream(skipSpecial)
	var out []byte
	for _, id := range ids {
		out = append(out, s.Push(id)...)
	}
	return string(append(out, s.Flush()...))
}

// name is how the vocabulary writes a token; raw says that decoders must leave
// it alone.
func (t *Tokenizer) nameOf(id int) (name string, raw, ok bool) {
	if a, ok := t.added.byID[id]; ok {
		return a.shown, a.raw, true
	}
	name, ok = t.model.Vocab().Token(id)
	return name, false, ok
}

// Piece is the text of a token out of context: special tokens are their names,
// parts of characters are bytes. It is empty for an id that doesn't exist.
func (t *Tokenizer) Piece(id int) string {
	t.once.Do(t.makePieces)
	if id < 0 || id >= len(t.pieces) {
		return ""
	}
	return t.pieces[id]
}

func (t *Tokenizer) makePieces() {
	pieces := make([]string, t.size)
	for id := range pieces {
		if a, ok := t.added.byID[id]; ok && (a.special || a.raw) {
			pieces[id] = a.content
		} else if name, _, ok := t.nameOf(id); ok {
			pieces[id] = decode.Piece(t.decoder, name)
		}
	}
	t.pieces = pieces
}

// Special says whether a token is control, not content.
func (t *Tokenizer) Special(id int) bool { return t.added.byID[id].special }

// Size is one more than the highest id.
func (t *Tokenizer) Size() int { return t.size }

// BOS is the token that begins a text, if the model has one. Encode puts it
// there only if the tokenizer says so.
func (t *Tokenizer) BOS() (int, bool) { return t.bos, t.bos >= 0 }

// EOS are all the tokens that end a generation, in increasing order.
func (t *Tokenizer) EOS() []int { return append([]int(nil), t.eos...) }
