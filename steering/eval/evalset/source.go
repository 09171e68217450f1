package evalset

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/filekind"
	"tiller/model/checkpoint/regularfile"
	"tiller/steering/lab/problem"
	"tiller/steering/library"
)

// source is a file while it is read, from its beginning to its end only.
type source struct {
	*bufio.Reader
	io.Closer
	ref, name string
	bytes     *counted
	unit      string // what problems are counted in: "line" or "item"
}

// formats are the ways to write a set. Each yields records; a [*LineError] is
// about one of them and others may follow, any other error is the last.
var formats = map[string]func(*source) iter.Seq2[*record, error]{
	"jsonl": readLines,
	"json":  readList,
	"csv":   readCSV,
}

// open opens what a reference names.
func open(ctx context.Context, lib library.Library, ref string) (*source, error) {
	if library.IsEmbedded(ref) {
		return openSplit(ctx, lib, ref)
	}
	f, size, err := regularfile.Open(ref)
	if err != nil {
		return nil, fmt.Errorf("cannot open the eval set: %w", err)
	}
	if size > maxFile {
		f.Close()
		return nil, tooLarge(ref)
	}
	base := filepath.Base(ref)
	return newSource(ctx, ref, strings.TrimSuffix(base, filepath.Ext(base)), f, f), nil
}

func newSource(ctx context.Context, ref, name string, r io.Reader, c io.Closer) *source {
	counted := &counted{ctx: ctx, r: r, ref: ref, hash: sha256.New()}
	return &source{Reader: bufio.NewReaderSize(counted, headBytes), Closer: c, ref: ref, name: name, bytes: counted}
}

func tooLarge(ref string) error {
	return fmt.Errorf("%s has more than %d GiB, the most that is read of an eval set", ref, maxFile>>30)
}

// openSplit opens an embedded split, in the bytes of its file.
func openSplit(ctx context.Context, lib library.Library, ref string) (*source, error) {
	name := strings.TrimPrefix(ref, library.Prefix)
	splits := []problem.Split{problem.Tune, problem.Test, problem.Hard}
	unknown := &library.NotEmbeddedError{Kind: "eval set", Name: name}
	for _, split := range splits {
		if string(split) != name {
			unknown.There = append(unknown.There, library.Prefix+string(split))
			continue
		}
		problems, err := lib.Problems(split)
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		for _, p := range problems {
			if err := e.Encode(p); err != nil {
				return nil, err
			}
		}
		return newSource(ctx, ref, name, &text, io.NopCloser(&text)), nil
	}
	return nil, unknown
}

// counted hashes what is read, and ends at the limit or with its context.
type counted struct {
	ctx  context.Context
	r    io.Reader
	ref  string
	hash hash.Hash
	n    int64
	// failed is what ended the reading too early; parsers may hide it.
	failed error
}

func (c *counted) Read(p []byte) (int, error) {
	if c.failed = c.ctx.Err(); c.failed != nil {
		return 0, c.failed
	}
	n, err := c.r.Read(p)
	c.hash.Write(p[:n])
	if c.n += int64(n); c.n > maxFile {
		c.failed = tooLarge(c.ref)
		return 0, c.failed
	}
	if err != nil && err != io.EOF {
		c.failed = fmt.Errorf("cannot read the eval set: %w", err)
		return n, c.failed
	}
	return n, err
}

// sum reads what is left and returns the hash of everything.
func (s *source) sum() (string, error) {
	if _, err := io.Copy(io.Discard, s.Reader); err != nil {
		return "", err
	}
	return hex.EncodeToString(s.bytes.hash.Sum(nil)), nil
}

// fail is an error about one problem.
func (s *source) fail(line int, format string, args ...any) error {
	return &LineError{File: s.ref, Unit: s.unit, Line: line, Err: fmt.Errorf(format, args...)}
}

// wanted completes "is not" in errors about other files.
const wanted = "an eval set in lines of JSON, a JSON list or CSV"

// headBytes is how much of a file its format is told from.
const headBytes = 64 << 10

// otherKinds are files given by mistake that filekind doesn't tell apart.
var otherKinds = []struct{ begins, what string }{
	{"PAR1", "a Parquet file, which must be converted first, as with duckdb or pandas"},
	{"ARROW1", "an Arrow file, which must be converted first"},
	{"\x28\xb5\x2f\xfd", "a Zstandard archive, which must be unpacked first"},
	{"\xfd7zXZ", "an xz archive, which must be unpacked first"},
	{"BZh", "a bzip2 archive, which must be unpacked first"},
	{"SQLite format 3", "an SQLite database"},
	{"%PDF", "a PDF document"},
	{"\xff\xfe", "UTF-16 text: save it as UTF-8"},
	{"\xfe\xff", "UTF-16 text: save it as UTF-8"},
}

