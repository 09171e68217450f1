package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

// readInput reads all of a file, or of stdin if its name is -, up to limit
// bytes. An interrupt ends it even while nothing comes.
func readInput(ctx context.Context, stdin io.Reader, name string, limit int64) ([]byte, error) {
	what := "standard input"
	if name != "-" {
		what = fmt.Sprintf("%q", name)
	}
	type result struct {
		data []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		from := stdin
		if name != "-" {
			f, err := os.Open(name) // waits, if it is a pipe, for a writer
			if err != nil {
				read <- result{err: err}
				return
			}
			defer f.Close()
			from = f
		}
		data, err := io.ReadAll(io.LimitReader(from, limit+1))
		if err != nil {
			err = fmt.Errorf("reading %s: %w", what, err)
		}
		read <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-read:
		if r.err != nil {
			return nil, r.err
		}
		if int64(len(r.data)) > limit {
			return nil, fmt.Errorf("%s is longer than %d MiB", what, limit>>20)
		}
		return r.data, nil
	}
}
