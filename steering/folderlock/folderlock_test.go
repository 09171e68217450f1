package folderlock

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestTake locks twice: the system tells apart two openings of one file even
// in one process.
func TestTake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Take(path); !errors.Is(err, ErrHeld) {
		t.Fatalf("a second lock: %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second, err := Take(path)
	if err != nil {
		t.Fatalf("after the first was given back: %v", err)
	}
	defer second.Release()
}

// TestTakeRemoved locks a file that its holder removes: the next one to come
// makes another, so the old lock must not count.
func TestTakeRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	old, err := Take(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Release()
	if err := os.Remove(path); err != nil {
		t.Skip("this system removes no open files")
	}
	l, err := Take(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestTakeNowhere(t *testing.T) {
	if _, err := Take(filepath.Join(t.TempDir(), "none", "lock")); err == nil {
		t.Error("a folder that does not exist was locked")
	}
}
