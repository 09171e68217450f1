package palette

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
)

func open(t *testing.T, where keys.Context, used ...keys.Action) *Sheet {
	return New(screentest.New(t, nil, engine.Options{}).Desk, where, used)
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{76, 18}, {110, 26}} {
		s := open(t, keys.Compare, keys.GoSweep)
		drawn := s.View(size[0], size[1])
		golden.Exact(t, drawn, size[0], size[1])
		golden.Same(t, fmt.Sprintf("all-%dx%d", size[0], size[1]), drawn)
		screentest.Type(s, "layer")
		golden.Same(t, fmt.Sprintf("layer-%dx%d", size[0], size[1]), s.View(size[0], size[1]))
	}
}

// first is the row under the cursor.
func (s *Sheet) first() string {
	for line := range strings.SplitSeq(ansi.Strip(s.View(100, 20)), "\n") {
		if rest, ok := strings.CutPrefix(line, "▸ "); ok {
			return rest
		}
	}
	return ""
}

func TestFinds(t *testing.T) {
	for _, test := range []struct {
		where keys.Context
		typed string
		want  keys.Action
	}{
		{keys.Compare, "", keys.SelectPosition},
		{keys.Compare, "zoom", keys.Zoom},
		{keys.Compare, "sweep", keys.GoSweep},
		{keys.Compare, "open model", keys.Open},
		{keys.Compare, "Whole width", keys.Zoom},
		{keys.Compare, "dplct", keys.DuplicateLane},
		{keys.Sweep, "run", keys.RunSweep},
		{keys.Typing, "settings", keys.GoSettings},
	} {
		s := open(t, test.where)
		screentest.Type(s, test.typed)
		s.Do(keys.Choose)
		if got, ok := s.Chosen(); !ok || got != test.want || !s.Done() {
			t.Errorf("in %s %q finds %q, want %q", test.where, test.typed, got, test.want)
		}
	}
}

func TestNothingFound(t *testing.T) {
	s := open(t, keys.Compare)
	screentest.Type(s, "qqqq")
	s.Do(keys.Down)
	s.Do(keys.Choose)
	if _, ok := s.Chosen(); ok || s.Done() {
		t.Error("nothing was chosen, yet it is done")
	}
	if !strings.Contains(s.View(80, 10), "Nothing here") {
		t.Error("it does not say that nothing is found")
	}
	s.Do(keys.Back)
	if _, ok := s.Chosen(); ok || !s.Done() {
		t.Error("esc does not close")
	}
}

func TestUsedFirst(t *testing.T) {
	s := open(t, keys.Compare, keys.Undo, keys.GoPlan)
	if got := s.first(); !strings.HasPrefix(got, "undo") {
		t.Errorf("first is %q", got)
	}
	s.Do(keys.Down)
	if got := s.first(); !strings.HasPrefix(got, "plan") {
		t.Errorf("second is %q", got)
	}
}

func TestMouse(t *testing.T) {
	s := open(t, keys.Compare)
	s.View(80, 10)
	s.Click(5, 0)
	if s.Done() {
		t.Error("a click on what is typed chooses")
	}
	s.Wheel(5, 5, 3)
	s.Click(5, 3)
	if got, _ := s.Chosen(); got != keys.SelectRange {
		t.Errorf("a click chose %q", got)
	}
}

func BenchmarkView(b *testing.B) {
	s := New(screentest.New(b, nil, engine.Options{}).Desk, keys.Compare, nil)
	for b.Loop() {
		s.View(110, 40)
	}
}
