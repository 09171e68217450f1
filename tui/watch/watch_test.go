package watch

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tiller/steering/eval"
	"tiller/steering/statistics"
	"tiller/tui/keys"
	"tiller/tui/screentest/evalrun"
	"tiller/tui/screentest/golden"
	"tiller/tui/settings"
)

// interrupts takes down what the screen asks for.
type interrupts []bool

func newScreen(spec eval.Spec, asked *interrupts) *Screen {
	return New(Options{
		Spec: spec, Folder: "runs/a", Settings: settings.Defaults(), Keys: keys.Default(),
		Interrupt: func(again bool) { *asked = append(*asked, again) },
	})
}

func press(s *Screen, key string) {
	msg := tea.KeyPressMsg{Code: rune(key[0]), Text: key}
	if key == "ctrl+c" {
		msg = tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	}
	if _, cmd := s.Update(msg); cmd != nil {
		cmd()
	}
}

func same(t *testing.T, s *Screen, name string, width, height int) {
	t.Helper()
	drawn := s.Draw(width, height)
	golden.Exact(t, drawn, width, height)
	golden.Same(t, fmt.Sprintf("%s-%dx%d", name, width, height), drawn)
}

// TestScreens plays a real run to the screen.
func TestScreens(t *testing.T) {
	const problems = 8
	var events []eval.Progress
	evalrun.Make(t, problems, func(p eval.Progress) { events = append(events, p) })
	for _, size := range [][2]int{{80, 24}, {120, 32}} {
		var asked interrupts
		s := newScreen(evalrun.Spec(problems), &asked)
		same(t, s, "beginning", size[0], size[1])
		at := time.Duration(0)
		play := func(events []eval.Progress) {
			for some := range slices.Chunk(events, 3) {
				at += 250 * time.Millisecond
				s.Update(Frame{At: at, Events: some})
			}
		}
		half := len(events) / 2
		play(events[:half])
		same(t, s, "half", size[0], size[1])
		press(s, "ctrl+c")
		same(t, s, "stopping", size[0], size[1])
		press(s, "q")
		press(s, "q")
		if !slices.Equal(asked, interrupts{false, true}) {
			t.Errorf("the screen asked %v", asked)
		}
		play(events[half:])
		same(t, s, "whole", size[0], size[1])
		if _, cmd := s.Update(Over{}); cmd == nil {
			t.Error("it stays when the run is over")
		}
		for _, small := range [][2]int{{1, 1}, {49, 9}, {50, 10}, {60, 14}, {240, 70}} {
			golden.Exact(t, s.Draw(small[0], small[1]), small[0], small[1])
		}
	}
}

// TestSeed goes on with a run: what was there before counts, too.
func TestSeed(t *testing.T) {
	var events []eval.Progress
	evalrun.Make(t, 4, func(p eval.Progress) { events = append(events, p) })
	var asked interrupts
	whole, resumed := newScreen(evalrun.Spec(4), &asked), newScreen(evalrun.Spec(4), &asked)
	half := len(events) / 2
	for _, e := range events[1:half] {
		resumed.Seed(e.Sample)
	}
	whole.Update(Frame{Events: events})
	resumed.Update(Frame{Events: events[half:]})
	if a, b := fmt.Sprint(whole.tally.rows()), fmt.Sprint(resumed.tally.rows()); a != b {
		t.Errorf("a run that went on comes to\n%s\nnot to\n%s", b, a)
	}
	if n := len(resumed.tally.open); n != 0 {
		t.Errorf("%d problems are still waited for", n)
	}
}

// sample is an answer of a lane to a problem.
func sample(lane, id string, score float64) eval.Progress {
	return eval.Progress{
		Done: 1, Total: 10, Sample: &eval.Sample{ID: id, Lane: lane, Score: score, Found: true, Stop: "eos"}, Problem: &eval.Problem{ID: id, Question: "?"},
	}
}

func TestTally(t *testing.T) {
	var asked interrupts
	s := newScreen(evalrun.Spec(4), &asked)
	lane := "plan:" + evalrun.Plan
	s.Update(Frame{Events: []eval.Progress{
		sample("base", "a", 0), sample(lane, "a", 1), sample(lane, "b", 1), sample("base", "b", 1), sample(lane, "c", 0), sample("elsewhere", "c", 1),
		sample("control:random:0:"+evalrun.Plan, "a", 1), sample("control:random:1:"+evalrun.Plan, "a", 0),
	}})
	rows := s.tally.rows()
	base, plan, random, negated := rows[0], rows[2], rows[3], rows[4]
	if base.Score != .5 || base.N != 2 || base.CI != statistics.Wilson(1, 2) || !math.IsNaN(base.Delta) {
		t.Errorf("base: %+v", base)
	}
	if math.Abs(plan.Score-2./3) > 1e-12 || plan.N != 3 || plan.Delta != .5 {
		t.Errorf("plan: %+v", plan)
	}
	if random.Score != .5 || random.CI != (statistics.Interval{Low: 0, High: 1}) || random.Name != "random ×2, best 1.000" || random.N != 2 {
		t.Errorf("random: %+v", random)
	}
	if negated.Name != "negated" || !math.IsNaN(negated.Score) {
		t.Errorf("negated: %+v", negated)
	}
}

