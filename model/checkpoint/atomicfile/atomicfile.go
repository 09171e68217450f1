// Package atomicfile writes files that are there whole or not at all.
package atomicfile

import (
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes path hold what write writes. The content goes to a new file beside path, which is
// synced and then renamed over it, so that a reader or a crash sees the old content or the new,
// never a part. If write fails, its error is returned and path is as it was. A file that is
// replaced keeps its permissions; a symbolic link is followed. Devices and pipes, which can't be
// replaced, are written to as they are.
func Write(path string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	permissions := fs.FileMode(0)
	if info, err := os.Stat(path); err == nil {
		switch {
		case info.IsDir():
			return fmt.Errorf("cannot write %s: it is a folder", path)
		case !info.Mode().IsRegular():
			return writeThrough(path, write)
		}
		permissions = info.Mode().Perm()
	}
	return replace(path, permissions, write)
}

// writeThrough writes to something that is not a regular file.
func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	defer f.Close() // a second Close is harmless; this one is for a failure in write
	if err := write(f); err != nil {
		return err
	}
	return f.Close()
}

func replace(path string, permissions fs.FileMode, write func(io.Writer) error) (err error) {
	folder, name := filepath.Split(path)
	beside := filepath.Join(folder, "."+name+"."+rand.Text()[:8]+".part")
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	renamed := false
	defer func() { // also when write panics
		if !renamed {
			f.Close()
			os.Remove(beside)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if permissions != 0 {
		if err := f.Chmod(permissions); err != nil {
			return fmt.Errorf("cannot give %s the permissions it had: %w", path, err)
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := os.Rename(beside, path); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	renamed = true
	syncFolder(folder)
	return nil
}

// syncFolder makes the rename itself durable. Some systems can't sync a folder; the file is
// whole either way, so that is no error.
func syncFolder(folder string) {
	if folder == "" {
		folder = "."
	}
	if d, err := os.Open(folder); err == nil {
		d.Sync()
		d.Close()
	}
}
