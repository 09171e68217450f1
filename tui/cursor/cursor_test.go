package cursor

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
	"tiller/tui/theme"
)

// A sitting is a desk with this view on it, run to rest after every step.
type sitting struct {
	*screentest.Screen
	t testing.TB
	v *View
	// held keeps commands back in cmds instead of running them.
	held bool
	cmds []tea.Cmd
}

// sit opens the embedded model with its question and plan, or with plans.
func sit(t testing.TB, plans ...string) *sitting {
	t.Helper()
	s := &sitting{Screen: screentest.New(t, nil, engine.Options{}), t: t}
	s.v = New(s.Desk)
	s.Desk.Asked.Plans = plans
	s.run(s.Desk.Open("embedded:base"))
	return s
}

func (s *sitting) run(cmd tea.Cmd) {
	switch {
	case cmd == nil:
	case s.held:
		s.cmds = append(s.cmds, cmd)
	default:
		s.Run(cmd, s.v)
	}
}

// release runs what was held, and what comes of it.
func (s *sitting) release() {
	s.held = false
	s.run(tea.Batch(s.cmds...))
	s.cmds = nil
}

// do does what keys mean in turn.
func (s *sitting) do(actions ...keys.Action) {
	s.t.Helper()
	for _, a := range actions {
		cmd, taken := s.v.Do(a)
		if !taken {
			s.t.Fatalf("%s means nothing here", a)
		}
		s.run(cmd)
	}
}

// screen draws the view without its colours.
func (s *sitting) screen(width, height int) string {
	s.t.Helper()
	drawn := s.v.View(width, height)
	golden.Exact(s.t, drawn, width, height)
	return ansi.Strip(drawn)
}

