package tokenizer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tiller/model/tokenizer/subword"
)

// maxUnknown bounds the unknown words that an error names.
const maxUnknown = 10

// UnknownWordsError says which words of a text are not in a vocabulary of words
// that has no token for unknown ones.
type UnknownWordsError struct{ sentence string }

func (e *UnknownWordsError) Error() string { return e.sentence }

func unknownf(format string, args ...any) error {
	return &UnknownWordsError{fmt.Sprintf(format, args...)}
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
	const lack = "not in the vocabulary, which has no unknown token"
	last := len(u.quoted) - 1
	switch {
	case last < 0:
		return nil
	case u.more:
		return unknownf("the words %s and others are %s", strings.Join(u.quoted, ", "), lack)
	case last == 0:
		return unknownf("the word %s is %s", u.quoted[0], lack)
	}
	return unknownf("the words %s and %s are %s", strings.Join(u.quoted[:last], ", "), u.quoted[last], lack)
}
