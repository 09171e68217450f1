package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tiller/model/checkpoint/atomicfile"
	"tiller/steering/controls"
	"tiller/steering/folderlock"
)

// The files of a run folder.
const (
	specFile     = "run.json"
	samplesFile  = "samples.jsonl"
	problemsFile = "problems.jsonl"
	tuneFile     = "tune.json"
	lockFile     = "lock"
)

// maxLine is how long a line of a run's files may be.
const maxLine = 64 << 20

// A Folder is a run on disk, held by one process at a time.
type Folder struct {
	path string
	spec Spec
	lock *folderlock.Lock

	samples *os.File
	end     int64 // of the last whole line that was written
	done    map[key]bool
	firings map[key]controls.Firings // of samples with a plan
	synced  time.Time
	dirty   bool
}

// Create opens a folder to compute a run in, making it if it is not there. One
// in which another run was begun is refused with a [*MixError]; one in which
// this run was begun goes on.
func Create(path string, spec Spec) (*Folder, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("the run's folder: %w", err)
	}
	lock, err := folderlock.Take(filepath.Join(path, lockFile))
	if errors.Is(err, folderlock.ErrHeld) {
		return nil, fmt.Errorf("%s is being written by another tiller: wait for it, or choose another folder", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the run's folder: %w", err)
	}
	f := &Folder{path: path, spec: spec, lock: lock, done: map[key]bool{}, firings: map[key]controls.Firings{}}
	if err := f.open(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// open compares the folder's run with what is asked for, and finds what of it
// is done.
func (f *Folder) open() error {
	old, err := ReadSpec(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.strange(); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := f.spec.Extends(old); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
	}
	if err := writeJSON(filepath.Join(f.path, specFile), f.spec); err != nil {
		return err
	}
	if f.samples, err = os.OpenFile(filepath.Join(f.path, samplesFile), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return fmt.Errorf("the run's samples: %w", err)
	}
	f.end, err = scanSamples(f.samples, f.count)
	if err != nil {
		return err
	}
	// What follows the last whole line was being written when the run ended.
	if err := f.samples.Truncate(f.end); err != nil {
		return fmt.Errorf("the run's samples: %w", err)
	}
	_, err = f.samples.Seek(f.end, io.SeekStart)
	return err
}

// count takes note of a sample that is in the file.
func (f *Folder) count(s *Sample) {
	f.done[s.key()] = true
	if len(s.Fired) > 0 {
		f.firings[s.key()] = s.firings()
	}
}

// strange refuses a folder that holds something, but no run.
func (f *Folder) strange() error {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return fmt.Errorf("the run's folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() != lockFile && !atomicfile.Leftover(e.Name()) {
			return fmt.Errorf("%s holds %s and is no run's folder: choose a new or empty one", f.path, e.Name())
		}
	}
	return nil
}

// Path is the folder's.
func (f *Folder) Path() string { return f.path }

// Done is how many samples are there.
func (f *Folder) Done() int { return len(f.done) }

// Has reports whether a sample is there.
func (f *Folder) Has(id, lane string, draw int, guard bool) bool {
	return f.done[key{id, lane, draw, guard}]
}

// syncEvery is how long a sample may be only in the system's memory.
const syncEvery = 250 * time.Millisecond

// Append adds samples, whole or not at all. What can't be written leaves the
// file as it was.
func (f *Folder) Append(samples ...*Sample) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, s := range samples {
		if err := e.Encode(s); err != nil {
			return fmt.Errorf("writing the sample %q of lane %q: %w", s.ID, s.Lane, err)
		}
	}
	if _, err := f.samples.Write(b.Bytes()); err != nil {
		f.samples.Truncate(f.end)
		f.samples.Seek(f.end, io.SeekStart)
		return fmt.Errorf("the run's samples could not be written, and all before them are safe: %w", err)
	}
	f.end += int64(b.Len())
	for _, s := range samples {
		f.count(s)
	}
	f.dirty = true
	if time.Since(f.synced) > syncEvery {
		return f.Sync()
	}
	return nil
}

// Sync has the system put all samples on the disk.
func (f *Folder) Sync() error {
	if !f.dirty {
		return nil
	}
	if err := f.samples.Sync(); err != nil {
		return fmt.Errorf("the run's samples could not be put on the disk: %w", err)
	}
	f.synced, f.dirty = time.Now(), false
	return nil
}

// Close lets go of the folder.
func (f *Folder) Close() error {
	var errs []error
	if f.samples != nil {
		errs = append(errs, f.Sync(), f.samples.Close())
	}
	return errors.Join(append(errs, f.lock.Remove())...)
}

// ReadSpec reads the run.json of a folder. It wraps [fs.ErrNotExist] if there
// is none.
func ReadSpec(path string) (Spec, error) {
	var s Spec
	file := filepath.Join(path, specFile)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%s is no run's folder: %w", path, err)
	}
	if err != nil {
		return s, fmt.Errorf("the run: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("%s is damaged: %w", file, err)
	}
	if s.Format != Format {
		return s, fmt.Errorf("%s has the format %d, and this tiller knows %d: use the version that wrote it", file, s.Format, Format)
	}
	return s, nil
}

// ReadSamples calls f for every sample of a folder, in the order of the file.
// It may be read while the run goes on.
func ReadSamples(path string, f func(*Sample)) error {
	file, err := os.Open(filepath.Join(path, samplesFile))
	if err != nil {
		return fmt.Errorf("the run's samples: %w", err)
	}
	defer file.Close()
	_, err = scanSamples(file, f)
	return err
}

// scanSamples calls f for each whole line and returns where the last one ends.
// A sample that is there twice counts once.
func scanSamples(file *os.File, f func(*Sample)) (end int64, err error) {
	r := bufio.NewReaderSize(file, 1<<16)
	seen := map[key]bool{}
	for n := 1; ; n++ {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return end, nil // a line without its end is one that was cut
		}
		if err != nil {
			return end, fmt.Errorf("%s, line %d: %w", file.Name(), n, err)
		}
		s := new(Sample)
		if err := json.Unmarshal(line, s); err != nil {
			return end, fmt.Errorf("%s, line %d is damaged: %w; take the line out, and the sample is computed anew", file.Name(), n, err)
		}
		end += int64(len(line))
		if k := s.key(); !seen[k] {
			seen[k] = true
			f(s)
		}
	}
}

// readLine returns the next line with its end; io.EOF if there is no whole one.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxLine:
			return nil, fmt.Errorf("it is longer than %d MiB", maxLine>>20)
		}
	}
}

// ReadProblems reads the problems of a folder.
func ReadProblems(path string) ([]Problem, error) {
	file, err := os.Open(filepath.Join(path, problemsFile))
	if err != nil {
		return nil, fmt.Errorf("the run's problems: %w", err)
	}
	defer file.Close()
	var problems []Problem
	d := json.NewDecoder(file)
	for {
		var p Problem
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return problems, nil
		case err != nil:
			return nil, fmt.Errorf("%s, problem %d: %w", file.Name(), len(problems)+1, err)
		}
		problems = append(problems, p)
	}
}

// writeProblems writes all problems of the run.
func (f *Folder) writeProblems(problems []Problem) error {
	return atomicfile.Write(filepath.Join(f.path, problemsFile), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for _, p := range problems {
			if err := e.Encode(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeJSON writes a file whole or not at all.
func writeJSON(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}
