package keys

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/tui/keys/nearest"
)

// essential are the actions without which there is no way out.
var essential = []Action{Interrupt, Back}

// Rebind gives actions other keys. A name is an action, which changes it wherever it has keys, or a
// context, a dot and an action ("compare.stronger"), which changes it there alone, or gives it keys
// of its own there beside those it has everywhere. An empty list takes the keys away. Where text is
// typed, keys that print stay text: a name without a context passes those places by.
//
// What can be understood is done; the error, one line for each, tells the rest. Changes that would
// leave no way to stop or to go back are not made at all.
func (m *Map) Rebind(changes map[string][]string) error {
	changed := &Map{bindings: slices.Clone(m.bindings)}
	names := slices.SortedFunc(maps.Keys(changes), func(a, b string) int {
		// What is said of one context comes after what is said of all.
		if dots := strings.Count(a, ".") - strings.Count(b, "."); dots != 0 {
			return dots
		}
		return strings.Compare(a, b)
	})
	var wrong []error
	for _, name := range names {
		if err := changed.rebind(name, changes[name]); err != nil {
			wrong = append(wrong, fmt.Errorf("keys: %w", err))
		}
	}
	changed.index()
	for _, where := range Contexts() {
		for _, a := range essential {
			if changed.Key(where, a) == "" {
				return errors.Join(append(wrong, fmt.Errorf("keys: no change was made, since no key would be left for %q %s", a, where.phrase()))...)
			}
		}
	}
	*m = *changed
	return errors.Join(wrong...)
}

// Check says what is wrong with one of the changes that [Map.Rebind] takes, by itself.
func (m *Map) Check(name string, keys []string) error {
	_, _, _, err := m.understand(name, keys)
	return err
}

// understand returns what a change is about, the context empty if it is about all, and its keys as
// Bubble Tea names them.
func (m *Map) understand(name string, written []string) (where Context, action Action, keys []string, err error) {
	if where, action, err = m.named(name); err != nil {
		return "", "", nil, err
	}
	for _, w := range written {
		key, err := canonical(w)
		switch {
		case err != nil:
			return "", "", nil, fmt.Errorf("%s: %w", badfile.Quote(name), err)
		case where.text() && writes(key):
			return "", "", nil, fmt.Errorf("%s: the key %q writes itself there", badfile.Quote(name), key)
		case !slices.Contains(keys, key):
			keys = append(keys, key)
		}
	}
	return where, action, keys, nil
}

// rebind makes one change.
func (m *Map) rebind(name string, written []string) error {
	where, action, keys, err := m.understand(name, written)
	if err != nil {
		return err
	}
	if where != "" {
		m.set(where, action, keys)
		return nil
	}
	silent := slices.DeleteFunc(slices.Clone(keys), writes)
	for _, c := range Contexts() {
		switch {
		case m.find(c, action) < 0:
		case !c.text():
			m.set(c, action, keys)
		case len(silent) > 0 || len(keys) == 0:
			m.set(c, action, silent)
		}
	}
	return nil
}

// writes reports whether a key, or the first of two, writes a character where text is typed.
func writes(key string) bool {
	first, _, _ := strings.Cut(key, " ")
	return prints(first)
}

// named finds the action that a change is about, and the context if it names one.
func (m *Map) named(name string) (Context, Action, error) {
	plain := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	context, action, qualified := strings.Cut(plain, ".")
	if !qualified {
		context, action = "", plain
	}
	where := Context(context)
	if qualified && !slices.Contains(Contexts(), where) {
		return "", "", fmt.Errorf("%s: there is no place %s%s", badfile.Quote(name), badfile.Quote(context), meant(context, Contexts()))
	}
	var all, here []Action
	for _, b := range m.bindings {
		all = append(all, b.Action)
		if !qualified || b.Where == where || where.view() && b.Where == Everywhere {
			here = append(here, b.Action)
		}
	}
	switch a := Action(action); {
	case slices.Contains(here, a):
		return where, a, nil
	case slices.Contains(all, a):
		return "", "", fmt.Errorf("%s: %q does nothing in %s", badfile.Quote(name), a, where)
	default:
		return "", "", fmt.Errorf("%s: there is no action %s%s", badfile.Quote(name), badfile.Quote(action), meant(action, all))
	}
}

// meant asks about the one of names that is near.
func meant[S ~string](got string, names []S) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = string(n)
	}
	if near, ok := nearest.Name(got, texts); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// find returns which binding an action has in a context itself, or -1.
func (m *Map) find(where Context, a Action) int {
	return slices.IndexFunc(m.bindings, func(b bound) bool { return b.Where == where && b.Action == a })
}

// set gives an action keys in a context. One that it has everywhere only is added to the context.
func (m *Map) set(where Context, a Action, keys []string) {
	i := m.find(where, a)
	if i < 0 {
		added := m.bindings[m.find(Everywhere, a)]
		added.Where = where
		i = len(m.bindings)
		m.bindings = append(m.bindings, added)
	}
	m.bindings[i].Keys, m.bindings[i].own = keys, true
}

// Conflicts says, a sentence each, which keys mean two things, can't be reached, or don't arrive
// from every terminal. The map that tiller comes with has none.
func (m *Map) Conflicts() []string {
	var found []string
	for _, where := range Contexts() {
		for b := range m.byWeight() {
			if b.Where != where {
				continue
			}
			for _, key := range b.Keys {
				if problem := m.conflict(b, key); problem != "" {
					found = append(found, fmt.Sprintf("keys: %s, %q %s.", where.phrase(), key, problem))
				}
			}
		}
	}
	return found
}

// conflict completes a sentence about a key of a binding, or is "".
func (m *Map) conflict(b *bound, key string) string {
	first, _, two := strings.Cut(key, " ")
	winner := m.actions[b.Where][key]
	var elsewhere, alone Action // what the key, or the first of two, means everywhere
	begins := false             // what holds everywhere has two keys that begin with it
	if b.Where.view() {
		elsewhere, alone, begins = m.actions[Everywhere][key], m.actions[Everywhere][first], m.first[Everywhere][key]
	}
	switch {
	case winner != b.Action:
		return fmt.Sprintf("means %q, and so it can't mean %q too", winner, b.Action)
	case !two && m.first[b.Where][key]:
		return fmt.Sprintf("begins two keys, and so it can't mean %q alone", b.Action)
	case begins:
		return fmt.Sprintf("means %q, and so the two keys that it begins elsewhere can't be pressed", b.Action)
	case two && alone != "":
		return fmt.Sprintf("can't mean %q without taking %q from %q", b.Action, first, alone)
	case elsewhere != "" && elsewhere != b.Action && !slices.Contains(b.Over, elsewhere):
		return fmt.Sprintf("means %q, and %q everywhere else", b.Action, elsewhere)
	}
	for stroke := range strings.SplitSeq(key, " ") {
		if why := unreliable(stroke); why != "" {
			return fmt.Sprintf("may not reach %q: %s", b.Action, why)
		}
	}
	return ""
}
