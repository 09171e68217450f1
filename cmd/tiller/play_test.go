package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlayInTerminal records a sitting in a real terminal, from the command line
// and with R, and plays it there.
func TestPlayInTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("it types and waits")
	}
	if len(embedded.Models()) == 0 {
		t.Skip("this build carries no models")
	}
	term := newTerminal(t, 100, 30)
	folder := t.TempDir()
	program := filepath.Join(folder, "tiller")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	term.keys("cd "+folder+"; export HOME="+folder+"; clear", "Enter")
	term.keys("./tiller --record a.jsonl", "Enter")
	term.wait("● rec")
	term.wait("they part")
	term.keys("m")
	term.wait("Mark this place")
	term.keys("Enter")
	term.wait("Bookmark: bookmark 1")
	term.keys("q")
	term.wait("Saved. Replay it with: tiller play a.jsonl")
	term.keys("clear; ./tiller play a.jsonl --speed 8 --idle 100ms; echo code $?", "Enter")
	term.wait("they part")
	term.wait("◆ bookmark 1")
	term.keys("Space", "Home")
	term.wait("‖ 0:00")
	term.keys("]")
	term.wait("Bookmark: bookmark 1")
	term.keys("q")
	term.wait("code 0")
	term.keys("clear; ./tiller play a.jsonl --verify; echo code $?", "Enter")
	if screen := term.wait("code 0"); !strings.Contains(screen, "are the same again.") {
		t.Errorf("verification says\n%s", screen)
	}
	term.keys("clear; ./tiller --record a.jsonl; echo code $?", "Enter")
	term.wait("a.jsonl is there already: record into another file")
	if info, err := os.Stat(filepath.Join(folder, "a.jsonl")); err != nil || info.Size() < 1000 {
		t.Errorf("the recording is %v, %v", info, err)
	}
}
