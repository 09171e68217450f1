package report

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tiller/steering/statistics"
)

func TestFigures(t *testing.T) {
	share, plain := scale{share: true}, scale{}
	tests := []struct{ got, want string }{
		{share.value(.98499), "98.5"},
		{share.value(-.0001), "0.0"},
		{share.value(math.NaN()), none},
		{share.signed(.012), "+1.2"},
		{share.signed(0), "0.0"},
		{share.signed(.0001), "0.0"},
		{share.signed(-.5), "−50.0"},
		{share.interval(statistics.Interval{Low: -.1, High: .2}), "[−10.0, 20.0]"},
		{share.interval(statistics.Undefined()), ""},
		{plain.value(-1.23456), "−1.235"},
		{plain.value(math.Inf(1)), none},
		{probability(.0009), "< .001"},
		{probability(.01), ".010"},
		{probability(1), "1"},
		{probability(.9996), "1"},
		{probability(math.NaN()), none},
		{count(0), "0"},
		{count(999), "999"},
		{count(1234567), "1,234,567"},
		{count(-1234), "−1,234"},
		{counted(1, "token"), "1 token"},
		{counted(1000, "token"), "1,000 tokens"},
		{strength(-.5), "−0.5"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%q, not %q", test.got, test.want)
		}
	}
}

func TestVisible(t *testing.T) {
	tests := []struct{ in, line, block string }{
		{"plain", "plain", "plain"},
		{"naïve 東京 ❤️", "naïve 東京 ❤️", "naïve 東京 ❤️"},
		{"a\r\nb\tc", "a␍␊b␉c", "a\nb\tc"},
		{"\x1b[0m\x7f\u009b", "␛[0m␡⟨009B⟩", "␛[0m␡⟨009B⟩"},
		{"\u202eevil\u2066\u200b\ufeff", "⟨202E⟩evil⟨2066⟩⟨200B⟩⟨FEFF⟩", "⟨202E⟩evil⟨2066⟩⟨200B⟩⟨FEFF⟩"},
		{"\u2028\u115f\U000e0041", "⟨2028⟩⟨115F⟩⟨E0041⟩", "⟨2028⟩⟨115F⟩⟨E0041⟩"},
		{"\xff\x00", "⟨xFF⟩␀", "⟨xFF⟩␀"},
		{"a" + strings.Repeat("\u0301", 10), "a" + strings.Repeat("\u0301", 8) + "⟨0301⟩⟨0301⟩", "a" + strings.Repeat("\u0301", 8) + "⟨0301⟩⟨0301⟩"},
	}
	for _, test := range tests {
		if got := line(test.in); got != test.line {
			t.Errorf("line %q: %q, not %q", test.in, got, test.line)
		}
		if got := block(test.in); got != test.block {
			t.Errorf("block %q: %q, not %q", test.in, got, test.block)
		}
	}
}

func TestCut(t *testing.T) {
	if got := cut("héllo", 2); got != "h … (5 bytes more)" {
		t.Error(got)
	}
	if got := cut("hello", 5); got != "hello" {
		t.Error(got)
	}
	if got := short("abcdefghij", 7); got != "abcd…ij" {
		t.Error(got)
	}
	if got := boundary("\x80\x80\x80\x80\x80\x80", 5); got != 5 {
		t.Error(got)
	}
	for at := range 8 {
		if s := "a東b"; !utf8.ValidString(s[:boundary(s, at)]) || !utf8.ValidString(s[forward(s, at):]) {
			t.Errorf("a character is cut at %d", at)
		}
	}
}

func TestPieces(t *testing.T) {
	const plan = "plan:begin@2[last+sentence&gen:18]"
	want := []string{"plan", ":begin", "@2", "[last", "+sentence", "&gen", ":18]"}
	if got := pieces(plan); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := strings.Join(pieces("::é:"), ""); got != "::é:" {
		t.Errorf("%q", got)
	}
}

func TestTicks(t *testing.T) {
	tests := []struct {
		low, high float64
		want      string
	}{
		{0, 100, "0 20 40 60 80 100"},
		{-50, 120, "−50 0 50 100"},
		{.23, .48, "0.25 0.30 0.35 0.40 0.45"},
		{1, 8, "2 4 6 8"},
		{-.5, .5, "−0.4 −0.2 0.0 0.2 0.4"},
	}
	for _, test := range tests {
		var got []string
		for _, tick := range (ticks{}).Ticks(test.low, test.high) {
			got = append(got, tick.Label)
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%g to %g: %s, not %s", test.low, test.high, got, test.want)
		}
	}
	for _, span := range [][2]float64{{1e17, 1e17 + 64}, {-1e308, 1e308}, {0, 1e-300}, {-1e-9, 1e9}} {
		if n := len((ticks{}).Ticks(span[0], span[1])); n > 8 {
			t.Errorf("%v has %d ticks", span, n)
		}
	}
}

func TestTones(t *testing.T) {
	got := themed(`<path style="fill:#A70004;stroke:#A7000B;stroke-width:2" /><text style="font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;font-size:11px;fill:#A70000">#A70004 style=&#34;</text>`)
	want := `<path style="fill:var(--base);stroke:var(--plan3);stroke-width:2" /><text style="font-size:11px;fill:var(--ink)">#A70004 style=&#34;</text>`
	if got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	for share, want := range map[float64]string{0: "0%", .374: "37%", 1: "100%", 7: "100%", -1: "0%", math.NaN(): "0%"} {
		if got := heatOf(share).variable(); !strings.Contains(got, " "+want) {
			t.Errorf("%g: %s", share, got)
		}
	}
	r, g, b, a := tone(heat + 100).RGBA()
	if r>>8 != toneMark || g>>8 != 0 || b>>8 != uint32(heat+100) || a != 0xffff {
		t.Errorf("%x %x %x %x", r, g, b, a)
	}
}
