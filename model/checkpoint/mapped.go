package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/edsrzf/mmap-go"

	"tiller/model/checkpoint/regularfile"
)

// mapped is a file in memory, read-only.
type mapped struct {
	path string
	file *os.File // kept open to see whether the file changes size
	data mmap.MMap
}

// mapFile maps a file and adds it to those the checkpoint closes.
func (c *Checkpoint) mapFile(path string) (*mapped, error) {
	f, size, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the model: %w", err)
	}
	m := &mapped{path: path, file: f}
	c.files = append(c.files, m)
	if size == 0 { // an empty file can't be mapped
		return nil, fmt.Errorf("%s is empty", path)
	}
	if m.data, err = mmap.Map(f, mmap.RDONLY, 0); err != nil {
		return nil, fmt.Errorf("cannot map %s into memory: %w", path, err)
	}
	return m, nil
}

func (m *mapped) close() error {
	var err error
	if m.data != nil {
		err = m.data.Unmap()
	}
	return errors.Join(err, m.file.Close())
}

// changed says so if the file has another size than when it was mapped.
func (m *mapped) changed() error {
	info, err := m.file.Stat()
	if err != nil {
		return fmt.Errorf("cannot look at the model's file: %w", err)
	}
	if info.Size() != int64(len(m.data)) {
		return fmt.Errorf("%s changed while it was in use: it had %d bytes and now has %d", m.path, len(m.data), info.Size())
	}
	return nil
}

// whileMapped runs read, which touches mapped files, and turns a fault (the file shrank, or its
// disk failed) into an error that names the path.
func whileMapped(path string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // back to what it was
	defer func() {
		recovered := recover()
		if recovered == nil {
			return
		}
		if fault, ok := recovered.(interface {
			runtime.Error
			Addr() uintptr
		}); ok {
			err = fmt.Errorf("%s could not be read: it shrank while it was in use, or its disk failed (%w)", path, fault)
			return
		}
		panic(recovered)
	}()
	return read()
}
