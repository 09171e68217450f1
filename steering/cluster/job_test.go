package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A fakeQueue is a Slurm whose jobs do what the test says, one step a look.
type fakeQueue struct {
	// step is told of every look, before it is answered.
	step      func(q *fakeQueue, look int)
	looks     int
	now       []task
	submitted []string // shards
	delays    []time.Duration
	cancelled []string
	failing   error // of the looks
	refusing  error // of submissions
}

func (q *fakeQueue) submit(_ context.Context, _, shards string, delay time.Duration) (string, error) {
	if q.refusing != nil {
		return "", q.refusing
	}
	q.submitted, q.delays = append(q.submitted, shards), append(q.delays, delay)
	job := fmt.Sprint(len(q.submitted))
	for i := 1; i < 100; i++ {
		if inRanges(shards, i) {
			q.now = append(q.now, task{job: job, shard: i, state: "PENDING", reason: "Resources"})
		}
	}
	return job, nil
}

func (q *fakeQueue) tasks(context.Context, string) ([]task, error) {
	q.looks++
	if q.step != nil {
		q.step(q, q.looks)
	}
	return slices.Clone(q.now), q.failing
}

func (q *fakeQueue) cancel(_ context.Context, jobs []string) error {
	q.cancelled = append(q.cancelled, jobs...)
	return nil
}

// ends ends a shard's job; a state of "" is one that Slurm has forgotten.
func (q *fakeQueue) ends(shard int, state string) {
	q.now = slices.DeleteFunc(q.now, func(t task) bool { return t.shard == shard && t.active() })
	if state != "" {
		q.now = append(q.now, task{job: fmt.Sprint(len(q.submitted)), shard: shard, state: state})
	}
}

var command = Command{Program: "/opt/tiller", Dir: "/home/a", Flags: []string{"--plan=v@2", "--limit=9"}, Set: "set.jsonl", Shards: 3}

func openJob(t *testing.T, dir string, q queue) *Job {
	t.Helper()
	j, err := Open(dir, command, Resources{})
	if err != nil {
		t.Fatal(err)
	}
	j.queue = q
	t.Cleanup(func() { j.Close() })
	return j
}

// computes writes a shard's folder as its job would.
func computes(t *testing.T, j *Job, shard int) {
	t.Helper()
	if err := os.CopyFS(j.Shards()[shard-1], os.DirFS(newWorld().folder(t, shard-1, 3))); err != nil {
		t.Fatal(err)
	}
}

