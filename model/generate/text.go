package generate

import (
	"strings"

	"tiller/model/tokenizer"
)

// text turns a lane's tokens into text and watches for stop strings.
type text struct {
	stream *tokenizer.Stream // nil without a tokenizer
	stops  []string
	shown  strings.Builder // given out
	held   string          // may be the beginning of a stop string
}

// begin takes the prompt in, so that the text goes on where the prompt ends:
// in the middle of a character, or with the space that a decoder leaves out
// only before the very first word.
func (t *text) begin(stream *tokenizer.Stream, prompt Prompt) {
	t.stream = stream
	for _, token := range prompt.Tokens {
		stream.Push(token.ID)
	}
}

// push adds a token. It returns all the text that the token adds, the part of
// the lane's text that can be shown now, and whether a stop string ended it.
func (t *text) push(id int) (added, show string, stopped bool) {
	if t.stream == nil {
		return "", "", false
	}
	added = t.stream.Push(id)
	t.held += added
	if at := firstOf(t.held, t.stops); at >= 0 {
		show, t.held = t.held[:at], ""
		t.shown.WriteString(show)
		return added, show, true
	}
	return added, t.release(longestBeginning(t.held, t.stops)), false
}

// flush gives out all that is held back.
func (t *text) flush() string {
	if t.stream == nil {
		return ""
	}
	t.held += t.stream.Flush()
	return t.release(0)
}

func (t *text) release(keep int) string {
	show := t.held[:len(t.held)-keep]
	t.held = t.held[len(t.held)-keep:]
	t.shown.WriteString(show)
	return show
}

// firstOf returns where the first of the stop strings begins in s, or -1.
func firstOf(s string, stops []string) int {
	first := -1
	for _, stop := range stops {
		if at := strings.Index(s, stop); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// longestBeginning is the length of the longest end of s that begins a stop
// string.
func longestBeginning(s string, stops []string) int {
	longest := 0
	for _, stop := range stops {
		for n := min(len(stop)-1, len(s)); n > longest; n-- {
			if strings.HasSuffix(s, stop[:n]) {
				longest = n
			}
		}
	}
	return longest
}
