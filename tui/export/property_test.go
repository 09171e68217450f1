package export

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/hinshun/vt10x"
)

// An emulator is vt10x, which knows only characters of one rune and one column,
// and no faint text. So a character of several runes is written as one of a
// private-use area, each further column as a filler, and faint text blinks.
type emulator struct {
	vt   vt10x.Terminal
	runs map[string]rune
	text map[rune]string
}

const filler = '\U0010FFFD'

func newEmulator(width, height int) *emulator {
	return &emulator{vt10x.New(vt10x.WithSize(width, height)), map[string]rune{}, map[rune]string{filler: ""}}
}

var (
	control = regexp.MustCompile(`^\x1b\[[0-9;?]*[A-Za-z]`)
	faint   = regexp.MustCompile(`^(\x1b\[0(?:;1)?);2([;m])`)
)

func (e *emulator) write(data string) {
	var out strings.Builder
	for data != "" {
		if seq := control.FindString(data); seq != "" {
			out.WriteString(faint.ReplaceAllString(seq, "$1;5$2"))
			data = data[len(seq):]
			continue
		}
		text, width := ansi.FirstGraphemeCluster(data, ansi.GraphemeWidth)
		data = data[len(text):]
		stand, ok := e.runs[text]
		if !ok {
			if stand = []rune(text)[0]; len([]rune(text)) > 1 {
				stand = 0xF0000 + rune(len(e.runs))
			}
			e.runs[text], e.text[stand] = stand, text
		}
		out.WriteString(string(stand) + strings.Repeat(string(filler), width-1))
	}
	e.vt.Write([]byte(out.String()))
}

// cell describes what is in a cell.
func (e *emulator) cell(x, y int) string {
	g := e.vt.Cell(x, y)
	if g.Mode&1 != 0 { // reverse: the emulator has swapped the colours
		g.FG, g.BG = g.BG, g.FG
	}
	text, ok := e.text[g.Char]
	if !ok {
		text = string(g.Char)
	}
	return describe(text, g.FG, g.BG, g.Mode)
}

func describe(text string, fg, bg vt10x.Color, mode int16) string {
	return fmt.Sprintf("%q on %d:%d with %b", text, fg, bg, mode)
}

// described is what the emulator says of a cell that it shows as it should.
func described(c Cell) string {
	colour := func(c Colour, own vt10x.Color) vt10x.Color {
		switch c.kind {
		case indexedColour:
			return vt10x.Color(c.r)
		case rgbColour:
			return vt10x.Color(c.r)<<16 | vt10x.Color(c.g)<<8 | vt10x.Color(c.b)
		}
		return own
	}
	mode := int16(0)
	for bit, on := range map[int16]bool{1: c.Reverse, 2: c.Underline, 4: c.Bold, 16: c.Italic, 32: c.Faint} {
		if on {
			mode |= bit
		}
	}
	fg := colour(c.FG, vt10x.DefaultFG)
	if c.Bold && !c.Reverse && fg < 8 {
		fg += 8 // as it shows bold text
	}
	return describe(c.Text, fg, colour(c.BG, vt10x.DefaultBG), mode)
}

// harmful are texts that no cell may hold.
var harmful = []string{"\x1b[2J", "\x07", "\r", "\n", "\u202e", "\u009b31m", "ab", "\xff", "\u200b", "\x1b]0;x\x07", "</script>"}

// random is a recording of random screens, each a few changes of the one before.
func random(rng *rand.Rand, frames int) *Recording {
	width, height := 1+rng.IntN(30), 1+rng.IntN(8)
	r := &Recording{Title: "<&\x1b]>", Width: width, Height: height}
	texts := []string{"a", "b", "<", "&", "\"", "]", "é", "e\u0301", "漢", "😀", "👨‍👩‍👧", "│", "╬", "╭", "╳", "▒", "▄", "⣿", "▲", "‖", "ж", "م"}
	colour := func() Colour {
		switch rng.IntN(4) {
		case 0:
			return Indexed(uint8(rng.IntN(256)))
		case 1:
			return RGB(uint8(16+rng.IntN(240)), uint8(rng.IntN(256)), uint8(rng.IntN(256)))
		}
		return Colour{}
	}
	one := func() bool { return rng.IntN(6) == 0 }
	screen := NewScreen(width, height)
	at := time.Duration(0)
	for range frames {
		next := *screen
		next.Cells = slices.Clone(screen.Cells)
		for range 1 + rng.IntN(4) {
			i, style := rng.IntN(len(next.Cells)), Style{}
			if rng.IntN(2) == 0 {
				style = Style{colour(), colour(), one(), one(), one(), one(), one()}
			}
			for n := rng.IntN(2 * width); n > 0 && i < len(next.Cells); n-- {
				text := texts[rng.IntN(len(texts))]
				switch rng.IntN(12) {
				case 0:
					text = harmful[rng.IntN(len(harmful))]
				case 1, 2, 3, 4:
					text = " "
				}
				c := Cell{text, ansi.StringWidth(text), style}
				next.Cells[i] = c
				for i++; c.Width > 1 && i < len(next.Cells); c.Width-- {
					next.Cells[i] = Cell{Style: style}
					i++
				}
			}
		}
		next.Cursor = Cursor{rng.IntN(width+1) - 1, rng.IntN(height), rng.IntN(3) == 0}
		r.Frames = append(r.Frames, Frame{At: at, Screen: &next, Title: harmful[rng.IntN(len(harmful))]})
		r.Markers = append(r.Markers, Marker{at, harmful[rng.IntN(len(harmful))]})
		at += time.Duration(rng.IntN(900)) * time.Millisecond
		screen = &next
	}
	return r
}

