package normalize

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tiller/model/tokenizer/aligned"
)

// maxMarks is how many combining marks in a row x/text leaves alone; after
// more it inserts a joiner, which tokenizers don't want.
const maxMarks = 30

// compose brings t into a Unicode normalization form. It works on one segment
// at a time, that is a rune that starts a new one and all that combines with
// it: a segment that changes is aligned to all of its source.
func compose(t aligned.Text, form norm.Form) aligned.Text {
	text := t.String()
	var b *aligned.Builder
	for i := 0; i < len(text); {
		end, marks := segment(form, text[i:])
		end += i
		old := text[i:end]
		if b == nil && isPlain(old) {
			i = end
			continue
		}
		var changed string
		if marks <= maxMarks {
			changed = form.String(old)
		} else {
			changed = composeLong(form, old)
		}
		if b == nil && changed != old {
			b = aligned.Change(t, len(text))
			b.Keep(0, i)
		}
		if b != nil {
			if changed == old {
				b.Keep(i, end)
			} else {
				b.Replace(i, end, changed)
			}
		}
		i = end
	}
	if b == nil {
		return t
	}
	return b.Text()
}

func isPlain(s string) bool { return len(s) == 1 && s[0] < utf8.RuneSelf }

// segment returns the length of the first segment of s and an upper bound on
// the number of combining marks in its decomposition.
func segment(form norm.Form, s string) (end, marks int) {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1, 0
	}
	for end < len(s) {
		p := form.PropertiesString(s[end:])
		if end > 0 && p.BoundaryBefore() {
			break
		}
		if d := p.Decomposition(); d != nil {
			marks += utf8.RuneCount(d)
		} else if p.CCC() != 0 {
			marks++
		}
		end += p.Size()
	}
	return end, marks
}

// composeLong is the normalization algorithm of Unicode chapter 3.11 for a
// segment with any number of marks: decompose, sort the marks by class, and
// for the composing forms join the first rune with each mark that nothing
// blocks.
func composeLong(form norm.Form, s string) string {
	decomposing := norm.NFD
	if form == norm.NFKC || form == norm.NFKD {
		decomposing = norm.NFKD
	}
	runes, classes := decompose(decomposing, s)
	if form == norm.NFD || form == norm.NFKD {
		return string(runes)
	}
	out := runes[:0:0]
	starter := -1
	lastClass := -1
	for i, r := range runes {
		class := classes[i]
		if starter >= 0 && (lastClass < class && lastClass != 0 || len(out) == starter+1) {
			if joined, ok := join(out[starter], r); ok {
				out[starter] = joined
				continue
			}
		}
		if class == 0 {
			starter = len(out)
		}
		lastClass = class
		out = append(out, r)
	}
	return string(out)
}

// decompose returns the runes of s fully decomposed, in canonical order, and
// their combining classes.
func decompose(form norm.Form, s string) (runes []rune, classes []int) {
	type mark struct {
		r     rune
		class int
	}
	var marks []mark
	for _, r := range s {
		for _, d := range form.String(string(r)) {
			marks = append(marks, mark{d, int(norm.NFD.PropertiesString(string(d)).CCC())})
		}
	}
	for i := 0; i < len(marks); {
		j := i
		for j < len(marks) && marks[j].class != 0 {
			j++
		}
		slices.SortStableFunc(marks[i:j], func(a, b mark) int { return a.class - b.class })
		i = j + 1
	}
	for _, m := range marks {
		runes = append(runes, m.r)
		classes = append(classes, m.class)
	}
	return runes, classes
}

// join composes two runes into one where Unicode has one for them.
func join(a, b rune) (rune, bool) {
	var sb strings.Builder
	sb.WriteRune(a)
	sb.WriteRune(b)
	s := norm.NFC.String(sb.String())
	r, w := utf8.DecodeRuneInString(s)
	return r, w == len(s)
}
