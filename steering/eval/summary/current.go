package summary

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Current is the summary of a run's folder: the one in it if nothing was
// written since and it can be read, else made anew. The folder stays as it is.
func Current(path string, o Options) (*Summary, error) {
	written, err := modified(filepath.Join(path, File))
	if err != nil {
		return nil, err
	}
	fresh := !written.IsZero()
	for _, name := range []string{"run.json", "problems.jsonl", "samples.jsonl", "tune.json"} {
		at, err := modified(filepath.Join(path, name))
		if err != nil {
			return nil, err
		}
		fresh = fresh && at.Before(written)
	}
	if s, err := Read(path); fresh && err == nil {
		return s, nil
	}
	return Make(path, o)
}

// modified is when a file was written last; zero if there is none.
func modified(path string) (time.Time, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("the run: %w", err)
	}
	return info.ModTime(), nil
}
