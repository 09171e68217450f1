package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tiller/tui/theme"
)

// file writes a config file.
func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// changed is the default with a change.
func changed(change func(*Settings)) Settings {
	s := Defaults()
	change(&s)
	return s
}

const whole = `
theme: dark
colours: 16
mouse: no
plain: true
frames: 60
threads: 4
max_tokens: 1000
vectors: [~/vectors, /data]
models: ~/models
keys:
  generate: ctrl+g
  compare.copy: [y, "="]
  neutral: ~
  quit: []
  search:
`

func TestLoad(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       Settings
		warnings   string // FILE for the path
	}{
		{"nothing", "", Defaults(), ""},
		{"comments", "# none\n", Defaults(), ""},
		{"null", "~", Defaults(), ""},
		{"a mark", "\xef\xbb\xbftheme: light", changed(func(s *Settings) { s.Theme = theme.Light }), ""},
		{"empty values", "theme:\nvectors:\nkeys:\n", Defaults(), ""},
		{"all", whole, Settings{
			Theme: theme.Dark, Colours: Colours16, Plain: true, Frames: 60, Threads: 4, MaxTokens: 1000,
			Vectors: []string{"~/vectors", "/data"}, Models: []string{"~/models"},
			Keys: map[string][]string{"generate": {"ctrl+g"}, "compare.copy": {"y", "="}, "neutral": {"~"}, "quit": {}, "search": {}},
		}, `FILE: keys: in compare, "=" means "copy", and "stronger" everywhere else.`},
		{"faults", `thme: dark
theme: purple
colours: [16]
max-tokens: 7
max_tokens: 0
threads: many
mouse: maybe
x: {y: 1}
theme: dark
? [a]
: b
frames: 60
`, changed(func(s *Settings) { s.Frames = 60 }),
			`FILE, line 9: "theme" stands twice, and the first counts.
FILE, line 10: a name is expected.
FILE, line 1: there is no setting "thme"; did you mean "theme"?
FILE, line 2: theme is auto, light, dark or mono, not "purple".
FILE, line 3: colours: a single value is expected, not a list.
FILE, line 4: there is no setting "max-tokens"; did you mean "max_tokens"?
FILE, line 5: max_tokens is a whole number from 1 to 1048576, not "0".
FILE, line 6: threads is a whole number from 0 to 1024, not "many".
FILE, line 7: mouse is true or false, not "maybe".
FILE, line 8: there is no setting "x".`},
		{"folders", "models:\n- a\n- /b\n- \"c\\0d\"\nvectors: {a: b}", changed(func(s *Settings) { s.Models = []string{"/b"} }),
			`FILE, line 1: models: "a" is relative, and to nothing: begin it with "~/".
FILE, line 1: models: "c\x00d" is no folder.
FILE, line 5: vectors: a single value is expected, not a map.`},
		{"keys", "keys:\n  coppy: y\n  save: pagup\n  undo: {}\n  redo: U\n", changed(func(s *Settings) { s.Keys = map[string][]string{"redo": {"U"}} }),
			`FILE, line 2: keys: "coppy": there is no action "coppy"; did you mean "copy"?
FILE, line 3: keys: "save": there is no key "pagup"; did you mean "pgup"?
FILE, line 4: keys: "undo": a single value is expected, not a map.`},
		{"keys, not a map", "keys: [a]", Defaults(), `FILE, line 1: keys are written as "save: w", one a line.`},
		{"no way out", "keys:\n  interrupt: []\n  redo: U\n", Defaults(),
			`FILE: keys: no change was made, since no key would be left for "interrupt" everywhere.`},
		{"an alias", "theme: &a dark\ncolours: *a\nkeys: {redo: [*a]}", changed(func(s *Settings) { s.Theme = theme.Dark; s.Keys = map[string][]string{} }),
			`FILE, line 2: colours: the alias *a is not followed: write the value out.
FILE, line 3: keys: "redo": the alias *a is not followed: write the value out.`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := file(t, test.text)
			got, warnings, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%+v\nwant %+v", got, test.want)
			}
			if said := strings.ReplaceAll(strings.Join(warnings, "\n"), path, "FILE"); said != test.warnings {
				t.Errorf("%s\nwant\n%s", said, test.warnings)
			}
		})
	}
	if s, warnings, err := Load(filepath.Join(t.TempDir(), "none", "config.yaml")); err != nil || warnings != nil || !s.equal(Defaults()) {
		t.Errorf("a file that is not there: %+v, %q, %v", s, warnings, err)
	}
}

