// Package drivetest is package drive for tests: what fails ends the test and
// shows the screen, and steps are chained.
//
//	s := drivetest.Open(t, drive.Sitting{Library: l}, drive.Options{})
//	s.Expect("✓ 8").Press("-", "-").WaitIdle().Expect("✗ 3")
package drivetest

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/drive"
)

// A Screen is a program under test in a terminal of its own.
type Screen struct {
	t testing.TB
	s *drive.Session
}

// Open runs tiller's screen until the test ends.
func Open(t testing.TB, s drive.Sitting, o drive.Options) *Screen {
	t.Helper()
	return closed(t, drive.Open(s, o))
}

// Start runs a model until the test ends.
func Start(t testing.TB, model tea.Model, o drive.Options) *Screen {
	t.Helper()
	return closed(t, drive.Start(model, o))
}

func closed(t testing.TB, s *drive.Session) *Screen {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the program ended: %v", err)
		}
	})
	return &Screen{t, s}
}

// done ends the test if a step failed.
func (s *Screen) done(err error) *Screen {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return s
}

// Press is [drive.Session.Press].
func (s *Screen) Press(keys ...string) *Screen {
	s.t.Helper()
	return s.done(s.s.Press(keys...))
}

// Type is [drive.Session.Type].
func (s *Screen) Type(text string) *Screen {
	s.t.Helper()
	return s.done(s.s.Type(text))
}

// Paste is [drive.Session.Paste].
func (s *Screen) Paste(text string) *Screen {
	s.t.Helper()
	return s.done(s.s.Paste(text))
}

// Click is [drive.Session.Click].
func (s *Screen) Click(x, y int) *Screen {
	s.t.Helper()
	return s.done(s.s.Click(x, y))
}

// Wheel is [drive.Session.Wheel].
func (s *Screen) Wheel(x, y int, down bool) *Screen {
	s.t.Helper()
	return s.done(s.s.Wheel(x, y, down))
}

// Resize is [drive.Session.Resize].
func (s *Screen) Resize(width, height int) *Screen {
	s.t.Helper()
	return s.done(s.s.Resize(width, height))
}

// Expect is [drive.Session.Expect] for each of the texts.
func (s *Screen) Expect(texts ...string) *Screen {
	s.t.Helper()
	for _, text := range texts {
		s.done(s.s.Expect(text))
	}
	return s
}

// ExpectNot is [drive.Session.ExpectNot] for each of the texts.
func (s *Screen) ExpectNot(texts ...string) *Screen {
	s.t.Helper()
	for _, text := range texts {
		s.done(s.s.ExpectNot(text))
	}
	return s
}

// WaitIdle is [drive.Session.WaitIdle].
func (s *Screen) WaitIdle() *Screen {
	s.t.Helper()
	return s.done(s.s.WaitIdle())
}

// WaitEnd waits for the program's end, which has to be an orderly one that
// leaves the terminal as it was.
func (s *Screen) WaitEnd() {
	s.t.Helper()
	s.done(s.s.WaitEnd())
	if !s.s.Restored() {
		s.t.Error("the terminal is not as it was before")
	}
}

// Screen is [drive.Session.Screen].
func (s *Screen) Screen() string { return s.s.Screen() }

// Cells is [drive.Session.Cells].
func (s *Screen) Cells() [][]drive.Cell { return s.s.Cells() }
