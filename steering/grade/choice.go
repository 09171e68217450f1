package grade

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// choice compares the letter that an output chooses.
type choice struct{}

func (choice) Name() string { return "choice" }

func (g choice) Grade(_ context.Context, s Sample) (Grade, error) {
	want, err := targetLetter(s)
	if err != nil {
		return Grade{}, refuse(g.Name(), s, "%w", err)
	}
	got, ok := chosenLetter(s.Output, s.Choices)
	if !ok {
		return Grade{Want: want}, nil
	}
	return graded(got, want, got == want), nil
}

// letterOf is the letter of a choice's index.
func letterOf(i int) string { return string(rune('A' + i)) }

// letters is how many letters there are to choose from.
func letters(choices []string) int {
	if len(choices) == 0 {
		return 26
	}
	return min(len(choices), 26)
}

// targetLetter is the letter of the right choice.
func targetLetter(s Sample) (string, error) {
	if m := soleLetter.FindStringSubmatch(strings.TrimSpace(s.Target)); m != nil {
		if l := strings.ToUpper(m[1]); int(l[0]-'A') < letters(s.Choices) {
			return l, nil
		}
	}
	if i := choiceNamed(s.Target, s.Choices); i >= 0 && i < 26 {
		return letterOf(i), nil
	}
	return "", fmt.Errorf("the target %s is neither a letter of a choice nor a choice", badfile.Quote(s.Target))
}

// targetChoice is the index of the right choice, named as one or by its letter.
func targetChoice(s Sample) (int, error) {
	if i := choiceNamed(s.Target, s.Choices); i >= 0 {
		return i, nil
	}
	l, err := targetLetter(s)
	if err != nil {
		return 0, err
	}
	return int(l[0] - 'A'), nil
}

// choiceNamed is the index of a choice with this text; -1 if there is none.
func choiceNamed(text string, choices []string) int {
	for i, c := range choices {
		if foldAll.of(c) == foldAll.of(text) {
			return i
		}
	}
	return -1
}

var (
	// soleLetter is a letter and nothing else, however it is dressed.
	soleLetter = regexp.MustCompile(`^(?:\\(?:text|mathrm|textbf|mathbf)\{)?[\s*_$"'{]*[(\[]?\s*([A-Za-z])\s*[)\]]?[\s*_$"'}.:]*$`)
	// announced is a letter at the start of what follows "answer is".
	announced = regexp.MustCompile(`^(?:(?i:definitely|probably|therefore|clearly|the|option|choice|letter)\s+)*[*_$"'\s]*(?:\\(?:text|mathrm|textbf|mathbf)\{)?(?:[(\[]\s*([A-Za-z])\s*[)\]]|([A-Za-z])(?:[^A-Za-z0-9'’]|$))`)
	// written is a letter in one of the ways in which choices are written.
	written = regexp.MustCompile(`\(([A-Za-z])\)|\[([A-Z])\]|\*\*([A-Z])[.):]?\*\*|(?i:option|choice)\s+\(?([A-Z])(?:[^A-Za-z0-9'’]|$)|(?m:^)[ \t]*([A-Z])(?:[.):](?:[^A-Za-z]|$)|[ \t]*(?m:$))|[ \t]([B-HJ-Z])\.?[ \t]*(?m:$)`)
)

// chosenLetter is the letter that an output chooses, as a capital: the one in
// the last box, else after "answer is", else the last that is written as
// letters of choices are ("(B)", "B.", "**B**", "option B"), else that of the
// choice whose text it gives. A word such as the article "A" is none.
func chosenLetter(text string, choices []string) (string, bool) {
	n := letters(choices)
	if content, ok := lastBox(text); ok {
		if l, ok := only(content, n); ok {
			return l, true
		}
		if i := choiceNamed(content, choices); i >= 0 && i < n {
			return letterOf(i), true
		}
	}
	phrase, hasPhrase := afterAnswer(text)
	if hasPhrase {
		if l, ok := announcedLetter(phrase, n); ok {
			return l, true
		}
	}
	if l, ok := only(text, n); ok {
		return l, true
	}
	if l, ok := lastWritten(text, n); ok {
		return l, true
	}
	for _, part := range []string{phrase, text} {
		if i := choiceNamed(part, choices); i >= 0 && i < n {
			return letterOf(i), true
		}
	}
	return "", false
}

// only is the letter that a text is.
func only(text string, n int) (string, bool) {
	if len(text) > maxLead {
		return "", false
	}
	m := soleLetter.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", false
	}
	return allowed(m[1], n)
}

func allowed(letter string, n int) (string, bool) {
	l := strings.ToUpper(letter)
	return l, l != "" && int(l[0]-'A') < n
}

// announcedLetter is the letter with which a phrase begins. Without brackets a
// small one counts if nothing follows, and a capital one that is also a word
// if no small letter follows but those of a reason.
func announcedLetter(phrase string, n int) (string, bool) {
	m := announced.FindStringSubmatchIndex(phrase)
	switch {
	case m == nil:
		return "", false
	case m[2] >= 0:
		return allowed(phrase[m[2]:m[3]], n)
	}
	letter, rest := phrase[m[4]:m[5]], phrase[m[5]:]
	word := strings.TrimLeft(rest, " ")
	follows := len(word) < len(rest) && word != "" && (word[0] >= 'a' && word[0] <= 'z' || word[0] >= 'A' && word[0] <= 'Z')
	small := letter >= "a"
	if follows && (small || (letter == "A" || letter == "I") && !reason.MatchString(word)) {
		return "", false
	}
	return allowed(letter, n)
}

// reason begins with a word that follows a choice, and no article.
var reason = regexp.MustCompile(`^(?:because|since|as|and|for|but|so|not|is|with)\b`)

// lastWritten is the last letter that is written as choices are.
func lastWritten(text string, n int) (letter string, ok bool) {
	if len(text) > maxSearched {
		text = text[len(text)-maxSearched:]
	}
	for _, m := range written.FindAllStringSubmatch(text, -1) {
		for _, group := range m[1:] {
			if l, fits := allowed(group, n); fits {
				letter, ok = l, true
			}
		}
	}
	return letter, ok
}