func TestRunRetries(t *testing.T) {
	dir := t.TempDir()
	var j *Job
	q := &fakeQueue{step: func(q *fakeQueue, look int) {
		switch look {
		case 2: // 1 is done, 2 fails, 3 goes on
			computes(t, j, 1)
			q.ends(1, "COMPLETED")
			q.ends(2, "NODE_FAIL")
		case 3:
			q.failing = errors.New("squeue: Unable to contact slurm controller")
		case 4:
			q.failing = nil
		case 6: // 2 fails again and 3 has been done before Slurm notices
			q.ends(2, "")
			computes(t, j, 3)
		case 9:
			computes(t, j, 2)
			q.ends(2, "COMPLETED")
			q.ends(3, "COMPLETED")
		}
	}}
	j = openJob(t, dir, q)
	var last Progress
	troubled := false
	err := j.Run(t.Context(), RunOptions{Retries: 2, Poll: time.Millisecond, Progress: func(p Progress) {
		last = p
		troubled = troubled || p.Trouble != nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"1-3", "2", "2"}; !slices.Equal(q.submitted, want) || q.delays[1] != 0 || q.delays[2] != again {
		t.Errorf("submitted %q after %v, want %q", q.submitted, q.delays, want)
	}
	if !troubled || last.Done != 3 || last.Total != 3 || last.Samples != 60 {
		t.Errorf("troubled %v, progress %+v", troubled, last)
	}
	if _, err := Merge(t.Context(), dir, j.Shards(), MergeOptions{}); err != nil {
		t.Error(err)
	}
	// All is done: nothing is submitted again.
	if err := j.Run(t.Context(), RunOptions{}); err != nil || len(q.submitted) != 3 {
		t.Errorf("run again: %v, submitted %q", err, q.submitted)
	}
}

func TestRunGivesUp(t *testing.T) {
	var j *Job
	q := &fakeQueue{step: func(q *fakeQueue, look int) {
		for _, s := range slices.Clone(q.now) {
			if !s.active() {
				continue
			}
			if s.shard == 1 {
				computes(t, j, 1)
			}
			q.ends(s.shard, map[int]string{1: "COMPLETED", 2: "OUT_OF_MEMORY", 3: "FAILED"}[s.shard])
		}
	}}
	j = openJob(t, t.TempDir(), q)
	write(t, j.path(logFolder), "1_2.txt", "parts: 3 of 9\ntiller: no room\n\n")
	err := j.Run(t.Context(), RunOptions{Retries: 1, Poll: time.Millisecond})
	failed := (*FailedError)(nil)
	if !errors.As(err, &failed) || !slices.Equal(failed.Shards, []int{2, 3}) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"2 of 3 shards are not done: 2-3; shard 2 ended as OUT_OF_MEMORY, and its log ", "1_2.txt ends with: tiller: no room"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if want := []string{"1-3", "2-3"}; !slices.Equal(q.submitted, want) {
		t.Errorf("submitted %q, want %q", q.submitted, want)
	}
	// The same command tries again, though not what is done.
	if err := j.Run(t.Context(), RunOptions{Poll: time.Millisecond}); !errors.As(err, &failed) || q.submitted[len(q.submitted)-1] != "2-3" || len(q.submitted) != 3 {
		t.Errorf("again: %v, submitted %q", err, q.submitted)
	}
}

// TestRunInterrupted leaves the jobs, and waits for them the next time, even
// if the state was not written.
func TestRunInterrupted(t *testing.T) {
	for name, forget := range map[string]bool{"state kept": false, "state lost": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			q := &fakeQueue{step: func(_ *fakeQueue, look int) {
				if look == 3 {
					cancel()
				}
			}}
			j := openJob(t, dir, q)
			if err := j.Run(ctx, RunOptions{Poll: time.Millisecond}); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
			if _, err := Open(dir, command, Resources{}); err == nil || !strings.Contains(err.Error(), "another tiller waits") {
				t.Errorf("two that wait: %v", err)
			}
			if forget {
				j.state.Submissions = nil
				if err := j.keep(); err != nil {
					t.Fatal(err)
				}
			}
			j.Close()
			q.step = func(q *fakeQueue, look int) {
				if look == 6 {
					for i := 1; i <= 3; i++ {
						computes(t, j, i)
						q.ends(i, "COMPLETED")
					}
				}
			}
			j = openJob(t, dir, q)
			if err := j.Run(t.Context(), RunOptions{Poll: time.Millisecond}); err != nil {
				t.Fatal(err)
			}
			if len(q.submitted) != 1 {
				t.Errorf("submitted %q", q.submitted)
			}
		})
	}
}

