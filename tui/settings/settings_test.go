package settings

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

func TestPath(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the folders are others there")
	}
	for _, test := range []struct {
		env           map[string]string
		config, state string
	}{
		{map[string]string{"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}, "/c/tiller/config.yaml", "/s/tiller/state.json"},
		{map[string]string{"HOME": "/h"}, "/h/.config/tiller/config.yaml", "/h/.local/state/tiller/state.json"},
		{map[string]string{"HOME": "/h", "XDG_CONFIG_HOME": "c"}, "/h/.config/tiller/config.yaml", "/h/.local/state/tiller/state.json"},
		{nil, "there is no place for config.yaml: neither $XDG_CONFIG_HOME nor $HOME is set", "there is no place for state.json: neither $XDG_STATE_HOME nor $HOME is set"},
	} {
		getenv := func(name string) string { return test.env[name] }
		for i, find := range []func(func(string) string) (string, error){Path, StatePath} {
			got, err := find(getenv)
			if err != nil {
				got = err.Error()
			}
			if want := []string{test.config, test.state}[i]; got != want {
				t.Errorf("%v: %s, want %s", test.env, got, want)
			}
		}
	}
}

func TestFolder(t *testing.T) {
	for written, want := range map[string]string{"~": "/h", "~/a": "/h/a", "~a": "~a", "/a": "/a", "": ""} {
		if got := Folder(written, "/h"); filepath.ToSlash(got) != want {
			t.Errorf("%q: %q, want %q", written, got, want)
		}
	}
}

func TestProfile(t *testing.T) {
	for c, want := range map[Colours]colorprofile.Profile{
		AutoColours: colorprofile.ANSI256, TrueColours: colorprofile.TrueColor, Colours256: colorprofile.ANSI256,
		Colours16: colorprofile.ANSI, NoColours: colorprofile.ASCII,
	} {
		if got := c.Profile(colorprofile.ANSI256); got != want {
			t.Errorf("%s: %v, want %v", c, got, want)
		}
	}
}

func TestFields(t *testing.T) {
	for _, f := range Fields() {
		s := Defaults()
		if f.Name == "" || f.Help == "" {
			t.Errorf("%+v", f)
		}
		if err := f.Set(&s, f.Value(s)); err != nil || !s.equal(Defaults()) {
			t.Errorf("%s can't have its default: %v", f.Name, err)
		}
		for _, c := range f.Choices {
			if err := f.Set(&s, c); err != nil || f.Value(s) != c {
				t.Errorf("%s can't be %q: %v", f.Name, c, err)
			}
		}
		before := s
		if err := f.Set(&s, "purple\x1b[0m"); err == nil || !strings.HasPrefix(err.Error(), f.Name+" is ") || !strings.HasSuffix(err.Error(), `, not "purple\x1b[0m"`) || !s.equal(before) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
