package keys

import (
	"slices"
	"strings"
	"testing"
)

func TestDefault(t *testing.T) {
	m := Default()
	if found := m.Conflicts(); len(found) > 0 {
		t.Errorf("conflicts:\n%s", strings.Join(found, "\n"))
	}
	type place struct {
		where  Context
		action Action
	}
	seen := map[place]bool{}
	for _, b := range defaults() {
		at := place{b.Where, b.Action}
		if seen[at] {
			t.Errorf("%v stands twice", at)
		}
		seen[at] = true
		if !slices.Contains(Contexts(), b.Where) || len(b.Keys) == 0 {
			t.Errorf("%v: context %q, keys %q", at, b.Where, b.Keys)
		}
		if b.Help == "" || len(b.Help) > 20 || strings.HasSuffix(b.Help, ".") || !strings.HasSuffix(b.Long, ".") {
			t.Errorf("%v: help %q, %q", at, b.Help, b.Long)
		}
		for _, key := range b.Keys {
			if c, err := canonical(key); err != nil || c != key {
				t.Errorf("%v: key %q is written %q, %v", at, key, c, err)
			}
			if !m.reaches(b.Where, key, b.Action) {
				t.Errorf("%v is not reached by %q", at, key)
			}
			if b.Where.text() && writes(key) {
				t.Errorf("%v: %q is text there", at, key)
			}
		}
		for _, lost := range b.Over {
			if !slices.ContainsFunc(b.Keys, func(key string) bool { return m.actions[Everywhere][key] == lost }) {
				t.Errorf("%v takes no key from %q", at, lost)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	m := Default()
	for _, test := range []struct {
		where Context
		key   string
		want  Action
	}{
		{Compare, "enter", Generate},
		{Compare, "+", Stronger},
		{Compare, "=", Stronger},
		{Compare, "space", SelectPosition},
		{Cursor, "space", ""},
		{Sweep, "enter", TakeCell},
		{Sweep, "t", Retest},
		{Compare, "t", Thinking},
		{Vectors, "/", Filter},
		{Plan, "/", Search},
		{Plan, "g c", GoCompare},
		{Plan, "g", ""},
		{Typing, "enter", Generate},
		{Typing, "q", ""},
		{Typing, "ctrl+u", ""},
		{Typing, "ctrl+j", Newline},
		{List, "ctrl+j", Down},
		{List, "j", ""},
		{List, "g g", ""},
		{Everywhere, "q", Quit},
		{"nowhere", "q", Quit},
		{Compare, "R", Record},
		{Compare, "m", Bookmark},
		{Layers, "m", CycleQuantity},
		{Layers, "M", Bookmark},
		{Compare, "", ""},
	} {
		if got, ok := m.Lookup(test.where, test.key); got != test.want || ok != (test.want != "") {
			t.Errorf("%q in %s: %q, %v, want %q", test.key, test.where, got, ok, test.want)
		}
	}
}

func TestKey(t *testing.T) {
	m := Default()
	for _, test := range []struct {
		where  Context
		action Action
		want   string
	}{
		{Compare, Stronger, "+"},
		{Compare, GoPlan, "g p"},
		{Compare, Generate, "enter"},
		{Sweep, Generate, ""}, // takes the cell there
		{Typing, Palette, "ctrl+p"},
		{Compare, Palette, ":"},
		{Typing, Quit, ""},
		{Plan, Thinking, ""},
	} {
		if got := m.Key(test.where, test.action); got != test.want {
			t.Errorf("%s in %s: %q, want %q", test.action, test.where, got, test.want)
		}
	}
}

func TestBindings(t *testing.T) {
	m := Default()
	for _, where := range Contexts() {
		seen := map[Action]bool{}
		for _, b := range m.Bindings(where) {
			if seen[b.Action] {
				t.Errorf("%s lists %s twice", where, b.Action)
			}
			seen[b.Action] = true
			for _, key := range b.Keys {
				if !m.reaches(where, key, b.Action) {
					t.Errorf("%s lists %q for %s", where, key, b.Action)
				}
			}
		}
		if where.text() == seen[Quit] {
			t.Errorf("%s: quit is listed: %v", where, seen[Quit])
		}
	}
	list := m.Bindings(Sweep)
	if list[0].Action != TakeCell {
		t.Errorf("sweep begins with %s", list[0].Action)
	}
	i := slices.IndexFunc(list, func(b Binding) bool { return b.Action == Generate })
	if i < 0 || len(list[i].Keys) != 0 {
		t.Error("in sweep, generate should be listed without a key")
	}
	list[0].Keys[0] = "changed"
	if m.Key(Sweep, TakeCell) != "enter" {
		t.Error("a list of bindings changes the map")
	}
}

// TestBindingsOnce lists a key once that means an action in a view and
// everywhere.
func TestBindingsOnce(t *testing.T) {
	for _, b := range Default().Bindings(Sweep) {
		if b.Action == Stronger && !slices.Equal(b.Keys, []string{"+", "="}) {
			t.Errorf("%s has the keys %q", b.Action, b.Keys)
		}
	}
}

func TestAfter(t *testing.T) {
	var got []string
	for _, b := range Default().After(Layers, "g") {
		got = append(got, strings.Join(b.Keys, "")+" "+b.Help)
	}
	want := "c compare, t token, l layers, v vectors, p plan, s sweep, , settings, g first"
	if strings.Join(got, ", ") != want {
		t.Errorf("after g: %s", strings.Join(got, ", "))
	}
	if list := Default().After(Typing, "g"); list != nil {
		t.Errorf("after g where text is typed: %v", list)
	}
}

func TestSequence(t *testing.T) {
	for _, test := range []struct {
		where Context
		keys  string // by commas
		want  string // what each means, "…" for one that waits, "." for none
	}{
		{Compare, "g,c", "… go-compare"},
		{Compare, "g,g", "… top"},
		{Compare, "g,q,q", "… . quit"},
		{Compare, "g,esc,esc", "… . back"},
		{Compare, "g,ctrl+c", "… interrupt"},
		{Compare, "g,down,j", "… down down"},
		{Compare, "g,space,space", "… . select-position"},
		{Compare, "g,,", "… ."}, // an empty key is none
		{Typing, "g,c", ". ."},
		{Compare, "j,g,l,j", "down … go-layers down"},
	} {
		m, s := Default(), new(Sequence)
		var got []string
		for _, key := range strings.Split(test.keys, ",") {
			a, pending, ok := s.Press(m, test.where, key)
			switch {
			case pending != "":
				if ok || pending != s.Pending() {
					t.Errorf("%s: pending %q, %v", test.keys, pending, ok)
				}
				got = append(got, "…")
			case ok:
				got = append(got, string(a))
			default:
				got = append(got, ".")
			}
		}
		if g := strings.Join(got, " "); g != test.want && !strings.HasPrefix(g, test.want+" ") {
			t.Errorf("%s in %s: %s, want %s", test.keys, test.where, g, test.want)
		}
	}
	m, s := Default(), new(Sequence)
	s.Press(m, Compare, "g")
	s.Cancel()
	if a, _, _ := s.Press(m, Compare, "c"); a != ColourMode {
		t.Errorf("after a cancelled g, c is %q", a)
	}
}

// BenchmarkPress is part of the way from key to frame.
func BenchmarkPress(b *testing.B) {
	m, s := Default(), new(Sequence)
	b.ReportAllocs()
	for b.Loop() {
		s.Press(m, Compare, "+")
	}
}
