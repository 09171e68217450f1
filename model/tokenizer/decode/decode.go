// Package decode holds the decoders of a tokenizer.json file: they turn tokens
// back into text.
//
// Decoders work on a stream, so that the text of a token is out as soon as it
// is certain. Decoding a whole list is pushing all of it and flushing: the two
// can't differ.
package decode

import (
	"encoding/json"
	"fmt"
)

// Decoder is a description of how to decode; it is safe for concurrent use.
type Decoder interface {
	// start begins decoding one sequence of tokens. Texts go to emit. fused
	// says that the items that will come are parts of one text, no longer
	// tokens.
	start(fused bool, emit func(item)) step
	// fuses says whether what comes out is parts of one text.
	fuses() bool
	// piece is what the text of one token comes to out of any context.
	piece(token string) string
}

// item is what goes from one decoder to the next.
type item struct {
	text string
	raw  bool // text of an added token that decoders must leave alone
}

// step is a decoder at work.
type step interface {
	push(it item)
	flush()
}

// Limits on sequences: how deep they may nest, and how many parts one has.
const (
	maxNesting = 8
	maxParts   = 64
)

// Parse reads the value of the key "decoder". A null or missing one gives nil.
// The error names an unknown type.
func Parse(raw json.RawMessage) (Decoder, error) { return parse(raw, maxNesting) }

func parse(raw json.RawMessage, depth int) (Decoder, error) {
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
	case "Replace":
		return parseReplace(raw)
	case "Strip":
		return parseStrip(raw)
	case "Metaspace":
		return parseMetaspace(raw)
	case "BPEDecoder":
		return parseSuffix(raw)
	case "WordPiece":
		return parseWordPiece(raw)
	case "CTC":
		return parseCTC(raw)
	case "ByteLevel":
		return ByteLevel{}, nil
	case "ByteFallback":
		return ByteFallback{}, nil
	case "Fuse":
		return Fuse{}, nil
	}
	return nil, fmt.Errorf("the decoder type %q is not supported", kind.Type)
}

// Sequence passes what one decoder makes on to the next.
type Sequence []Decoder

func parseSequence(raw json.RawMessage, depth int) (Decoder, error) {
	var j struct{ Decoders []json.RawMessage }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if len(j.Decoders) > maxParts {
		return nil, fmt.Errorf("a sequence has %d parts; at most %d are read", len(j.Decoders), maxParts)
	}
	var seq Sequence
	for i, part := range j.Decoders {
		d, err := parse(part, depth-1)
		if err != nil {
			return nil, fmt.Errorf("decoders[%d]: %w", i, err)
		}
		if d == nil {
			return nil, fmt.Errorf("decoders[%d] is null", i)
		}
		seq = append(seq, d)
	}
	return seq, nil
}

func (s Sequence) fuses() bool {
	for _, d := range s {
		if d.fuses() {
			return true
		}
	}
	return false
}

func (s Sequence) piece(token string) string {
	for _, d := range s {
		token = d.piece(token)
	}
	return token
}

func (s Sequence) start(fused bool, emit func(item)) step {
	steps := make([]step, len(s))
	for i := len(s) - 1; i >= 0; i-- {
		before := fused
		for _, d := range s[:i] {
			before = before || d.fuses()
		}
		out := emit
		if i+1 < len(s) {
			out = steps[i+1].push
		}
		steps[i] = s[i].start(before, out)
	}
	return chain{steps, emit}
}

// chain is a Sequence at work.
type chain struct {
	steps []step
	emit  func(item)
}

func (c chain) push(it item) {
	if len(c.steps) == 0 {
		c.emit(it)
		return
	}
	c.steps[0].push(it)
}

func (c chain) flush() {
	for _, s := range c.steps {
		s.flush()
	}
}

// each is the step of a decoder that treats every item by itself.
type each struct {
	f    func(string) string
	emit func(item)
}

func (e each) push(it item) {
	if !it.raw {
		it.text = e.f(it.text)
	}
	e.emit(it)
}

func (each) flush() {}

// whole is the step of a decoder that must see all of a text at once.
type whole struct {
	f    func(string) string
	emit func(item)
	buf  []byte
	any  bool
}

func (w *whole) push(it item) { w.buf, w.any = append(w.buf, it.text...), true }

func (w *whole) flush() {
	if w.any {
		w.emit(item{text: w.f(string(w.buf))})
	}
}

// Fuse makes one text of all that came.
type Fuse struct{}

func (Fuse) fuses() bool               { return true }
func (Fuse) piece(token string) string { return token }
func (Fuse) start(_ bool, emit func(item)) step {
	return each{func(s string) string { return s }, emit}
}
