package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"tiller/steering/trace"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
)

// open shows the view on the embedded model's first question, answered.
func open(t testing.TB) (*screentest.Screen, *View) {
	t.Helper()
	s := screentest.Open(t)
	v := New(s.Desk)
	s.Run(v.Enter(), v)
	if v.held == nil {
		t.Fatalf("no map came: %s %s", v.failed, s.Desk.Status.Text)
	}
	return s, v
}

// press does what keys mean, one after the other.
func press(s *screentest.Screen, v *View, actions ...keys.Action) {
	for _, a := range actions {
		cmd, _ := v.Do(a)
		s.Run(cmd, v)
	}
}

// maps counts the maps that came so far.
func maps(s *screentest.Screen) int {
	n := 0
	for _, msg := range s.Seen {
		if _, ok := msg.(engine.Mapped); ok {
			n++
		}
	}
	return n
}

func TestScreens(t *testing.T) {
	s, v := open(t)
	for q := range trace.Projection + 1 {
		for _, size := range [][2]int{{80, 22}, {120, 30}} {
			drawn := v.View(size[0], size[1])
			golden.Exact(t, drawn, size[0], size[1])
			golden.Same(t, fmt.Sprintf("%s-%d", strings.ReplaceAll(q.String(), " ", "-"), size[0]), drawn)
		}
		press(s, v, keys.CycleQuantity)
	}
	for _, size := range [][2]int{{20, 3}, {60, 14}, {61, 15}, {99, 24}, {200, 48}, {240, 70}} {
		golden.Exact(t, v.View(size[0], size[1]), size[0], size[1])
	}
	if v.quantity != trace.Norm || maps(s) != int(trace.Projection)+2 {
		t.Errorf("at %v after %d maps", v.quantity, maps(s))
	}
}

// TestMoving moves Compare's cursor along, over the prompt too.
func TestMoving(t *testing.T) {
	s, v := open(t)
	d := s.Desk
	l := d.Lanes[1]
	prompt := len(l.Answer.Prompt)
	press(s, v, keys.Right, keys.Right)
	if l.At != 2 || v.at != prompt+2 || d.Focus != 1 {
		t.Errorf("two to the right: token %d, position %d, pane %d", l.At, v.at, d.Focus)
	}
	press(s, v, keys.Left, keys.Left, keys.Left, keys.Left)
	if v.at != prompt-2 || d.At != prompt-2 || d.Active() != l {
		t.Errorf("into the prompt: position %d, question %d", v.at, d.At)
	}
	v.Leave()
	if d.Focus != desk.QuestionPane {
		t.Errorf("left on the prompt, the focus is on pane %d", d.Focus)
	}
	d.At = 3
	s.Run(v.Enter(), v)
	if v.at != 3 || d.Focus != 1 {
		t.Errorf("back on the question's token 3: position %d, pane %d", v.at, d.Focus)
	}
	press(s, v, keys.Top)
	if d.At != 0 {
		t.Errorf("at the first position: question %d", d.At)
	}
	press(s, v, keys.Bottom)
	if l.At != len(l.Answer.Tokens)-1 {
		t.Errorf("at the last position: token %d", l.At)
	}
	press(s, v, keys.Divergence)
	if i, _ := d.Parts(l); l.At != i {
		t.Errorf("at the divergence: token %d, want %d", l.At, i)
	}
	for range 10 {
		press(s, v, keys.Down)
	}
	if v.layer != -1 {
		t.Errorf("at the bottom: layer %d", v.layer)
	}
	v.View(120, 30)
	press(s, v, keys.HalfUp, keys.HalfUp, keys.HalfUp)
	if v.layer != d.Model.Layers-1 {
		t.Errorf("at the top: layer %d", v.layer)
	}
}

