// Package badfile holds the one error that readers of files give for content they refuse, and the
// way in which any error repeats what a file says.
package badfile

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Error says what is wrong with a file and where, in one sentence.
type Error struct {
	// File is the path as the user knows it.
	File string
	// Where is the part of the file, such as `key "general.alignment"`.
	Where string
	// Offset is the byte at which that part, or the offending field of it, begins.
	Offset int64
	// Problem completes the sentence.
	Problem string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (byte %d): %s", e.File, e.Where, e.Offset, e.Problem)
}

// kept is how many bytes of a text a sentence repeats.
const kept = 100

// Quote puts a text from a file between quotation marks, as %q does, and cuts a long one: what a
// damaged file takes for a name may be most of the file, and a sentence has to stay one.
func Quote(text string) string { return strconv.Quote(Short(text)) }

// Short cuts a long text.
func Short(text string) string {
	if len(text) <= kept {
		return text
	}
	end := kept
	for end > kept-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
