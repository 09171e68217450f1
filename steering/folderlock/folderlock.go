// Package folderlock lets one process at a time write into a folder. The
// system gives a lock back when its process ends, however it ends.
package folderlock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrHeld is the cause of Take's error when another process has the lock.
var ErrHeld = errors.New("another process has locked it")

// A Lock is held until Release, or until the process ends.
type Lock struct {
	file *os.File
}

// Take locks the file at path, which it makes if there is none. It does not
// wait.
func Take(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", path, err)
		}
		// Whoever had it before may have removed it; then it locks out nobody.
		same, err := stands(path, f)
		if same {
			return &Lock{f}, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}

// stands reports whether f is what is at path.
func stands(path string, f *os.File) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(now, mine), err
}

// Release gives the lock back and leaves its file.
func (l *Lock) Release() error { return l.file.Close() }

// Remove removes the lock's file and gives the lock back, in this order where
// the system removes open files, so that nobody else's lock is removed.
func (l *Lock) Remove() error {
	if err := os.Remove(l.file.Name()); err == nil || errors.Is(err, fs.ErrNotExist) {
		return l.file.Close()
	}
	return errors.Join(l.file.Close(), os.Remove(l.file.Name()))
}
