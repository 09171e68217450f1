// Package normalize holds the normalizers of a tokenizer.json file: what is
// done to a text before it is split into words.
package normalize

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tiller/model/tokenizer/aligned"
	"tiller/model/tokenizer/bytelevel"
	"tiller/model/tokenizer/pattern"
)

// Normalizer rewrites a text. It is safe for concurrent use.
type Normalizer interface {
	// Normalize fails when a regular expression takes too long on the text.
	Normalize(t aligned.Text) (aligned.Text, error)
}

// Func is a function as a Normalizer.
type Func func(t aligned.Text) (aligned.Text, error)

// Normalize calls f.
func (f Func) Normalize(t aligned.Text) (aligned.Text, error) { return f(t) }

// maxNesting bounds how deep sequences may nest.
const maxNesting = 8

// Parse reads the value of the key "normalizer". A null or missing one gives
// nil. The error names an unknown type.
func Parse(raw json.RawMessage) (Normalizer, error) { return parse(raw, maxNesting) }

func parse(raw json.RawMessage, depth int) (Normalizer, error) {
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
	case "Prepend":
		return parsePrepend(raw)
	case "Replace":
		return parseReplace(raw)
	case "Strip":
		return parseStrip(raw)
	case "BertNormalizer":
		return parseBert(raw)
	case "Precompiled":
		return parsePrecompiled(raw)
	case "NFC":
		return Func(nfc), nil
	case "NFD":
		return Func(nfd), nil
	case "NFKC":
		return Func(nfkc), nil
	case "NFKD":
		return Func(nfkd), nil
	case "Lowercase":
		return Func(lowercase), nil
	case "StripAccents":
		return Func(stripAccents), nil
	case "Nmt":
		return Func(nmt), nil
	case "ByteLevel":
		return Func(bytelevel.Encode), nil
	}
	return nil, fmt.Errorf("the normalizer type %q is not supported", kind.Type)
}

// Sequence applies one normalizer after the other.
type Sequence []Normalizer

// Normalize applies the sequence.
func (s Sequence) Normalize(t aligned.Text) (aligned.Text, error) {
	var err error
	for _, n := range s {
		if t, err = n.Normalize(t); err != nil {
			return t, err
		}
		if t.Len() > mostBytes(t) {
			return t, errGrows
		}
	}
	return t, nil
}

// Limits on what a file can make of a text.
const (
	maxParts   = 64   // of a sequence
	maxContent = 1024 // bytes of what is put into a text at once
	maxGrowth  = 32   // times the text
)

var errGrows = fmt.Errorf("the normalizer makes the text more than %d times as long", maxGrowth)

// mostBytes is how long t may become, given the text that it came from.
func mostBytes(t aligned.Text) int {
	start, end := t.Source(0, t.Len())
	return maxGrowth*(end-start) + maxParts*maxContent
}

func parseSequence(raw json.RawMessage, depth int) (Normalizer, error) {
	var j struct{ Normalizers []json.RawMessage }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if len(j.Normalizers) > maxParts {
		return nil, fmt.Errorf("a sequence has %d parts; at most %d are read", len(j.Normalizers), maxParts)
	}
	var seq Sequence
	for i, part := range j.Normalizers {
		n, err := parse(part, depth-1)
		if err != nil {
			return nil, fmt.Errorf("normalizers[%d]: %w", i, err)
		}
		if n == nil {
			return nil, fmt.Errorf("normalizers[%d] is null", i)
		}
		seq = append(seq, n)
	}
	return seq, nil
}

// Prepend puts a string before every text that is not empty.
type Prepend string

// Normalize puts the string before t.
func (p Prepend) Normalize(t aligned.Text) (aligned.Text, error) {
	if t.Len() == 0 {
		return t, nil
	}
	b := aligned.Change(t, t.Len()+len(p))
	b.Replace(0, 0, string(p))
	b.Keep(0, t.Len())
	return b.Text(), nil
}

func parsePrepend(raw json.RawMessage) (Normalizer, error) {
	var j struct{ Prepend *string }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.Prepend == nil {
		return nil, errors.New("a Prepend has no string to prepend")
	}
	if len(*j.Prepend) > maxContent {
		return nil, fmt.Errorf("a Prepend has %d bytes; at most %d are read", len(*j.Prepend), maxContent)
	}
	return Prepend(*j.Prepend), nil
}

// Replace writes Content in place of every match of Pattern.
type Replace struct {
	Pattern *pattern.Pattern
	Content string
}

