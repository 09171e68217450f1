package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoSlurm says that this machine can't submit jobs.
var ErrNoSlurm = errors.New("there is no Slurm here: sbatch, squeue and scancel are not on the PATH")

// A queue is what is asked of Slurm.
type queue interface {
	// submit queues the script for the shards of a list as "1-3,7", to begin no
	// sooner than after the delay, and returns the job's id.
	submit(ctx context.Context, script, shards string, delay time.Duration) (job string, err error)
	// tasks lists what Slurm remembers of the jobs of a name. Those that ended
	// long ago it has forgotten.
	tasks(ctx context.Context, name string) ([]task, error)
	cancel(ctx context.Context, jobs []string) error
}

// A task is one job of an array.
type task struct {
	job    string // the array's
	shard  int    // from 1
	state  string // "RUNNING"
	reason string // why it waits: "Resources"
}

// ended are the states that a job can't leave.
var ended = []string{
	"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT",
}

// active reports whether the task may still do something.
func (t task) active() bool { return !slices.Contains(ended, t.state) }

// slurm is the one whose commands are on the PATH.
type slurm struct{}

// findSlurm returns [ErrNoSlurm] where there is none.
func findSlurm() (queue, error) {
	for _, name := range []string{"sbatch", "squeue", "scancel"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, ErrNoSlurm
		}
	}
	return slurm{}, nil
}

func (slurm) submit(ctx context.Context, script, shards string, delay time.Duration) (string, error) {
	args := []string{"--parsable", "--array=" + shards}
	if delay > 0 {
		args = append(args, fmt.Sprintf("--begin=now+%d", int(delay.Seconds())))
	}
	out, err := say(ctx, "sbatch", append(args, script)...)
	if err != nil {
		return "", err
	}
	job, _, _ := strings.Cut(strings.TrimSpace(string(out)), ";") // ";CLUSTER" may follow
	if _, err := strconv.Atoi(job); err != nil {
		return "", fmt.Errorf("sbatch gave %q instead of the number of a job", out)
	}
	return job, nil
}

func (slurm) tasks(ctx context.Context, name string) ([]task, error) {
	out, err := say(ctx, "squeue", "--noheader", "--array", "--states=all", "--name="+name, "--format=%F %K %T %r")
	if err != nil {
		return nil, err
	}
	var tasks []task
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		words := strings.SplitN(strings.TrimSpace(lines.Text()), " ", 4)
		if len(words) < 3 {
			continue
		}
		shard, err := strconv.Atoi(words[1])
		if err != nil {
			continue // a job of that name that is no array
		}
		t := task{job: words[0], shard: shard, state: words[2]}
		if len(words) == 4 {
			t.reason = words[3]
		}
		tasks = append(tasks, t)
	}
	return tasks, lines.Err()
}

func (slurm) cancel(ctx context.Context, jobs []string) error {
	_, err := say(ctx, "scancel", jobs...)
	return err
}

// patience is how long a command of Slurm may take.
const patience = time.Minute

// say runs a command and returns what it prints.
func say(ctx context.Context, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	apart(cmd)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if err == nil {
		return out.Bytes(), nil
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s did not answer in %v", name, patience)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if text := lastLine(complaint.Bytes()); text != "" {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(text, name+": error: "))
	}
	return nil, fmt.Errorf("%s: %w", name, err)
}

// lastLine is the last line of some text that is not blank.
func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return string(bytes.TrimSpace(text[bytes.LastIndexByte(text, '\n')+1:]))
}
