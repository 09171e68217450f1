package main

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var kills = flag.Int("kills", 3, "how often TestKilledRun kills its run")

// TestKilledRun kills a run again and again at any moment, lets it go on, and
// compares what it comes to with an undisturbed run, byte by byte.
func TestKilledRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "tiller")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	command := func(out string, more ...string) *exec.Cmd {
		c := exec.Command(binary, append([]string{
			"eval", "embedded:test", "--limit", "40", "--plan", "@demo", "--thinking", "embedded:thinking",
			"--controls", "--draws", "2", "--control-strengths", "0.5,1", "--tune", "embedded:hard", "--out", filepath.Join(dir, out), "--threads", "1",
		}, more...)...)
		c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir)
		return c
	}
	began := time.Now()
	if out, err := command("quiet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole := time.Since(began)
	r := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	killed := 0
	compare := func() {
		t.Helper()
		for _, name := range []string{"summary.json", "problems.jsonl", "run.json", "tune.json"} {
			quiet, err := os.ReadFile(filepath.Join(dir, "quiet", name))
			if err != nil {
				t.Fatal(err)
			}
			disturbed, err := os.ReadFile(filepath.Join(dir, "killed", name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(quiet, disturbed) {
				t.Errorf("after %d kills %s differs", killed, name)
			}
		}
	}
	for killed < *kills {
		c := command("killed")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			compare()
			if err := os.RemoveAll(filepath.Join(dir, "killed")); err != nil { // and another run
				t.Fatal(err)
			}
		case <-time.After(time.Duration(r.Float64() * float64(whole) / 2)):
			c.Process.Kill()
			if <-ended != nil {
				killed++
			}
		}
	}
	if out, err := command("killed").CombinedOutput(); err != nil {
		t.Fatalf("after %d kills: %v\n%s", killed, err, out)
	}
	compare()
	t.Logf("killed %d times", killed)
}
