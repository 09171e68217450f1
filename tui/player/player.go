// Package player is the screen of tiller play: a recorded sitting as it was
// shown, and below it one line with where in it one is. Space plays and pauses;
// left and right go to what the person did before and next, with shift, or [
// and ], to bookmarks; digits jump; + and - change the speed; ? shows all keys.
package player

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tiller/tui/record"
	"tiller/tui/theme"
)

// Options say how a recording is played.
type Options struct {
	Speed float64       // times real time; 0 is 1
	Idle  time.Duration // the longest pause that is waited for; 0 is any
	Loop  bool
	Theme theme.Name
}

// Bounds of the speed.
const (
	slowest = 1.0 / 8
	fastest = 64
)

// Screen is the Bubble Tea model.
type Screen struct {
	player *record.Player // not to be touched while seeking
	log    *record.Log
	marks  []record.Mark
	o      Options

	at      int           // events that what is shown has taken in
	clock   time.Duration // since recording began
	playing bool
	run     int       // of the ticks that count
	ticked  time.Time // at the last of them

	shown   record.Frame
	seeking bool
	wanted  int   // where to seek to next; -1 for nowhere
	failed  error // the rest can't be played

	theme         *theme.Theme
	dark          bool
	profile       colorprofile.Profile
	width, height int
	help          bool
}

// New returns a screen that begins to play.
func New(p *record.Player, o Options) *Screen {
	if o.Speed == 0 {
		o.Speed = 1
	}
	o.Speed = max(slowest, min(o.Speed, fastest))
	s := &Screen{
		player: p, log: p.Log, marks: p.Log.Bookmarks(), o: o, at: p.At(), shown: p.Frame(), playing: true, wanted: -1,
		dark: true, profile: colorprofile.TrueColor,
	}
	s.dress()
	return s
}

// Failed is why the recording could not be played to its end; nil if it could.
func (s *Screen) Failed() error { return s.failed }

func (s *Screen) dress() { s.theme = theme.New(s.o.Theme, s.dark, s.profile) }

// tick is a moment of playing.
type tick struct {
	run int
	now time.Time
}

// beat is the time between two ticks.
const beat = time.Second / 60

func (s *Screen) tick() tea.Cmd {
	run := s.run
	return tea.Tick(beat, func(now time.Time) tea.Msg { return tick{run, now} })
}

// sought says that a place was reached, or why not.
type sought struct{ err error }

// Init implements [tea.Model].
func (s *Screen) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, s.tick()) }

// Update implements [tea.Model].
func (s *Screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		s.dark = msg.IsDark()
		s.dress()
	case tea.ColorProfileMsg:
		s.profile = msg.Profile
		s.dress()
	case tea.KeyPressMsg:
		return s, s.press(msg.String())
	case tick:
		if msg.run == s.run && s.playing {
			return s, s.play(msg.now)
		}
	case sought:
		return s, s.arrive(msg.err)
	}
	return s, nil
}

// most is how many events one tick takes in.
const most = 64

// play takes in what happened until now.
func (s *Screen) play(now time.Time) tea.Cmd {
	if s.seeking {
		s.ticked = time.Time{}
		return s.tick()
	}
	if !s.ticked.IsZero() {
		s.clock += time.Duration(float64(now.Sub(s.ticked)) * s.o.Speed)
	}
	s.ticked = now
	for range most {
		if s.at >= len(s.log.Events) {
			return s.end()
		}
		last, next := s.log.TimeAt(s.at), s.log.TimeAt(s.at+1)
		if s.o.Idle > 0 && s.clock-last >= s.o.Idle {
			s.clock = max(s.clock, next)
		}
		if next > s.clock {
			return s.tick()
		}
		if !s.step() {
			return nil
		}
	}
	s.clock = min(s.clock, s.log.TimeAt(s.at)) // it can't be played that fast
	return s.tick()
}

// step shows the next event; ok is false if that can't be.
func (s *Screen) step() bool {
	if s.at == s.player.At() {
		if _, err := s.player.Step(); err != nil {
			s.failed, s.playing = err, false
			return false
		}
	}
	s.at++
	s.shown, _ = s.player.FrameAt(s.at)
	return true
}

// end stops, or begins again.
func (s *Screen) end() tea.Cmd {
	if s.o.Loop && s.log.Length() > 0 {
		return tea.Batch(s.seek(s.log.Begin), s.tick())
	}
	s.pause()
	return nil
}

func (s *Screen) pause() {
	s.playing = false
	s.run++
}

