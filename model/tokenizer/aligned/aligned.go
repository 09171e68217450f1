// Package aligned keeps a piece of text together with the place in an original
// text that each of its bytes came from, so that offsets survive
// normalisation and splitting.
package aligned

import "unicode/utf8"

// Span is a range of bytes [Start, End) of the original text. A span with
// Start == End marks bytes that were inserted at that place.
type Span struct{ Start, End int32 }

// Text is a string whose bytes remember where they came from. Starts and ends
// of the spans never decrease from one byte to the next. The zero Text is
// empty and stands at offset 0.
type Text struct {
	s     string
	start int32
	spans []Span // one per byte of s; nil: byte i is byte start+i of the original
}

// New returns s as the unchanged bytes of the original text that begin at
// byte offset start.
func New(s string, start int) Text { return Text{s: s, start: int32(start)} }

// String returns the text as it is now.
func (t Text) String() string { return t.s }

// Len is the length in bytes of the text as it is now.
func (t Text) Len() int { return len(t.s) }

// Start is the byte of the original text at which this text begins.
func (t Text) Start() int {
	if len(t.spans) > 0 {
		return int(t.spans[0].Start)
	}
	return int(t.start)
}

// Source returns the range of the original text that bytes [i, j) came from.
// An empty range gives an empty source.
func (t Text) Source(i, j int) (start, end int) {
	if t.spans == nil {
		return int(t.start) + i, int(t.start) + j
	}
	if i < j {
		return int(t.spans[i].Start), int(t.spans[j-1].End)
	}
	switch {
	case i < len(t.spans):
		start = int(t.spans[i].Start)
	case len(t.spans) > 0:
		start = int(t.spans[len(t.spans)-1].End)
	default:
		start = int(t.start)
	}
	return start, start
}

// Slice returns bytes [i, j) of the text.
func (t Text) Slice(i, j int) Text {
	if t.spans == nil {
		return Text{s: t.s[i:j], start: t.start + int32(i)}
	}
	start, _ := t.Source(i, i)
	return Text{s: t.s[i:j], start: int32(start), spans: t.spans[i:j:j]}
}

// Builder assembles a changed Text from pieces of an old one.
type Builder struct {
	from  Text
	buf   []byte
	spans []Span
}

// Len is the number of bytes that were built so far.
func (b *Builder) Len() int { return len(b.buf) }

// Change starts building a new version of t. hint is the expected number of
// bytes.
func Change(t Text, hint int) *Builder {
	return &Builder{from: t, buf: make([]byte, 0, hint), spans: make([]Span, 0, hint)}
}

// Keep takes over bytes [i, j) of the old text.
func (b *Builder) Keep(i, j int) {
	b.buf = append(b.buf, b.from.s[i:j]...)
	if b.from.spans != nil {
		b.spans = append(b.spans, b.from.spans[i:j]...)
		return
	}
	for k := i; k < j; k++ {
		at := b.from.start + int32(k)
		b.spans = append(b.spans, Span{at, at + 1})
	}
}

// Replace writes s in place of bytes [i, j) of the old text; every byte of s
// stands for the whole range. With i == j it inserts s at that place.
func (b *Builder) Replace(i, j int, s string) {
	start, end := b.from.Source(i, j)
	b.buf = append(b.buf, s...)
	b.fill(len(s), start, end)
}

// ReplaceRune is Replace with a single rune.
func (b *Builder) ReplaceRune(i, j int, r rune) {
	start, end := b.from.Source(i, j)
	n := len(b.buf)
	b.buf = utf8.AppendRune(b.buf, r)
	b.fill(len(b.buf)-n, start, end)
}

func (b *Builder) fill(n, start, end int) {
	for range n {
		b.spans = append(b.spans, Span{int32(start), int32(end)})
	}
}

// Text returns what was built.
func (b *Builder) Text() Text {
	return Text{s: string(b.buf), start: int32(b.from.Start()), spans: b.spans}
}
