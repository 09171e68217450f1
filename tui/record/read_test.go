package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/tui"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/record"
)

const header = `{"tiller":"session","version":1,"tool":"tiller test","kernel":"k","sitting":{"model":"m"}}` + "\n"

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int // 0 for an error about no line
		says string
	}{
		"empty":          {"", 0, "empty"},
		"something else": {"hello\nworld\n", 1, "not the header of a recording"},
		"other JSON":     {"{\"version\":2}\n", 1, "not the header of a recording"},
		"newer":          {"{\"tiller\":\"session\",\"version\":2,\"new\":1}\n", 1, "format 2, and this tiller plays format 1 alone"},
		"older":          {"{\"tiller\":\"session\"}\n", 1, "format 0"},
		"bad header":     {"{\"tiller\":\"session\",\"version\":1,\"began\":\"yesterday\"}\n", 1, "began"},
		"strange header": {"{\"tiller\":\"session\",\"version\":1,\"more\":1}\n", 1, `there is no "more" in it`},
		"broken line":    {header + "{\"t\":0,\"size\":{\"width\":80,\"height\":24}}\n{\"t\":1,\"key\":{\"te\n{\"t\":2,\"key\":{}}\n", 3, "not valid JSON at byte 17"},
		"no time":        {header + "{\"key\":{}}\n", 2, "an event has a time"},
		"two messages":   {header + "{\"t\":1,\"key\":{},\"paste\":{}}\n", 2, "one message"},
		"negative time":  {header + "{\"t\":-1,\"key\":{}}\n", 2, "a sitting is shorter"},
		"endless time":   {header + "{\"t\":1e300,\"key\":{}}\n", 2, "a sitting is shorter"},
		"text for time":  {header + "{\"t\":\"1\",\"key\":{}}\n", 2, "an event has a time"},
		"backwards":      {header + "{\"t\":2,\"key\":{}}\n{\"t\":1,\"key\":{}}\n", 3, "of second 1.000, but the line before of second 2.000"},
		"unknown":        {header + "{\"t\":1,\"dance\":{}}\n", 2, `does not know the message "dance"`},
		"other fields":   {header + "{\"t\":1,\"key\":{\"colour\":1}}\n", 2, `there is no "colour" in it`},
		"other kind":     {header + "{\"t\":1,\"key\":{\"text\":1}}\n", 2, "key: text"},
		"absurd size":    {header + "{\"t\":1,\"size\":{\"width\":1000000,\"height\":1000000}}\n", 2, "1000000 columns"},
		"negative size":  {header + "{\"t\":1,\"size\":{\"width\":-1}}\n", 2, "columns"},
		"after the end":  {header + "{\"t\":1,\"end\":{}}\n{\"t\":1,\"key\":{}}\n", 3, "follows the line that ends"},
		"unsaid token":   {header + "{\"t\":1,\"tokens\":[1,0,[1,2,0]]}\n", 2, "no text was given for the id 2"},
		"short token":    {header + "{\"t\":1,\"tokens\":[1,0,[1]]}\n", 2, "it has 1 parts"},
		"no tokens":      {header + "{\"t\":1,\"tokens\":[1,0]}\n", 2, "there are no tokens"},
		"no such prompt": {header + "{\"t\":1,\"prompt\":{\"tokens\":7}}\n", 2, "there is no prompt 7"},
		"odd floats":     {header + "{\"t\":1,\"coloured\":{\"kl\":\"AAAA\"}}\n", 2, "3 bytes are not a list of floats"},
		"long line":      {header + "{\"t\":1,\"paste\":{\"content\":\"" + strings.Repeat("a", 65<<20) + "\"}}\n", 2, "longer than 64 MB"},
	} {
		l, err := record.Read(strings.NewReader(c.text))
		at := (*record.LineError)(nil)
		if err == nil || !strings.Contains(err.Error(), c.says) || errors.As(err, &at) != (c.line > 0) || at != nil && at.Line != c.line {
			t.Errorf("%s: %v, %v, want line %d and %q", name, l, err, c.line, c.says)
		}
	}
}

