package plain

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"tiller/tui/visible"
)

// kind says how a piece of text is drawn.
type kind uint8

const (
	asItIs kind = iota
	steered
	partMark  // ◆, the first token that differs from base
	steerMark // ▲ and ▵, where steered tokens begin and end
)

// A cell is one user-perceived character.
type cell struct {
	text  string
	width int // terminal columns
	kind  kind
}

// blank reports whether c is a space.
func (c cell) blank() bool { return c.text == " " }

// mark reports whether c is a glyph of ours rather than text.
func (c cell) mark() bool { return c.kind == partMark || c.kind == steerMark }

// A flow breaks a growing text into lines of at most width columns. What it
// has put on a finished line never changes, so lines can be shown as they come.
type flow struct {
	width int // columns; 0 breaks at newlines only
	safe  *visible.Stream
	kind  kind   // of the text last written
	cells []cell // the unfinished line
	seen  int    // cells known to hold no newline, where lines have no width
	soft  bool   // the unfinished line continues one that was full
	lines [][]cell
}

func newFlow(width int) *flow {
	return &flow{width: width, safe: visible.NewStream()}
}

// write appends untrusted text.
func (f *flow) write(text string, k kind) {
	if k != f.kind {
		f.add(f.safe.Flush(), f.kind)
		f.kind = k
	}
	f.add(f.safe.Push(text), k)
}

// glyph appends a mark of ours.
func (f *flow) glyph(text string, k kind) {
	f.add(f.safe.Flush(), f.kind)
	f.add(text, k)
}

// end finishes the last line.
func (f *flow) end() {
	f.add(f.safe.Flush(), f.kind)
	if len(f.cells) > 0 {
		f.finish(len(f.cells))
	}
}

// add appends safe text and finishes the lines that are full.
func (f *flow) add(text string, k kind) {
	if text == "" {
		return
	}
	// A combining mark or a joined emoji belongs to the character before it.
	if n := len(f.cells); n > 0 && f.cells[n-1].kind == k && !f.cells[n-1].mark() && f.cells[n-1].text != "\n" {
		text = f.cells[n-1].text + text
		f.cells = f.cells[:n-1]
	}
	for i, part := range strings.Split(text, "\n") {
		if i > 0 {
			f.cells = append(f.cells, cell{text: "\n", kind: k})
		}
		g := displaywidth.StringGraphemes(part)
		for g.Next() {
			f.cells = append(f.cells, cell{text: g.Value(), width: g.Width(), kind: k})
		}
	}
	f.layout()
}

// layout finishes every line that is known to be complete.
func (f *flow) layout() {
	for {
		f.trim()
		n, ok := f.full()
		if !ok {
			return
		}
		f.finish(n)
		if !f.soft {
			f.cells = f.cells[1:] // the newline
		}
	}
}

// trim drops what a full line swallows: the spaces around the break and a
// newline right after it.
func (f *flow) trim() {
	for f.soft && len(f.cells) > 0 {
		switch {
		case f.cells[0].blank():
		case f.cells[0].text == "\n":
			f.soft = false
		default:
			return
		}
		f.cells = f.cells[1:]
	}
}

// full returns how many cells the first line takes, if it is complete: at a
// newline, else after the last space that fits, else between wide characters,
// else where the width is reached.
func (f *flow) full() (n int, ok bool) {
	if f.width == 0 {
		return f.newline()
	}
	used, brk := 0, 0
	for i, c := range f.cells {
		if c.text == "\n" {
			f.soft = false
			return i, true
		}
		wide := i > 0 && !f.cells[i-1].mark() && (c.width > 1 || f.cells[i-1].width > 1)
		if i > 0 && (f.cells[i-1].blank() || wide) {
			brk = i
		}
		used += c.width
		if used <= f.width {
			continue
		}
		f.soft = true
		switch {
		case c.blank():
			return i, true
		case brk > 0:
			return brk, true
		default:
			return max(i, 1), true
		}
	}
	return 0, false
}

// newline finds the end of a line that may be of any width. It looks at each
// cell once, however long the line grows.
func (f *flow) newline() (n int, ok bool) {
	for i := min(f.seen, len(f.cells)); i < len(f.cells); i++ {
		if f.cells[i].text == "\n" {
			f.seen = 0
			return i, true
		}
	}
	f.seen = len(f.cells)
	return 0, false
}

// finish takes the first n cells as a line, without the spaces at its end.
func (f *flow) finish(n int) {
	line := f.cells[:n:n]
	f.cells = f.cells[n:]
	for len(line) > 0 && line[len(line)-1].blank() {
		line = line[:len(line)-1]
	}
	f.lines = append(f.lines, line)
}

// line returns line i as far as it is known, and whether it is finished.
func (f *flow) line(i int) (cells []cell, finished bool) {
	switch {
	case i < len(f.lines):
		return f.lines[i], true
	case i == len(f.lines):
		return f.cells, false
	}
	return nil, false
}
