package list

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/keys"
	"tiller/tui/theme"
)

var fruit = []Row{
	{Key: "1", Text: "apple", Also: "red or green", Cells: []string{"3"}},
	{Key: "2", Text: "pineapple", Also: "spiky", Cells: []string{"12"}},
	{Key: "3", Text: "grape", Also: "not an apple"},
	{Key: "4", Text: "a purple plum", Also: "blue", Faint: true},
}

func open() *List {
	l := New(theme.New(theme.Dark, true, colorprofile.TrueColor), "> ", "a fruit", Column{Right: true})
	l.Set(fruit)
	return l
}

// keysOf are the keys of the rows that are left, in order.
func (l *List) keysOf() string {
	var out []string
	for _, m := range l.found {
		out = append(out, l.rows[m.row].Key)
	}
	return strings.Join(out, "")
}

func TestSearch(t *testing.T) {
	for typed, want := range map[string]string{
		"":            "1234",
		"apple":       "1234", // begins, holds, beside, scattered
		"APPLE green": "1",
		"green apple": "1",
		"spi":         "2",
		"gp":          "3",
		"zz":          "",
		"  ":          "1234",
	} {
		l := open()
		l.Type(typed)
		if got := l.keysOf(); got != want {
			t.Errorf("%q leaves %s, want %s", typed, got, want)
		}
	}
}

func TestMoves(t *testing.T) {
	l := open()
	l.View(40, 5) // three rows
	for _, c := range []struct {
		action keys.Action
		at     int
	}{{keys.Up, 0}, {keys.Down, 1}, {keys.PageDown, 3}, {keys.Down, 3}, {keys.PageUp, 1}, {keys.Bottom, 3}, {keys.Top, 0}} {
		if taken := l.Do(c.action); !taken {
			t.Errorf("%s means nothing", c.action)
		}
		if at, ok := l.At(); at != c.at || !ok {
			t.Errorf("%s leads to %d, want %d", c.action, at, c.at)
		}
	}
	if l.Do(keys.Choose) {
		t.Error("the list chooses")
	}
	l.Type("zz")
	l.Do(keys.Down)
	if _, ok := l.At(); ok {
		t.Error("the cursor is on a row though none is left")
	}
}

// TestSet keeps the cursor on its row while others come, once it was moved.
func TestSet(t *testing.T) {
	l := open()
	l.Set(slices.Concat([]Row{{Key: "0", Text: "fig"}}, fruit))
	if at, _ := l.At(); at != 0 {
		t.Errorf("the cursor went to %d", at)
	}
	l.Do(keys.Down)
	l.Set(slices.Concat([]Row{{Key: "8", Text: "kiwi"}, {Key: "9", Text: "lime"}}, fruit))
	if at, _ := l.At(); l.rows[at].Key != "1" {
		t.Errorf("the cursor went to row %s", l.rows[at].Key)
	}
}

func TestView(t *testing.T) {
	l := open()
	for _, width := range []int{1, 10, 24, 60} {
		for _, height := range []int{0, 1, 3, 8} {
			lines := l.View(width, height)
			if len(lines) != height {
				t.Fatalf("%d lines, want %d", len(lines), height)
			}
			for _, line := range lines {
				if n := ansi.StringWidth(line); n != width {
					t.Errorf("a line is %d columns wide, want %d: %q", n, width, line)
				}
			}
		}
	}
	l.Type("apple")
	if got := ansi.Strip(l.View(40, 4)[2]); got != "▸ apple          red or green          3" {
		t.Errorf("a row is drawn %q", got)
	}
	l.Key(tea.KeyPressMsg{Code: 'z', Text: "z"})
	if got := ansi.Strip(strings.Join(l.View(40, 4), "\n")); !strings.Contains(got, "Nothing here is called so.") {
		t.Errorf("nothing is left, which is drawn\n%s", got)
	}
}

func TestHostile(t *testing.T) {
	l := open()
	l.Set([]Row{{Text: "İ\x1b[2J\xff", Also: "\u202ex", Cells: []string{"\a"}}})
	l.Type("i")
	drawn := strings.Join(l.View(60, 4), "\n")
	for _, bad := range []string{"\x1b[2J", "\xff", "\u202e", "\a"} {
		if strings.Contains(drawn, bad) {
			t.Errorf("%q reaches the screen", bad)
		}
	}
}
