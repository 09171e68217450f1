// Package visible makes text of unknown origin safe to show in a terminal.
//
// Prompts, model output, vocabularies, vector names and file metadata may hold
// bytes that a terminal acts on (control characters, escape sequences), that
// reorder what is read (bidirectional controls) or that hide text (zero-width
// and filler characters). Here all of them become symbols that can be seen: a
// C0 control turns into its Unicode Control Picture (ESC is ␛), a byte that is
// not UTF-8 into its value (⟨xFF⟩), and any other into its code point (⟨202E⟩).
// The symbols are themselves safe, so applying a function twice changes nothing.
package visible

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tabWidth is how many spaces [Text] writes for a tab: a fixed number, so that
// the width of a text does not depend on the column it starts in.
const tabWidth = 4

// maxMarks is how many combining marks one character may carry. No written
// language needs more than a handful; longer stacks are used to paint over the
// lines above and below.
const maxMarks = 8

// Line returns s as one safe line: newlines and tabs become ␊ and ␉ too.
func Line(s string) string {
	if plainASCII(s) {
		return s
	}
	w := Stream{line: true, prev: '\n'}
	return w.Push(s) + w.Flush()
}

// Text returns s as safe text of several lines: newlines stay, a carriage
// return before a newline is dropped, and a tab becomes four spaces.
func Text(s string) string {
	if plainASCII(s) {
		return s
	}
	w := NewStream()
	return w.Push(s) + w.Flush()
}

// Stream makes text safe that arrives in pieces, as [Text] does with a whole.
type Stream struct {
	line  bool   // newlines and tabs are content rather than layout
	prev  rune   // the last rune written as itself
	marks int    // combining marks on the last character
	held  string // an end whose meaning depends on what comes next
}

// NewStream returns a Stream at the start of a text.
func NewStream() *Stream { return &Stream{prev: '\n'} }

// Push returns the safe form of the next piece s. It may keep back a last
// character that can be judged only by the one after it.
func (w *Stream) Push(s string) string {
	s, w.held = w.held+s, ""
	if cut := undecided(s); cut < len(s) {
		s, w.held = s[:cut], s[cut:]
	}
	return w.replace(s, w.held)
}

// Flush returns the safe form of what was kept back.
func (w *Stream) Flush() string {
	s := w.held
	w.held = ""
	return w.replace(s, "")
}

// undecided returns where the end of s starts that needs a look at the next
// piece: a carriage return, a joiner, the first bytes of a longer character.
func undecided(s string) int {
	end := len(s)
	for i := len(s) - 1; i >= max(0, len(s)-utf8.UTFMax); i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				end = i
			}
			break
		}
	}
	if r, size := utf8.DecodeLastRuneInString(s[:end]); r == '\r' || r == zwj || r == zwnj {
		end -= size
	}
	return end
}

// replace writes s with what is safe as it stands. after is text known to
// follow s.
func (w *Stream) replace(s, after string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		rest := s[i+size:]
		if rest == "" {
			rest = after
		}
		i += size
		mark := unicode.Is(unicode.M, r) && !hidden(r)
		kept := !mark && joins(w.prev, r, rest, w.marks)
		switch {
		case mark:
			w.marks++
		case !kept:
			w.marks = 0
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "⟨x%02X⟩", s[i-1])
			w.prev = '⟩'
		case !w.line && r == '\n':
			b.WriteByte('\n')
			w.prev = '\n'
		case !w.line && r == '\r' && strings.HasPrefix(rest, "\n"):
			// The line ends once, not twice.
		case !w.line && r == '\t':
			b.WriteString(strings.Repeat(" ", tabWidth))
			w.prev = ' '
		case mark && w.marks > maxMarks:
			writeSymbol(&b, r)
			w.prev = '⟩'
		case mark && w.prev == '\n':
			// Alone, it would land on whatever frames the text.
			b.WriteRune('◌')
			b.WriteRune(r)
			w.prev = r
		case kept || !Hidden(r):
			b.WriteRune(r)
			w.prev = r
		default:
			writeSymbol(&b, r)
			w.prev = '⟩'
		}
	}
	return b.String()
}

// plainASCII reports whether s is printable ASCII only, which is most text.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// writeSymbol writes what stands for r.
func writeSymbol(b *strings.Builder, r rune) {
	switch {
	case r < ' ':
		b.WriteRune(0x2400 + r)
	case r == 0x7f:
		b.WriteRune('␡')
	default:
		fmt.Fprintf(b, "⟨%04X⟩", r)
	}
}

// Hidden reports whether r must not reach a terminal as it is: it controls the
// terminal or the direction of text, or it takes no visible place of its own.
// Some of them are harmless in their own company, as a joiner inside an emoji
// is; [Line] and [Text] keep those.
func Hidden(r rune) bool {
	if unicode.IsGraphic(r) {
		return hidden(r)
	}
	// Emoji newer than Go's Unicode tables; U+1FFFE and U+1FFFF lie outside.
	return r < 0x1f000 || r > 0x1faff
}

// InOrder returns a drawn screen without the bidirectional controls, which take
// no column. It is for text while it is typed: a symbol in the place of one, as
// [Line] writes, would stand where the cursor is thought to be.
func InOrder(screen string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, screen)
}

// hidden lists the default-ignorable code points (Unicode 16, property
// Default_Ignorable_Code_Point) whose category is a letter or a mark.
func hidden(r rune) bool {
	switch {
	case r == 0x034f, // combining grapheme joiner
		r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, // Hangul fillers
		r == 0x17b4, r == 0x17b5, // Khmer inherent vowels
		r >= 0x180b && r <= 0x180f,   // Mongolian variation selectors
		r >= 0xfe00 && r <= 0xfe0f,   // variation selectors
		r >= 0xe0100 && r <= 0xe01ef: // variation selectors supplement
		return true
	}
	return false
}

const (
	zwnj = 0x200c // keeps two letters from joining
	zwj  = 0x200d // joins two letters or two emoji
)

// joins reports whether the hidden r does its proper work between prev and the
// text that follows, and so can stay: one variation selector after a symbol,
// joiners inside emoji and inside words of scripts that need them. Elsewhere,
// and in rows, they carry nothing a reader could see. marks counts the
// combining marks on the character before.
func joins(prev, r rune, rest string, marks int) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	if r == zwj || r == zwnj {
		full := marks >= maxMarks && unicode.Is(unicode.M, next)
		if full || Hidden(next) {
			return false
		}
	}
	switch {
	case r == 0xfe0e || r == 0xfe0f: // text or emoji style
		return pictographic(prev) || strings.ContainsRune("#*0123456789", prev)
	case r == zwj:
		return (pictographic(prev) || prev == 0xfe0f) && pictographic(next) || joining(prev) && joining(next)
	case r == zwnj:
		return joining(prev) && joining(next)
	}
	return false
}

// pictographic reports whether r can be part of an emoji sequence.
func pictographic(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2190 && r <= 0x2bff || r == 0xa9 || r == 0xae ||
		r == 0x203c || r == 0x2049 || r == 0x2122 || r == 0x2139 || r == 0x3030 || r == 0x303d || r == 0x3297 || r == 0x3299
}

// joining reports whether r is a letter or mark of a script whose spelling
// uses the zero-width joiner and non-joiner.
func joining(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya,
		unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
		unicode.Khmer, unicode.Myanmar)
}
