package plain

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// work reports to a Progress, by a clock of its own.
func work(width int) string {
	var b strings.Builder
	now := time.Unix(0, 0)
	p := NewProgress(&b, func() int { return width }, func() time.Time { return now })
	p.Kept("words")
	p.At("base", 0, 0)
	for step := 100; step <= 400; step += 100 {
		now = now.Add(6 * time.Second)
		p.At("base", step, 400, "loss 1.5")
	}
	// Another count begins, of which half is done in 20 s.
	p.At("base", 0, 6)
	now = now.Add(20 * time.Second)
	p.At("base", 3, 6)
	now = now.Add(time.Second)
	p.End("base", "loss 1.2")
	p.At("vec\x1btors", 0, 0)
	now = now.Add(50 * time.Millisecond)
	p.At("vec\x1btors", 0, 0, "never seen")
	p.Stop()
	return b.String()
}

func TestProgressPiped(t *testing.T) {
	want := "words: was done before\n" +
		"base: 200 of 400 · 12 s left · loss 1.5\n" +
		"base: 400 of 400 · loss 1.5\n" +
		"base: 3 of 6 · 20 s left\n" +
		"base: done in 45 s · loss 1.2\n"
	if got := work(0); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestProgressTerminal applies the carriage returns as a terminal does.
func TestProgressTerminal(t *testing.T) {
	for width, want := range map[int]string{
		70: " words      was done before\n base       done in 45 s · loss 1.2\n vec␛tors\n",
		30: " words      was done before\n base       done in 45 s · loss 1.2\n vec␛tors\n",
	} {
		out := work(width)
		for line := range strings.Lines(out) {
			for part := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), "\r") {
				if w := ansi.StringWidth(part); w >= width && !strings.Contains(part, "done") {
					t.Errorf("%d columns do not fit into %d: %q", w, width, part)
				}
			}
		}
		var screen strings.Builder
		for line := range strings.Lines(ansi.Strip(out)) {
			screen.WriteString(strings.TrimRight(line[strings.LastIndex(line, "\r")+1:], " \n") + "\n")
		}
		if got := screen.String(); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
		if half := "██████████░░░░░░░░░░  200 of 400 · 12 s left · loss 1.5"; strings.Contains(ansi.Strip(out), half) != (width == 70) {
			t.Errorf("width %d draws %q", width, ansi.Strip(out))
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59400 * time.Millisecond: "59 s", 59600 * time.Millisecond: "1 min 0 s",
		200 * time.Second: "3 min 20 s", 3*time.Hour + 61*time.Second: "3 h 1 min",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
