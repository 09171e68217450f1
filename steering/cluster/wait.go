package cluster

import (
	"bytes"
	"context"
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
)

// RunOptions say how a job is waited for.
type RunOptions struct {
	// Retries is how often a shard is submitted again that ended before it was
	// done.
	Retries int
	// Poll is how often Slurm is asked; 0 is every ten seconds.
	Poll time.Duration
	// Progress is told after each time; nil is not.
	Progress func(Progress)
}

// Progress says how far a job is.
type Progress struct {
	Done, Total      int // shards
	Running, Waiting int // jobs
	Reasons          []string
	// Samples is how many are there in all shards.
	Samples int
	// Trouble says why Slurm could not be asked this time; nil if it could.
	Trouble error
}

// A FailedError says that shards ended before they were done, and were not
// tried again.
type FailedError struct {
	Shards []int // from 1
	Of     int
	// Why is about the first of them.
	Why string
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("%d of %d shards are not done: %s; shard %d %s", len(e.Shards), e.Of, ranges(e.Shards), e.Shards[0], e.Why)
}

// Run submits what of the run is not computed yet, nor about to be, and waits
// for all of it. Shards that end before they are done are submitted again. If
// the context ends, so does the waiting, and the jobs go on: calling again
// waits for them.
//
// The error is [ErrNoSlurm], or a [*FailedError] once nothing is left to wait
// for.
func (j *Job) Run(ctx context.Context, o RunOptions) error {
	if j.queue == nil {
		q, err := findSlurm()
		if err != nil {
			return err
		}
		j.queue = q
	}
	if o.Poll <= 0 {
		o.Poll = 10 * time.Second
	}
	w := &wait{Job: j, options: o, shards: make([]shard, j.state.Shards)}
	for i, path := range j.Shards() {
		w.shards[i].path = path
	}
	for first := true; ; first = false {
		over, err := w.look(ctx, first)
		if over || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(o.Poll):
		}
	}
}

// A wait is a job that is waited for.
type wait struct {
	*Job
	options RunOptions
	shards  []shard
}

// A shard is what is known of one while it is waited for.
type shard struct {
	path    string
	done    bool
	active  bool
	tries   int    // of this wait
	missed  int    // times in a row that it was neither active nor done
	failed  bool   // and is not tried again
	state   string // that its last job ended in, as far as Slurm remembers
	trouble error  // what is wrong with its folder
	lines   lineCounter
}

// look asks Slurm once, submits what is due, and reports whether all is over.
func (w *wait) look(ctx context.Context, first bool) (over bool, err error) {
	p := Progress{Total: len(w.shards)}
	tasks, err := w.queue.tasks(ctx, w.state.Name)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil && first:
		return false, err
	case err != nil: // Slurm is restarted now and then
		p.Trouble = err
		w.tell(p)
		return false, nil
	}
	w.take(tasks, &p)
	due, err := w.due(first)
	if err != nil {
		return false, err
	}
	if len(due) > 0 {
		if err := w.submit(ctx, due); err != nil && (first || ctx.Err() != nil) {
			return false, err
		} else if err != nil {
			p.Trouble = err // the next look tries again
		}
	}
	w.tell(p)
	return w.over()
}

// take takes in what Slurm says.
func (w *wait) take(tasks []task, p *Progress) {
	for i := range w.shards {
		w.shards[i].active = false
	}
	for _, t := range tasks {
		if t.shard < 1 || t.shard > len(w.shards) {
			continue
		}
		s := &w.shards[t.shard-1]
		switch {
		case !t.active():
			s.state = t.state
			continue
		case t.state == "PENDING":
			p.Waiting++
			if t.reason != "" && t.reason != "None" && !slices.Contains(p.Reasons, t.reason) {
				p.Reasons = append(p.Reasons, t.reason)
			}
		default:
			p.Running++
		}
		s.active = true
		s.tries = max(s.tries, 1) // it was submitted before
	}
}

// due are the numbers of the shards that are to be submitted. One that was
// submitted before is given a second look: its folder may be on its way through
// the network when its job has ended.
func (w *wait) due(first bool) ([]int, error) {
	var due []int
	for i := range w.shards {
		s := &w.shards[i]
		if s.done || s.failed {
			continue
		}
		if s.active {
			s.missed = 0
			continue
		}
		var err error
		if s.done, err = isDone(s.path); s.done {
			continue
		}
		s.trouble = err
		s.missed++
		submitted := s.tries > 0 || first && w.submitted(i+1)
		switch {
		case submitted && s.missed < 2:
		case s.tries > w.options.Retries:
			s.failed = true
		default:
			due = append(due, i+1)
		}
	}
	return due, nil
}

