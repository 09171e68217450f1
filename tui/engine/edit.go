package engine

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Written is what a person wrote in their editor.
type Written struct {
	What string // what was edited, as in "question"
	Text string
	Err  string
}

// Edit opens text in the person's editor: $VISUAL, or else $EDITOR, or else vi.
// The terminal is the editor's until it ends.
func (e *Engine) Edit(what, ending, text string) tea.Cmd {
	if e == nil {
		return nil
	}
	command := firstOf(e.options.Getenv("VISUAL"), e.options.Getenv("EDITOR"), "vi")
	edit := &editing{command: strings.Fields(command), ending: ending, text: text}
	return tea.Exec(edit, func(err error) tea.Msg {
		w := Written{What: what, Text: edit.text}
		if err != nil {
			w.Err = fmt.Sprintf("The editor %q could not be used: %v.", edit.command[0], err)
		}
		return w
	})
}

// editing is a run of the editor on a file of its own.
type editing struct {
	command        []string
	ending, text   string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// SetStdin implements [tea.ExecCommand].
func (x *editing) SetStdin(r io.Reader) { x.stdin = r }

// SetStdout implements [tea.ExecCommand].
func (x *editing) SetStdout(w io.Writer) { x.stdout = w }

// SetStderr implements [tea.ExecCommand].
func (x *editing) SetStderr(w io.Writer) { x.stderr = w }

// Run implements [tea.ExecCommand].
func (x *editing) Run() error {
	f, err := os.CreateTemp("", "tiller-*"+x.ending)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(x.text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	c := exec.Command(x.command[0], append(x.command[1:], f.Name())...)
	c.Stdin, c.Stdout, c.Stderr = x.stdin, x.stdout, x.stderr
	if err := c.Run(); err != nil {
		return err
	}
	data, err := os.ReadFile(f.Name())
	if err == nil {
		x.text = string(data)
	}
	return err
}

// firstOf is the first text that is not blank.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
