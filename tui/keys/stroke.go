package keys

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
	"tiller/tui/keys/nearest"
)

// modifiers are the keys that are held down, in the order in which Bubble Tea writes them, with
// the other names that people know them by.
var modifiers = []struct{ name, other string }{
	{"ctrl", "control"}, {"alt", "option"}, {"shift", ""}, {"meta", ""}, {"hyper", ""}, {"super", "cmd"},
}

// named are the keys that have a name rather than a character.
var named = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right", "insert", "delete",
	"pgup", "pgdown", "home", "end",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// otherNames are names that people know some keys by.
var otherNames = map[string]string{
	"return": "enter", "escape": "esc", "ins": "insert", "del": "delete",
	"pageup": "pgup", "pagedown": "pgdown", "pgdn": "pgdown",
}

// canonical returns a key, or two with a space between, as Bubble Tea names them.
func canonical(key string) (string, error) {
	if key == " " {
		return "space", nil
	}
	fields := strings.Fields(key)
	if len(fields) == 0 || len(fields) > 2 {
		return "", fmt.Errorf("%s is no key: write one, such as \"ctrl+o\", or two with a space between, such as \"g c\"", badfile.Quote(key))
	}
	for i, field := range fields {
		var err error
		if fields[i], err = stroke(field); err != nil {
			return "", err
		}
	}
	return strings.Join(fields, " "), nil
}

// stroke returns one key with its modifiers as Bubble Tea names it.
func stroke(written string) (string, error) {
	held, key := split(written)
	shift := slices.Contains(held, "shift")
	r, size := utf8.DecodeRuneInString(key)
	switch one := size == len(key); {
	case one && (!unicode.IsGraphic(r) || r == utf8.RuneError || unicode.IsSpace(r)):
		return "", fmt.Errorf("%s is no key", badfile.Quote(written))
	case one && unicode.IsLetter(r) && len(held) == 1 && shift:
		return strings.ToUpper(key), nil
	case one && len(held) == 1 && shift:
		return "", fmt.Errorf("the key %s is written as the character that it types", badfile.Quote(written))
	case one && unicode.IsUpper(r) && len(held) > 0:
		key = string(unicode.ToLower(r))
		if !shift && !slices.Contains(held, "ctrl") { // "Ctrl+O" is how people write ctrl+o
			held = append(held, "shift")
		}
	case !one:
		name, err := keyName(written, key)
		if err != nil {
			return "", err
		}
		key = name
	}
	var b strings.Builder
	for _, m := range modifiers {
		if slices.Contains(held, m.name) {
			b.WriteString(m.name + "+")
		}
	}
	return b.String() + key, nil
}

// split takes the modifiers off a key: "ctrl++" is ctrl and "+".
func split(written string) (held []string, key string) {
	key = written
next:
	for {
		name, rest, ok := strings.Cut(key, "+")
		if !ok || rest == "" {
			return held, key
		}
		for _, m := range modifiers {
			if strings.EqualFold(name, m.name) || m.other != "" && strings.EqualFold(name, m.other) {
				held, key = append(held, m.name), rest
				continue next
			}
		}
		return held, key
	}
}

// keyName returns the name of a key that has one.
func keyName(written, key string) (string, error) {
	name := strings.ToLower(key)
	if other, ok := otherNames[name]; ok {
		name = other
	}
	if slices.Contains(named, name) {
		return name, nil
	}
	if near, ok := nearest.Name(name, named); ok {
		return "", fmt.Errorf("there is no key %s; did you mean %q?", badfile.Quote(written), near)
	}
	return "", fmt.Errorf("there is no key %s", badfile.Quote(written))
}

// prints reports whether a key writes a character where text is typed.
func prints(key string) bool { return key == "space" || utf8.RuneCountInString(key) == 1 }

// unreliable says why a key does not arrive from every terminal, or "" if it does. Without a
// protocol that few terminals speak, ctrl is a bit of the character's code, and alt is an escape
// sent before it (ECMA-48; xterm's control sequences).
func unreliable(key string) string {
	held, name := split(key)
	if len(held) == 0 {
		return ""
	}
	switch key {
	case "ctrl+m", "ctrl+i", "ctrl+[":
		sent := map[string]string{"ctrl+m": "enter", "ctrl+i": "tab", "ctrl+[": "esc"}[key]
		return "most terminals send " + sent + " for it"
	case "ctrl+h":
		return "some terminals send it for backspace"
	case "alt+[", "alt+]", "alt+^", "alt+_", "alt+\\", "alt+shift+o", "alt+shift+p", "alt+shift+x":
		return "it begins what terminals send for other keys"
	}
	const few = "few terminals send it"
	if slices.ContainsFunc(held, func(m string) bool { return m != "ctrl" && m != "alt" && m != "shift" }) {
		return few
	}
	mods := strings.Join(held, "+")
	works := true
	switch name {
	case "enter", "backspace":
		works = mods == "alt"
	case "tab":
		works = mods == "shift"
	case "esc":
		works = false
	case "space":
		works = mods == "ctrl" || mods == "alt"
	default:
		if utf8.RuneCountInString(name) == 1 && strings.Contains(mods, "ctrl") {
			letter := name >= "a" && name <= "z"
			works = !strings.Contains(mods, "shift") && (letter || strings.Contains(`\]^_`, name))
		}
	}
	if works {
		return ""
	}
	return few
}
