package engine

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/model/checkpoint/atomicfile"
	"tiller/tui/settings"
)

// Saved says what became of a text that was to be written to a file.
type Saved struct {
	Gen   int
	Path  string // the whole path, the home folder as ~
	Bytes int    // that were written
	// Exists says that there is such a file already: nothing was written.
	Exists bool
}

// SaveText writes a text to a file, whole or not at all. ~ is the home folder,
// and other paths begin at the working directory. A file that is there already
// is replaced only if that is said.
func (e *Engine) SaveText(gen int, path, text string, replace bool) tea.Cmd {
	return e.do(gen, "saving "+path, func(context.Context) (tea.Msg, error) {
		whole := e.path(path)
		msg := Saved{Gen: gen, Path: e.home(whole)}
		if _, err := os.Lstat(whole); err == nil && !replace {
			msg.Exists = true
			return msg, nil
		}
		msg.Bytes = len(text)
		return msg, atomicfile.Write(whole, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
	})
}

// SettingsSaved says that the config file has the settings.
type SettingsSaved struct{ Gen int }

// SaveSettings writes settings into the config file.
func (e *Engine) SaveSettings(gen int, path string, s settings.Settings) tea.Cmd {
	return e.do(gen, "saving settings", func(context.Context) (tea.Msg, error) {
		return SettingsSaved{gen}, s.Save(path)
	})
}

// SettingsRead is what the config file says after a person changed it.
type SettingsRead struct {
	Settings settings.Settings
	Warnings []string
	Err      string // why it can't be read, or the editor not be used
}

// EditSettings opens the config file in the person's editor, and reads it
// again.
func (e *Engine) EditSettings(path string) tea.Cmd {
	if e == nil {
		return nil
	}
	command := append(strings.Fields(firstOf(e.options.Getenv("VISUAL"), e.options.Getenv("EDITOR"), "vi")), path)
	folder := func() tea.Msg {
		_ = os.MkdirAll(filepath.Dir(path), 0o700) // the editor says what is wrong with it
		return nil
	}
	return tea.Sequence(folder, tea.ExecProcess(exec.Command(command[0], command[1:]...), func(err error) tea.Msg {
		if err != nil {
			return SettingsRead{Err: "The editor can't be used: " + err.Error() + "."}
		}
		var msg SettingsRead
		if msg.Settings, msg.Warnings, err = settings.Load(path); err != nil {
			msg.Err = err.Error()
		}
		return msg
	}))
}
