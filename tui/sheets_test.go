package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/config"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/settings"
	"tiller/tui/theme"
)

// A bench is the whole screen on the embedded model.
type bench struct {
	*App
	screen *screentest.Screen
	quit   bool
}

// newBench opens the screen, 100 columns and 30 lines, in a folder of its own.
func newBench(t *testing.T) *bench {
	t.Helper()
	t.Chdir(t.TempDir())
	s := screentest.New(t, nil, engine.Options{})
	b := &bench{screen: s}
	b.App = New(Options{Engine: s.Desk.Engine, Settings: settings.Defaults(), Keys: keys.Default(), Model: "embedded:base"})
	b.run(t, b.Init())
	b.run(t, func() tea.Msg { return tea.WindowSizeMsg{Width: 100, Height: 30} })
	if b.desk.Model.Ref == "" {
		t.Fatalf("the model did not open: %s", b.desk.Status.Text)
	}
	return b
}

// run runs a command and all that comes of it.
func (b *bench) run(t *testing.T, cmd tea.Cmd) {
	t.Helper()
	for queue := []tea.Cmd{cmd}; len(queue) > 0; {
		cmd, queue = queue[0], queue[1:]
		if cmd == nil {
			continue
		}
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			queue = append(queue, msg...)
		case tea.QuitMsg:
			b.quit = true
		default:
			_, next := b.Update(msg)
			queue = append(queue, next)
		}
	}
}

// press presses keys, by their names or each letter of a text after "type ".
func (b *bench) press(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if text, ok := strings.CutPrefix(name, "type "); ok {
			for _, r := range text {
				b.run(t, func() tea.Msg { return tea.KeyPressMsg{Code: r, Text: string(r)} })
			}
			continue
		}
		key := map[string]tea.KeyPressMsg{
			"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "down": {Code: tea.KeyDown},
			"ctrl+o": {Code: 'o', Mod: tea.ModCtrl}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+p": {Code: 'p', Mod: tea.ModCtrl},
			"ctrl+u": {Code: 'u', Mod: tea.ModCtrl}, "ctrl+l": {Code: 'l', Mod: tea.ModCtrl},
		}[name]
		if key.Code == 0 {
			r := []rune(name)[0]
			key = tea.KeyPressMsg{Code: r, Text: name}
		}
		b.run(t, func() tea.Msg { return key })
	}
}

// expect wants a text on the screen.
func (b *bench) expect(t *testing.T, texts ...string) {
	t.Helper()
	drawn := ansi.Strip(b.draw())
	for _, text := range texts {
		if !strings.Contains(drawn, text) {
			t.Errorf("%q is not on the screen:\n%s", text, drawn)
		}
	}
}

func TestPalette(t *testing.T) {
	b := newBench(t)
	b.press(t, ":", "type go to plan")
	b.expect(t, "Go to Plan", "typing")
	b.press(t, "enter")
	if b.sheet != nil || b.at != planView {
		t.Error("the palette did not lead to Plan")
	}
	b.press(t, "ctrl+p")
	b.expect(t, "▸ plan")
	b.press(t, "type keys", "enter")
	b.expect(t, "Keys  and what the marks mean")
	b.press(t, "q")
	if b.quit || b.sheet != nil {
		t.Error("q quits from help")
	}
	strength := b.desk.Active().Plan.Text
	b.press(t, ":", "type stronger", "enter")
	if b.desk.Active().Plan.Text == strength {
		t.Error("the palette does not turn the dial")
	}
}

func TestOpenAnother(t *testing.T) {
	b := newBench(t)
	b.press(t, "ctrl+o")
	b.expect(t, "embedded:thinking", "embedded:base", "open now")
	b.press(t, "type think", "enter")
	if b.desk.Model.Ref != "embedded:thinking" || len(b.desk.Jobs) > 0 {
		t.Errorf("the model is %q, jobs %+v", b.desk.Model.Ref, b.desk.Jobs)
	}
	if recent := b.State().Recent; len(recent) != 2 || recent[0] != "embedded:thinking" {
		t.Errorf("remembered are %q", recent)
	}
}

func TestSave(t *testing.T) {
	b := newBench(t)
	b.press(t, "w")
	b.expect(t, "Save the answers as Markdown", "embedded-base-eve-0")
	b.press(t, "ctrl+u", "type a.md", "enter")
	b.expect(t, "a.md:", "bytes.")
	first, err := os.ReadFile("a.md")
	if err != nil || !strings.Contains(string(first), "## steered") {
		t.Fatalf("the file has %q, %v", first, err)
	}
	b.press(t, "-", "w", "ctrl+u", "type a.md", "enter")
	b.expect(t, "is there already", "keys")
	b.press(t, "n")
	if same, _ := os.ReadFile("a.md"); string(same) != string(first) {
		t.Error("no replaces the file")
	}
	b.press(t, "w", "ctrl+u", "type a.md", "enter", "y")
	if other, _ := os.ReadFile("a.md"); string(other) == string(first) {
		t.Error("yes leaves the file as it was")
	}
	b.press(t, "w", "ctrl+u", "type none/a.md", "enter")
	b.expect(t, "✗", "a.md")
	if left, _ := filepath.Glob("*"); len(left) != 1 {
		t.Errorf("files are left: %q", left)
	}
}

