package export

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tools skips a test unless these commands are there.
func tools(t *testing.T, names ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are slow to start")
	}
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("there is no %s", name)
		}
	}
}

// written is the path of a recording's file in a format.
func written(t *testing.T, name string, r *Recording, o Options) string {
	t.Helper()
	f, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "recording"+f.Ending)
	if err := f.WriteFile(t.Context(), path, r, o); err != nil {
		t.Fatal(err)
	}
	return path
}

// output runs a command, for at most a minute.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// TestAsciinemaInTmux plays a cast with asciinema in tmux, and reads the cells
// that are there at the end.
func TestAsciinemaInTmux(t *testing.T) {
	tools(t, "asciinema", "tmux")
	r := sample()
	path := written(t, "cast", r, Options{Speed: 10})
	socket := filepath.Join(t.TempDir(), "tmux")
	tmux := func(args ...string) string {
		return output(t, "tmux", append([]string{"-S", socket, "-f", os.DevNull}, args...)...)
	}
	tmux("new-session", "-d", "-x", fmt.Sprint(r.Width), "-y", fmt.Sprint(r.Height), "asciinema play "+path+"; sleep 60")
	defer tmux("kill-server")
	last := r.Frames[len(r.Frames)-1].Screen
	f := fitter{width: r.Width, height: r.Height}
	want := f.fit(last)
	var got *sheet
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		f := fitter{width: r.Width, height: r.Height}
		got = f.fit(FromANSI(r.Width, r.Height, tmux("capture-pane", "-e", "-N", "-p")))
		if looksSame(got, want) {
			return
		}
	}
	t.Errorf("tmux shows\n%s\nwant\n%s", got.text(), want.text())
	for y, line := range want.lines {
		for x, c := range line {
			if got.lines[y][x] != c {
				t.Logf("column %d, line %d: %+v, want %+v", x, y, got.lines[y][x], c)
			}
		}
	}
}

// looksSame compares two sheets whatever their cursors.
func looksSame(a, b *sheet) bool {
	return (&sheet{lines: a.lines}).same(&sheet{lines: b.lines})
}

// TestSVGTerm converts a cast with svg-term of npm.
func TestSVGTerm(t *testing.T) {
	tools(t, "svg-term")
	path := written(t, "cast", sample(), Options{})
	drawn := output(t, "svg-term", "--in", path)
	for _, text := range []string{"<svg", "plain", "steered"} {
		if !strings.Contains(drawn, text) {
			t.Errorf("what svg-term draws lacks %q", text)
		}
	}
}

// TestFFprobe decodes a GIF with ffprobe.
func TestFFprobe(t *testing.T) {
	tools(t, "ffprobe")
	r := sample()
	path := written(t, "gif", r, Options{})
	got := output(t, "ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", path)
	if want := fmt.Sprintf("gif,%d\n", len(r.Frames)); got != want {
		t.Errorf("ffprobe says %q, want %q", got, want)
	}
}

// chromium runs it without a network.
func chromium(t *testing.T, args ...string) string {
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + t.TempDir(), "--force-device-scale-factor=1"}, args...)
	return output(t, "chromium", args...)
}

// TestPageInChromium opens a page: its script has run and shows the last screen.
func TestPageInChromium(t *testing.T) {
	tools(t, "chromium")
	page := chromium(t, "--dump-dom", "file://"+written(t, "html", sample(), Options{}))
	for _, text := range []string{`<div id="controls">`, `0:02.0 / 0:02.0</output>`, `<button type="button" aria-current="step">0:02.0  ` + "`all`", ">steered<", ">漢<"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q:\n%.3000s", text, page)
		}
	}
}

// TestSVGInChromium compares pixels of a still SVG, drawn by a browser, with
// those of a PNG.
func TestSVGInChromium(t *testing.T) {
	tools(t, "chromium")
	r := sample()
	shot := filepath.Join(t.TempDir(), "shot.png")
	chromium(t, "--screenshot="+shot, "--window-size=800,600", "file://"+written(t, "svg", r, Options{Still: true}))
	data, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	theme := Dark()
	for _, s := range samples(r, Options{}, 1) {
		if c := rgba(got.At(s.x, s.y)); c != s.colour(&theme) {
			t.Errorf("%s: pixel %d, %d is %v, want %v", s.name, s.x, s.y, c, s.colour(&theme))
		}
	}
}
