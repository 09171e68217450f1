package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"tiller/model/tokenizer/pattern"
)

// Replace writes Content in place of every match of Pattern.
type Replace struct {
	Pattern *pattern.Pattern
	Content string
}

// maxContent bounds the length in bytes of what is put into a text at once.
const maxContent = 1024

func parseReplace(raw json.RawMessage) (Decoder, error) {
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

func (Replace) fuses() bool { return false }

func (r Replace) piece(token string) string {
	var out strings.Builder
	last := 0
	err := r.Pattern.Find(token, func(start, end int) {
		out.WriteString(token[last:start])
		out.WriteString(r.Content)
		last = end
	})
	if err != nil { // a token on which the expression takes too long stays
		return token
	}
	if last == 0 && out.Len() == 0 {
		return token
	}
	out.WriteString(token[last:])
	return out.String()
}

func (r Replace) start(fused bool, emit func(item)) step {
	if fused {
		return &whole{f: r.piece, emit: emit}
	}
	return each{r.piece, emit}
}

// Strip removes up to Start and Stop copies of a character at the ends of a
// text.
type Strip struct {
	Content     rune
	Start, Stop int
}

func parseStrip(raw json.RawMessage) (Decoder, error) {
	var j struct {
		Content     string
		Start, Stop int
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(j.Content) != 1 || j.Start < 0 || j.Stop < 0 {
		return nil, errors.New("a Strip needs one character and counts of 0 or more")
	}
	r, _ := utf8.DecodeRuneInString(j.Content)
	return Strip{Content: r, Start: j.Start, Stop: j.Stop}, nil
}

func (Strip) fuses() bool { return false }

// piece strips nothing: what is at the start of a text is not known of a token
// out of context.
func (Strip) piece(token string) string { return token }

func (s Strip) strip(text string) string {
	c := string(s.Content)
	for range s.Start {
		if !strings.HasPrefix(text, c) {
			break
		}
		text = text[len(c):]
	}
	for range s.Stop {
		if !strings.HasSuffix(text, c) {
			break
		}
		text = text[:len(text)-len(c)]
	}
	return text
}

func (s Strip) start(fused bool, emit func(item)) step {
	switch {
	case !fused:
		return each{s.strip, emit}
	case s.Stop > 0:
		return &whole{f: s.strip, emit: emit}
	}
	return &stripStart{content: string(s.Content), left: s.Start, emit: emit}
}

// stripStart strips the start of a text that comes in parts.
type stripStart struct {
	content string
	left    int
	emit    func(item)
}

func (s *stripStart) push(it item) {
	for s.left > 0 && it.text != "" {
		if !strings.HasPrefix(it.text, s.content) {
			s.left = 0
			break
		}
		it.text = it.text[len(s.content):]
		s.left--
	}
	s.emit(it)
}

func (*stripStart) flush() {}

// metaspace turns the visible space back into a space; the first token loses
// its own when the tokenizer may have put one there.
type metaspace struct {
	mark  string
	strip bool
}

func parseMetaspace(raw json.RawMessage) (Decoder, error) {
	var j struct {
		Replacement string
		Prefix      *bool   `json:"add_prefix_space"`
		Scheme      *string `json:"prepend_scheme"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(j.Replacement) != 1 {
		return nil, fmt.Errorf("a Metaspace needs one character as its replacement, not %q", j.Replacement)
	}
	never := j.Scheme != nil && *j.Scheme == "never" || j.Prefix != nil && !*j.Prefix
	return metaspace{mark: j.Replacement, strip: !never}, nil
}

func (metaspace) fuses() bool { return false }

func (m metaspace) piece(token string) string { return strings.ReplaceAll(token, m.mark, " ") }

func (m metaspace) start(fused bool, emit func(item)) step {
	first := func(s string) string {
		if m.strip {
			return strings.ReplaceAll(s, m.mark, "")
		}
		return m.piece(s)
	}
	if fused {
		return &whole{f: first, emit: emit}
	}
	return &firstOther{first: first, other: m.piece, emit: emit}
}

// firstOther treats the first item in one way and all others in another.
type firstOther struct {
	first, other func(string) string
	begun        bool
	emit         func(item)
}

func (f *firstOther) push(it item) {
	change := f.first
	if f.begun {
		change = f.other
	}
	f.begun = true
	if !it.raw {
		it.text = change(it.text)
	}
	f.emit(it)
}

func (*firstOther) flush() {}