func TestCopy(t *testing.T) {
	b := newBench(t)
	b.press(t, "y")
	b.expect(t, "base answer", "6 tokens", "tiller run --model embedded:base")
	b.press(t, "r")
	b.expect(t, "Copied the command")
	if b.sheet != nil {
		t.Error("the list stays up")
	}
}

func TestQuit(t *testing.T) {
	b := newBench(t)
	b.desk.Vectors[0].Unsaved = true
	name := b.desk.Vectors[0].Name
	b.press(t, "q")
	b.expect(t, name+" was derived here")
	b.press(t, "n")
	if b.quit || b.sheet != nil {
		t.Error("no quits")
	}
	b.press(t, "q", "y")
	if !b.quit {
		t.Error("yes does not quit")
	}
	b.quit = false
	b.press(t, "ctrl+c", "ctrl+c")
	b.expect(t, name+" was derived here")
	if b.quit {
		t.Error("ctrl+c twice loses work without asking")
	}
	b.press(t, "ctrl+c")
	if !b.quit {
		t.Error("ctrl+c does not quit at last")
	}
	b.quit, b.desk.Vectors[0].Unsaved = false, false
	b.press(t, "esc", "q")
	if !b.quit {
		t.Error("q asks though nothing is lost")
	}
}

// TestWarnings shows what is wrong with the config file until a key is pressed,
// whole where that takes more than a line.
func TestWarnings(t *testing.T) {
	b := newBench(t)
	long := "config.yaml, line 1: " + strings.Repeat("much ", 30) + "is wrong."
	b.App = New(Options{
		Engine: b.desk.Engine, Settings: settings.Defaults(), Keys: keys.Default(), Model: "embedded:base",
		Warnings: []string{long, "config.yaml, line 2: more."},
	})
	b.run(t, b.Init())
	b.run(t, func() tea.Msg { return tea.WindowSizeMsg{Width: 100, Height: 30} })
	b.expect(t, "! config.yaml, line 1", "g , shows the others.)", "── base")
	if lines := strings.Count(b.draw(), "\n") + 1; lines != 30 {
		t.Errorf("the screen has %d lines", lines)
	}
	b.press(t, "h")
	b.expect(t, "+ stronger")
	b.press(t, "g", ",")
	b.expect(t, "! config.yaml, line 1", "! config.yaml, line 2: more.")
}

// TestHiddenLanes says how many lanes there is no room for, and where they are.
func TestHiddenLanes(t *testing.T) {
	b := newBench(t)
	b.press(t, "t")
	b.expect(t, "1 more →")
	b.press(t, "d", "d")
	b.expect(t, "← 2 more", "1 more →")
	b.press(t, "z")
	if drawn := ansi.Strip(b.draw()); strings.Contains(drawn, " more") {
		t.Errorf("one lane alone on purpose hides none:\n%s", drawn)
	}
}

// TestTypedControls keeps bidirectional controls that are typed off the screen.
func TestTypedControls(t *testing.T) {
	b := newBench(t)
	b.press(t, "i", "ctrl+u")
	b.run(t, func() tea.Msg { return tea.PasteMsg{Content: "eve\u202e +1"} })
	if drawn := b.draw(); strings.ContainsRune(drawn, '\u202e') {
		t.Errorf("they are drawn:\n%q", drawn)
	}
	b.expect(t, "unknown: eve⟨202E⟩")
}

func TestInterruptClosesSheets(t *testing.T) {
	b := newBench(t)
	b.press(t, "?", "ctrl+c")
	if b.sheet != nil || b.quit {
		t.Error("ctrl+c does not close help, or quits")
	}
}

func TestSettingsApply(t *testing.T) {
	b := newBench(t)
	s := settings.Defaults()
	s.Theme, s.Mouse, s.MaxTokens, s.Keys = theme.Mono, false, 4, map[string][]string{"zoom": {"Z"}}
	b.run(t, func() tea.Msg { return config.Changed{Settings: s} })
	if v := b.View(); v.MouseMode != tea.MouseModeNone {
		t.Error("the mouse is still on")
	}
	if n := len(b.desk.Base().Answer.Tokens); n != 4 {
		t.Errorf("the answer has %d tokens", n)
	}
	if got := b.desk.Keys.Key(keys.Compare, keys.Zoom); got != "Z" {
		t.Errorf("zoom is on %q", got)
	}
	if b.desk.Theme.Frame.GetForeground() == theme.New(theme.Dark, true, b.profile).Frame.GetForeground() {
		t.Error("the theme is as before")
	}
	b.press(t, "g", ",")
	b.expect(t, "‹ auto ›")
}
