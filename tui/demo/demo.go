// Package demo films scripts: it runs one headless and takes down what the
// screen showed, at times that the script's steps take for a person who
// watches. The same script gives the same film, however fast the machine is.
package demo

import (
	"context"
	"slices"
	"time"

	"tiller/tui/drive"
	"tiller/tui/export"
	"tiller/tui/script"
)

// What steps take for a person who watches.
const (
	keyTime   = 350 * time.Millisecond
	charTime  = 70 * time.Millisecond
	lookTime  = 900 * time.Millisecond // to see what came of a step
	readTime  = 60 * time.Millisecond  // a character of a caption
	startTime = 600 * time.Millisecond
)

// A Still is what the screen showed at a bookmark.
type Still struct {
	Label  string
	Screen string // plain lines
}

// A Film is what a script showed.
type Film struct {
	*export.Recording
	Stills []Still
}

// camera takes a film.
type camera struct {
	session *drive.Session
	film    *Film
	now     time.Duration
	caption string
	last    *export.Frame
	typing  bool // the step writes text
}

// Shoot runs a script on a session that begins as the script says.
func Shoot(ctx context.Context, s *script.Script, on *drive.Session) (*Film, error) {
	b := s.Beginning()
	c := &camera{session: on, film: &Film{Recording: &export.Recording{Title: s.Name, Theme: export.Dark()}}, now: startTime}
	if b.Light {
		c.film.Theme = export.Light()
	}
	if err := on.WaitIdle(); err != nil {
		return nil, err
	}
	c.take()
	err := s.Run(ctx, on, script.Watcher{
		Before: func(step script.Step) error {
			c.typing = step.Verb == script.Type
			return nil
		},
		Pace: func(context.Context) error {
			if c.typing {
				return c.settle(charTime)
			}
			return c.settle(keyTime)
		},
		After: c.after,
	})
	if err != nil {
		return nil, err
	}
	c.now += lookTime
	c.take()
	return c.film, nil
}

// after takes what a step left on the screen.
func (c *camera) after(step script.Step) error {
	switch step.Verb {
	case script.Sleep:
		c.now += step.Pause
		return nil
	case script.Bookmark:
		if err := c.settle(0); err != nil {
			return err
		}
		c.film.Markers = append(c.film.Markers, export.Marker{At: c.now, Label: step.Text})
		c.film.Stills = append(c.film.Stills, Still{Label: step.Text, Screen: c.session.Screen()})
		return nil
	case script.Caption:
		c.caption = step.Text
		c.take()
		c.now += max(lookTime, time.Duration(len([]rune(step.Text)))*readTime)
		return nil
	case script.Expect, script.ExpectNot, script.WaitFor, script.WaitIdle, script.Size, script.Paste, script.Click:
		return c.settle(lookTime)
	}
	return c.settle(0)
}

// settle waits until the screen is done with a key, takes it, and lets time
// pass.
func (c *camera) settle(pass time.Duration) error {
	if err := c.session.WaitIdle(); err != nil && !c.session.Ended() {
		return err
	}
	c.take()
	c.now += pass
	return nil
}

// take takes a picture, if it is another than the last.
func (c *camera) take() {
	f := export.Frame{At: c.now, Screen: c.picture(), Title: c.caption}
	if c.last != nil && same(c.last, &f) {
		return
	}
	frames := &c.film.Frames
	if n := len(*frames); n > 0 && (*frames)[n-1].At == c.now {
		*frames = (*frames)[:n-1] // nobody saw it
	}
	*frames = append(*frames, f)
	c.last = &f
}

// same reports whether two frames look alike.
func same(a, b *export.Frame) bool {
	return a.Title == b.Title && a.Screen.Width == b.Screen.Width && slices.Equal(a.Screen.Cells, b.Screen.Cells)
}

// picture is the screen, with the caption in lines of its own below it.
func (c *camera) picture() *export.Screen {
	rows := c.session.Cells()
	width := 0
	if len(rows) > 0 {
		width = len(rows[0])
	}
	const below = 2 // lines of the caption
	s := export.NewScreen(width, len(rows)+below)
	for y, row := range rows {
		for x, cell := range row {
			at := &s.Cells[y*width+x]
			at.Style = export.Style{
				FG: export.ColourOf(cell.FG), BG: export.ColourOf(cell.BG),
				Bold: cell.Bold, Faint: cell.Faint, Italic: cell.Italic, Underline: cell.Underline, Reverse: cell.Reverse,
			}
			if cell.Text != " " {
				at.Text, at.Width = cell.Text, cell.Width
			}
		}
	}
	write(s, len(rows)+1, c.caption)
	return s
}

// write puts a caption on a line, as much of it as fits.
func write(s *export.Screen, line int, text string) {
	x := 2
	for _, r := range text {
		if x >= s.Width-1 {
			break
		}
		at := &s.Cells[line*s.Width+x]
		at.Text, at.Width, at.Style = string(r), 1, export.Style{Bold: true}
		x++
	}
}
