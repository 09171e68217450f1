package cells

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"tiller/tui/visible"
)

// texts makes tokens without marks.
func texts(pieces ...string) []Token {
	tokens := make([]Token, len(pieces))
	for i, s := range pieces {
		tokens[i].Text = s
	}
	return tokens
}

// bytewise makes a token of every byte, and an empty one at the end.
func bytewise(text string) []Token {
	tokens := make([]Token, len(text)+1)
	for i := range len(text) {
		tokens[i].Text = text[i : i+1]
	}
	return tokens
}

// split cuts text into at most n pieces, at places that seed decides.
func split(text string, n int, seed uint64) []string {
	var pieces []string
	for ; n > 1 && text != ""; n-- {
		seed = seed*6364136223846793005 + 1442695040888963407
		size := int(seed>>60) % (len(text) + 1)
		pieces, text = append(pieces, text[:size]), text[size:]
	}
	return append(pieces, text)
}

// draw returns the lines of f as text.
func draw(f *Flow) []string {
	lines := make([]string, f.Height())
	for i := range lines {
		for _, c := range f.Line(i) {
			lines[i] += c.Text
		}
	}
	return lines
}

// owners returns what each token has on a single line, as "0:ab 2:c".
func owners(f *Flow) string {
	var b strings.Builder
	token := -1
	for _, c := range f.Line(0) {
		if c.Token != token {
			token = c.Token
			fmt.Fprintf(&b, " %d:", token)
		}
		b.WriteString(c.Text)
	}
	return strings.TrimPrefix(b.String(), " ")
}

