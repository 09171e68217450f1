// Package sentence decides where sentences end while a text is still being
// written, token by token.
//
// A token counts when its text holds an end mark: one of . ! ? ; (or their
// full-width forms 。！？；), a newline, or a closing quote directly after such
// a mark. "done", ".\n\n" and `."` as one token count once; "." and "\n\n" as
// two tokens count twice, and the second is the row that the next sentence's
// first word comes from.
//
// A decision is made from the text up to the end of its token and never
// changes. So the dots and exclamation marks that often are no end are judged
// by what stands before them:
//
//   - A dot right after a digit may be a decimal point, and no later text can
//     be awaited. It is not an end by itself. If the next character is neither
//     a digit nor a letter, the sentence did end, and the token that holds this
//     next character counts: ".\n" at once, " Then" one token late. In the
//     problems and solutions of GSM8K and MATH-500 a decimal is three times as
//     frequent as a sentence that ends in a number and goes on in the same line.
//   - A number that is all its line holds so far ("2." of a list) is a label;
//     its dot never ends a sentence.
//   - A dot after a single letter is an initial or abbreviation (J. Smith,
//     E. coli, e.g., U.S., p.m.), also where it was a variable that ended a
//     sentence; so is a dot after Dr, vs and the like (abbreviations).
//   - A dot directly before a digit or a small letter of the same token (".5",
//     ".com") is no end.
//   - An exclamation mark after a digit, a single letter or a closing
//     parenthesis or brace is a factorial; before = in the same token it is
//     part of !=.
//   - LaTeX's spacing commands \; and \! are no ends.
//
// A mark after a space always counts, so texts that stand apart from their
// punctuation ("gives 4 .") need no guessing.
package sentence

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestAbbreviation is the length of the longest key of abbreviations.
const longestAbbreviation = 6

// abbreviations that are hardly ever a sentence's last word, in lower case
// without their dot. "no", "etc" and "sec" are missing on purpose.
var abbreviations = map[string]bool{
	"al": true, "approx": true, "ca": true, "cf": true, "dr": true,
	"eq": true, "eqn": true, "eqs": true, "fig": true, "figs": true,
	"jr": true, "mr": true, "mrs": true, "ms": true, "mt": true, "ph": true,
	"pp": true, "prof": true, "resp": true, "sr": true, "st": true,
	"viz": true, "vol": true, "vs": true,
}

// Splitter follows one text. Its zero value is at the beginning of a text. A
// copy is an independent Splitter at the same place.
type Splitter struct {
	last  rune  // the last character, 0 at the beginning
	word  run   // the word that last belongs to, if any
	line  start // what the line holds so far
	dot   bool  // last is a dot after a digit, undecided
	ended bool  // last is an end mark, or a quote that closes one
}

// start says what a line holds so far.
type start uint8

const (
	blank  start = iota // nothing but spaces and list or heading marks
	number              // that, then a number
	filled              // anything else
)

// run is a word in progress: letters, digits, apostrophes.
type run struct {
	length int                       // in characters
	ascii  [longestAbbreviation]byte // its first ASCII characters in lower case
}

// Push adds the next token's text, made of whole characters, and reports
// whether the token holds a sentence end. An empty text holds none.
func (s *Splitter) Push(text string) bool {
	found := false
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		next, _ := utf8.DecodeRuneInString(text)
		if s.character(r, next) {
			found = true
		}
	}
	return found
}

// Break tells that something other than text stands here, such as a special
// token: what follows starts a line, and no word or mark reaches across.
func (s *Splitter) Break() { *s = Splitter{} }

// character takes one character and, when it is in the same token, the next
// one (else utf8.RuneError), and reports whether an end is decided here.
func (s *Splitter) character(r, next rune) bool {
	end := false
	if s.dot && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		end = true
	}
	s.dot = false
	closes := s.ended || end

	switch r {
	case '\n':
		end, s.ended = true, false
	case '?', '。', '！', '？', '；':
		end, s.ended = true, true
	case ';':
		s.ended = s.last != '\\'
		end = end || s.ended
	case '!':
		s.ended = s.last != '\\' && next != '=' && !s.factorial()
		end = end || s.ended
	case '.':
		s.ended = s.full(next)
		end = end || s.ended
	case '"', '\'', '”', '’', '»', '」', '』':
		s.ended = closes
		end = end || closes
	default:
		s.ended = false
	}
	s.advance(r)
	return end
}

// full reports whether a dot that comes now ends a sentence, and notes when
// that is left to the next character.
func (s *Splitter) full(next rune) bool {
	switch {
	case unicode.IsDigit(s.last):
		s.dot = s.line != number
		return false
	case unicode.IsDigit(next) || unicode.IsLower(next):
		return false
	case s.word.length == 1:
		return !cased(s.last)
	case s.word.length > 1:
		return !s.word.abbreviation()
	}
	return true
}

// factorial reports whether an exclamation mark that comes now is one.
func (s *Splitter) factorial() bool {
	switch {
	case unicode.IsDigit(s.last), s.last == ')', s.last == '}':
		return true
	}
	return s.word.length == 1 && cased(s.last)
}

// advance moves past r.
func (s *Splitter) advance(r rune) {
	switch {
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), r == '_', s.word.length > 0 && (r == '\'' || r == '’'):
		s.word.add(r)
	default:
		s.word.length = 0
	}
	switch {
	case r == '\n':
		s.line = blank
	case s.line == blank && (unicode.IsSpace(r) || strings.ContainsRune("#*->(", r)):
	case s.line != filled && unicode.IsDigit(r):
		s.line = number
	default:
		s.line = filled
	}
	s.last = r
}

// add appends a character to the word.
func (w *run) add(r rune) {
	if w.length < len(w.ascii) {
		c := byte(0)
		if r < utf8.RuneSelf {
			c = byte(unicode.ToLower(r))
		}
		w.ascii[w.length] = c
	}
	w.length++
}

func (w *run) abbreviation() bool {
	return w.length <= longestAbbreviation && abbreviations[string(w.ascii[:w.length])]
}

// cased reports whether r is a letter of a script that has initials.
func cased(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) }
