package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
	"tiller/tui/settings"
	"tiller/tui/theme"
)

// open is the view of a config file that says little.
func open(t testing.TB) (screen *screentest.Screen, v *View, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tiller", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("# mine\ntheme: dark\nvectors: [~/v]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, warnings, err := settings.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	screen = screentest.New(t, nil, engine.Options{})
	return screen, New(screen.Desk, s, path, warnings), path
}

// to moves to the row of a name.
func (v *View) to(t *testing.T, name string) {
	t.Helper()
	for v.Do(keys.Top); v.rows[v.at].name != name; v.move(1) {
		if v.at == len(v.rows)-1 {
			t.Fatalf("there is no row %q", name)
		}
	}
}

// changed is the last message that the settings are others.
func changed(t *testing.T, screen *screentest.Screen) settings.Settings {
	t.Helper()
	for i := len(screen.Seen) - 1; i >= 0; i-- {
		if c, ok := screen.Seen[i].(Changed); ok {
			return c.Settings
		}
	}
	t.Error("nothing says that the settings are others")
	return settings.Settings{}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 22}, {120, 30}} {
		_, v, _ := open(t)
		v.path, v.warnings = "~/.config/tiller/config.yaml", []string{"~/.config/tiller/config.yaml, line 3: there is no setting \"them\"; did you mean \"theme\"?"}
		for _, name := range []string{"theme", "models", "compare.zoom"} {
			v.to(t, name)
			drawn := v.View(size[0], size[1])
			golden.Exact(t, drawn, size[0], size[1])
			golden.Same(t, fmt.Sprintf("%s-%dx%d", strings.TrimPrefix(name, "compare."), size[0], size[1]), drawn)
		}
	}
}

func TestSizes(t *testing.T) {
	_, v, _ := open(t)
	for _, size := range [][2]int{{60, 14}, {60, 3}, {240, 70}} {
		for range len(v.rows) + 2 {
			golden.Exact(t, v.View(size[0], size[1]), size[0], size[1])
			v.Do(keys.Down)
		}
	}
}

func TestChoices(t *testing.T) {
	screen, v, path := open(t)
	v.to(t, "theme")
	cmd, _ := v.Do(keys.Change)
	screen.Run(cmd, v)
	if got := changed(t, screen); got.Theme != theme.Mono {
		t.Errorf("the theme is %q", got.Theme)
	}
	if got := read(t, path); got != "# mine\ntheme: mono\nvectors: [~/v]\n" {
		t.Errorf("the file is %q", got)
	}
	for range 2 {
		cmd, _ = v.Do(keys.Left)
		screen.Run(cmd, v)
	}
	if got := changed(t, screen); got.Theme != theme.Light {
		t.Errorf("two back the theme is %q", got.Theme)
	}
	if !strings.Contains(screen.Desk.Status.Text, "Saved") || len(screen.Desk.Jobs) > 0 {
		t.Errorf("it says %q, and jobs are %+v", screen.Desk.Status.Text, screen.Desk.Jobs)
	}
}

func TestTyped(t *testing.T) {
	screen, v, path := open(t)
	v.to(t, "max_tokens")
	v.Do(keys.Change)
	if !v.Typing() || v.Context() != keys.Typing {
		t.Fatal("a number is not typed")
	}
	screentest.Type(v, "x")
	v.Do(keys.Generate)
	if !v.Typing() || !strings.Contains(ansi.Strip(v.View(80, 22)), "✗ max_tokens is a whole number") {
		t.Errorf("a wrong number is taken, or not said to be:\n%s", ansi.Strip(v.View(80, 22)))
	}
	v.Do(keys.Back)
	v.Do(keys.Change)
	screentest.Type(v, "0")
	cmd, _ := v.Do(keys.Generate)
	screen.Run(cmd, v)
	if got := changed(t, screen); got.MaxTokens != 2560 || v.Typing() {
		t.Errorf("max_tokens is %d", got.MaxTokens)
	}
	if got := read(t, path); !strings.Contains(got, "max_tokens: 2560") {
		t.Errorf("the file is %q", got)
	}
}

