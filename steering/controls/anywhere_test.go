package controls

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tiller/model/generate"
	"tiller/steering"
)

// promptOf is n tokens, every tenth of them special, the first included.
func promptOf(n int) generate.Prompt {
	var p generate.Prompt
	for i := range n {
		p.Tokens = append(p.Tokens, generate.PromptToken{ID: 3 * i, Text: " x", Special: i%10 == 0})
	}
	return p
}

// lane starts an editor and has it accept n tokens.
func lane(t testing.TB, s generate.Steering, p generate.Prompt, n int) *Editor {
	t.Helper()
	e, err := s.Editor(p, generate.Measured{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e.Accept(i, " y", generate.Drawn{})
	}
	return e.(*Editor)
}

// pattern says of each of n positions which layers are edited: neither ".",
// "0", "1", or both "b".
func pattern(e *Editor, n int) string {
	var b strings.Builder
	for at := range n {
		edited := 0
		for layer := range layers {
			if e.Edit(layer, at, make([]float32, dModel)) {
				edited += 1 << layer
			}
		}
		b.WriteByte(".01b"[edited])
	}
	return b.String()
}

func scatterOf(t testing.TB, d *Drawer, draw int) *Scatter {
	t.Helper()
	s, err := d.Scatter(d.Plan, draw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAnywhereBits pins where chance falls, as TestDrawBits does directions.
func TestAnywhereBits(t *testing.T) {
	d := drawerOf(t, "v*2@0[last],v*3@1?entropy>9")
	for _, c := range []struct {
		draw int
		want string
	}{
		{0, "..bb.1...1.11.0.0bbb.b01.11.11..b..11.b.b111..1b1.1bb."},
		{7, ".10..1.10b.011.1.bb1.1.1.1.1011b11.11111.1.1.1.01..b11"},
	} {
		a, err := scatterOf(t, d, c.draw).Anywhere([]Rate{{.3, .2}, {.5, .6}})
		if err != nil {
			t.Fatal(err)
		}
		if layer, ok := a.LowestLayer(); layer != 0 || !ok || a.NeedsDistributions() {
			t.Errorf("the lowest layer is %d (%v)", layer, ok)
		}
		e := lane(t, a, promptOf(24), 30)
		if got := pattern(e, 54); got != c.want {
			t.Errorf("draw %d: %s, want %s", c.draw, got, c.want)
		}
		checkReport(t, e, c.want, 24)
		if first, ok := e.FirstPosition(); !ok || first != strings.IndexFunc(c.want, func(r rune) bool { return r != '.' }) {
			t.Errorf("draw %d: the first position is %d (%v)", c.draw, first, ok)
		}
	}
}

// checkReport holds what a lane of one term at layer 0 and one at layer 1
// counted against where it edits.
func checkReport(t *testing.T, e *Editor, edits string, prompt int) {
	t.Helper()
	both, zero, one := strings.Count(edits, "b"), strings.Count(edits, "0"), strings.Count(edits, "1")
	before := edits[:prompt-1]
	r := e.Report()
	if r.RowEdits != zero+one+2*both || r.PromptEdits != len(before)-strings.Count(before, ".") ||
		len(r.Fired) != 2 || r.Fired[0].Count != zero+both || r.Fired[1].Count != one+both {
		t.Errorf("%s was reported as %+v", edits, r)
	}
	if text := e.scatter.texts; r.Fired[0].Term != text[0] || !strings.HasPrefix(text[0], "v*2@0") {
		t.Errorf("the terms are %v and reported as %+v", text, r.Fired)
	}
	for at := range edits {
		if e.Steered(at) != (edits[at] != '.') {
			t.Errorf("position %d of %s is steered: %v", at, edits, e.Steered(at))
		}
	}
}

func TestAnywhereRates(t *testing.T) {
	d := drawerOf(t, "v*2@0,v*3@1")
	rates := []Rate{{.3, 0}, {1.5, .6}}
	a, err := scatterOf(t, d, 1).Anywhere(rates)
	if err != nil {
		t.Fatal(err)
	}
	const prompt, all = 2001, 4000
	edits := pattern(lane(t, a, promptOf(prompt), all-prompt), all)
	for _, c := range []struct {
		what  string
		part  string
		layer string
		of    int // positions that are not special
		want  float64
	}{
		{"term 1 in the prompt", edits[:prompt-1], "0b", 1800, .3},
		{"term 2 in the prompt", edits[:prompt-1], "1b", 1800, 1},
		{"term 1 later", edits[prompt-1:], "0b", 1999, 0},
		{"term 2 later", edits[prompt-1:], "1b", 1999, .6},
	} {
		n := strings.Count(c.part, c.layer[:1]) + strings.Count(c.part, "b")
		if got := share(n, c.of); math.Abs(got-c.want) > .05 {
			t.Errorf("%s fires at %.3f of positions, want %.2f", c.what, got, c.want)
		}
	}
}

// TestOn: a sample's control fires as often as the plan did on it, elsewhere.
func TestOn(t *testing.T) {
	const prompt, generated = 34, 40
	for _, plan := range []string{
		"v*2@0[sentence],v*3@1[content&every:3]",
		"v*2@0[content&prompt],v*3@1[gen:3-9]",
		"v*2@0[last],v*3@1[gen]",
		"v*2@0[user],v*3@1[content]", // never; always
	} {
		d := drawerOf(t, plan)
		bound, err := steering.Bind(d.Plan, layers, dModel, d.Vectors)
		if err != nil {
			t.Fatal(err)
		}
		own, err := steering.Lanes{Bound: bound}.Editor(promptOf(prompt), generate.Measured{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range generated - 1 { // the last one is not fed back
			own.Accept(i, " y.", generate.Drawn{})
		}
		f := FiringsOf(own.(*steering.Editor).Program, prompt, generated)
		report := own.(*steering.Editor).Report()
		for i, term := range f.Terms {
			if term.Prompt+term.Generated != report.Fired[i].Count {
				t.Errorf("%s: term %d fired %+v, but %d times in all", plan, i+1, term, report.Fired[i].Count)
			}
		}
		seen := map[string]bool{}
		for draw := range 3 {
			for _, sample := range []string{"a/1", "a/2"} {
				a, err := scatterOf(t, d, draw).On(sample, f)
				if err != nil {
					t.Fatal(err)
				}
				e := lane(t, a, promptOf(prompt), generated-1)
				edits := pattern(e, prompt+generated-1)
				checkReport(t, e, edits, prompt)
				seen[edits] = true
				if got := (Firings{Generated: generated, Terms: []Fired{countIn(edits, "0", prompt), countIn(edits, "1", prompt)}}); !reflect.DeepEqual(got, f) {
					t.Errorf("%s, draw %d of %s: fired %+v, but the plan %+v", plan, draw, sample, got, f)
				}
			}
		}
		if want := 6; len(seen) != want && !strings.Contains(plan, "user") {
			t.Errorf("%s: %d draws differ of %d", plan, len(seen), want)
		}
	}
}

// countIn counts where a layer is edited.
func countIn(edits, layer string, prompt int) Fired {
	n := func(s string) int { return strings.Count(s, layer) + strings.Count(s, "b") }
	return Fired{Prompt: n(edits[:prompt-1]), Generated: n(edits[prompt-1:])}
}

// TestOnBits pins where the lots of one sample fall, and the coins beyond.
func TestOnBits(t *testing.T) {
	d := drawerOf(t, "v*2@0,v*3@1")
	f := Firings{Generated: 12, Terms: []Fired{{Prompt: 4, Generated: 3}, {Generated: 6}}}
	a, err := scatterOf(t, d, 1).On("gsm8k/0007", f)
	if err != nil {
		t.Fatal(err)
	}
	const want = "..0...0....0.0.1.1.0010.1111100.01.bb100111.111.1.b.b..b"
	if got := pattern(lane(t, a, promptOf(16), 40), 56); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestOnOtherLengths: a lane that ends earlier has the same lots, one that goes
// on fires at the same rate, and one whose prompt holds fewer tokens that can
// be edited than the plan edited has them all edited.
func TestOnOtherLengths(t *testing.T) {
	d := drawerOf(t, "v*2@0,v*3@1")
	a, err := scatterOf(t, d, 0).On("s", Firings{Generated: 20, Terms: []Fired{{Prompt: 10, Generated: 5}, {Generated: 15}}})
	if err != nil {
		t.Fatal(err)
	}
	long := pattern(lane(t, a, promptOf(10), 2019), 2029)
	if short := pattern(lane(t, a, promptOf(10), 7), 17); short != long[:17] {
		t.Errorf("a short lane: %s, a long one begins with %s", short, long[:17])
	}
	if got := countIn(long, "0", 10).Prompt; got != 8 {
		t.Errorf("%d of 8 prompt positions are edited", got)
	}
	for layer, want := range map[string]float64{"0": .25, "1": .75} {
		if got := share(countIn(long[29:], layer, 1).Generated, 2000); math.Abs(got-want) > .04 {
			t.Errorf("beyond the plan's lane, layer %s is edited at %.3f of positions, want %.2f", layer, got, want)
		}
	}
	none, err := scatterOf(t, d, 0).On("s", Firings{Terms: make([]Fired, 2)})
	if err != nil {
		t.Fatal(err)
	}
	if got := pattern(lane(t, none, promptOf(1), 9), 10); got != ".........." {
		t.Errorf("after a lane without a token: %s", got)
	}
}

// TestChance: it hangs on seed, draw and sample, not on what is generated, nor
// on cuts; and that of an On not on the prompt's tokens.
func TestChance(t *testing.T) {
	d := drawerOf(t, "v*2@0,v*3@1")
	f := Firings{Generated: 30, Terms: []Fired{{Prompt: 7, Generated: 12}, {Prompt: 3, Generated: 20}}}
	ways := map[string]func(d *Drawer, draw int, sample string) (*Anywhere, error){
		"On": func(d *Drawer, draw int, sample string) (*Anywhere, error) {
			return scatterOf(t, d, draw).On(sample, f)
		},
		"Anywhere": func(d *Drawer, draw int, _ string) (*Anywhere, error) {
			return scatterOf(t, d, draw).Anywhere([]Rate{{.4, .5}, {.5, .6}})
		},
	}
	for name, way := range ways {
		edits := func(seed uint64, draw int, sample string, p generate.Prompt) string {
			d.Seed = seed
			a, err := way(d, draw, sample)
			if err != nil {
				t.Fatal(err)
			}
			return pattern(lane(t, a, p, 35), 60)
		}
		p := promptOf(25)
		want := edits(1, 0, "s", p)
		for what, other := range map[string]string{"seed": edits(2, 0, "s", p), "draw": edits(1, 1, "s", p), "sample": edits(1, 0, "t", p)} {
			if (other == want) != (name == "Anywhere" && what == "sample") {
				t.Errorf("%s: with another %s %s, else %s", name, what, other, want)
			}
		}
		q := promptOf(25)
		q.Tokens[3].ID++
		if other := edits(1, 0, "s", q); (other == want) != (name == "On") {
			t.Errorf("%s: with another prompt %s, else %s", name, other, want)
		}
		d.Seed = 1
		a, _ := way(d, 0, "s")
		e := lane(t, a, p, 20)
		if err := e.Truncate(27); err != nil || e.Steered(27) || len(pattern(e, 27)) != 27 {
			t.Errorf("%s: cut, it is %s (%v)", name, pattern(e, 45), err)
		}
		for i := range 33 {
			e.Accept(900-i, " otherwise", generate.Drawn{})
		}
		if got := pattern(e, 60); got != want {
			t.Errorf("%s: after a cut and with other tokens %s, want %s", name, got, want)
		}
		checkReport(t, e, want, 25)
		for _, at := range []int{-1, 24, 61} {
			if e.Truncate(at) == nil {
				t.Errorf("%s: a lane of 60 positions, 25 of them prompt, was cut at %d", name, at)
			}
		}
	}
}

// TestScatterShared: lanes that share a scatter do not disturb each other.
func TestScatterShared(t *testing.T) {
	s := scatterOf(t, drawerOf(t, "v*2@0,v*0.5r@1"), 0)
	f := Firings{Generated: 9, Terms: []Fired{{2, 3}, {1, 6}}}
	run := func(sample string) string {
		a, err := s.On(sample, f)
		if err != nil {
			return err.Error()
		}
		e, err := a.Editor(promptOf(20), generate.Measured{MedianNorm: []float32{1, 1, 1}})
		if err != nil {
			return err.Error()
		}
		for i := range 9 {
			e.Accept(i, " y", generate.Drawn{})
		}
		return pattern(e.(*Editor), 29)
	}
	var want, got [8]string
	for i := range want {
		want[i] = run(strconv.Itoa(i))
	}
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = run(strconv.Itoa(i)) })
	}
	all.Wait()
	if !slices.Equal(got[:], want[:]) || !strings.Contains(want[0], "1") {
		t.Errorf("together %v, alone %v", got, want)
	}
}

func TestAnywhereRefused(t *testing.T) {
	d := drawerOf(t, "v*2@0[last],v*3@1")
	s := scatterOf(t, d, 0)
	two := make([]Fired, 2)
	for _, c := range []struct {
		name string
		try  func() error
		want string
	}{
		{"rates", func() error { _, err := s.Anywhere(make([]Rate, 1)); return err }, "how often the plan's 2 terms fire"},
		{"firings", func() error { _, err := s.On("s", Firings{}); return err }, `2 terms fired on the sample "s"`},
		{"too often", func() error {
			_, err := s.On("s", Firings{Generated: 2, Terms: []Fired{{}, {Prompt: 1, Generated: 3}}})
			return err
		}, `term 2 of the plan can't have fired at 1 positions of the prompt and 3 of 2 after it on the sample "s"`},
		{"negative", func() error { _, err := s.On("s", Firings{Terms: []Fired{{Prompt: -1}, {}}}); return err }, "term 1"},
		{"a length", func() error { _, err := s.On("s", Firings{Generated: -1, Terms: two}); return err }, "sample"},
		{"no prompt", func() error {
			a, err := s.On("s", Firings{Terms: two})
			if err == nil {
				_, err = a.Editor(generate.Prompt{}, generate.Measured{})
			}
			return err
		}, "at least one token"},
		{"layer", func() error { _, err := d.Scatter(planOf(t, "v,v@7"), 0); return err }, "term 2 of the plan at other positions"},
		{"norms", func() error {
			relative := scatterOf(t, drawerOf(t, "v*0.5r"), 0)
			a, err := relative.Anywhere(make([]Rate, 1))
			if err == nil {
				_, err = a.Editor(promptOf(3), generate.Measured{})
			}
			return err
		}, "norm"},
	} {
		if err := c.try(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}
