// Package export draws recordings of the screen as files that others can open:
// asciinema casts, moving and still pictures, a page with a player, and text.
//
// A [Recording] is a sequence of screens made of cells. What is in the cells
// is of unknown origin: whatever a format would act on is escaped or left out,
// so that nothing in a cell can get out of it. Every character keeps its
// columns, also where a font has no picture of it: in a GIF or PNG such a
// character, Chinese or an emoji for example, is an empty box of its width.
package export

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"tiller/model/checkpoint/atomicfile"
	"tiller/tui/visible"
)

// A Format is a kind of file that a recording can be written as.
type Format struct {
	// Name is what a command line calls it.
	Name string
	// Ending is that of its files' names, with the dot. Of two formats with one
	// ending the first is meant unless a name is given.
	Ending string
	// About is what it is, in a few words.
	About string

	write func(w io.Writer, r *reel, o Options) error
}

// Formats are all formats.
func Formats() []Format {
	return []Format{
		{"cast", ".cast", "asciinema recording, version 2", writeCast2},
		{"cast3", ".cast", "asciinema recording, version 3", writeCast3},
		{"gif", ".gif", "moving picture", writeGIF},
		{"png", ".png", "still picture of pixels", writePNG},
		{"svg", ".svg", "picture of text and shapes, moving or still", writeSVG},
		{"html", ".html", "page with a player that works offline", writeHTML},
		{"txt", ".txt", "text of the screens at the markers, or of the last", writeText},
		{"md", ".md", "the same in Markdown", writeMarkdown},
	}
}

// Named returns the format of a name.
func Named(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("there is no format %q; there are %s", name, strings.Join(names, ", "))
}

// For returns the format that the ending of a file's name stands for.
func For(path string) (Format, error) {
	ending := strings.ToLower(filepath.Ext(path))
	var endings []string
	for _, f := range Formats() {
		if f.Ending == ending {
			return f, nil
		}
		if len(endings) == 0 || endings[len(endings)-1] != f.Ending {
			endings = append(endings, f.Ending)
		}
	}
	if ending == "" {
		return Format{}, fmt.Errorf("the name %s has no ending; it may be %s", visible.Line(path), strings.Join(endings, ", "))
	}
	return Format{}, fmt.Errorf("no format has the ending %s; it may be %s", visible.Line(ending), strings.Join(endings, ", "))
}

// Write writes a recording to w. It stops with the context's error once that is
// done.
func (f Format) Write(ctx context.Context, w io.Writer, r *Recording, o Options) error {
	o, err := o.settled()
	if err != nil {
		return err
	}
	reel, err := r.reel(o)
	if err != nil {
		return err
	}
	return f.write(stoppable{ctx, w}, reel, o)
}

// WriteFile writes a recording to a file, which is there whole or not at all.
func (f Format) WriteFile(ctx context.Context, path string, r *Recording, o Options) error {
	return atomicfile.Write(path, func(w io.Writer) error { return f.Write(ctx, w, r, o) })
}

// stoppable is a writer that fails once its context is done.
type stoppable struct {
	ctx context.Context
	w   io.Writer
}

func (s stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}
