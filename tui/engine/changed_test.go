package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// TestChangedModel opens a model anew whose file was replaced after it had been
// cut short while in use.
func TestChangedModel(t *testing.T) {
	whole, err := os.ReadFile("../../../shared/models/stories260K/stories260K-f16.gguf")
	if os.IsNotExist(err) {
		t.Skip("the small model is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "m.gguf")
	write := func() {
		t.Helper()
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	e := newEngine(t)
	if msg := e.Open(1, path)(); !isOpened(msg) {
		t.Fatalf("it does not open: %#v", msg)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	if msg, ok := e.Open(2, path)().(Failed); !ok || strings.Contains(msg.Err, "changed while") {
		t.Errorf("cut short, opening it says %#v", msg)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write()
	if msg := e.Open(3, path)(); !isOpened(msg) {
		t.Errorf("replaced, it does not open: %#v", msg)
	}
}

func isOpened(msg tea.Msg) bool {
	_, ok := msg.(Opened)
	return ok
}
