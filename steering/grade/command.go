package grade

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"tiller/model/checkpoint/badfile"
)

// DefaultLimit is how long a command may take over a sample.
const DefaultLimit = 30 * time.Second

const (
	maxAnswer  = 1 << 20                // bytes of an answer
	maxScore   = 1e100                  // either way: squares of many still add up to a number
	keptErrors = 1 << 10                // bytes of standard error that an error repeats
	leaving    = 500 * time.Millisecond // for a program to end by itself
)

// Command is a grader that is another program. The program is started for the
// first sample and reads and writes a line of JSON for each:
//
//	{"id":"7","question":"...","output":"...","target":"...","choices":["..."]}
//	{"id":"7","score":0.5,"extracted":"..."}
//
// A score is any number up to 1e100, either way; extracted may be left out. Samples are asked one at a
// time. A program that fails at one isn't started again: all samples after it
// fail with the same error. It is safe for concurrent use.
type Command struct {
	written string
	args    []string
	limit   time.Duration

	turn    chan struct{} // has one value while nobody is asking
	process *process      // nil before the first sample
	broken  error         // why it answers no more
}

// NewCommand makes a grader of a program and its arguments, of which it takes
// limit for a sample at most.
func NewCommand(args []string, limit time.Duration) (*Command, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("it names no program")
	}
	c := &Command{written: strings.Join(args, " "), args: args, limit: limit, turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	return c, nil
}

func parseCommand(argument string) (Grader, error) {
	args, err := splitWords(argument)
	if err != nil {
		return nil, err
	}
	c, err := NewCommand(args, DefaultLimit)
	if err != nil {
		return nil, err
	}
	c.written = argument
	return c, nil
}

// splitWords splits at spaces outside quotation marks of either kind.
func splitWords(text string) ([]string, error) {
	var out []string
	var word strings.Builder
	inWord := false
	quote := rune(0)
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inWord = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if inWord {
				out = append(out, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quotation mark %q is not closed", quote)
	}
	if inWord {
		out = append(out, word.String())
	}
	return out, nil
}

// Name implements [Grader].
func (c *Command) Name() string { return "command:" + c.written }

// Grade implements [Grader]. The program is ended when ctx is.
func (c *Command) Grade(ctx context.Context, s Sample) (Grade, error) {
	select {
	case <-ctx.Done():
		return Grade{}, ctx.Err()
	case <-c.turn:
	}
	defer func() { c.turn <- struct{}{} }()
	if c.broken != nil {
		return Grade{}, c.broken
	}
	g, err := c.ask(ctx, s)
	if err != nil {
		if c.process != nil {
			c.process.end()
		}
		c.broken = refuse("command "+badfile.Quote(c.written), s, "%w", err)
		return Grade{}, c.broken
	}
	return g, nil
}

// Close ends the program and waits for it. The grader answers no more.
func (c *Command) Close() error {
	<-c.turn
	defer func() { c.turn <- struct{}{} }()
	if c.process != nil && c.broken == nil {
		c.process.leave()
	}
	if c.broken == nil {
		c.broken = fmt.Errorf("the grader command %s was closed", badfile.Quote(c.written))
	}
	return nil
}

// question and answer are the lines.
type question struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Output   string   `json:"output"`
	Target   string   `json:"target"`
	Choices  []string `json:"choices,omitempty"`
}

type answer struct {
	ID        *string  `json:"id"`
	Score     *float64 `json:"score"`
	Extracted *string  `json:"extracted"`
}

// ask sends a sample and reads what the program says to it.
func (c *Command) ask(ctx context.Context, s Sample) (Grade, error) {
	if c.process == nil {
		p, err := start(c.args)
		if err != nil {
			return Grade{}, fmt.Errorf("it cannot be started: %w", err)
		}
		c.process = p
	}
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(question{s.ID, s.Question, s.Output, s.Target, s.Choices}); err != nil {
		return Grade{}, err
	}
	limit := time.NewTimer(c.limit)
	defer limit.Stop()
	written := make(chan error, 1)
	go func() {
		_, err := c.process.stdin.Write(line.Bytes())
		written <- err
	}()
	lines := c.process.lines
	var reply []byte
	for written != nil || lines != nil { // an answer may come before all of the sample is read
		select {
		case <-ctx.Done():
			return Grade{}, ctx.Err()
		case <-limit.C:
			return Grade{}, fmt.Errorf("it gave no answer in %v%s", c.limit, c.process.complaint())
		case err := <-written:
			if err != nil {
				return Grade{}, c.process.gone("it takes no more samples")
			}
			written = nil
		case line, ok := <-lines:
			if !ok {
				return Grade{}, c.process.gone("it closed its output")
			}
			reply, lines = line, nil
		}
	}
	return understand(reply, s)
}

