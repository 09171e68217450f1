package keys

import (
	"strings"
	"testing"
)

func TestRebind(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes map[string][]string
		want    map[string]string // "context key" to action, "" for none
		err     string
	}{
		{"everywhere", map[string][]string{"stronger": {"ctrl+a", "Up"}},
			map[string]string{"compare ctrl+a": "stronger", "plan up": "stronger", "plan +": "", "compare k": "up"}, ""},
		{"one context", map[string][]string{"compare.stronger": {"a"}},
			map[string]string{"compare a": "stronger", "compare +": "stronger", "plan a": "add-term", "sweep a": ""}, ""},
		{"names as people write them", map[string][]string{"Compare.Duplicate_Lane": {"D"}},
			map[string]string{"compare D": "duplicate-lane", "compare d": "", "plan D": "derive"}, ""},
		{"the context after all", map[string][]string{"compare.editor": {"ctrl+y"}, "editor": {"ctrl+x"}},
			map[string]string{"compare ctrl+y": "editor", "compare ctrl+x": "", "plan ctrl+x": "editor", "typing ctrl+x": "editor"}, ""},
		{"where text is typed", map[string][]string{"generate": {"r", "ctrl+g"}, "open": {"O"}},
			map[string]string{"compare r": "generate", "typing r": "", "typing ctrl+g": "generate", "typing enter": "", "typing ctrl+o": "open", "compare ctrl+o": "", "compare O": "open"}, ""},
		{"a swap", map[string][]string{"copy": {"u"}, "undo": {"y"}},
			map[string]string{"compare u": "copy", "compare y": "undo"}, ""},
		{"the user's own wins", map[string][]string{"compare.copy": {"d"}, "redo": {"q"}},
			map[string]string{"compare d": "copy", "compare q": "redo"}, ""},
		{"two keys", map[string][]string{"copy": {"y y"}},
			map[string]string{"compare y y": "copy", "compare y": ""}, ""},
		{"none", map[string][]string{"quit": {}},
			map[string]string{"compare q": ""}, ""},
		{"misspelt", map[string][]string{"stronget": {"a"}, "compair.copy": {"b"}, "copy": {"pagup"}, "undo": {"U"}},
			map[string]string{"compare U": "undo", "compare y": "copy"},
			`keys: "copy": there is no key "pagup"; did you mean "pgup"?
keys: "stronget": there is no action "stronget"; did you mean "stronger"?
keys: "compair.copy": there is no place "compair"; did you mean "compare"?`},
		{"not there", map[string][]string{"settings.thinking": {"x"}, "typing.stronger": {"ctrl+x"}, "typing.back": {"q"}, "x": {"y"}}, nil,
			`keys: "x": there is no action "x"
keys: "settings.thinking": "thinking" does nothing in settings
keys: "typing.back": the key "q" writes itself there
keys: "typing.stronger": "stronger" does nothing in typing`},
		{"no way out", map[string][]string{"copy": {"ctrl+c"}, "undo": {"U"}},
			map[string]string{"compare ctrl+c": "interrupt", "compare u": "undo"},
			`keys: no change was made, since no key would be left for "interrupt" everywhere`},
		{"no way back", map[string][]string{"list.back": {}}, nil,
			`keys: no change was made, since no key would be left for "back" in list`},
		{"hidden by two keys", map[string][]string{"compare.copy": {"esc y"}}, nil,
			`keys: no change was made, since no key would be left for "back" in compare`},
		{"another way out", map[string][]string{"copy": {"ctrl+c"}, "interrupt": {"ctrl+g"}},
			map[string]string{"compare ctrl+c": "copy", "compare ctrl+g": "interrupt", "typing ctrl+g": "interrupt"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := Default()
			said := ""
			if err := m.Rebind(test.changes); err != nil {
				said = err.Error()
			}
			if said != test.err {
				t.Errorf("error %s\nwant %s", said, test.err)
			}
			for at, want := range test.want {
				where, key, _ := strings.Cut(at, " ")
				if got, _ := m.Lookup(Context(where), key); got != Action(want) {
					t.Errorf("%s: %q, want %q", at, got, want)
				}
			}
		})
	}
	if found := Default().Conflicts(); len(found) > 0 {
		t.Errorf("changing a map changed the default: %q", found)
	}
}

func TestConflicts(t *testing.T) {
	for _, test := range []struct {
		changes map[string][]string
		want    string
	}{
		{map[string][]string{"duplicate-lane": {"y"}, "copy": {"d"}}, ""},
		{map[string][]string{"compare.copy": {"d"}},
			`keys: in compare, "d" means "copy", and so it can't mean "duplicate-lane" too.`},
		{map[string][]string{"compare.copy": {"q"}},
			`keys: in compare, "q" means "copy", and "quit" everywhere else.`},
		{map[string][]string{"copy": {"."}},
			`keys: in compare, "." means "divergence", and "copy" everywhere else.
keys: in cursor, "." means "divergence", and "copy" everywhere else.
keys: in layers, "." means "divergence", and "copy" everywhere else.`},
		{map[string][]string{"save": {"g"}},
			`keys: everywhere, "g" begins two keys, and so it can't mean "save" alone.`},
		{map[string][]string{"sweep.retest": {"g"}},
			`keys: in sweep, "g" means "retest", and so the two keys that it begins elsewhere can't be pressed.`},
		{map[string][]string{"sweep.retest": {"y r"}},
			`keys: in sweep, "y r" can't mean "retest" without taking "y" from "copy".`},
		{map[string][]string{"save": {"ctrl+m", "g ctrl+i"}},
			`keys: everywhere, "ctrl+m" may not reach "save": most terminals send enter for it.
keys: everywhere, "g ctrl+i" may not reach "save": most terminals send tab for it.`},
		{map[string][]string{"stronger": {"a"}, "add-term": {"+"}, "add-to-plan": {"+"}}, ""},
	} {
		m := Default()
		if err := m.Rebind(test.changes); err != nil {
			t.Errorf("%v: %v", test.changes, err)
		}
		got := strings.Join(m.Conflicts(), "\n")
		if got != test.want {
			t.Errorf("%v:\n%s\nwant\n%s", test.changes, got, test.want)
		}
	}
}

// Changes come from a file: whatever they are, the way out stays.
func FuzzRebind(f *testing.F) {
	f.Add("compare.stronger", "ctrl+a", "b")
	f.Add("back", "q", "g ctrl+c")
	f.Add("everywhere.interrupt", "g", "")
	f.Fuzz(func(t *testing.T, name, one, two string) {
		m := Default()
		m.Rebind(map[string][]string{name: {one, two}, "copy": {two}})
		for _, where := range Contexts() {
			for _, a := range essential {
				s := new(Sequence)
				var got Action
				for key := range strings.SplitSeq(m.Key(where, a), " ") {
					got, _, _ = s.Press(m, where, key)
				}
				if got != a {
					t.Errorf("%s is lost in %s", a, where)
				}
			}
			m.Bindings(where)
		}
		m.Conflicts()
	})
}
