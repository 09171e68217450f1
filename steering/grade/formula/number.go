package formula

import (
	"iter"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Number is a number as a text writes it. Its zero value is no number.
type Number struct {
	// Text is how it is written, with its sign, currency and percent sign.
	Text string

	negative, percent bool

	digits   string // with separators and the point; empty if there is only a fraction
	places   int    // digits after the point
	exponent int    // of ten
	vast     bool   // the exponent is beyond maxExponent

	over, under string // the fraction, which is added to digits
}

// Numbers with more digits than maxDigits, or an exponent of ten beyond
// maxExponent, are compared as they are written.
const (
	maxDigits   = 1000
	maxExponent = 1000
)

// roundedPlaces is how many digits after the point make a decimal one that may
// have been rounded, such as 0.333333 for 1/3.
const roundedPlaces = 6

// tolerance is how far, relative to the larger one, a number may be from one
// that was rounded.
var tolerance = big.NewRat(1, 1_000_000)

// Equal reports whether two numbers are the same: exactly, as fractions of
// integers. A decimal with six digits or more after its point also equals what
// is within 1e-6 of it, relatively, or within half a unit of its last digit. A
// percentage equals both its number and a hundredth of it, since a question may
// ask for either.
func (n Number) Equal(other Number) bool {
	a, b := n.Rat(), other.Rat()
	if a == nil || b == nil {
		return a == nil && b == nil && n.plain() == other.plain()
	}
	places := max(n.places, other.places)
	if near(a, b, places) {
		return true
	}
	switch {
	case n.percent && !other.percent:
		return near(hundredth(a), b, places)
	case other.percent && !n.percent:
		return near(a, hundredth(b), places)
	}
	return false
}

func hundredth(r *big.Rat) *big.Rat { return new(big.Rat).Mul(r, big.NewRat(1, 100)) }

// near compares two values, the one with more digits after its point having
// places of them.
func near(a, b *big.Rat, places int) bool {
	if a.Cmp(b) == 0 {
		return true
	}
	if places < roundedPlaces || places > maxDigits {
		return false
	}
	diff := new(big.Rat).Sub(a, b)
	diff.Abs(diff)
	if diff.Cmp(new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), tenTo(places)))) <= 0 {
		return true
	}
	size := new(big.Rat).Abs(a)
	if s := new(big.Rat).Abs(b); s.Cmp(size) > 0 {
		size = s
	}
	return diff.Cmp(size.Mul(size, tolerance)) <= 0
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// Rat is the number's value, of a percentage without the hundredth; nil if it
// is too long or too large.
func (n Number) Rat() *big.Rat {
	value := new(big.Rat)
	if n.digits != "" {
		digits := strings.Map(onlyDigits, n.digits)
		if n.vast || len(digits) > maxDigits {
			return nil
		}
		i, ok := new(big.Int).SetString(digits, 10)
		if !ok {
			return nil
		}
		value.SetInt(i)
		if e := n.exponent - n.places; e >= 0 {
			value.Mul(value, new(big.Rat).SetInt(tenTo(e)))
		} else {
			value.Quo(value, new(big.Rat).SetInt(tenTo(-e)))
		}
	}
	if n.under != "" {
		if len(n.over) > maxDigits || len(n.under) > maxDigits {
			return nil
		}
		over, _ := new(big.Int).SetString(n.over, 10)
		under, _ := new(big.Int).SetString(n.under, 10)
		if over == nil || under == nil || under.Sign() == 0 {
			return nil
		}
		value.Add(value, new(big.Rat).SetFrac(over, under))
	}
	if n.negative {
		value.Neg(value)
	}
	return value
}

func onlyDigits(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// plain is how the number is written, without what doesn't tell numbers apart.
func (n Number) plain() string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(", {}\\!$€£¥₹+\u00a0\u202f", r) {
			return -1
		}
		return r
	}, n.Text))
}

// Numbers are the numbers of a text, in order. A digit that belongs to a word
// ("x2", "H2O"), and an exponent or a subscript, are none.
func Numbers(text string) iter.Seq[Number] {
	return func(yield func(Number) bool) {
		for at := 0; at < len(text); {
			n, end, ok := NumberAt(text, at)
			switch {
			case ok && !yield(n):
				return
			case ok:
				at = end
			case digit(text[at]):
				for at < len(text) && digit(text[at]) {
					at++
				}
			default:
				at++
			}
		}
	}
}

