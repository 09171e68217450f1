// Package pretokenize holds the pre-tokenizers of a tokenizer.json file: they
// cut a normalized text into the words that the model works on.
package pretokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"tiller/model/tokenizer/aligned"
	"tiller/model/tokenizer/bytelevel"
	"tiller/model/tokenizer/pattern"
)

// Splitter cuts a text into words. It is safe for concurrent use.
type Splitter interface {
	// Split appends the words of t to out. It fails when a regular expression
	// takes too long on the text.
	Split(t aligned.Text, out []aligned.Text) ([]aligned.Text, error)
}

// Limits on sequences: how deep they may nest, and how many parts one has.
const (
	maxNesting = 8
	maxParts   = 64
)

// Parse reads the value of the key "pre_tokenizer". A null or missing one
// gives nil. The error names an unknown type.
func Parse(raw json.RawMessage) (Splitter, error) { return parse(raw, maxNesting) }

func parse(raw json.RawMessage, depth int) (Splitter, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if depth == 0 {
		return nil, fmt.Errorf("sequences nest deeper than %d", maxNesting)
	}
	var kind struct{ Type string }
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	switch kind.Type {
	case "Sequence":
		return parseSequence(raw, depth)
	case "Split":
		return parseSplit(raw)
	case "Digits":
		return parseDigits(raw)
	case "ByteLevel":
		return parseByteLevel(raw)
	case "Metaspace":
		return parseMetaspace(raw)
	case "Punctuation":
		return parsePunctuation(raw)
	case "CharDelimiterSplit", "Delimiter":
		return parseDelimiter(raw)
	case "FixedLength":
		return parseFixedLength(raw)
	case "Whitespace":
		return newWhitespace()
	case "WhitespaceSplit":
		return Cut{Pattern: pattern.Class(unicode.IsSpace), Behavior: Removed}, nil
	case "BertPreTokenizer":
		return Sequence{
			Cut{Pattern: pattern.Class(unicode.IsSpace), Behavior: Removed},
			Cut{Pattern: pattern.Class(isPunctuation), Behavior: Isolated},
		}, nil
	}
	return nil, fmt.Errorf("the pre-tokenizer type %q is not supported", kind.Type)
}

// Sequence applies one splitter to the words of the one before.
type Sequence []Splitter

// Split applies the sequence.
func (s Sequence) Split(t aligned.Text, out []aligned.Text) ([]aligned.Text, error) {
	words := []aligned.Text{t}
	for _, part := range s {
		var next []aligned.Text
		for _, w := range words {
			var err error
			if next, err = part.Split(w, next); err != nil {
				return nil, err
			}
		}
		words = next
	}
	return append(out, words...), nil
}

func parseSequence(raw json.RawMessage, depth int) (Splitter, error) {
	var j struct{ Pretokenizers []json.RawMessage }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if len(j.Pretokenizers) > maxParts {
		return nil, fmt.Errorf("a sequence has %d parts; at most %d are read", len(j.Pretokenizers), maxParts)
	}
	var seq Sequence
	for i, part := range j.Pretokenizers {
		s, err := parse(part, depth-1)
		if err != nil {
			return nil, fmt.Errorf("pretokenizers[%d]: %w", i, err)
		}
		if s == nil {
			return nil, fmt.Errorf("pretokenizers[%d] is null", i)
		}
		seq = append(seq, s)
	}
	return seq, nil
}

