package drive

import (
	"image/color"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/hinshun/vt10x"
)

// A Cell is one place of the screen.
type Cell struct {
	// Text is the character, combining marks included; empty in the further
	// columns of a wide one.
	Text  string
	Width int // columns of Text, as wcwidth counts them
	// FG and BG are the colours of ink and paper before Reverse; nil is the
	// terminal's own.
	FG, BG                                  color.Color
	Bold, Faint, Italic, Underline, Reverse bool
}

// terminal is an emulated terminal. The emulator, vt10x, has one column for
// each rune, no combining marks and no faint text. So what is written to it is
// translated: a character of several runes is one rune of a private-use area,
// a wide one is followed by a filler, and faint text blinks.
type terminal struct {
	mu      sync.Mutex
	vt      vt10x.Terminal
	parser  *ansi.Parser
	stand   map[string]rune // for characters of several runes
	text    map[rune]string // the other way
	columns map[rune]int    // of characters that take more than one
	changed chan struct{}   // closed at the next change
}

const (
	filler       = '\U0010FFFD' // in each further column of a wide character
	firstStandIn = '\U000F0000'
)

// Attributes of vt10x's glyphs, in the order in which it numbers them.
const (
	vtReverse = 1 << iota
	vtUnderline
	vtBold
	_ // line drawing
	vtItalic
	vtBlink
)

func newTerminal(width, height int) *terminal {
	t := &terminal{
		vt: vt10x.New(vt10x.WithSize(width, height)), parser: ansi.NewParser(),
		stand: map[string]rune{}, text: map[rune]string{}, columns: map[rune]int{}, changed: make(chan struct{}),
	}
	// A terminal's driver makes a newline begin a line (onlcr).
	t.vt.Write([]byte(ansi.SetModeLineFeedNewLine))
	return t
}

// Write takes what a program writes. Sequences are never cut between two
// writes: Bubble Tea writes whole frames.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out strings.Builder
	var state byte
	for rest := p; len(rest) > 0; {
		seq, width, n, next := ansi.DecodeSequenceWc(rest, state, t.parser)
		if width == 1 && n == 1 && len(rest) > 1 && rest[1] >= 0xc0 { // the decoder leaves the marks on ASCII behind
			seq, width = ansi.FirstGraphemeCluster(rest, ansi.WcWidth)
			n = len(seq)
		}
		switch {
		case width > 0:
			out.WriteString(t.character(string(seq), width))
		case ansi.HasCsiPrefix(seq):
			out.WriteString(t.control(string(seq)))
		default:
			out.Write(seq)
		}
		rest, state = rest[n:], next
	}
	if _, err := t.vt.Write([]byte(out.String())); err != nil {
		return 0, err
	}
	close(t.changed)
	t.changed = make(chan struct{})
	return len(p), nil
}

// character is what stands for a character in the emulator.
func (t *terminal) character(text string, width int) string {
	r, size := utf8.DecodeRuneInString(text)
	if size < len(text) {
		stand, ok := t.stand[text]
		if !ok {
			stand = firstStandIn + rune(len(t.stand))
			t.stand[text], t.text[stand] = stand, text
		}
		r = stand
	}
	if width > 1 {
		t.columns[r] = width
	}
	return string(r) + strings.Repeat(string(filler), width-1)
}

// control is a control sequence as the emulator understands it; what it would
// take for another one is left out.
func (t *terminal) control(seq string) string {
	command := ansi.Cmd(t.parser.Command())
	switch prefix := command.Prefix(); {
	case command.Intermediate() != 0 || prefix != 0 && prefix != '?' || prefix == '?' && command.Final() == 'u':
		return "" // keyboard protocols and questions, which vt10x takes for styles and cursor moves
	case prefix == 0 && command.Final() == 'm':
		return "\x1b[" + style(strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b["), "m")) + "m"
	}
	return seq
}

// style translates the parameters of a style.
func style(params string) string {
	fields := strings.Split(params, ";")
	for i := 0; i < len(fields); i++ {
		switch fields[i] {
		case "38", "48": // a colour follows
			if i+1 < len(fields) && fields[i+1] == "2" {
				i += 4
			} else {
				i += 2
			}
		case "2":
			fields[i] = "5"
		case "22":
			fields[i] = "22;25"
		}
	}
	return strings.Join(fields, ";")
}

func (t *terminal) resize(width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.vt.Resize(width, height)
}

func (t *terminal) size() (width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.vt.Size()
}

// look returns the screen's text, and what is closed when it changes.
func (t *terminal) look() (screen string, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	width, height := t.vt.Size()
	lines := make([]string, height)
	for y := range height {
		var line strings.Builder
		for x := range width {
			line.WriteString(t.textOf(t.vt.Cell(x, y).Char))
		}
		lines[y] = strings.TrimRight(line.String(), " ")
	}
	return strings.Join(lines, "\n"), t.changed
}

// textOf is the text that a rune of the emulator stands for.
func (t *terminal) textOf(r rune) string {
	if r < firstStandIn {
		return string(r)
	}
	if r == filler {
		return ""
	}
	if text, ok := t.text[r]; ok {
		return text
	}
	return string(r)
}

// cells returns the screen cell by cell, [lines][columns].
func (t *terminal) cells() [][]Cell {
	t.mu.Lock()
	defer t.mu.Unlock()
	width, height := t.vt.Size()
	lines := make([][]Cell, height)
	for y := range lines {
		lines[y] = make([]Cell, width)
		for x := range lines[y] {
			lines[y][x] = t.cell(t.vt.Cell(x, y))
		}
	}
	return lines
}

func (t *terminal) cell(g vt10x.Glyph) Cell {
	has := func(attribute int16) bool { return g.Mode&attribute != 0 }
	c := Cell{
		Text: t.textOf(g.Char), Width: 1,
		Bold: has(vtBold), Faint: has(vtBlink), Italic: has(vtItalic), Underline: has(vtUnderline), Reverse: has(vtReverse),
	}
	if g.Char == filler {
		c.Width = 0
	}
	if n := t.columns[g.Char]; n > 0 {
		c.Width = n
	}
	fg, bg := g.FG, g.BG
	if c.Reverse { // the emulator has swapped them already
		fg, bg = bg, fg
	}
	c.FG, c.BG = colour(fg), colour(bg)
	return c
}

// colour is one of the emulator's colours; nil is the terminal's own.
func colour(c vt10x.Color) color.Color {
	switch {
	case c >= vt10x.DefaultFG:
		return nil
	case c < 16:
		return ansi.BasicColor(c)
	case c < 256:
		return ansi.IndexedColor(c)
	}
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 0xff}
}

// shows reports whether every cell is as in a frame that was drawn for so many
// colours.
func (t *terminal) shows(drawn string, profile colorprofile.Profile) bool {
	other := newTerminal(t.size())
	w := &colorprofile.Writer{Forward: other, Profile: profile}
	if _, err := io.WriteString(w, drawn); err != nil {
		return false
	}
	return slices.EqualFunc(t.cells(), other.cells(), slices.Equal)
}

// restored reports whether the terminal is as a shell wants it.
func (t *terminal) restored() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.vt.Mode()&(vt10x.ModeAltScreen|vt10x.ModeMouseMask) == 0 && t.vt.CursorVisible()
}