// sniff passes over a byte order mark and returns the file's format.
func (s *source) sniff(format string) (string, error) {
	head, err := s.Peek(headBytes)
	if err != nil && err != io.EOF {
		return "", err
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		head = head[3:]
		if _, err := s.Discard(3); err != nil {
			return "", err
		}
	}
	if err := s.refuse(head); err != nil {
		return "", err
	}
	if format == "" {
		format = s.formatOf(head)
	}
	if format == "" {
		return "", filekind.Refuse(s.ref, wanted, head)
	}
	s.unit = "line"
	if format == "json" {
		s.unit = "item"
	}
	return format, nil
}

// refuse recognises files that are no text.
func (s *source) refuse(head []byte) error {
	for _, k := range otherKinds {
		if bytes.HasPrefix(head, []byte(k.begins)) {
			return fmt.Errorf("%s is not %s but looks like %s", s.ref, wanted, k.what)
		}
	}
	switch filekind.Of(head) {
	case filekind.Unknown, filekind.JSON:
	default:
		return filekind.Refuse(s.ref, wanted, head)
	}
	if len(bytes.TrimSpace(head)) == 0 && len(head) < headBytes {
		return s.empty()
	}
	if at := bytes.IndexByte(head, 0); at >= 0 {
		return fmt.Errorf("%s is not text: its byte %d is a NUL", s.ref, at+1)
	}
	return nil
}

func (s *source) empty() error {
	return fmt.Errorf(`%s is empty: it needs problems such as {"question": "...", "answer": "..."}`, s.ref)
}

// formatOf tells the format from a file's name and beginning; "" if it can't.
func (s *source) formatOf(head []byte) string {
	ending := strings.ToLower(filepath.Ext(s.ref))
	text := bytes.TrimLeft(head, " \t\r\n")
	line, rest, several := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSpace(line)
	switch {
	case ending == ".csv", ending == ".tsv":
		return "csv"
	case bytes.HasPrefix(text, []byte("[")):
		return "json"
	case ending == ".jsonl", ending == ".ndjson":
		return "jsonl"
	case !bytes.HasPrefix(text, []byte("{")):
		if ending != ".json" && bytes.ContainsAny(line, ",") {
			return "csv"
		}
		return ""
	case !several && len(head) == headBytes: // a line that goes on
		if ending == ".json" {
			return "json"
		}
		return "jsonl"
	case !bytes.HasSuffix(line, []byte("}")): // an object on several lines
		return "json"
	case len(bytes.TrimSpace(rest)) == 0 && holdsList(line):
		return "json"
	}
	return "jsonl"
}

// holdsList reports whether one of an object's own members is a list of
// objects.
func holdsList(text []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return false
	}
	for _, m := range members {
		var list []map[string]json.RawMessage
		if json.Unmarshal(m, &list) == nil && len(list) > 0 {
			return true
		}
	}
	return false
}

// errTooLong says that a line, a row or an element is longer than maxLine.
var errTooLong = fmt.Errorf("it is longer than %d MiB", maxLine>>20)

// budget lets a parser read so far only beyond the last whole record.
type budget struct {
	r             io.Reader
	read, allowed int64
}

// allow lets one record be read that begins at offset.
func (b *budget) allow(offset int64) { b.allowed = offset + maxLine }

func (b *budget) Read(p []byte) (int, error) {
	room := b.allowed - b.read
	if room <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), room)])
	b.read += int64(n)
	return n, err
}

// firstInvalid is the 1-based place of the first byte that is not part of
// valid UTF-8; 0 if there is none.
func firstInvalid(text string) int {
	for at, r := range text {
		if r == '\uFFFD' && !strings.HasPrefix(text[at:], "\uFFFD") {
			return at + 1
		}
	}
	return 0
}

// checkText refuses a text that can't be used.
func checkText(name, text string) error {
	switch at := firstInvalid(text); {
	case at > 0:
		return fmt.Errorf("byte %d of %s is not valid UTF-8", at, badfile.Quote(name))
	case len(text) > maxField:
		return fmt.Errorf("%s is longer than %d MiB", badfile.Quote(name), maxField>>20)
	}
	return nil
}

// isEnd reports whether an error says that the file ended too early.
func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
