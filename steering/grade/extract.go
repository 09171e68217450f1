package grade

import (
	"regexp"
	"strings"

	"tiller/steering/grade/formula"
)

// span is a part of a text, in bytes.
type span struct{ from, to int }

func (s span) of(text string) string { return text[s.from:s.to] }

// boxes are what \boxed{} and \fbox{} hold, in order; of boxes in a box only
// the outer one. A box that stays open is none.
func boxes(text string) []span {
	type box struct{ depth, command, from int }
	var open []box
	var out, commands []span
	depth := 0
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '\\':
			if from := opensBox(text, at); from > 0 {
				open = append(open, box{depth, at, from})
				depth++
				at = from - 1
				continue
			}
			at++ // \{ and \} are no braces
		case '{':
			depth++
		case '}':
			depth = max(depth-1, 0)
			if n := len(open); n > 0 && open[n-1].depth == depth {
				b := open[n-1]
				open = open[:n-1]
				for len(out) > 0 && commands[len(out)-1].from > b.command {
					out, commands = out[:len(out)-1], commands[:len(out)-1]
				}
				out = append(out, span{b.from, at})
				commands = append(commands, span{b.command, at + 1})
			}
		}
	}
	return out
}

// opensBox is where a box's content begins, if its command is at at; else 0.
func opensBox(text string, at int) int {
	for _, command := range []string{`\boxed`, `\fbox`} {
		if !strings.HasPrefix(text[at:], command) {
			continue
		}
		from := at + len(command)
		for spaces := 0; spaces < 3 && from < len(text) && text[from] == ' '; spaces++ {
			from++
		}
		if from < len(text) && text[from] == '{' {
			return from + 1
		}
	}
	return 0
}