func (s *Screen) resume() tea.Cmd {
	if s.failed != nil {
		return nil
	}
	s.playing, s.ticked = true, time.Time{}
	s.run++
	var again tea.Cmd
	if s.at >= len(s.log.Events) {
		again = s.seek(s.log.Begin)
	}
	return tea.Batch(again, s.tick())
}

// seek goes to where n events were taken in. What is not known lately is played
// again from the beginning, beside the screen.
func (s *Screen) seek(n int) tea.Cmd {
	n = max(s.log.Begin, min(n, len(s.log.Events)))
	if s.seeking {
		s.wanted = n
		return nil
	}
	if f, ok := s.player.FrameAt(n); ok {
		s.show(n, f)
		return nil
	}
	s.seeking, s.wanted = true, -1
	s.at = n
	return func() tea.Msg { return sought{s.player.Seek(n)} }
}

// arrive shows the place that was sought.
func (s *Screen) arrive(err error) tea.Cmd {
	s.seeking = false
	if err != nil {
		s.failed = err
		s.pause()
	}
	s.show(s.player.At(), s.player.Frame())
	if n := s.wanted; n >= 0 && err == nil {
		s.wanted = -1
		return s.seek(n)
	}
	return nil
}

func (s *Screen) show(n int, f record.Frame) {
	s.at, s.shown, s.clock, s.ticked = n, f, s.log.TimeAt(n), time.Time{}
}

// place is where one is, or will be.
func (s *Screen) place() int {
	if s.wanted >= 0 {
		return s.wanted
	}
	return s.at
}

// goTo seeks and pauses.
func (s *Screen) goTo(n int) tea.Cmd {
	s.pause()
	return s.seek(n)
}

// deed is the place after the next thing that the person did, or with by = -1
// the one before; the end if there is none.
func (s *Screen) deed(by int) int {
	n := s.place() + by
	for n > s.log.Begin && n < len(s.log.Events) {
		e := s.log.Events[n-1]
		if _, mark := e.Msg.(record.Bookmark); mark || e.ByPerson() {
			break
		}
		n += by
	}
	return n
}

// bookmark is the place of the next bookmark, or with by = -1 the one before.
func (s *Screen) bookmark(by int) int {
	at := s.place()
	if by > 0 {
		if i := slices.IndexFunc(s.marks, func(m record.Mark) bool { return m.Event+1 > at }); i >= 0 {
			return s.marks[i].Event + 1
		}
		return len(s.log.Events)
	}
	for _, m := range slices.Backward(s.marks) {
		if m.Event+1 < at {
			return m.Event + 1
		}
	}
	return s.log.Begin
}

// tenth is the place at so many tenths of the time.
func (s *Screen) tenth(n int) int {
	at := s.log.Length() * time.Duration(n) / 10
	place := s.log.Begin
	for place < len(s.log.Events) && s.log.TimeAt(place+1) <= at {
		place++
	}
	return place
}

// idles are the longest pauses to choose among.
var idles = []time.Duration{0, 3 * time.Second, time.Second, time.Second / 4}

// press does what a key means.
func (s *Screen) press(key string) tea.Cmd {
	if s.help && key != "q" && key != "ctrl+c" {
		s.help = false
		return nil
	}
	switch key {
	case "q", "ctrl+c", "esc":
		return tea.Quit
	case "?":
		s.help = true
	case "space":
		if s.playing {
			s.pause()
			return nil
		}
		return s.resume()
	case "right":
		return s.goTo(s.deed(1))
	case "left":
		return s.goTo(s.deed(-1))
	case ".":
		return s.goTo(s.place() + 1)
	case ",":
		return s.goTo(s.place() - 1)
	case "]", "shift+right":
		return s.goTo(s.bookmark(1))
	case "[", "shift+left":
		return s.goTo(s.bookmark(-1))
	case "+", "=", "up":
		s.o.Speed = min(s.o.Speed*2, fastest)
	case "-", "down":
		s.o.Speed = max(s.o.Speed/2, slowest)
	case "l":
		s.o.Loop = !s.o.Loop
	case "i":
		at := slices.IndexFunc(idles, func(d time.Duration) bool { return d == s.o.Idle })
		s.o.Idle = idles[(at+1)%len(idles)]
	case "home", "g":
		return s.goTo(s.log.Begin)
	case "end", "G":
		return s.goTo(len(s.log.Events))
	default:
		if len(key) == 1 && key[0] >= '0' && key[0] <= '9' {
			return s.seek(s.tenth(int(key[0] - '0')))
		}
	}
	return nil
}
