package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTerminalScreen opens the screen in terminals, as a person does.
func TestTerminalScreen(t *testing.T) {
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
	const answered = "KL(steered‖base)" // the last to appear
	colours := regexp.MustCompile(`\x1b\[([349][0-7]|[34]8)[;m]`)
	// Nobody's settings, and nothing remembered.
	run := fmt.Sprintf("clear; HOME=%s XDG_CONFIG_HOME= XDG_STATE_HOME= ", dir)

	// restored checks that the shell's screen is back after the code.
	restored := func(t *testing.T, term *terminal, code int) {
		t.Helper()
		screen := term.wait(fmt.Sprintf("code %d", code))
		const want = "main screen, cursor on, mouse off"
		got := strings.TrimSpace(term.tmux("display-message", "-p", "#{?alternate_on,alternate,main} screen, cursor #{?cursor_flag,on,off}, mouse #{?mouse_any_flag,on,off}"))
		if got != want {
			t.Errorf("the terminal has its %s; want %s", got, want)
		}
		if strings.Contains(screen, "they part at token") {
			t.Errorf("the screen stayed:\n%s", screen)
		}
	}

	t.Run("explored", func(t *testing.T) {
		term := newTerminal(t, 120, 32)
		term.keys(run+binary+"; echo code $?", "Enter")
		screen := term.wait(answered)
		for _, want := range []string{"── question ──", "── base ──", "✗ 3", "▸ steered", "✓ 8", "? keys"} {
			if !strings.Contains(screen, want) {
				t.Errorf("no %q on the screen:\n%s", want, screen)
			}
		}
		if styled := term.tmux("capture-pane", "-p", "-e"); !colours.MatchString(styled) {
			t.Errorf("nothing is coloured:\n%q", styled)
		}
		term.keys("-", "-", "-", "-", "-", "-", "-")
		term.wait("base and steered say the same")
		term.keys("u", "u", "u", "Tab")
		term.wait("they part at token 0")
		term.wait("▸ question")
		term.tmux("resize-window", "-x", "62", "-y", "17")
		term.wait("▸ question")
		term.tmux("resize-window", "-x", "40", "-y", "12")
		term.wait("here are 40 and 12")
		term.tmux("resize-window", "-x", "100", "-y", "30")
		term.keys("i", "Space", "z", "e", "b", "r", "a")
		term.wait("unknown: zebra")
		term.keys("Escape")
		term.wait("The question is as before")
		term.keys("q")
		restored(t, term, 0)
	})
	t.Run("interrupted twice", func(t *testing.T) {
		term := newTerminal(t, 80, 24)
		term.keys(run+binary+"; echo code $?", "Enter")
		term.wait(answered)
		term.keys("C-c", "C-c")
		restored(t, term, 0)
	})
	for _, ending := range []string{"TERM", "HUP"} {
		t.Run("ended by "+ending, func(t *testing.T) {
			term := newTerminal(t, 80, 24)
			pid := filepath.Join(dir, "pid")
			term.keys(fmt.Sprintf("%s sh -c 'echo $$ >%s; exec %s'; echo code $?", run, pid, binary), "Enter")
			term.wait(answered)
			number, err := os.ReadFile(pid)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("kill", "-"+ending, strings.TrimSpace(string(number))).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			restored(t, term, exitInterrupted)
		})
	}
	t.Run("without colours", func(t *testing.T) {
		term := newTerminal(t, 80, 24)
		term.keys(run+"NO_COLOR=yes "+binary+"; echo code $?", "Enter")
		term.wait(answered)
		if styled := term.tmux("capture-pane", "-p", "-e"); colours.MatchString(styled) {
			t.Errorf("coloured in spite of NO_COLOR:\n%q", styled)
		}
		term.keys("q")
		restored(t, term, 0)
	})
	t.Run("no screen", func(t *testing.T) {
		for what, command := range map[string]string{"a dumb terminal": "TERM=dumb " + binary, "a pipe": binary + " | cat"} {
			term := newTerminal(t, 120, 40)
			term.keys(run+command+"; echo code $?", "Enter")
			screen := term.wait("code 0")
			for _, want := range []string{"there is no terminal here for the screen", "base", "✗ ", "steered", "✓ "} {
				if !strings.Contains(screen, want) {
					t.Errorf("%s: no %q on the screen:\n%s", what, want, screen)
				}
			}
		}
	})
}
