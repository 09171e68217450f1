package browse

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/keys"
	"tiller/tui/screentest/evalrun"
	"tiller/tui/screentest/golden"
	"tiller/tui/settings"
)

// screen is a screen whose commands run at once.
type screen struct {
	*Screen
	t    testing.TB
	quit bool
	seen []tea.Msg
}

func open(t testing.TB, path string, width, height int) *screen {
	t.Helper()
	s := &screen{Screen: New(Options{Path: path, Settings: settings.Defaults(), Keys: keys.Default(), Comparable: true}), t: t}
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	s.do(s.Init())
	return s
}

func (s *screen) send(msg tea.Msg) {
	_, cmd := s.Update(msg)
	s.do(cmd)
}

func (s *screen) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.do(c)
		}
	case tea.QuitMsg:
		s.quit = true
	default:
		s.seen = append(s.seen, msg)
		s.send(msg)
	}
}

// press presses keys, with spaces between; letters that belong together are
// typed.
func (s *screen) press(pressed string) {
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "end": tea.KeyEnd, "pgdown": tea.KeyPgDown,
	}
	for key := range strings.FieldsSeq(pressed) {
		if code, ok := special[key]; ok {
			s.send(tea.KeyPressMsg{Code: code})
			continue
		}
		for _, r := range key {
			s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
}

func (s *screen) drawn() string { return ansi.Strip(s.Draw(s.width, s.height)) }

// same compares the screen with a golden file.
func (s *screen) same(name string) {
	s.t.Helper()
	golden.Exact(s.t, s.Draw(s.width, s.height), s.width, s.height)
	golden.Same(s.t, fmt.Sprintf("%s-%dx%d", name, s.width, s.height), s.drawn())
}

// TestBrowse makes one run, of which every part has a copy.
func TestBrowse(t *testing.T) {
	run := evalrun.Make(t, 12, nil)
	for name, test := range map[string]func(t *testing.T, run string){
		"screens": testScreens, "sizes": testSizes, "filters": testFilters, "moves": testMoves, "compare": testCompare, "copies": testCopies,
		"unfinished": testUnfinished, "changed": testChanged, "hostile": testHostile, "mouse": testMouse,
		"choices": testChoices,
	} {
		t.Run(name, func(t *testing.T) { test(t, evalrun.Copy(t, run)) })
	}
}

func testScreens(t *testing.T, run string) {
	for _, size := range [][2]int{{80, 24}, {120, 32}} {
		s := open(t, run, size[0], size[1])
		s.options.Path = "runs/a" // wherever the test runs
		s.same("table")
		s.press("n enter")
		s.same("problem")
		s.press("right right")
		s.same("controls")
		s.press("esc F")
		s.same("lacking")
		s.press("esc f /middle enter")
		s.same("search")
		s.press("?")
		s.same("help")
	}
}

func testSizes(t *testing.T, run string) {
	for _, size := range [][2]int{{1, 1}, {20, 5}, {60, 14}, {61, 15}, {100, 20}, {240, 70}} {
		s := open(t, run, size[0], size[1])
		golden.Exact(t, s.Draw(size[0], size[1]), size[0], size[1])
		s.press("enter")
		golden.Exact(t, s.Draw(size[0], size[1]), size[0], size[1])
		s.press("right right right")
		golden.Exact(t, s.Draw(size[0], size[1]), size[0], size[1])
	}
}

func testFilters(t *testing.T, run string) {
	s := open(t, run, 120, 32)
	flips := 0
	for i := range s.run.problems {
		if s.against(i) != 0 {
			flips++
		}
	}
	counts := map[string]int{}
	for range filters {
		counts[filters[s.filter].name] = len(s.shown)
		s.press("f")
	}
	switch {
	case s.filter != 1:
		t.Errorf("without a guard set the filters come round to %q", s.filterName())
	case counts["all problems"] != 12 || counts["flips"] != flips || flips == 0 || counts["put right"]+counts["moved the wrong way"] != flips:
		t.Errorf("the filters show %v, %d flips", counts, flips)
	case counts["lanes disagree"] < flips || counts["failed or not there"] != 0:
		t.Errorf("the filters show %v", counts)
	}
	s.press("esc tab")
	if got := s.run.Spec.Lanes[s.lane].Name; got != "base" {
		t.Errorf("after the plan comes %q", got)
	}
	s.press("f")
	if len(s.shown) != 0 || !strings.Contains(s.drawn(), "None. esc shows all problems again") {
		t.Errorf("base flips against itself:\n%s", s.drawn())
	}
}

func testMoves(t *testing.T, run string) {
	s := open(t, run, 120, 32)
	s.press("down down up")
	if s.at != 1 {
		t.Errorf("the cursor is on %d", s.at)
	}
	s.press("G")
	if s.at != 11 {
		t.Errorf("the last is %d", s.at)
	}
	s.press("gg n")
	for s.says.text == "" {
		if !s.flips(s.shown[s.at]) {
			t.Errorf("problem %d is no flip", s.at)
		}
		s.press("n")
	}
	s.press("enter")
	first := s.open.problem.ID
	s.press("[")
	if s.open == nil || s.open.problem.ID == first {
		t.Error("the problem before is not shown")
	}
	s.press("esc q")
	if !s.quit {
		t.Error("q does not quit")
	}
}

func testCompare(t *testing.T, run string) {
	s := open(t, run, 120, 32)
	s.press("down o")
	asked, ok := s.Asked()
	if !ok || !s.quit || asked.Problem.ID != s.run.problems[1].id || !strings.HasPrefix(asked.Lane.Name, "plan:") {
		t.Errorf("it asks for %+v, %v", asked, ok)
	}
	if _, again := s.Asked(); again {
		t.Error("it asks twice")
	}
	if s.do(s.Init()); s.open == nil {
		t.Error("coming back, the problem is not open")
	}
}

func testCopies(t *testing.T, run string) {
	s := open(t, run, 120, 32)
	s.press("y")
	if table := fmt.Sprint(s.seen[len(s.seen)-1]); !strings.Contains(table, "| lane |") || !strings.Contains(s.says.text, "table of lanes") {
		t.Errorf("it copies %q and says %q", table, s.says.text)
	}
	s.press("enter y")
	problem := fmt.Sprint(s.seen[len(s.seen)-1])
	for _, want := range []string{s.open.problem.Question, s.open.problem.Target, s.open.problem.Samples[0].Output, "control:random:0"} {
		if !strings.Contains(problem, want) {
			t.Errorf("no %q in what is copied:\n%s", want, problem)
		}
	}
}

// testUnfinished opens a run with a lane that has only begun, a line that is
// being written, and a sample that is there twice.
func testUnfinished(t *testing.T, run string) {
	file := filepath.Join(run, samplesFile)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	short := lines[0] + lines[0] + lines[1] + lines[2][:20]
	if err := os.WriteFile(file, []byte(short), 0o666); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	os.Chtimes(file, later, later)
	s := open(t, run, 120, 32)
	if s.wrong != "" || s.run.there != 2 || !strings.Contains(s.drawn(), "! 2 of ") {
		t.Errorf("%s\n%s", s.wrong, s.drawn())
	}
	s.press("enter G enter")
	golden.Exact(t, s.Draw(120, 32), 120, 32)
}

// testChanged opens a problem whose answer is no longer where it was.
func testChanged(t *testing.T, run string) {
	s := open(t, run, 120, 32)
	if err := os.WriteFile(filepath.Join(run, samplesFile), []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	s.press("enter")
	if s.open != nil || !s.says.bad || !strings.Contains(s.drawn(), "was changed since it was opened") {
		t.Errorf("it says %q", s.says.text)
	}
	s.press("/x enter")
	if s.search.running {
		t.Error("the search does not end")
	}
}

func TestMissing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "none"), 80, 24)
	if said := strings.Join(strings.Fields(s.drawn()), " "); !strings.Contains(said, "is no run's folder: open ") {
		t.Errorf("it says\n%s", s.drawn())
	}
	s.press("n f enter y o q")
	if !s.quit {
		t.Error("q does not quit")
	}
}