func (s *sitting) wants(texts ...string) {
	s.t.Helper()
	screen := s.screen(120, 30)
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			s.t.Errorf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

func (s *sitting) wantsNot(text string) {
	s.t.Helper()
	if screen := s.screen(120, 30); strings.Contains(screen, text) {
		s.t.Errorf("%q is on the screen:\n%s", text, screen)
	}
}

func TestScreens(t *testing.T) {
	tests := map[string]struct {
		plans []string
		keys  []keys.Action
	}{
		"divergence": {nil, []keys.Action{keys.Divergence}},
		"base":       {nil, []keys.Action{keys.PreviousPane}},
		"question":   {nil, []keys.Action{keys.PreviousPane, keys.PreviousPane, keys.Right, keys.Right, keys.Right}},
		"no plan":    {[]string{""}, []keys.Action{keys.PreviousPane}},
		"empty plan": {[]string{""}, nil},
		"two terms":  {[]string{"begin@2[last],reason*0.5@2[gen]"}, []keys.Action{keys.Divergence}},
	}
	for name, tt := range tests {
		s := sit(t, tt.plans...)
		s.run(s.v.Enter())
		s.do(tt.keys...)
		for _, size := range [][2]int{{80, 22}, {120, 30}} {
			golden.Same(t, fmt.Sprintf("%s-%d", strings.ReplaceAll(name, " ", "-"), size[0]), s.screen(size[0], size[1]))
		}
	}
}

// TestNumbers compares what is shown with what the engine says.
func TestNumbers(t *testing.T) {
	s := sit(t)
	s.run(s.v.Enter())
	s.do(keys.Divergence)
	subject, why := s.v.subject()
	p, ok := s.v.points[subject.place]
	if why != "" || !ok {
		t.Fatalf("nothing is known: %q", why)
	}
	lane, base := s.Desk.Focused(), s.Desk.Base()
	index, _ := s.Desk.Parts(lane)
	if lane.At != index || p.Position != len(lane.Answer.Prompt)+index-1 {
		t.Errorf("position %d is looked into, token %d", p.Position, lane.At)
	}
	if p.Steered[0].ID != lane.Answer.Tokens[index].ID || p.Base[0].ID != base.Answer.Tokens[index].ID {
		t.Error("greedy lanes did not take the likeliest tokens")
	}
	if logP := math.Log(p.NextSteered.P); math.Abs(logP-subject.logP) > 1e-9 {
		t.Errorf("log p is %v when drawn and %v when looked into", subject.logP, logP)
	}
	if subject.rival != base || len(p.Also) != 1 || p.Also[0].Base.Rank != 1 || p.Also[0].Steered.Rank < 2 {
		t.Errorf("of base's token is known %+v", p.Also)
	}
}

// TestOneQuestionAtATime moves on while numbers are awaited: none of another
// token appear, and the last token's are asked for.
func TestOneQuestionAtATime(t *testing.T) {
	s := sit(t)
	s.run(s.v.Enter())
	s.held = true
	s.do(keys.Right, keys.Right, keys.Right, keys.Right)
	if len(s.cmds) != 1 {
		t.Fatalf("%d questions are under way", len(s.cmds))
	}
	s.wants("entropy …", "rank …", "KL(steered‖base) …")
	s.release()
	s.wantsNot("entropy …")
	subject, _ := s.v.subject()
	if _, known := s.v.points[subject.place]; !known || subject.index != 4 || len(s.v.points) != 3 {
		t.Errorf("%d places are known, token %d among them: %v", len(s.v.points), subject.index, known)
	}
	if len(s.Desk.Jobs) != 0 {
		t.Errorf("jobs are left: %+v", s.Desk.Jobs)
	}
}

func TestAsksOnlyWhenShown(t *testing.T) {
	s := sit(t)
	if len(s.v.points) != 0 {
		t.Error("numbers were asked for before the view was shown")
	}
	s.run(s.v.Enter())
	if _, taken := s.v.Do(keys.Back); taken {
		t.Error("the view keeps the key that leaves it")
	}
	known := len(s.v.points)
	s.run(s.Desk.SetProblem(3))
	if len(s.v.points) != known {
		t.Error("numbers were asked for after the view was left")
	}
}

// TestDials turns a dial here: the numbers fade, give way, and the cursor stays.
func TestDials(t *testing.T) {
	s := sit(t)
	s.run(s.v.Enter())
	s.do(keys.Right, keys.Right)
	before, _ := s.v.subject()
	s.held = true
	s.run(s.Desk.Turn(1))
	if now, _ := s.v.subject(); !now.old || now.place != before.place {
		t.Error("the old numbers are not shown as old")
	}
	s.wantsNot("entropy …")
	s.release()
	after, _ := s.v.subject()
	if after.index != 2 || after.plan == before.plan || after.old {
		t.Errorf("afterwards the subject is token %d under %q", after.index, after.plan)
	}
	if _, known := s.v.points[after.place]; !known {
		t.Error("the new plan's numbers were not asked for")
	}
}

func TestFork(t *testing.T) {
	tests := map[string]struct {
		keys  []keys.Action
		piece string // the forced token; empty for none
		says  string
	}{
		"with base's token": {nil, "the", "goes on with “the”"},
		"with the next one": {[]keys.Action{keys.Down}, "we", "goes on with “we”"},
		"changed plan":      {[]keys.Action{keys.Down, keys.Down}, "", "turn its dials"},
		"around":            {[]keys.Action{keys.Up, keys.Down}, "the", "goes on with “the”"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := sit(t)
			s.run(s.v.Enter())
			s.do(keys.Divergence)
			from := s.Desk.Focused()
			s.do(tt.keys...)
			s.do(keys.ForkLane)
			l := s.Desk.Focused()
			if l == from || len(s.Desk.Lanes) != 3 || !strings.Contains(s.Desk.Status.Text, tt.says) {
				t.Fatalf("%d lanes, and the status is %q", len(s.Desk.Lanes), s.Desk.Status.Text)
			}
			if l.At != from.At {
				t.Errorf("the cursor went to token %d", l.At)
			}
			got := l.Answer.Tokens[from.At]
			if tt.piece == "" {
				if !slices.Equal(l.Forced, from.Answer.IDs()[:from.At]) {
					t.Errorf("forced are %v", l.Forced)
				}
			} else if strings.TrimSpace(got.Piece) != tt.piece {
				t.Errorf("the fork goes on with %q", got.Piece)
			}
			s.wants("● “" + strings.TrimSpace(got.Piece) + "”")
		})
	}
}

func TestForkNeedsAnAnswer(t *testing.T) {
	s := sit(t)
	s.run(s.v.Enter())
	s.do(keys.PreviousPane, keys.PreviousPane, keys.ForkLane)
	if len(s.Desk.Lanes) != 2 || s.Desk.Status.Level != desk.Warning {
		t.Errorf("%d lanes, status %+v", len(s.Desk.Lanes), s.Desk.Status)
	}
}

func TestMouse(t *testing.T) {
	s := sit(t)
	s.run(s.v.Enter())
	screen := s.screen(120, 30)
	y, x := find(screen, "gives")
	s.run(s.v.Click(x, y))
	if l := s.Desk.Focused(); strings.TrimSpace(l.Answer.Tokens[l.At].Piece) != "gives" {
		t.Errorf("a click on \"gives\" goes to token %d", l.At)
	}
	y, x = find(s.screen(120, 30), "│  3 ")
	s.run(s.v.Click(x+2, y))
	subject, _ := s.v.subject()
	if c, _ := s.v.figures(subject).choice(); c.Rank != 3 {
		t.Errorf("a click on rank 3 chooses %+v", c)
	}
}

