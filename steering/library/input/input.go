// Package input reads files and streams whole, up to a limit, and until someone
// interrupts.
package input

import (
	"context"
	"fmt"
	"io"
	"os"
)

// ReadFile reads all of a file, up to limit bytes; more is an error. When ctx
// ends ReadFile does too, even while it waits for someone to write to a pipe.
func ReadFile(ctx context.Context, name string, limit int64) ([]byte, error) {
	return untilDone(ctx, func() ([]byte, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readAll(f, fmt.Sprintf("%q", name), limit)
	})
}

// ReadAll reads all of r, up to limit bytes; more is an error, which calls r
// what. When ctx ends ReadAll does too, even while nothing comes.
func ReadAll(ctx context.Context, r io.Reader, what string, limit int64) ([]byte, error) {
	return untilDone(ctx, func() ([]byte, error) { return readAll(r, what, limit) })
}

func readAll(r io.Reader, what string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is longer than %d MiB", what, limit>>20)
	}
	return data, nil
}

// untilDone runs read, or leaves it behind when ctx ends: a read that waits
// can't be stopped.
func untilDone(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := read()
		done <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		return r.data, r.err
	}
}
