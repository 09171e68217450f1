package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGuardTurnsAPanicIntoASentence(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	var out bytes.Buffer
	code := guard(&out, func() int { panic("index out of range\x1b[31m\ngoroutine 1") })
	if code != exitFailed {
		t.Errorf("code %d, want %d", code, exitFailed)
	}
	said := out.String()
	if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "tiller: something went wrong inside tiller: index out of range␛[31m␊goroutine 1") {
		t.Errorf("not one safe sentence: %q", said)
	}
	reports, err := filepath.Glob(filepath.Join(dir, "tiller-report-*.txt"))
	if err != nil || len(reports) != 1 || !strings.Contains(said, reports[0]) {
		t.Fatalf("reports %q, %v; said %q", reports, err, said)
	}
	if report, err := os.ReadFile(reports[0]); err != nil || !bytes.Contains(report, []byte("main_test.go")) {
		t.Errorf("the report lacks the stack: %v\n%s", err, report)
	}
}

func TestGuardPassesTheCodeOn(t *testing.T) {
	var out bytes.Buffer
	if code := guard(&out, func() int { return exitUsage }); code != exitUsage || out.Len() > 0 {
		t.Errorf("code %d, said %q", code, out.String())
	}
}

func TestHighest(t *testing.T) {
	row := []float32{1, 5, 3, 5, -2, 3}
	for n, want := range map[int][]int{1: {1}, 2: {1, 3}, 4: {1, 3, 2, 5}, 6: {1, 3, 2, 5, 0, 4}} {
		if got := highest(row, n); !slices.Equal(got, want) {
			t.Errorf("the %d highest are %v, want %v", n, got, want)
		}
	}
}
