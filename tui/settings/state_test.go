package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tiller", "state.json")
	s, warning := LoadState(path)
	if warning != "" || !reflect.DeepEqual(s, State{}) {
		t.Fatalf("a file that is not there: %+v, %s", s, warning)
	}
	for _, r := range []string{"embedded:base", "/m.gguf", "embedded:base", "bad\xff", ""} {
		s.Opened(r)
	}
	for _, p := range []string{"one", "two\nlines", "<three>", "one"} {
		s.Asked(p)
	}
	s.LastPlan = "reason*2@3"
	want := State{[]string{"embedded:base", "/m.gguf"}, []string{"two\nlines", "<three>", "one"}, "reason*2@3"}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v, want %+v", s, want)
	}
	if err := s.Save(path); err != nil {
		t.Fatal(err)
	}
	if got, warning := LoadState(path); warning != "" || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %s", got, warning)
	}
}

func TestStateBounds(t *testing.T) {
	var s State
	for i := range 1000 {
		s.Opened(fmt.Sprint("m", i))
		s.Asked(fmt.Sprint("p", i))
	}
	s.Asked(strings.Repeat("x", maxText+1))
	if len(s.Recent) != maxRecent || s.Recent[0] != "m999" || len(s.History) != maxHistory || s.History[maxHistory-1] != "p999" {
		t.Errorf("%d models, %d prompts, the last %.9q", len(s.Recent), len(s.History), s.History[len(s.History)-1])
	}
	for i := range 100 {
		s.Asked(fmt.Sprint(i) + strings.Repeat("\x01", maxText-10))
	}
	if n := len(s.History); n != maxPrompts/(maxText-8) || !strings.HasPrefix(s.History[n-1], "99") {
		t.Errorf("%d long prompts are kept", n)
	}
	for i := range maxRecent {
		s.Opened(fmt.Sprint(i) + strings.Repeat("\x01", maxText-10))
	}
	s.LastPlan = strings.Repeat("\x01", maxText)
	path := filepath.Join(t.TempDir(), "state.json")
	if err := s.Save(path); err != nil {
		t.Fatal(err)
	}
	if got, warning := LoadState(path); warning != "" || !reflect.DeepEqual(got, s) {
		t.Errorf("what takes most room is not read back: %s", warning)
	}
}

func TestStateBad(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"cut", `{"recent": ["a"`, "FILE is not what tiller remembered: "},
		{"another shape", `{"recent": {"a": 1}}`, "FILE is not what tiller remembered: "},
		{"empty", "", "FILE is not what tiller remembered: "},
		{"long", strings.Repeat(" ", maxState+1), "FILE is too long: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, warning := LoadState(path)
			if !reflect.DeepEqual(s, State{}) {
				t.Errorf("%+v", s)
			}
			if said := strings.ReplaceAll(warning, path, "FILE"); !strings.HasPrefix(said, test.want) || !strings.HasSuffix(said, "; it is now state.json.bad, and all begins anew.") {
				t.Errorf("warning %s", said)
			}
			if got, err := os.ReadFile(path + ".bad"); err != nil || string(got) != test.text {
				t.Errorf("set aside: %v", err)
			}
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
	folder := t.TempDir()
	if s, warning := LoadState(folder); warning != folder+" is not a file; nothing is remembered." || !reflect.DeepEqual(s, State{}) {
		t.Errorf("a folder: %+v, %s", s, warning)
	}
}
