// Package badfile holds the one error that readers of files give for content they refuse.
package badfile

import "fmt"

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
