package record

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"tiller/model/checkpoint/atomicfile"
	"tiller/tui/settings"
)

// rest is how long a file that is written to may stay unsynced.
const rest = 10 * time.Second

// A file is a log on its way to the disk. Lines are handed over whole, and a
// goroutine writes all that there are at once, so that a slow disk never keeps
// the screen waiting.
type file struct {
	path string // as the person wrote it
	disk *os.File

	size   int64 // of all lines that were added; for the adder alone
	events int   // lines but the header; for the adder alone

	mu      sync.Mutex
	pending []byte
	closing bool
	err     error
	wake    chan struct{} // holds one token while there is something to do
	done    chan struct{} // closed with the disk's file
}

// home is a path with ~ at its beginning written out.
func home(path string) string {
	folder, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return settings.Folder(path, folder)
}

// newFile makes a file that begins with a header and lines. It is there whole
// or not at all; a file of that name is replaced.
func newFile(path string, header, lines []byte) (*file, error) {
	target := home(path)
	err := atomicfile.Write(target, func(w io.Writer) error {
		_, err := w.Write(header)
		if err == nil {
			_, err = w.Write(lines)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	disk, err := os.OpenFile(target, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot record: %w", err)
	}
	f := &file{path: path, disk: disk, size: int64(len(header) + len(lines)), wake: make(chan struct{}, 1), done: make(chan struct{})}
	go f.run()
	return f, nil
}

// add hands a line over. It says why no more can follow; empty if it can.
func (f *file) add(line []byte, limit int64) (why string) {
	if f.size+int64(len(line)) > limit {
		return fmt.Sprintf("the file has reached %d MB, which is the most", limit>>20)
	}
	f.size += int64(len(line))
	f.events++
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err.Error()
	}
	f.pending = append(f.pending, line...)
	f.signal()
	return ""
}

func (f *file) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// run writes what is handed over until the file is closed.
func (f *file) run() {
	defer close(f.done)
	synced := time.Now()
	for range f.wake {
		f.mu.Lock()
		lines, closing := f.pending, f.closing
		f.pending = nil
		f.mu.Unlock()
		_, err := f.disk.Write(lines)
		if err == nil && (closing || time.Since(synced) > rest) {
			err = f.disk.Sync()
			synced = time.Now()
		}
		if closing {
			if closed := f.disk.Close(); err == nil {
				err = closed
			}
		}
		if err != nil {
			f.fail(err)
		}
		if closing {
			return
		}
	}
}

func (f *file) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = fmt.Errorf("cannot write %s: %w", f.path, err)
	}
}

// close writes what is left and closes the file.
func (f *file) close() error {
	f.mu.Lock()
	f.closing = true
	f.signal()
	f.mu.Unlock()
	<-f.done
	return f.err
}