// testHostile shows text that would act on the terminal.
func testHostile(t *testing.T, run string) {
	const bad = `\u001b]0;owned\u0007\u202e`
	for _, name := range []string{samplesFile, problemsFile} {
		file := filepath.Join(run, name)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, field := range []string{"output", "extracted", "question", "target", "family", "stop"} {
			text = strings.ReplaceAll(text, `"`+field+`":"`, `"`+field+`":"`+bad)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, run, 120, 32)
	for _, press := range []string{"", "enter", "right", "y"} {
		s.press(press)
		for _, act := range []string{"\x1b]", "\x07", "\u202e"} {
			if strings.Contains(s.Draw(120, 32), act) {
				t.Errorf("after %q, %q reaches the terminal", press, act)
			}
		}
	}
	if copied := fmt.Sprint(s.seen[len(s.seen)-1]); strings.ContainsAny(copied, "\x1b\x07\u202e") {
		t.Errorf("it copies %q", copied)
	}
}

func testMouse(t *testing.T, run string) {
	s := open(t, run, 120, 32)
	s.Draw(120, 32)
	s.send(tea.MouseClickMsg{X: 5, Y: s.areas.problems + 2})
	if s.at != 2 {
		t.Errorf("a click chooses %d", s.at)
	}
	s.send(tea.MouseClickMsg{X: 5, Y: s.areas.lanes})
	if s.lane != 0 {
		t.Errorf("a click takes lane %d in hand", s.lane)
	}
	s.send(tea.MouseClickMsg{X: 5, Y: s.areas.problems + 2})
	if s.open == nil {
		t.Fatal("a second click does not open the problem")
	}
	s.Draw(120, 32)
	s.send(tea.MouseClickMsg{X: 119, Y: 8})
	if s.lane == 0 {
		t.Error("a click on the right answer leaves base in hand")
	}
	s.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
}

func BenchmarkTable(b *testing.B) { benchmark(b, "") }

func BenchmarkProblem(b *testing.B) { benchmark(b, "enter") }

func benchmark(b *testing.B, pressed string) {
	s := open(b, evalrun.Make(b, 12, nil), 200, 50)
	s.press(pressed)
	for b.Loop() {
		s.Draw(200, 50)
	}
}

// testChoices shows a multiple choice, and an answer that failed, in a run whose
// outputs are replaced.
func testChoices(t *testing.T, run string) {
	s := open(t, run, 80, 24)
	s.press("enter")
	p := s.open.problem
	p.Choices = []string{"Paris", "London", "Rome"}
	base, failed := *p.Samples[0], *p.Samples[1]
	base.Output, base.Choices, base.Stop = "", []float64{-9, -2.5, -7}, "length"
	failed.Error = "the prompt has 9,000 tokens, and the model's context holds 256"
	p.Samples[0], p.Samples[1] = &base, &failed
	s.press("left")
	drawn := s.drawn()
	for _, want := range []string{"  Paris", "▸ London", "-2.50", "  Rome", "log-probabilities, in nats", "! the prompt has 9,000 tokens, and", "context holds 256"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("no %q on\n%s", want, drawn)
		}
	}
	if strings.Contains(drawn, "✗…") || strings.Contains(drawn, "cut off") {
		t.Errorf("a choice was cut off:\n%s", drawn)
	}
	golden.Exact(t, s.Draw(80, 24), 80, 24)
}
