package input

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("1234"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		limit int64
		err   string
	}{{5, ""}, {4, ""}, {3, "is longer than "}} {
		file, fileErr := ReadFile(t.Context(), path, c.limit)
		stream, streamErr := ReadAll(t.Context(), strings.NewReader("1234"), "the stream", c.limit)
		if c.err != "" {
			if fileErr == nil || !strings.Contains(fileErr.Error(), c.err) || streamErr == nil || !strings.Contains(streamErr.Error(), "the stream "+c.err) {
				t.Errorf("limit %d: %v, %v", c.limit, fileErr, streamErr)
			}
			continue
		}
		if fileErr != nil || streamErr != nil || string(file) != "1234" || string(stream) != "1234" {
			t.Errorf("limit %d: %q, %v, %q, %v", c.limit, file, fileErr, stream, streamErr)
		}
	}
	if _, err := ReadFile(t.Context(), path+"x", 9); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that isn't there: %v", err)
	}
}

// TestInterrupted reads what nobody ever writes.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing, w := io.Pipe()
	defer w.Close()
	if _, err := ReadAll(ctx, nothing, "the stream", 9); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
