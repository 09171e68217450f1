package asker

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
)

func TestScreens(t *testing.T) {
	d := screentest.New(t, nil, engine.Options{}).Desk
	for _, size := range [][2]int{{56, 10}, {116, 26}} {
		for name, s := range map[string]interface {
			Size(w, h int) (int, int)
			View(w, h int) string
		}{
			"line":    New(d, "Save the answers in which file?", "base-eve-0.md"),
			"confirm": NewConfirm(d, "The vectors calm and happy were derived here and are in no file. Quit without them?", "quit", "stay, to save them"),
		} {
			w, h := s.Size(size[0], size[1])
			drawn := s.View(w, h)
			golden.Exact(t, drawn, w, h)
			golden.Same(t, fmt.Sprintf("%s-%d", name, size[0]), drawn)
		}
	}
}

func TestLine(t *testing.T) {
	d := screentest.New(t, nil, engine.Options{}).Desk
	s := New(d, "Which file?", "a")
	screentest.Type(s, "b.md ")
	if _, ok := s.Chosen(); ok || s.Done() {
		t.Error("it is taken before enter")
	}
	s.Do(keys.Choose)
	if text, ok := s.Chosen(); text != "b.md" || !ok || !s.Done() {
		t.Errorf("enter takes %q, %v: what is typed replaces the proposal", text, ok)
	}
	s = New(d, "Which file?", "a")
	s.Do(keys.Bottom)
	screentest.Type(s, "b.md")
	s.Do(keys.Choose)
	if text, ok := s.Chosen(); text != "ab.md" || !ok {
		t.Errorf("enter takes %q, %v: after end what is typed follows the proposal", text, ok)
	}
	s = New(d, "Which file?", "a")
	s.Do(keys.Back)
	if _, ok := s.Chosen(); ok || !s.Done() {
		t.Error("esc takes the line")
	}
	s = New(d, "Which file?", " ")
	s.Do(keys.Choose)
	if s.Done() {
		t.Error("an empty line is taken")
	}
}

func TestConfirm(t *testing.T) {
	d := screentest.New(t, nil, engine.Options{}).Desk
	for _, c := range []struct {
		press     func(*Confirm)
		yes, done bool
	}{
		{func(c *Confirm) { c.Key(tea.KeyPressMsg{Text: "y"}) }, true, true},
		{func(c *Confirm) { c.Key(tea.KeyPressMsg{Text: "Y"}) }, true, true},
		{func(c *Confirm) { c.Key(tea.KeyPressMsg{Text: "n"}) }, false, true},
		{func(c *Confirm) { c.Key(tea.KeyPressMsg{Text: "x"}) }, false, false},
		{func(c *Confirm) { c.Paste("y") }, false, false},
		{func(c *Confirm) { c.Do(keys.Back) }, false, true},
		{func(c *Confirm) { c.Do(keys.Choose) }, false, true},
	} {
		s := NewConfirm(d, "Quit?", "quit", "stay")
		c.press(s)
		if s.Yes() != c.yes || s.Done() != c.done {
			t.Errorf("yes %v, done %v; want %v, %v", s.Yes(), s.Done(), c.yes, c.done)
		}
	}
	if s := NewConfirm(d, "a\x1b[2Jb", "y", "n"); strings.Contains(s.View(40, 5), "\x1b[2J") {
		t.Error("the question acts on the terminal")
	}
}
