package aligned

import "testing"

func TestSources(t *testing.T) {
	text := New("héllo wörld", 10)
	check := func(name string, text Text, want string, i, j, start, end int) {
		t.Helper()
		if text.String() != want {
			t.Errorf("%s: %q, want %q", name, text.String(), want)
		}
		if s, e := text.Source(i, j); s != start || e != end {
			t.Errorf("%s: bytes %d to %d come from %d to %d, want %d to %d", name, i, j, s, e, start, end)
		}
	}
	check("as it was", text, "héllo wörld", 1, 3, 11, 13)
	check("a slice", text.Slice(3, 6), "llo", 1, 2, 14, 15)

	b := Change(text, 0)
	b.Replace(0, 0, ">>")
	b.Keep(0, 1)
	b.ReplaceRune(1, 3, 'e')
	b.Keep(3, 6)
	b.Replace(6, 7, "")
	b.Replace(7, 13, "W")
	changed := b.Text()
	check("what was put before", changed, ">>helloW", 0, 2, 10, 10)
	check("a kept byte", changed, ">>helloW", 2, 3, 10, 11)
	check("a replaced character", changed, ">>helloW", 3, 4, 11, 13)
	check("a replaced word", changed, ">>helloW", 7, 8, 17, 23)
	check("everything", changed, ">>helloW", 0, 8, 10, 23)
	check("nothing at the end", changed, ">>helloW", 8, 8, 23, 23)
	check("a slice of a change", changed.Slice(3, 7), "ello", 0, 4, 11, 16)
	check("an empty slice", changed.Slice(3, 3), "", 0, 0, 11, 11)

	again := Change(changed.Slice(2, 8), 0)
	again.Replace(0, 2, "HE")
	again.Keep(2, 6)
	check("a change of a change", again.Text(), "HElloW", 0, 2, 10, 13)
}
