package export

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// sampleLines are the last screen of the sample: styles, shapes, wide and
// combined characters, and text that would do harm if it got out.
var sampleLines = []string{
	"plain \x1b[1mbold\x1b[m \x1b[2mfaint\x1b[m \x1b[3mitalic\x1b[m \x1b[4munder\x1b[m \x1b[7mreverse\x1b[m",
	"\x1b[31mred \x1b[92mgreen \x1b[38;5;208m208 \x1b[38;2;230;160;200mrgb\x1b[m \x1b[48;2;58;51;70m paper\x1b[m",
	"┌─┬╥┐╭─╮╔╦╗ ░▒▓█▄▌▝ ⣿⠓",
	"└─┴╨┘╰─╯╚╩╝ \x1b[36m██▊\x1b[m\x1b[35m▃▅█\x1b[m",
	"漢字 e\u0301 ○ ✓ steered ◆▲",
	"<b>&amp;\"'</svg></script>]]>`",
}

// sample is a recording of three frames.
func sample() *Recording {
	const width, height = 40, 8
	screen := func(lines ...string) *Screen { return FromANSI(width, height, strings.Join(lines, "\n")) }
	typed := screen(append(sampleLines[:1:1], "", "typing")...)
	typed.Cursor = Cursor{X: 6, Y: 2, Visible: true}
	return &Recording{
		Width: width, Height: height, Title: "a <sample>",
		Frames: []Frame{
			{At: 0, Screen: screen("plain")},
			{At: 1250 * time.Millisecond, Screen: typed, Title: "typing & more"},
			{At: 2 * time.Second, Screen: screen(sampleLines...)},
		},
		Markers: []Marker{{At: time.Second, Label: "first <mark>"}, {At: 2 * time.Second, Label: "`all` of *it*"}},
	}
}

// TestGolden compares each format with a file. Pixels may differ by a hair: how
// sums of fractions are rounded depends on the machine.
func TestGolden(t *testing.T) {
	for _, test := range []struct {
		format, file string
		options      Options
	}{
		{"cast", "sample-v2.cast", Options{}},
		{"cast3", "sample-v3.cast", Options{}},
		{"gif", "sample.gif", Options{}},
		{"png", "sample.png", Options{}},
		{"svg", "sample.svg", Options{}},
		{"svg", "still.svg", Options{Still: true, Bare: true, Padding: -1}},
		{"html", "sample.html", Options{}},
		{"txt", "sample.txt", Options{}},
		{"md", "sample.md", Options{}},
	} {
		t.Run(test.file, func(t *testing.T) {
			f, err := Named(test.format)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := f.Write(t.Context(), &got, sample(), test.options); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", test.file)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			switch test.format {
			case "png", "gif":
				a, b := pictures(t, test.format, got.Bytes()), pictures(t, test.format, want)
				if len(a) != len(b) {
					t.Fatalf("%d pictures, want %d", len(a), len(b))
				}
				for i := range a {
					if n := distance(a[i], b[i]); n > 1 {
						t.Errorf("picture %d differs from %s by %.1f of 255", i, path, n)
					}
				}
			default:
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("%s is not what is written (-update writes it anew):\n%s\nwant:\n%s", path, got.Bytes(), want)
				}
			}
		})
	}
}

// pictures are those of a PNG, or of a GIF as a viewer shows them.
func pictures(t *testing.T, format string, data []byte) []image.Image {
	t.Helper()
	if format == "png" {
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return []image.Image{img}
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	shown := image.NewRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	var out []image.Image
	for _, frame := range g.Image {
		for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
			for x := frame.Rect.Min.X; x < frame.Rect.Max.X; x++ {
				if c := frame.At(x, y); rgba(c).A != 0 {
					shown.Set(x, y, c)
				}
			}
		}
		one := *shown
		one.Pix = bytes.Clone(shown.Pix)
		out = append(out, &one)
	}
	return out
}

func rgba(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }

// distance is how much two pictures differ, on average of all pixels.
func distance(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return math.Inf(1)
	}
	sum := 0.0
	r := a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, q := rgba(a.At(x, y)), rgba(b.At(x, y))
			sum += math.Abs(float64(p.R)-float64(q.R)) + math.Abs(float64(p.G)-float64(q.G)) + math.Abs(float64(p.B)-float64(q.B))
		}
	}
	return sum / float64(3*r.Dx()*r.Dy())
}

// A spot is a pixel of the last screen of the sample whose colour is known.
type spot struct {
	name   string
	x, y   int
	colour func(*Theme) color.RGBA
}

// samples are spots in the middle of cells, in a picture of a scale.
func samples(r *Recording, o Options, scale float64) []spot {
	o, _ = o.settled()
	reel, err := r.reel(o)
	if err != nil {
		panic(err)
	}
	l := reel.layout(o, scale)
	at := func(name string, x, y int, colour func(*Theme) color.RGBA) spot {
		px, py := l.cell(x, y)
		return spot{name, px + l.cellW/2, py + l.cellH/2, colour}
	}
	return []spot{
		at("nothing", 30, 7, func(t *Theme) color.RGBA { return t.BG }),
		at("a full block", 15, 2, func(t *Theme) color.RGBA { return t.FG }),
		at("a bar", 12, 3, func(t *Theme) color.RGBA { return t.Palette[6] }),
		at("another bar", 17, 3, func(t *Theme) color.RGBA { return t.Palette[5] }),
		at("coloured paper", 18, 1, func(*Theme) color.RGBA { return color.RGBA{58, 51, 70, 255} }),
	}
}

