package vectors

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
)

var update = flag.Bool("update", false, "write the screens in testdata anew")

// A bench is a desk with the view on it, and perhaps a sheet over that.
type bench struct {
	t     *testing.T
	d     *desk.Desk
	v     *View
	sheet *Sheet
}

// newBench opens the embedded model, and waits for its answers.
func newBench(t *testing.T) *bench {
	t.Helper()
	e := engine.New(library.New(assets.FS), engine.Options{Threads: 1, Frame: 1, Getenv: os.Getenv})
	t.Cleanup(e.Close)
	d := desk.New(e, theme.New(theme.Mono, true, colorprofile.ASCII), keys.Default())
	d.Sampling.MaxTokens = 8
	b := &bench{t: t, d: d, v: New(d)}
	b.run(d.Open("embedded:base"))
	b.run(b.v.Enter())
	return b
}

// run runs a command and all that follow from it, as the program would.
func (b *bench) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			b.run(c)
		}
	default:
		cmds := []tea.Cmd{b.d.Receive(msg), b.v.Receive(msg)}
		if b.sheet != nil {
			cmds = append(cmds, b.sheet.Receive(msg))
		}
		for _, c := range cmds {
			b.run(c)
		}
	}
}

// a top is what keys go to.
type top interface {
	Do(keys.Action) (tea.Cmd, bool)
	Key(tea.KeyPressMsg) tea.Cmd
	Paste(string) tea.Cmd
	View(width, height int) string
}

func (b *bench) top() top {
	if b.sheet != nil {
		return b.sheet
	}
	return b.v
}

// do does actions, all of which have to mean something.
func (b *bench) do(actions ...keys.Action) {
	b.t.Helper()
	for _, a := range actions {
		cmd, taken := b.top().Do(a)
		if !taken {
			b.t.Errorf("%s means nothing here", a)
		}
		b.run(cmd)
	}
}

// press presses a key that writes.
func (b *bench) press(key rune) { b.run(b.top().Key(tea.KeyPressMsg{Code: key, Text: string(key)})) }

// screen is what is seen, without colours.
func (b *bench) screen(width, height int) string {
	b.t.Helper()
	screen := ansi.Strip(b.top().View(width, height))
	lines := strings.Split(screen, "\n")
	if len(lines) != height {
		b.t.Errorf("%d lines at %dx%d", len(lines), width, height)
	}
	for i, line := range lines {
		if w := frame.Width(line); w != width {
			b.t.Errorf("line %d is %d wide at %dx%d: %q", i, w, width, height, line)
		}
	}
	return screen
}

