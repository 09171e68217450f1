package record_test

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/steering/vectorfile"
	"tiller/tui"
	"tiller/tui/drive"
	"tiller/tui/drive/drivetest"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/record"
	"tiller/tui/settings"
)

// A sitting is tiller's screen at which every frame is taken down.
type sitting struct {
	*drivetest.Screen
	recorder *record.Recorder
	frames   *[]frame
}

// A frame is the hash of what was drawn after a message.
type frame struct {
	hash uint64
	msg  string
}

// photographed is a screen whose frames are taken down.
type photographed struct {
	tea.Model
	frames *[]frame
	last   string
	taken  bool // the frame after the last message
}

func (p *photographed) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m, cmd := p.Model.Update(msg)
	p.Model, p.last, p.taken = m, fmt.Sprintf("%T", msg), false
	return p, cmd
}

func (p *photographed) View() tea.View {
	v := p.Model.View()
	if !p.taken {
		*p.frames = append(*p.frames, frame{hash(v.Content), p.last})
		p.taken = true
	}
	return v
}

func (p *photographed) Recalled() []string { return p.Model.(record.Remembering).Recalled() }

func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// sit opens the screen with a recorder around it, in a folder of its own.
func sit(t testing.TB, width, height int, o tui.Options) *sitting {
	t.Helper()
	e := engine.New(library.New(assets.FS), engine.Options{Threads: 1, Getenv: func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": filepath.Join(t.TempDir(), "config")}[name]
	}})
	t.Cleanup(e.Close)
	if o.Model == "" {
		o.Model = drive.EmbeddedBase
	}
	o.Engine, o.Keys, o.Settings, o.SettingsPath = e, keys.Default(), settings.Defaults(), filepath.Join(t.TempDir(), "config.yaml")
	o.Recorder = record.New(record.Options{
		Now: time.Now, Tool: "tiller test", Kernel: "k", Sitting: o.Sitting(), History: o.State.History,
	})
	s := &sitting{recorder: o.Recorder, frames: new([]frame)}
	// The frames are those after each message that the recorder sees.
	s.Screen = drivetest.Start(t, o.Recorder.Around(&photographed{Model: tui.New(o), frames: s.frames}), drive.Options{Width: width, Height: height})
	return s
}

// everything visits every view and makes something arrive from every part of
// the engine.
func everything(t testing.TB, s *sitting) {
	t.Helper()
	press := func(keys string) { s.Press(strings.Fields(keys)...).WaitIdle() }
	s.WaitIdle()
	press("R")
	s.Type("-").Press("ctrl+u").Type("s.jsonl\n").WaitIdle().Expect("● rec", "What you type is in it")
	press("m")
	s.Press("ctrl+u").Type("the cliff\n").WaitIdle().Expect("Bookmark: the cliff")
	press("- - - - - - - + + + + + + +")
	press("u ctrl+r > < S u tab l space v l space u u shift+tab l e j G g g ctrl+d ctrl+u .")
	press("c c c c c c z z d P + u P x l f x t T t T } {")
	s.Press("i").Type(" zebra").Press("enter").WaitIdle()
	s.Press("i").Press("alt+up", "alt+up", "alt+up", "alt+down", "esc").WaitIdle()
	s.Press("i").Press("alt+up", "alt+up", "alt+up", "enter").WaitIdle()
	s.Press("}").WaitIdle()
	s.Paste("\nwhat\x1b[2Jnow").Press("esc").WaitIdle()
	press("g t . l l down down f . pgdown x")
	press("g l m m m m l j space u")
	press("g v j enter space k space esc / ")
	s.Type("de\n").Press("esc").WaitIdle()
	press("I")
	s.Paste("one.safetensors").Press("enter").WaitIdle()
	press("E")
	s.Press("ctrl+u").Type("two.safetensors\n").WaitIdle()
	press("g p a enter i esc c t p u u L esc w")
	s.Press("ctrl+u").Type("mine\n").WaitIdle()
	s.Press("g", "s", "r").Expect(" % · ctrl+c stops").Press("ctrl+c").WaitIdle()
	press("m l j enter u")
	press("g , j enter enter k enter enter g c")
	press("ctrl+o")
	s.Type("think").Press("esc").WaitIdle()
	press("y r ? esc : esc w")
	s.Press("ctrl+u").Type("answers.md\n").WaitIdle()
	press("D end i")
	s.Type("ann\nbob").Press("tab").Type("cat\neve").Press("esc", "enter").WaitIdle()
	press("esc")
	for _, size := range [][2]int{{60, 16}, {50, 10}, {200, 50}, {80, 24}} {
		s.Resize(size[0], size[1]).WaitIdle()
	}
	s.Click(10, 8).Wheel(10, 8, true).Wheel(10, 8, false).WaitIdle()
	s.Press("/").Type("the\n").Press("n", "N").WaitIdle()
	press("enter ctrl+l")
	press("R")
	s.Expect("Saved. Replay it with: tiller play s.jsonl").ExpectNot("● rec")
}

