package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/assets"
	"tiller/steering/library"
)

// machine is a home folder with models, the working directory in it, and an
// engine there.
func machine(t *testing.T) (home string, e *Engine) {
	t.Helper()
	home = t.TempDir()
	tiny, err := filepath.Abs(filepath.Join("..", "..", "model", "testdata", "llama-mha"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"models/mine", "here/there", ".hidden"} {
		if err := os.CopyFS(filepath.Join(home, folder), os.DirFS(tiny)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"models/bad.gguf": "no GGUF", "models/notes.txt": "no model", "answers.md": "old"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(home, "here"))
	env := map[string]string{"HOME": home}
	e = New(library.New(assets.FS), Options{
		Threads: 1, Frame: 1, Getenv: func(name string) string { return env[name] },
		ModelFolders: []string{filepath.Join(home, "models"), filepath.Join(home, "missing")},
	})
	t.Cleanup(e.Close)
	return home, e
}

func TestModels(t *testing.T) {
	home, e := machine(t)
	mine := filepath.Join(home, "models", "mine")
	var all Models
	for msg := e.Models(3, []string{mine, filepath.Join(home, "gone")})(); ; msg = e.More(3)() {
		m := msg.(Models)
		all = mergeModels(all, m).(Models)
		if m.Done {
			break
		}
	}
	var got []string
	for _, m := range all.Found {
		got = append(got, strings.Join([]string{m.Name, m.Where, m.Architecture, map[bool]string{true: "opens", false: "refused"}[m.Why == ""]}, " "))
		if m.Why == "" && m.Bytes == 0 {
			t.Errorf("%s has no size", m.Name)
		}
	}
	want := []string{
		"mine opened before llama opens",
		"embedded:base embedded llama opens",
		"embedded:thinking embedded llama opens",
		"bad.gguf " + filepath.Join(home, "models") + "  refused",
		"there this folder llama opens",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(all.Notes) != 1 || !strings.Contains(all.Notes[0], "missing") {
		t.Errorf("notes: %q", all.Notes)
	}
}

func TestDrop(t *testing.T) {
	_, e := machine(t)
	e.Models(3, nil)()
	e.Drop(3)()
	if msg := e.More(3)(); msg != nil {
		t.Errorf("after it was dropped comes %#v", msg)
	}
}

func TestPlaces(t *testing.T) {
	home, e := machine(t)
	for _, c := range []struct{ text, want string }{
		{"~/mo", "models/"},
		{"~/models/", "bad.gguf mine"},
		{"~/models/m", "mine"},
		{"~/models/mine/", "."},
		{"./", "there"},
		{home + "/models/b", "bad.gguf"},
		{"~/", "here/ models/"},
		{"~/.h", ".hidden"},
		{"~/none/x", ""},
		{"~", ""},
	} {
		msg := e.Places(4, c.text)().(Places)
		var got []string
		for _, p := range msg.Found {
			name := p.Name
			if name == "" {
				name = "."
			}
			if p.Folder {
				name += "/"
			}
			if !filepath.IsAbs(p.Ref) {
				t.Errorf("%s leads to %s", c.text, p.Ref)
			}
			got = append(got, name)
		}
		if s := strings.Join(got, " "); s != c.want && c.text != "~" {
			t.Errorf("%s may become %q, want %q", c.text, s, c.want)
		}
	}
}

func TestSaveText(t *testing.T) {
	home, e := machine(t)
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	for _, c := range []struct {
		path    string
		replace bool
		file    string
		saved   Saved
		then    string
	}{
		{"new.md", false, "here/new.md", Saved{Gen: 5, Path: "~/here/new.md", Bytes: 4}, "text"},
		{"~/answers.md", false, "answers.md", Saved{Gen: 5, Path: "~/answers.md", Exists: true}, "old"},
		{"~/answers.md", true, "answers.md", Saved{Gen: 5, Path: "~/answers.md", Bytes: 4}, "text"},
	} {
		if got := e.SaveText(5, c.path, "text", c.replace)(); got != tea.Msg(c.saved) {
			t.Errorf("%s: %+v, want %+v", c.path, got, c.saved)
		}
		if got := read(filepath.Join(home, c.file)); got != c.then {
			t.Errorf("%s has %q, want %q", c.path, got, c.then)
		}
	}
	if failed, ok := e.SaveText(5, "none/x.md", "text", false)().(Failed); !ok || !strings.Contains(failed.Err, "x.md") {
		t.Errorf("a folder that is not there: %+v", failed)
	}
}
