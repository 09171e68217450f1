package formula

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind uint8

const (
	end      kind = iota
	number        // digits without separators, maybe with a point and an exponent
	letter        // a variable or a constant
	prose         // words, in lower case
	function      // sin and the like
	mark          // anything else, under its one name
)

// token is a piece of a formula.
type token struct {
	kind   kind
	text   string
	spaced bool // white space stands before it
	word   bool // a letter of a word, or of a command for one
}

// is reports whether the token is this mark.
func (t token) is(text string) bool { return t.kind == mark && t.text == text }

// closes reports whether a value can end with the token, so that a unit may
// follow.
func (t token) closes() bool {
	return t.kind == number || t.kind == letter && !t.word || t.is(")") || t.is("]") || t.is("}") || t.is("%")
}

// lexer has made tokens of what it has read.
type lexer struct {
	reader
	tokens   []token
	brackets []byte // open ones, within which a comma separates
	spaced   bool
	matrix   bool // an environment was begun
}

// lex makes tokens of a formula; what means nothing, such as \left, spaces and
// units, is left out. It takes linear time.
func lex(text string) []token {
	l := lexer{reader: reader{text: text}}
	for l.at < len(l.text) {
		l.next()
	}
	n := len(l.tokens)
	for n > 0 && (l.tokens[n-1].is(".") || l.tokens[n-1].is(",")) {
		n--
	}
	return l.tokens[:n]
}

func (l *lexer) add(k kind, text string) {
	l.tokens = append(l.tokens, token{kind: k, text: text, spaced: l.spaced})
	l.spaced = false
}

func (l *lexer) last() token {
	if len(l.tokens) == 0 {
		return token{}
	}
	return l.tokens[len(l.tokens)-1]
}

// next reads a token, or something that is none.
func (l *lexer) next() {
	r, size := utf8.DecodeRuneInString(l.text[l.at:])
	switch {
	case unicode.IsSpace(r) || r == '~' || r == '$':
		l.spaced = true
		l.at += size
	case digit(l.text[l.at]) || r == '.' && l.at+1 < len(l.text) && digit(l.text[l.at+1]):
		l.number()
	case r == '\\':
		l.command()
	case r < utf8.RuneSelf && unicode.IsLetter(r):
		l.letters()
	case l.take("^\\circ", "^{\\circ}", "^ \\circ", "^{ \\circ }"):
	case l.take("**"):
		l.add(mark, "^")
	case l.take("<="):
		l.add(mark, "<=")
	case l.take(">="):
		l.add(mark, ">=")
	case l.take("!="):
		l.add(mark, "!=")
	default:
		l.at += size
		l.sign(r)
	}
}

// number reads digits, their separators and an exponent.
func (l *lexer) number() {
	from := l.at
	whole := l.run()
	between := separators
	if len(l.brackets) > 0 {
		between = inListSeparators
	}
	for len(whole) <= 3 && l.group(between) {
	}
	if rest := l.text[l.at:]; len(rest) > 1 && rest[0] == '.' && (digit(rest[1]) || strings.HasPrefix(rest, `.\overline`)) {
		l.at++
		l.run()
	}
	text := strings.Map(func(r rune) rune {
		if r != '.' {
			return onlyDigits(r)
		}
		return r
	}, l.text[from:l.at])
	from = l.at
	if l.take("e", "E") {
		_ = l.take("-", "+")
		next := l.run()
		if following, _ := utf8.DecodeRuneInString(l.text[l.at:]); next == "" || unicode.IsLetter(following) {
			l.at = from
		}
	}
	l.add(number, text+strings.ToLower(l.text[from:l.at]))
}

// sign adds a character that is a token by itself.
func (l *lexer) sign(r rune) {
	if t, ok := signs[string(r)]; ok {
		if t.text != "" {
			l.add(t.kind, t.text)
		}
		return
	}
	if d, ok := raisedDigits[r]; ok {
		l.add(mark, "^")
		l.add(number, d)
		return
	}
	switch r {
	case '(', '[':
		l.brackets = append(l.brackets, byte(r))
	case ')', ']':
		l.close()
	}
	if unicode.IsLetter(r) {
		l.add(letter, string(r))
		return
	}
	for i := 0; i < len(vulgar) && r >= utf8.RuneSelf; i++ {
		if v := vulgar[i]; v.sign == string(r) {
			l.add(mark, "frac")
			l.add(number, v.over)
			l.add(number, v.under)
			return
		}
	}
	l.add(mark, string(r))
}

func (l *lexer) close() {
	if len(l.brackets) > 0 {
		l.brackets = l.brackets[:len(l.brackets)-1]
	}
}

