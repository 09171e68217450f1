package drive_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/creack/pty"

	"tiller/tui"
	"tiller/tui/drive"
	"tiller/tui/drive/drivetest"
	"tiller/tui/engine"
)

var latency = flag.Bool("latency", false, "measure how fast the screen answers, and print it with -v")

// TestLatency measures the time from a key to the frame that shows what it did,
// while four lanes stream on the embedded model, and that from the program's
// start to its first frame. It judges nothing: the numbers are for people.
func TestLatency(t *testing.T) {
	if !*latency {
		t.Skip("measures only with -latency")
	}
	t.Logf("%d processors; times in milliseconds", runtime.NumCPU())
	for _, size := range [][2]int{{80, 24}, {120, 32}, {200, 50}, {240, 70}} {
		report(t, fmt.Sprintf("%dx%d, key to frame", size[0], size[1]), keyTimes(t, size[0], size[1]))
	}
	frame, answers := startTimes(t)
	report(t, "start to first frame", frame)
	report(t, "start to both answers", answers)
}

// keyTimes moves from pane to pane while their answers are generated over and
// over.
func keyTimes(t *testing.T, width, height int) []time.Duration {
	sitting := embedded(tui.Options{Sampling: &engine.Sampling{TopP: 1, RepeatPenalty: 1, MaxTokens: 256, IgnoreEOS: true}})
	sitting.Engine.Threads = 0 // as many as the program takes
	s := drivetest.Open(t, sitting, drive.Options{Width: width, Height: height})
	s.WaitIdle()
	s.Press("d", "d", "tab").WaitIdle().Expect("▸ question")
	var times []time.Duration
	for range 100 {
		s.Press("enter")
		for _, pane := range []string{"▸ base", "▸ steered", "▸ steered 2", "▸ steered 3", "▸ question"} {
			begun := time.Now()
			s.Press("tab").Expect(pane)
			times = append(times, time.Since(begun))
		}
	}
	return times
}

// startTimes starts the real program in a terminal again and again.
func startTimes(t *testing.T) (frame, answers []time.Duration) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "tiller")
	if out, err := exec.Command("go", "build", "-o", binary, "tiller/cmd/tiller").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for range 20 {
		cmd := exec.Command(binary)
		cmd.Env = append(os.Environ(), "TERM=xterm-256color", "HOME="+dir, "XDG_CONFIG_HOME=", "XDG_STATE_HOME=")
		begun := time.Now()
		terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 120, Rows: 32})
		if err != nil {
			t.Fatal(err)
		}
		seen := until(t, terminal, "tiller")
		frame = append(frame, time.Since(begun))
		if !bytes.Contains(seen, []byte("they part")) {
			until(t, terminal, "they part")
		}
		answers = append(answers, time.Since(begun))
		if _, err := terminal.WriteString("q"); err != nil {
			t.Fatal(err)
		}
		for buffer := make([]byte, 1<<16); err == nil; { // a program can't end while nobody reads
			_, err = terminal.Read(buffer)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		terminal.Close()
	}
	return frame, answers
}

// until reads what a program writes until a text is in it.
func until(t *testing.T, terminal *os.File, text string) []byte {
	var seen []byte
	for buffer := make([]byte, 1<<16); ; {
		n, err := terminal.Read(buffer)
		if seen = append(seen, buffer[:n]...); bytes.Contains(seen, []byte(text)) {
			return seen
		}
		if err != nil {
			t.Fatalf("the program never wrote %q: %v", text, err)
		}
	}
}

// report prints a line of the table.
func report(t *testing.T, what string, times []time.Duration) {
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[int(share*float64(len(times)-1))]) / float64(time.Millisecond)
	}
	t.Logf("%-28s n %4d   p50 %6.1f   p90 %6.1f   p99 %6.1f   max %6.1f", what, len(times), at(.5), at(.9), at(.99), at(1))
}
