package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"tiller/tui/visible"
)

// writeJSON writes v as one line of JSON that is safe to look at.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("cannot write the result as JSON: %w", err)
	}
	_, err := w.Write(visible.JSON(b.Bytes()))
	return err
}

// styled returns a writer to w that turns styles into what it can show.
func styled(w io.Writer) io.Writer { return colorprofile.NewWriter(w, environment()) }

// environment is the environment for those who draw. They take only some values
// of NO_COLOR for one, but the rule is that any counts (no-color.org).
func environment() []string {
	environ := os.Environ()
	if os.Getenv("NO_COLOR") != "" {
		environ = append(environ, "NO_COLOR=1")
	}
	return environ
}

// terminalWidth returns the columns of the terminal that w is, and 0 if w is
// none or can't move its cursor.
func terminalWidth(w io.Writer) int {
	width, _ := terminalSize(w)
	return width
}

// terminalSize returns the columns and lines of the terminal that w is, and 0
// if w is none or can't move its cursor.
func terminalSize(w io.Writer) (width, height int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) || os.Getenv("TERM") == "dumb" {
		return 0, 0
	}
	width, height, err := term.GetSize(f.Fd())
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}
