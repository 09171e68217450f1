package copier

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
)

// copied is what the terminal was asked to put into its clipboard.
func copied(s *screentest.Screen) string {
	for _, msg := range s.Seen {
		if v := reflect.ValueOf(msg); v.Kind() == reflect.String && strings.Contains(v.Type().Name(), "Clipboard") {
			return v.String()
		}
	}
	return ""
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{76, 18}, {116, 26}} {
		for _, name := range []string{"answered", "empty"} {
			var d *desk.Desk
			if name == "answered" {
				d = screentest.Open(t).Desk
			} else {
				d = screentest.New(t, nil, engine.Options{}).Desk
			}
			s := New(d)
			w, h := s.Size(size[0], size[1])
			drawn := s.View(w, h)
			golden.Exact(t, drawn, w, h)
			golden.Same(t, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), drawn)
		}
	}
}

func TestCopies(t *testing.T) {
	screen := screentest.Open(t)
	d := screen.Desk
	for _, c := range []struct{ letter, text, said string }{
		{"b", " the answer is 3 .", "Copied the base answer: 18 characters."},
		{"s", " first eve", "Copied the steered answer: "},
		{"d", "--- base\n+++ steered: begin", "in 5 lines."},
		{"p", "begin@2[last+sentence&gen:18-199]", "Copied the plan: 33 characters."},
		{"r", "tiller run --model embedded:base", "Copied the command: "},
		{"m", "# `embedded:base`", "Copied the Markdown: "},
	} {
		screen.Seen = nil
		s := New(d)
		screen.Run(s.Key(tea.KeyPressMsg{Code: rune(c.letter[0]), Text: c.letter}), s)
		if got := copied(screen); !strings.HasPrefix(got, c.text) {
			t.Errorf("%s copies %q", c.letter, got)
		}
		if !s.Done() || !strings.Contains(d.Status.Text, c.said) {
			t.Errorf("%s: done %v, said %q", c.letter, s.Done(), d.Status.Text)
		}
	}
}

func TestChooses(t *testing.T) {
	screen := screentest.Open(t)
	s := New(screen.Desk)
	s.Do(keys.Bottom)
	s.Do(keys.Up)
	s.Key(tea.KeyPressMsg{Code: 'k', Text: "k"})
	cmd, taken := s.Do(keys.Choose)
	screen.Run(cmd, s)
	if got := copied(screen); !taken || got != screen.Desk.Active().Plan.Text {
		t.Errorf("it copies %q", got)
	}
	s = New(screen.Desk)
	screen.Seen = nil
	screen.Run(s.Click(3, head), s)
	if got := copied(screen); got != " the answer is 3 ." {
		t.Errorf("a click copies %q", got)
	}
	for _, key := range []string{"q", "y"} {
		s = New(screen.Desk)
		if s.Key(tea.KeyPressMsg{Text: key}); !s.Done() {
			t.Errorf("%s does not close", key)
		}
	}
}

// TestHostile copies text that would act on the terminal it is pasted into.
func TestHostile(t *testing.T) {
	screen := screentest.New(t, nil, engine.Options{})
	d := screen.Desk
	d.Lanes = []*desk.Lane{{ID: 1}}
	d.Receive(engine.Generated{Begun: []engine.Begun{{Lane: 1}}, Tokens: []engine.Token{{Lane: 1, Text: "a\x1b[201~\rrm -rf\n"}}})
	s := New(d)
	screen.Run(s.Key(tea.KeyPressMsg{Text: "b"}), s)
	if got := copied(screen); got != "a␛[201~␍rm -rf\n" {
		t.Errorf("it copies %q", got)
	}
	if d.Status.Level != desk.Warning || !strings.Contains(d.Status.Text, "as symbols") {
		t.Errorf("it says %q", d.Status.Text)
	}
}

func TestNothing(t *testing.T) {
	d := screentest.New(t, nil, engine.Options{}).Desk
	s := New(d)
	for _, letter := range []string{"b", "s", "d", "p", "r", "m", "x", ""} {
		if cmd := s.Key(tea.KeyPressMsg{Text: letter}); cmd != nil || s.Done() {
			t.Errorf("%q copies from an empty desk", letter)
		}
	}
	if d.Status.Text == "" {
		t.Error("it does not say why nothing is copied")
	}
}

// TestStreams copies what is there when the key is pressed.
func TestStreams(t *testing.T) {
	d := screentest.New(t, nil, engine.Options{}).Desk
	d.Lanes = []*desk.Lane{{ID: 1}}
	s := New(d)
	msg := engine.Generated{Begun: []engine.Begun{{Lane: 1}}, Tokens: []engine.Token{{Lane: 1, Text: "so far"}}}
	d.Receive(msg)
	s.Receive(msg)
	if s.items[0].text != "so far" {
		t.Errorf("it would copy %q", s.items[0].text)
	}
}
