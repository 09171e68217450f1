package sweep

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/theme"
)

var update = flag.Bool("update", false, "write the golden screens anew")

// A sitting is a view with a desk and an engine.
type sitting struct {
	testing.TB
	d *desk.Desk
	v *View
}

func newSitting(t testing.TB, e *engine.Engine) *sitting {
	d := desk.New(e, theme.New(theme.Dark, true, colorprofile.TrueColor), keys.Default())
	d.Sampling.MaxTokens = 40
	return &sitting{TB: t, d: d, v: New(d)}
}

// open begins a sitting on the embedded model, with a sweep of few problems.
func open(t testing.TB) *sitting {
	t.Helper()
	e := engine.New(library.New(assets.FS), engine.Options{Threads: 1, Frame: 1})
	t.Cleanup(e.Close)
	s := newSitting(t, e)
	s.run(s.d.Open("embedded:base"))
	s.v.Enter()
	s.do(keys.Weaker, keys.Weaker)
	s.d.Say(desk.Note, "")
	return s
}

// step runs a command and hands what it brings to desk and view. It returns the
// commands that follow.
func (s *sitting) step(cmd tea.Cmd) (more []tea.Cmd) {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	if batch, ok := msg.(tea.BatchMsg); ok {
		return batch
	}
	if msg == nil {
		return nil
	}
	return []tea.Cmd{s.d.Receive(msg), s.v.Receive(msg)}
}

// run runs a command and all that follow.
func (s *sitting) run(cmds ...tea.Cmd) {
	for len(cmds) > 0 {
		cmds = append(cmds[1:], s.step(cmds[0])...)
	}
}

// do presses keys, each until nothing runs any more.
func (s *sitting) do(actions ...keys.Action) {
	s.Helper()
	for _, a := range actions {
		cmd, taken := s.v.Do(a)
		if !taken {
			s.Fatalf("%s is not taken", a)
		}
		s.run(cmd)
	}
}

