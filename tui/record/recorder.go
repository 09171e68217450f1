package record

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// MaxBytes is how large a recording may become.
const MaxBytes = 100 << 20

// maxKept is how much of a sitting is kept in memory, for the person to ask for
// a file later.
const maxKept = 64 << 20

// Options say what a recorder works with.
type Options struct {
	// Now tells the time.
	Now func() time.Time
	// Tool is the program with its version, Kernel the kernel path.
	Tool, Kernel string
	Sitting      Sitting
	// History are the texts of earlier sittings, the oldest first. Of them a
	// log holds those that come up.
	History []string
	// Limit is how many bytes a recording may have; 0 is [MaxBytes].
	Limit int64
}

// A Recorder writes down what a screen takes in. It keeps all of it in memory,
// and writes it to a file from when it is asked to. Its methods may be called
// from several goroutines; of a nil *Recorder all commands are nil.
type Recorder struct {
	options Options
	began   time.Time

	mu     sync.Mutex
	coder  *coder
	log    []byte         // all lines but the header, while there are not too many
	hidden map[string]int // texts of earlier sittings that did not come up yet, by index
	broken string         // why no file can be begun; empty if one can
	file   *file          // nil while nothing is written
	ended  *Ended         // to be told
	path   string         // of a file that was begun before the screen

	closing sync.WaitGroup // files that ended
}

// New returns a recorder for a sitting that begins now.
func New(o Options) *Recorder {
	if o.Limit == 0 {
		o.Limit = MaxBytes
	}
	o.Sitting.Remembered = len(o.History)
	r := &Recorder{options: o, began: o.Now(), coder: newCoder(), hidden: map[string]int{}}
	for i, text := range o.History {
		r.hidden[text] = i
	}
	return r
}

// Around is a screen that is recorded.
func (r *Recorder) Around(screen tea.Model) tea.Model { return &recorded{r, screen} }

// recorded is a screen whose messages go through a recorder.
type recorded struct {
	recorder *Recorder
	screen   tea.Model
}

// Init implements [tea.Model].
func (m *recorded) Init() tea.Cmd {
	cmd := m.screen.Init()
	if path := m.recorder.path; path != "" {
		cmd = tea.Batch(cmd, func() tea.Msg { return Started{Path: path} })
	}
	return cmd
}

// View implements [tea.Model].
func (m *recorded) View() tea.View { return m.screen.View() }

// Update implements [tea.Model].
func (m *recorded) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.recorder.note(msg) // before: what it holds may be changed
	screen, cmd := m.screen.Update(msg)
	m.screen = screen
	if ended := m.recorder.noted(screen); ended != nil {
		cmd = tea.Batch(cmd, func() tea.Msg { return *ended })
	}
	return m, cmd
}

// note writes a message down, as an event of now.
func (r *Recorder) note(msg tea.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(msg)
}

// write adds a message to what is kept and to the file. What a log has no place
// for ends recording. The caller holds the lock.
func (r *Recorder) write(msg tea.Msg) {
	line, err := r.line(msg)
	if err != nil {
		r.broken = err.Error()
		r.end(r.broken)
		return
	}
	r.add(line)
}

// line is a message as a line of the log. The caller holds the lock.
func (r *Recorder) line(msg tea.Msg) ([]byte, error) {
	k, msg, err := kindOf(msg)
	if err != nil {
		return nil, err
	}
	b := strconv.AppendFloat([]byte(`{"t":`), r.options.Now().Sub(r.began).Seconds(), 'f', 3, 64)
	b = append(append(append(b, `,"`...), k.name...), `":`...)
	if b, err = r.coder.appendMessage(b, msg); err != nil {
		return nil, fmt.Errorf("%s: %w", k.name, err)
	}
	return append(b, "}\n"...), nil
}

// add adds a line to what is kept and to the file. The caller holds the lock.
func (r *Recorder) add(line []byte) {
	switch {
	case r.broken != "":
	case len(r.log)+len(line) > maxKept:
		r.log, r.broken = nil, "this sitting has become too long to be recorded from its beginning, as a recording has to be: start tiller with --record FILE"
	default:
		r.log = append(r.log, line...)
	}
	if r.file == nil {
		return
	}
	if why := r.file.add(line, r.options.Limit); why != "" {
		r.end(why)
	}
}

