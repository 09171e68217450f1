package steering

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Tokens are separated by "|"; those in <angle brackets> are to be selected.
func TestMatcher(t *testing.T) {
	tests := []struct{ pattern, text string }{
		{"there", "so| <there>|fore| <there>"},
		{"therefore", "so| there|<fore>| so"},
		{"so", "<so>| <so>|s|<o>|me"},
		{"(?i)wait", "<Wait>|.| <WAIT>|,| wa"},
		{"aa", "a|<a>|<a>|b|<aa>|<a>"},
		{"a+", "b|<a>|<a>|b|<a>"},
		{"a+?b", "a|<b>|b"},
		{"a|ab", "<a>|<b>|b"},
		{"ab*", "<a>|<b>|<b>|c"},
		{"x*", "a|<x>|a"},
		{"()", "a|b"},
		{"^ab", "a|<b>|a|b"},
		{"(?m)^ab", "a|<b>|\n|a|<b>"},
		{"b$", "a|<b>|<b>|a"},
		{"b$", "<b>|c|bc"},
		{`\bso\b`, "<so>|me| <so>|,| <so>"},
		{`\bso\b`, "<so>|me"},
		{`\bso\b.`, "so|m|e| so|<,>"},
		{"é", "\xc3|<\xa9>|<é>|e"},
		{"[^a]b", "\xc3|\xa9|<b>|ab"},
		{"a.c", "a|\n|c|a|b|<c>"},
		{"(?s)a.c", "a|\n|<c>"},
		{"then.*end", "end|then| a| b| <end>| <end>|s"},
		{"[.!?]", "a|<.>|b|<?!>|c"},
		{"a", "||<a>||b"},
	}
	for _, test := range tests {
		t.Run(test.pattern+" "+test.text, func(t *testing.T) {
			tokens := strings.Split(test.text, "|")
			var want []bool
			for i, s := range tokens {
				plain := strings.NewReplacer("<", "", ">", "").Replace(s)
				want = append(want, plain != s)
				tokens[i] = plain
			}
			if got := matches(t, test.pattern, tokens); !slices.Equal(got, want) {
				t.Errorf("selected %v, want %v", got, want)
			}
		})
	}
}

// matches pushes tokens, joining characters that tokens split.
func matches(t *testing.T, pattern string, tokens []string) []bool {
	t.Helper()
	m, err := newMatcher(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var found []bool
	var held, whole string
	var set states
	for _, s := range tokens {
		whole, held = wholeCharacters(held + s)
		found = append(found, m.push(whole, &set))
	}
	return found
}

// Without assertions, "a match ends inside the token" is: some substring that
// ends there is a match.
func TestMatcherAgainstSubstrings(t *testing.T) {
	patterns := []string{"a", "ab", "a|ab", "(a|ba)*c", "a{2,3}", "[ab]c?", "a.b", "(?i)AB", "ab?c*", "b+?"}
	for _, pattern := range patterns {
		whole := regexp.MustCompile(`\A(?:` + pattern + `)\z`)
		for n := range 3 * 3 * 3 * 3 * 3 * 3 {
			text := ""
			for range 6 {
				text += string("abc"[n%3])
				n /= 3
			}
			for _, size := range []int{1, 2, 4} {
				tokens, want := []string{}, []bool{}
				for from := 0; from < len(text); from += size {
					to := min(from+size, len(text))
					tokens = append(tokens, text[from:to])
					want = append(want, endsIn(whole, text, from, to))
				}
				if got := matches(t, pattern, tokens); !slices.Equal(got, want) {
					t.Fatalf("%s in %q: selected %v, want %v", pattern, tokens, got, want)
				}
			}
		}
	}
}

func endsIn(whole *regexp.Regexp, text string, from, to int) bool {
	for end := from + 1; end <= to; end++ {
		for begin := range end {
			if whole.MatchString(text[begin:end]) {
				return true
			}
		}
	}
	return false
}

// The cost of a token must not grow with the text before it.
func TestMatcherIsLinear(t *testing.T) {
	m, err := newMatcher("(a*)*(a|b)*c.*x[^y]*z")
	if err != nil {
		t.Fatal(err)
	}
	var set states
	begin := time.Now()
	for range 50_000 {
		m.push("aaca", &set)
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("50,000 tokens took %v", d)
	}
}

// A matcher decides from the text so far, and as regexp does on it: where it
// finds an end there is a match, and it finds the end of regexp's first match.
func FuzzMatcher(f *testing.F) {
	f.Add("a|ab", "xabab", uint8(2))
	f.Add(`\bso\b.`, "so some so,", uint8(3))
	f.Add("(?i)é+$", "eéÉ", uint8(1))
	f.Fuzz(func(t *testing.T, pattern, text string, size uint8) {
		m, err := newMatcher(pattern)
		if err != nil || len(text) > 1000 || len(m.prog.Inst) > 1000 {
			return
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			t.Fatalf("regexp refuses %q: %v", pattern, err)
		}
		if !utf8.ValidString(text) {
			return
		}
		var set states
		for so := 0; so < len(text); {
			n := min(1+int(size)%8, len(text)-so)
			for !utf8.ValidString(text[so : so+n]) {
				n++
			}
			before, prefix := m.clone(), text[:so+n]
			got := m.push(text[so:so+n], &set)
			if again := before.push(text[so:so+n], &set); again != got {
				t.Fatalf("a copy decides %v, not %v", again, got)
			}
			at := re.FindStringIndex(prefix)
			if got && at == nil {
				t.Fatalf("%q is said to end in the last %d bytes of %q", pattern, n, prefix)
			}
			if !got && at != nil && at[0] < at[1] && at[1] > so {
				t.Fatalf("%q ends in the last %d bytes of %q", pattern, n, prefix)
			}
			so += n
		}
	})
}
