package player

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/engine"
	"tiller/tui/record"
	"tiller/tui/screentest/golden"
)

// counter is a recorded screen that shows how many keys were pressed, and
// panics at "!".
type counter struct{ keys, width, height int }

func (c *counter) Init() tea.Cmd                                   { return nil }
func (c *counter) Recall(standIn, text string)                     {}
func (c *counter) Watch(func(int, []engine.Lane, engine.Sampling)) {}
func (c *counter) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		c.width, c.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		if c.keys++; msg.Text == "!" {
			panic("impossible")
		}
	}
	return c, nil
}

func (c *counter) View() tea.View {
	lines := make([]string, c.height)
	for i := range lines {
		lines[i] = fmt.Sprintf("%-*s", c.width, fmt.Sprintf("%d keys, line %d", c.keys, i))
	}
	return tea.NewView(strings.Join(lines, "\n"))
}

// play records a key a second, with a long pause after the third, bookmarks
// after the second and the fourth, and begins to play that.
func play(t *testing.T, last string, o Options) *Screen {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.jsonl")
	now := time.Unix(0, 0)
	r := record.New(record.Options{Now: func() time.Time { return now }})
	screen := r.Around(&counter{})
	screen.Update(tea.WindowSizeMsg{Width: 40, Height: 12})
	if err := r.Begin(path); err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"a", "b", "c", "d", "e", "f", last} {
		now = now.Add(time.Second)
		if key == "d" {
			now = now.Add(time.Minute)
		}
		if key != "" && key != "!" {
			screen.Update(tea.KeyPressMsg{Text: key})
		}
		if i == 1 || i == 3 {
			screen.Update(record.Bookmark{Note: fmt.Sprintf("mark\x1b[2J %d", i)})
		}
	}
	if last == "!" {
		func() {
			defer func() { _ = recover() }()
			screen.Update(tea.KeyPressMsg{Text: "!"})
		}()
	}
	r.Close()
	l, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := record.NewPlayer(l, func(record.Sitting, []string) record.Screen { return &counter{} })
	if err != nil {
		t.Fatal(err)
	}
	s := New(p, o)
	s.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return s
}

// pass lets so much time go by.
func pass(s *Screen, d time.Duration) {
	now := time.Unix(1000, 0)
	if s.ticked.After(now) {
		now = s.ticked
	}
	s.Update(tick{s.run, now})
	for step := time.Duration(0); step <= d; step += beat {
		run(s, func() tea.Msg { return tick{s.run, now.Add(step)} })
	}
}

// press presses keys.
func press(s *Screen, keys ...string) {
	for _, key := range keys {
		run(s, s.press(key))
	}
}

// run runs a command if it seeks.
func run(s *Screen, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case sought:
		_, cmd := s.Update(msg)
		run(s, cmd)
	case tick:
		s.Update(msg)
	}
}

// wants compares the number of keys that the screen shows.
func wants(t *testing.T, s *Screen, after string, keys int) {
	t.Helper()
	if drawn := ansi.Strip(s.draw()); !strings.Contains(drawn, fmt.Sprintf("%d keys", keys)) {
		t.Errorf("after %s there are not %d keys:\n%s", after, keys, drawn)
	}
}

func TestPlaying(t *testing.T) {
	s := play(t, "", Options{})
	wants(t, s, "nothing", 0)
	pass(s, 2500*time.Millisecond)
	wants(t, s, "2.5 s", 2)
	s.press("space")
	pass(s, 5*time.Second)
	wants(t, s, "a pause", 2)
	s.press("space")
	pass(s, 5*time.Second)
	wants(t, s, "5 s more", 3)
	press(s, "i", "i")
	pass(s, time.Second)
	wants(t, s, "a bounded pause", 4)
	for range 3 {
		s.press("+")
	}
	pass(s, time.Second)
	wants(t, s, "the end, eight times as fast", 6)
	if s.playing {
		t.Error("it plays beyond its end")
	}
}

func TestLoop(t *testing.T) {
	s := play(t, "", Options{Speed: 1000, Idle: time.Millisecond, Loop: true})
	if s.o.Speed != fastest {
		t.Errorf("the speed is %v", s.o.Speed)
	}
	begun := false
	for range 1000 {
		run(s, func() tea.Msg { return tick{s.run, s.ticked.Add(beat)} })
		begun = begun || s.at == s.log.Begin
	}
	if !s.playing {
		t.Error("it ends")
	}
}

func TestMoves(t *testing.T) {
	s := play(t, "", Options{})
	for _, step := range []struct {
		key  string
		keys int
	}{
		{"]", 2}, {"]", 4}, {"[", 2}, {"left", 2}, {"left", 1}, {"right", 2}, {"right", 2}, {"right", 3}, {"end", 6}, {"left", 5}, {"home", 0}, {"[", 0},
		{"G", 6}, {"]", 6}, {"right", 6}, {"5", 3}, {"9", 3}, {"0", 0}, {".", 1}, {".", 2}, {",", 1}, {"g", 0}, {",", 0}, {"shift+right", 2}, {"shift+left", 0},
	} {
		press(s, step.key)
		wants(t, s, step.key, step.keys)
		if s.playing && step.key != "5" && step.key != "9" && step.key != "0" {
			t.Errorf("%s goes on playing", step.key)
		}
	}
	press(s, "end", "space")
	wants(t, s, "playing at the end", 0)
	press(s, "?", "left")
	if s.help {
		t.Error("help stays")
	}
	if cmd := s.press("q"); cmd == nil {
		t.Error("q does not leave")
	}
}

// TestSeeking presses keys while a place is sought: the last one counts.
func TestSeeking(t *testing.T) {
	s := play(t, "", Options{})
	press(s, "end")
	s.player = mustPlayer(t, s.log) // that remembers no frame
	first := s.press("left")
	if !s.seeking {
		t.Fatal("nothing is sought")
	}
	s.press("left")
	s.press("left")
	pass(s, time.Second) // ticks touch nothing meanwhile
	run(s, first)
	wants(t, s, "left three times: before f, before e, at a bookmark", 4)
}

func mustPlayer(t *testing.T, l *record.Log) *record.Player {
	t.Helper()
	p, err := record.NewPlayer(l, func(record.Sitting, []string) record.Screen { return &counter{} })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFails(t *testing.T) {
	s := play(t, "!", Options{})
	press(s, "end")
	if s.Failed() == nil || !strings.Contains(ansi.Strip(s.draw()), "makes the screen fail: impossible") {
		t.Errorf("%v:\n%s", s.Failed(), ansi.Strip(s.draw()))
	}
	if s.press("space") != nil || errors.Is(s.Failed(), nil) {
		t.Error("it goes on")
	}
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 13}, {60, 10}, {30, 12}, {1, 1}, {240, 70}} {
		s := play(t, "", Options{Speed: 2, Idle: time.Second})
		s.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		press(s, "]")
		drawn := s.draw()
		golden.Exact(t, drawn, size[0], size[1])
		if strings.Contains(drawn, "\x1b[2J") {
			t.Error("a note clears the screen")
		}
		if size[0] >= 60 && size[0] < 240 {
			golden.Same(t, fmt.Sprintf("play-%dx%d", size[0], size[1]), ansi.Strip(drawn))
		}
		press(s, "?")
		golden.Exact(t, s.draw(), size[0], size[1])
	}
}