// find is the place of a text on a screen.
func find(screen, text string) (y, x int) {
	for y, line := range strings.Split(screen, "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			return y, ansi.StringWidth(before)
		}
	}
	return -1, -1
}

// TestHostile draws what no sound model gives, at many sizes.
func TestHostile(t *testing.T) {
	s := sit(t)
	s.screen(60, 14)
	s.run(s.v.Enter())
	subject, _ := s.v.subject()
	p := s.v.points[subject.place]
	p.KL, p.Reverse, p.EntropyBase = math.NaN(), math.Inf(1), math.NaN()
	p.Base[0].Piece, p.Base[1].Piece, p.Base[2].P = "\x1b[2J", "東京\n東京東京東京東京東京東京", math.NaN()
	p.Steered = p.Steered[:2]
	p.NextBase.Rank = 49_152
	for len(p.Lens) < 31 {
		row := p.Lens[len(p.Lens)%5]
		row.Layer, row.Change, row.KL = len(p.Lens)-1, math.NaN(), math.Inf(1)
		p.Lens = append(p.Lens, row)
	}
	for len(p.Left) < 9 {
		p.Left = append(p.Left, p.Left[0])
	}
	s.v.points[subject.place] = p
	for _, size := range [][2]int{{60, 14}, {61, 15}, {80, 22}, {111, 20}, {112, 14}, {120, 30}, {200, 48}, {240, 70}} {
		for range 4 {
			if raw := s.v.View(size[0], size[1]); strings.Contains(raw, "\x1b[2J") {
				t.Fatal("a token clears the screen")
			}
			s.screen(size[0], size[1])
			s.do(keys.PageDown)
		}
		s.do(keys.Down, keys.Up)
	}
}

func TestNothingToShow(t *testing.T) {
	d := desk.New(nil, theme.New(theme.Mono, true, colorprofile.NoTTY), keys.Default())
	s := &sitting{Screen: &screentest.Screen{Desk: d}, t: t, v: New(d)}
	s.run(s.v.Enter())
	s.do(keys.Left, keys.Right, keys.Top, keys.Bottom, keys.WordLeft, keys.NextPane, keys.Divergence, keys.Up, keys.Down, keys.PageDown, keys.ForkLane)
	s.wants("No model is open: ctrl+o opens one.")
	d.Model.Ref, d.Model.Layers = "m.gguf", 30
	s.wants("There is no answer yet: enter generates.")
	d.Lanes, d.Focus = []*desk.Lane{{Kind: desk.Steered, Answer: &desk.Answer{Err: "the plan names no vector \x1bx"}}}, 0
	s.wants("The plan names no vector ␛x.")
	s.screen(60, 14)
}

func TestFailure(t *testing.T) {
	s := sit(t)
	s.run(s.v.Enter())
	s.held = true
	s.do(keys.Right)
	s.cmds = nil
	failed := engine.Failed{Gen: s.v.gen, Job: "looking into a token", Err: "the disk is gone"}
	s.run(s.Desk.Receive(failed))
	s.run(s.v.Receive(failed))
	s.wants("✗ The disk is gone.")
	if len(s.cmds) != 0 {
		t.Error("what failed is asked for again at once")
	}
	s.do(keys.Left, keys.Right)
	if len(s.cmds) != 1 {
		t.Error("what failed is not asked for when the cursor comes back")
	}
}

func TestFigure(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 1: "1.00", .714: ".71", -.714: "−.71", 3.1: "3.10", 12.34: "12.3", 1234: "1234", .0042: ".004",
		.00042: "4e-4", 9.6e-5: "1e-4", 1e-13: "0", math.Inf(-1): "−∞",
	} {
		if got := figure(x); got != want {
			t.Errorf("figure(%v) = %q, want %q", x, got, want)
		}
	}
	if got := figure(math.NaN()); got != "–" {
		t.Errorf("figure(NaN) = %q", got)
	}
}

// BenchmarkView draws the largest screen with a lens of 31 rows.
func BenchmarkView(b *testing.B) {
	s := sit(b)
	s.run(s.v.Enter())
	subject, _ := s.v.subject()
	p := s.v.points[subject.place]
	for len(p.Lens) < 31 {
		p.Lens = append(p.Lens, p.Lens[4])
	}
	s.v.points[subject.place] = p
	for b.Loop() {
		s.v.View(240, 70)
	}
}
