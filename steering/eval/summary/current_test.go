package summary

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestCurrent takes the summary of the folder only while nothing is newer.
func TestCurrent(t *testing.T) {
	dir := t.TempDir()
	if _, err := Current(dir, Options{}); err == nil {
		t.Error("an empty folder has a summary")
	}
	path := filepath.Join(dir, File)
	if err := os.WriteFile(path, []byte(`{"base":"kept","lanes":[],"warnings":[]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if s, err := Current(dir, Options{}); err != nil || s.Base != "kept" {
		t.Errorf("%+v, %v", s, err)
	}
	samples := filepath.Join(dir, "samples.jsonl")
	if err := os.WriteFile(samples, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(samples, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s, err := Current(dir, Options{}); err == nil {
		t.Errorf("what is older than the samples is taken: %+v", s)
	}
}