// Last is the last number of a text, if it has one.
func Last(text string) (n Number, ok bool) {
	for n = range Numbers(text) {
		ok = true
	}
	return n, ok
}

// NumberAt reads the number that begins at the byte at, and says where it
// ends. What stands before at decides whether one can begin there. It reads
//
//	number   := [ sign ] [ currency ] [ sign ] ( decimal [ exponent ] | [ integer ] fraction ) [ percent ]
//	decimal  := digits in groups of three or not, and digits after a point
//	fraction := integer "/" integer | "\frac" integer integer | "½" and the like
//	exponent := "e" integer | times "10^" integer
func NumberAt(text string, at int) (n Number, end int, ok bool) {
	if !mayBegin(text, at) {
		return Number{}, at, false
	}
	r := reader{text, at}
	n.negative = r.signs()
	if !n.fraction(&r) {
		if n.digits, n.places, ok = r.decimal(); !ok {
			return Number{}, at, false
		}
		dated := at > 1 && text[at-1] == '/' && digit(text[at-2])
		if n.places > 0 || dated || !n.mixed(&r) {
			n.exponent, n.vast = r.exponent()
		}
	}
	n.percent = r.percent()
	n.Text = text[at:r.at]
	return n, r.at, true
}

// beginnings are the characters that a number can begin with.
const beginnings = "0123456789.+-\\$−€£¥₹½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"

// mayBegin reports whether what stands before the byte at lets a number begin.
func mayBegin(text string, at int) bool {
	if first, _ := utf8.DecodeRuneInString(text[at:]); !strings.ContainsRune(beginnings, first) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	inWord := at > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before) || before == '_')
	switch c := text[at]; {
	case c == '\\' || c == '$' || c >= utf8.RuneSelf && !strings.HasPrefix(text[at:], "−"):
		return true
	case digit(c):
		return !inWord && !raised(text[:at]) && !(before == '.' && at > 1 && digit(text[at-2]))
	case c == '.':
		return !inWord && before != '.' && at+1 < len(text) && digit(text[at+1])
	}
	return !inWord && !raised(text[:at]) && !strings.ContainsRune(")]}.", before)
}

// raised reports whether what follows before is an exponent or a subscript.
func raised(before string) bool {
	before = strings.TrimSuffix(strings.TrimSuffix(before, "-"), "−")
	before = strings.TrimSuffix(before, "{")
	return strings.HasSuffix(before, "^") || strings.HasSuffix(before, "_")
}

// mixed reads the fraction that follows an integer, as its denominator ("3/4")
// or on top of it ("1 3/4").
func (n *Number) mixed(r *reader) bool {
	whole, save := n.digits, r.at
	if r.take("/", " / ") {
		if under, ok := r.denominator(); ok {
			n.digits, n.over, n.under = "", strings.Map(onlyDigits, whole), under
			return true
		}
	}
	r.at = save
	if n.fraction(r) {
		return true
	}
	if r.take(" ") {
		if n.fraction(r) {
			return true
		}
		if over := r.run(); over != "" && r.take("/") {
			if under, ok := r.denominator(); ok && len(over) <= len(under) {
				n.over, n.under = over, under
				return true
			}
		}
	}
	r.at = save
	return false
}

// fraction reads a fraction that is one sign or one command.
func (n *Number) fraction(r *reader) bool {
	if r.at == len(r.text) || r.text[r.at] != '\\' && r.text[r.at] < utf8.RuneSelf {
		return false
	}
	for _, v := range vulgar {
		if r.take(v.sign) {
			n.over, n.under = v.over, v.under
			return true
		}
	}
	save := r.at
	if r.take(`\frac`, `\dfrac`, `\tfrac`, `\cfrac`) {
		overNegative, over := r.argument()
		underNegative, under := r.argument()
		if over != "" && strings.Trim(under, "0") != "" {
			n.over, n.under = over, under
			n.negative = n.negative != (overNegative != underNegative)
			return true
		}
	}
	r.at = save
	return false
}

var vulgar = []struct{ sign, over, under string }{
	{"½", "1", "2"}, {"⅓", "1", "3"}, {"⅔", "2", "3"}, {"¼", "1", "4"}, {"¾", "3", "4"},
	{"⅕", "1", "5"}, {"⅖", "2", "5"}, {"⅗", "3", "5"}, {"⅘", "4", "5"}, {"⅙", "1", "6"},
	{"⅚", "5", "6"}, {"⅛", "1", "8"}, {"⅜", "3", "8"}, {"⅝", "5", "8"}, {"⅞", "7", "8"},
}

