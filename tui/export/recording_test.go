package export

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tiller/tui/visible"
)

// lettered is a recording that shows a letter at each of some seconds.
func lettered(letters string, seconds ...float64) *Recording {
	r := &Recording{}
	for i, s := range seconds {
		r.Frames = append(r.Frames, Frame{At: time.Duration(s * float64(time.Second)), Screen: FromANSI(1, 1, letters[i:i+1])})
	}
	return r
}

// TestPacing cuts, speeds up and shortens pauses.
func TestPacing(t *testing.T) {
	for _, test := range []struct {
		name    string
		r       *Recording
		options Options
		want    string // what is shown when, then markers, then the end
	}{
		{"as it was", lettered("abc", 0, 1, 5), Options{}, "a0 b1 c5 |1.5 mid|3 late| 5"},
		{"begins later", lettered("abc", 2, 3, 7), Options{}, "a0 b1 c5 |1 late| 5"},
		{"speed", lettered("abc", 0, 1, 5), Options{Speed: 2}, "a0 b0.5 c2.5 |0.75 mid|1.5 late| 2.5"},
		{"idle", lettered("abc", 0, 1, 5), Options{Idle: 2 * time.Second}, "a0 b1 c3 |1.5 mid|3 late| 3"},
		{"idle and speed", lettered("abc", 0, 1, 5), Options{Idle: 2 * time.Second, Speed: 0.5}, "a0 b2 c6 |3 mid|6 late| 6"},
		{"from a marker", lettered("abc", 0, 1, 5), Options{From: "mid"}, "b0 c3.5 |0 mid|1.5 late| 3.5"},
		{"to a marker", lettered("abc", 0, 1, 5), Options{To: "late"}, "a0 b1 |1.5 mid|3 late| 3"},
		{"between times", lettered("abc", 0, 1, 5), Options{From: "500ms", To: "4.5"}, "a0 b0.5 |1 mid|2.5 late| 4"},
		{"to beyond the end", lettered("abc", 0, 1, 5), Options{From: "1", To: "1h"}, "b0 c4 |0.5 mid|2 late| 4"},
		{"still", lettered("abc", 0, 1, 5), Options{Still: true}, "c0 0"},
		{"still at a time", lettered("abc", 0, 1, 5), Options{At: "4"}, "b0 0"},
		{"still at a marker", lettered("abc", 0, 1, 5), Options{At: "mid"}, "b0 |0 mid| 0"},
		{"what repeats", lettered("aabba", 0, 1, 2, 3, 4), Options{}, "a0 b2 a4 |1.5 mid|3 late| 4"},
		{"at one time", lettered("abca", 0, 1, 1, 1), Options{}, "a0 1"}, // markers after the end are none
	} {
		t.Run(test.name, func(t *testing.T) {
			test.r.Markers = []Marker{{3 * time.Second, "late"}, {1500 * time.Millisecond, "mid"}}
			o, err := test.options.settled()
			if err != nil {
				t.Fatal(err)
			}
			reel, err := test.r.reel(o)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, m := range reel.moments {
				fmt.Fprintf(&b, "%s%v ", strings.TrimSpace(m.screen.text()), m.at.Seconds())
			}
			for _, m := range reel.markers {
				fmt.Fprintf(&b, "|%v %s", m.At.Seconds(), m.Label)
			}
			if len(reel.markers) > 0 {
				b.WriteString("| ")
			}
			fmt.Fprint(&b, reel.end.Seconds())
			if b.String() != test.want {
				t.Errorf("shown %q, want %q", b.String(), test.want)
			}
		})
	}
}

// TestPaced checks that no span of time has two moments, and that what is last
// in one is what is seen.
func TestPaced(t *testing.T) {
	o, _ := Options{}.settled()
	reel, err := lettered("abcdef", 0, 0.01, 0.02, 0.06, 0.2, 0.24).reel(o)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, m := range reel.paced(50 * time.Millisecond).moments {
		got += fmt.Sprint(strings.TrimSpace(m.screen.text()), m.at.Milliseconds(), " ")
	}
	if got != "c0 d50 f200 " {
		t.Errorf("moments are %q", got)
	}
}

