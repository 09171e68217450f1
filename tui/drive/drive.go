// Package drive sits at a screen in a person's place: it runs a Bubble Tea
// program in a terminal that exists only in memory, presses keys, and reads
// what is shown. Tests and recorded demonstrations are scripts for it.
//
// A script waits for what it expects instead of for a time. [Session.WaitIdle]
// knows exactly when nothing more will happen by itself: every command that the
// program's model gives out is counted until what it brought was taken in.
package drive

import (
	"errors"
	"fmt"
	"image/color"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// Options say what the terminal is like.
type Options struct {
	Width, Height int // cells; 0 is 80 and 24
	// Light says that the background is light.
	Light bool
	// Profile is how many colours there are; the zero value is all of them.
	Profile colorprofile.Profile
	// Limit is how long a script waits for what it expects; 0 is a minute. It
	// only decides when to give up.
	Limit time.Duration
}

// A Session is a program that runs in a terminal of its own. One goroutine at a
// time may use it.
type Session struct {
	program  *tea.Program
	terminal *terminal
	profile  colorprofile.Profile
	limit    time.Duration
	ended    chan struct{}
	err      error  // of the program; read it once ended is closed
	release  func() // what else is to be done at the end; may be nil
}

// Start runs a model in a terminal. [Session.Close] has to follow.
func Start(model tea.Model, o Options) *Session {
	if o.Width == 0 || o.Height == 0 {
		o.Width, o.Height = 80, 24
	}
	if o.Profile == colorprofile.Unknown {
		o.Profile = colorprofile.TrueColor
	}
	if o.Limit == 0 {
		o.Limit = time.Minute
	}
	w := &watched{model: model}
	s := &Session{terminal: newTerminal(o.Width, o.Height), profile: o.Profile, limit: o.Limit, ended: make(chan struct{})}
	s.program = tea.NewProgram(w,
		tea.WithInput(nil), tea.WithOutput(s.terminal), tea.WithFilter(w.filter), tea.WithoutSignalHandler(),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithColorProfile(o.Profile),
		tea.WithWindowSize(o.Width, o.Height), tea.WithFPS(120))
	go func() {
		_, s.err = s.program.Run()
		close(s.ended)
	}()
	// A terminal would be asked for this and answer.
	background := tea.BackgroundColorMsg{Color: color.Black}
	if o.Light {
		background.Color = color.White
	}
	s.program.Send(background)
	return s
}

// errEnded says that there is no program any more.
var errEnded = errors.New("the program has ended")

// send hands the program a message.
func (s *Session) send(msg tea.Msg) error {
	if s.Ended() {
		return errEnded
	}
	s.program.Send(msg)
	return nil
}

// Press presses keys, named as in the key map: "+", "enter", "ctrl+c". Two
// strokes that belong together are two keys: "g", "c".
func (s *Session) Press(keys ...string) error {
	for _, name := range keys {
		k, err := key(name)
		if err == nil {
			err = s.send(k)
		}
		if err != nil {
			return fmt.Errorf("cannot press %q: %w", name, err)
		}
	}
	return nil
}

// Type presses the key of each character; a newline is the enter key.
func (s *Session) Type(text string) error {
	for _, r := range text {
		name := string(r)
		switch r {
		case ' ':
			name = "space"
		case '\n':
			name = "enter"
		}
		if err := s.Press(name); err != nil {
			return err
		}
	}
	return nil
}

// Paste pastes a text, as terminals do with brackets around it.
func (s *Session) Paste(text string) error { return s.send(tea.PasteMsg{Content: text}) }

// Click presses and releases the left button of the mouse at column x and line
// y of the screen, both from 0.
func (s *Session) Click(x, y int) error {
	m := tea.Mouse{X: x, Y: y, Button: tea.MouseLeft}
	return errors.Join(s.send(tea.MouseClickMsg(m)), s.send(tea.MouseReleaseMsg(m)))
}

// Wheel turns the wheel of the mouse at column x and line y by a notch: down,
// or up if down is false.
func (s *Session) Wheel(x, y int, down bool) error {
	m := tea.Mouse{X: x, Y: y, Button: tea.MouseWheelUp}
	if down {
		m.Button = tea.MouseWheelDown
	}
	return s.send(tea.MouseWheelMsg(m))
}

// Resize makes the terminal another size.
func (s *Session) Resize(width, height int) error {
	s.terminal.resize(width, height)
	return s.send(tea.WindowSizeMsg{Width: width, Height: height})
}

// Expect waits until the screen shows a text on one of its lines. It gives up
// when the program is idle without that.
func (s *Session) Expect(text string) error {
	return s.expect("does not show", text, func(screen string) bool { return strings.Contains(screen, text) })
}

// ExpectNot waits until no line of the screen shows a text.
func (s *Session) ExpectNot(text string) error {
	return s.expect("still shows", text, func(screen string) bool { return !strings.Contains(screen, text) })
}

func (s *Session) expect(does, text string, ok func(screen string) bool) error {
	met, err := s.await(ok)
	switch {
	case err != nil:
		return s.failed(fmt.Sprintf("the screen %s %q: %v", does, text, err))
	case !met:
		return s.failed(fmt.Sprintf("the screen %s %q, and nothing more is going to happen", does, text))
	}
	return nil
}

// WaitIdle waits until nothing is going to happen by itself, and every cell of
// the terminal is as the program drew it last. A program whose clock goes on is
// never idle.
func (s *Session) WaitIdle() error {
	if _, err := s.await(func(string) bool { return false }); err != nil {
		return s.failed(err.Error())
	}
	return nil
}

// await waits for a screen on which ok; met is false if the program is idle
// before there is one.
func (s *Session) await(ok func(screen string) bool) (met bool, err error) {
	limit := time.NewTimer(s.limit)
	defer limit.Stop()
	idle := make(chan string, 1)
	if !s.Ended() {
		s.program.Send(watch{idle})
	}
	over, drawn := false, ""
	for {
		screen, changed := s.terminal.look()
		last := over && s.terminal.shows(drawn, s.profile)
		if last {
			screen, _ = s.terminal.look()
		}
		if met := ok(screen); met || last {
			return met, nil
		}
		select {
		case <-changed:
		case drawn = <-idle:
			over = true
		case <-s.ended:
			screen, _ := s.terminal.look()
			if ok(screen) {
				return true, nil
			}
			return false, errEnded
		case <-limit.C:
			if over {
				return false, errors.New("the terminal does not show what was drawn, which is\n" + ansi.Strip(drawn) + "\n")
			}
			return false, fmt.Errorf("the program is still busy after %v", s.limit)
		}
	}
}

// failed is an error that shows the screen.
func (s *Session) failed(why string) error {
	screen, _ := s.terminal.look()
	width, height := s.terminal.size()
	return fmt.Errorf("%s; the screen of %d columns and %d lines is\n%s", why, width, height, screen)
}

// Screen returns the lines of the screen, without spaces at their ends.
func (s *Session) Screen() string {
	screen, _ := s.terminal.look()
	return screen
}

// Cells returns the screen cell by cell, [lines][columns].
func (s *Session) Cells() [][]Cell { return s.terminal.cells() }

// Restored reports whether the terminal is as it was before the program: on
// its main screen, with the cursor shown and the mouse left alone.
func (s *Session) Restored() bool { return s.terminal.restored() }

// Ended reports whether the program has ended.
func (s *Session) Ended() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// WaitEnd waits for the program's end and returns what went wrong with it.
func (s *Session) WaitEnd() error {
	limit := time.NewTimer(s.limit)
	defer limit.Stop()
	select {
	case <-s.ended:
		return s.err
	case <-limit.C:
		return s.failed("the program goes on after " + s.limit.String())
	}
}

// Close ends the program, if it has not ended, and releases all it used.
func (s *Session) Close() error {
	s.program.Quit()
	err := s.WaitEnd()
	if s.release != nil {
		s.release()
	}
	return err
}
