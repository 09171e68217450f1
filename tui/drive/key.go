package drive

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// modifiers are the keys that are held down, by the names of the key map.
var modifiers = map[string]tea.KeyMod{"ctrl": tea.ModCtrl, "alt": tea.ModAlt, "shift": tea.ModShift}

// named are the keys that have a name.
var named = map[string]rune{
	"enter": tea.KeyEnter, "tab": tea.KeyTab, "backspace": tea.KeyBackspace, "esc": tea.KeyEscape, "space": tea.KeySpace,
	"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"insert": tea.KeyInsert, "delete": tea.KeyDelete, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
	"f1": tea.KeyF1, "f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4, "f5": tea.KeyF5, "f6": tea.KeyF6,
	"f7": tea.KeyF7, "f8": tea.KeyF8, "f9": tea.KeyF9, "f10": tea.KeyF10, "f11": tea.KeyF11, "f12": tea.KeyF12,
}

// key is the message that a terminal's key gives, by its name.
func key(name string) (tea.KeyPressMsg, error) {
	var k tea.KeyPressMsg
	rest := name
	for {
		held, after, ok := strings.Cut(rest, "+")
		mod := modifiers[held]
		if !ok || after == "" || mod == 0 {
			break
		}
		k.Mod, rest = k.Mod|mod, after
	}
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case named[rest] != 0:
		k.Code = named[rest]
		if rest == "space" && k.Mod == 0 {
			k.Text = " "
		}
	case size == len(rest) && unicode.IsPrint(r) && r != utf8.RuneError:
		k.Code = r
		if k.Mod == 0 {
			k.Text = rest
		}
		if lower := unicode.ToLower(r); k.Mod == 0 && lower != r {
			k.Code, k.Mod = lower, tea.ModShift
		}
	default:
		return k, fmt.Errorf("there is no key %q", name)
	}
	return k, nil
}
