package tokenizer

import (
	"errors"
	"slices"
	"strings"

	"tiller/model/tokenizer/subword"
)

// maxUnknown bounds the unknown words that an error names.
const maxUnknown = 10

// UnknownWordsError says which words of a text are not in a vocabulary of words
// that has no token for unknown ones.
type UnknownWordsError struct {
	// Words names them, as in `the words "a" and "b"`; safe to show.
	Words string
	verb  string
}

func (e *UnknownWordsError) Error() string {
	return e.Words + " " + e.verb + " not in the vocabulary, which has no unknown token"
}

// unknownWords collects the words of a text that a vocabulary of words lacks,
// so that one error can name all of them.
type unknownWords struct {
	quoted []string // no two alike
	more   bool     // there are others
}

// add takes note of an error that is about an unknown word, and returns any
// other.
func (u *unknownWords) add(err error) error {
	var unknown *subword.UnknownWordError
	if !errors.As(err, &unknown) {
		return err
	}
	quoted := unknown.Quoted()
	switch {
	case slices.Contains(u.quoted, quoted):
	case len(u.quoted) < maxUnknown:
		u.quoted = append(u.quoted, quoted)
	default:
		u.more = true
	}
	return nil
}

// err is nil if no word is unknown.
func (u *unknownWords) err() error {
	last := len(u.quoted) - 1
	switch {
	case last < 0:
		return nil
	case u.more:
		return &UnknownWordsError{"the words " + strings.Join(u.quoted, ", ") + " and others", "are"}
	case last == 0:
		return &UnknownWordsError{"the word " + u.quoted[0], "is"}
	}
	return &UnknownWordsError{"the words " + strings.Join(u.quoted[:last], ", ") + " and " + u.quoted[last], "are"}
}
