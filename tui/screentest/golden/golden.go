// Package golden compares what a view draws with files in testdata, and writes
// them anew with -update.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

var update = flag.Bool("update", false, "write the screens in testdata anew")

// Same compares what was drawn, without colours, with a file of testdata.
func Same(t testing.TB, name, drawn string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	var lines []string
	for line := range strings.SplitSeq(ansi.Strip(drawn), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is drawn (-update writes it anew):\n%s\nwant:\n%s", file, got, want)
	}
}

// Exact fails unless a drawing has so many lines, each so many columns wide.
func Exact(t testing.TB, drawn string, width, height int) {
	t.Helper()
	lines := strings.Split(drawn, "\n")
	if len(lines) != height {
		t.Errorf("%d lines, want %d", len(lines), height)
	}
	for i, line := range lines {
		if n := ansi.StringWidth(line); n != width {
			t.Errorf("line %d is %d columns wide, want %d: %q", i, n, width, ansi.Strip(line))
		}
	}
}
