package cells

import (
	"math"
	"sort"
)

// line is the cells [start, end) of a Flow. Those up to the next line's start
// are swallowed by the break.
type line struct {
	start, end int
	seen       int // where it ends follows from the cells before this one; undecided if more may follow
}

// undecided is the value of line.seen for the last line.
const undecided = math.MaxInt

// Height returns the number of lines, the unfinished last one included.
func (f *Flow) Height() int {
	if len(f.tokens) == 0 {
		return 0
	}
	f.layout()
	return len(f.lines)
}

// Line returns the cells of line i, none if there is no such line. They hold
// until the Flow changes, and must not be changed by the caller.
func (f *Flow) Line(i int) []Cell {
	f.layout()
	if i < 0 || i >= len(f.lines) {
		return nil
	}
	l := f.lines[i]
	return f.cells[l.start:l.end:l.end]
}

// Where returns the place of the token's first cell that is not swallowed by a
// break. A token without such a cell has the place where it would stand, which
// at the end of a line may be the column after the last. Tokens past the end
// stand at the end of the text.
func (f *Flow) Where(token int) (line, column int) {
	f.layout()
	token = max(token, 0)
	if token >= len(f.tokens) {
		line, column, _ = f.locate(len(f.cells))
		return line, column
	}
	start, end := f.span(token)
	for i := start; i < end; i++ {
		if line, column, ok := f.locate(i); ok {
			return line, column
		}
	}
	line, column, _ = f.locate(start)
	return line, column
}

// At returns the token at a place. Beyond the end of a line it is the last one
// of the line, on an empty line the one that ends it. ok is false where there
// is no line, and on an empty line that nothing ends.
func (f *Flow) At(line, column int) (token int, ok bool) {
	f.layout()
	if line < 0 || line >= len(f.lines) || column < 0 {
		return 0, false
	}
	l := f.lines[line]
	for _, c := range f.cells[l.start:l.end] {
		token, ok = c.Token, true
		if column -= c.Width; column < 0 {
			return token, true
		}
	}
	if !ok && l.end < len(f.cells) {
		return f.cells[l.end].Token, true
	}
	return token, ok
}

// locate returns the place of cell i, with ok false where it would stand if it
// were not swallowed.
func (f *Flow) locate(i int) (line, column int, ok bool) {
	n := sort.Search(len(f.lines), func(n int) bool { return f.lines[n].start > i }) - 1
	if n < 0 {
		return 0, 0, false
	}
	l := f.lines[n]
	return n, Width(f.cells[l.start:min(i, l.end)]), i < l.end
}

// first returns the index of the first cell of the first line.
func (f *Flow) first() int {
	if len(f.cells) > 0 && f.cells[0].blank() {
		return 1
	}
	return 0
}

// layout works out the lines that the cells from f.dirty on have a say in.
func (f *Flow) layout() {
	if f.dirty == clean {
		return
	}
	n := len(f.lines)
	for n > 0 && f.lines[n-1].seen > f.dirty {
		n--
	}
	next := f.first()
	if n > 0 {
		next = f.lines[n].start
	}
	f.lines = f.lines[:n]
	for next >= 0 {
		var l line
		l, next = f.fill(next)
		f.lines = append(f.lines, l)
	}
	f.dirty = clean
}

// fill returns the line that starts at a cell, and the start of the next one,
// -1 if it is the last. The line ends at a newline, else before the last word
// or wide character that doesn't fit, else where the width is reached.
func (f *Flow) fill(start int) (l line, next int) {
	used, last := 0, start // columns; the last place to break at
	for i := start; i < len(f.cells); i++ {
		c := &f.cells[i]
		if i > start && parts(&f.cells[i-1], c) {
			last = i
		}
		used += c.Width
		switch {
		case used <= f.width && !c.Newline:
		case used <= f.width:
			return line{start, i + c.Width, i + 1}, i + 1 // a hidden newline is 0 wide, one shown is 1
		case c.blank():
			return f.swallow(start, i)
		case i == start: // wider than a whole line
			return f.swallow(start, start+1)
		case last > start:
			return line{start, f.trim(start, last), i + 1}, last
		default:
			end := f.cut(start, i)
			return line{start, end, i + 1}, end
		}
	}
	return line{start, len(f.cells), undecided}, -1
}

// parts reports whether a line may end between the cells a and b. A mark stays
// with what it stands before.
func parts(a, b *Cell) bool {
	switch {
	case a.Mark:
		return false
	case b.Newline:
		return b.Width > 0
	}
	return a.blank() || a.Width > 1 || b.Width > 1
}

// swallow ends a line that is full at cell i. It takes the spaces from there on,
// and a hidden newline after them.
func (f *Flow) swallow(start, i int) (l line, next int) {
	l = line{start, f.trim(start, i), undecided}
	for i < len(f.cells) && f.cells[i].blank() {
		i++
	}
	if i == len(f.cells) {
		return l, -1
	}
	l.seen = i + 1
	if c := &f.cells[i]; c.Newline && c.Width == 0 {
		i++
	}
	return l, i
}

// trim returns the end of the cells [start, end) without spaces at their end.
func (f *Flow) trim(start, end int) int {
	for end > start && f.cells[end-1].blank() {
		end--
	}
	return end
}

// cut returns where to part a word too long for a line, of which [start, i) has
// room: there, but not right after a mark if there is anything before it.
func (f *Flow) cut(start, i int) int {
	for end := i; end > start; end-- {
		if !f.cells[end-1].Mark {
			return end
		}
	}
	return i
}