// Remembering is a screen that tells which texts it has before it that may be
// of an earlier sitting.
type Remembering interface{ Recalled() []string }

// noted writes down which texts of earlier sittings came up by the last
// message, and returns what is to be told of the file.
func (r *Recorder) noted(screen tea.Model) *Ended {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m, ok := screen.(Remembering); ok && len(r.hidden) > 0 {
		for _, text := range m.Recalled() {
			if i, hidden := r.hidden[text]; hidden {
				delete(r.hidden, text)
				r.write(remembered{i, text})
			}
		}
	}
	ended := r.ended
	r.ended = nil
	return ended
}

// end ends the file. The caller holds the lock.
func (r *Recorder) end(why string) {
	if r.file == nil {
		return
	}
	f := r.file
	r.file = nil
	r.ended = &Ended{Path: f.path, Bytes: f.size, Events: f.events, Err: why}
	r.closing.Go(func() { f.close() }) // what it has yet to write may take its time
}

// Start is a command that writes the sitting, from its beginning, into a file
// and goes on doing so. The answer is [Started], or [Ended] with what is wrong.
// A file that is there is replaced only if that is said.
func (r *Recorder) Start(gen int, path string, replace bool) tea.Cmd {
	if r == nil {
		return nil
	}
	return func() tea.Msg {
		if !replace && exists(home(path)) {
			return Started{Gen: gen, Path: path, Exists: true}
		}
		if err := r.start(path); err != nil {
			return Ended{Path: path, Err: err.Error()}
		}
		return Started{Gen: gen, Path: path}
	}
}

// Begin writes the sitting into a file before there is a screen, replacing what
// is there; the screen is told.
func (r *Recorder) Begin(path string) error {
	r.path = path
	return r.start(path)
}

func (r *Recorder) start(path string) error {
	r.mu.Lock()
	log, broken, busy := r.log, r.broken, r.file != nil
	r.mu.Unlock()
	switch {
	case busy:
		return errors.New("the sitting is being recorded already")
	case broken != "":
		return errors.New(broken)
	}
	header, err := r.header()
	if err != nil {
		return err
	}
	f, err := newFile(path, header, log) // lines are only ever added after these
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f.events = bytes.Count(log, []byte{'\n'})
	for line := range bytes.Lines(r.log[len(log):]) {
		f.add(line, r.options.Limit)
	}
	r.file = f
	if len(r.log) > 0 {
		r.write(begins{})
	}
	return nil
}

// header is the first line of a log.
func (r *Recorder) header() ([]byte, error) {
	h := Header{Tiller: format, Version: Version, Tool: r.options.Tool, Kernel: r.options.Kernel, Began: r.began.Round(time.Second), Sitting: r.options.Sitting}
	b, err := newCoder().appendValue(nil, reflect.ValueOf(h))
	return append(b, '\n'), err
}

// Stop is a command that ends the file. The answer is [Ended].
func (r *Recorder) Stop() tea.Cmd {
	if r == nil {
		return nil
	}
	return func() tea.Msg {
		if ended, ok := r.Close(); ok {
			return ended
		}
		return nil
	}
}

// Close ends the file, if one is written, and says what is in it. Then nothing
// is left to write.
func (r *Recorder) Close() (ended Ended, ok bool) {
	defer r.closing.Wait()
	r.mu.Lock()
	f := r.file
	r.file = nil
	line, err := r.line(ends{})
	r.mu.Unlock()
	if f == nil {
		return ended, false
	}
	if err == nil {
		f.add(line, r.options.Limit+int64(len(line)))
	}
	ended = Ended{Path: f.path, Bytes: f.size, Events: f.events}
	if err := f.close(); err != nil {
		ended.Err = err.Error()
	}
	return ended, true
}

// Here is a command that brings a bookmark. It needs no recorder: as a message
// that the screen takes in it is recorded like all others.
func Here(note string) tea.Cmd {
	return func() tea.Msg { return Bookmark{note} }
}
