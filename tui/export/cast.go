package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"tiller/tui/visible"
)

// A cast is a line of JSON with the terminal's size and colours, and then one
// for each event: when, what kind ("o" output, "m" marker), and its data.
// Version 2 counts the seconds since the beginning, version 3 since the event
// before. The formats are described at
// https://docs.asciinema.org/manual/asciicast/v2/ and .../v3/.

type castTheme struct {
	FG      string `json:"fg"`
	BG      string `json:"bg"`
	Palette string `json:"palette"` // colours joined by colons
}

type castHeader2 struct {
	Version int               `json:"version"`
	Width   int               `json:"width"`
	Height  int               `json:"height"`
	Title   string            `json:"title,omitempty"`
	Env     map[string]string `json:"env"`
	Theme   castTheme         `json:"theme"`
}

type castHeader3 struct {
	Version int      `json:"version"`
	Term    castTerm `json:"term"`
	Title   string   `json:"title,omitempty"`
}

type castTerm struct {
	Cols  int       `json:"cols"`
	Rows  int       `json:"rows"`
	Type  string    `json:"type"`
	Theme castTheme `json:"theme"`
}

// castTerminal is the kind of terminal that the sequences are for.
const castTerminal = "xterm-256color"

func castThemeOf(t Theme) castTheme {
	codes := make([]string, len(t.Palette))
	for i, c := range t.Palette {
		codes[i] = hex(c)
	}
	return castTheme{hex(t.FG), hex(t.BG), strings.Join(codes, ":")}
}

func writeCast2(w io.Writer, r *reel, _ Options) error {
	header := castHeader2{
		Version: 2, Width: r.width, Height: r.height, Title: r.title,
		Env: map[string]string{"TERM": castTerminal}, Theme: castThemeOf(r.theme),
	}
	return writeCast(w, header, r, func(at, _ time.Duration) time.Duration { return at })
}

func writeCast3(w io.Writer, r *reel, _ Options) error {
	header := castHeader3{Version: 3, Term: castTerm{r.width, r.height, castTerminal, castThemeOf(r.theme)}, Title: r.title}
	return writeCast(w, header, r, func(at, before time.Duration) time.Duration { return at - before })
}

// writeCast writes the header and the events; stamp is what stands for the time
// of one, given that of the one before.
func writeCast(w io.Writer, header any, r *reel, stamp func(at, before time.Duration) time.Duration) error {
	out := bufio.NewWriter(w)
	if err := writeJSON(out, header); err != nil {
		return err
	}
	before := time.Duration(0)
	for _, e := range r.events() {
		at := e.at.Round(time.Millisecond)
		if _, err := fmt.Fprintf(out, "[%.3f, %q, ", stamp(at, before).Seconds(), e.kind); err != nil {
			return err
		}
		before = at
		data, err := encode(e.data)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s]\n", data)
	}
	return out.Flush()
}

// encode is JSON in which what a terminal would act on is escaped.
func encode(v any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return visible.JSON([]byte(strings.TrimSuffix(b.String(), "\n"))), nil
}

func writeJSON(w io.Writer, v any) error {
	line, err := encode(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// A castEvent is a line of a cast; its time is since the beginning.
type castEvent struct {
	at         time.Duration
	kind, data string
}

// events are what a terminal is told, and the markers, in order. Whoever plays
// them in a terminal gets it back in its plain style with its cursor.
func (r *reel) events() []castEvent {
	p := newPen(r.width, r.height)
	markers := r.markers
	var events []castEvent
	mark := func(until time.Duration) {
		for len(markers) > 0 && markers[0].At <= until {
			events = append(events, castEvent{markers[0].At, "m", markers[0].Label})
			markers = markers[1:]
		}
	}
	for i, m := range r.moments {
		mark(m.at - 1)
		data := p.draw(m.screen)
		if i == 0 {
			data = "\x1b[0m\x1b[2J\x1b[H" + data
		}
		events = append(events, castEvent{m.at, "o", data})
	}
	mark(r.end)
	last := r.moments[len(r.moments)-1].screen
	data := ""
	if !last.cursor.Visible {
		data = fmt.Sprintf("\x1b[%dH\x1b[?25h", r.height)
	}
	return append(events, castEvent{r.end, "o", data})
}