// understand reads the answer to a sample.
func understand(line []byte, s Sample) (Grade, error) {
	if len(line) > maxAnswer {
		return Grade{}, fmt.Errorf("its answer is longer than %d bytes", maxAnswer)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return Grade{}, fmt.Errorf("its answer %s is no JSON object with an id and a score: %w", badfile.Quote(string(bytes.TrimSpace(line))), err)
	}
	switch {
	case a.ID == nil:
		return Grade{}, fmt.Errorf("its answer has no id")
	case *a.ID != strings.ToValidUTF8(s.ID, "\ufffd"):
		return Grade{}, fmt.Errorf("it answers the sample %s", badfile.Quote(*a.ID))
	case a.Score == nil || math.IsNaN(*a.Score) || math.IsInf(*a.Score, 0):
		return Grade{}, fmt.Errorf("its answer has no score")
	case math.Abs(*a.Score) > maxScore:
		return Grade{}, fmt.Errorf("its score %g is beyond %g, the most that can be summed up", *a.Score, maxScore)
	}
	g := Grade{Score: *a.Score, Found: true, Want: s.Target}
	if a.Extracted != nil {
		g.Extracted, g.Found = *a.Extracted, *a.Extracted != ""
	}
	return g, nil
}

// process is a running program.
type process struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	stdout  *os.File
	lines   chan []byte   // what it wrote, until it writes no more
	quit    chan struct{} // closed when nobody reads lines
	ended   chan struct{} // closed when it has ended
	errors  *tail
	once    sync.Once
}

// start runs a program in a process group of its own.
func start(args []string) (*process, error) {
	p := &process{command: exec.Command(args[0], args[1:]...), lines: make(chan []byte), quit: make(chan struct{}), ended: make(chan struct{}), errors: &tail{}}
	ownGroup(p.command)
	p.command.Stderr = p.errors
	p.command.WaitDelay = leaving
	var err error
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	// A pipe of our own: Wait would close the one of StdoutPipe before all of it
	// is read.
	reads, writes, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, p.stdin.Close())
	}
	p.stdout, p.command.Stdout = reads, writes
	err = p.command.Start()
	writes.Close()
	if err != nil {
		reads.Close()
		return nil, err
	}
	go p.read()
	go func() {
		_ = p.command.Wait() // how it ended is in ProcessState
		killGroup(p.command) // what it started and left behind
		close(p.ended)
	}()
	return p, nil
}

// read passes on lines, and of one that is too long the first part.
func (p *process) read() {
	defer close(p.lines)
	r := bufio.NewReaderSize(p.stdout, 64<<10)
	for {
		var line []byte
		for {
			part, err := r.ReadSlice('\n')
			line = append(line, part...)
			if errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxAnswer {
				continue
			}
			if err != nil && len(line) == 0 {
				return
			}
			break
		}
		select {
		case p.lines <- line:
		case <-p.quit:
			return
		}
	}
}

// gone says why a program that gives no answers has stopped, once it has.
func (p *process) gone(otherwise string) error {
	select {
	case <-p.ended:
		return fmt.Errorf("it ended with %s%s", p.command.ProcessState, p.complaint())
	case <-time.After(2 * leaving):
		return fmt.Errorf("%s%s", otherwise, p.complaint())
	}
}

// complaint is the end of what the program wrote to standard error, as the end
// of a sentence.
func (p *process) complaint() string {
	last := p.errors.String()
	if last == "" {
		return ""
	}
	return "; its standard error ends with " + badfile.Quote(last)
}

// leave lets a program end that has no more to read, and then ends it.
func (p *process) leave() {
	p.stdin.Close()
	select {
	case <-p.ended:
	case <-time.After(leaving):
	}
	p.end()
}

// end ends the program and those it started, and waits for it.
func (p *process) end() {
	p.once.Do(func() {
		close(p.quit)
		p.stdin.Close()
		select {
		case <-p.ended: // the group's number may be another's by now
		default:
			killGroup(p.command)
			<-p.ended
		}
		p.stdout.Close()
	})
}

// tail keeps the last bytes that are written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-keptErrors):]...)
	t.kept = append(t.kept[:0], t.kept[max(0, len(t.kept)-keptErrors):]...)
	return len(p), nil
}

// String is the last line that says something, at most as much as is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.kept))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