// TestCut reads a log whose writer was killed, at every byte of it.
func TestCut(t *testing.T) {
	whole := header + `{"t":0.001,"size":{"width":80,"height":24}}
{"t":0.5,"key":{"text":"q","code":113}}
{"t":0.75,"bookmark":{"note":"here"}}
{"t":1,"begin":{}}
{"t":1.5,"paste":{"content":"日本"}}
`
	starts := 0
	for n := len(header); n <= len(whole); n++ {
		text := whole[:n]
		l, err := record.Read(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		lines := strings.Count(text, "\n") - 1
		if rest := text[strings.LastIndexByte(text, '\n')+1:]; rest != "" && rest[len(rest)-1] == '}' && strings.Count(rest, "{") == strings.Count(rest, "}") {
			lines++ // all of it but the newline
		}
		if l.Begin > 0 {
			lines--
			starts++
		}
		if len(l.Events) != lines {
			t.Errorf("%d bytes: %d events, want %d", n, len(l.Events), lines)
		}
	}
	if starts == 0 {
		t.Error("it never begins")
	}
	l := read(t, []byte(whole))
	if l.Begin != 3 || l.Length() != time.Second/2 || l.TimeAt(4) != time.Second/2 || fmt.Sprint(l.Bookmarks()) != "[{2 0s here}]" {
		t.Errorf("begins at %d, takes %v, bookmarks %v", l.Begin, l.Length(), l.Bookmarks())
	}
}

// TestHostile plays what no screen was ever told: it is shown as far as it
// goes, and is an error where it is impossible.
func TestHostile(t *testing.T) {
	opened := engine.Opened{Gen: 1, Plan: "a"}
	opened.Model.Ref, opened.Model.Name, opened.Model.Layers = "\x1b]0;owned\a", "\x1b[2J", 1_000_000
	messages := []tea.Msg{
		tea.WindowSizeMsg{Width: 80, Height: 24}, opened, desk.Paused{Gen: -1}, engine.Failed{Gen: 99, Err: "\x1b[31mred"},
		engine.Generated{Gen: 4, Tokens: []engine.Token{{Lane: 77, Index: -5, Text: "\x1b[2J"}}}, engine.Swept{Cells: []engine.SweptCell{{Row: 1 << 40}}},
		record.Bookmark{Note: "\x1b]52;c;x\a"}, tea.PasteMsg{Content: "\x1b[2Jx\u202e"}, engine.Traced{Gen: 3}, engine.Mapped{Gen: 2},
	}
	var buffer bytes.Buffer
	write(t, &buffer, messages)
	p, err := record.NewPlayer(read(t, buffer.Bytes()), tui.Replay)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Frames(func(_ time.Duration, content string, width, height int) bool {
		for _, bad := range []string{"\x1b[2J", "\x1b]", "\u202e", "\x1b[31mred"} {
			if strings.Contains(content, bad) {
				t.Errorf("%q is on the screen", bad)
			}
		}
		return true
	})
	if err != nil && !strings.Contains(err.Error(), "makes the screen fail") {
		t.Error(err)
	}
}

// write writes a log of messages.
func write(t testing.TB, to *bytes.Buffer, messages []tea.Msg) {
	t.Helper()
	path := t.TempDir() + "/s.jsonl"
	r := newRecorder(time.Now)
	if err := r.Begin(path); err != nil {
		t.Fatal(err)
	}
	screen := r.Around(nothing{})
	for _, msg := range messages {
		screen.Update(msg)
	}
	if ended, ok := r.Close(); !ok || ended.Err != "" {
		t.Fatal(ended)
	}
	to.Write(fileBytes(t, path))
}

// FuzzRead reads what may be a log, and plays it if it is one.
func FuzzRead(f *testing.F) {
	f.Add([]byte(header))
	f.Add([]byte(header + `{"t":0,"size":{"width":80,"height":24}}` + "\n" + `{"t":1,"key":{"text":"?","code":63}}` + "\n"))
	var buffer bytes.Buffer
	write(f, &buffer, streaming(3))
	f.Add(buffer.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := record.Read(bytes.NewReader(data))
		if err != nil || len(l.Events) > 20 {
			return
		}
		p, err := record.NewPlayer(l, tui.Replay)
		if err != nil {
			return
		}
		_ = p.Seek(len(l.Events))
	})
}