// Normalize replaces the matches in t.
func (r Replace) Normalize(t aligned.Text) (aligned.Text, error) {
	var b *aligned.Builder
	last := 0
	most := mostBytes(t)
	err := r.Pattern.Find(t.String(), func(start, end int) {
		if b == nil {
			b = aligned.Change(t, t.Len())
		}
		if b.Len() > most {
			return
		}
		b.Keep(last, start)
		b.Replace(start, end, r.Content)
		last = end
	})
	if b == nil || err != nil {
		return t, err
	}
	if b.Len() > most {
		return t, errGrows
	}
	b.Keep(last, t.Len())
	return b.Text(), nil
}

func parseReplace(raw json.RawMessage) (Normalizer, error) {
	var j struct {
		Pattern json.RawMessage
		Content *string
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.Content == nil {
		return nil, errors.New("a Replace has no content")
	}
	if len(*j.Content) > maxContent {
		return nil, fmt.Errorf("the content of a Replace has %d bytes; at most %d are read", len(*j.Content), maxContent)
	}
	p, err := pattern.Parse(j.Pattern)
	if err != nil {
		return nil, fmt.Errorf("replace: %w", err)
	}
	return Replace{Pattern: p, Content: *j.Content}, nil
}

// strip removes whitespace at the ends.
type strip struct{ left, right bool }

func (s strip) Normalize(t aligned.Text) (aligned.Text, error) {
	text := t.String()
	i, j := 0, len(text)
	for s.left && i < j {
		r, w := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += w
	}
	for s.right && i < j {
		r, w := utf8.DecodeLastRuneInString(text[i:j])
		if !unicode.IsSpace(r) {
			break
		}
		j -= w
	}
	return t.Slice(i, j), nil
}

func parseStrip(raw json.RawMessage) (Normalizer, error) {
	var j struct {
		Left  *bool `json:"strip_left"`
		Right *bool `json:"strip_right"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.Left == nil || j.Right == nil {
		return nil, errors.New("a Strip needs strip_left and strip_right")
	}
	return strip{left: *j.Left, right: *j.Right}, nil
}

// mapRunes rewrites each rune: drop removes it, otherwise the runes of to take
// its place.
func mapRunes(t aligned.Text, to func(r rune) (out [2]rune, n int)) aligned.Text {
	text := t.String()
	var b *aligned.Builder
	for i, r := range text {
		w := utf8.RuneLen(r)
		out, n := to(r)
		if b == nil {
			if n == 1 && out[0] == r {
				continue
			}
			b = aligned.Change(t, t.Len())
			b.Keep(0, i)
		}
		if n == 1 && out[0] == r {
			b.Keep(i, i+w)
			continue
		}
		for _, o := range out[:n] {
			b.ReplaceRune(i, i+w, o)
		}
	}
	if b == nil {
		return t
	}
	return b.Text()
}

// lowercase maps each rune by itself: no rule looks at its neighbours.
func lowercase(t aligned.Text) (aligned.Text, error) {
	return mapRunes(t, func(r rune) ([2]rune, int) {
		if r == 'İ' { // the only rune whose lower case is two runes
			return [2]rune{'i', '\u0307'}, 2
		}
		return [2]rune{unicode.ToLower(r)}, 1
	}), nil
}

func filter(t aligned.Text, drop func(rune) bool) aligned.Text {
	return mapRunes(t, func(r rune) ([2]rune, int) {
		if drop(r) {
			return [2]rune{}, 0
		}
		return [2]rune{r}, 1
	})
}

func stripAccents(t aligned.Text) (aligned.Text, error) {
	return filter(t, func(r rune) bool { return unicode.Is(unicode.M, r) }), nil
}

// nmt is the cleaning that SentencePiece calls nmt: control characters go,
// all sorts of spaces become a space.
func nmt(t aligned.Text) (aligned.Text, error) {
	return mapRunes(t, func(r rune) ([2]rune, int) {
		switch {
		case r >= 1 && r <= 8, r == 0xb, r >= 0xe && r <= 0x1f, r == 0x7f, r == 0x8f, r == 0x9f:
			return [2]rune{}, 0
		case r == 9, r == 0xa, r == 0xc, r == 0xd, r == 0x1680, r >= 0x200b && r <= 0x200f,
			r == 0x2028, r == 0x2029, r == 0x2581, r == 0xfeff, r == 0xfffd:
			return [2]rune{' '}, 1
		}
		return [2]rune{r}, 1
	}), nil
}

func nfc(t aligned.Text) (aligned.Text, error)  { return compose(t, norm.NFC), nil }
func nfkc(t aligned.Text) (aligned.Text, error) { return compose(t, norm.NFKC), nil }
func nfd(t aligned.Text) (aligned.Text, error)  { return compose(t, norm.NFD), nil }
func nfkd(t aligned.Text) (aligned.Text, error) { return compose(t, norm.NFKD), nil }
