package record_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/tui"
	"tiller/tui/record"
)

func fileBytes(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestStart begins, ends and begins again: each file has the sitting from its
// beginning.
func TestStart(t *testing.T) {
	r := newRecorder(time.Now)
	screen := r.Around(nothing{})
	path := filepath.Join(t.TempDir(), "a.jsonl")
	press := func(text string) { screen.Update(tea.KeyPressMsg{Text: text}) }
	press("a")
	if r.Stop()() != nil {
		t.Error("what was not begun ends")
	}
	if got := r.Start(7, path, false)(); got != (record.Started{Gen: 7, Path: path}) {
		t.Fatal(got)
	}
	press("b")
	if got, ok := r.Start(8, path+"2", false)().(record.Ended); !ok || !strings.Contains(got.Err, "recorded already") {
		t.Errorf("a second file is %+v", got)
	}
	ended := r.Stop()().(record.Ended)
	data := fileBytes(t, path)
	if ended.Bytes != int64(len(data)) || ended.Err != "" || ended.Events != bytes.Count(data, []byte{'\n'})-1 {
		t.Errorf("the end is %+v, of %d bytes", ended, len(data))
	}
	press("c")
	if got := r.Start(9, path, false)(); got != (record.Started{Gen: 9, Path: path, Exists: true}) {
		t.Errorf("over a file: %+v", got)
	}
	if !bytes.Equal(fileBytes(t, path), data) {
		t.Error("the file was touched")
	}
	if got := r.Start(10, path, true)(); got != (record.Started{Gen: 10, Path: path}) {
		t.Errorf("over a file: %+v", got)
	}
	press("d")
	r.Close()
	var keys strings.Builder
	l := read(t, fileBytes(t, path))
	for _, e := range l.Events {
		keys.WriteString(e.Msg.(tea.KeyPressMsg).Text)
	}
	if keys.String() != "abcd" || l.Begin != 3 || !l.Closed {
		t.Errorf("the log has %q, begins at %d, closed %v", keys.String(), l.Begin, l.Closed)
	}
	if got, ok := r.Start(11, filepath.Join(path, "x"), false)().(record.Ended); !ok || got.Err == "" {
		t.Errorf("a file in a file: %+v", got)
	}
	var none *record.Recorder
	if none.Start(1, "x", false) != nil || none.Stop() != nil {
		t.Error("no recorder has commands")
	}
}

// gone is a message that no log has a place for.
type gone struct{}

// TestEnds ends recording where it can't go on: the screen is told, once, and
// what was written can be played.
func TestEnds(t *testing.T) {
	for name, c := range map[string]struct {
		limit int64
		last  tea.Msg
		says  string
		again string // why no other file can be begun; empty if one can
	}{
		"unknown message": {0, gone{}, "no place for the message record_test.gone", "no place for the message"},
		"limit":           {2000, tea.PasteMsg{Content: strings.Repeat("a", 3000)}, "has reached", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := record.New(record.Options{Now: time.Now, Limit: c.limit, Sitting: tui.Options{}.Sitting()})
			path := filepath.Join(t.TempDir(), "s.jsonl")
			if err := r.Begin(path); err != nil {
				t.Fatal(err)
			}
			screen := r.Around(nothing{})
			if msg := screen.Init()(); msg != (record.Started{Path: path}) {
				t.Errorf("the screen is told %+v", msg)
			}
			screen.Update(tea.KeyPressMsg{Text: "a"})
			_, cmd := screen.Update(c.last)
			if cmd == nil {
				t.Fatal("the screen is not told")
			}
			ended, ok := cmd().(record.Ended)
			if !ok || !strings.Contains(ended.Err, c.says) || ended.Path != path {
				t.Errorf("the screen is told %+v", ended)
			}
			if _, cmd := screen.Update(tea.KeyPressMsg{Text: "b"}); cmd != nil {
				t.Error("it is told twice")
			}
			if _, ok := r.Close(); ok {
				t.Error("it ends twice")
			}
			if l := read(t, fileBytes(t, path)); len(l.Events) != 1 || l.Closed {
				t.Errorf("the file has %d events, closed %v", len(l.Events), l.Closed)
			}
			err := r.Begin(path)
			if (err != nil) != (c.again != "") || err != nil && !strings.Contains(err.Error(), c.again) {
				t.Errorf("to begin again: %v", err)
			}
			r.Close()
		})
	}
}

// TestKilled kills a process that records, again and again at another moment:
// what it wrote is played to its last whole event. It tells how many events the
// recorder had when it told; those before it rested are in the file.
func TestKilled(t *testing.T) {
	if os.Getenv("TILLER_TEST_RECORD") != "" {
		recordUntilKilled(os.Getenv("TILLER_TEST_RECORD"))
	}
	times := 5
	if testing.Short() {
		times = 2
	}
	for i := range times {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.jsonl", i))
		c := exec.Command(os.Args[0], "-test.run", "TestKilled")
		c.Env = append(os.Environ(), "TILLER_TEST_RECORD="+path)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(out)
		for range 3 + 7*i {
			in.Scan()
		}
		c.Process.Kill()
		c.Wait()
		l := read(t, fileBytes(t, path))
		if len(l.Events) < 10 || l.Closed {
			t.Errorf("%d events were left", len(l.Events))
		}
		p, err := record.NewPlayer(l, tui.Replay)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Seek(len(l.Events)); err != nil {
			t.Error(err)
		}
		t.Logf("%d events, the last line cut: %v", len(l.Events), l.Cut)
	}
}

// recordUntilKilled records without end, and says so after each hundred events.
func recordUntilKilled(path string) {
	r := newRecorder(time.Now)
	if err := r.Begin(path); err != nil {
		panic(err)
	}
	screen := r.Around(nothing{})
	for i, messages := 0, streaming(10_000); ; i++ {
		screen.Update(messages[i%len(messages)])
		if i%100 == 99 {
			fmt.Println(i)
			time.Sleep(time.Millisecond)
		}
	}
}
