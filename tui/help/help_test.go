package help

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

func open(t testing.TB, where keys.Context) *Sheet {
	return New(screentest.New(t, nil, engine.Options{}).Desk, where)
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{76, 18}, {116, 26}, {196, 44}} {
		s := open(t, keys.Compare)
		w, h := s.Size(size[0], size[1])
		drawn := s.View(w, h)
		golden.Exact(t, drawn, w, h)
		golden.Same(t, fmt.Sprintf("compare-%dx%d", size[0], size[1]), drawn)
	}
}

// TestSays checks that help shows every action of every context, whatever the
// width, and where it ends.
func TestSays(t *testing.T) {
	for _, where := range keys.Contexts() {
		for _, width := range []int{56, 76, 120, 240} {
			s := open(t, where)
			all := ansi.Strip(strings.Join(s.flow(width, ""), "\n"))
			for _, b := range keys.Default().Bindings(where) {
				if word := strings.Fields(b.Long)[0]; !strings.Contains(all, word) {
					t.Errorf("in %s at %d columns nothing says %q", where, width, b.Long)
				}
				if len(b.Keys) > 0 && !strings.Contains(all, b.Keys[0]) {
					t.Errorf("in %s at %d columns %q is missing", where, width, b.Keys[0])
				}
			}
			if !strings.Contains(all, "KL(steered‖base)") {
				t.Errorf("in %s at %d columns the marks are missing", where, width)
			}
		}
	}
}

func TestScrolls(t *testing.T) {
	s := open(t, keys.Compare)
	top := s.View(76, 18)
	if !strings.Contains(top, "more below") {
		t.Error("it does not say that more is below")
	}
	s.Do(keys.Bottom)
	if end := s.View(76, 18); !strings.Contains(end, "the end") || !strings.Contains(end, "AUC") {
		t.Errorf("the end is not the end:\n%s", ansi.Strip(end))
	}
	s.Do(keys.Down)
	s.Do(keys.Top)
	if s.View(76, 18) != top {
		t.Error("the first line is not where it was")
	}
}

func TestFilter(t *testing.T) {
	s := open(t, keys.Compare)
	s.Do(keys.Search)
	screentest.Type(s, "lane keep")
	if s.Context() != keys.List || !s.Typing() {
		t.Error("the filter is not typed")
	}
	got := ansi.Strip(s.View(76, 18))
	if !strings.Contains(got, "whatever the dials do") || strings.Contains(got, "Quit") {
		t.Errorf("the filter leaves:\n%s", got)
	}
	s.Do(keys.Choose)
	if s.Typing() || s.Done() {
		t.Error("enter does not keep what was filtered")
	}
	s.Do(keys.Back)
	if s.Done() || !strings.Contains(s.View(76, 18), "more below") {
		t.Error("esc does not show everything again")
	}
	s.Do(keys.Search)
	screentest.Type(s, "zzz")
	if !strings.Contains(s.View(76, 18), "No key") {
		t.Error("it does not say that nothing is left")
	}
	for range 2 {
		s.Do(keys.Back)
	}
	if !s.Done() {
		t.Error("esc does not close")
	}
}

func TestCloses(t *testing.T) {
	for _, a := range []keys.Action{keys.Help, keys.Quit, keys.Back} {
		s := open(t, keys.Plan)
		if _, taken := s.Do(keys.Stronger); !taken || s.Done() {
			t.Error("a key acts through help")
		}
		if s.Do(a); !s.Done() {
			t.Errorf("%s does not close", a)
		}
	}
}

func BenchmarkView(b *testing.B) {
	s := open(b, keys.Compare)
	for b.Loop() {
		s.Size(196, 44)
		s.View(196, 44)
	}
}