// TestToggleLayer changes the plan at the cursor, and keeps the cursor where it
// is while the lane is answered anew.
func TestToggleLayer(t *testing.T) {
	s, v := open(t)
	l := s.Desk.Lanes[1]
	before := l.Plan.Text
	press(s, v, keys.Right, keys.Right, keys.Up, keys.ToggleLayer)
	if !strings.Contains(l.Plan.Text, "@2-3") || l.Stale || l.At != 2 {
		t.Errorf("the plan is %q, stale %t, at token %d", l.Plan.Text, l.Stale, l.At)
	}
	if maps(s) != 2 || !v.current(l) {
		t.Errorf("%d maps came", maps(s))
	}
	row := 3 + 1
	if p := len(l.Answer.Prompt) - 1; !v.held.edited[row][p] || v.held.edited[row-2][p] {
		t.Error("the map does not tell the edited cells")
	}
	press(s, v, keys.ToggleLayer)
	if l.Plan.Text != before {
		t.Errorf("toggled twice, the plan is %q, not %q", l.Plan.Text, before)
	}
}

func TestSelect(t *testing.T) {
	s, v := open(t)
	l := s.Desk.Lanes[1]
	press(s, v, keys.Right, keys.SelectRange, keys.Right, keys.Right, keys.SelectPosition)
	if !strings.Contains(l.Plan.Text, "gen:1-3") {
		t.Errorf("the plan is %q", l.Plan.Text)
	}
	press(s, v, keys.SelectRange)
	if _, taken := v.Do(keys.Back); !taken || v.anchor >= 0 {
		t.Error("back does not give up a range")
	}
	if _, taken := v.Do(keys.Back); taken {
		t.Error("back does not leave the view")
	}
	press(s, v, keys.Top, keys.Right, keys.SelectPosition)
	if !strings.Contains(l.Plan.Text, "+1+gen:1-3]") {
		t.Errorf("the plan is %q", l.Plan.Text)
	}
}

// TestBase maps a lane without a plan where it has something to tell.
func TestBase(t *testing.T) {
	s, v := open(t)
	press(s, v, keys.PreviousPane)
	if s.Desk.Focus != 0 || v.held.answer != s.Desk.Lanes[0].Answer {
		t.Fatalf("the norms are not those of base")
	}
	press(s, v, keys.CycleQuantity)
	if drawn := ansi.Strip(v.View(80, 22)); v.held.answer != s.Desk.Lanes[1].Answer || !strings.Contains(drawn, "base has no plan") {
		t.Errorf("the change of base is shown as\n%s", drawn)
	}
	press(s, v, keys.NextPane)
	if s.Desk.Focus != 1 {
		t.Errorf("the pane after base is %d", s.Desk.Focus)
	}
}

// TestAsking asks only while the view is up, and only for what is new.
func TestAsking(t *testing.T) {
	s, v := open(t)
	d := s.Desk
	press(s, v, keys.Right, keys.Up, keys.PageDown)
	if maps(s) != 1 {
		t.Errorf("moving asked for %d maps", maps(s)-1)
	}
	v.Leave()
	s.Run(d.Turn(1), v)
	if maps(s) != 1 || v.current(d.Lanes[1]) {
		t.Error("a map was asked for while the view was not up")
	}
	s.Run(v.Enter(), v)
	if maps(s) != 2 || !v.current(d.Lanes[1]) {
		t.Error("coming back did not ask for a map")
	}
	// The first of two requests gives way without a word.
	first, _ := v.Do(keys.CycleQuantity)
	gen := v.gen
	d.Say(desk.Note, "")
	second, _ := v.Do(keys.CycleQuantity)
	s.Run(second, v)
	d.Receive(engine.Failed{Gen: gen, Job: "mapping change", Err: "cancelled"})
	v.Receive(engine.Failed{Gen: gen, Job: "mapping change", Err: "cancelled"})
	if d.Status.Text != "" || v.held.quantity != trace.LensKL || len(d.Jobs) != 0 {
		t.Errorf("status %q, map of %v, jobs %v", d.Status.Text, v.held.quantity, d.Jobs)
	}
	_ = first
	// So does one for the lane that is left again.
	press(s, v, keys.CycleQuantity, keys.CycleQuantity)
	there, _ := v.Do(keys.PreviousPane)
	back, _ := v.Do(keys.NextPane)
	s.Run(there, v)
	s.Run(back, v)
	if !v.current(d.Lanes[1]) || v.held.positions() != len(d.Lanes[1].Answer.Prompt)+len(d.Lanes[1].Answer.Tokens) {
		t.Error("the map of the lane that was left came in the other's place")
	}
	press(s, v, keys.CycleQuantity, keys.CycleQuantity)
	// One that the person stopped can be asked for again.
	v.Do(keys.CycleQuantity)
	d.Receive(engine.Failed{Gen: v.gen, Job: "mapping projection", Err: "cancelled"})
	v.Receive(engine.Failed{Gen: v.gen, Job: "mapping projection", Err: "cancelled"})
	if drawn := ansi.Strip(v.View(80, 22)); !strings.Contains(drawn, "Stopped: g l maps it again.") {
		t.Errorf("a stopped map is shown as\n%s", drawn)
	}
	press(s, v, keys.GoLayers)
	if v.held.quantity != trace.Projection {
		t.Errorf("the map is of %v", v.held.quantity)
	}
}

