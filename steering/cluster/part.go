package cluster

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"slices"

	"tiller/steering/eval"
)

// The files of a run folder; see package eval.
const (
	specFile     = "run.json"
	samplesFile  = "samples.jsonl"
	problemsFile = "problems.jsonl"
	tuneFile     = "tune.json"
	lockFile     = "lock"
)

// A part is a shard as its folder has it.
type part struct {
	path string
	spec eval.Spec
	// problems are lines of problems.jsonl, those of the set and those of the
	// guard set, each in the set's order.
	problems [2][]problem
	at       map[asked]int // where a problem stands among both
	lanes    map[string]int
	tuned    []byte // tune.json; nil if there is none

	// have has a bit for each sample, in the order of problem, lane and draw;
	// there are kept of them in the first end bytes of samples.jsonl, in all
	// lines but the repeated ones.
	have     []uint64
	kept     int
	end      int64
	repeated map[int]bool
}

// A problem is a line of problems.jsonl.
type problem struct {
	id   string
	line []byte // with its end
}

// asked tells a problem from all others of a run.
type asked struct {
	id    string
	guard bool
}

// A sampleKey is what no two samples of a run share.
type sampleKey struct {
	ID    string `json:"id"`
	Lane  string `json:"lane"`
	Draw  int    `json:"draw"`
	Guard bool   `json:"guard"`
}

// readPart reads all of a shard but the texts of its samples. The error wraps
// [fs.ErrNotExist] if it has not begun to compute.
func readPart(path string) (*part, error) {
	p := &part{path: path, at: map[asked]int{}, lanes: map[string]int{}, repeated: map[int]bool{}}
	var err error
	if p.spec, err = eval.ReadSpec(path); err != nil {
		return nil, err
	}
	if err := p.readProblems(); err != nil {
		return nil, err
	}
	for i, l := range p.spec.Lanes {
		p.lanes[l.Name] = i
	}
	if p.tuned, err = os.ReadFile(filepath.Join(path, tuneFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("what the run tuned: %w", err)
	}
	p.have = make([]uint64, (p.samples()+63)/64)
	return p, p.readSamples()
}

// String names the shard for people.
func (p *part) String() string {
	if p.spec.Shard == nil {
		return p.path
	}
	return fmt.Sprintf("shard %d of %d (%s)", p.spec.Shard.Index+1, p.spec.Shard.Of, p.path)
}

// samples is how many there are once the shard is done.
func (p *part) samples() int {
	return (len(p.problems[0]) + len(p.problems[1])) * len(p.spec.Lanes) * p.spec.Samples
}

func (p *part) missing() int { return p.samples() - p.kept }

func (p *part) readProblems() error {
	file := filepath.Join(p.path, problemsFile)
	var order []asked
	_, err := eachLine(file, func(n int, line []byte) error {
		var k struct {
			ID    string `json:"id"`
			Guard bool   `json:"guard"`
		}
		if err := json.Unmarshal(line, &k); err != nil {
			return fmt.Errorf("%s, line %d is damaged: %w", file, n, err)
		}
		set := 0
		if k.Guard {
			set = 1
		}
		p.problems[set] = append(p.problems[set], problem{k.ID, slices.Clone(line)})
		order = append(order, asked{k.ID, k.Guard})
		return nil
	})
	for i, k := range order {
		p.at[k] = i
	}
	return err
}

func (p *part) readSamples() error {
	file := filepath.Join(p.path, samplesFile)
	end, err := eachLine(file, func(n int, line []byte) error {
		k, err := keyOf(file, n, line)
		if err != nil {
			return err
		}
		bit, ok := p.bit(k)
		if !ok {
			return fmt.Errorf("%s, line %d holds a sample of problem %q in lane %q, which the run does not ask for", file, n, k.ID, k.Lane)
		}
		if p.have[bit/64]&(1<<(bit%64)) != 0 {
			p.repeated[n] = true
			return nil
		}
		p.have[bit/64] |= 1 << (bit % 64)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // it ended before its first sample
	}
	p.end = end
	for _, word := range p.have {
		p.kept += bits.OnesCount64(word)
	}
	return err
}

// bit is the place of a sample in have; not ok if the shard has no such.
func (p *part) bit(k sampleKey) (bit int, ok bool) {
	i, asks := p.at[asked{k.ID, k.Guard}]
	lane, has := p.lanes[k.Lane]
	if !asks || !has || k.Draw < 0 || k.Draw >= p.spec.Samples {
		return 0, false
	}
	return (i*len(p.spec.Lanes)+lane)*p.spec.Samples + k.Draw, true
}

// has reports whether the shard holds a sample.
func (p *part) has(k sampleKey) bool {
	bit, ok := p.bit(k)
	return ok && p.have[bit/64]&(1<<(bit%64)) != 0
}

// copySamples writes the lines that were counted, as they are.
func (p *part) copySamples(w io.Writer) error {
	if p.end == 0 {
		return nil
	}
	file, err := os.Open(filepath.Join(p.path, samplesFile))
	if err != nil {
		return fmt.Errorf("the run's samples: %w", err)
	}
	defer file.Close()
	r := io.LimitReader(file, p.end)
	if len(p.repeated) == 0 {
		n, err := io.Copy(w, r)
		if err == nil && n < p.end {
			err = fmt.Errorf("%s grew shorter while it was read", file.Name())
		}
		return err
	}
	_, err = scanLines(file.Name(), r, func(n int, line []byte) error {
		if p.repeated[n] {
			return nil
		}
		_, err := w.Write(line)
		return err
	})
	return err
}

func keyOf(file string, n int, line []byte) (sampleKey, error) {
	var k sampleKey
	if err := json.Unmarshal(line, &k); err != nil {
		return k, fmt.Errorf("%s, line %d is damaged: %w; take the line out, and the sample is computed anew", file, n, err)
	}
	return k, nil
}

// maxLine is how long a line of a run's files may be.
const maxLine = 64 << 20

// eachLine calls f for each whole line of a file, numbered from 1, and returns
// where the last one ends: what follows was being written when the run ended.
// The line is f's until it returns.
func eachLine(path string, f func(n int, line []byte) error) (end int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("the run: %w", err)
	}
	defer file.Close()
	return scanLines(path, file, f)
}

func scanLines(name string, r io.Reader, f func(n int, line []byte) error) (end int64, err error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 1<<16), maxLine)
	s.Split(wholeLine)
	n := 0
	for s.Scan() {
		n++
		if err := f(n, s.Bytes()); err != nil {
			return end, err
		}
		end += int64(len(s.Bytes()))
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return end, fmt.Errorf("%s, line %d is longer than %d MiB", name, n+1, maxLine>>20)
	}
	return end, s.Err()
}

// wholeLine splits into lines with their ends, without a last one that has
// none.
func wholeLine(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}