// submitted reports whether a shard was ever submitted.
func (w *wait) submitted(number int) bool {
	return slices.ContainsFunc(w.state.Submissions, func(s Submission) bool { return inRanges(s.Shards, number) })
}

// again is how long Slurm holds a shard back that failed twice or more: what is
// wrong with a node may pass.
const again = time.Minute

// submit submits shards. An interrupt does not part it from its answer.
func (w *wait) submit(ctx context.Context, due []int) error {
	delay := time.Duration(0)
	for _, number := range due {
		if w.shards[number-1].tries > 1 {
			delay = again
		}
	}
	list := ranges(due)
	job, err := w.queue.submit(context.WithoutCancel(ctx), w.ScriptPath(), list, delay)
	if err != nil {
		return err
	}
	for _, number := range due {
		s := &w.shards[number-1]
		s.tries++
		s.missed = 0
	}
	w.state.Submissions = append(w.state.Submissions, Submission{Job: job, Shards: list, Time: time.Now().UTC().Truncate(time.Second)})
	return w.keep()
}

// over reports whether nothing is left to wait for.
func (w *wait) over() (bool, error) {
	failed := &FailedError{Of: len(w.shards)}
	for i := range w.shards {
		switch s := &w.shards[i]; {
		case s.done:
		case s.failed:
			failed.Shards = append(failed.Shards, i+1)
		default:
			return false, nil
		}
	}
	if len(failed.Shards) == 0 {
		return true, nil
	}
	failed.Why = w.why(failed.Shards[0])
	return true, failed
}

// why says how a shard failed, as far as that is known.
func (w *wait) why(number int) string {
	s := w.shards[number-1]
	text := "ended too soon"
	if s.state != "" {
		text = "ended as " + s.state
	}
	if s.trouble != nil {
		text += ", and " + s.trouble.Error()
	}
	if file, line := w.lastWords(number); line != "" {
		text += fmt.Sprintf(", and its log %s ends with: %s", file, line)
	}
	return text
}

// lastWords is the end of a shard's newest log.
func (w *wait) lastWords(number int) (file, line string) {
	logs, err := filepath.Glob(filepath.Join(escapeGlob(w.path(logFolder)), "*_"+strconv.Itoa(number)+".txt"))
	if err != nil {
		return "", ""
	}
	var newest time.Time
	for _, log := range logs {
		if info, err := os.Stat(log); err == nil && !info.ModTime().Before(newest) {
			newest, file = info.ModTime(), log
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	const most = 4 << 10
	if info, err := f.Stat(); err == nil && info.Size() > most {
		f.Seek(-most, io.SeekEnd)
	}
	data, _ := io.ReadAll(io.LimitReader(f, most))
	return file, lastLine(data)
}

// escapeGlob writes a path as a pattern that only it fits.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func (w *wait) tell(p Progress) {
	if w.options.Progress == nil {
		return
	}
	for i := range w.shards {
		s := &w.shards[i]
		if s.done {
			p.Done++
		}
		p.Samples += s.lines.count(filepath.Join(s.path, samplesFile))
	}
	slices.Sort(p.Reasons)
	w.options.Progress(p)
}

// isDone reports whether a shard's folder holds all of its samples.
func isDone(path string) (bool, error) {
	p, err := readPart(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && p.missing() == 0, err
}

// inRanges reports whether a list as "1-3,7" has a number.
func inRanges(list string, number int) bool {
	for _, part := range strings.Split(list, ",") {
		from, to, several := strings.Cut(part, "-")
		if !several {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if errA == nil && errB == nil && a <= number && number <= b {
			return true
		}
	}
	return false
}

// A lineCounter counts the lines of a file that grows.
type lineCounter struct {
	at    int64
	lines int
}

// count reads on where it was and returns the lines so far. What can't be read
// is counted the next time.
func (c *lineCounter) count(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return c.lines
	}
	defer f.Close()
	if _, err := f.Seek(c.at, io.SeekStart); err != nil {
		return c.lines
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := f.Read(buffer)
		c.at += int64(n)
		c.lines += bytes.Count(buffer[:n], []byte{'\n'})
		if err != nil {
			return c.lines
		}
	}
}
