package cells

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"tiller/tui/visible"
)

// A Flow breaks the text of tokens into lines of at most width columns.
//
//   - Words stay whole where they fit into a line. A longer one breaks at the
//     width, and wide characters (CJK, emoji) may be parted from their
//     neighbours.
//   - The spaces around such a break are swallowed, and a newline right after
//     them. Other newlines end a line, and empty lines stay. Of a space that
//     the text begins with nothing is seen, so that columns begin alike.
//   - Characters stand in the order of the text, also where it is read from
//     right to left.
//   - No wide character is split. In a column of one, its line is two wide;
//     [Clip] leaves it out.
//
// The end of the text that can't be judged yet (the first bytes of a character,
// a carriage return, a joiner) is not shown before the next token or [Flow.End].
//
// Lines are worked out when they are asked for, from the first one that changed;
// so a Flow must not be read by two goroutines at once.
type Flow struct {
	width    int // columns, at least 1
	newlines bool
	tokens   []token
	cells    []Cell // of all tokens in order, newlines and marks among them
	lines    []line // the last one is unfinished
	dirty    int    // the first cell that changed since lines were worked out; clean if none

	safe visible.Stream
	held held   // what safe keeps back
	part []byte // the first bytes of a character
	from []int  // the token of each of them
}

// A Token is a piece of text with a mark.
type Token struct {
	Text string // untrusted; may be part of a character, empty, or hold newlines
	Mark string // glyphs of ours to stand at the token's first character that is not a space; "" is none
}

// token is what a Flow knows of a Token.
type token struct {
	at    int // index of its first cell, or of the cell it would stand before
	mark  string
	solid bool // it has a character that is not a newline
}

// held is a character that can be judged only by the one after it.
type held struct {
	text   string // as it is; "" if there is none
	symbol string // what stands for it where it must not stay
	token  int
}

// New returns a Flow without text. A width below 1 counts as 1.
func New(width int) *Flow {
	return &Flow{width: max(width, 1), safe: *visible.NewStream()}
}

// Append adds tokens at the end. It takes time for the last line only.
func (f *Flow) Append(tokens ...Token) {
	for _, t := range tokens {
		n := len(f.tokens)
		f.tokens = append(f.tokens, token{at: len(f.cells), mark: t.Mark})
		f.write(t.Text, n)
		if t.Mark != "" {
			f.place(n)
		}
	}
}

// End shows what was held back at the end of the text, as nothing follows.
// Tokens that are appended all the same start a new character.
func (f *Flow) End() {
	for i, b := range f.part {
		f.stray(b, f.from[i])
	}
	f.part, f.from = f.part[:0], f.from[:0]
	f.flush()
}

// SetMark gives a token another mark, "" for none. A token that is not there is
// left alone.
func (f *Flow) SetMark(token int, mark string) {
	if token < 0 || token >= len(f.tokens) || f.tokens[token].mark == mark {
		return
	}
	f.tokens[token].mark = mark
	f.place(token)
}

// SetWidth changes the width. One below 1 counts as 1.
func (f *Flow) SetWidth(width int) {
	if width = max(width, 1); width != f.width {
		f.width, f.dirty = width, 0
	}
}

// ShowNewlines sets whether the newlines of a token that holds nothing else have
// a cell, ⏎, at the end of the line they end. At first they have none.
func (f *Flow) ShowNewlines(on bool) {
	if on == f.newlines {
		return
	}
	f.newlines = on
	for i := range f.cells {
		f.sign(i)
	}
}

// Reset removes all tokens.
func (f *Flow) Reset() {
	clear(f.tokens)
	clear(f.cells)
	*f = Flow{
		width: f.width, newlines: f.newlines, safe: *visible.NewStream(),
		tokens: f.tokens[:0], cells: f.cells[:0], lines: f.lines[:0], part: f.part[:0], from: f.from[:0],
	}
}

// Len returns the number of tokens.
func (f *Flow) Len() int { return len(f.tokens) }

// Text returns the text as it is seen, without marks and line breaks of ours.
func (f *Flow) Text() string {
	var b strings.Builder
	for _, c := range f.cells[f.first():] {
		switch {
		case c.Newline:
			b.WriteByte('\n')
		case !c.Mark:
			b.WriteString(c.Text)
		}
	}
	return b.String()
}

// write appends the text of token n, which is the last.
func (f *Flow) write(text string, n int) {
	for len(f.part) > 0 && text != "" {
		f.part, f.from = append(f.part, text[0]), append(f.from, n)
		text = text[1:]
		f.decode()
	}
	cut := whole(text)
	f.push(text[:cut], n)
	for _, b := range []byte(text[cut:]) {
		f.part, f.from = append(f.part, b), append(f.from, n)
	}
}

// whole returns the length of text without the first bytes of a character at
// its end.
func whole(text string) int {
	for i := len(text) - 1; i >= max(0, len(text)-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRuneInString(text[i:]) {
				return i
			}
			break
		}
	}
	return len(text)
}

// decode passes on the characters of f.part that are complete. They belong to
// the tokens that they began in.
func (f *Flow) decode() {
	for len(f.part) > 0 && utf8.FullRune(f.part) {
		r, size := utf8.DecodeRune(f.part)
		if r == utf8.RuneError && size == 1 {
			f.stray(f.part[0], f.from[0])
		} else {
			f.push(string(f.part[:size]), f.from[0])
		}
		f.part, f.from = slices.Delete(f.part, 0, size), slices.Delete(f.from, 0, size)
	}
}

