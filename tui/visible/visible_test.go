package visible

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"empty":                        {"", ""},
		"plain":                        {"the answer is 7 .", "the answer is 7 ."},
		"accents and scripts":          {"naïve Ωμέγα 東京 שלום", "naïve Ωμέγα 東京 שלום"},
		"newline, return and tab":      {"a\nb\r\nc\td", "a␊b␍␊c␉d"},
		"terminal title":               {"\x1b]0;owned\x07x", "␛]0;owned␇x"},
		"colour":                       {"\x1b[31mred\x1b[0m", "␛[31mred␛[0m"},
		"null and delete":              {"a\x00b\x7f", "a␀b␡"},
		"C1 control":                   {"a\u009b31m", "a⟨009B⟩31m"},
		"lone bytes":                   {"a\xffb\xc3", "a⟨xFF⟩b⟨xC3⟩"},
		"surrogate bytes":              {"\xed\xa0\x80", "⟨xED⟩⟨xA0⟩⟨x80⟩"},
		"bidirectional override":       {"abc\u202edcb\u202c", "abc⟨202E⟩dcb⟨202C⟩"},
		"bidirectional isolate":        {"\u2066x\u2069", "⟨2066⟩x⟨2069⟩"},
		"direction marks":              {"\u200e\u200f\u061c", "⟨200E⟩⟨200F⟩⟨061C⟩"},
		"separators":                   {"a\u2028b\u2029", "a⟨2028⟩b⟨2029⟩"},
		"zero-width space and joiners": {"a\u200bb\u200dc\u200cd\ufeff", "a⟨200B⟩b⟨200D⟩c⟨200C⟩d⟨FEFF⟩"},
		"soft hyphen":                  {"a\u00adb", "a⟨00AD⟩b"},
		"Hangul filler":                {"a\u3164b", "a⟨3164⟩b"},
		"tag characters":               {"a\U000e0041", "a⟨E0041⟩"},
		"selector smuggling":           {"a\ufe00\U000e0100", "a⟨FE00⟩⟨E0100⟩"},
		"emoji family":                 {"👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"},
		"emoji style":                  {"❤\ufe0f 1\ufe0f\u20e3", "❤\ufe0f 1\ufe0f\u20e3"},
		"one style is enough":          {"❤\ufe0f\ufe0f", "❤\ufe0f⟨FE0F⟩"},
		"heart on fire":                {"❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"},
		"Persian non-joiner":           {"می\u200cخواهم", "می\u200cخواهم"},
		"Devanagari joiner":            {"क\u094d\u200dष", "क\u094d\u200dष"},
		"combining accent":             {"e\u0301", "e\u0301"},
		"accent on nothing":            {"\u0301e", "◌\u0301e"},
		"tower of marks":               {"a" + strings.Repeat("\u0300", 9), "a" + strings.Repeat("\u0300", 8) + "⟨0300⟩"},
		"private use":                  {"\ue000", "⟨E000⟩"},
		"not a character":              {"\ufffe", "⟨FFFE⟩"},
		"replacement character":        {"\ufffd", "\ufffd"},
		"newer emoji":                  {"\U0001faea", "\U0001faea"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Line(tt.in); got != tt.want {
				t.Errorf("Line(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestTextKeepsLayout(t *testing.T) {
	in, want := "a\r\nb\tc\rd\n\u0301e\x1b", "a\nb    c␍d\n◌\u0301e␛"
	if got := Text(in); got != want {
		t.Errorf("Text(%q) = %q, want %q", in, got, want)
	}
}

func TestJSONIsLossless(t *testing.T) {
	want := map[string]string{"t": "a\u009b\u007f\u202e\u2028\U000e0041\u200d é 東 😀 <b>"}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(want); err != nil {
		t.Fatal(err)
	}
	safe := JSON(b.Bytes())
	if line := `{"t":"a\u009b\u007f\u202e\u2028\udb40\udc41\u200d é 東 😀 <b>"}` + "\n"; string(safe) != line {
		t.Errorf("got  %s\nwant %s", safe, line)
	}
	var got map[string]string
	if err := json.Unmarshal(safe, &got); err != nil || got["t"] != want["t"] {
		t.Errorf("read back %q, %v", got["t"], err)
	}
}

// assertSafe fails if s holds anything a terminal would act on.
func assertSafe(t *testing.T, s string, lines bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("%q is not UTF-8", s)
	}
	for i, r := range s {
		if lines && r == '\n' {
			continue
		}
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 {
			t.Fatalf("%q holds %U at byte %d", s, r, i)
		}
	}
}

func TestStream(t *testing.T) {
	for _, in := range []string{"a\r\nb\rc\r", "👩\u200d👩\u200d👧 ", "می\u200cخواهم\u200c", "é東😀\xf0\x9f", "\xc3(\x80", "e\u0301\x1b[1m"} {
		w, got := NewStream(), ""
		for i := range len(in) {
			got += w.Push(in[i : i+1])
		}
		if got += w.Flush(); got != Text(in) {
			t.Errorf("%q byte by byte gives %q, want %q", in, got, Text(in))
		}
	}
}

func TestInOrder(t *testing.T) {
	drawn := "┃ a\u202eb\u202c \x1b[7m\u2066c\u2069\x1b[m…\u200f\u061c 👩\u200d👧"
	if got, want := InOrder(drawn), "┃ ab \x1b[7mc\x1b[m… 👩\u200d👧"; got != want {
		t.Errorf("%q becomes %q, want %q", drawn, got, want)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a\x1b[2J\r\n\t", "\xff\u202e\u009b", "👩\u200d👧\ufe0f\ufe0f", "क\u094d\u200dष\u180b", "\u0301\u200c\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line, text := Line(s), Text(s)
		assertSafe(t, line, false)
		assertSafe(t, text, true)
		if again := Line(line); again != line {
			t.Fatalf("Line is not idempotent: %q becomes %q", line, again)
		}
		w := NewStream()
		if parts := w.Push(s[:len(s)/2]) + w.Push(s[len(s)/2:]) + w.Flush(); parts != text {
			t.Fatalf("in two pieces %q, whole %q", parts, text)
		}
		if again := Text(text); again != text {
			t.Fatalf("Text is not idempotent: %q becomes %q", text, again)
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add("a\x1b\u009b\u202e\U000e0041")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		safe := JSON(b)
		assertSafe(t, string(safe), false)
		var want, got string
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(safe, &got); err != nil || got != want {
			t.Fatalf("%q reads back as %q, want %q (%v)", safe, got, want, err)
		}
	})
}
