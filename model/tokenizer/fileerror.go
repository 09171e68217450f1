package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// fileError is what is wrong with a file, or with a text in the eyes of the
// tokenizer that a file describes. Tokens and templates in it are quoted, and
// may be of any length; their middle is left out of long texts.
type fileError struct {
	file string
	err  error
}

// maxError bounds the length in bytes of the text of an error.
const maxError = 600

func (e *fileError) Error() string {
	text := e.err.Error()
	if len(text) > maxError {
		head, tail := maxError*2/3, len(text)-maxError/3
		for !utf8.RuneStart(text[head]) {
			head--
		}
		for !utf8.RuneStart(text[tail]) {
			tail++
		}
		text = text[:head] + "…" + text[tail:]
	}
	return e.file + ": " + text
}

func (e *fileError) Unwrap() error { return e.err }

// inFile says which file an error is about, if it doesn't say so itself; nil
// stays nil.
func inFile(file string, err error) error {
	if err == nil || strings.HasPrefix(err.Error(), file+": ") {
		return err
	}
	return &fileError{file, err}
}
