// Package settings keeps what a person chose and what tiller remembers between sittings: the
// config file, which people write and tiller reads and amends, and the state file, which is
// tiller's own.
//
// The config file is YAML (yaml.org/spec/1.2.2), one map from settings to values:
//
//	theme: dark
//	vectors: [~/vectors]
//	keys:
//	  compare.copy: [y, Y]
package settings

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/charmbracelet/colorprofile"

	"tiller/tui/theme"
)

// Settings is what the config file says.
type Settings struct {
	Theme     theme.Name
	Colours   Colours
	Mouse     bool
	Plain     bool // text in lines instead of a screen, for screen readers
	Frames    int  // a second, at most: 60 or 120
	Threads   int  // workers; 0 is one for each processor but one, which the screen has
	MaxTokens int  // of an answer
	// Vectors and Models are folders to look in, as written: see [Folder].
	Vectors, Models []string
	// Keys are what keys.Map.Rebind takes, as written.
	Keys map[string][]string
}

// Defaults returns the settings of someone who has no config file.
func Defaults() Settings {
	return Settings{Theme: theme.Auto, Colours: AutoColours, Mouse: true, Frames: 120, MaxTokens: 256}
}

// Colours is how many colours the screen uses.
type Colours string

// As many colours as the terminal says it has, or a number that the person knows better.
const (
	AutoColours Colours = "auto"
	TrueColours Colours = "true" // 24 bits
	Colours256  Colours = "256"
	Colours16   Colours = "16"
	NoColours   Colours = "none" // weights only: bold, faint, underlined
)

// Profile returns the terminal's colours: those detected, unless the person said.
func (c Colours) Profile(detected colorprofile.Profile) colorprofile.Profile {
	switch c {
	case TrueColours:
		return colorprofile.TrueColor
	case Colours256:
		return colorprofile.ANSI256
	case Colours16:
		return colorprofile.ANSI
	case NoColours:
		return colorprofile.ASCII
	}
	return detected
}

// Path returns where the config file is: tiller/config.yaml in $XDG_CONFIG_HOME, else in the
// system's folder for such files. It need not exist. A relative $XDG_CONFIG_HOME counts for
// nothing, as the XDG Base Directory Specification says.
func Path(getenv func(string) string) (string, error) {
	return place{"config.yaml", "XDG_CONFIG_HOME", ".config", "AppData"}.find(getenv)
}

// StatePath returns where the state file is: tiller/state.json in $XDG_STATE_HOME, else in the
// system's folder for such files. It need not exist.
func StatePath(getenv func(string) string) (string, error) {
	return place{"state.json", "XDG_STATE_HOME", ".local/state", "LocalAppData"}.find(getenv)
}

// place is where a file belongs.
type place struct {
	name     string
	variable string // names the folder
	unix     string // the folder within the home folder, if the variable is not set
	windows  string // the variable that names the folder on Windows then
}

// find returns the file's path. macOS has one folder for all such files.
func (p place) find(getenv func(string) string) (string, error) {
	if folder := getenv(p.variable); filepath.IsAbs(folder) {
		return filepath.Join(folder, "tiller", p.name), nil
	}
	home, within := "HOME", p.unix
	switch runtime.GOOS {
	case "windows":
		home, within = p.windows, ""
	case "darwin":
		within = "Library/Application Support"
	}
	folder := getenv(home)
	if folder == "" {
		return "", fmt.Errorf("there is no place for %s: neither $%s nor $%s is set", p.name, p.variable, home)
	}
	return filepath.Join(folder, filepath.FromSlash(within), "tiller", p.name), nil
}

// Folder returns a folder of the settings with "~" at its beginning replaced by the home folder.
func Folder(written, home string) string {
	if rest, ok := strings.CutPrefix(written, "~"); ok && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator) {
		return filepath.Join(home, rest)
	}
	return written
}
