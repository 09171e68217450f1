// Package script is a small language for sitting at the screen: what to press
// and type, and what has to be seen then. The pictures of the documents, the
// recorded demonstrations and the tests of the screen are such scripts.
//
//	# a remark
//	size 100x28                 the terminal; before anything else, or later to resize it
//	theme light                 dark or light; before anything else
//	model embedded:thinking     before anything else, as are
//	plan begin*0.5@2
//	prompt ann +7 . bob +8 .
//	vector noise=FILE
//	max-tokens 40
//	press + + g t               keys as in docs/keys.md, one after the other
//	type ann +7 . bob +8 .      the rest of the line, key by key
//	paste some text
//	click 10,4                  column and line from 0
//	wait for ✓ 8                until the screen shows it
//	wait until idle             until nothing happens by itself any more
//	expect ✓ 8                  the same as wait for; in the end the screen shows it
//	expect not ✗
//	bookmark the cliff          a place to jump to in a recording
//	caption Too weak: …         shown under the screen
//	sleep 1.5                   seconds; only where a person watches
//
// Everything waits for what it needs, so a script runs as fast as the program
// does, or slowly where a person watches.
package script

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Verb is what a step does.
type Verb string

// The verbs.
const (
	Size      Verb = "size"
	Theme     Verb = "theme"
	Model     Verb = "model"
	Plan      Verb = "plan"
	Prompt    Verb = "prompt"
	Vector    Verb = "vector"
	MaxTokens Verb = "max-tokens"

	Press     Verb = "press"
	Type      Verb = "type"
	Paste     Verb = "paste"
	Click     Verb = "click"
	WaitFor   Verb = "wait for"
	WaitIdle  Verb = "wait until idle"
	Expect    Verb = "expect"
	ExpectNot Verb = "expect not"
	Bookmark  Verb = "bookmark"
	Caption   Verb = "caption"
	Sleep     Verb = "sleep"
)

// A Step is one line of a script.
type Step struct {
	Line int // 1-based
	Verb Verb
	Text string // the rest of the line
	// Keys are those of press; X and Y are the numbers of size and click, Pause
	// that of sleep and N that of max-tokens.
	Keys  []string
	X, Y  int
	N     int
	Pause time.Duration
}

// String is the step as it may be written.
func (s Step) String() string { return strings.TrimSpace(string(s.Verb) + " " + s.Text) }

// A Script is what a file says.
type Script struct {
	Name  string // the file's, for errors
	Steps []Step
}

// Error is what is wrong with a script, and where.
type Error struct {
	Name string
	Line int // 1-based
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s, line %d: %v", e.Name, e.Line, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Limits of a script, so that no file makes the rest of the program work hard.
const (
	maxLines = 10_000
	maxLine  = 64 << 10 // bytes
	maxSide  = 1000     // cells
	maxSleep = 600      // seconds
	maxKeys  = 1000     // of one press
)

// Parse reads a script. The name is for errors, which are [*Error]s.
func Parse(name, text string) (*Script, error) {
	s := &Script{Name: name}
	begun := false
	n := 0
	for line := range strings.Lines(text) {
		n++
		fail := func(format string, args ...any) (*Script, error) {
			return nil, &Error{Name: name, Line: n, Err: fmt.Errorf(format, args...)}
		}
		line = strings.TrimRight(line, "\r\n")
		switch trimmed := strings.TrimSpace(line); {
		case n > maxLines:
			return fail("a script has at most %d lines", maxLines)
		case len(line) > maxLine:
			return fail("the line has %d bytes; %d is the limit", len(line), maxLine)
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
			continue
		}
		step, err := parseStep(strings.TrimLeft(line, " \t"))
		if err != nil {
			return fail("%w", err)
		}
		step.Line = n
		if begins[step.Verb] && begun {
			return fail("%q has to come before the first step: the screen is open by now", step.Verb)
		}
		begun = begun || !begins[step.Verb] && step.Verb != Size
		s.Steps = append(s.Steps, step)
	}
	return s, nil
}

// begins are the verbs that say what a sitting begins with.
var begins = map[Verb]bool{Theme: true, Model: true, Plan: true, Prompt: true, Vector: true, MaxTokens: true}

// verbs are all verbs, longer ones before those that they begin with.
var verbs = []Verb{
	WaitFor, WaitIdle, ExpectNot, Expect, Size, Theme, Model, Plan, Prompt, Vector, MaxTokens,
	Press, Type, Paste, Click, Bookmark, Caption, Sleep,
}

func parseStep(line string) (Step, error) {
	for _, v := range verbs {
		rest, ok := strings.CutPrefix(line, string(v))
		if !ok || rest != "" && rest[0] != ' ' {
			continue
		}
		s := Step{Verb: v, Text: strings.TrimPrefix(rest, " ")}
		return s, s.read()
	}
	word, _, _ := strings.Cut(line, " ")
	names := make([]string, len(verbs))
	for i, v := range verbs {
		names[i] = string(v)
	}
	return Step{}, fmt.Errorf("there is no step %q; there are %s", word, strings.Join(names, ", "))
}

// read understands the rest of the line.
func (s *Step) read() error {
	switch s.Verb {
	case WaitIdle:
		if s.Text != "" {
			return fmt.Errorf("wait until idle takes nothing more, but found %q", s.Text)
		}
		return nil
	case Paste:
		return nil
	}
	if strings.TrimSpace(s.Text) == "" {
		return fmt.Errorf("%s needs something after it", s.Verb)
	}
	switch s.Verb {
	case Size:
		return s.numbers("x", 1, maxSide, "a size is COLUMNSxLINES, as in 100x28")
	case Click:
		return s.numbers(",", 0, maxSide, "a place is COLUMN,LINE, as in 10,4")
	case Theme:
		if s.Text != "dark" && s.Text != "light" {
			return fmt.Errorf("a theme is dark or light, not %q", s.Text)
		}
	case Press:
		if s.Keys = strings.Fields(s.Text); len(s.Keys) > maxKeys {
			return fmt.Errorf("%d keys are too many for one line; %d is the limit", len(s.Keys), maxKeys)
		}
	case Sleep:
		seconds, err := strconv.ParseFloat(s.Text, 64)
		if err != nil || !(seconds >= 0 && seconds <= maxSleep) {
			return fmt.Errorf("sleep takes seconds from 0 to %d, not %q", maxSleep, s.Text)
		}
		s.Pause = time.Duration(seconds * float64(time.Second))
	case MaxTokens:
		n, err := strconv.Atoi(s.Text)
		if err != nil || n < 1 || n > 1_000_000 {
			return fmt.Errorf("max-tokens takes a whole number from 1 to 1000000, not %q", s.Text)
		}
		s.N = n
	case Vector:
		if name, file, ok := strings.Cut(s.Text, "="); !ok || name == "" || file == "" {
			return fmt.Errorf("vector takes NAME=FILE, not %q", s.Text)
		}
	}
	return nil
}

func (s *Step) numbers(between string, least, most int, form string) error {
	x, y, ok := strings.Cut(s.Text, between)
	var errX, errY error
	s.X, errX = strconv.Atoi(x)
	s.Y, errY = strconv.Atoi(y)
	if !ok || errX != nil || errY != nil {
		return fmt.Errorf("%s, not %q", form, s.Text)
	}
	if s.X < least || s.X > most || s.Y < least || s.Y > most {
		return fmt.Errorf("%s is out of range: both numbers go from %d to %d", s.Text, least, most)
	}
	return nil
}
