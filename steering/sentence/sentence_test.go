package sentence

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Tokens are separated by "|"; those expected to count are in <angle brackets>.
func TestSplitter(t *testing.T) {
	tests := []struct{ name, text string }{
		{"word and dot", "It| is| late|<.>| We| go"},
		{"dot and newlines in one token", "late|<.\n\n>|We"},
		{"dot, then newlines", "late|<.>|<\n\n>|We"},
		{"dot in the word's token", "It| is|< late.>| We"},
		{"end in the middle of a token", "it|< late. We>| go"},
		{"question, exclamation, semicolon", "who|<?>| me|<!>| yes|<;>| ok"},
		{"several marks", "what|<?!>| well|<...>| so"},
		{"newline alone", "a| list|<\n>|of"},
		{"carriage return", "end|<.>|<\r\n>|of"},
		{"apart from the word", "gives| 4|< .>| then"},
		{"apart, token by token", "gives| |4| |<.>| then"},
		{"full width", "是|<。>|吗|<？>"},

		{"closing quote", "\"|Go|<.>|<\">| he"},
		{"closing quote in one token", "\"|Go|<.\">| he"},
		{"curly quote", "“|Go|<!>|<”>| he"},
		{"opening quote", "Go|<.>| \"|He"},
		{"quote without an end", "the| \"|word|\"| is"},
		{"opening quote on a new line", "so|<:\n>|\"|Go"},

		{"decimal", "is| |3|.|5| so"},
		{"decimal in one token", "is| 3.5| so"},
		{"decimal in two tokens", "is| 3|.5| so"},
		{"decimal of two digits", "$|12|.|50| each"},
		{"decimal without zero", "is| .5| so"},
		{"version", "v|1|.|2|.|3| is"},
		{"number ends, newline", "is| |7|<.\n>|So"},
		{"number ends, then newline", "is| |7|.|<\n>|So"},
		{"number ends, decided by the next token", "is| |7|.|< So>| we"},
		{"decimal ends, decided by the next token", "is| |3|.|5|.|< So>| we"},
		{"number ends in a quote", "\"|7|.|<\">| he"},
		{"number ends in LaTeX", "$|=| |7|.|<$>| So"},
		{"number, dot, letter", "1|.|e|5| and"},
		{"ellipsis after a number", "1|,| 2|.|<.>|<.>| and"},
		{"end of text stays open", "is| 7|."},
		{"word with digits", "H|2|O|<.>| We"},

		{"list", "<:\n>|1|.| First|<\n>|2|.| Second|<.>"},
		{"list at the beginning", "1|.| First"},
		{"list with marks", "<\n>|- |10|.| First"},
		{"a sum on its line is no list", "<\n>|3| =| 7|.|< So>"},

		{"initial", "J|.| Smith| went"},
		{"species", "the| E.| coli"},
		{"for example", "some|,| e|.|g|.| this"},
		{"for example in one token", "some|,| e.g.| this"},
		{"country", "the| U|.|S|.| is"},
		{"afternoon", "at| 5| p|.m|.| we"},
		{"doctor", "ask| Dr|.| No|<.>| He"},
		{"capitals", "see| FIG|.| 2"},
		{"versus", "one| vs.| two"},
		{"possessive is no initial", "than| Carla|'s|<.>| So"},
		{"no is a sentence", "<.>| No|<.>| We"},
		{"split word", "Pro|f|.| X| pro|fess|<.>| X"},
		{"not a prefix of an abbreviation", "approxi|<.>"},
		{"domain", "at| example|.com| we"},
		{"Han has no initials", "字|<.>| x"},

		{"factorial", "so| 5|!| =| 120"},
		{"factorial of a letter", "so| n|!| is"},
		{"factorial of a parenthesis", "(|n|-|1|)!| is"},
		{"factorial in a sentence", "there| are| 3! ways|<.>"},
		{"exclamation", "Wow|<!>| 5"},
		{"unequal", "if| x| !=| y"},
		{"LaTeX spaces", "a|\\;|b|\\!|c|\\|;"},
		{"empty tokens", "late||<.>||<\n>|"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s Splitter
			for i, piece := range strings.Split(test.text, "|") {
				text, want := piece, false
				if strings.HasPrefix(piece, "<") && strings.HasSuffix(piece, ">") {
					text, want = piece[1:len(piece)-1], true
				}
				if got := s.Push(text); got != want {
					t.Errorf("token %d %q of %q: end %v, want %v", i, text, test.text, got, want)
				}
			}
		})
	}
}

func TestBreak(t *testing.T) {
	var s Splitter
	s.Push("the answer is 7.")
	s.Break()
	if s.Push(" So") {
		t.Error("a dot before the break is decided after it")
	}
	s.Push("see J")
	s.Break()
	if !s.Push(".") {
		t.Error("a word reaches across the break")
	}
	s.Push("late.")
	s.Break()
	if s.Push("\"") {
		t.Error("a mark reaches across the break")
	}
}

// The decisions for a text's tokens are those for every longer text, and a
// copy goes its own way.
func FuzzSplitter(f *testing.F) {
	f.Add("It is 3.5. So e.g. this; \"5!\"\n", []byte{3, 1, 1, 1, 2})
	f.Add("1. First\n2. Second...\n\n", []byte{1})
	f.Add("是。\"x.\"\xff\xfe.5 Dr. J. Smith!", []byte{4, 0, 2})
	f.Fuzz(func(t *testing.T, text string, lengths []byte) {
		tokens := cut(text, lengths)
		var s Splitter
		var decided []bool
		for i, token := range tokens {
			before := s
			decided = append(decided, s.Push(token))
			if got := before.Push(token); got != decided[i] {
				t.Fatalf("a copy decides %v for token %d, not %v", got, i, decided[i])
			}
			if decided[i] && token == "" {
				t.Fatalf("the empty token %d has an end", i)
			}
			if strings.Contains(token, "\n") && !decided[i] {
				t.Fatalf("the newline in token %d does not count", i)
			}
		}
		n := len(tokens) / 2
		if got := decide(tokens[:n]); !slices.Equal(got, decided[:n]) {
			t.Fatalf("the first %d tokens alone: %v, with later text: %v", n, got, decided[:n])
		}
	})
}

func decide(tokens []string) []bool {
	var s Splitter
	var ends []bool
	for _, token := range tokens {
		ends = append(ends, s.Push(token))
	}
	return ends
}

// cut splits a text between characters into tokens of the lengths given.
func cut(text string, lengths []byte) []string {
	var tokens []string
	for i := 0; text != "" && len(lengths) > 0 && i < 1<<10; i++ {
		n := min(int(lengths[i%len(lengths)])%9, len(text))
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n++
		}
		tokens = append(tokens, text[:n])
		text = text[n:]
	}
	return append(tokens, text)
}

func BenchmarkSplitter(b *testing.B) {
	tokens := strings.SplitAfter(strings.Repeat("so the total is 3.5 of 12. Then we go. ", 50), " ")
	b.ReportAllocs()
	var s Splitter
	for i := range b.N {
		s.Push(tokens[i%len(tokens)])
	}
}