// push appends whole characters that belong to token n.
func (f *Flow) push(text string, n int) {
	if text == "" {
		return
	}
	out := f.safe.Push(text)
	if h := f.held; h.text != "" {
		f.held = held{}
		own := strings.TrimPrefix(out, h.symbol)
		if len(own) == len(out) {
			own = strings.TrimPrefix(out, h.text) // or it is gone, as the return of a line end is
		}
		f.add(out[:len(out)-len(own)], h.token)
		out = own
	}
	f.add(out, n)
	after := f.safe
	if symbol := after.Flush(); symbol != "" {
		_, size := utf8.DecodeLastRuneInString(text)
		f.held = held{text: text[len(text)-size:], symbol: symbol, token: n}
	}
}

// stray appends a byte of token n that is not part of a character.
func (f *Flow) stray(b byte, n int) {
	f.flush()
	f.add(f.safe.Push(string([]byte{b}))+f.safe.Flush(), n)
}

// flush appends what the character held back is without one after it.
func (f *Flow) flush() {
	f.add(f.safe.Flush(), f.held.token)
	f.held = held{}
}

// add appends safe text of token n. Later tokens have no text yet, but may have
// marks.
func (f *Flow) add(text string, n int) {
	if text == "" {
		return
	}
	g := displaywidth.StringGraphemes(f.join(text))
	for g.Next() {
		c := Cell{Text: g.Value(), Width: g.Width(), Token: n, Newline: g.Value() == "\n"}
		_, at := f.span(n)
		if c.blank() && f.last() < 0 {
			c.Token, at = 0, 0 // not to be seen, so it comes before all marks
		}
		f.insert(at, c)
		if !c.Newline {
			f.solid(n)
		}
		f.sign(at)
	}
}

// last returns the index of the last cell of text, -1 if there is none.
func (f *Flow) last() int {
	i := len(f.cells) - 1
	for i >= 0 && f.cells[i].Mark {
		i--
	}
	return i
}

// join gives the last character the combining marks and joined emoji that text
// begins with, and returns the rest of text.
func (f *Flow) join(text string) string {
	i := f.last()
	if i < 0 || f.cells[i].Newline {
		return text
	}
	c := &f.cells[i]
	if text[0] < utf8.RuneSelf && c.Text[len(c.Text)-1] < utf8.RuneSelf {
		return text // most text: ASCII never joins ASCII
	}
	joined := c.Text + text
	g := displaywidth.StringGraphemes(joined)
	g.Next()
	first := g.Value()
	if len(first) > len(c.Text) {
		space := c.blank()
		c.Text, c.Width = first, g.Width()
		f.changed(i)
		if space && f.tokens[c.Token].mark != "" {
			f.place(c.Token) // no longer after it
		}
	}
	return joined[len(first):]
}

// solid notes that token n is not newlines alone.
func (f *Flow) solid(n int) {
	if f.tokens[n].solid {
		return
	}
	f.tokens[n].solid = true
	for i, end := f.span(n); i < end; i++ {
		f.sign(i)
	}
}

// sign shows or hides the newline at cell i. Other cells stay as they are.
func (f *Flow) sign(i int) {
	c := &f.cells[i]
	if !c.Newline {
		return
	}
	text, width := "\n", 0
	if f.newlines && !f.tokens[c.Token].solid {
		text, width = newlineSign, 1
	}
	if c.Text != text {
		c.Text, c.Width = text, width
		f.changed(i)
	}
}

// place puts the mark of token n where it belongs, and takes an old one away.
func (f *Flow) place(n int) {
	i, end := f.span(n)
	if old := slices.IndexFunc(f.cells[i:end], func(c Cell) bool { return c.Mark }); old >= 0 {
		old += i
		marks := 1
		for old+marks < end && f.cells[old+marks].Mark {
			marks++
		}
		f.cells = slices.Delete(f.cells, old, old+marks)
		f.shift(n, -marks)
		f.changed(old)
		end -= marks
	}
	for i < end && f.cells[i].blank() {
		i++
	}
	if marks := glyphs(f.tokens[n].mark, n); len(marks) > 0 {
		f.insert(i, marks...)
	}
}

// insert puts cells of one token at index i.
func (f *Flow) insert(i int, cells ...Cell) {
	if i == len(f.cells) {
		f.cells = append(f.cells, cells...)
	} else {
		f.cells = slices.Insert(f.cells, i, cells...)
	}
	f.shift(cells[0].Token, len(cells))
	f.changed(i)
}

// shift moves the tokens after n by a number of cells.
func (f *Flow) shift(n, by int) {
	for i := n + 1; i < len(f.tokens); i++ {
		f.tokens[i].at += by
	}
}

// span returns the cells [start, end) of token n.
func (f *Flow) span(n int) (start, end int) {
	if n+1 < len(f.tokens) {
		return f.tokens[n].at, f.tokens[n+1].at
	}
	return f.tokens[n].at, len(f.cells)
}

// changed notes that the cells from i on may differ from those laid out.
func (f *Flow) changed(i int) { f.dirty = min(f.dirty, i) }

// clean is the value of Flow.dirty where no cell changed.
const clean = math.MaxInt
