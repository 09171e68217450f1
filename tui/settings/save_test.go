package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiller/tui/theme"
)

func TestSave(t *testing.T) {
	for _, test := range []struct {
		name, text string
		change     func(*Settings)
		want       string
	}{
		{"nothing", "theme:   dark # mine\n\n", func(*Settings) {}, "theme:   dark # mine\n\n"},
		{"into an empty file", "", func(s *Settings) { s.Theme, s.Colours, s.Mouse = theme.Dark, Colours16, false },
			"theme: dark\ncolours: 16\nmouse: false\n"},
		{"after comments", "# mine", func(s *Settings) { s.Theme = theme.Dark }, "# mine\ntheme: dark\n"},
		{"among comments", `# about all

# about the theme
theme: dark # by day
# about nothing
thme: light
mouse: maybe # who knows
vectors: # where they are
  - ~/a # first
  - ~/b
keys: # mine
  # as in vim
  copy: y # yank
  oops: [1, 2]
  undo: U
# the end
`, func(s *Settings) {
			s.Theme, s.Frames, s.Models = theme.Light, 60, []string{"~", "/a: b", "/a #c"}
			s.Keys = map[string][]string{"copy": {"Y"}, "weaker": {"-", "~", "#"}, "quit": {}}
		}, `# about all

# about the theme
theme: light # by day
# about nothing
thme: light
mouse: maybe # who knows
vectors: # where they are
  - ~/a # first
  - ~/b
keys: # mine
  # as in vim
  copy: Y # yank
  oops: [1, 2]
  quit: []
  weaker: ['-', "~", '#']
# the end

frames: 60
models: ["~", '/a: b', '/a #c']
`},
		{"back to the default", "theme: dark\nkeys:\n  copy: Y\n", func(s *Settings) { s.Theme, s.Keys = theme.Auto, nil },
			"theme: auto\nkeys: {}\n"},
		{"of two the first", "theme: dark\ntheme: light\n", func(s *Settings) { s.Theme = theme.Mono }, "theme: mono\ntheme: light\n"},
		{"over what was wrong", "theme: [a]\nkeys: 7\n", func(s *Settings) { s.Theme, s.Keys = theme.Mono, map[string][]string{"copy": {"Y"}} },
			"theme: mono\nkeys:\n  copy: Y\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := file(t, test.text)
			s, _, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			test.change(&s)
			if err := s.Save(path); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil || string(got) != test.want {
				t.Errorf("%s\nwant\n%s%v", got, test.want, err)
			}
		})
	}
}

func TestSaveRefuses(t *testing.T) {
	dark := func(s *Settings) { s.Theme = theme.Dark }
	for _, test := range []struct {
		name, text string
		change     func(*Settings)
		want       string // FILE for the path
	}{
		{"a comment goes", "keys:\n  copy: Y # mine\n", func(s *Settings) { s.Keys = nil },
			"settings are not saved, change FILE by hand: the comment in line 2 would be lost"},
		{"a comment in a list", "vectors:\n- /a # mine\n", func(s *Settings) { s.Vectors = nil },
			"settings are not saved, change FILE by hand: the comment in line 2 would be lost"},
		{"an anchor goes", "theme: &a light\nx: *a\n", dark,
			"settings are not saved, change FILE by hand: FILE is not YAML: unknown anchor 'a' referenced"},
		{"no such theme", "", func(s *Settings) { s.Theme = "purple" },
			"settings are not saved, change FILE by hand: it would not be read as it was meant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := file(t, test.text)
			s, _, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			test.change(&s)
			if err := s.Save(path); err == nil || strings.ReplaceAll(err.Error(), path, "FILE") != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != test.text {
				t.Errorf("the file holds %q, %v", got, err)
			}
		})
	}
	path := file(t, "- a")
	if err := Defaults().Save(path); err == nil || !strings.HasPrefix(err.Error(), "settings are not saved: "+path+", line 1: ") {
		t.Errorf("over a list: %v", err)
	}
}

func TestSaveAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "tiller", "config.yaml")
	if err := Defaults().Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a file that says nothing was made: %v", err)
	}
	s := changed(func(s *Settings) { s.Plain = true })
	if err := s.Save(path); err != nil {
		t.Fatal(err)
	}
	if got, warnings, err := Load(path); err != nil || warnings != nil || !got.equal(s) {
		t.Errorf("%+v, %q, %v", got, warnings, err)
	}
}
