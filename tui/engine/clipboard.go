package engine

import (
	"context"

	tea "charm.land/bubbletea/v2"
	"github.com/atotto/clipboard"
)

// Copied says that a text was offered to the system's clipboard.
type Copied struct {
	Gen int
	// Native reports whether the system took it. If not, the terminal may have:
	// it is asked too.
	Native bool
}

// Copy puts a text into the clipboard of the system that tiller runs on. That
// it can't is no failure: the screen asks the terminal as well, which is where
// the person sits.
func (e *Engine) Copy(gen int, text string) tea.Cmd {
	return e.do(gen, "copying", func(ctx context.Context) (tea.Msg, error) {
		done := make(chan error, 1)
		go func() { done <- clipboard.WriteAll(text) }() // a program of the system's, which may hang
		select {
		case err := <-done:
			return Copied{Gen: gen, Native: err == nil}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}
