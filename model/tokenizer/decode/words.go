package decode

import (
	"encoding/json"
	"strings"
)

// suffix turns the mark at the end of a word into a space, but not after the
// last token.
type suffix string

func parseSuffix(raw json.RawMessage) (Decoder, error) {
	j := struct{ Suffix string }{Suffix: "</w>"}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	return suffix(j.Suffix), nil
}

func (suffix) fuses() bool { return false }

func (s suffix) piece(token string) string { return s.replace(token, " ") }

func (s suffix) replace(token, by string) string {
	if s == "" {
		return token
	}
	return strings.ReplaceAll(token, string(s), by)
}

func (s suffix) start(fused bool, emit func(item)) step {
	if fused {
		return &whole{f: func(t string) string { return s.replace(t, "") }, emit: emit}
	}
	return &suffixes{suffix: s, emit: emit}
}

// suffixes holds one token back until it knows whether it is the last.
type suffixes struct {
	suffix
	emit func(item)
	held *item
}

func (s *suffixes) release(by string) {
	if s.held == nil {
		return
	}
	if !s.held.raw {
		s.held.text = s.replace(s.held.text, by)
	}
	s.emit(*s.held)
	s.held = nil
}

func (s *suffixes) push(it item) {
	s.release(" ")
	s.held = &it
}

func (s *suffixes) flush() { s.release("") }

// wordPiece joins tokens that continue a word to the ones before, and puts a
// space before all others.
type wordPiece struct {
	prefix  string
	cleanup bool
}

func parseWordPiece(raw json.RawMessage) (Decoder, error) {
	j := struct {
		Prefix  string
		Cleanup bool
	}{Prefix: "##", Cleanup: true}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	return wordPiece{prefix: j.Prefix, cleanup: j.Cleanup}, nil
}

func (wordPiece) fuses() bool { return false }

func (w wordPiece) piece(token string) string { return strings.TrimPrefix(token, w.prefix) }

func (w wordPiece) start(fused bool, emit func(item)) step {
	first := func(s string) string {
		if w.cleanup {
			return cleanup(s)
		}
		return s
	}
	if fused {
		return &whole{f: first, emit: emit}
	}
	other := func(s string) string {
		if rest, ok := strings.CutPrefix(s, w.prefix); ok {
			return first(rest)
		}
		return first(" " + s)
	}
	return &firstOther{first: first, other: other, emit: emit}
}

// cleanup takes out the spaces that English text has not before its
// punctuation and contractions.
func cleanup(s string) string {
	for _, c := range [][2]string{
		{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
		{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
	} {
		s = strings.ReplaceAll(s, c[0], c[1])
	}
	return s
}

// ctc drops repeated tokens and padding, as connectionist temporal
// classification needs.
type ctc struct {
	pad, delimiter string
	cleanup        bool
}

func parseCTC(raw json.RawMessage) (Decoder, error) {
	j := struct {
		Pad       string `json:"pad_token"`
		Delimiter string `json:"word_delimiter_token"`
		Cleanup   bool
	}{Pad: "<pad>", Delimiter: "|", Cleanup: true}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	return ctc{pad: j.Pad, delimiter: j.Delimiter, cleanup: j.Cleanup}, nil
}

func (ctc) fuses() bool { return false }

func (c ctc) piece(token string) string {
	if c.pad != "" {
		token = strings.ReplaceAll(token, c.pad, "")
	}
	if c.cleanup {
		token = cleanup(token)
		if c.delimiter != "" {
			token = strings.ReplaceAll(token, c.delimiter, " ")
		}
	}
	return token
}

func (c ctc) start(fused bool, emit func(item)) step {
	if fused {
		return &whole{f: c.piece, emit: emit}
	}
	return &ctcRun{ctc: c, emit: emit}
}

type ctcRun struct {
	ctc
	emit  func(item)
	last  string
	begun bool
}

func (c *ctcRun) push(it item) {
	if c.begun && it.text == c.last {
		return
	}
	c.begun, c.last = true, it.text
	if !it.raw {
		it.text = c.piece(it.text)
	}
	if it.text != "" {
		c.emit(it)
	}
}

func (*ctcRun) flush() {}
