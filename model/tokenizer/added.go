package tokenizer

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"tiller/model/tokenizer/aligned"
	"tiller/model/tokenizer/normalize"
	"tiller/model/tokenizer/trie"
)

// addedToken is a token that is looked for in the text before the model sees
// it.
type addedToken struct {
	ID         int
	Content    string
	SingleWord bool `json:"single_word"`
	LStrip     bool
	RStrip     bool
	Normalized bool
	Special    bool
}

// knownToken is an added token as the tokenizer keeps it.
type knownToken struct {
	content string
	shown   string // what goes into the decoder
	special bool
	raw     bool // the decoder leaves it alone
}

// added is all added tokens of a tokenizer.
type added struct {
	list       []addedToken
	byID       map[int]knownToken
	raw        matcher // those looked for in the text as it is
	normalized matcher // those looked for in normalized text
}

// maxAdded bounds the length in bytes of an added token, since all are tried
// at every byte of a text.
const maxAdded = 1024

// newAdded prepares the tokens. raw says that decoders leave them alone.
func newAdded(tokens []addedToken, n normalize.Normalizer, raw bool) (*added, error) {
	a := &added{list: tokens, byID: make(map[int]knownToken, len(tokens))}
	var asIs, changed []addedToken
	for _, t := range tokens {
		if t.Content == "" {
			continue
		}
		known := knownToken{content: t.Content, shown: t.Content, special: t.Special, raw: raw}
		if t.Normalized && n != nil {
			text, err := n.Normalize(aligned.New(t.Content, 0))
			if err != nil {
				return nil, fmt.Errorf("the added token %q: %w", t.Content, err)
			}
			t.Content = text.String()
			known.shown = t.Content
		}
		if len(t.Content) > maxAdded {
			return nil, fmt.Errorf("the added token with id %d has %d bytes; at most %d are read", t.ID, len(t.Content), maxAdded)
		}
		a.byID[t.ID] = known
		if !utf8.ValidString(t.Content) {
			continue // no text has it
		}
		if t.Normalized {
			changed = append(changed, t)
		} else {
			asIs = append(asIs, t)
		}
	}
	a.raw, a.normalized = newMatcher(asIs), newMatcher(changed)
	return a, nil
}

// matcher finds added tokens in a text.
type matcher struct {
	tokens []addedToken
	all    *trie.Trie
	plain  *trie.Trie // without the special ones
}

func newMatcher(tokens []addedToken) matcher {
	m := matcher{tokens: tokens}
	var keys, plainKeys []string
	var values, plainValues []int
	for i, t := range tokens {
		keys, values = append(keys, t.Content), append(values, i)
		if !t.Special {
			plainKeys, plainValues = append(plainKeys, t.Content), append(plainValues, i)
		}
	}
	m.all, m.plain = trie.New(keys, values), trie.New(plainKeys, plainValues)
	return m
}

// split calls token for each added token in t, and rest for each stretch
// between them.
func (m matcher) split(t aligned.Text, o EncodeOptions, token func(id int, t aligned.Text), rest func(aligned.Text) error) error {
	text := t.String()
	last := 0
	for at := 0; at < len(text); {
		n, i := m.longest(t, at, o)
		if n == 0 {
			at++
			continue
		}
		start, end, ok := m.tokens[i].extend(text, last, at, at+n)
		at += n
		if !ok {
			continue
		}
		if last < start {
			if err := rest(t.Slice(last, start)); err != nil {
				return err
			}
		}
		token(m.tokens[i].ID, t.Slice(start, end))
		last, at = end, max(at, end)
	}
	if last < len(text) {
		return rest(t.Slice(last, len(text)))
	}
	return nil
}

// longest returns the length and the index of the longest token that begins at
// byte at of t.
func (m matcher) longest(t aligned.Text, at int, o EncodeOptions) (n, i int) {
	text := t.String()[at:]
	if !o.ParseSpecial {
		return m.plain.Longest(text)
	}
	n, i = m.all.Longest(text)
	if n > 0 && m.tokens[i].Special {
		if start, _ := t.Source(at, at+n); !o.parses(start) {
			return m.plain.Longest(text)
		}
	}
	return n, i
}

// extend takes the spaces around a match that the token wants, but none before
// last. It reports false when the token must be a word of its own and isn't.
func (t addedToken) extend(text string, last, start, end int) (int, int, bool) {
	if t.SingleWord {
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if start > 0 && isWord(before) || end < len(text) && isWord(after) {
			return 0, 0, false
		}
	}
	for t.LStrip && start > last {
		r, w := utf8.DecodeLastRuneInString(text[:start])
		if !unicode.IsSpace(r) {
			break
		}
		start -= w
	}
	for t.RStrip && end < len(text) {
		r, w := utf8.DecodeRuneInString(text[end:])
		if !unicode.IsSpace(r) {
			break
		}
		end += w
	}
	return max(start, last), end, true
}

// isWord is \w of Unicode's regular expressions (UTS 18, annex C).
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}