func TestClick(t *testing.T) {
	s, v := open(t)
	v.View(120, 30)
	at := v.drew
	s.Run(v.Click(at.left+5*at.cell, at.top), v)
	if v.at != 5 || v.layer != 3 || s.Desk.At != 5 {
		t.Errorf("clicked on layer %d, position %d", v.layer, v.at)
	}
	s.Run(v.Click(3, at.top), v)
	if plan := s.Desk.Lanes[1].Plan.Text; !strings.Contains(plan, "@2-3") {
		t.Errorf("after a click on a layer's name the plan is %q", plan)
	}
	s.Run(v.Wheel(0, 0, 3), v)
	if v.at != 8 {
		t.Errorf("the wheel moved to position %d", v.at)
	}
	s.Run(v.Click(at.left, 0), v)
	s.Run(v.Click(at.left+at.count*at.cell+1, at.top), v)
}

// TestNothing draws sentences where there is no map.
func TestNothing(t *testing.T) {
	s := screentest.New(t, nil, engine.Options{})
	v := New(s.Desk)
	s.Run(v.Enter(), v)
	press(s, v, keys.Left, keys.Up, keys.NextPane, keys.Divergence, keys.ToggleLayer, keys.SelectPosition, keys.CycleQuantity)
	want := func(sentence string) {
		t.Helper()
		drawn := v.View(80, 22)
		golden.Exact(t, drawn, 80, 22)
		if !strings.Contains(ansi.Strip(drawn), sentence) {
			t.Errorf("want %q in\n%s", sentence, ansi.Strip(drawn))
		}
	}
	want("No model is open: ctrl+o opens one.")
	s.Run(s.Desk.Open("embedded:base"), v)
	l := s.Desk.Lanes[1]
	s.Run(s.Desk.SetPlan(l, "begin@"), v)
	want("The plan can't be read: g p shows it.")
	s.Run(s.Desk.SetPlan(l, "nosuch"), v)
	want("Nothing was answered: ")
	s.Run(s.Desk.SetPlan(l, ""), v)
	want("The plan of steered is empty, so this is base: g v shows vectors to add.")
	press(s, v, keys.NextPane)
	want("Zero everywhere: nothing was steered in base.")
	press(s, v, keys.CycleQuantity, keys.CycleQuantity)
	want("No vector in hand to project on: g v shows vectors to add.")
}

// synthetic shows a map of a large model, full of what should not be.
func synthetic(t testing.TB, layers, prompt, tokens int) *View {
	s := screentest.New(t, nil, engine.Options{})
	d := s.Desk
	s.Run(d.Open("embedded:base"))
	l := d.Lanes[1]
	a := &desk.Answer{PlanText: l.Plan.Text, Ended: &engine.Ended{}}
	texts := []string{" the", "\n", "\x1b[31m", "東京", "é", "", " \u202e", "👩‍👩‍👧", " answer"}
	for i := range prompt {
		a.Prompt = append(a.Prompt, engine.PromptToken{Text: texts[i%len(texts)]})
	}
	for i := range tokens {
		a.Tokens = append(a.Tokens, engine.Token{Index: i, Text: texts[i*5%len(texts)], Terms: make([]int, i%2)})
	}
	l.Answer, d.Model.Layers = a, layers
	values := make([][]float32, layers+1)
	for i := range values {
		values[i] = make([]float32, prompt+tokens)
		for p := range values[i] {
			switch x := float64(i * p % 97); p % 13 {
			case 3:
				values[i][p] = float32(math.NaN())
			case 5:
				values[i][p] = float32(math.Inf(1 - 2*(i%2)))
			default:
				values[i][p] = float32(x - 40)
			}
		}
	}
	v := New(d)
	v.quantity = trace.Projection
	w, ok := v.want(l)
	if !ok {
		t.Fatal("the lane can't be mapped")
	}
	v.asked, v.held = w, newChart(d, w, values)
	return v
}