// reader has read text up to the byte at.
type reader struct {
	text string
	at   int
}

// take reads the first of the options that comes next.
func (r *reader) take(options ...string) bool {
	for _, o := range options {
		if strings.HasPrefix(r.text[r.at:], o) {
			r.at += len(o)
			return true
		}
	}
	return false
}

// signs reads a sign and a currency in either order, and reports whether the
// sign is a minus.
func (r *reader) signs() bool {
	negative := r.take("-", "−")
	if !negative {
		r.take("+")
	}
	if r.take(`\$`, "$", "€", "£", "¥", "₹") && !negative {
		negative = r.take("-", "−")
	}
	return negative
}

// run reads digits.
func (r *reader) run() string {
	from := r.at
	for r.at < len(r.text) && digit(r.text[r.at]) {
		r.at++
	}
	return r.text[from:r.at]
}

// decimal reads digits with their point, and says how many stand after it.
func (r *reader) decimal() (digits string, places int, ok bool) {
	from := r.at
	whole := r.run()
	if len(whole) >= 1 && len(whole) <= 3 {
		for r.group(separators) {
		}
	}
	if r.at+1 < len(r.text) && r.text[r.at] == '.' && digit(r.text[r.at+1]) {
		r.at++
		places = len(r.run())
	}
	return r.text[from:r.at], places, r.at > from
}

// separators stand between groups of three digits; inListSeparators also where
// a comma stands between values. Longer ones come first.
var (
	separators       = append(slices.Clone(inListSeparators), ",")
	inListSeparators = []string{`,\!  `, `,\! `, `,\!`, "{,}", "\u00a0", "\u202f", `\,`}
)

// group reads one of the separators and three digits, if no fourth follows.
func (r *reader) group(separators []string) bool {
	if r.at == len(r.text) || r.text[r.at] >= '0' && r.text[r.at] <= 'Z' || r.text[r.at] == ' ' {
		return false
	}
	save := r.at
	if r.take(separators...) && len(r.run()) == 3 {
		return true
	}
	r.at = save
	return false
}

// denominator reads an integer other than zero with which a fraction ends, so
// that neither 3/4/2020 nor 1/2.5 is taken for one.
func (r *reader) denominator() (string, bool) {
	under := r.run()
	rest := r.text[r.at:]
	if strings.Trim(under, "0") == "" || len(rest) > 1 && (rest[0] == '/' || rest[0] == '.') && digit(rest[1]) {
		return "", false
	}
	return under, true
}

// argument reads an integer in braces, or one digit.
func (r *reader) argument() (negative bool, digits string) {
	r.take(" ")
	if r.at < len(r.text) && digit(r.text[r.at]) {
		r.at++
		return false, r.text[r.at-1 : r.at]
	}
	if !r.take("{") {
		return false, ""
	}
	negative = r.take("-", "−")
	if digits = r.run(); !r.take("}") {
		return false, ""
	}
	return negative, digits
}

// exponent reads a power of ten by which a decimal is multiplied; it is vast
// beyond maxExponent.
func (r *reader) exponent() (e int, vast bool) {
	save := r.at
	times := false
	if !r.take("e", "E") {
		r.take(" ")
		if times = r.take("*", "×", "·", "x", `\times`, `\cdot`); times {
			r.take(" ")
			times = r.take("10^")
		}
		if !times {
			r.at = save
			return 0, false
		}
	}
	braced := times && r.take("{")
	negative := r.take("-", "−")
	if !negative {
		r.take("+")
	}
	digits := r.run()
	next, _ := utf8.DecodeRuneInString(r.text[r.at:])
	if digits == "" || braced && !r.take("}") || !times && unicode.IsLetter(next) {
		r.at = save
		return 0, false
	}
	e, err := strconv.Atoi(digits)
	if err != nil || e > maxExponent {
		return 0, true
	}
	if negative {
		e = -e
	}
	return e, false
}

// percent reads a percent sign or word.
func (r *reader) percent() bool {
	save := r.at
	r.take(" ")
	if r.take("%", `\%`) {
		return true
	}
	if r.take("percent", "per cent", "pct") {
		next, _ := utf8.DecodeRuneInString(r.text[r.at:])
		if !unicode.IsLetter(next) {
			return true
		}
	}
	r.at = save
	return false
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