// TestPixels looks at colours in a GIF and a PNG.
func TestPixels(t *testing.T) {
	light := Light()
	for _, test := range []struct {
		name, format string
		options      Options
		scale        float64
	}{
		{"gif", "gif", Options{}, 1},
		{"png", "png", Options{}, 2},
		{"light", "gif", Options{Theme: &light}, 1},
		{"large", "png", Options{FontSize: 31, Scale: 1.5, Padding: 40, Bare: true}, 1.5},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := sample()
			var b bytes.Buffer
			f, _ := Named(test.format)
			if err := f.Write(t.Context(), &b, r, test.options); err != nil {
				t.Fatal(err)
			}
			shown := pictures(t, test.format, b.Bytes())
			last := shown[len(shown)-1]
			theme := Dark()
			if test.options.Theme != nil {
				theme = *test.options.Theme
			}
			for _, s := range samples(r, test.options, test.scale) {
				if c := rgba(last.At(s.x, s.y)); c != s.colour(&theme) {
					t.Errorf("%s: pixel %d, %d is %v, want %v", s.name, s.x, s.y, c, s.colour(&theme))
				}
			}
		})
	}
}

// TestManyColours draws more colours than a GIF can have: those most seen stay
// exact, and the others are near.
func TestManyColours(t *testing.T) {
	s := NewScreen(100, 30)
	for i := range s.Cells {
		s.Cells[i] = Cell{"█", 1, Style{FG: RGB(uint8(i*7), uint8(i/10), uint8(255-i/12))}}
		if i/100 < 3 {
			s.Cells[i].FG = RGB(10, 200, 30)
		}
	}
	r := &Recording{Frames: []Frame{{Screen: s}}}
	var b bytes.Buffer
	f, _ := Named("gif")
	if err := f.Write(t.Context(), &b, r, Options{Bare: true, Padding: -1}); err != nil {
		t.Fatal(err)
	}
	got := pictures(t, "gif", b.Bytes())[0]
	if c := rgba(got.At(4, 4)); c != (color.RGBA{10, 200, 30, 255}) {
		t.Errorf("the colour most seen is %v", c)
	}
	sum := 0.0
	for i, c := range s.Cells {
		p := rgba(got.At(i%100*8+4, i/100*16+8))
		sum += math.Abs(float64(p.R)-float64(c.FG.r)) + math.Abs(float64(p.G)-float64(c.FG.g)) + math.Abs(float64(p.B)-float64(c.FG.b))
	}
	if mean := sum / 3 / float64(len(s.Cells)); mean > 12 {
		t.Errorf("colours are off by %.1f of 255", mean)
	}
}

// TestGIFTimes checks that delays add up to the recording's length, also if a
// pause is longer than one frame can say.
func TestGIFTimes(t *testing.T) {
	one, two := FromANSI(4, 2, "one"), FromANSI(4, 2, "two")
	r := &Recording{Frames: []Frame{{0, one, ""}, {20 * time.Minute, two, ""}, {20*time.Minute + 12345*time.Millisecond, one, ""}}}
	var b bytes.Buffer
	f, _ := Named("gif")
	if err := f.Write(t.Context(), &b, r, Options{Hold: 3 * time.Second}); err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(&b)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, d := range g.Delay {
		sum += d
	}
	if sum < 121530 || sum > 121540 || g.LoopCount != 0 {
		t.Errorf("the delays are %v, together %d; the picture repeats %d times", g.Delay, sum, g.LoopCount)
	}
}

