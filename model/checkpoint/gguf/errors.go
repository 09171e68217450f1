package gguf

import "fmt"

// FormatError says what is wrong with a file and where.
type FormatError struct {
	// File is the name given to Parse.
	File string
	// Where is the part of the file, such as `key "general.alignment"`.
	Where string
	// Offset is the byte at which that part, or the offending field of it, begins.
	Offset int64
	// Problem completes the sentence.
	Problem string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s: %s (byte %d): %s", e.File, e.Where, e.Offset, e.Problem)
}