// screen is the view without colours, checked to be of the size.
func (s *sitting) screen(width, height int) string {
	s.Helper()
	lines := strings.Split(ansi.Strip(s.v.View(width, height)), "\n")
	if len(lines) != height {
		s.Errorf("at %dx%d the view has %d lines", width, height, len(lines))
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w != width {
			s.Errorf("at %dx%d line %d is %d wide: %q", width, height, i, w, line)
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// golden compares the screen at two sizes with what it was.
func (s *sitting) golden(name string) {
	s.Helper()
	for _, size := range [][2]int{{80, 22}, {120, 30}} {
		file := filepath.Join("testdata", fmt.Sprintf("%s_%dx%d.txt", name, size[0], size[1]))
		got := s.screen(size[0], size[1])
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				s.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			s.Fatal(err)
		}
		if got != string(want) {
			s.Errorf("%s is\n%s\nwant\n%s", file, got, want)
		}
	}
}

// A sitting from the empty map to a cell in the plan and its re-test.
func TestSitting(t *testing.T) {
	s := open(t)
	s.golden("before")
	s.do(keys.RunSweep)
	s.golden("score")
	if len(s.d.Jobs) > 0 || !strings.Contains(s.d.Status.Text, "best of 40 cells is L3 × 0.5") {
		t.Errorf("jobs %v, said %q", s.d.Jobs, s.d.Status.Text)
	}
	s.do(keys.CycleQuantity)
	s.golden("kl")
	s.do(keys.CycleQuantity, keys.CycleQuantity)
	if x, ok := s.v.value(s.v.ran, 2, 7); s.v.metric != ratio || !ok || !(x > 1 && x < 2) {
		t.Errorf("|s d| / |h| at L2 × 1 is %g, %v", x, ok)
	}
	s.do(keys.CycleQuantity, keys.Down, keys.Left, keys.Left)
	s.v.Do(keys.TakeCell) // what is generated then matters elsewhere
	const taken = "begin*0.6@3[last+sentence&gen:18-199]"
	if got := s.d.Active().Plan.Text; s.v.metric != score || got != taken {
		t.Errorf("the plan is %s, want %s; showing %s", got, taken, s.v.metric)
	}
	s.do(keys.Retest)
	s.golden("taken")
	if s.v.tested != 1 || s.v.tests[0].Plan != taken || s.v.tests[0].Cell.N != retestProblems || s.v.tests[0].Seed != 1 {
		t.Errorf("%d re-tests: %+v", s.v.tested, s.v.tests)
	}
	s.d.CycleSelector()
	s.golden("stale")
	s.v.Do(keys.TakeCell)
	if got := s.d.Active().Plan.Text; got != taken {
		t.Errorf("the old plan came back as %s, want %s", got, taken)
	}
	if s.v.stale(s.v.ran) {
		t.Error("the map is stale although its plan is back")
	}
}

// What was computed before a sweep was stopped stays.
func TestStop(t *testing.T) {
	s := open(t)
	s.do(keys.Stronger, keys.Stronger, keys.Stronger)
	cmd, _ := s.v.Do(keys.RunSweep)
	var cmds []tea.Cmd
	for cmds = []tea.Cmd{cmd}; len(s.v.ran.cells) == 0; {
		cmds = append(cmds[1:], s.step(cmds[0])...)
	}
	if j := s.d.Jobs; len(j) != 1 || j[0].Name != "sweeping" || j[0].Done == 0 || j[0].Total != 96*42 {
		t.Errorf("jobs: %+v", j)
	}
	stop, running := s.d.Stop()
	s.run(append([]tea.Cmd{stop}, cmds...)...)
	g := s.v.ran
	if !running || len(s.d.Jobs) > 0 || !g.ended || g.done == 0 || g.done >= g.total || len(g.cells) == 0 {
		t.Errorf("after stopping: jobs %v, ended %v, %d of %d", s.d.Jobs, g.ended, g.done, g.total)
	}
	if row, col, ok := g.best(); ok {
		t.Errorf("after stopping, %s is the best", g.name(row, col))
	}
	if !strings.Contains(s.screen(80, 22), "stopped at") || !strings.HasPrefix(s.d.Status.Text, "Stopped the sweep at") {
		t.Errorf("said %q:\n%s", s.d.Status.Text, s.screen(80, 22))
	}
}

// A sweep in progress gives way to a new one, whose cells alone are shown.
func TestRunAgain(t *testing.T) {
	s := open(t)
	s.d.Problems = nil // prompts are read sooner than problems answered
	first, _ := s.v.Do(keys.RunSweep)
	old := s.v.ran
	more := s.step(first)
	s.d.Turn(-2)
	again, _ := s.v.Do(keys.RunSweep)
	s.run(append(more, again)...)
	g := s.v.ran
	if g == old || len(s.d.Jobs) > 0 || !g.ended || g.done != g.total || g.Strengths[7] != .8 {
		t.Errorf("jobs %v, %d of %d at %v", s.d.Jobs, g.done, g.total, g.Strengths)
	}
	if v := s.v; g.Strengths[v.col] != .8 || g.Layers[v.row] != 2 {
		t.Errorf("the cursor is at %s", g.name(v.row, v.col))
	}
}

// Without problems there is KL alone, after the question and those before it.
func TestPrompts(t *testing.T) {
	s := open(t)
	s.d.Problems = nil
	s.d.History = []string{"zeta", s.d.Prompt.Text, "box 5 . ann +7 . where is the ball ?"}
	s.do(keys.Stronger, keys.Stronger)
	s.d.SetPlan(s.d.Active(), "begin*0.2r[prompt]")
	s.do(keys.RunSweep)
	s.golden("prompts")
	s.do(keys.CycleQuantity, keys.CycleQuantity)
	if s.v.metric != kl {
		t.Errorf("after two metrics comes %s", s.v.metric)
	}
	s.do(keys.Retest)
	if !strings.Contains(s.d.Status.Text, "no test problems") || s.v.asked > 0 {
		t.Errorf("a re-test says %q", s.d.Status.Text)
	}
	s.d.SetPlan(s.d.Active(), "begin[gen]")
	s.do(keys.RunSweep)
	if got := s.screen(120, 30); !strings.Contains(got, "leaves the prompts alone") {
		t.Errorf("a plan for generated tokens shows\n%s", got)
	}
}

func TestNothingToSweep(t *testing.T) {
	s := newSitting(t, nil)
	check := func(want string) {
		t.Helper()
		if got := s.screen(80, 22); !strings.Contains(got, want) {
			t.Errorf("shown is\n%s, want %q in it", got, want)
		}
		for _, a := range []keys.Action{keys.RunSweep, keys.TakeCell, keys.Retest} {
			s.d.Say(desk.Note, "")
			s.do(a, keys.Down, keys.CycleQuantity)
			if !strings.Contains(s.d.Status.Text, want) {
				t.Errorf("%s says %q, want %q", a, s.d.Status.Text, want)
			}
		}
		s.v.Click(30, 3)
		s.v.Wheel(30, 3, 1)
	}
	check("No model is open: ctrl+o opens one.")
	e := open(t)
	s.d, s.v = e.d, e.v
	s.d.SetPlan(s.d.Active(), "begin*@")
	check("The plan can't be read: g p shows it.")
	s.d.SetPlan(s.d.Active(), "")
	check("No plan yet: g v shows vectors to add.")
	s.d.Lanes = s.d.Lanes[:1]
	check("No lane has a plan")
}

// received is a sitting without an engine in which a sweep was begun and these
// cells came.
func received(t *testing.T, plan string, cells ...engine.SweptCell) *sitting {
	s := newSitting(t, nil)
	s.d.Receive(engine.Opened{Model: engine.ModelInfo{Summary: library.Summary{Ref: "m", Layers: 30}, Name: "m"}, Plan: plan})
	s.d.Vectors = []engine.VectorInfo{{Name: "v", Layers: []int{4}}}
	s.v.metric = kl
	s.v.Enter()
	s.do(keys.RunSweep)
	msg := engine.Swept{Gen: s.v.ran.gen, Cells: cells, Done: len(cells), Total: 100}
	s.v.Receive(msg)
	return s
}

func TestRefusedCells(t *testing.T) {
	s := received(t, "v@10", engine.SweptCell{Row: 0, Column: 0, Err: "v has no direction at \x1b[31mlayer 1"}, engine.SweptCell{Row: 0, Column: 1, KL: .5})
	s.do(keys.Top, keys.Left, keys.Left, keys.Left, keys.Left, keys.Left, keys.Left, keys.Left)
	if got := s.screen(80, 22); !strings.Contains(got, "It can't be used: v has no direction at ␛[31mlayer 1.") || !strings.Contains(got, " · ") {
		t.Errorf("shown is\n%s", got)
	}
	s.do(keys.TakeCell)
	if s.d.Active().Plan.Text != "v@10" || !strings.Contains(s.d.Status.Text, "can't be used") {
		t.Errorf("the plan is %s, said %q", s.d.Active().Plan.Text, s.d.Status.Text)
	}
}

// Nothing that can come breaks the frame, and the cursor stays in sight.
func TestSizes(t *testing.T) {
	var cells []engine.SweptCell
	values := []float64{0, .001, .5, 1, 12, 1234, 1e9, math.NaN(), math.Inf(1), .07}
	for row := range 10 {
		for col, x := range values {
			cells = append(cells, engine.SweptCell{Row: row, Column: col, KL: x})
		}
	}
	s := received(t, "add:v*-1234.5@10[all]", cells...)
	for range 12 {
		for _, size := range [][2]int{{60, 14}, {80, 22}, {120, 30}, {200, 48}, {240, 70}, {20, 5}, {1, 1}} {
			got := s.screen(size[0], size[1])
			label := " " + layerName(s.v.ran.Layers[s.v.row]) + " "
			if size[0] >= 60 && !strings.Contains(got, label) {
				t.Errorf("at %v the map lacks%s:\n%s", size, label, got)
			}
		}
		s.do(keys.Down)
	}
}

func TestMouse(t *testing.T) {
	s := open(t)
	s.screen(80, 22)
	at := s.v.at
	for _, c := range []struct{ x, y, row, col int }{
		{labelWidth + 3*at.column + 1, 2, 0, 3},
		{labelWidth + 9*at.column, 2 + 3*at.lines + at.lines - 1, 3, 9},
		{2, 4, 3, 9},  // a layer's name
		{30, 0, 3, 9}, // the title
		{30, 2 + 4*at.lines, 3, 9},
		{79, 2, 3, 9},
	} {
		if s.v.Click(c.x, c.y); s.v.row != c.row || s.v.col != c.col {
			t.Errorf("a click at %d, %d leads to %d, %d, want %d, %d", c.x, c.y, s.v.row, s.v.col, c.row, c.col)
		}
	}
	s.v.Wheel(0, 0, -3)
	if s.v.row != 2 {
		t.Errorf("the wheel leads to row %d", s.v.row)
	}
}

// Another model takes the map away, and what is still to come of it.
func TestOtherModel(t *testing.T) {
	s := open(t)
	cmd, _ := s.v.Do(keys.RunSweep)
	more := s.step(cmd)
	old := s.v.ran.gen
	s.run(append(more, s.d.Open("embedded:thinking"))...)
	if s.v.ran != nil || len(s.d.Jobs) > 0 || s.d.Running(old) {
		t.Errorf("after opening another model: %+v, jobs %v", s.v.ran, s.d.Jobs)
	}
	if got := s.screen(80, 22); !strings.Contains(got, "Nothing was tried yet") {
		t.Errorf("shown is\n%s", got)
	}
}

// One re-test runs at a time, and its seeds go on.
func TestRetests(t *testing.T) {
	s := newSitting(t, nil)
	s.d.Receive(engine.Opened{Model: engine.ModelInfo{Summary: library.Summary{Ref: "m", Layers: 2}}, Plan: "v"})
	s.d.Problems = slices.Grow(s.d.Problems, 1)[:1]
	s.v.Enter()
	s.do(keys.Retest, keys.Retest)
	if s.v.asked != 1 || !strings.Contains(s.d.Status.Text, "runs already") {
		t.Errorf("%d asked for, said %q", s.v.asked, s.d.Status.Text)
	}
	s.d.Receive(engine.Failed{Gen: s.v.retesting, Job: "testing a cell again", Err: "cancelled"})
	s.do(keys.Retest)
	if s.v.asked != 2 || s.v.tested != 0 {
		t.Errorf("%d asked for, %d made", s.v.asked, s.v.tested)
	}
	s.v.Receive(engine.Retested{Gen: s.v.retesting, Plan: "v@1", Seed: 2})
	if got := s.screen(80, 22); s.v.tested != 1 || !strings.Contains(got, "1 re-test this sitting") || !strings.Contains(got, "seed 2") {
		t.Errorf("shown is\n%s", got)
	}
}

func BenchmarkView(b *testing.B) {
	s := newSitting(b, nil)
	s.d.Receive(engine.Opened{Model: engine.ModelInfo{Summary: library.Summary{Ref: "m", Layers: 12}}, Plan: "v"})
	s.d.Problems = slices.Grow(s.d.Problems, 1)[:1]
	s.do(keys.RunSweep)
	msg := engine.Swept{Gen: s.v.ran.gen, Ended: true, Total: 1}
	for row := range 12 {
		for col := range 10 {
			c := engine.SweptCell{Row: row, Column: col}
			c.N, c.Items, c.Right = 10, 10, col
			msg.Cells = append(msg.Cells, c)
		}
	}
	s.v.Receive(msg)
	for b.Loop() {
		s.v.View(200, 48)
	}
}
