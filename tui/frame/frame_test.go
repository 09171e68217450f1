package frame

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/theme"
)

// TestWidths draws everything at every width, also where nothing fits, and with
// characters of two columns.
func TestWidths(t *testing.T) {
	th := theme.New(theme.Dark, true, colorprofile.TrueColor)
	texts := []string{"", "base", th.Accent.Render("▸ steered") + " begin*0.6@2[last+sentence]", "日本語の長い文字列です", strings.Repeat("x", 300)}
	for width := range 130 {
		for _, left := range texts {
			if got := Width(Fit(left, width)); got != width {
				t.Fatalf("Fit(%q, %d) is %d wide", left, width, got)
			}
			if got := Right(left, width); Width(got) != width || !strings.HasSuffix(got, left) && Width(left) <= width {
				t.Fatalf("Right(%q, %d) = %q", left, width, got)
			}
			for _, right := range texts {
				if got := Width(Rule(th, left, right, width)); got != width {
					t.Fatalf("Rule(%q, %q, %d) is %d wide: %q", left, right, width, got, ansi.Strip(Rule(th, left, right, width)))
				}
				if got := Width(Ends(left, right, width)); width > 4 && got != width {
					t.Fatalf("Ends(%q, %q, %d) is %d wide", left, right, width, got)
				}
			}
		}
	}
}

func TestRule(t *testing.T) {
	th := theme.New(theme.Mono, true, colorprofile.ASCII)
	for _, tt := range []struct {
		left, right string
		width       int
		want        string
	}{
		{"base", "✗ 3", 24, "── base ───────── ✗ 3 ──"},
		{"base", "", 16, "── base ────────"},
		{"", "", 9, "─────────"},
		{"a long name", "a long end", 24, "── a lo… ─ a long end ──"},
	} {
		if got := ansi.Strip(Rule(th, tt.left, tt.right, tt.width)); got != tt.want {
			t.Errorf("Rule(%q, %q, %d)\n got %q\nwant %q", tt.left, tt.right, tt.width, got, tt.want)
		}
	}
}

func TestScroll(t *testing.T) {
	for _, tt := range []struct{ first, at, n, height, want int }{
		{0, 0, 5, 10, 0},   // all fits
		{0, 12, 30, 10, 3}, // down as little as needed
		{9, 4, 30, 10, 4},  // up as little as needed
		{9, 12, 30, 10, 9}, // in sight already
		{25, 29, 30, 10, 20},
		{99, 0, 0, 10, 0},
	} {
		if got := Scroll(tt.first, tt.at, tt.n, tt.height); got != tt.want {
			t.Errorf("Scroll(%d, %d, %d, %d) = %d, want %d", tt.first, tt.at, tt.n, tt.height, got, tt.want)
		}
	}
}

func TestBlock(t *testing.T) {
	got := Block([]string{"ab", "cdef", "gone"}, 3, 2)
	if len(got) != 2 || got[0] != "ab " || got[1] != "cd…" {
		t.Errorf("got %q", got)
	}
	if got := Block(nil, 2, 1); len(got) != 1 || got[0] != "  " {
		t.Errorf("got %q", got)
	}
}

// TestWidth compares with the exact count, and takes the short way where it
// says so.
func TestWidth(t *testing.T) {
	th := theme.New(theme.Dark, true, colorprofile.TrueColor)
	for text, plain := range map[string]bool{
		"":       true,
		"base 3": true,
		th.Accent.Render("▸ steered") + "─┬┴│": true,
		"█████▋.90 · ░▒▓█ ▲":                   true,
		"◆ they part":       false, // counted the long way, as some of its neighbours are wide
		"日本":                false,
		"e\u0301":           false,
		"a\u0301":           false,
		"▲\ufe0f":           false,
		"\x1b]0;title\x07x": false,
		"\x1b[2Jx":          false,
		"\x1b[31":           false,
		"\x1b":              false,
		"a\tb":              false,
	} {
		if got, want := Width(text), ansi.StringWidth(text); got != want {
			t.Errorf("Width(%q) = %d, want %d", text, got, want)
		}
		if _, ok := plainWidth(text); ok != plain {
			t.Errorf("plainWidth(%q) is %v, want %v", text, ok, plain)
		}
	}
}

func FuzzWidth(f *testing.F) {
	f.Add("base ─ \x1b[38;5;3m▲\x1b[m · █▏")
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := plainWidth(s); ok && n != ansi.StringWidth(s) {
			t.Errorf("plainWidth(%q) = %d, want %d", s, n, ansi.StringWidth(s))
		}
	})
}
