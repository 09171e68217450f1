package picker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
)

// machine is a desk on a machine with some models, in the folder home.
func machine(t *testing.T) (screen *screentest.Screen, home string) {
	t.Helper()
	home = t.TempDir()
	tiny, err := filepath.Abs(filepath.Join("..", "..", "model", "testdata", "llama-mha"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"models/tiny-llama", "work"} {
		if err := os.MkdirAll(filepath.Join(home, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(home, "models/tiny-llama"), os.DirFS(tiny)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "models/broken.gguf"), []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 3, 12, 0, 0, 0, time.Local)
	err = filepath.WalkDir(home, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		day = day.Add(time.Second)
		return os.Chtimes(path, day, day)
	})
	if err != nil {
		t.Fatal(err)
	}
	return screentest.New(t, map[string]string{"HOME": home}, engine.Options{ModelFolders: []string{filepath.Join(home, "models")}}), home
}

// neutral draws with the folder of the test called ~.
func neutral(s *Sheet, home string, width, height int) string {
	for i := range s.found {
		s.found[i].Ref, s.found[i].Where = strings.ReplaceAll(s.found[i].Ref, home, "~"), strings.ReplaceAll(s.found[i].Where, home, "~")
		s.found[i].Why = strings.ReplaceAll(s.found[i].Why, home, "~")
	}
	if !s.paths {
		s.fill()
	}
	return s.View(width, height)
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{76, 18}, {116, 26}} {
		screen, home := machine(t)
		s := New(screen.Desk, []string{filepath.Join(home, "models", "tiny-llama"), "/gone"})
		screen.Run(s.Enter(), s)
		w, h := s.Size(size[0], size[1])
		drawn := neutral(s, home, w, h)
		golden.Exact(t, drawn, w, h)
		golden.Same(t, fmt.Sprintf("found-%dx%d", size[0], size[1]), drawn)
		screen.Run(screentest.Type(s, "brok"), s)
		golden.Same(t, fmt.Sprintf("broken-%dx%d", size[0], size[1]), neutral(s, home, w, h))
		if len(screen.Desk.Jobs) > 0 {
			t.Errorf("jobs are left: %+v", screen.Desk.Jobs)
		}
	}
}

func TestOpens(t *testing.T) {
	for _, c := range []struct {
		name, typed string
		ref         string // below home; empty if none is chosen
		said        string
	}{
		{"the first", "", "models/tiny-llama", ""},
		{"by letters", "embthink", "embedded:thinking", ""},
		{"one that is broken", "broken", "", "can't be opened"},
		{"a path", "~/models/tiny-llama", "models/tiny-llama", ""},
		{"a path from here", "../models/broken.gguf", "models/broken.gguf", ""},
		{"a path to nothing", "~/models/none", "", "is not there"},
		{"nothing of this name", "zzzz", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			screen, home := machine(t)
			t.Chdir(filepath.Join(home, "work"))
			s := New(screen.Desk, []string{filepath.Join(home, "models", "tiny-llama")})
			screen.Run(s.Enter(), s)
			screen.Run(screentest.Type(s, c.typed), s)
			cmd, _ := s.Do(keys.Choose)
			screen.Run(cmd, s)
			want := c.ref
			if want != "" && !strings.Contains(want, ":") {
				want = filepath.Join(home, want)
			}
			if got, ok := s.Chosen(); got != want || ok != (want != "") || s.Done() != ok {
				t.Errorf("%q opens %q, want %q", c.typed, got, want)
			}
			if !strings.Contains(screen.Desk.Status.Text, c.said) {
				t.Errorf("it says %q", screen.Desk.Status.Text)
			}
		})
	}
}

// TestFolders goes down to a model with enter alone, pressed before each answer
// came.
func TestFolders(t *testing.T) {
	screen, home := machine(t)
	s := New(screen.Desk, nil)
	cmd := s.Paste(home + "/mod")
	s.Do(keys.Choose)
	screen.Run(cmd, s)
	if got := s.list.Text(); got != home+"/models/" {
		t.Fatalf("enter goes into %q", got)
	}
	if view := ansi.Strip(s.View(120, 12)); !strings.Contains(view, "/models/broken.gguf") || !strings.Contains(view, "/models/tiny-llama") {
		t.Errorf("the folder is shown as\n%s", view)
	}
	s.Do(keys.Down)
	s.Do(keys.Choose)
	if ref, _ := s.Chosen(); ref != filepath.Join(home, "models", "tiny-llama") {
		t.Errorf("enter opens %q", ref)
	}
}

// TestClosed ends the search with the sheet, and leaves no job behind.
func TestClosed(t *testing.T) {
	screen, _ := machine(t)
	s := New(screen.Desk, nil)
	enter := s.Enter()
	first := enter()
	cmd, _ := s.Do(keys.Back)
	screen.Run(cmd)
	if len(screen.Desk.Jobs) > 0 || !s.Done() {
		t.Errorf("jobs are left: %+v", screen.Desk.Jobs)
	}
	if _, ok := first.(engine.Models); !ok {
		t.Errorf("the search brought %#v", first)
	}
}

// TestHostile shows names that would act on the terminal.
func TestHostile(t *testing.T) {
	screen := screentest.New(t, nil, engine.Options{})
	s := New(screen.Desk, nil)
	s.search = 7
	s.Receive(engine.Models{Gen: 7, Found: []engine.FoundModel{{Ref: "\x1b]0;x\x07", Name: "a\x1b[2Jb", Architecture: "\u202ellama", Why: "\x9b1m"}}})
	drawn := s.View(120, 12)
	for _, bad := range []string{"\x1b[2J", "\x1b]0", "\u202e"} {
		if strings.Contains(drawn, bad) || !utf8.ValidString(drawn) {
			t.Errorf("%q reaches the screen", bad)
		}
	}
}

func BenchmarkView(b *testing.B) {
	s := New(screentest.New(b, nil, engine.Options{}).Desk, nil)
	s.search = 7
	for i := range 1000 {
		s.found = append(s.found, engine.FoundModel{Ref: fmt.Sprint(i), Name: fmt.Sprintf("org/model-%d.gguf", i), Architecture: "llama", Bytes: 1e8, Where: "somewhere"})
	}
	s.fill()
	for b.Loop() {
		s.View(130, 40)
	}
}
