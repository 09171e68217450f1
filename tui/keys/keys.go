// Package keys says what keys do: a table of actions, the keys that mean them, and where they do.
// It performs nothing; screens ask it what a key means, and help, palette and footer are made from
// it, so that none of them can be wrong about a key.
//
// Keys are written as Bubble Tea v2 names them (KeyPressMsg.String): "ctrl+c", "enter", "space",
// "shift+tab", "+", "G". Two keys one after the other stand with a space between: "g c".
package keys

import (
	"slices"
	"strings"
)

// Context is where a key is pressed: a view, or a place that takes text.
type Context string

// The contexts. What holds [Everywhere] holds in every view, but not in the two that take text,
// [Typing] and [List] (a list that text narrows), where letters are letters, nor in [Browse], a
// screen of its own without a model.
const (
	Everywhere Context = "everywhere"
	Compare    Context = "compare"
	Cursor     Context = "cursor"
	Layers     Context = "layers"
	Vectors    Context = "vectors"
	Plan       Context = "plan"
	Sweep      Context = "sweep"
	Settings   Context = "settings"
	Browse     Context = "browse"
	Typing     Context = "typing"
	List       Context = "list"
)

// Contexts are all contexts, in the order in which help shows them.
func Contexts() []Context {
	return []Context{Everywhere, Compare, Cursor, Layers, Vectors, Plan, Sweep, Settings, Browse, Typing, List}
}

// text reports whether keys that print write themselves there.
func (c Context) text() bool { return c == Typing || c == List }

// alone reports whether nothing holds there but what is its own.
func (c Context) alone() bool { return c.text() || c == Browse }

// view reports whether what holds everywhere holds there too, beside what is its own.
func (c Context) view() bool { return c != Everywhere && !c.alone() }

// phrase says in a sentence where that is.
func (c Context) phrase() string {
	if c == Everywhere {
		return string(c)
	}
	return "in " + string(c)
}

// Binding says which keys mean an action, where, and what it does.
type Binding struct {
	Action Action
	// Keys mean the action; the first is the one shown. An action without keys is reached by the
	// palette alone.
	Keys  []string
	Help  string // a few words, for the footer: "stronger"
	Long  string // a sentence, for help and palette
	Where Context
	// Over are actions of [Everywhere] that may lose a key to this one in its context; that is no
	// conflict.
	Over []Action
}

// Map is what all keys mean. It is not safe for use by several goroutines while [Map.Rebind] runs.
type Map struct {
	bindings []bound
	actions  map[Context]map[string]Action // by key, or two keys
	first    map[Context]map[string]bool   // keys that begin two
}

// bound is a binding in a map. The user's own win over those that the program came with.
type bound struct {
	Binding
	own bool
}

// Default returns the key map that tiller comes with.
func Default() *Map {
	m := new(Map)
	for _, b := range defaults() {
		m.bindings = append(m.bindings, bound{Binding: b})
	}
	m.index()
	return m
}

// index fills in what keys mean from the bindings.
func (m *Map) index() {
	m.actions, m.first = map[Context]map[string]Action{}, map[Context]map[string]bool{}
	for _, c := range Contexts() {
		m.actions[c], m.first[c] = map[string]Action{}, map[string]bool{}
	}
	for b := range m.byWeight() {
		for _, key := range b.Keys {
			if _, taken := m.actions[b.Where][key]; !taken {
				m.actions[b.Where][key] = b.Action
			}
			if one, _, two := strings.Cut(key, " "); two {
				m.first[b.Where][one] = true
			}
		}
	}
}

// byWeight yields the bindings, those that win first.
func (m *Map) byWeight() func(yield func(*bound) bool) {
	return func(yield func(*bound) bool) {
		for _, own := range []bool{true, false} {
			for i := range m.bindings {
				if m.bindings[i].own == own && !yield(&m.bindings[i]) {
					return
				}
			}
		}
	}
}

// Lookup returns what a key, or two with a space between, means in a context: what it means there
// of its own, else what it means everywhere.
func (m *Map) Lookup(where Context, key string) (Action, bool) {
	if a, ok := m.actions[where][key]; ok || where.alone() {
		return a, ok
	}
	a, ok := m.actions[Everywhere][key]
	return a, ok
}

// begins reports whether a key in a context is the first of two, rather than an action alone.
func (m *Map) begins(where Context, key string) bool {
	if m.first[where][key] {
		return true
	}
	if _, alone := m.actions[where][key]; alone || where.alone() {
		return false
	}
	return m.first[Everywhere][key]
}

// reaches reports whether pressing a key, or two, in a context means an action.
func (m *Map) reaches(where Context, key string, a Action) bool {
	one, _, two := strings.Cut(key, " ")
	got, ok := m.Lookup(where, key)
	return ok && got == a && m.begins(where, one) == two
}

// Key returns the key that people are told to press for an action in a context, or "" if there is
// none.
func (m *Map) Key(where Context, a Action) string {
	contexts := []Context{where}
	if where.view() {
		contexts = append(contexts, Everywhere)
	}
	for _, c := range contexts {
		for _, b := range m.bindings {
			if b.Where != c || b.Action != a {
				continue
			}
			for _, key := range b.Keys {
				if m.reaches(where, key, a) {
					return key
				}
			}
		}
	}
	return ""
}

// Help says in a few words what an action does in a context; "" if it is not bound there.
func (m *Map) Help(where Context, a Action) string {
	help := ""
	for _, b := range m.bindings {
		switch {
		case b.Action != a:
		case b.Where == where:
			return b.Help
		case b.Where == Everywhere && where.view():
			help = b.Help
		}
	}
	return help
}

// Bindings returns what can be done in a context, in the order in which help shows it: what is its
// own first, then what holds everywhere. Only keys that work there are listed, so an action may
// have none. The caller may keep and change what it gets.
func (m *Map) Bindings(where Context) []Binding {
	var list []Binding
	add := func(from Context) {
		for _, b := range m.bindings {
			if b.Where != from {
				continue
			}
			keys := slices.DeleteFunc(slices.Clone(b.Keys), func(key string) bool { return !m.reaches(where, key, b.Action) })
			if i := slices.IndexFunc(list, func(l Binding) bool { return l.Action == b.Action }); i >= 0 {
				for _, key := range keys {
					if !slices.Contains(list[i].Keys, key) {
						list[i].Keys = append(list[i].Keys, key)
					}
				}
				continue
			}
			shown := b.Binding
			shown.Keys, shown.Over = keys, slices.Clone(b.Over)
			list = append(list, shown)
		}
	}
	add(where)
	if where.view() {
		add(Everywhere)
	}
	return list
}

// After returns what can follow the first of two keys in a context, with Keys holding the second
// ones alone: what a screen shows while it waits.
func (m *Map) After(where Context, first string) []Binding {
	var list []Binding
	for _, b := range m.Bindings(where) {
		var seconds []string
		for _, key := range b.Keys {
			if one, second, two := strings.Cut(key, " "); two && one == first {
				seconds = append(seconds, second)
			}
		}
		if seconds != nil {
			b.Keys = seconds
			list = append(list, b)
		}
	}
	return list
}