// lastBox is what the last box holds. Boxes with nothing but commas, "and" and
// the like between are the parts of one answer.
func lastBox(text string) (content string, ok bool) {
	all := boxes(text)
	if len(all) == 0 {
		return "", false
	}
	first := len(all) - 1
	for first > 0 && separates(text[all[first-1].to:all[first].from]) {
		first--
	}
	parts := make([]string, 0, len(all)-first)
	for _, b := range all[first:] {
		if part := strings.TrimSpace(b.of(text)); len(parts) == 0 || part != parts[len(parts)-1] {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", "), true
}

// separates reports whether what stands between two boxes makes them a list. It
// holds the brace of the first and the command of the second.
func separates(between string) bool {
	if len(between) > 40 {
		return false
	}
	between = strings.NewReplacer(`\boxed`, "", `\fbox`, "", `\text`, "", `\quad`, "", `\)`, "", `\(`, "", "and", ",", "or", ",").Replace(between)
	return strings.Trim(between, " {}$,;\\") == "" && strings.Contains(between, ",")
}

// afterHashes is what follows the last "####", to the end of its line.
func afterHashes(text string) (string, bool) {
	at := strings.LastIndex(text, "####")
	if at < 0 {
		return "", false
	}
	line := strings.TrimSpace(firstLine(text[at+4:]))
	return line, line != ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// maxLead is how far before an answer the word "answer" may stand, in bytes.
const maxLead = 120

// afterAnswer is what follows the last "answer is", "answer:" and the like, to
// the end of its line or, if there is nothing, of the next.
func afterAnswer(text string) (string, bool) {
	for end := len(text); ; {
		at := lastFold(text[:end], "answer")
		if at < 0 {
			return "", false
		}
		if phrase, ok := lead(text[at+len("answer"):]); ok {
			return phrase, true
		}
		end = at
	}
}

// leads are what can stand between "answer" and the answer itself; an equals
// sign may also be part of a question that is repeated.
var leads = []string{":", " is", " are", " be", " was"}

// lead takes the words off with which an answer is announced.
func lead(text string) (phrase string, ok bool) {
	line := firstLine(text[:min(len(text), maxLead)])
	at, size := -1, 0
	for _, l := range leads {
		i := strings.Index(line, l)
		if i < 0 || l[0] == ' ' && i+len(l) < len(line) && !strings.ContainsRune(" :*$", rune(line[i+len(l)])) {
			continue
		}
		if at < 0 || i < at {
			at, size = i, len(l)
		}
	}
	if at < 0 {
		if at, size = strings.IndexByte(line, '='), 1; at < 0 {
			return "", false
		}
	}
	rest := strings.TrimLeft(text[at+size:], " \t:*_")
	rest = strings.TrimLeft(rest, "\r\n\t ")
	phrase = strings.TrimSpace(firstLine(rest))
	if opening, closing := `\[`, `\]`; strings.HasPrefix(rest, opening) || strings.HasPrefix(rest, "$$") {
		if strings.HasPrefix(rest, "$$") {
			opening, closing = "$$", "$$"
		}
		if body, _, found := strings.Cut(rest[2:], closing); found {
			phrase = opening + body + closing // a display of several lines
		}
	}
	return phrase, phrase != ""
}

// lastFold is the last place of a word in small letters, written in any case;
// -1 if there is none.
func lastFold(text, word string) int {
	for end := len(text); end >= len(word); {
		at := strings.LastIndexAny(text[:end-len(word)+1], word[:1]+strings.ToUpper(word[:1]))
		if at < 0 {
			return -1
		}
		if strings.EqualFold(text[at:at+len(word)], word) {
			return at
		}
		end = at + len(word) - 1
	}
	return -1
}

// firstNumber is the number that a phrase announces: the first one, or what a
// calculation that begins with it comes to ("3 + 4 = 7").
func firstNumber(phrase string) (formula.Number, bool) {
	phrase = strings.ReplaceAll(phrase, "**", "")
	for at := 0; at < len(phrase); at++ {
		n, end, ok := formula.NumberAt(phrase, at)
		if !ok {
			continue
		}
		rest := firstSentence(phrase[end:])
		if i := calculation.FindStringIndex(rest); i != nil {
			if result, ok := firstOf(rest[i[1]:]); ok {
				return result, true
			}
		}
		return n, true
	}
	return formula.Number{}, false
}

// calculation is what stands between its first number and its result: an
// operator, with units, and the last equals sign before a reason.
var calculation = regexp.MustCompile(`^(?:\s*[a-zA-Z]{1,12})?\s*(?:[*/×÷+−]|-[\s\d])(?:[^=,;]*=)*`)

func firstOf(text string) (formula.Number, bool) {
	for n := range formula.Numbers(text) {
		return n, true
	}
	return formula.Number{}, false
}

// formulas are the parts of a text that stand as mathematics between $ or \( or
// \[ and their ends, the ends included.
func formulas(text string) []span {
	var out []span
	for at := 0; at < len(text); {
		opening, closing := opensFormula(text[at:])
		if opening == "" {
			if text[at] == '\\' {
				at++
			}
			at++
			continue
		}
		from := at + len(opening)
		stop := strings.Index(text[from:], closing)
		if stop < 0 {
			return out
		}
		to := from + stop + len(closing)
		if opening == "$" && !inlineFormula(text[from:from+stop], text[to:]) {
			at = from
			continue
		}
		out = append(out, span{at, to})
		at = to
	}
	return out
}

// opensFormula is the mark with which a formula begins at the start of text,
// and the one that ends it.
func opensFormula(text string) (opening, closing string) {
	for _, o := range [][2]string{{"$$", "$$"}, {"$", "$"}, {`\(`, `\)`}, {`\[`, `\]`}} {
		if strings.HasPrefix(text, o[0]) {
			return o[0], o[1]
		}
	}
	return "", ""
}

// inlineFormula tells a formula between dollars from two sums of money.
func inlineFormula(content, after string) bool {
	return content != "" && !strings.Contains(content, "\n") && (after == "" || after[0] < '0' || after[0] > '9')
}

// undelimited takes the marks off a formula that stand around it.
func undelimited(text string) string {
	if opening, closing := opensFormula(text); opening != "" && len(text) >= len(opening)+len(closing) {
		return strings.TrimSuffix(text[len(opening):], closing)
	}
	return text
}
