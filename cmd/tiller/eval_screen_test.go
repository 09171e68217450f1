package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTerminalEval watches a run, ends it, lets it go on, and browses it, as a
// person does.
func TestTerminalEval(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary and waits for terminals")
	}
	if len(embedded.Models()) == 0 {
		t.Skip("this build carries no models")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "tiller")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := filepath.Join(dir, "run")
	// Nobody's settings, and nothing remembered.
	tiller := fmt.Sprintf("clear; HOME=%s XDG_CONFIG_HOME= XDG_STATE_HOME= %s ", dir, binary)
	command := "eval embedded:test --limit 300 --plan @demo --no-prompt --out "
	alternate := func(term *terminal) string {
		return strings.TrimSpace(term.tmux("display-message", "-p", "#{?alternate_on,alternate,main}"))
	}

	term := newTerminal(t, 110, 40)
	term.keys(tiller+command+run+"; echo code $?", "Enter")
	screen := term.wait("answers/s")
	for _, want := range []string{"tiller eval  embedded:test · embedded:base", "── so far ──", "  1 plan:begin@2[", "── newest answers ──", "ctrl+c stops after"} {
		if !strings.Contains(screen, want) {
			t.Errorf("no %q on the screen:\n%s", want, screen)
		}
	}
	if got := alternate(term); got != "alternate" {
		t.Errorf("it is shown on the %s screen", got)
	}
	term.tmux("resize-window", "-x", "80", "-y", "30")
	term.keys("C-c")
	screen = term.wait("code 130")
	for _, want := range []string{"embedded:test, 300 problems, graded by answer", "The run is not finished", "the same command goes on where it was"} {
		if !strings.Contains(screen, want) {
			t.Errorf("no %q at the end:\n%s", want, screen)
		}
	}
	if strings.Contains(screen, "so far") || alternate(term) != "main" {
		t.Errorf("the screen stayed:\n%s", screen)
	}

	// The run goes on, in lines, and comes to what an undisturbed one does.
	term.keys(tiller+command+run+" --plain; echo code $?", "Enter")
	if screen = term.wait("code 0"); strings.Contains(screen, "not finished") {
		t.Errorf("it did not go on:\n%s", screen)
	}
	whole := filepath.Join(dir, "whole")
	if out, err := exec.Command(binary, append(strings.Fields(command), whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var summaries [2][]byte
	for i, path := range []string{run, whole} {
		var err error
		if summaries[i], err = os.ReadFile(filepath.Join(path, "summary.json")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(summaries[0], summaries[1]) {
		t.Error("what was ended and went on comes to something else than an undisturbed run")
	}

	term.keys(tiller+"eval show "+run+"; echo code $?", "Enter")
	term.wait("1 of 300 problems")
	term.keys("n", "Enter")
	term.wait("── problem ")
	term.keys("o")
	term.wait("KL(steered‖base)") // Compare, with both answers
	term.keys("q")
	term.wait("── problem ")
	term.keys("Escape")
	term.wait("── lanes ──")
	term.keys("q")
	term.wait("code 0")
	if got := alternate(term); got != "main" {
		t.Errorf("browsing leaves the %s screen", got)
	}
}