// TestRefused checks what is no recording, or cannot be written.
func TestRefused(t *testing.T) {
	small := NewScreen(4, 2)
	frames := func(at ...time.Duration) []Frame {
		var out []Frame
		for _, d := range at {
			out = append(out, Frame{At: d, Screen: small})
		}
		return out
	}
	marked := &Recording{Frames: frames(0, time.Second, 2*time.Second), Markers: []Marker{{0, "a"}, {time.Second, "b\x1b[2J"}}}
	for _, test := range []struct {
		name    string
		r       *Recording
		format  string
		options Options
		want    string
	}{
		{"empty", &Recording{}, "cast", Options{}, "the recording has no frames"},
		{"no screen", &Recording{Frames: []Frame{{}}}, "cast", Options{}, "frame 1 has no screen"},
		{"too wide", &Recording{Frames: []Frame{{Screen: &Screen{Width: 1001, Height: 2}}}}, "gif", Options{}, "frame 1: a screen of 1001 by 2 cells is not between 1 by 1 and 1000 by 1000"},
		{"huge", &Recording{Width: 1 << 40, Height: 1 << 40, Frames: frames(0)}, "svg", Options{}, "a screen of 1099511627776 by 1099511627776 cells is not between 1 by 1 and 1000 by 1000"},
		{"negative", &Recording{Frames: []Frame{{Screen: &Screen{Width: -1, Height: -1, Cells: make([]Cell, 1)}}}}, "txt", Options{}, "frame 1: a screen of -1 by -1 cells is not between 1 by 1 and 1000 by 1000"},
		{"too few cells", &Recording{Frames: []Frame{{Screen: &Screen{Width: 2, Height: 2, Cells: make([]Cell, 3)}}}}, "html", Options{}, "frame 1: a screen of 2 by 2 has 3 cells"},
		{"larger than said", &Recording{Width: 3, Height: 2, Frames: frames(0)}, "cast", Options{}, "frame 1 has 4 by 2 cells, more than the recording's 3 by 2"},
		{"back in time", &Recording{Frames: frames(0, time.Second, 500*time.Millisecond)}, "cast3", Options{}, "frame 3 is at 500ms, which is before 1s"},
		{"before the beginning", &Recording{Frames: frames(-1)}, "cast", Options{}, "frame 1 is at -1ns, which is before 0s"},
		{"for ever", &Recording{Frames: frames(0, math.MaxInt64)}, "cast", Options{}, "frame 2 is at 2562047h47m16.854775807s, and a recording lasts 24h0m0s at most"},
		{"marker", &Recording{Frames: frames(0), Markers: []Marker{{-1, "x"}}}, "cast", Options{}, `the marker "x" is at -1ns, outside the recording`},
		{"no such marker", marked, "svg", Options{From: "c\x1b"}, `"c␛" is neither a time nor one of the markers a, b␛[2J`},
		{"no markers", &Recording{Frames: frames(0)}, "svg", Options{To: "c"}, `"c" is no time, and the recording has no markers`},
		{"from after to", marked, "svg", Options{From: "2", To: "a"}, "a piece from 2s to 0s ends before it begins"},
		{"after the end", marked, "png", Options{At: "3s"}, "the recording ends at 2s, before 3s"},
		{"font", marked, "png", Options{FontSize: 900}, "a font of 900 pixels is not between 4 and 200"},
		{"no number", marked, "png", Options{FontSize: math.NaN()}, "a font of NaN pixels is not between 4 and 200"},
		{"scale", marked, "png", Options{Scale: -1}, "a scale of -1 is not between 0.25 and 8"},
		{"speed", marked, "gif", Options{Speed: -1}, "a speed of -1 is not between 0.01 and 1000"},
		{"padding", marked, "gif", Options{Padding: 5000}, "5000 pixels of padding are more than 1000"},
		{"pause", marked, "gif", Options{Idle: -time.Second}, "a pause of -1s is less than none"},
		{"picture", &Recording{Frames: []Frame{{Screen: NewScreen(1000, 1000)}}}, "png", Options{Bare: true}, "a picture of 17048 by 34048 pixels is too large; a smaller font or scale makes it smaller"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := Named(test.format)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Write(t.Context(), io.Discard, test.r, test.options); err == nil || err.Error() != test.want {
				t.Errorf("error %q, want %q", err, test.want)
			}
		})
	}
}

// TestWhole checks that a file is there whole or not at all.
func TestWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.gif")
	f, _ := For(path)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := f.WriteFile(stopped, path, sample(), Options{}); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "cannot write "+path) {
		t.Errorf("error %v", err)
	}
	if err := f.WriteFile(t.Context(), filepath.Join(dir, "none", "a.gif"), sample(), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if err := f.WriteFile(t.Context(), dir, sample(), Options{}); err == nil || !strings.HasSuffix(err.Error(), "it is a folder") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("there is %v", left)
	}
	if err := f.WriteFile(t.Context(), path, sample(), Options{}); err != nil {
		t.Error(err)
	}
}

// failing fails after so many writes.
type failing int

func (f *failing) Write(p []byte) (int, error) {
	if *f--; *f < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// TestFullDisk checks that all formats report what the writer says.
func TestFullDisk(t *testing.T) {
	r := demo(time.Second, 60, 16)
	for _, f := range Formats() {
		w := failing(0)
		if f.Name == "gif" {
			w = 4
		}
		if err := f.Write(t.Context(), &w, r, Options{}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: error %v", f.Name, err)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, test := range []struct{ path, format, err string }{
		{"a.cast", "cast", ""},
		{"a.b.GIF", "gif", ""},
		{"dir.svg/a.html", "html", ""},
		{"a", "", "the name a has no ending; it may be .cast, .gif, .png, .svg, .html, .txt, .md"},
		{"a.mp\x1b4", "", "no format has the ending .mp␛4; it may be .cast, .gif, .png, .svg, .html, .txt, .md"},
	} {
		f, err := For(test.path)
		if f.Name != test.format || test.err == "" && err != nil || test.err != "" && (err == nil || err.Error() != test.err) {
			t.Errorf("%s is %q, %v", test.path, f.Name, err)
		}
	}
	if _, err := Named("mp4"); err == nil || err.Error() != `there is no format "mp4"; there are cast, cast3, gif, png, svg, html, txt, md` {
		t.Errorf("error %v", err)
	}
}