func TestLarge(t *testing.T) {
	v := synthetic(t, 30, 500, 3500)
	for _, size := range [][2]int{{60, 14}, {80, 22}, {240, 70}} {
		for _, a := range []keys.Action{keys.Bottom, keys.HalfUp, keys.PageUp, keys.WordLeft, keys.Top, keys.Left, keys.PageDown, keys.Down, keys.WordRight} {
			v.Do(a)
			drawn := v.View(size[0], size[1])
			golden.Exact(t, drawn, size[0], size[1])
			if strings.Contains(ansi.Strip(drawn), "\x1b") {
				t.Fatal("a token's escape sequence reached the screen")
			}
			if v.at < v.drew.from || v.at >= v.drew.from+v.drew.count || v.layer+1 < v.drew.low || v.layer+1 >= v.drew.low+v.drew.rows {
				t.Errorf("layer %d, position %d are not in %+v", v.layer, v.at, v.drew)
			}
		}
	}
}

func TestScale(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, test := range map[string]struct {
		quantity trace.Quantity
		values   [][]float32
		shares   map[float32]float64 // of values
		none     bool
	}{
		"a sink at position 0 is left out": {trace.Change, [][]float32{{9000, 4, 1}}, map[float32]float64{9000: 1, 4: 1, 1: .5, 0: 0}, false},
		"but not if there is no other":     {trace.Change, [][]float32{{4}}, map[float32]float64{4: 1, 1: .5}, false},
		"norms go by factors":              {trace.Norm, [][]float32{{0, .1, .1}, {0, 1, 10}, {0, 100, 1000}}, map[float32]float64{1: 0, 1000: 1, 10: 1. / 3, 1e9: 1, .1: 0, 0: 0}, false},
		"norms that are all the same":      {trace.Norm, [][]float32{{1, 2}, {1, 2}}, map[float32]float64{2: 1, 0: 0}, false},
		"both signs":                       {trace.Projection, [][]float32{{0, -8, 4, nan, inf}}, map[float32]float64{-8: -1, 4: .5, 0: 0, inf: 1}, false},
		"nothing was changed":              {trace.LensKL, [][]float32{{0, 0, 0}}, map[float32]float64{0: 0, 3: 0}, true},
		"no value at all":                  {trace.Projection, [][]float32{{nan, nan}}, nil, true},
		"all zero":                         {trace.Projection, [][]float32{{0, 0}}, map[float32]float64{0: 0}, false},
	} {
		s := scaleOf(test.quantity, test.values)
		if s.none != test.none {
			t.Errorf("%s: none is %t", name, s.none)
		}
		for x, want := range test.shares {
			if share, ok := s.share(x); !ok || math.Abs(share-want) > 1e-6 {
				t.Errorf("%s: the share of %v is %v, %t; want %v", name, x, share, ok, want)
			}
		}
		if _, ok := s.share(nan); ok {
			t.Errorf("%s: NaN has a share", name)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		high, x float64
		want    string
	}{
		{.44, .3125, "0.312"}, {3, 1.4, "1.40"}, {250, 78.25, "78.2"}, {20000, 1234.5, "1234"},
		{3, 2e-8, "≈0"}, {3, -1e-9, "≈0"}, {3, 0, "0"}, {3, math.NaN(), "–"}, {1e-5, 2e-6, "2e-06"}, {1e9, 3e8, "3e+08"}, {3, math.Inf(1), "+Inf"},
	} {
		if got := (scale{high: test.high}).number(test.x); got != test.want {
			t.Errorf("%v of %v is written %q, want %q", test.x, test.high, got, test.want)
		}
	}
}

func BenchmarkView(b *testing.B) {
	v := synthetic(b, 30, 500, 3500)
	v.Do(keys.PageDown)
	for _, size := range [][2]int{{80, 22}, {120, 30}, {240, 70}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.View(size[0], size[1])
			}
		})
	}
}
