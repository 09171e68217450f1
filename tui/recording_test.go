package tui

import (
	"os"
	"strings"
	"testing"
	"time"

	"tiller/tui/keys"
	"tiller/tui/record"
)

// TestRecording begins, marks and ends a recording, and says what is in the way
// of one.
func TestRecording(t *testing.T) {
	b := newBench(t)
	b.recorder = record.New(record.Options{Now: time.Now, Sitting: Options{}.Sitting()})
	b.press(t, "m")
	b.expect(t, "Nothing is recorded: R begins to.")
	b.press(t, "R")
	b.expect(t, "all typed in it so far too", "sitting.jsonl")
	b.press(t, "ctrl+u", "type none/a.jsonl", "enter")
	b.expect(t, "✗ Not recorded: cannot write none/a.jsonl")
	b.press(t, "R", "enter")
	b.expect(t, "● rec", "Recording into sitting.jsonl. What you type is in it. R ends it, m marks a")
	if size, _ := os.Stat("sitting.jsonl"); size == nil || size.Size() == 0 {
		t.Error("there is no file")
	}
	b.press(t, "m")
	b.expect(t, "Mark this place", "bookmark 1")
	b.press(t, "enter")
	b.expect(t, "Bookmark: bookmark 1")
	b.press(t, "M", "esc", "R")
	b.expect(t, "Saved. Replay it with: tiller play sitting.jsonl")
	if strings.Contains(b.draw(), "● rec") {
		t.Error("the header says that it is recorded")
	}
	before, _ := os.ReadFile("sitting.jsonl")
	b.press(t, "R", "enter")
	b.expect(t, "sitting.jsonl is there already. Replace it?")
	b.press(t, "n")
	b.expect(t, "sitting.jsonl is as it was.")
	if after, _ := os.ReadFile("sitting.jsonl"); string(after) != string(before) {
		t.Error("no replaces the file")
	}
	b.press(t, "R", "enter", "y")
	b.expect(t, "● rec")
	b.press(t, "g", "l")
	if a, _ := b.desk.Keys.Lookup(b.top().Context(), "m"); a != keys.CycleQuantity {
		t.Errorf("in Layers m means %s", a)
	}
	b.press(t, "M")
	b.expect(t, "Mark this place")
	b.press(t, "esc")
	b.recorder.Close()
}
