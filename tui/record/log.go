// Package record keeps what happened in a sitting, and plays it again.
//
// A log is a file of JSON lines. The first is a [Header]; each other one is an
// event: when it was, in seconds since the sitting began, and one message that
// the screen's Update took in, by the name of its type:
//
//	{"tiller":"session","version":1,"tool":"tiller (devel)","kernel":"avx2",…}
//	{"t":0.004,"size":{"width":120,"height":32}}
//	{"t":4.180,"key":{"text":"+","code":43}}
//	{"t":4.331,"generated":{"gen":9,"tokens":[[2,0,17,-0.02,1,[0]]],"rate":1840.2}}
//
// Nothing but these messages changes what a screen shows, so folding them
// through a screen that has no engine shows the same again, byte for byte:
// [Player]. A log always begins where the sitting did. One that was asked for
// in the middle has a line {"begin":{}} there, and is played from there on: to
// keep all messages is simpler than to write down the state of every view, and
// can't be wrong about any.
//
// What is typed stands in a log. Texts of earlier sittings stand in it only if
// they came up in this one ("remembered").
package record

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/engine"
	"tiller/tui/settings"
)

// Version is the version of the format that this package writes. It reads no
// other.
const Version = 1

// format is what the header says the file is.
const format = "session"

// A Header says under which circumstances a sitting took place.
type Header struct {
	Tiller  string // "session"
	Version int
	Tool    string    // the program, with its version
	Kernel  string    // the kernel path, on which the bits of activations depend
	Began   time.Time // the sitting
	Sitting Sitting
}

// A Sitting is what a screen begins with, apart from its engine.
type Sitting struct {
	Settings     settings.Settings
	SettingsPath string
	Model        string // reference
	Prompt       *engine.Prompt
	Plans        []string
	Sampling     *engine.Sampling
	Warnings     []string
	// Remembered is how many texts of earlier sittings there were, which are
	// not in the log.
	Remembered int
}

// An Event is something that the screen took in.
type Event struct {
	At  time.Duration // since the sitting began
	Msg tea.Msg
}

// ByPerson reports whether a person did it, rather than that it came about.
func (e Event) ByPerson() bool {
	switch e.Msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseClickMsg, tea.MouseWheelMsg, tea.WindowSizeMsg, engine.Written:
		return true
	}
	return false
}

// A Log is a sitting that was recorded.
type Log struct {
	Header
	Events []Event
	// Begin is how many events lie before what was to be recorded.
	Begin int
	// Cut says that the end of the file is missing: its last line is none.
	Cut bool
	// Closed says that recording ended in an orderly way.
	Closed bool

	from time.Duration // when what was to be recorded begins
}

// A Mark is a bookmark of a log.
type Mark struct {
	Event int           // its index
	At    time.Duration // since what was to be recorded begins; 0 before
	Note  string        // untrusted
}

// Bookmarks are those of a log, in order.
func (l *Log) Bookmarks() []Mark {
	var marks []Mark
	for i, e := range l.Events {
		if b, ok := e.Msg.(Bookmark); ok {
			marks = append(marks, Mark{i, l.TimeAt(i + 1), b.Note})
		}
	}
	return marks
}

// Dark reports whether the background of the terminal was dark, as far as it
// said.
func (l *Log) Dark() bool {
	dark := true
	for _, e := range l.Events {
		if b, ok := e.Msg.(tea.BackgroundColorMsg); ok {
			dark = b.IsDark()
		}
	}
	return dark
}

// Length is how long what was recorded took.
func (l *Log) Length() time.Duration {
	if l.Begin >= len(l.Events) {
		return 0
	}
	return l.Events[len(l.Events)-1].At - l.from
}