// letters reads a word that is written without a command: a function, a word
// between values, a unit, or variables side by side.
func (l *lexer) letters() {
	from := l.at
	for l.at < len(l.text) && l.text[l.at] < utf8.RuneSelf && unicode.IsLetter(rune(l.text[l.at])) {
		l.at++
	}
	word := l.text[from:l.at]
	if t, ok := words[strings.ToLower(word)]; ok && len(word) > 1 {
		if t.text != "" {
			l.add(t.kind, t.text)
		}
		return
	}
	if last := l.last(); (last.kind == number || last.is("}")) && (units[word] || len(word) >= 3 && l.spaced && strings.ToLower(word) == word) {
		l.unitPower()
		return
	}
	for i := range len(word) {
		l.add(letter, word[i:i+1])
		l.tokens[len(l.tokens)-1].word = len(word) > 1
	}
}

// unitPower leaves out the power of a unit.
func (l *lexer) unitPower() {
	save := l.at
	braced := l.take("^{")
	if !braced && !l.take("^") {
		l.take("²", "³")
		return
	}
	l.take("-")
	if l.run() == "" || braced && !l.take("}") {
		l.at = save
	}
}

// command reads a backslash and what belongs to it.
func (l *lexer) command() {
	l.at++
	from := l.at
	for l.at < len(l.text) && l.text[l.at] < utf8.RuneSelf && unicode.IsLetter(rune(l.text[l.at])) {
		l.at++
	}
	name := l.text[from:l.at]
	if name == "" {
		l.symbol()
		return
	}
	if t, ok := commands[name]; ok {
		l.named(t)
		return
	}
	switch {
	case name == "left" || name == "right":
		l.take(".")
	case proseCommands[name]:
		l.prose()
	case skipped[name]:
	case name == "begin" || name == "end":
		l.matrix = true
		environment, _ := l.braces()
		l.add(mark, name+" "+environment)
	default:
		if t, ok := words[name]; ok {
			l.named(t)
			return
		}
		if greek[name] {
			l.add(letter, name)
			return
		}
		l.add(mark, `\`+name)
	}
}

// named adds a command's token, unless it means nothing.
func (l *lexer) named(t token) {
	switch t.text {
	case "":
		return
	case `\{`:
		l.brackets = append(l.brackets, '{')
	case `\}`:
		l.close()
	}
	l.add(t.kind, t.text)
}

// symbol reads a command that is one character.
func (l *lexer) symbol() {
	if l.at == len(l.text) {
		return
	}
	c := l.text[l.at]
	switch c {
	case '{', '}':
		l.at++
		l.named(token{kind: mark, text: `\` + string(rune(c))})
	case '%', '|', '&', '_', '#':
		l.at++
		l.add(mark, string(rune(c)))
	case '\\':
		l.at++
		// A doubled backslash before a command is one that was escaped, save in a
		// matrix, where it ends a row.
		if l.at < len(l.text) && unicode.IsLetter(rune(l.text[l.at])) && !l.matrix {
			l.at--
			l.command()
			return
		}
		l.add(mark, `\\`)
	case '(', ')', '[', ']', ',', ';', ':', '!', ' ', '\n', '$', '/':
		l.at++
		l.spaced = true
	default:
		l.spaced = true
	}
}

// maxProse is how long an argument of words may be, in bytes; a longer one, and
// one that stays open, is read as a formula.
const maxProse = 256

// braces reads an argument in braces as it stands.
func (l *lexer) braces() (text string, ok bool) {
	l.take(" ")
	if !l.take("{") {
		return "", false
	}
	depth := 1
	for at := l.at; at < min(len(l.text), l.at+maxProse); at++ {
		switch l.text[at] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				text = l.text[l.at:at]
				l.at = at + 1
				return text, true
			}
		}
	}
	return "", false
}

// prose reads the argument of \text and its like: a word between values, a unit
// or a value's name; one that holds numbers or commands is read as a formula.
func (l *lexer) prose() {
	save, last := l.at, l.last()
	raw, ok := l.braces()
	if !ok {
		l.at = save
		return
	}
	text := strings.ToLower(strings.Join(strings.Fields(raw), " "))
	text = strings.Trim(text, ".$\"")
	if t, ok := words[text]; ok {
		l.named(t)
		return
	}
	switch {
	case strings.ContainsAny(text, `0123456789\=+*^`):
		if r := strings.TrimSpace(raw); digit(r[0]) || strings.ContainsAny(r[:1], `\-.$`) {
			l.at = save // its braces group it
			return
		}
		l.add(prose, text)
	case text == "" || text == ",":
		l.spaced = true
	case last.closes():
		l.unitPower()
	case len(text) == 1 && unicode.IsLetter(rune(text[0])):
		l.add(letter, strings.TrimSpace(raw))
	default:
		l.add(prose, text)
	}
}