func TestLines(t *testing.T) {
	tests := map[string]struct {
		text  string
		width int
		want  []string
	}{
		"empty":                        {"", 10, []string{""}},
		"one word":                     {"seven", 10, []string{"seven"}},
		"words stay whole":             {"the answer is seven", 10, []string{"the answer", "is seven"}},
		"space without room":           {"seven eight", 5, []string{"seven", "eight"}},
		"spaces around a break":        {"ab   cd", 3, []string{"ab", "cd"}},
		"spaces that fit at a newline": {"ab \ncd", 3, []string{"ab ", "cd"}},
		"no room for them":             {"ab  \ncd", 3, []string{"ab", "cd"}},
		"newline right after a break":  {"abc \n\nd", 3, []string{"abc", "", "d"}},
		"space that waits":             {"abc ", 3, []string{"abc"}},
		"long word":                    {"ab cdefghij k", 4, []string{"ab", "cdef", "ghij", "k"}},
		"newlines":                     {"a\n\nb\n", 5, []string{"a", "", "b", ""}},
		"newline at the width":         {"abc\nd", 3, []string{"abc", "d"}},
		"line end of two bytes":        {"a\r\nb\rc", 5, []string{"a", "b␍c"}},
		"first space":                  {" the end", 7, []string{"the end"}},
		"indentation":                  {"a\n  b", 5, []string{"a", "  b"}},
		"tab":                          {"a\n\tb", 6, []string{"a", "    b"}},
		"CJK":                          {"a 東京の天気", 5, []string{"a 東", "京の", "天気"}},
		"CJK beside letters":           {"abc東def", 4, []string{"abc", "東", "def"}},
		"emoji":                        {"😀😀😀", 5, []string{"😀😀", "😀"}},
		"wide in a column of one":      {"a東b", 1, []string{"a", "東", "b"}},
		"column of one":                {"ab  c\n", 1, []string{"a", "b", "c", ""}},
		"joined emoji":                 {"ab 👩\u200d👩\u200d👧", 4, []string{"ab", "👩\u200d👩\u200d👧"}},
		"combining marks":              {"e\u0301te\u0301 e\u0301te\u0301", 3, []string{"e\u0301te\u0301", "e\u0301te\u0301"}},
		"flags":                        {"🇩🇪🇫🇷", 3, []string{"🇩🇪", "🇫🇷"}},
		"right to left":                {"שלום עולם", 5, []string{"שלום", "עולם"}},
		"non-breaking space":           {"a b\u00a0c", 4, []string{"a", "b\u00a0c"}},
		"escape sequence":              {"\x1b[31mred\u202e", 20, []string{"␛[31mred⟨202E⟩"}},
		"part of a character":          {"ab\xf0\x9f", 20, []string{"ab⟨xF0⟩⟨x9F⟩"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := New(tt.width)
			f.Append(Token{Text: tt.text})
			f.End()
			if got := draw(f); !slices.Equal(got, tt.want) {
				t.Errorf("%q in %d columns is %q, want %q", tt.text, tt.width, got, tt.want)
			}
			parts := New(tt.width)
			for _, token := range bytewise(tt.text) {
				parts.Append(token)
				parts.Height()
			}
			parts.End()
			if got := draw(parts); !slices.Equal(got, tt.want) {
				t.Errorf("%q byte by byte is %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestOwners(t *testing.T) {
	tests := map[string]struct {
		tokens []Token
		want   string
	}{
		"words":                    {texts("ab", " c"), "0:ab 1: c"},
		"character of three":       {texts("\xe6", "\x9d", "\xb1", "b"), "0:東 3:b"},
		"accent that comes later":  {texts("e", "\u0301t"), "0:e\u0301 1:t"},
		"style that comes later":   {texts("❤", "\ufe0f", "!"), "0:❤\ufe0f 2:!"},
		"joined emoji":             {texts("👩", "\u200d", "👧", "."), "0:👩\u200d👧 3:."},
		"joiner that joins not":    {texts("a\u200d", "b"), "0:a⟨200D⟩ 1:b"},
		"return alone":             {texts("a", "\r", "b"), "0:a 1:␍ 2:b"},
		"return twice":             {texts("\r", "\r", "\xe6", "\x9d\xb1"), "0:␍ 1:␍ 2:東"},
		"bytes of nothing":         {texts("\xe6", "\x9d", "x", "\xff"), "0:⟨xE6⟩ 1:⟨x9D⟩ 2:x 3:⟨xFF⟩"},
		"joiner, then such a byte": {texts("क\u094d\u200d", "\xe0", "."), "0:क\u094d⟨200D⟩ 1:⟨xE0⟩ 2:."},
		"accent after a space":     {texts("a", " ", "\u0301"), "0:a 1: \u0301"},
		"empty":                    {texts("", "a", "", "b"), "1:a 3:b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := New(40)
			f.Append(tt.tokens...)
			f.End()
			if got := owners(f); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestHeldBack(t *testing.T) {
	f := New(10)
	for _, step := range []struct{ piece, want string }{
		{"a", "a"}, {"\xf0", "a"}, {"\x9f", "a"}, {"\x98\x80", "a😀"}, {"\r", "a😀"}, {"b", "a😀␍b"}, {"\xe6", "a😀␍b"},
	} {
		f.Append(Token{Text: step.piece})
		if got := f.Text(); got != step.want {
			t.Errorf("after %q: %q, want %q", step.piece, got, step.want)
		}
	}
	if f.End(); f.Text() != "a😀␍b⟨xE6⟩" {
		t.Errorf("at the end: %q", f.Text())
	}
	if f.Append(Token{Text: "c"}); f.Text() != "a😀␍b⟨xE6⟩c" {
		t.Errorf("after the end: %q", f.Text())
	}
}

func TestMarks(t *testing.T) {
	tests := map[string]struct {
		width  int
		tokens []Token
		want   []string
	}{
		"at the word":              {20, []Token{{"is", ""}, {"  we", "◆▲"}}, []string{"is  ◆▲we"}},
		"first token":              {20, []Token{{" we", "◆"}}, []string{"◆we"}},
		"before the first word":    {20, []Token{{"", "◆"}, {" we", "▲"}}, []string{"◆▲we"}},
		"goes with its word":       {6, []Token{{"seven", ""}, {" we", "▲"}}, []string{"seven", "▲we"}},
		"counts as part of it":     {6, []Token{{"as", ""}, {" seven", "▲"}}, []string{"as", "▲seven"}},
		"inside a word":            {20, []Token{{"rea", ""}, {"son", "▲"}}, []string{"rea▲son"}},
		"not parted from its word": {4, []Token{{"abc", ""}, {"def", "▲"}}, []string{"abc", "▲def"}},
		"no room for anything":     {1, []Token{{"a", "◆▲"}}, []string{"◆", "▲", "a"}},
		"between wide characters":  {5, []Token{{"東京", ""}, {"都", "▲"}}, []string{"東京", "▲都"}},
		"space alone":              {20, []Token{{"a", ""}, {" ", "▲"}, {"b", ""}}, []string{"a ▲b"}},
		"newline":                  {20, []Token{{"a", ""}, {"\n", "▲"}, {"b", ""}}, []string{"a▲", "b"}},
		"empty":                    {20, []Token{{"a", ""}, {"", "▲"}, {"b", ""}}, []string{"a▲b"}},
		"end of the text":          {20, []Token{{"a", ""}, {"", "▵"}}, []string{"a▵"}},
		"late part of a character": {20, []Token{{"\xe6", "◆"}, {"\x9d", "▲"}, {"\xb1b", "▵"}}, []string{"◆東▲▵b"}},
		"accent after a mark":      {20, []Token{{"e", "◆"}, {"", "▲"}, {"\u0301x", ""}}, []string{"◆e\u0301▲x"}},
		"accent on its space":      {20, []Token{{"a", ""}, {" ", "▲"}, {"\u0301x", ""}}, []string{"a▲ \u0301x"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := New(tt.width)
			f.Append(tt.tokens...)
			if got := draw(f); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			late := New(tt.width)
			for _, token := range tt.tokens {
				late.Append(Token{Text: token.Text, Mark: "?"})
				late.Height()
			}
			for i := range slices.Backward(tt.tokens) {
				late.SetMark(i, tt.tokens[i].Mark)
				late.Height()
			}
			assertSame(t, late, f, "set later")
			for i := range tt.tokens {
				f.SetMark(i, "")
			}
			none := New(tt.width)
			for _, token := range tt.tokens {
				none.Append(Token{Text: token.Text})
			}
			if got, want := draw(f), draw(none); !slices.Equal(got, want) {
				t.Errorf("marks taken away: %q, want %q", got, want)
			}
		})
	}
	f := New(9)
	f.Append(Token{Text: "a"})
	f.SetMark(-1, "▲")
	f.SetMark(1, "▲")
	if got := draw(f); !slices.Equal(got, []string{"a"}) {
		t.Errorf("marks of no token change the text to %q", got)
	}
}

func TestShowNewlines(t *testing.T) {
	tokens := texts("ab", "\n", "\n\n", ".\n", "\r", "\n", "\n\xe6", "\x9d\xb1")
	shown := []string{"ab", "⏎", "⏎", "⏎", ".", "⏎", "", "東"}
	hidden := []string{"ab", "", "", ".", "", "", "東"}
	f := New(2)
	f.ShowNewlines(true)
	f.Append(tokens...)
	if got := draw(f); !slices.Equal(got, shown) {
		t.Errorf("shown: %q, want %q", got, shown)
	}
	if c := f.Line(1)[0]; !c.Newline || c.Mark || c.Width != 1 || c.Token != 1 {
		t.Errorf("the sign is %+v", c)
	}
	text := f.Text()
	f.ShowNewlines(false)
	if got := draw(f); !slices.Equal(got, hidden) {
		t.Errorf("hidden: %q, want %q", got, hidden)
	}
	if text != f.Text() || text != "ab\n\n\n.\n\n\n東" {
		t.Errorf("text is %q shown, %q hidden", text, f.Text())
	}
	f.ShowNewlines(true)
	if got := draw(f); !slices.Equal(got, shown) {
		t.Errorf("shown again: %q, want %q", got, shown)
	}
}

func TestWhereAndAt(t *testing.T) {
	f := New(6)
	if line, column := f.Where(0); line != 0 || column != 0 {
		t.Errorf("an empty text ends at %d, %d", line, column)
	}
	if line, column := f.Where(-1); line != 0 || column != 0 {
		t.Errorf("token -1 of an empty text is at %d, %d", line, column)
	}
	f.Append(
		Token{" ", ""},     // 0: dropped
		Token{"the", ""},   // 1
		Token{" ball", ""}, // 2: on the next line, without its space
		Token{" is", "▲"},  // 3
		Token{"", ""},      // 4
		Token{" ", ""},     // 5
		Token{"東京", ""},    // 6
		Token{"\n", ""},    // 7
		Token{"\n\n", ""},  // 8
	)
	// the / ball / ▲is 東 / 京 / two empty ones / the unfinished one
	for token, want := range [][2]int{{0, 0}, {0, 0}, {1, 0}, {2, 0}, {2, 3}, {2, 3}, {2, 4}, {3, 2}, {4, 0}, {6, 0}} {
		if line, column := f.Where(token); [2]int{line, column} != want {
			t.Errorf("token %d is at %d, %d, want %v", token, line, column, want)
		}
	}
	for _, tt := range []struct {
		line, column, token int
		ok                  bool
	}{
		{0, 0, 1, true}, {0, 2, 1, true}, {0, 5, 1, true}, {1, 3, 2, true}, {2, 0, 3, true}, {2, 3, 5, true},
		{2, 4, 6, true}, {2, 5, 6, true}, {3, 1, 6, true}, {3, 40, 6, true}, {4, 0, 8, true}, {5, 0, 8, true},
		{6, 0, 0, false}, {-1, 0, 0, false}, {0, -1, 0, false},
	} {
		if token, ok := f.At(tt.line, tt.column); token != tt.token || ok != tt.ok {
			t.Errorf("at %d, %d is %d, %v, want %d, %v", tt.line, tt.column, token, ok, tt.token, tt.ok)
		}
	}
}

// A space that a break swallowed stands after the line, and its token, if there
// is more of it, on the next.
func TestWhereSwallowed(t *testing.T) {
	f := New(3)
	f.Append(texts("abc", " ", "", "def", " gh", " ", " ")...)
	for token, want := range [][2]int{{0, 0}, {0, 3}, {1, 0}, {1, 0}, {2, 0}, {2, 2}, {2, 2}} {
		if line, column := f.Where(token); [2]int{line, column} != want {
			t.Errorf("token %d is at %d, %d, want %v", token, line, column, want)
		}
	}
}

func TestFind(t *testing.T) {
	f := New(8)
	f.Append(Token{"The", ""}, Token{" b", "▲"}, Token{"all", "◆"}, Token{"\n", ""}, Token{"the", ""}, Token{" ", ""}, Token{"Ball", ""}, Token{" ÄRA", ""})
	tests := []struct {
		text      string
		from      int
		backwards bool
		token     int
		ok        bool
	}{
		{"the", -1, false, 0, true},
		{"the", 0, false, 4, true},
		{"the", 4, false, 0, true}, // around
		{"The", 0, false, 0, true}, // a capital is exact, and from comes last
		{"ball", -1, false, 1, true},
		{"ball", 1, false, 6, true},
		{"ball", 6, true, 1, true},
		{"ball", 1, true, 6, true},
		{"ball", 8, true, 6, true},
		{"Ball", 0, false, 6, true},
		{"ball the", 0, false, 1, true}, // over a newline
		{"ball\nthe", 0, false, 1, true},
		{"e b", 3, false, 4, true}, // over a space
		{"ära", 0, false, 7, true},
		{"Ära", 0, false, 0, false},
		{"▲", 0, false, 0, false},
		{"none", 0, false, 0, false},
		{"", 0, false, 0, false},
		{"the", 400, false, 0, true},
		{"the", -400, true, 4, true},
	}
	for _, tt := range tests {
		if token, ok := f.Find(tt.text, tt.from, tt.backwards); token != tt.token || ok != tt.ok {
			t.Errorf("%q from %d (backwards %v) is %d, %v, want %d, %v", tt.text, tt.from, tt.backwards, token, ok, tt.token, tt.ok)
		}
	}
}

func TestClip(t *testing.T) {
	f := New(20)
	f.Append(Token{Text: "a東b"})
	line := f.Line(0)
	for width, want := range []int{0, 1, 1, 2, 3, 3} {
		if got := len(Clip(line, width)); got != want {
			t.Errorf("clipped to %d: %d cells, want %d", width, got, want)
		}
	}
	if got := Width(line); got != 4 {
		t.Errorf("width %d, want 4", got)
	}
	if got := Clip(line, -1); len(got) != 0 {
		t.Errorf("clipped to -1: %v", got)
	}
}

func TestReset(t *testing.T) {
	f := New(4)
	f.ShowNewlines(true)
	f.Append(texts("ab cd", "\n", "\xe6")...)
	f.Height()
	f.Reset()
	if f.Len() != 0 || f.Height() != 0 || f.Text() != "" || len(f.Line(0)) != 0 {
		t.Errorf("after Reset: %d tokens, %d lines, %q", f.Len(), f.Height(), f.Text())
	}
	f.Append(texts("\x9d", "\n", "abc de")...)
	if got, want := draw(f), []string{"⟨x9D", "⟩⏎", "abc", "de"}; !slices.Equal(got, want) {
		t.Errorf("used again: %q, want %q", got, want)
	}
}

// A finished line may still change when its follower's first character does.
func TestLaterTokenMovesBreak(t *testing.T) {
	f := New(5)
	f.Append(Token{Text: "aa bb❤"})
	if got, want := draw(f), []string{"aa", "bb❤"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	f.Append(Token{Text: "\ufe0f"})
	if got, want := draw(f), []string{"aa bb", "❤\ufe0f"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// assertSame fails if two flows show different cells.
func assertSame(t *testing.T, got, want *Flow, how string) {
	t.Helper()
	if got.Height() != want.Height() {
		t.Fatalf("%s: %q, want %q", how, draw(got), draw(want))
	}
	for i := range want.Height() {
		if !slices.Equal(got.Line(i), want.Line(i)) {
			t.Fatalf("%s: line %d is %v, want %v", how, i, got.Line(i), want.Line(i))
		}
	}
	for i := range want.Len() {
		line, column := got.Where(i)
		if l, c := want.Where(i); l != line || c != column {
			t.Fatalf("%s: token %d is at %d, %d, want %d, %d", how, i, line, column, l, c)
		}
	}
}

// assertLines checks that f holds the characters of text, each on a line or
// swallowed by a break with a right to it.
func assertLines(t *testing.T, f *Flow, text string) {
	t.Helper()
	var want, got []string
	for g := displaywidth.StringGraphemes(visible.Text(text)); g.Next(); {
		want = append(want, g.Value())
	}
	for _, c := range f.cells {
		switch {
		case c.Newline:
			got = append(got, "\n")
		case !c.Mark:
			got = append(got, c.Text)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("characters are %q, want %q", got, want)
	}
	if len(want) > 0 && want[0] == " " {
		want = want[1:]
	}
	if got := f.Text(); got != strings.Join(want, "") {
		t.Fatalf("Text is %q, want %q", got, want)
	}
	at := f.first()
	for i := range max(f.Height(), 1) {
		line, l := f.Line(i), f.lines[i]
		if l.start != at {
			t.Fatalf("line %d starts at cell %d, not %d", i, l.start, at)
		}
		if w := Width(line); w > f.width && len(line) > 1 || w > max(f.width, 2) {
			t.Fatalf("line %d, %v, is %d wide", i, line, w)
		}
		if n := slices.IndexFunc(line, func(c Cell) bool { return c.Newline }); n >= 0 && n < len(line)-1 {
			t.Fatalf("line %d, %v, goes on after a newline", i, line)
		}
		at = l.end
		if len(line) > 0 && line[len(line)-1].Newline {
			continue
		}
		for at < len(f.cells) && f.cells[at].blank() {
			at++
		}
		switch {
		case i == len(f.lines)-1:
			if at != len(f.cells) {
				t.Fatalf("%v is on no line", f.cells[at:])
			}
		case at < len(f.cells) && f.cells[at].Newline && f.cells[at].Width == 0:
			at++
		case at == l.end:
			assertBreak(t, f, i)
		}
	}
}

// assertBreak checks that line i, which ends without a space or newline, ends at
// a wide character, before a newline's sign or in a word that fills it.
func assertBreak(t *testing.T, f *Flow, i int) {
	t.Helper()
	line, next := f.Line(i), f.Line(i+1)
	if len(line) == 0 || len(next) == 0 {
		t.Fatalf("line %d ends for no reason: %q", i, draw(f))
	}
	a, b := &line[len(line)-1], &next[0]
	if !a.Mark && (a.Width > 1 || b.Width > 1 || b.Newline) {
		return
	}
	for n := 1; n < len(line); n++ {
		if parts(&line[n-1], &line[n]) {
			t.Fatalf("line %d should end after %d cells: %q", i, n, draw(f))
		}
	}
	rest, unit := f.cells[f.lines[i+1].start:], 1 // cells that must stay together
	for unit < len(rest) && rest[unit-1].Mark {
		unit++
	}
	if Width(line)+Width(rest[:unit]) <= f.width {
		t.Fatalf("line %d ends early: %q", i, draw(f))
	}
}

// assertPlaces checks that every token has a place, and that the mouse finds it
// there.
func assertPlaces(t *testing.T, f *Flow) {
	t.Helper()
	seen := map[int]bool{}
	for i := range f.Height() {
		for _, c := range f.Line(i) {
			seen[c.Token] = seen[c.Token] || c.Width > 0
		}
	}
	for token := range f.Len() {
		line, column := f.Where(token)
		if line < 0 || line >= f.Height() || column < 0 || column > Width(f.Line(line)) {
			t.Fatalf("token %d is at %d, %d", token, line, column)
		}
		first, ok := f.At(line, column)
		if zero := len(Clip(f.Line(line), column)) < len(f.Line(line)); seen[token] && zero && (!ok || first > token) {
			t.Fatalf("token %d is at %d, %d; there is %d, %v", token, line, column, first, ok)
		}
	}
}

func FuzzFlow(f *testing.F) {
	for _, s := range []string{
		"", " the answer is 7 .\n\nThen ann says: e\u0301te\u0301 !", "東京の天気は今日も晴れです。 \n", "👩\u200d👩\u200d👧 ❤\ufe0f 🇩🇪🇫🇷",
		"a\r\nb\r\x1b[31m\u202e\xff\xe6\x9d x", "Antidisestablishmentarianismus and  more\tof the same", "क\u094d\u200dष می\u200cخواهم \u0301 \u0301",
	} {
		f.Add(s, uint16(7), uint64(1))
		f.Add(s, uint16(0), uint64(2))
	}
	f.Add(" \x8100\xcc  0", uint16(7), uint64(58)) // marks of tokens without text
	f.Add("\n\n\n0", uint16(71), uint64(35))       // newlines of two tokens, one shown
	f.Add("000\n 00", uint16(78), uint64(125))
	f.Fuzz(func(t *testing.T, text string, columns uint16, seed uint64) {
		width := 1 + int(columns)%500
		tokens := texts(split(text, 1+int(seed%64), seed)...)
		whole := New(width)
		whole.ShowNewlines(seed&1 == 1)
		whole.Append(tokens...)
		whole.End()
		assertLines(t, whole, text)
		assertPlaces(t, whole)

		bytes := New(width)
		bytes.Append(bytewise(text)...)
		bytes.End()
		assertLines(t, bytes, text)
		assertPlaces(t, bytes)

		marked, stepped, later := New(width), New(width), New(1+int(seed>>8%500))
		marked.ShowNewlines(seed&1 == 1)
		stepped.ShowNewlines(seed&1 == 1)
		for i := range tokens {
			later.Append(tokens[i])
			later.Height()
			tokens[i].Mark = []string{"", "", "▲", "◆▲"}[seed>>(i%60)&3]
			stepped.Append(tokens[i])
			stepped.Height()
		}
		later.End()
		later.Height()
		for i := range slices.Backward(tokens) {
			later.SetMark(i, tokens[i].Mark)
		}
		later.Height()
		later.SetWidth(width)
		later.ShowNewlines(seed&1 == 1)
		stepped.End()
		marked.Append(tokens...)
		marked.End()
		assertLines(t, marked, text)
		assertPlaces(t, marked)
		assertSame(t, stepped, marked, "one at a time")
		assertSame(t, later, marked, "marks and width set later")
	})
}
