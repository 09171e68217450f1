package plain

import "strings"

// Token is one generated token.
type Token struct {
	ID      int
	Text    string // the text this token adds; empty while a character is incomplete
	Steered bool   // some term of the plan fired where it was chosen
}

// A lane turns tokens into the text of a column, with marks.
type lane struct {
	name   string
	plan   string
	flow   *flow
	tokens []Token
	ended  bool
	parts  int // index of the first token that differs from base; -1 if none yet
	run    int // steered tokens in a row that end here
}

// token appends t; parts says that it is the first one base doesn't share.
func (l *lane) token(t Token, parts bool) {
	text := t.Text
	if len(l.tokens) == 0 && l.flow.width > 0 {
		text = strings.TrimLeft(text, " ") // all lanes' columns begin alike
	}
	if parts {
		l.parts = len(l.tokens)
	}
	l.tokens = append(l.tokens, t)
	starts := t.Steered && l.run == 0
	if !t.Steered {
		l.closeRun()
	}
	if starts || parts {
		// The mark stands at the word, not before the space.
		word := strings.TrimLeft(text, " ")
		l.flow.write(text[:len(text)-len(word)], asItIs)
		text = word
	}
	if parts {
		l.flow.glyph("◆", partMark)
	}
	if starts {
		l.flow.glyph("▲", steerMark)
	}
	k := asItIs
	if t.Steered {
		k = steered
		l.run++
	}
	l.flow.write(text, k)
}

// closeRun marks the end of a row of several steered tokens; a single one
// needs only its ▲.
func (l *lane) closeRun() {
	if l.run > 1 {
		l.flow.glyph("▵", steerMark)
	}
	l.run = 0
}

// end finishes the text.
func (l *lane) end() {
	if !l.ended {
		l.ended = true
		l.flow.end()
	}
}

// steeredTokens counts the generated tokens that were steered.
func (l *lane) steeredTokens() int {
	n := 0
	for _, t := range l.tokens {
		if t.Steered {
			n++
		}
	}
	return n
}
