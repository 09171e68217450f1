package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tiller/assets"
	"tiller/model/checkpoint/atomicfile"
	"tiller/steering/library/input"
	"tiller/tui/demo"
	"tiller/tui/export"
	"tiller/tui/script"
)

// maxScript bounds the size in bytes of a demonstration's script.
const maxScript = 1 << 20

// demoFlags are the command line of `tiller demo`.
type demoFlags struct {
	files map[string]*string // by format
	text  string
	speed float64
	scale float64
	force bool
	list  bool
}

func newDemo() *cobra.Command {
	o := demoFlags{files: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "demo [SCRIPT]",
		Short: "Play a script of the screen, or film it",
		Long: "Runs a script that presses keys on the screen and says what has to be seen then, and plays what was shown, " +
			"or writes it as a recording or a picture. SCRIPT is a file, or one of those that are part of the program. A " +
			"script that does not see what it expects fails, with the line and the screen.",
		Example: `tiller demo first-look
tiller demo cliff --gif cliff.gif --svg cliff.svg
tiller demo --list`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	for _, format := range export.Formats() {
		if format.Name == "txt" || format.Name == "md" {
			continue // --text is the screens at bookmarks
		}
		o.files[format.Name] = f.String(format.Name, "", format.About)
	}
	f.StringVar(&o.text, "text", "", "the screens at the script's bookmarks, as text")
	f.Float64Var(&o.speed, "speed", 1, "times as fast")
	f.Float64Var(&o.scale, "scale", 1, "times as large, for pictures")
	forceFlag(f, &o.force)
	f.BoolVar(&o.list, "list", false, "list the scripts that are part of the program")
	return cmd
}

func (o *demoFlags) run(cmd *cobra.Command, args []string) error {
	if o.list || len(args) == 0 {
		return listDemos(cmd.OutOrStdout())
	}
	if len(args) > 1 {
		return usagef(cmd, "%s takes one script, but got %d: %q", cmd.CommandPath(), len(args), args)
	}
	if !(o.speed > 0) || !(o.scale > 0) {
		return usagef(cmd, "--speed and --scale have to be above 0")
	}
	outputs := map[string]string{}
	for name, file := range o.files {
		if *file != "" {
			outputs[name] = *file
		}
	}
	for _, file := range outputs {
		if err := checkOutput(cmd, file, o.force, args[0]); err != nil {
			return err
		}
	}
	if o.text != "" {
		if err := checkOutput(cmd, o.text, o.force, args[0]); err != nil {
			return err
		}
	}
	s, err := readScript(cmd, args[0])
	if err != nil {
		return err
	}
	on := s.Beginning().Sit(embedded)
	defer on.Close()
	film, err := demo.Shoot(cmd.Context(), s, on)
	if err != nil {
		return err
	}
	options := export.Options{Speed: o.speed, Scale: o.scale}
	for name, file := range outputs {
		format, err := export.Named(name)
		if err == nil {
			err = format.WriteFile(cmd.Context(), file, film.Recording, options)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s.\n", file)
	}
	if o.text != "" {
		if err := writeStills(o.text, film); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s.\n", o.text)
	}
	if len(outputs) > 0 || o.text != "" {
		return nil
	}
	return o.play(cmd, film)
}

// readScript reads a script from a file, or one that is part of the program.
func readScript(cmd *cobra.Command, ref string) (*script.Script, error) {
	if !strings.ContainsAny(ref, `/\.`) {
		data, err := fs.ReadFile(assets.FS, path.Join("demos", ref+".demo"))
		if err == nil {
			return script.Parse(ref, string(data))
		}
		if _, missing := os.Stat(ref); missing != nil {
			return nil, fmt.Errorf("there is no demonstration %q; tiller demo --list shows those there are, and a file is named with its ending", ref)
		}
	}
	data, err := input.ReadFile(cmd.Context(), ref, maxScript)
	if err != nil {
		return nil, fmt.Errorf("cannot read the script: %w", err)
	}
	return script.Parse(filepath.Base(ref), string(data))
}

// listDemos lists the scripts that are part of the program by their first
// remark.
func listDemos(w io.Writer) error {
	names, err := fs.Glob(assets.FS, "demos/*.demo")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := fs.ReadFile(assets.FS, name)
		if err != nil {
			return err
		}
		about, _, _ := strings.Cut(strings.TrimPrefix(string(data), "# "), "\n")
		fmt.Fprintf(w, " %-12s %s\n", strings.TrimSuffix(path.Base(name), ".demo"), about)
	}
	return nil
}

// writeStills writes the screens at the bookmarks.
func writeStills(file string, film *demo.Film) error {
	return atomicfile.Write(file, func(w io.Writer) error {
		for _, s := range film.Stills {
			if _, err := fmt.Fprintf(w, "== %s\n%s\n", s.Label, strings.TrimRight(s.Screen, "\n")); err != nil {
				return err
			}
		}
		return nil
	})
}

// play shows a film in this terminal, as fast as it was meant to be seen;
// elsewhere it says what can be done with it.
func (o *demoFlags) play(cmd *cobra.Command, film *demo.Film) error {
	out := cmd.OutOrStdout()
	width, height := terminalSize(out)
	if width == 0 {
		fmt.Fprintf(out, "The script ran to its end: %d bookmarks. Without a terminal, --cast, --gif, --svg, --html, --png or --text write it.\n", len(film.Stills))
		return nil
	}
	if len(film.Frames) > 0 && (film.Frames[0].Screen.Width > width || film.Frames[0].Screen.Height > height) {
		s := film.Frames[0].Screen
		return fmt.Errorf("the script needs a terminal of %d columns and %d lines; this one has %d and %d", s.Width, s.Height, width, height)
	}
	format, err := export.Named("cast")
	if err != nil {
		return err
	}
	var cast bytes.Buffer
	if err := format.Write(cmd.Context(), &cast, film.Recording, export.Options{Speed: o.speed}); err != nil {
		return err
	}
	fmt.Fprint(out, "\x1b[?1049h\x1b[?25l")
	defer fmt.Fprint(out, "\x1b[m\x1b[?25h\x1b[?1049l")
	return playCast(cmd.Context(), out, &cast)
}

// playCast writes what a cast of version 2 writes, when it does.
func playCast(ctx context.Context, w io.Writer, cast io.Reader) error {
	lines := bufio.NewScanner(cast)
	lines.Buffer(nil, 64<<20)
	lines.Scan() // the header
	begun := time.Now()
	for lines.Scan() {
		var event [3]any
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return fmt.Errorf("playing: %w", err)
		}
		at, _ := event[0].(float64)
		select {
		case <-ctx.Done():
			return errInterrupted
		case <-time.After(time.Until(begun.Add(time.Duration(at * float64(time.Second))))):
		}
		if event[1] == "o" {
			if _, err := fmt.Fprint(w, event[2]); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
