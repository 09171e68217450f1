package cluster

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tiller/model/checkpoint/atomicfile"
	"tiller/steering/folderlock"
)

// What is in a run's folder beside the run; see the package comment.
const (
	jobFolder   = "slurm"
	scriptFile  = "job.sh"
	stateFile   = "state.json"
	shardPrefix = "shard-"
	logFolder   = "log"
)

// stateFormat is the version of state.json.
const stateFormat = 1

// A State is what a job has to know the next time: state.json.
type State struct {
	Format int `json:"format"`
	// Name is that of all of its jobs, and of no others: by it they are found,
	// even if they were submitted but this file could not be written.
	Name string `json:"name"`
	Command
	Submissions []Submission `json:"submissions"`
}

// A Submission is one array of jobs.
type Submission struct {
	Job    string    `json:"job"`
	Shards string    `json:"shards"` // "1-3,7"
	Time   time.Time `json:"time"`
}

// A Job is a run on a Slurm cluster, held by one process at a time.
type Job struct {
	folder string // absolute
	state  State
	lock   *folderlock.Lock
	queue  queue
}

// Open describes a run on a cluster in its folder, making it if it is not
// there: it writes job.sh and state.json. One that was begun with another
// command is refused; resources may differ, and hold for what is submitted from
// now on.
func Open(folder string, c Command, r Resources) (*Job, error) {
	for _, text := range append([]string{c.Set}, c.Flags...) {
		if strings.ToValidUTF8(text, "") != text {
			return nil, fmt.Errorf("%q can't be passed on to a job: it is no valid UTF-8", text)
		}
	}
	j, err := take(folder)
	if err != nil {
		return nil, err
	}
	if err := j.begin(c, r); err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// take locks the folder of a job and reads its state, if there is one.
func take(folder string) (*Job, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("the run's folder: %w", err)
	}
	j := &Job{folder: folder}
	if err := os.MkdirAll(j.path(logFolder), 0o777); err != nil {
		return nil, fmt.Errorf("the run's folder: %w", err)
	}
	j.lock, err = folderlock.Take(j.path(lockFile))
	if errors.Is(err, folderlock.ErrHeld) {
		return nil, fmt.Errorf("another tiller waits for the jobs of %s: end it first; its jobs go on", folder)
	}
	if err != nil {
		return nil, fmt.Errorf("the run's folder: %w", err)
	}
	data, err := os.ReadFile(j.path(stateFile))
	if err == nil {
		err = json.Unmarshal(data, &j.state)
	}
	if err == nil && j.state.Format != stateFormat {
		err = fmt.Errorf("its format is %d, and this tiller knows %d", j.state.Format, stateFormat)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.Close()
		return nil, fmt.Errorf("%s: %w", j.path(stateFile), err)
	}
	return j, nil
}

// begin compares the command with the one it was begun with, and writes the
// script.
func (j *Job) begin(c Command, r Resources) error {
	if j.state.Name != "" {
		if err := sameCommand(j.state.Command, c); err != nil {
			return fmt.Errorf("%s %w", j.folder, err)
		}
	} else {
		j.state = State{Format: stateFormat, Name: "tiller-" + strings.ToLower(rand.Text()[:12]), Submissions: []Submission{}}
	}
	j.state.Command = c
	script, err := Script(j.folder, j.state.Name, c, r)
	if err != nil {
		return err
	}
	err = atomicfile.Write(j.ScriptPath(), func(w io.Writer) error {
		_, err := io.WriteString(w, script)
		return err
	})
	if err != nil {
		return err
	}
	return j.keep()
}

// sameCommand refuses a command that would compute something else, naming the
// first thing in which they differ.
func sameCommand(was, now Command) error {
	a := append(slices.Clone(was.Flags), "--shards="+strconv.Itoa(was.Shards), was.Set)
	b := append(slices.Clone(now.Flags), "--shards="+strconv.Itoa(now.Shards), now.Set)
	if slices.Equal(a, b) {
		return nil
	}
	gone, added := without(a, b), without(b, a)
	const choose = "choose another folder, or what it began with"
	for _, word := range gone {
		name, _, _ := strings.Cut(word, "=")
		if i := slices.IndexFunc(added, func(w string) bool { return given([]string{w}, name) }); i >= 0 {
			return fmt.Errorf("was begun with %q, and now it is %q: %s", word, added[i], choose)
		}
	}
	switch {
	case len(added) > 0 && was.Set != now.Set:
		return fmt.Errorf("was begun on %q, and now it is %q: %s", was.Set, now.Set, choose)
	case len(gone) > 0:
		return fmt.Errorf("was begun with %q: %s", gone[0], choose)
	case len(added) > 0:
		return fmt.Errorf("was begun without %q: %s", added[0], choose)
	}
	return fmt.Errorf("was begun with its flags in another order: %s", choose)
}

// without are the words that are not among others.
func without(words, others []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(others, w) })
}

// keep writes the state.
func (j *Job) keep() error { return writeJSON(j.path(stateFile), j.state) }

// Close lets go of the folder. Jobs that were submitted go on.
func (j *Job) Close() error { return j.lock.Remove() }

// ScriptPath is where job.sh is.
func (j *Job) ScriptPath() string { return j.path(scriptFile) }

// Shards are the folders that the shards are computed in, in their order.
func (j *Job) Shards() []string {
	out := make([]string, j.state.Shards)
	for i := range out {
		out[i] = j.path(shardPrefix + strconv.Itoa(i+1))
	}
	return out
}

func (j *Job) path(name string) string { return filepath.Join(j.folder, jobFolder, name) }

// Cancel has Slurm end all jobs of the run in a folder and returns how many
// there were. What they computed is kept.
func Cancel(ctx context.Context, folder string) (int, error) {
	if _, err := os.Stat(filepath.Join(folder, jobFolder, stateFile)); err != nil {
		return 0, fmt.Errorf("%s is no folder of jobs on a cluster: %w", folder, err)
	}
	q, err := findSlurm()
	if err != nil {
		return 0, err
	}
	j, err := take(folder)
	if err != nil {
		return 0, err
	}
	defer j.Close()
	j.queue = q
	return j.cancel(ctx)
}

func (j *Job) cancel(ctx context.Context) (int, error) {
	tasks, err := j.queue.tasks(ctx, j.state.Name)
	if err != nil {
		return 0, err
	}
	n := 0
	var jobs []string
	for _, t := range tasks {
		if !t.active() {
			continue
		}
		n++
		if !slices.Contains(jobs, t.job) {
			jobs = append(jobs, t.job)
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, j.queue.cancel(ctx, jobs)
}