func parseSplit(raw json.RawMessage) (Splitter, error) {
	var j struct {
		Pattern  json.RawMessage
		Behavior string
		Invert   bool
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	p, err := pattern.Parse(j.Pattern)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	b, err := parseBehavior(j.Behavior)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	return Cut{Pattern: p, Behavior: b, Invert: j.Invert}, nil
}

func parseDigits(raw json.RawMessage) (Splitter, error) {
	var j struct {
		Individual bool `json:"individual_digits"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	cut := Cut{Pattern: pattern.Class(unicode.IsNumber), Behavior: Contiguous}
	if j.Individual {
		cut.Behavior = Isolated
	}
	return cut, nil
}

func parsePunctuation(raw json.RawMessage) (Splitter, error) {
	j := struct{ Behavior string }{Behavior: "Isolated"}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	b, err := parseBehavior(j.Behavior)
	if err != nil {
		return nil, fmt.Errorf("punctuation: %w", err)
	}
	return Cut{Pattern: pattern.Class(isPunctuation), Behavior: b}, nil
}

func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7f && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	return unicode.IsPunct(r)
}

func parseDelimiter(raw json.RawMessage) (Splitter, error) {
	var j struct{ Delimiter string }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(j.Delimiter) != 1 {
		return nil, fmt.Errorf("a CharDelimiterSplit needs one character as its delimiter, not %q", j.Delimiter)
	}
	return Cut{Pattern: pattern.Literal(j.Delimiter), Behavior: Removed}, nil
}

// newWhitespace cuts words from punctuation and drops what is between. Its
// words are those of Unicode (UTS 18, annex C), not quite \w in a Split.
func newWhitespace() (Splitter, error) {
	const word = `\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}`
	p, err := pattern.Compile(`[` + word + `]+|[^` + word + `\s]+`)
	if err != nil {
		return nil, err
	}
	return Cut{Pattern: p, Behavior: Removed, Invert: true}, nil
}

// fixedLength cuts words of this many characters.
type fixedLength int

func parseFixedLength(raw json.RawMessage) (Splitter, error) {
	j := struct{ Length int }{Length: 5}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.Length < 1 {
		return nil, errors.New("a FixedLength needs a length of 1 or more")
	}
	return fixedLength(j.Length), nil
}

func (n fixedLength) Split(t aligned.Text, out []aligned.Text) ([]aligned.Text, error) {
	start, count := 0, 0
	for i := range t.String() {
		if count == int(n) {
			out = append(out, t.Slice(start, i))
			start, count = i, 0
		}
		count++
	}
	if start < t.Len() {
		out = append(out, t.Slice(start, t.Len()))
	}
	return out, nil
}

// ByteLevel writes each word as bytes in GPT-2's alphabet.
type ByteLevel struct {
	PrefixSpace bool
	Words       Splitter // GPT-2's words, or nil to leave the text whole
}

// Words of GPT-2 (github.com/openai/gpt-2, src/encoder.py).
const gpt2Words = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

func parseByteLevel(raw json.RawMessage) (Splitter, error) {
	j := struct {
		PrefixSpace *bool `json:"add_prefix_space"`
		UseRegex    bool  `json:"use_regex"`
	}{UseRegex: true}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.PrefixSpace == nil {
		return nil, errors.New("a ByteLevel needs add_prefix_space")
	}
	b := ByteLevel{PrefixSpace: *j.PrefixSpace}
	if j.UseRegex {
		p, err := pattern.Compile(gpt2Words)
		if err != nil {
			return nil, err
		}
		b.Words = Cut{Pattern: p, Behavior: Isolated}
	}
	return b, nil
}

// Split cuts t into words and writes each in GPT-2's alphabet.
func (b ByteLevel) Split(t aligned.Text, out []aligned.Text) ([]aligned.Text, error) {
	if t.Len() == 0 {
		return out, nil
	}
	if b.PrefixSpace && t.String()[0] != ' ' {
		t = prepend(t, " ")
	}
	first := len(out)
	if b.Words == nil {
		out = append(out, t)
	} else {
		var err error
		if out, err = b.Words.Split(t, out); err != nil {
			return nil, err
		}
	}
	for i := first; i < len(out); i++ {
		var err error
		if out[i], err = bytelevel.Encode(out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func prepend(t aligned.Text, s string) aligned.Text {
	b := aligned.Change(t, t.Len()+len(s))
	b.Replace(0, 0, s)
	b.Keep(0, t.Len())
	return b.Text()
}
