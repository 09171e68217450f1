// Package atomicfile writes files that are there whole or not at all.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Write makes path hold what write writes. The content goes to a new file beside path, which is
// synced and then renamed over it, so that a reader or a crash sees the old content or the new,
// never a part. If write fails, path is as it was; errors name path and wrap the cause. A file
// that is replaced keeps its permissions; a symbolic link is followed. Devices and pipes, which
// can't be replaced, are written to as they are.
func Write(path string, write func(io.Writer) error) error {
	if err := toTarget(path, write); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// toTarget finds out what path is, and writes to it in the way that this allows.
func toTarget(path string, write func(io.Writer) error) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return errors.New("it is a symbolic link that leads nowhere")
		}
		target = path
	}
	permissions := fs.FileMode(0)
	if info, err := os.Stat(target); err == nil {
		switch {
		case info.IsDir():
			return errors.New("it is a folder")
		case !info.Mode().IsRegular():
			return writeThrough(target, write)
		}
		permissions = info.Mode().Perm()
	}
	return replace(target, permissions, write)
}

// writeThrough writes to something that is not a regular file.
func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return cause(err)
	}
	defer f.Close() // a second Close is harmless; this one is for a failure in write
	if err := write(f); err != nil {
		return cause(err)
	}
	return f.Close()
}

func replace(path string, permissions fs.FileMode, write func(io.Writer) error) error {
	folder, name := filepath.Split(path)
	beside := filepath.Join(folder, temporary(name))
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return cause(err)
	}
	renamed := false
	defer func() { // also when write panics
		if !renamed {
			f.Close()
			os.Remove(beside)
		}
	}()
	if err := write(f); err != nil {
		return cause(err)
	}
	if permissions != 0 {
		if err := f.Chmod(permissions); err != nil {
			return fmt.Errorf("it can't be given the permissions it had: %w", cause(err))
		}
	}
	if err := f.Sync(); err != nil {
		return cause(err)
	}
	if err := f.Close(); err != nil {
		return cause(err)
	}
	if err := os.Rename(beside, path); err != nil {
		return cause(err)
	}
	renamed = true
	syncFolder(folder)
	return nil
}

// kept is how much of a file's name goes into that of the file beside it, whose own additions
// would make a name of the greatest length too long.
const kept = 200

// temporary is the name of the file beside one of this name.
func temporary(name string) string {
	name = strings.ToValidUTF8(name[:min(len(name), kept)], "")
	return "." + name + "." + rand.Text()[:8] + partEnding
}

const partEnding = ".part"

// Leftover reports whether a name in a folder is that of a file beside, which stays where a
// program was ended before it could rename it.
func Leftover(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, partEnding)
}

// cause is an error of the system without the name of the file beside, which means nothing to
// anyone.
func cause(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
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
