package wording

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	share := func(decimals int) func(float64) string {
		return func(x float64) string { return Share(x, decimals) }
	}
	for _, tt := range []struct {
		name  string
		write func(float64) string
		want  map[float64]string
	}{
		{"Figure", Figure, map[float64]string{
			0: "0", .0001234: "0.00012", .71: "0.71", 1: "1", 3.14: "3.1", 9.94: "9.9", 9.95: "10", 12.6: "13",
			1234567: "1234567", -.5: "-0.5", -9.95: "-10", -1234: "-1234", math.Inf(1): "–", math.Inf(-1): "–",
		}},
		{"Share of 2", share(2), map[float64]string{0: ".00", .004: ".00", .939: ".94", .999: "1.00", 1: "1.00", -.5: "-0.50"}},
		{"Share of 3", share(3), map[float64]string{0: ".000", .5: ".500", .9996: "1.000"}},
		{"Thousands", Thousands, map[float64]string{0: "0", 999.4: "999", 999.6: "1 000", 12345: "12 345", 1234567: "1 234 567"}},
	} {
		for x, want := range tt.want {
			if got := tt.write(x); got != want {
				t.Errorf("%s writes %v as %q, want %q", tt.name, x, got, want)
			}
		}
	}
	if a, b := Figure(math.NaN()), Share(math.NaN(), 2); a != "–" || b != "–" {
		t.Errorf("what is not known is %q and %q", a, b)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 tokens", 1: "1 token", 2: "2 tokens", 1000: "1000 tokens"} {
		if got := Count(n, "token"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLayer(t *testing.T) {
	for l, want := range map[int]string{-1: "embed", 0: "0", 12: "12"} {
		if got := Layer(l); got != want {
			t.Errorf("Layer(%d) = %q, want %q", l, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"it failed":        "It failed.",
		"It failed.":       "It failed.",
		"öffnen geht":      "Öffnen geht.",
		"3 are left":       "3 are left.",
		"\x1b[2Jgone\nnow": "␛[2Jgone␊now.",
		"":                 ".",
	} {
		if got := Sentence(text); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	style := func(s ...string) string { return "<" + strings.Join(s, " ") + ">" }
	for _, tt := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{"<>"}},
		{"one two three", 7, []string{"<one two>", "<three>"}},
		{"one\ntwo", 10, []string{"<one␊two>"}},
		{"日本語", 4, []string{"<日本>", "<語>"}},
		{"abc", 0, []string{"<a>", "<b>", "<c>"}},
		{"abc", -5, []string{"<a>", "<b>", "<c>"}},
	} {
		if got := Wrap(style, tt.text, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("Wrap(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestBeginning(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"", 0, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc…"},
		{"aöb", 2, "a…"},
		{"aöb", 3, "aö…"},
		{"語", 2, "…"},
		{"a", 0, "…"},
	} {
		if got := Beginning(tt.text, tt.most); got != tt.want {
			t.Errorf("Beginning(%q, %d) = %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}
