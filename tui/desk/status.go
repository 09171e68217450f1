package desk

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Level is how much a sentence of the status line matters.
type Level int

// The levels.
const (
	Note Level = iota
	Warning
	Error
)

// Status is the last sentence that was said.
type Status struct {
	Level Level
	Text  string // may hold untrusted text
}

// Say puts a sentence on the status line; the empty one clears it.
func (d *Desk) Say(level Level, format string, args ...any) {
	d.Status = Status{level, fmt.Sprintf(format, args...)}
}

// sentence makes an error a sentence.
func sentence(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if unicode.IsLower(r) && !strings.ContainsAny(strings.SplitN(text, " ", 2)[0], "/.:_") {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// A Job is something slow that runs.
type Job struct {
	Gen         int
	Name        string // as in "opening m.gguf"
	Done, Total int    // how far it is; Total is 0 where that isn't known
}

func (d *Desk) begin(gen int, name string) { d.Jobs = append(d.Jobs, Job{Gen: gen, Name: name}) }

// Begin takes note of a job that a view asked the engine for, and returns its
// generation number.
func (d *Desk) Begin(name string) int {
	gen := d.Next()
	d.begin(gen, name)
	return gen
}

// Over forgets a job that has ended.
func (d *Desk) Over(gen int) { d.over(gen) }

// Progress says how far a job is.
func (d *Desk) Progress(gen, done, total int) { d.progress(gen, done, total) }

// Running reports whether a job is in progress.
func (d *Desk) Running(gen int) bool { return d.job(gen) != nil }

func (d *Desk) job(gen int) *Job {
	at := slices.IndexFunc(d.Jobs, func(j Job) bool { return j.Gen == gen })
	if at < 0 {
		return nil
	}
	return &d.Jobs[at]
}

func (d *Desk) over(gen int) {
	d.Jobs = slices.DeleteFunc(d.Jobs, func(j Job) bool { return j.Gen == gen })
}

func (d *Desk) progress(gen, done, total int) {
	if j := d.job(gen); j != nil {
		j.Done, j.Total = done, total
	}
}
