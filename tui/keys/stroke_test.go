package keys

import (
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
)

func TestCanonical(t *testing.T) {
	for _, test := range []struct{ key, want, err string }{
		{"+", "+", ""},
		{"G", "G", ""},
		{" ", "space", ""},
		{"ä", "ä", ""},
		{"Ctrl+O", "ctrl+o", ""},
		{"control+pgdn", "ctrl+pgdown", ""},
		{"ctrl++", "ctrl++", ""},
		{"shift+alt+up", "alt+shift+up", ""},
		{"alt+O", "alt+shift+o", ""},
		{"shift+g", "G", ""},
		{"Escape", "esc", ""},
		{"F5", "f5", ""},
		{"g  c", "g c", ""},
		{"G space", "G space", ""},
		{"", "", `"" is no key: write one, such as "ctrl+o", or two with a space between, such as "g c"`},
		{"a b c", "", `"a b c" is no key: write one, such as "ctrl+o", or two with a space between, such as "g c"`},
		{"pgupp", "", `there is no key "pgupp"; did you mean "pgup"?`},
		{"ctrl+", "", `there is no key "ctrl+"`},
		{"hello", "", `there is no key "hello"`},
		{"shift+/", "", `the key "shift+/" is written as the character that it types`},
		{"\x1b", "", `"\x1b" is no key`},
		{"\xff", "", `"\xff" is no key`},
		{"\u202e", "", `"\u202e" is no key`},
	} {
		got, err := canonical(test.key)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if got != test.want || said != test.err {
			t.Errorf("%q: %q, %s", test.key, got, said)
		}
		if again, _ := canonical(got); err == nil && again != got {
			t.Errorf("%q, once more: %q", got, again)
		}
	}
}

func TestUnreliable(t *testing.T) {
	for key, want := range map[string]string{
		"ctrl+m": "most terminals send enter for it", "ctrl+i": "most terminals send tab for it",
		"ctrl+[": "most terminals send esc for it", "ctrl+h": "some terminals send it for backspace",
		"alt+[": "it begins what terminals send for other keys", "shift+enter": "few terminals send it",
		"ctrl+enter": "few terminals send it", "ctrl+tab": "few terminals send it", "ctrl+1": "few terminals send it",
		"ctrl+shift+a": "few terminals send it", "super+c": "few terminals send it", "ctrl+esc": "few terminals send it",
		"ctrl++": "few terminals send it",
		"ctrl+a": "", "alt+enter": "", "shift+tab": "", "ctrl+space": "", "ctrl+left": "", "alt+shift+a": "", "ctrl+_": "",
		"+": "", "enter": "", "alt+ctrl+x": "", "ctrl+shift+up": "",
	} {
		if got := unreliable(key); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}

// sent are the bytes that xterm sends for keys that have a name.
var sent = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"pgup": "\x1b[5~", "pgdown": "\x1b[6~", "f1": "\x1bOP",
	"ctrl+left": "\x1b[1;5D", "ctrl+right": "\x1b[1;5C", "alt+up": "\x1b[1;3A", "alt+down": "\x1b[1;3B",
}

// plain returns what a terminal without extensions sends for a key.
func plain(t *testing.T, key string) string {
	t.Helper()
	if bytes, ok := sent[key]; ok {
		return bytes
	}
	if rest, ok := strings.CutPrefix(key, "alt+"); ok {
		return "\x1b" + plain(t, rest)
	}
	if rest, ok := strings.CutPrefix(key, "ctrl+"); ok && len(rest) == 1 {
		return string(rune(rest[0] & 0x1f))
	}
	if len(key) != 1 {
		t.Fatalf("what terminals send for %q is not known here", key)
	}
	return key
}

// Every key of the default map arrives by its name from a plain terminal.
func TestArrives(t *testing.T) {
	for _, b := range defaults() {
		for _, key := range b.Keys {
			for one := range strings.SplitSeq(key, " ") {
				var decoder uv.EventDecoder
				bytes := plain(t, one)
				n, event := decoder.Decode([]byte(bytes))
				press, ok := event.(uv.KeyPressEvent)
				if !ok || n != len(bytes) || press.String() != one {
					t.Errorf("%s: %q is sent as %q, which arrives as %v", b.Action, one, bytes, event)
				}
			}
		}
	}
}
