package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestLabBuildInterrupted interrupts a build that would take hours.
func TestLabBuildInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can be interrupted from outside there")
	}
	dir := t.TempDir()
	recipe := filepath.Join(dir, "long.json")
	if err := os.WriteFile(recipe, []byte(`{"base":{"tokens_per_step":50,"train":{"steps":1000000}},"watch":{"every":1000000}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	cmd := exec.Command("tiller", "lab", "build", "--out", out, "--recipe", recipe, "--threads", "1")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if lines.Text() == "tokenizer: done" {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		said.WriteString(lines.Text() + "\n")
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("it ended with %v", err)
	}
	if !strings.HasSuffix(said.String(), "What is done is kept in "+out+". To go on, type the same again.\n") {
		t.Errorf("it said %q", said.String())
	}
	if complaint.String() != "tiller: interrupted\n" {
		t.Errorf("it complained %q", complaint.String())
	}
	if _, err := os.Stat(filepath.Join(out, "models")); err == nil {
		t.Error("there is half a model")
	}
}
