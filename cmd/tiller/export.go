package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tiller/tui"
	"tiller/tui/export"
	"tiller/tui/record"
)

// filmFlags are the command line of `tiller export`.
type filmFlags struct {
	to, out      string
	theme        string
	from, until  string
	at           string
	still, bare  bool
	speed, scale float64
	idle         time.Duration
	force        bool
}

func newExport() *cobra.Command {
	var o filmFlags
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Make a recording, a picture or a page of a recorded sitting",
		Long: "Turns a sitting that was recorded (R on the screen, or tiller --record FILE) into " + formatNames() + ". No " +
			"model is needed for that. What is written is there whole or not at all.",
		Example: `tiller export first-look.jsonl -o first-look.cast
tiller export first-look.jsonl -o cliff.gif --from "too weak" --idle 1s
tiller export first-look.jsonl --to svg --at "just right" -o cliff.svg`,
		Args: oneArg("a recording"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.out, "out", "o", "", "file to write")
	f.StringVar(&o.to, "to", "", "what to make, where the file's ending does not say")
	f.StringVar(&o.from, "from", "", "begin at this bookmark, or time such as 12.5")
	f.StringVar(&o.until, "until", "", "end at this bookmark or time")
	f.StringVar(&o.at, "at", "", "a still of this bookmark or time")
	f.BoolVar(&o.still, "still", false, "a still of the last screen, of what could move")
	f.StringVar(&o.theme, "theme", "", "dark or light; by default as it was recorded")
	f.Float64Var(&o.speed, "speed", 1, "times as fast")
	f.DurationVar(&o.idle, "idle", 2*time.Second, "longest pause")
	f.Float64Var(&o.scale, "scale", 0, "pixels for one, in GIF and PNG")
	f.BoolVar(&o.bare, "bare", false, "leave out the window's frame")
	forceFlag(f, &o.force)
	return cmd
}

// formatNames lists what can be made.
func formatNames() string {
	var names []string
	for _, f := range export.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func (o *filmFlags) run(cmd *cobra.Command, path string) error {
	if o.out == "" {
		return usagef(cmd, "there is no file to write: pass -o FILE")
	}
	format, err := export.For(o.out)
	if o.to != "" {
		format, err = export.Named(o.to)
	}
	if err != nil {
		return usagef(cmd, "%w", err)
	}
	if err := checkOutput(cmd, o.out, o.force, path); err != nil {
		return err
	}
	options := export.Options{Speed: o.speed, Scale: o.scale, Idle: o.idle, From: o.from, To: o.until, At: o.at, Still: o.still, Bare: o.bare}
	if o.theme != "" {
		theme, err := export.ThemeNamed(o.theme)
		if err != nil {
			return usagef(cmd, "%w", err)
		}
		options.Theme = &theme
	}
	l, err := record.Open(path)
	if err != nil {
		return err
	}
	film, err := filmOf(l)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	film.Title = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if err := format.WriteFile(cmd.Context(), o.out, film, options); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s.\n", o.out)
	return nil
}

// filmOf plays a recorded sitting into a film.
func filmOf(l *record.Log) (*export.Recording, error) {
	p, err := record.NewPlayer(l, tui.Replay)
	if err != nil {
		return nil, err
	}
	film := &export.Recording{Theme: export.Dark()}
	err = p.Frames(func(at time.Duration, content string, width, height int) bool {
		film.Frames = append(film.Frames, export.Frame{At: at, Screen: export.FromANSI(width, height, content)})
		return true
	})
	if err != nil {
		return nil, err
	}
	if len(film.Frames) == 0 {
		return nil, fmt.Errorf("nothing was shown while it was recorded")
	}
	for _, m := range l.Bookmarks() {
		film.Markers = append(film.Markers, export.Marker{At: m.At, Label: m.Note})
	}
	return film, nil
}
