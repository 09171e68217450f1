package decode

// Stream decodes one sequence of tokens. It is not safe for concurrent use.
type Stream struct {
	step  step
	out   []byte
	lossy Lossy
	join  bool // without a decoder tokens are joined by spaces
	begun bool
}

// NewStream starts decoding. A nil decoder joins tokens by spaces.
func NewStream(d Decoder) *Stream {
	s := &Stream{join: d == nil}
	emit := func(it item) { s.out = append(s.out, it.text...) }
	if d == nil {
		d = Sequence{}
	}
	s.step = d.start(false, emit)
	return s
}

// Push takes the next token and returns the text that is now certain: whole
// characters, valid UTF-8. A raw token is text that no decoder touches.
func (s *Stream) Push(token string, raw bool) string {
	if s.join && s.begun {
		s.out = append(s.out, ' ')
	}
	s.begun = true
	s.step.push(item{text: token, raw: raw})
	return s.take()
}

// Flush ends the sequence and returns the text that was held back.
func (s *Stream) Flush() string {
	s.step.flush()
	return s.take() + s.lossy.Flush()
}

func (s *Stream) take() string {
	if len(s.out) == 0 {
		return ""
	}
	text := s.lossy.Push(s.out)
	s.out = s.out[:0]
	return text
}

// Piece returns what one token comes to out of any context. It may hold bytes
// that are no characters by themselves.
func Piece(d Decoder, token string) string {
	if d == nil {
		return token
	}
	return d.piece(token)
}