// The example in the documentation is a config file that nothing is wrong with, and says of each
// setting what holds without it.
func TestLoadDocumented(t *testing.T) {
	document, err := os.ReadFile("../../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(document), "```yaml\n")
	text, _, ok := strings.Cut(text, "```\n")
	if !ok {
		t.Fatal("docs/keys.md has no example")
	}
	s, warnings, err := Load(file(t, text))
	if err != nil || warnings != nil {
		t.Errorf("%q, %v", warnings, err)
	}
	if s.Vectors == nil || s.Models == nil || s.Keys == nil {
		t.Errorf("the example leaves something out: %+v", s)
	}
	for _, f := range Fields() {
		if !strings.Contains(text, "\n"+f.Name+": ") && !strings.HasPrefix(text, f.Name+": ") {
			t.Errorf("the example has no %s", f.Name)
		}
		if f.Value(s) != f.Value(Defaults()) {
			t.Errorf("the example has %s: %s, which is not the default", f.Name, f.Value(s))
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a list", "\n- a", `FILE, line 2: settings are written as "theme: dark", one a line`},
		{"a text", "dark", `FILE, line 1: settings are written as "theme: dark", one a line`},
		{"two documents", "theme: dark\n---\ntheme: light\n", "FILE, line 2: a second YAML document begins"},
		{"bytes", "theme: dark\n\xff", "FILE, line 2: it is not valid UTF-8 there"},
		{"a tab", "theme: dark\n\tmouse: true\n", "FILE, line 2: it is not YAML: found a tab character that violates indentation"},
		{"long", strings.Repeat("#", maxConfig+1), "FILE is too long: 262144 bytes are read at most"},
		{"deep", strings.Repeat("[", 20000), "FILE is not YAML: exceeded max depth of 10000"},
		{"no anchor", "a: *b", "FILE is not YAML: unknown anchor 'b' referenced"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := file(t, test.text)
			got, _, err := Load(path)
			if err == nil || strings.ReplaceAll(err.Error(), path, "FILE") != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if !got.equal(Defaults()) {
				t.Errorf("%+v", got)
			}
		})
	}
	folder := t.TempDir()
	if _, _, err := Load(folder); err == nil || err.Error() != folder+" is not a file" {
		t.Errorf("a folder: %v", err)
	}
}

// A short file can stand for a huge one: ten levels of nine aliases each are 3 billion values.
func TestLoadBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := 1; i <= 10; i++ {
		last := "*a" + string(rune('0'+i-1))
		b.WriteString("a" + string(rune('0'+i%10)) + "x: &a" + string(rune('0'+i%10)) + " [" + strings.Repeat(last+", ", 9) + "]\n")
	}
	b.WriteString("vectors: *a9\nkeys: &k {redo: *a9, <<: *k}\n")
	s, warnings, err := Load(file(t, b.String()))
	if err != nil || len(warnings) == 0 || s.Vectors != nil {
		t.Errorf("%+v, %q, %v", s, warnings, err)
	}
}

func TestLoadBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString("keys:\n")
	for range maxKeys + 10 {
		b.WriteString("  " + strings.Repeat("x", 1+b.Len()%50) + strings.Repeat("y", b.Len()%7) + ": a\n")
	}
	b.WriteString("models: [" + strings.Repeat("/a, ", maxFolders+1) + "]\n")
	s, warnings, err := Load(file(t, b.String()))
	if err != nil || len(s.Models) != maxFolders || len(warnings) != maxWarnings+1 || !strings.HasSuffix(warnings[maxWarnings], " more such faults.") {
		t.Errorf("%d folders, %q, %v", len(s.Models), warnings, err)
	}
}

// Whatever the file says, what is read can be saved into it, and says the same then.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		whole, "# a\n\ntheme: dark # b\n", "a: &a [*a]\nkeys: {redo: \"~\"}", "theme: dark\n---\n", "keys:\n  copy: [y\n", "{theme: dark, mouse: off}", "? a\n: b\n", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := file(t, string(text))
		s, warnings, err := Load(path)
		for _, w := range warnings {
			if strings.ContainsAny(strings.ReplaceAll(w, path, ""), "\x00\x1b\n") {
				t.Errorf("the warning %q is not one safe line", w)
			}
		}
		if err != nil {
			if s.Save(path) == nil {
				t.Error("a file that is not understood was written over")
			}
			return
		}
		s.Mouse, s.Vectors = !s.Mouse, append(s.Vectors, "/x: y")
		if s.Save(path) != nil {
			if after, err := os.ReadFile(path); err != nil || string(after) != string(text) {
				t.Errorf("a file that could not be changed now holds %q", after)
			}
			return
		}
		if again, _, err := Load(path); err != nil || !again.equal(s) {
			t.Errorf("saved as %+v, read as %+v, %v", s, again, err)
		}
	})
}