// history are questions of earlier sittings.
var history = []string{"zork +1 . where ?", "secret", "bob +2 . where ?", "the last"}

// TestSameFrames plays a sitting in which every view was visited: each frame
// is the one that was shown.
func TestSameFrames(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {200, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			if testing.Short() && size[0] > 80 {
				t.Skip("one size will do")
			}
			t.Chdir(t.TempDir())
			writeVector(t, "one.safetensors")
			s := sit(t, size[0], size[1], tui.Options{State: settings.State{History: history}})
			everything(t, s)
			s.Press("q").Expect("in no file").Press("y").WaitEnd()
			data, err := os.ReadFile("s.jsonl")
			if err != nil {
				t.Fatal(err)
			}
			l := read(t, data)
			if l.Begin == 0 || !l.Closed || l.Cut || len(l.Bookmarks()) != 1 {
				t.Errorf("begins at %d, closed %v, cut %v, bookmarks %+v", l.Begin, l.Closed, l.Cut, l.Bookmarks())
			}
			if !l.Dark() {
				t.Error("the terminal was light")
			}
			for _, secret := range []string{"secret", "zork +1"} {
				if bytes.Contains(data, []byte(secret)) {
					t.Errorf("%q, which was not asked in this sitting, is in its recording", secret)
				}
			}
			same(t, l, *s.frames)
			t.Logf("%d events, %d bytes, %v", len(l.Events), len(data), l.Length())
		})
	}
}

// same plays a log and compares its frames with those that were shown.
func same(t testing.TB, l *record.Log, frames []frame) {
	t.Helper()
	p, err := record.NewPlayer(l, tui.Replay)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Seek(0); err != nil {
		t.Fatal(err)
	}
	at := 0
	check := func() {
		t.Helper()
		content := p.Frame().Content
		if at >= len(frames) || frames[at].hash != hash(content) {
			t.Fatalf("frame %d, after %s, is another:\n%s", at, frames[min(at, len(frames)-1)].msg, content)
		}
		at++
	}
	check()
	for i, e := range l.Events {
		if ok, err := p.Step(); !ok {
			t.Fatalf("event %d: %v", i, err)
		}
		if fmt.Sprintf("%T", e.Msg) != "record.remembered" {
			check()
		}
	}
}

func read(t testing.TB, data []byte) *record.Log {
	t.Helper()
	l, err := record.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// writeVector writes a copy of an embedded vector.
func writeVector(t testing.TB, path string) {
	t.Helper()
	v, _, err := library.New(assets.FS).ReadVector(library.Prefix + "begin")
	if err != nil {
		t.Fatal(err)
	}
	v.Name = "one"
	if err := vectorfile.Write(path, v); err != nil {
		t.Fatal(err)
	}
}