// TestCastsPlay plays casts of random screens: after every frame the terminal
// shows exactly what it should, and both versions say the same at the same time.
func TestCastsPlay(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 40
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := random(rng, 1+rng.IntN(12))
		o, err := Options{Idle: 500 * time.Millisecond, Speed: 1.5}.settled()
		if err != nil {
			t.Fatal(err)
		}
		reel, err := r.reel(o)
		if err != nil {
			t.Fatal(err)
		}
		two, three := castLines(t, reel, writeCast2), castLines(t, reel, writeCast3)
		at := 0.0
		for i := range two {
			at += three[i].at
			if d := at - two[i].at; d > 1e-6 || d < -1e-6 || two[i].kind != three[i].kind || two[i].data != three[i].data {
				t.Fatalf("seed %d, event %d: version 2 has %v, version 3 at %v %v", seed, i, two[i], at, three[i])
			}
		}
		e := newEmulator(r.Width, r.Height)
		shown := 0
		for _, event := range two {
			if event.kind != "o" {
				continue
			}
			e.write(event.data)
			m := reel.moments[min(shown, len(reel.moments)-1)]
			if d := event.at - m.at.Seconds(); shown < len(reel.moments) && (d > 1e-3 || d < -1e-3) {
				t.Fatalf("seed %d: frame %d is at %v, want %v", seed, shown, event.at, m.at)
			}
			for y, line := range m.screen.lines {
				for x, c := range line {
					if c.Width == 0 { // the emulator has the style of the first column
						continue
					}
					if got, want := e.cell(x, y), described(c); got != want {
						t.Fatalf("seed %d, frame %d, column %d, line %d: %s, want %s\n%q", seed, shown, x, y, got, want, event.data)
					}
				}
			}
			if c := m.screen.cursor; shown < len(reel.moments) && (c.Visible != e.vt.CursorVisible() || c.Visible && (e.vt.Cursor().X != c.X || e.vt.Cursor().Y != c.Y)) {
				t.Fatalf("seed %d, frame %d: the cursor is at %+v, want %+v", seed, shown, e.vt.Cursor(), c)
			}
			shown++
		}
		if shown != len(reel.moments)+1 || !e.vt.CursorVisible() {
			t.Fatalf("seed %d: %d frames of %d, cursor %v", seed, shown, len(reel.moments), e.vt.CursorVisible())
		}
	}
}

type castLine struct {
	at         float64
	kind, data string
}

func castLines(t *testing.T, r *reel, write func(io.Writer, *reel, Options) error) []castLine {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r, Options{}); err != nil {
		t.Fatal(err)
	}
	var out []castLine
	for i, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if i == 0 {
			continue
		}
		var event [3]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, castLine{event[0].(float64), event[1].(string), event[2].(string)})
	}
	return out
}

// TestNothingGetsOut writes random screens with harmful texts: pictures and
// pages have no elements but those that are drawn, and nothing has characters
// that a terminal acts on.
func TestNothingGetsOut(t *testing.T) {
	for seed := range uint64(60) {
		r := random(rand.New(rand.NewPCG(seed, 2)), 6)
		for _, name := range []string{"cast", "cast3", "svg", "html", "txt", "md"} {
			f, _ := Named(name)
			var b bytes.Buffer
			if err := f.Write(t.Context(), &b, r, Options{}); err != nil {
				t.Fatal(err)
			}
			for _, c := range b.String() {
				if unicode.IsControl(c) && c != '\n' || unicode.Is(unicode.Bidi_Control, c) || c == unicode.MaxRune {
					t.Fatalf("seed %d, %s: there is %U in\n%s", seed, name, c, b.String())
				}
			}
			switch name {
			case "svg":
				checkElements(t, b.String(), "svg", "title", "style", "rect", "path", "circle", "g", "text")
			case "html":
				checkPage(t, b.String())
			}
		}
	}
}

// checkElements fails unless text is well-formed XML of these elements only.
func checkElements(t *testing.T, text string, names ...string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !slices.Contains(names, token.Name.Local) {
				t.Fatalf("there is an element %s in\n%s", token.Name.Local, text)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "src" {
					t.Fatalf("there is an attribute %s in\n%s", a.Name.Local, text)
				}
			}
		case xml.Comment, xml.Directive, xml.ProcInst:
			t.Fatalf("there is %v in\n%s", token, text)
		}
	}
}

func checkPage(t *testing.T, page string) {
	t.Helper()
	if n := strings.Count(page, "<script"); n != 0 && n != 2 {
		t.Fatalf("there are %d scripts in\n%s", n, page)
	}
	_, picture, _ := strings.Cut(page, `<div id="stage">`)
	picture, rest, _ := strings.Cut(picture, "</div>")
	checkElements(t, picture, "svg", "title", "rect", "path", "circle", "g", "text")
	_, data, moves := strings.Cut(rest, `id="recording">`)
	if !moves {
		return
	}
	data, _, _ = strings.Cut(data, "</script>")
	var played playerData
	if err := json.Unmarshal([]byte(data), &played); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	for _, states := range played.Strips {
		for _, s := range states {
			checkElements(t, s, "path", "text")
		}
	}
}
