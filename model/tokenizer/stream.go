package tokenizer

import "tiller/model/tokenizer/decode"

// Stream decodes tokens as they come. All that it returns joined together is
// what Decode returns for the same ids. It is not safe for concurrent use.
type Stream struct {
	t           *Tokenizer
	s           *decode.Stream
	skipSpecial bool
}

// Stream starts decoding a sequence of tokens; special tokens come to nothing,
// as with Decode(ids, true).
func (t *Tokenizer) Stream() *Stream { return t.stream(true) }

// StreamAll is like Stream, with special tokens spelled out, as with
// Decode(ids, false).
func (t *Tokenizer) StreamAll() *Stream { return t.stream(false) }

func (t *Tokenizer) stream(skipSpecial bool) *Stream {
	return &Stream{t: t, s: decode.NewStream(t.decoder), skipSpecial: skipSpecial}
}

// Push returns the text that a token adds: whole characters only, which may be
// nothing until a later token completes one.
func (s *Stream) Push(id int) string {
	name, raw, ok := s.t.nameOf(id)
	if !ok || s.skipSpecial && s.t.Special(id) {
		return ""
	}
	return s.s.Push(name, raw)
}

// Flush ends the sequence and returns the text that was held back.
func (s *Stream) Flush() string { return s.s.Flush() }
