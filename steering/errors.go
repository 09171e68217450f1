package steering

import (
	"fmt"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// Error is what is wrong with a plan, and where.
type Error struct {
	// Text is what Column counts in: the plan's text or, if Field is set, that
	// field of a plan's JSON form.
	Text string
	// Term is the 1-based number of the term.
	Term int
	// Field names the JSON field, or is empty.
	Field string
	// Column is 1-based and counts characters; one past the last character
	// means the end of Text.
	Column int
	// Reason says what is wrong and what to do, without the place.
	Reason string
}

// Error is one sentence that names the term and the column.
func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("plan term %d, %q, column %d: %s", e.Term, e.Field, e.Column, e.Reason)
	}
	return fmt.Sprintf("plan term %d, column %d: %s", e.Term, e.Column, e.Reason)
}

// EmptySelectionError says that a term selects no position of a lane's prompt
// and cannot select a later one. For one lane it is a remark; when it holds
// for every prompt given, nothing can be steered.
type EmptySelectionError struct {
	Term int    // 1-based
	Text string // the term's canonical text
	// Finding completes "nothing steered: ", such as "[3-5] lies outside the
	// prompt".
	Finding string
}

// Error is one sentence.
func (e *EmptySelectionError) Error() string {
	return fmt.Sprintf("plan term %d %s, nothing steered: %s", e.Term, badfile.Quote(e.Text), e.Finding)
}

// list joins words as "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
