package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/model/checkpoint/regularfile"
)

// Bounds on what a log may say. What tiller writes stays far below.
const (
	maxLine  = 64 << 20 // bytes
	maxFile  = 4 * MaxBytes
	maxCells = 2000          // columns or lines of a screen
	maxTime  = 1000 * 3600.0 // seconds
)

// A LineError is what is wrong with one line of a log.
type LineError struct {
	Line int // 1-based
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// Open reads the log in a file.
func Open(path string) (*Log, error) {
	f, _, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the recording: %w", err)
	}
	defer f.Close()
	l, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s can't be played: %w", path, err)
	}
	return l, nil
}

// Read reads a log. The end of one whose writer was killed is left out; what
// else is wrong is a [LineError].
func Read(r io.Reader) (*Log, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, maxFile+1), 1<<16)
	l, c, size := &Log{}, newCoder(), int64(0)
	for n := 1; ; n++ {
		line, whole, err := nextLine(in)
		if size += int64(len(line)); size > maxFile {
			return nil, fmt.Errorf("it is larger than %d MB, which no recording of tiller's is", maxFile>>20)
		}
		if err == nil && len(line) == 0 && !whole {
			break
		}
		if err == nil {
			err = l.take(c, n, line)
		}
		if err != nil && !whole && n > 1 && len(line) < maxLine {
			l.Cut = true
			break
		}
		if err != nil {
			return nil, &LineError{n, err}
		}
	}
	if l.Tiller == "" {
		return nil, errors.New("it is empty")
	}
	return l, nil
}

// nextLine reads a line; whole reports whether it ends as lines do.
func nextLine(in *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return line[:maxLine], false, fmt.Errorf("it is longer than %d MB", maxLine>>20)
		case err == nil:
			return line[:len(line)-1], true, nil
		case errors.Is(err, io.EOF):
			return line, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, true, err
		}
	}
}

// take reads line n into the log.
func (l *Log) take(c *coder, n int, line []byte) error {
	if n == 1 {
		return l.readHeader(line)
	}
	if l.Closed {
		return errors.New("something follows the line that ends the log")
	}
	e, err := readEvent(c, line)
	if err != nil {
		return err
	}
	if n := len(l.Events); n > 0 && e.At < l.Events[n-1].At {
		return fmt.Errorf("it is of second %.3f, but the line before of second %.3f", e.At.Seconds(), l.Events[n-1].At.Seconds())
	}
	switch e.Msg.(type) {
	case remembered: // came up by the message before
		if n := len(l.Events); n > 0 {
			e.At = l.Events[n-1].At
			l.Events = slices.Insert(l.Events, n-1, e)
		}
		return nil
	case begins:
		l.Begin, l.from = len(l.Events), e.At
		return nil
	case ends:
		l.Closed = true
		return nil
	}
	l.Events = append(l.Events, e)
	return nil
}

func (l *Log) readHeader(line []byte) error {
	var what struct {
		Tiller  string
		Version int
	}
	if err := json.Unmarshal(line, &what); err != nil || what.Tiller != format {
		return errors.New("it is not the header of a recording: the file is something else")
	}
	if what.Version != Version {
		return fmt.Errorf("the recording has format %d, and this tiller plays format %d alone", what.Version, Version)
	}
	return newCoder().readValue(line, reflect.ValueOf(&l.Header).Elem())
}

// readEvent reads one line after the first.
func readEvent(c *coder, line []byte) (e Event, err error) {
	var members map[string]json.RawMessage
	if err := unmarshal(bytes.TrimSpace(line), &members); err != nil {
		return e, err
	}
	seconds, err := strconv.ParseFloat(string(members["t"]), 64)
	if err != nil || len(members) != 2 {
		return e, errors.New(`an event has a time "t" and one message`)
	}
	if !(seconds >= 0 && seconds <= maxTime) {
		return e, fmt.Errorf("it is of second %g: a sitting is shorter", seconds)
	}
	e.At = time.Duration(seconds*1e6+0.5) * time.Microsecond
	for name, raw := range members {
		if name == "t" {
			continue
		}
		k := byName[name]
		if k == nil {
			return e, fmt.Errorf("this tiller does not know the message %q", name)
		}
		if e.Msg, err = k.read(c, raw); err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
	}
	return e, check(e.Msg)
}

// check refuses what would cost too much to draw.
func check(msg tea.Msg) error {
	if s, ok := msg.(tea.WindowSizeMsg); ok && (s.Width < 0 || s.Height < 0 || s.Width > maxCells || s.Height > maxCells) {
		return fmt.Errorf("a screen of %d columns and %d lines: at most %d are played", s.Width, s.Height, maxCells)
	}
	return nil
}

// exists reports whether there is something at a path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
