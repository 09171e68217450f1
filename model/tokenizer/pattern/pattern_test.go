package pattern

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/dlclark/regexp2/v2"
)

// known are the expressions of tokenizers in use.
var known = []string{
	`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
	`\p{N}{1,3}`, `[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, `\s+$`, `[0-9][0-9][0-9]`, `\p{N}+`, `\p{N}`,
	`[一-龥\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+`,
	`[^(\s|.,!?…。，、।۔،)]+`,
	`[^\n]+|[\n]+`,
	`\S+`, `.`, `a*`, `a*b|a`, `x*x*x*y`, `(?:ab?)?c`, `(?=\d)\S\S?`, `(?!a).b`, `\s{2,}(?!\S)|\s{2}`,
}

// outside are expressions that the scanner leaves to the engine.
var outside = []string{`(?:ab)+`, `(?<=a)b`, `\bword\b`, `a+?`, `(a)\1`, `^a`, `\p{N}{1,3}+`, `(?=(\d{3})+(?!\d))`}

func matches(t testing.TB, find func(visit func(start, end int)) error) [][2]int {
	t.Helper()
	var out [][2]int
	if err := find(func(start, end int) { out = append(out, [2]int{start, end}) }); err != nil {
		t.Fatal(err)
	}
	return out
}

// pair is an expression in both engines.
type pair struct {
	expr string
	scan *scanner
	re   *regexp2.Regexp
}

func newPair(t testing.TB, expr string) pair {
	t.Helper()
	scan, err := newScanner(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	re, err := compileBacktracking(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return pair{expr, scan, re}
}

// same compares the scanner with the backtracking engine.
func (p pair) same(t testing.TB, text string) {
	t.Helper()
	got := matches(t, func(visit func(int, int)) error { _, err := p.scan.find(text, visit); return err })
	want := matches(t, func(visit func(int, int)) error { return findBacktracking(p.re, text, visit) })
	// The engine also finds an empty match at the end, where nothing is cut.
	if n := len(want); n > 0 && want[n-1] == [2]int{len(text), len(text)} {
		want = want[:n-1]
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s on %q:\n got %v\nwant %v", p.expr, text, got, want)
	}
}

var samples = []string{
	"", "a", " ", "Hello, world!", "  two  spaces \n\n new\r\n\r\nlines \t", "I'm you'RE we'Ve 'LL 's's 'x",
	"123 45 6789 ½ Ⅷ ٣", "héllo Wörld ΑΒγ ЖЖж ǅ", "你好 world こんにちは", "e\u0301a\u0300\u0301 \u0301", "🤗🚀 a🤗",
	"!!! ... ?! (x) [y]\n\n", "a_b __ c-d", "   ", "\n \n  \n", "x   ", "\u00a0\u2003 \u3000x", "A1b2C3", "aaaab aab b",
	"camelCaseHTMLParser", "'sab'tcd", "ſ'ſ", "\u200c\u200d", "(a|b)", "xxxxxxxxxxxxz xxy",
}

func TestScannerIsTheEngine(t *testing.T) {
	for _, expr := range known {
		p := newPair(t, expr)
		for _, text := range samples {
			p.same(t, text)
		}
	}
}

func TestOutsideTheScanner(t *testing.T) {
	for _, expr := range outside {
		if _, err := newScanner(expr); err == nil {
			t.Errorf("the scanner took %s", expr)
		}
		if _, err := Compile(expr); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

func TestFind(t *testing.T) {
	tests := []struct {
		pattern *Pattern
		text    string
		want    [][2]int
	}{
		{mustCompile(t, `(?:ab)+`), "xababx", [][2]int{{1, 5}}},
		{mustCompile(t, `(?<=é)b`), "ébab", [][2]int{{2, 3}}},
		{mustCompile(t, `(?=(\d{3})+(?!\d))`), "1234567", [][2]int{{1, 1}, {4, 4}}},
		{mustCompile(t, `[a[bc]]+`), "abcd", [][2]int{{0, 3}}},
		{mustCompile(t, `[^(\s|[.,])]+`), "ab. c", [][2]int{{0, 2}, {4, 5}}},
		{mustCompile(t, `(?i:k)`), "kK\u212a", [][2]int{{0, 1}, {1, 2}, {2, 5}}},
		{mustCompile(t, `\w+`), "aé²Ⅷ\u0301_1-Ⓐ\u200c", [][2]int{{0, 12}, {13, 16}}},
		{Literal("aa"), "aaaab", [][2]int{{0, 2}, {2, 4}}},
		{Class(func(r rune) bool { return r == 'é' }), "aéé", [][2]int{{1, 3}, {3, 5}}},
	}
	for _, tc := range tests {
		got := matches(t, func(visit func(int, int)) error { return tc.pattern.Find(tc.text, visit) })
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q in %q: got %v, want %v", tc.pattern.expr, tc.text, got, tc.want)
		}
	}
}

func mustCompile(t *testing.T, expr string) *Pattern {
	t.Helper()
	p, err := Compile(expr)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRefusedExpressions(t *testing.T) {
	for expr, want := range map[string]string{
		`(a`:                       "can't be read",
		`[a`:                       "combines sets|can't be read",
		`[a&&b]`:                   "combines sets",
		`(?<=x)[a[b]]`:             "combines sets",
		strings.Repeat("a", 70000): "bytes long",
		strings.Repeat("(", 16000): "can't be read",
		strings.Repeat("a|", 8000): "",
		strings.Repeat("a?", 8000): "",
	} {
		_, err := Compile(expr)
		if want == "" {
			if err != nil {
				t.Errorf("%.20s: %v", expr, err)
			}
			continue
		}
		ok := false
		for _, w := range strings.Split(want, "|") {
			ok = ok || err != nil && strings.Contains(err.Error(), w)
		}
		if !ok {
			t.Errorf("%.20s: got %v, want %q", expr, err, want)
		}
	}
}

// TestWork counts the steps that the known expressions take on texts that make
// a backtracking engine scan the same run again and again.
func TestWork(t *testing.T) {
	const n = 1 << 16
	for _, expr := range known {
		scan, err := newScanner(expr)
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []string{"a", "A", " ", "ab", " \n", "\t ", "\n", "7", "!", "'", "\u0301", "🤗", "你", "Aa", "x", "\u3000", "1a", " a"} {
			for _, end := range []string{"", "x", "z", "\n", " "} {
				text := strings.Repeat(unit, n/len(unit)) + end
				steps, err := scan.find(text, func(int, int) {})
				if err != nil {
					t.Fatal(err)
				}
				if steps > 40*len(text) {
					t.Errorf("%s on %q... %q: %d steps for %d bytes", expr, unit, end, steps, len(text))
				}
			}
		}
	}
}

// TestSlowExpressions makes sure that what can't be fast is given up.
func TestSlowExpressions(t *testing.T) {
	p := mustCompile(t, `\s{60000}x|\s{30000}y|\s`)
	if err := p.Find(strings.Repeat(" ", 1<<18), func(int, int) {}); err == nil || !strings.Contains(err.Error(), "too many steps") {
		t.Errorf("got %v", err)
	}
	slow := mustCompile(t, `(?:a|aa)+$`)
	slow.re.MatchTimeout = 1
	if err := slow.Find(strings.Repeat("a", 1000)+"b", func(int, int) {}); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("got %v", err)
	}
}

func FuzzScanner(f *testing.F) {
	var pairs []pair
	for _, expr := range known {
		pairs = append(pairs, newPair(f, expr))
	}
	for i, text := range samples {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		if len(text) > 200 { // the engine takes cubic time
			return
		}
		pairs[int(which)%len(pairs)].same(t, strings.ToValidUTF8(text, "\ufffd"))
	})
}

// FuzzExpression looks for expressions that the scanner and the engine read
// differently.
func FuzzExpression(f *testing.F) {
	for _, expr := range append(append([]string{}, known...), outside...) {
		f.Add(expr, "Hello  world 123\n\n'll")
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 60 || len(text) > 60 {
			return
		}
		_, _ = Compile(expr)
	})
}

func BenchmarkFind(b *testing.B) {
	p, err := Compile(known[0])
	if err != nil {
		b.Fatal(err)
	}
	for _, unit := range []string{" ", "hello world ", "a"} {
		text := strings.Repeat(unit, (1<<20)/len(unit))
		b.Run(fmt.Sprintf("%q", unit), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := p.Find(text, func(int, int) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
