package steering

import (
	"strings"
	"unicode/utf8"

	"tiller/steering/sentence"
)

// Token is one token of a lane.
type Token struct {
	ID int
	// Text is what the token adds to the lane's text; a special token's is its
	// name. It may be part of a character.
	Text string
	// Special tokens belong to the model's protocol, not to the text.
	Special bool
	Role    Role
}

// Role is whose message a token of a chat belongs to.
type Role uint8

// The roles. Tokens of a raw prompt, and those of a template between the
// messages, have none.
const (
	RoleNone Role = iota
	RoleSystem
	RoleUser
	RoleAssistant
)

// Drawn is what is known of the distribution that a token was drawn from.
type Drawn struct {
	Entropy float64 // nats
	Margin  float64 // best probability minus second best
	Known   bool
}

// transcript follows a lane's text and decides what the selectors ask about it.
// A copy goes its own way.
type transcript struct {
	held      string // bytes of an unfinished character
	sentences sentence.Splitter
	thoughts  thoughts
}

// push adds a token and returns its whole characters, with those that earlier
// tokens began, and whether it holds a sentence end.
func (x *transcript) push(t Token) (whole string, end bool) {
	whole, x.held = wholeCharacters(x.held + t.Text)
	x.thoughts.push(whole)
	if t.Special {
		x.sentences.Break()
		return whole, false
	}
	return whole, x.sentences.Push(whole)
}

// wholeCharacters splits off the beginning of a character that s ends with.
func wholeCharacters(s string) (whole, held string) {
	for i := len(s) - 1; i >= 0 && i >= len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				return s[:i], s[i:]
			}
			break
		}
	}
	return s, ""
}

// thoughts tells whether a text is inside <think>...</think>.
type thoughts struct {
	inside bool
	tail   string // what may be the beginning of a tag
}

const (
	thinkBegin = "<think>"
	thinkEnd   = "</think>"
)

func (h *thoughts) push(s string) {
	s = h.tail + s
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			h.tail = ""
			return
		}
		s = s[i:]
		switch {
		case strings.HasPrefix(s, thinkBegin):
			h.inside = true
		case strings.HasPrefix(s, thinkEnd):
			h.inside = false
		case strings.HasPrefix(thinkBegin, s) || strings.HasPrefix(thinkEnd, s):
			h.tail = s
			return
		}
		s = s[1:]
	}
}

// SentenceEnds tells of each token whether it holds a sentence end, seeing the
// tokens up to it (see package sentence). Special tokens hold none.
func SentenceEnds(tokens []Token) []bool {
	var x transcript
	ends := make([]bool, len(tokens))
	for i, t := range tokens {
		_, ends[i] = x.push(t)
	}
	return ends
}