// TestFromANSI reads styled lines into cells.
func TestFromANSI(t *testing.T) {
	plain := func(text string, width int) Cell { return Cell{Text: text, Width: width} }
	for _, test := range []struct {
		name, content string
		want          []Cell // 4 by 2
	}{
		{"missing is blank", "a", []Cell{plain("a", 1)}},
		{"too long and too many", "abcdef\nx\ny", []Cell{plain("a", 1), plain("b", 1), plain("c", 1), plain("d", 1), plain("x", 1)}},
		{"carriage return", "a\r\nb", []Cell{plain("a", 1), plain(" ", 1), plain(" ", 1), plain(" ", 1), plain("b", 1)}},
		{"wide", "漢e\u0301", []Cell{plain("漢", 2), {}, plain("e\u0301", 1)}},
		{"half of a wide one", "abc漢", []Cell{plain("a", 1), plain("b", 1), plain("c", 1)}},
		{"styles", "\x1b[1;3;4;38;5;200;42mx\x1b[22;2;7;39my\x1b[mz", []Cell{
			{"x", 1, Style{FG: Indexed(200), BG: Indexed(2), Bold: true, Italic: true, Underline: true}},
			{"y", 1, Style{BG: Indexed(2), Faint: true, Italic: true, Underline: true, Reverse: true}},
			plain("z", 1),
		}},
		{"a style over lines", "\x1b[38;2;1;2;3mx\ny", []Cell{{"x", 1, Style{FG: RGB(1, 2, 3)}}, plain(" ", 1), plain(" ", 1), plain(" ", 1), {"y", 1, Style{FG: RGB(1, 2, 3)}}}},
		{"other sequences", "\x1b[2Ja\x1b]0;title\x07b\x1b[5;5Hc", []Cell{plain("a", 1), plain("b", 1), plain("c", 1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for len(test.want) < 8 {
				test.want = append(test.want, plain(" ", 1))
			}
			if s := FromANSI(4, 2, test.content); !slices.Equal(s.Cells, test.want) {
				t.Errorf("cells are\n%+v, want\n%+v", s.Cells, test.want)
			}
		})
	}
}

// FuzzFromANSI reads any text: the screen has its size, and what comes of it is
// safe.
func FuzzFromANSI(f *testing.F) {
	for _, s := range append(slices.Clone(sampleLines), harmful...) {
		f.Add(s)
	}
	f.Add("a\x1b_app\x1b\\b\x1b[31m\u0301\x1b[")
	f.Fuzz(func(t *testing.T, content string) {
		s := FromANSI(7, 3, content)
		if err := s.check(); err != nil {
			t.Fatal(err)
		}
		fit := fitter{width: 7, height: 3}
		for _, line := range fit.fit(s).lines {
			columns := 0
			for _, c := range line {
				columns += c.Width
				if (c.Text == "") != (c.Width == 0) || visible.Line(c.Text) != c.Text {
					t.Fatalf("there is a cell %+v", c)
				}
			}
			if columns != 7 {
				t.Fatalf("a line has %d columns", columns)
			}
		}
	})
}

// TestFitted checks what becomes of cells that are not as they should be.
func TestFitted(t *testing.T) {
	bad := Cell{unknown, 1, Style{}}
	x := Cell{Text: "x", Width: 1}
	for _, test := range []struct {
		name     string
		from, to []Cell
	}{
		{"zero", []Cell{{}, x}, []Cell{blank(Style{}), x}},
		{"wide over the end", []Cell{x, {Text: "漢", Width: 2}}, []Cell{x, bad}},
		{"wide without room", []Cell{{Text: "漢", Width: 2}, x}, []Cell{bad, x}},
		{"of another width", []Cell{{Text: "漢", Width: 1}, x}, []Cell{bad, x}},
		{"no width", []Cell{{Text: "x"}, x}, []Cell{bad, x}},
		{"two characters", []Cell{{Text: "ab", Width: 2}, {}}, []Cell{bad, blank(Style{})}},
		{"an escape", []Cell{{Text: "\x1b[2J", Width: 1}, x}, []Cell{bad, x}},
		{"a mark alone", []Cell{{Text: "\u0301", Width: 1}, x}, []Cell{bad, x}},
		{"the other way of counting", []Cell{{Text: "🏳️", Width: 1}, x}, []Cell{{Text: "🏳️", Width: 1}, x}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := fitter{width: 3, height: 2}
			got := f.fit(&Screen{Width: 2, Height: 1, Cells: test.from})
			if !slices.Equal(got.lines[0][:2], test.to) || got.lines[0][2] != blank(Style{}) || got.lines[1][0] != blank(Style{}) {
				t.Errorf("cells are %+v, want %+v", got.lines, test.to)
			}
		})
	}
}
