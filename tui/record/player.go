package record

import (
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/engine"
)

// A Screen is what a log is played through: tiller's own, without an engine. Its
// commands are dropped.
type Screen interface {
	tea.Model
	// Recall puts a text in the place of the one that stands for it.
	Recall(standIn, text string)
	// Watch has asked be told of each run of lanes that the screen asks for.
	Watch(asked func(gen int, lanes []engine.Lane, s engine.Sampling))
}

// NewScreen makes a screen that begins as one did that was recorded. Texts of
// earlier sittings have stand-ins.
type NewScreen func(s Sitting, history []string) Screen

// A Frame is what a screen shows: styled lines, and its size in cells.
type Frame struct {
	Content       string
	Width, Height int
}

// kept is how many of the last frames a player remembers.
const kept = 64

// A Player folds a log through a screen, event by event.
type Player struct {
	Log *Log

	begin  NewScreen
	screen Screen
	at     int // how many events were taken in
	now    Frame
	last   [kept]Frame // those after n events at n % kept
	oldest int         // the first of them
	drew   bool        // after the last event
}

// NewPlayer returns a player at the beginning of what a log was to hold.
func NewPlayer(l *Log, begin NewScreen) (*Player, error) {
	p := &Player{Log: l, begin: begin}
	return p, p.Seek(l.Begin)
}

// standIn stands for a text of an earlier sitting that did not come up. No
// person can type one.
func standIn(i int) string { return "\x00" + strconv.Itoa(i) }

// maxRemembered is more texts than are kept from one sitting to the next.
const maxRemembered = 10_000

// reset goes to the beginning of the sitting.
func (p *Player) reset() error {
	history := make([]string, max(0, min(p.Log.Sitting.Remembered, maxRemembered)))
	for i := range history {
		history[i] = standIn(i)
	}
	return p.guard(func() {
		p.at, p.oldest, p.now = 0, 0, Frame{}
		p.screen = p.begin(p.Log.Sitting, history)
		p.screen.Init()
		p.draw()
	})
}

// draw keeps the frame of now. It is called whenever the sitting drew: to draw
// may scroll.
func (p *Player) draw() {
	p.now.Content = p.screen.View().Content
	p.last[p.at%kept] = p.now
	p.oldest = max(p.oldest, p.at-kept+1)
	if !p.drew {
		p.oldest = p.at // those before are not known
	}
	p.drew = true
}

// guard turns a panic into an error: what a log says is not always possible.
func (p *Player) guard(f func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("event %d of the recording makes the screen fail: %v", p.at, cause)
			p.screen = nil
		}
	}()
	f()
	return nil
}

// Step takes in the next event; ok is false if there is none.
func (p *Player) Step() (ok bool, err error) { return p.step(true) }

// step takes in the next event, and draws what comes of it or not.
func (p *Player) step(draw bool) (ok bool, err error) {
	if p.at >= len(p.Log.Events) || p.screen == nil {
		return false, nil
	}
	e := p.Log.Events[p.at]
	err = p.guard(func() {
		switch msg := e.Msg.(type) {
		case remembered:
			p.screen.Recall(standIn(msg.At), msg.Text)
		case tea.WindowSizeMsg:
			p.now.Width, p.now.Height = msg.Width, msg.Height
			p.screen.Update(msg)
		default:
			p.screen.Update(msg)
		}
		p.at++
		if draw {
			p.draw()
		}
		p.drew = draw
	})
	return err == nil, err
}

// settled is how many frames are drawn before one that matters: a pane may
// take a frame or two to scroll where others are.
const settled = 8

// passing reports whether nobody will miss the frame after the next event:
// neither n is near, nor is there anything but tokens that come one after the
// other, at whose end the screen shows.
func (p *Player) passing(n int) bool {
	if n-p.at <= kept {
		return false
	}
	for _, e := range p.Log.Events[p.at : p.at+settled] {
		if g, ok := e.Msg.(engine.Generated); !ok || !onlyTokens(g) {
			return false
		}
	}
	return true
}

// Seek goes to where n events were taken in. Backwards it begins anew. Most of
// the frames at which tokens alone came are not drawn on the way.
func (p *Player) Seek(n int) error {
	if p.screen == nil || n < p.at {
		if err := p.reset(); err != nil {
			return err
		}
	}
	for p.at < n {
		if ok, err := p.step(!p.passing(n)); !ok {
			return err
		}
	}
	return nil
}

// At is how many events were taken in.
func (p *Player) At() int { return p.at }

// Time is when the last of them was, since what was recorded began.
func (p *Player) Time() time.Duration { return p.Log.TimeAt(p.at) }

// TimeAt is when event n-1 was, since what was recorded began.
func (l *Log) TimeAt(n int) time.Duration {
	if n <= l.Begin || n > len(l.Events) {
		return 0
	}
	return l.Events[n-1].At - l.from
}

// Frame is what the screen shows now.
func (p *Player) Frame() Frame { return p.now }

// FrameAt is what it showed after n events; ok is false unless that was lately.
func (p *Player) FrameAt(n int) (f Frame, ok bool) {
	if n < p.oldest || n > p.at {
		return f, false
	}
	return p.last[n%kept], true
}

// Frames plays what was recorded and yields each screen that differs from the
// one before, with when it was since recording began, until yield is false.
func (p *Player) Frames(yield func(at time.Duration, content string, width, height int) bool) error {
	if err := p.Seek(p.Log.Begin); err != nil {
		return err
	}
	for shown := (Frame{}); ; {
		if f := p.now; f != shown && f.Width > 0 && f.Height > 0 {
			if !yield(p.Time(), f.Content, f.Width, f.Height) {
				return nil
			}
			shown = f
		}
		if ok, err := p.Step(); !ok {
			return err
		}
	}
}
