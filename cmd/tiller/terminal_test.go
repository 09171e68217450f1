package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var updateDocument = flag.Bool("update", false, "write the demonstration into docs/run.md")

// A terminal is a tmux server of its own with one shell.
type terminal struct {
	t      *testing.T
	socket string
}

// newTerminal starts a shell in a terminal of the given size.
func newTerminal(t *testing.T, columns, rows int) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("there is no tmux here")
	}
	// A socket's path has to be short, and that of t.TempDir may not be.
	dir, err := os.MkdirTemp("", "tiller")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	term := &terminal{t: t, socket: filepath.Join(dir, "tmux")}
	term.tmux("-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows),
		"env", "-u", "NO_COLOR", "LANG=C.UTF-8", "PS1=$ ", "sh")
	t.Cleanup(func() { term.tmux("kill-server") })
	term.wait("$")
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-u", "-S", term.socket}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// keys types; names of keys as tmux has them: Enter, C-c.
func (term *terminal) keys(keys ...string) {
	term.t.Helper()
	term.tmux(append([]string{"send-keys"}, keys...)...)
}

// wait returns the screen once it shows text.
func (term *terminal) wait(text string) string {
	term.t.Helper()
	var screen string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if screen = term.tmux("capture-pane", "-p"); strings.Contains(screen, text) {
			return screen
		}
	}
	term.t.Fatalf("%q did not appear on the screen:\n%s", text, screen)
	return ""
}

// checkDocument compares what docs/run.md shows of the demonstration with what is
// on the screen; with -update it writes it.
func checkDocument(t *testing.T, screen string) {
	t.Helper()
	const file, begin, end = "../../docs/run.md", "<!-- tiller run -->\n", "<!-- end -->"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(data), begin)
	shown, after, ended := strings.Cut(rest, end)
	if !begun || !ended {
		t.Fatalf("docs/run.md has no place between %q and %q", begin, end)
	}
	want := "\n```\n" + screen + "```\n\n"
	if *updateDocument {
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != want {
		t.Errorf("docs/run.md shows another screen than there is now, which is below; go test ./cmd/tiller -run Terminal -update writes it\n%s", screen)
	}
}

// TestTerminal drives the built binary in terminals, as a person does.
func TestTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary and waits for terminals")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "tiller")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := writeVectors(dir); err != nil {
		t.Fatal(err)
	}
	models, err := filepath.Abs(filepath.Join("..", "..", "model", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	run := fmt.Sprintf("clear; %s run --model %s/llama-mha --ids 1,5,9 --ignore-eos --vectors %s/vectors --plan 'sine*1.5@0[gen]'", binary, models, dir)

	t.Run("side by side", func(t *testing.T) {
		term := newTerminal(t, 120, 40)
		term.keys(run+" --max-tokens 30; echo code $?", "Enter")
		screen := term.wait("code 0")
		for _, want := range []string{" ── base ──", "─┬── steered  sine*1.5@0[gen] ─", "─┴── 30 tokens, token limit reached ─", "▲ 29 of 30 tokens steered", "◆ They part at token "} {
			if !strings.Contains(screen, want) {
				t.Errorf("no %q on the screen:\n%s", want, screen)
			}
		}
		if styled := term.tmux("capture-pane", "-p", "-e"); !strings.Contains(styled, "\x1b[35m") {
			t.Errorf("nothing is coloured:\n%q", styled)
		}
	})
	t.Run("demonstration", func(t *testing.T) {
		if len(embedded.Models()) == 0 {
			t.Skip("this build carries no models")
		}
		term := newTerminal(t, 80, 24)
		term.keys("PS1='en''d$ '; clear; "+binary+" run", "Enter")
		screen := term.wait("end$")
		for _, want := range []string{"the right answer is ", "── base ──", "── steered by @demo ", "── ✗ ", "── ✓ "} {
			if !strings.Contains(screen, want) {
				t.Errorf("24 lines are too few to show %q:\n%s", want, screen)
			}
		}
	})
	t.Run("document", func(t *testing.T) {
		if len(embedded.Models()) == 0 {
			t.Skip("this build carries no models")
		}
		term := newTerminal(t, 103, 40)
		term.keys("PS1='en''d$ '; clear; "+binary+" run", "Enter")
		screen, _, _ := strings.Cut(term.wait("end$"), "end$")
		checkDocument(t, strings.TrimRight(screen, "\n")+"\n")
	})
	t.Run("stacked", func(t *testing.T) {
		term := newTerminal(t, 60, 40)
		term.keys("NO_COLOR=yes; export NO_COLOR; "+run+" --max-tokens 30; echo code $?", "Enter")
		screen := term.wait("code 0")
		base, steered := strings.Index(screen, "── base ──"), strings.Index(screen, "── steered  sine")
		if base < 0 || steered < base || strings.Contains(screen, "┬") {
			t.Errorf("base is not above steered:\n%s", screen)
		}
		if styled := term.tmux("capture-pane", "-p", "-e"); strings.Contains(styled, "\x1b[35m") {
			t.Errorf("coloured in spite of NO_COLOR:\n%q", styled)
		}
	})
	t.Run("error", func(t *testing.T) {
		term := newTerminal(t, 80, 24)
		term.keys("clear; "+binary+" run --model nowhere --ids 1; echo code $?", "Enter")
		screen := term.wait("code 1")
		if !strings.Contains(screen, `tiller: there is no model at "nowhere"`) {
			t.Errorf("no sentence:\n%s", screen)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		term := newTerminal(t, 80, 24)
		term.keys("trap : INT; "+binary+" tokenize --model "+models+"/llama-mha; echo code $?", "Enter")
		time.Sleep(500 * time.Millisecond) // it waits for input and says nothing
		term.keys("C-c")
		term.wait("code 130")
	})
}
