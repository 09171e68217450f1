package script

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tiller/tui/drive"
)

// A Watcher is told what a script does while it runs; any of its functions may
// be nil.
type Watcher struct {
	// Before is called before each step, After after it.
	Before, After func(Step) error
	// Pace waits between keys for whoever watches; nil does not.
	Pace func(context.Context) error
	// Asleep does what sleep says; nil skips it.
	Asleep func(context.Context, time.Duration) error
}

// Beginning is what the steps before the first key ask for.
type Beginning struct {
	Width, Height int
	Light         bool
	Model         string
	Plans         []string
	Prompt        string
	Vectors       map[string]string
	MaxTokens     int
}

// Beginning collects what a script begins with; the size is 100x28 unless it
// says another.
func (s *Script) Beginning() Beginning {
	b := Beginning{Width: 100, Height: 28, Vectors: map[string]string{}}
	sized := false
	for _, step := range s.Steps {
		switch step.Verb {
		case Size:
			if !sized {
				b.Width, b.Height, sized = step.X, step.Y, true
			}
		case Theme:
			b.Light = step.Text == "light"
		case Model:
			b.Model = step.Text
		case Plan:
			b.Plans = append(b.Plans, step.Text)
		case Prompt:
			b.Prompt = step.Text
		case MaxTokens:
			b.MaxTokens = step.N
		case Vector:
			name, file, _ := strings.Cut(step.Text, "=")
			b.Vectors[name] = file
		}
	}
	return b
}

// Run does a script's steps on a session. An error is an [*Error] that shows
// the screen as it was.
func (s *Script) Run(ctx context.Context, on *drive.Session, w Watcher) error {
	for _, step := range s.Steps {
		if begins[step.Verb] {
			continue // the session began with it
		}
		err := ctx.Err()
		if err == nil && w.Before != nil {
			err = w.Before(step)
		}
		if err == nil {
			err = do(ctx, step, on, w)
		}
		if err == nil && w.After != nil {
			err = w.After(step)
		}
		if err != nil {
			return &Error{Name: s.Name, Line: step.Line, Err: fmt.Errorf("%s: %w", step, err)}
		}
	}
	return nil
}

func do(ctx context.Context, step Step, on *drive.Session, w Watcher) error {
	switch step.Verb {
	case Press:
		return paced(ctx, step.Keys, w, func(key string) error { return on.Press(key) })
	case Type:
		var runes []string
		for _, r := range step.Text {
			runes = append(runes, string(r))
		}
		return paced(ctx, runes, w, on.Type)
	case Paste:
		return on.Paste(step.Text)
	case Click:
		return on.Click(step.X, step.Y)
	case Size:
		return on.Resize(step.X, step.Y)
	case WaitFor, Expect:
		return on.Expect(step.Text)
	case ExpectNot:
		return on.ExpectNot(step.Text)
	case WaitIdle:
		return on.WaitIdle()
	case Sleep:
		if w.Asleep != nil {
			return w.Asleep(ctx, step.Pause)
		}
	}
	return nil
}

// paced presses keys one after the other, as fast as whoever watches wants.
func paced(ctx context.Context, keys []string, w Watcher, press func(string) error) error {
	for _, key := range keys {
		if err := press(key); err != nil {
			return err
		}
		if w.Pace != nil {
			if err := w.Pace(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
