//go:build unix

package tokenizer

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nobody ever writes to the pipes, so that waiting for one would never end.
func TestOpenRefusesPipes(t *testing.T) {
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json", "vocabulary.gguf"} {
		dir := t.TempDir()
		if name == "tokenizer_config.json" {
			data, err := os.ReadFile(filepath.Join("..", "testdata", "llama-mha", "tokenizer.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		pipe := filepath.Join(dir, name)
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Skip("no named pipes here")
		}
		path := dir
		if name == "vocabulary.gguf" {
			path = pipe
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "regular file") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