func TestRunRefused(t *testing.T) {
	q := &fakeQueue{refusing: errors.New("sbatch: invalid partition specified: none")}
	if err := openJob(t, t.TempDir(), q).Run(t.Context(), RunOptions{}); !errors.Is(err, q.refusing) {
		t.Errorf("got %v", err)
	}
	q = &fakeQueue{failing: errors.New("squeue: no controller")}
	if err := openJob(t, t.TempDir(), q).Run(t.Context(), RunOptions{}); !errors.Is(err, q.failing) {
		t.Errorf("got %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := openJob(t, t.TempDir(), nil).Run(t.Context(), RunOptions{}); !errors.Is(err, ErrNoSlurm) {
		t.Errorf("got %v", err)
	}
}

func TestCancel(t *testing.T) {
	q := &fakeQueue{now: []task{
		{job: "4", shard: 1, state: "COMPLETED"}, {job: "7", shard: 2, state: "RUNNING"}, {job: "7", shard: 3, state: "PENDING"}, {job: "9", shard: 1, state: "COMPLETING"},
	}}
	n, err := openJob(t, t.TempDir(), q).cancel(t.Context())
	if err != nil || n != 3 || !slices.Equal(q.cancelled, []string{"7", "9"}) {
		t.Errorf("ended %d, %q, %v", n, q.cancelled, err)
	}
	if _, err := Cancel(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no folder of jobs") {
		t.Errorf("a folder without: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	openJob(t, dir, nil).Close()
	for name, c := range map[string]struct {
		change    func(*Command)
		resources Resources
		want      string
	}{
		"a changed flag":  {func(c *Command) { c.Flags = []string{"--plan=v@2", "--limit=10"} }, Resources{}, `was begun with "--limit=9", and now it is "--limit=10"`},
		"a new flag":      {func(c *Command) { c.Flags = append(slices.Clone(c.Flags), "--chat=true") }, Resources{}, `was begun without "--chat=true"`},
		"a flag gone":     {func(c *Command) { c.Flags = c.Flags[:1] }, Resources{}, `was begun with "--limit=9"`},
		"another order":   {func(c *Command) { c.Flags = []string{"--limit=9", "--plan=v@2"} }, Resources{}, "in another order"},
		"other shards":    {func(c *Command) { c.Shards = 4 }, Resources{}, `was begun with "--shards=3", and now it is "--shards=4"`},
		"another set":     {func(c *Command) { c.Set = "b" }, Resources{}, `was begun on "set.jsonl", and now it is "b"`},
		"no text":         {func(c *Command) { c.Flags = []string{"--system=\xff"} }, Resources{}, "no valid UTF-8"},
		"lines in a path": {func(c *Command) { c.Dir = "/a\n#SBATCH --wrap=b" }, Resources{}, "not one line of text"},
		"lines for sbatch": {
			func(*Command) {}, Resources{Partition: "a\n#SBATCH --uid=0"}, "not one line of text"},
		"no option": {func(*Command) {}, Resources{Args: []string{"rm"}}, `"rm" is no option of sbatch`},
	} {
		now := command
		c.change(&now)
		j, err := Open(dir, now, c.resources)
		if err == nil {
			j.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if j, err := Open(dir, command, Resources{Time: "1:00", Partition: "big"}); err != nil {
		t.Errorf("other resources: %v", err)
	} else {
		j.Close()
	}
	write(t, filepath.Join(dir, jobFolder), stateFile, `{"format":9}`)
	if _, err := Open(dir, command, Resources{}); err == nil || !strings.Contains(err.Error(), "its format is 9") {
		t.Errorf("another format: %v", err)
	}
}

// TestScript has a shell read the script: each text arrives as one word.
func TestScript(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	dir := t.TempDir()
	hostile := []string{"it's", `a "b" \ $HOME`, "`id`; $(id) & | > f", "-x", "*", "~", "#SBATCH --uid=0", "two\nlines", "π\u202e"}
	program := filepath.Join(dir, "til ler's")
	write(t, dir, "til ler's", "#!/bin/sh\npwd\nfor a; do printf '<%s>\\n' \"$a\"; done\n")
	if err := os.Chmod(program, 0o777); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "-home $x'")
	if err := os.Mkdir(home, 0o777); err != nil {
		t.Fatal(err)
	}
	c := Command{Program: program, Dir: home, Set: "-set 's.jsonl", Shards: 7}
	for _, h := range hostile {
		c.Flags = append(c.Flags, "--plan="+h)
	}
	folder := filepath.Join(dir, "run 50% $x")
	script, err := Script(folder, "tiller-x", c, Resources{Partition: "p", Time: "1:00", Memory: "2G", CPUs: 4, Args: []string{`--comment=a "b" \ 'c' # $x`}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"#SBATCH \"--partition=p\"\n#SBATCH \"--time=1:00\"\n#SBATCH \"--mem=2G\"\n#SBATCH \"--cpus-per-task=4\"\n",
		`#SBATCH "--comment=a \"b\" \\ 'c' # $x"` + "\n",
		"#SBATCH \"--array=1-7\"\n", `run 50%% $x/slurm/log/%A_%a.txt"` + "\n",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("no %q in\n%s", want, script)
		}
	}
	write(t, dir, "job.sh", script)
	cmd := exec.Command(sh, filepath.Join(dir, "job.sh"))
	cmd.Env = append(os.Environ(), "SLURM_ARRAY_TASK_ID=3", "SLURM_CPUS_PER_TASK=4")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := home + "\n<eval>\n"
	for _, f := range c.Flags {
		want += "<" + f + ">\n"
	}
	want += "<--shard=3/7>\n<--out=" + folder + "/slurm/shard-3>\n<--threads=4>\n<-->\n<-set 's.jsonl>\n"
	if string(out) != want {
		t.Errorf("the shell read\n%s\nwant\n%s", out, want)
	}
	c.Flags = []string{"--threads=2"}
	if script, err = Script(folder, "x", c, Resources{}); err != nil || strings.Count(script, "--threads") != 1 {
		t.Errorf("threads twice: %v\n%s", err, script)
	}
}

func TestRanges(t *testing.T) {
	for text, numbers := range map[string][]int{"1": {1}, "1-3": {1, 2, 3}, "2,4-5,9": {2, 4, 5, 9}, "": nil} {
		if got := ranges(numbers); got != text {
			t.Errorf("ranges of %v are %q, want %q", numbers, got, text)
		}
		for i := range 11 {
			if inRanges(text, i) != slices.Contains(numbers, i) {
				t.Errorf("%d in %q is %v", i, text, inRanges(text, i))
			}
		}
	}
}
