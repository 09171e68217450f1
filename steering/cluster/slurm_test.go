package cluster

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var onSlurm = flag.Bool("slurm", false, "run the tests that start a Slurm on this machine, as root; see testdata/slurm/start.sh")

// A realSlurm runs on this machine.
type realSlurm struct {
	t      *testing.T
	folder string
	tiller string
}

// startSlurm builds tiller and starts two nodes.
func startSlurm(t *testing.T) *realSlurm {
	t.Helper()
	if !*onSlurm {
		t.Skip("left out without -slurm")
	}
	s := &realSlurm{t: t, folder: t.TempDir(), tiller: filepath.Join(t.TempDir(), "tiller")}
	if out, err := exec.Command("go", "build", "-o", s.tiller, "tiller/cmd/tiller").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { s.script("stop") })
	s.script()
	t.Setenv("SLURM_CONF", filepath.Join(s.folder, "slurm.conf"))
	return s
}

// script runs start.sh.
func (s *realSlurm) script(args ...string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join("testdata", "slurm", "start.sh"), append([]string{s.folder}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("start.sh %v: %v", args, err)
	}
}

// killNode kills the daemon of a node, and all that it runs: the machine is
// gone.
func (s *realSlurm) killNode(n int) {
	s.t.Helper()
	node := fmt.Sprintf("node%d", n)
	pid, err := strconv.Atoi(strings.TrimSpace(read(s.t, s.folder, node+".pid")))
	if err != nil {
		s.t.Fatal(err)
	}
	kill(s.t, pid)
	for _, pid := range s.runningOn(node) {
		if overseer := parent(pid); overseer > 1 {
			kill(s.t, overseer) // it would say how the job ended
		}
		kill(s.t, pid)
	}
}

// runningOn are the processes of the jobs on a node.
func (s *realSlurm) runningOn(node string) []int {
	s.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		s.t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		ours := bytes.Contains(environ, []byte("SLURM_CONF="+filepath.Join(s.folder, "slurm.conf")+"\x00"))
		if ours && bytes.Contains(environ, []byte("SLURMD_NODENAME="+node+"\x00")) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// parent is the process that began another; 0 if that is not known.
func parent(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "\nPPid:\t")
	line, _, _ := strings.Cut(rest, "\n")
	ppid, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	return ppid
}

func kill(t *testing.T, pid int) {
	t.Helper()
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Logf("process %d: %v", pid, err)
	}
}

// eval runs `tiller eval` and returns what it says.
func (s *realSlurm) eval(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.tiller, append([]string{"eval"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestSlurm computes the embedded set in six shards on a cluster that loses a
// job and a node meanwhile, and whose user interrupts the waiting: the run is
// that of a single machine.
func TestSlurm(t *testing.T) {
	s := startSlurm(t)
	const problems, lanes = 600, 3
	asked := []string{"embedded:test", "--plan", "@demo", "--limit", strconv.Itoa(problems)}
	dir := t.TempDir()
	whole, spread := filepath.Join(dir, "whole"), filepath.Join(dir, "spread")
	if out, err := s.eval(t.Context(), append([]string{"--out", whole}, asked...)...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	submit := append([]string{"slurm", "--out", spread, "--shards", "6", "--submit", "--poll", "500ms", "--retries", "2"}, asked...)

	ctx, interrupt := context.WithCancel(t.Context())
	disturbed := make(chan struct{})
	go func() {
		defer close(disturbed)
		s.await(spread, 60)
		if pids := s.runningOn("node1"); len(pids) > 0 {
			t.Logf("a job is killed: %v", pids)
			kill(t, pids[len(pids)-1])
		}
		s.await(spread, 300)
		interrupt()
	}()
	out, err := s.eval(ctx, submit...)
	<-disturbed
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 130 || !strings.Contains(out, "the jobs go on") {
		t.Fatalf("interrupted: %v: %s", err, out)
	}

	go func() {
		s.await(spread, 500)
		t.Log("node 2 dies")
		s.killNode(2)
		time.Sleep(15 * time.Second)
		s.script("node", "2")
	}()
	out, err = s.eval(t.Context(), submit...)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	t.Logf("state: %s", read(t, filepath.Join(spread, jobFolder), stateFile))
	for _, name := range []string{specFile, problemsFile, "summary.json"} {
		if read(t, spread, name) != read(t, whole, name) {
			t.Errorf("%s differs from that of a single machine", name)
		}
	}
	lines := sortedLines(t, spread)
	if want := sortedLines(t, whole); len(lines) != problems*lanes+1 || strings.Join(lines, "") != strings.Join(want, "") {
		t.Errorf("%d samples differ from the %d of a single machine", len(lines)-1, len(want)-1)
	}
}

// await waits for so many samples in all shards.
func (s *realSlurm) await(dir string, samples int) {
	for range 600 {
		n := 0
		files, _ := filepath.Glob(filepath.Join(dir, jobFolder, shardPrefix+"*", samplesFile))
		for _, file := range files {
			n += new(lineCounter).count(file)
		}
		if n >= samples {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Errorf("there were no %d samples after a minute", samples)
}
