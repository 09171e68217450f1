package drive

import (
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// script is a model that draws a text and does what each key is set to.
type script struct {
	text string
	does map[string]func(*script) tea.Cmd
	gets func(*script, tea.Msg) tea.Cmd
}

func (m *script) Init() tea.Cmd { return nil }

func (m *script) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyPressMsg); ok && m.does[k.String()] != nil {
		return m, m.does[k.String()](m)
	}
	if m.gets != nil {
		return m, m.gets(m, msg)
	}
	return m, nil
}

func (m *script) View() tea.View {
	v := tea.NewView(m.text)
	v.AltScreen = true
	return v
}

func start(t *testing.T, m tea.Model, o Options) *Session {
	t.Helper()
	s := Start(m, o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestKeyNames(t *testing.T) {
	for _, name := range []string{
		"a", "A", "é", "0", "+", "-", "{", "}", "?", ".", "/", "enter", "tab", "shift+tab", "esc", "space", "backspace",
		"ctrl+c", "ctrl+r", "alt+enter", "ctrl+left", "alt+p", "pgup", "f1", "ctrl++", "alt+up",
	} {
		k, err := key(name)
		if err != nil || k.String() != name {
			t.Errorf("%q gives %q, %v", name, k.String(), err)
		}
	}
	for _, name := range []string{"", "nokey", "ctrl+nokey", "\x1b", "\xff"} {
		if k, err := key(name); err == nil {
			t.Errorf("%q gives %q", name, k.String())
		}
	}
}

// TestIdle waits for commands that bring others: one after the other, some at
// once, and in a sequence.
func TestIdle(t *testing.T) {
	type step int
	after := func(n step) tea.Cmd {
		return tea.Tick(time.Millisecond, func(time.Time) tea.Msg { return n })
	}
	m := &script{
		text: "…",
		does: map[string]func(*script) tea.Cmd{
			"a": func(*script) tea.Cmd { return after(3) },
			"b": func(*script) tea.Cmd { return tea.Batch(after(2), nil, tea.Batch(after(1), after(1)), after(4)) },
			"c": func(*script) tea.Cmd { return tea.Sequence(after(1), tea.Batch(after(2), after(1)), after(3)) },
			"d": func(*script) tea.Cmd { return func() tea.Msg { return nil } },
			"e": func(*script) tea.Cmd { return func() tea.Msg { return tea.BatchMsg{} } },
		},
		gets: func(m *script, msg tea.Msg) tea.Cmd {
			n, ok := msg.(step)
			if !ok {
				return nil
			}
			if m.text += "x"; n > 1 {
				return after(n - 1)
			}
			return nil
		},
	}
	s := start(t, m, Options{})
	for _, test := range []struct {
		key  string
		more int
	}{{"a", 3}, {"b", 8}, {"c", 7}, {"d", 0}, {"e", 0}} {
		before := strings.Count(s.Screen(), "x")
		if err := s.Press(test.key); err != nil {
			t.Fatal(err)
		}
		if err := s.WaitIdle(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(s.Screen(), "x") - before; got != test.more {
			t.Errorf("%s: %d answers were taken in, want %d", test.key, got, test.more)
		}
	}
}

// TestCells draws what a plain emulator gets wrong.
func TestCells(t *testing.T) {
	const red = "\x1b[38;2;255;2;5m"
	m := &script{text: "日本e\u0301|\n" + red + "a\x1b[m\x1b[1mb\x1b[22mc\x1b[2md\x1b[22me\x1b[4;7mf\x1b[27;48;5;2mg\x1b[m."}
	s := start(t, m, Options{Width: 20, Height: 3})
	if err := s.WaitIdle(); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Screen(), "日本e\u0301|\nabcdefg.\n"; got != want {
		t.Errorf("screen %q, want %q", got, want)
	}
	cells := s.Cells()
	for x, want := range []Cell{{Text: "日", Width: 2}, {}, {Text: "本", Width: 2}, {}, {Text: "e\u0301", Width: 1}, {Text: "|", Width: 1}} {
		if cells[0][x] != want {
			t.Errorf("cell %d of the first line is %+v, want %+v", x, cells[0][x], want)
		}
	}
	for x, want := range []Cell{
		{Text: "a", FG: color.RGBA{255, 2, 5, 255}}, {Text: "b", Bold: true}, {Text: "c"}, {Text: "d", Faint: true}, {Text: "e"},
		{Text: "f", Underline: true, Reverse: true}, {Text: "g", Underline: true, BG: ansi.BasicColor(2)}, {Text: "."},
	} {
		want.Width = 1
		if cells[1][x] != want {
			t.Errorf("cell %d of the second line is %+v, want %+v", x, cells[1][x], want)
		}
	}
}

// TestTerminalTells passes on what it is like.
func TestTerminalTells(t *testing.T) {
	var told []string
	m := &script{gets: func(m *script, msg tea.Msg) tea.Cmd {
		switch msg := msg.(type) {
		case tea.BackgroundColorMsg:
			told = append(told, map[bool]string{true: "dark", false: "light"}[msg.IsDark()])
		case tea.ColorProfileMsg:
			told = append(told, msg.Profile.String())
		}
		m.text = strings.Join(told, " ")
		return nil
	}}
	s := start(t, m, Options{Light: true, Profile: colorprofile.ANSI})
	for _, want := range []string{"light", "ANSI"} {
		if err := s.Expect(want); err != nil {
			t.Error(err)
		}
	}
}

func TestFailures(t *testing.T) {
	m := &script{text: "here", does: map[string]func(*script) tea.Cmd{
		"q": func(*script) tea.Cmd { return tea.Quit },
		"b": func(*script) tea.Cmd { return func() tea.Msg { select {} } },
	}}
	s := start(t, m, Options{Width: 9, Height: 2})
	refused := func(err error, says string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	refused(s.Expect("gone"), `the screen does not show "gone", and nothing more is going to happen; the screen of 9 columns and 2 lines is`+"\nhere\n")
	refused(s.ExpectNot("here"), `the screen still shows "here"`)
	refused(s.Press("q+"), `cannot press "q+": there is no key`)
	if err := s.Press("b"); err != nil {
		t.Fatal(err)
	}
	s.limit = time.Millisecond
	refused(s.WaitIdle(), "still busy after 1ms")
	refused(s.Expect("gone"), "still busy after 1ms")
	refused(s.WaitEnd(), "the program goes on")
	s.limit = time.Minute
	if err := s.Press("q"); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitEnd(); err != nil || !s.Ended() || !s.Restored() {
		t.Errorf("ended %v, restored %v, %v", s.Ended(), s.Restored(), err)
	}
	refused(s.Press("q"), "the program has ended")
	refused(s.Expect("gone"), "the program has ended")
	refused(s.WaitIdle(), "the program has ended")
}
