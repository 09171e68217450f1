package evalset

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
)

// readLines reads JSON objects, one a line. Blank lines are passed over.
func readLines(s *source) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		var p parser
		var line []byte
		for n := 1; ; n++ {
			var err error
			line, err = s.line(line[:0])
			if err != nil && err != io.EOF && !errors.Is(err, errTooLong) {
				yield(nil, err)
				return
			}
			if text := bytes.TrimSpace(line); len(text) > 0 {
				var r *record
				bad := err
				if bad == nil || bad == io.EOF {
					r, bad = p.parse(n, line)
				}
				if bad != nil {
					bad = s.fail(n, "%w", bad)
				}
				if !yield(r, bad) {
					return
				}
			}
			if err == io.EOF {
				return
			}
		}
	}
}

// line reads a line into buffer, without its end. Of one that is too long the
// rest is passed over. The error is io.EOF after the last line.
func (s *source) line(buffer []byte) ([]byte, error) {
	long := false
	for {
		part, err := s.ReadSlice('\n')
		if long = long || len(buffer)+len(part) > maxLine; !long {
			buffer = append(buffer, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && err != io.EOF:
			return nil, err
		case long:
			return buffer, errTooLong
		}
		return bytes.TrimRight(buffer, "\r\n"), err
	}
}