// shows compares the screen with the one in testdata.
func (b *bench) shows(name string, width, height int) {
	b.t.Helper()
	var lines []string
	for line := range strings.SplitSeq(b.screen(width, height), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	got := strings.Join(lines, "\n") + "\n"
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			b.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	if got != string(want) {
		b.t.Errorf("%s shows\n%s\nwant\n%s", name, got, want)
	}
}

// says expects some words on the screen.
func (b *bench) says(words ...string) {
	b.t.Helper()
	screen := b.screen(120, 30) + b.d.Status.Text
	for _, w := range words {
		if !strings.Contains(screen, w) {
			b.t.Errorf("%q is not in\n%s", w, screen)
		}
	}
}

func TestScreens(t *testing.T) {
	b := newBench(t)
	b.shows("list-80x22", 80, 22)
	b.shows("list-120x30", 120, 30)
	b.do(keys.Down, keys.Mark, keys.Down, keys.Down, keys.Mark)
	b.shows("cosines-80x22", 80, 22)
	b.shows("cosines-120x30", 120, 30)
	b.do(keys.Details)
	b.shows("details-80x22", 80, 22)
}

// TestSizes draws everything at sizes from the smallest to the largest.
func TestSizes(t *testing.T) {
	b := newBench(t)
	b.do(keys.Mark, keys.Down, keys.Mark)
	deep := engine.VectorInfo{Name: "deep", Source: "deep.npz", Read: true, DModel: 96, Notes: []string{strings.Repeat("long ", 99)}}
	for l := range 130 {
		deep.Layers, deep.Norms = append(deep.Layers, l), append(deep.Norms, math.Log(float64(l-1)))
	}
	b.d.PutVector(deep)
	b.d.PutVector(engine.VectorInfo{Name: "folder", Source: "folder.gguf"})
	sizes := [][2]int{{60, 14}, {80, 22}, {99, 20}, {100, 20}, {200, 48}, {240, 70}}
	everywhere := func() {
		for _, s := range sizes {
			b.screen(s[0], s[1])
		}
	}
	everywhere()
	b.do(keys.Down)
	everywhere()
	b.do(keys.Details)
	everywhere()
	b.do(keys.Back, keys.Filter)
	everywhere()
	b.do(keys.Back, keys.Import)
	everywhere()
	b.do(keys.Back)
	b.sheet = DeriveSheet(b.d)
	b.run(b.sheet.Enter())
	for range 3 {
		for _, s := range append(sizes, [2]int{54, 8}, [2]int{20, 3}) {
			b.screen(s[0], s[1])
		}
		b.do(keys.Up)
	}
}

// TestNothing draws what there is before a model is open.
func TestNothing(t *testing.T) {
	d := desk.New(nil, theme.New(theme.Mono, true, colorprofile.ASCII), keys.Default())
	b := &bench{t: t, d: d, v: New(d)}
	b.run(b.v.Enter())
	b.says("No model is open", "ctrl+o")
	b.do(keys.Down, keys.Right, keys.Mark, keys.AddToPlan, keys.Export, keys.Details)
	b.v.Click(3, 3)
	b.v.Wheel(3, 3, -3)
	b.screen(80, 22)
	b.sheet = DeriveSheet(d)
	b.run(b.sheet.Enter())
	b.do(keys.Details)
	b.screen(80, 20)
}

func TestFilter(t *testing.T) {
	b := newBench(t)
	b.do(keys.Filter)
	for _, r := range "IST" {
		b.press(r)
	}
	b.do(keys.Choose)
	if got := b.v.current().Name; len(b.v.list()) != 1 || got != "persist" {
		t.Errorf("%q is selected of %d", got, len(b.v.list()))
	}
	b.do(keys.Back)
	if len(b.v.list()) != 5 {
		t.Error("the filter stays")
	}
	b.do(keys.Filter)
	b.run(b.v.Paste("nosuch"))
	b.says("No name has these letters")
	b.do(keys.Choose, keys.Down, keys.Mark)
}

func TestAddToPlan(t *testing.T) {
	b := newBench(t)
	before := b.d.Active().Plan.Text
	b.do(keys.Bottom, keys.AddToPlan)
	if got := b.d.Active().Plan.Text; !strings.HasPrefix(got, before+",thinking") {
		t.Errorf("the plan is %q", got)
	}
	b.says("thinking")
}

// TestLayer moves through a vector's layers, and asks for tokens there.
func TestLayer(t *testing.T) {
	b := newBench(t)
	b.do(keys.Left, keys.Left, keys.Left)
	if b.v.layerOf(b.v.current()) != 0 || b.v.tokens[place{"begin", 0}] == nil {
		t.Errorf("at layer %d with %v", b.v.layerOf(b.v.current()), b.v.tokens)
	}
	b.do(keys.Down)
	if b.v.layerOf(b.v.current()) != 0 {
		t.Error("the next vector is shown at another layer")
	}
}

func TestReadAndWrite(t *testing.T) {
	b := newBench(t)
	folder := t.TempDir()
	b.do(keys.Export)
	b.v.saving.path.input.SetValue(filepath.Join(folder, "copy.safetensors"))
	b.do(keys.Generate)
	if b.v.saving != nil {
		t.Fatal("the path is still typed")
	}
	b.says("begin is written to")
	b.do(keys.Export)
	b.v.saving.path.input.SetValue(filepath.Join(folder, "copy.safetensors"))
	b.do(keys.Generate)
	b.says("the file exists", "y replaces it")
	b.press('n')
	if b.v.saving == nil || b.v.saving.over != "" {
		t.Fatal("no answer than y goes back")
	}
	b.do(keys.Generate)
	b.press('y')
	if b.v.saving != nil {
		t.Fatal("y does not replace it")
	}
	b.do(keys.Import)
	b.v.reading.input.SetValue(filepath.Join(folder, "co"))
	b.do(keys.Complete)
	if got := b.v.reading.value(); got != filepath.Join(folder, "copy.safetensors") {
		t.Errorf("completed to %q", got)
	}
	b.do(keys.Generate)
	if info := b.v.current(); b.v.reading != nil || info.Name != "copy" || info.Err != "" {
		t.Errorf("selected is %+v", info)
	}
	b.do(keys.Import)
	b.v.reading.input.SetValue("nosuch.gguf")
	b.do(keys.Generate)
	if b.v.reading == nil || b.d.Status.Level != desk.Error || len(b.d.Jobs) > 0 {
		t.Errorf("after a file that is not there: %+v, jobs %v", b.d.Status, b.d.Jobs)
	}
}

// TestHostile shows what a file says about itself, whatever that is.
func TestHostile(t *testing.T) {
	b := newBench(t)
	b.d.PutVector(engine.VectorInfo{
		Name: "a\x1b[31m", Source: "x\x1b]0;t\x07", Read: true, Layers: []int{1}, Norms: []float64{1}, DModel: 96,
		Format: "f\u202e", Meta: map[string]string{"method": "m\nm", "k\x1b": "v\x00"}, Notes: []string{"n\x1b[2J"},
	})
	b.do(keys.Top, keys.Details)
	screen := b.v.View(120, 30)
	for _, bad := range []string{"\x1b[31m", "\x1b]0", "\x1b[2J", "\x07", "\x00", "\u202e"} {
		if strings.Contains(screen, bad) {
			t.Errorf("%q reaches the screen", bad)
		}
	}
	b.says("␛[31m")
}

// TestUnreadable marks a vector whose file can't be read.
func TestUnreadable(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(t.TempDir(), "gone.safetensors")
	b.do(keys.Export)
	b.v.saving.path.input.SetValue(path)
	b.do(keys.Generate, keys.Import)
	b.v.reading.input.SetValue(path)
	b.do(keys.Generate)
	if err := os.WriteFile(path, []byte("no longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(b.d.Open("embedded:thinking"))
	b.says("gone", "can't be used")
	b.do(keys.Mark, keys.Top, keys.Mark)
	b.says("could not be compared")
}

func TestMouse(t *testing.T) {
	b := newBench(t)
	b.screen(120, 30)
	b.run(b.v.Click(5, 4))
	if got := b.v.current().Name; got != "persist" {
		t.Errorf("a click selects %s", got)
	}
	b.run(b.v.Wheel(5, 4, 3))
	if got := b.v.current().Name; got != "reason" {
		t.Errorf("the wheel selects %s", got)
	}
	b.run(b.v.Click(100, 5))
	if !b.v.details {
		t.Error("a click does not go to the details")
	}
}

func BenchmarkView(b *testing.B) {
	d := desk.New(nil, theme.New(theme.Auto, true, colorprofile.TrueColor), keys.Default())
	d.Model.Ref = "m"
	for i := range 300 {
		info := engine.VectorInfo{Name: "v" + strings.Repeat("x", i%20) + string(rune('a'+i%26)) + strings.Repeat("y", i/26), Read: true, DModel: 4096, Notes: []string{strings.Repeat("note ", 50)}}
		for l := range 80 {
			info.Layers, info.Norms = append(info.Layers, l), append(info.Norms, float64(l))
		}
		d.PutVector(info)
	}
	v := New(d)
	for b.Loop() {
		v.View(200, 48)
	}
}
