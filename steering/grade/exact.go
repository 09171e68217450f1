package grade

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/lab/problem"
)

// fold is which differences don't count.
type fold uint8

const (
	foldCase   fold = 1 << iota
	foldSpace       // runs of white space are one space; at the ends none
	foldPeriod      // a final full stop
	foldAll    = foldCase | foldSpace | foldPeriod
)

var folds = []struct {
	name string
	fold fold
}{{"case", foldCase}, {"space", foldSpace}, {"period", foldPeriod}}

// of is a text without these differences.
func (f fold) of(text string) string {
	if f&foldSpace != 0 {
		text = strings.Join(strings.Fields(text), " ")
	}
	if f&foldPeriod != 0 {
		trimmed := strings.TrimSuffix(strings.TrimRightFunc(text, unicode.IsSpace), ".")
		if trimmed = strings.TrimRightFunc(trimmed, unicode.IsSpace); trimmed != "" {
			text = trimmed
		}
	}
	if f&foldCase != 0 {
		text = strings.ToLower(text)
	}
	return text
}

// exact compares the whole output.
type exact struct{ fold fold }

func parseExact(argument string) (Grader, error) {
	if argument == "verbatim" {
		return exact{}, nil
	}
	var g exact
next:
	for _, name := range strings.Split(argument, ",") {
		for _, f := range folds {
			if name == f.name {
				g.fold |= f.fold
				continue next
			}
		}
		return nil, fmt.Errorf("there is no difference named %s to overlook, only case, space, period, or else verbatim", badfile.Quote(name))
	}
	return g, nil
}

func (g exact) Name() string {
	switch g.fold {
	case foldAll:
		return "exact"
	case 0:
		return "exact:verbatim"
	}
	var names []string
	for _, f := range folds {
		if g.fold&f.fold != 0 {
			names = append(names, f.name)
		}
	}
	return "exact:" + strings.Join(names, ",")
}

func (g exact) Grade(_ context.Context, s Sample) (Grade, error) {
	out := graded(g.fold.of(s.Output), g.fold.of(s.Target), g.fold.of(s.Output) == g.fold.of(s.Target))
	out.Found = strings.TrimSpace(s.Output) != ""
	return out, nil
}

// contains looks for the target anywhere in the output.
type contains struct{}

func (contains) Name() string { return "contains" }

func (g contains) Grade(_ context.Context, s Sample) (Grade, error) {
	fold := foldCase | foldSpace
	want, output := fold.of(s.Target), fold.of(s.Output)
	if want == "" {
		return Grade{}, refuse(g.Name(), s, "the target is empty, and an empty text is in every output")
	}
	if at := wholeWords(output, want); at >= 0 {
		return graded(output[at:at+len(want)], want, true), nil
	}
	return Grade{Want: want}, nil
}

// wholeWords finds a text where no letter or digit continues the one at its
// ends; -1 if there is none.
func wholeWords(text, part string) int {
	first, _ := utf8.DecodeRuneInString(part)
	last, _ := utf8.DecodeLastRuneInString(part)
	for from := 0; ; {
		at := strings.Index(text[from:], part)
		if at < 0 {
			return -1
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(part):])
		if !(wordRune(first) && wordRune(before)) && !(wordRune(last) && wordRune(after)) {
			return at
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		from = at + size
	}
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// word takes the answer as the embedded problems do.
type word struct{}

func (word) Name() string { return "answer" }

func (word) Grade(_ context.Context, s Sample) (Grade, error) {
	answer, ok := problem.Answer(s.Output)
	if !ok {
		return Grade{Want: s.Target}, nil
	}
	return graded(answer, s.Target, answer == s.Target), nil
}