func TestFolders(t *testing.T) {
	screen, v, path := open(t)
	type_ := func(text string) {
		v.Do(keys.Change)
		v.input.SetValue("")
		v.Paste(text)
		cmd, _ := v.Do(keys.Generate)
		screen.Run(cmd, v)
	}
	v.to(t, "models")
	type_("models")
	if !v.Typing() || v.refused == "" {
		t.Error("a folder that begins nowhere is taken")
	}
	v.Do(keys.Back)
	type_("~/models")
	v.to(t, "vectors")
	type_("/v2")
	if got := read(t, path); !strings.Contains(got, "vectors: [/v2]") || !strings.Contains(got, "models: [~/models]") {
		t.Errorf("the file is %q", got)
	}
	v.to(t, "vectors")
	type_("")
	if got := changed(t, screen); len(got.Vectors) != 0 || len(got.Models) != 1 {
		t.Errorf("the folders are %q and %q", got.Vectors, got.Models)
	}
}

func TestKeysAreTold(t *testing.T) {
	screen, v, _ := open(t)
	v.to(t, "compare.zoom")
	if cmd, taken := v.Do(keys.Change); cmd != nil || !taken || !strings.Contains(screen.Desk.Status.Text, "keys:") {
		t.Errorf("it says %q", screen.Desk.Status.Text)
	}
}

// TestNotSaved applies what can't be saved, and says so.
func TestNotSaved(t *testing.T) {
	screen, v, path := open(t)
	if err := os.WriteFile(path, []byte("a: [b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd, _ := v.Do(keys.Change)
	screen.Run(cmd, v)
	if got := changed(t, screen); got.Theme != theme.Mono || !strings.Contains(screen.Desk.Status.Text, "not saved") {
		t.Errorf("the theme is %q; it says %q", got.Theme, screen.Desk.Status.Text)
	}
	screen.Seen = nil
	v.path = ""
	cmd, _ = v.Do(keys.Change)
	screen.Run(cmd, v)
	if changed(t, screen); !strings.Contains(screen.Desk.Status.Text, "no place") {
		t.Errorf("without a file it says %q", screen.Desk.Status.Text)
	}
}

func TestReadAgain(t *testing.T) {
	screen, v, _ := open(t)
	s := settings.Defaults()
	s.Frames = 60
	screen.Run(v.Receive(engine.SettingsRead{Settings: s, Warnings: []string{"one\x1b[2J"}}), v)
	if got := changed(t, screen); got.Frames != 60 {
		t.Errorf("frames are %d", got.Frames)
	}
	if drawn := v.View(80, 22); strings.Contains(drawn, "\x1b[2J") || !strings.Contains(drawn, "one␛") {
		t.Error("the warning acts on the terminal")
	}
	v.Receive(engine.SettingsRead{Err: "No."})
	if screen.Desk.Status.Text != "No." {
		t.Errorf("it says %q", screen.Desk.Status.Text)
	}
}

func TestClick(t *testing.T) {
	_, v, _ := open(t)
	v.View(80, 22)
	v.Click(4, 3)
	if v.rows[v.at].name != "mouse" {
		t.Errorf("a click goes to %q", v.rows[v.at].name)
	}
	if v.Click(4, 3); v.settings.Mouse {
		t.Error("a second click changes nothing")
	}
	v.to(t, "compare.zoom")
	v.View(80, 22)
	at := v.at
	v.Click(4, 0)
	v.Wheel(4, 4, -3)
	if v.at != at-3 {
		t.Errorf("the wheel goes from row %d to %d", at, v.at)
	}
}

func BenchmarkView(b *testing.B) {
	_, v, _ := open(b)
	v.move(60)
	for b.Loop() {
		v.View(200, 48)
	}
}
