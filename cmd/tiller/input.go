package main

import (
	"context"
	"io"

	"tiller/steering/library/input"
)

// readInput reads all of a file, or of stdin if its name is -, up to limit
// bytes. An interrupt ends it even while nothing comes.
func readInput(ctx context.Context, stdin io.Reader, name string, limit int64) ([]byte, error) {
	if name == "-" {
		return input.ReadAll(ctx, stdin, "standard input", limit)
	}
	return input.ReadFile(ctx, name, limit)
}