// TestFractions are of scores that are neither right nor wrong, and of several
// draws.
func TestFractions(t *testing.T) {
	spec := evalrun.Spec(4)
	spec.Samples = 2
	var asked interrupts
	s := newScreen(spec, &asked)
	s.Update(Frame{Events: []eval.Progress{sample("base", "a", 0), sample("base", "a", 1), sample("base", "b", .25)}})
	if r := s.tally.row(0); r.Score != .5 || r.N != 3 || r.CI.Defined() {
		t.Errorf("one whole problem: %+v", r)
	}
	s.Update(Frame{Events: []eval.Progress{sample("base", "b", .25)}})
	if r := s.tally.row(0); r.Score != .375 || !r.CI.Defined() || !r.CI.Contains(.375) {
		t.Errorf("two whole problems: %+v", r)
	}
}

func TestWarnings(t *testing.T) {
	var asked interrupts
	s := newScreen(evalrun.Spec(20), &asked)
	lane := "plan:" + evalrun.Plan
	for i := range 12 {
		e := sample(lane, fmt.Sprint(i), 0)
		e.Sample.Found, e.Sample.Stop = i%2 == 0, "length"
		s.Update(Frame{Events: []eval.Progress{e}})
	}
	e := sample("base", "0", 0)
	e.Sample.Error = "the logits are no numbers\x1b]0;x\a"
	s.Update(Frame{Events: []eval.Progress{e}})
	drawn := ansi.Strip(s.Draw(160, 40))
	for _, want := range []string{"! 1 answer could not be generated", "no numbers␛]0;x␇", "has not fired in 12 answers", "and 2 more warnings"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("no %q on\n%s", want, drawn)
		}
	}
}

func TestSignals(t *testing.T) {
	var asked interrupts
	s := newScreen(evalrun.Spec(4), &asked)
	s.Update(Stopping{})
	if drawn := ansi.Strip(s.Draw(100, 24)); !strings.Contains(drawn, "Finishing the answers under way. ctrl+c again") {
		t.Errorf("it says\n%s", drawn)
	}
	press(s, "ctrl+c")
	if !slices.Equal(asked, interrupts{true}) {
		t.Errorf("it asked %v", asked)
	}
	if drawn := ansi.Strip(s.Draw(100, 24)); !strings.Contains(drawn, "Ending the run now") {
		t.Errorf("it says\n%s", drawn)
	}
}

func TestProgress(t *testing.T) {
	var p progress
	p.add(eval.Progress{Done: 100, Total: 500}) // what was there before
	for i := range 100 {
		p.at(time.Duration(i+1) * 100 * time.Millisecond)
		p.add(eval.Progress{Done: 101 + i, Total: 500, Sample: new(eval.Sample)})
	}
	left, ok := p.left()
	if p.rate() != 10 || !ok || left != 30*time.Second || p.share() != .4 {
		t.Errorf("%g a second, %v left, %v, %g", p.rate(), left, ok, p.share())
	}
	p.add(eval.Progress{Done: 1, Total: 50, Phase: "tuning controls"})
	if _, ok := p.left(); ok {
		t.Error("of another phase it is known at once how long it takes")
	}
}

// TestFeed loses nothing, and does not wait.
func TestFeed(t *testing.T) {
	f := new(Feed)
	const n = 1000
	ctx, cancel := context.WithCancel(t.Context())
	var got []eval.Progress
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.Run(ctx, func(msg tea.Msg) { got = append(got, msg.(Frame).Events...) })
	}()
	for i := range n {
		f.Take(eval.Progress{Done: i})
	}
	cancel()
	<-ended
	if len(got) != n || got[n-1].Done != n-1 {
		t.Errorf("%d events", len(got))
	}
}

func BenchmarkDraw(b *testing.B) {
	var asked interrupts
	s := newScreen(evalrun.Spec(100), &asked)
	for i := range 100 {
		for _, l := range s.tally.lanes {
			e := sample(l.Name, fmt.Sprint(i), float64(i%2))
			e.Problem.Question = strings.Repeat("where is the coin ? ", 10)
			s.Update(Frame{Events: []eval.Progress{e}})
		}
	}
	for b.Loop() {
		s.Draw(200, 50)
	}
}

func BenchmarkFrame(b *testing.B) {
	var asked interrupts
	s := newScreen(evalrun.Spec(100), &asked)
	i := 0
	for b.Loop() {
		i++
		s.Update(Frame{Events: []eval.Progress{sample(s.tally.lanes[i%len(s.tally.lanes)].Name, fmt.Sprint(i/len(s.tally.lanes)), 1)}})
	}
}
