package grade

import (
	"context"
	"regexp"
	"strings"

	"tiller/steering/grade/formula"
)

// mathematics compares the formula that an output gives for its answer.
type mathematics struct{}

func (mathematics) Name() string { return "math" }

func (g mathematics) Grade(_ context.Context, s Sample) (Grade, error) {
	want := targetFormula(s.Target)
	if want == "" {
		return Grade{}, refuse(g.Name(), s, "the target is empty")
	}
	got, ok := answerFormula(s.Output)
	if !ok {
		return Grade{Want: want}, nil
	}
	return graded(got, want, formula.Same(want, got)), nil
}

// targetFormula is the formula of a target, which is one alone or a solution
// that ends in one.
func targetFormula(target string) string {
	target = strings.TrimSpace(target)
	if content, ok := lastBox(target); ok {
		return content
	}
	if line, ok := afterHashes(target); ok {
		return line
	}
	if parts := formulas(target); len(parts) == 1 && parts[0] == (span{0, len(target)}) {
		return strings.TrimSpace(undelimited(target))
	}
	return target
}

// answerFormula is what the last box holds, else what follows "####" or "answer
// is", else the last formula or number.
func answerFormula(text string) (string, bool) {
	if content, ok := lastBox(text); ok {
		return content, content != ""
	}
	for _, find := range []func(string) (string, bool){afterHashes, afterAnswer} {
		if phrase, ok := find(text); ok {
			if f := phraseFormula(phrase); f != "" {
				return f, true
			}
		}
	}
	return lastFormula(text)
}

// phraseFormula is the formula with which a phrase begins.
func phraseFormula(phrase string) string {
	phrase = strings.TrimSpace(strings.ReplaceAll(phrase, "**", ""))
	if parts := formulas(phrase); len(parts) > 0 {
		return joinedFormula(phrase, parts)
	}
	phrase = strings.TrimRight(firstSentence(phrase), ".!, ")
	if !strings.Contains(phrase, `\`) && hasProse(phrase) {
		if n, ok := firstNumber(phrase); ok {
			return n.Text
		}
	}
	return phrase
}

// joinedFormula is the first formula of a phrase, and those that follow with
// commas or "and" between.
func joinedFormula(phrase string, parts []span) string {
	out := undelimited(parts[0].of(phrase))
	for i, p := range parts[1:] {
		switch strings.TrimSpace(phrase[parts[i].to:p.from]) {
		case ",", "and", ", and", "or", ", or", ";":
			out += ", " + undelimited(p.of(phrase))
			continue
		}
		break
	}
	return strings.TrimSpace(out)
}

// firstSentence ends a phrase at a full stop before a space.
func firstSentence(phrase string) string {
	if at := strings.Index(phrase, ". "); at > 0 {
		return phrase[:at]
	}
	return phrase
}

var (
	longWord = regexp.MustCompile(`[A-Za-z]{3,}`)
	inSums   = map[string]bool{"and": true, "sin": true, "cos": true, "tan": true, "cot": true, "sec": true, "csc": true, "log": true, "sqrt": true, "exp": true, "percent": true, "infinity": true, "inf": true}
)

// hasProse reports whether a phrase has words beside those of formulas.
func hasProse(phrase string) bool {
	for _, w := range longWord.FindAllString(phrase[:min(len(phrase), 1000)], -1) {
		if !inSums[strings.ToLower(w)] {
			return true
		}
	}
	return false
}

// lastFormula is the last formula between marks, or number, whichever comes
// later.
func lastFormula(text string) (string, bool) {
	rest, found := text, ""
	if parts := formulas(text); len(parts) > 0 {
		last := parts[len(parts)-1]
		found = strings.TrimSpace(undelimited(last.of(text)))
		rest = text[last.to:]
	}
	if n, ok := formula.Last(rest); ok {
		return n.Text, true
	}
	return found, found != ""
}
