package steering

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// state is all that can be seen of a program.
func state(g *Program) string {
	var b strings.Builder
	r := g.Report()
	first, ok := g.FirstPosition()
	fmt.Fprintln(&b, g.Len(), r, first, ok)
	for p := range g.Len() + 2 {
		fmt.Fprint(&b, g.FiredAt(p), r.Steered(p), g.Steered(p))
		for layer := Embed; layer < 3; layer++ {
			row := []float32{1}
			fmt.Fprint(&b, g.Edits(layer, p), g.Edit(layer, p, row), row)
		}
	}
	return b.String()
}

const busyPlan = `a*ramp(0,1,5)@all[content],a[sentence+think],clamp:a@0[match:/is|\n/],a*2[gen:3-5]?not entropy>2,a@2[every:4]`

func TestReport(t *testing.T) {
	g := talk(t, `a*0.5@0+2[2-4],a[last+gen:1],addn:a@1[match:/So it/],a[4]`)
	r := g.Report()
	want := []TermCount{{"a*0.5@0+2[2-4]", 3}, {"a[last+gen:1]", 2}, {"addn:a@1[match:/So it/]", 1}, {"a[4]", 1}}
	if !reflect.DeepEqual(r.Fired, want) {
		t.Errorf("fired %v, want %v", r.Fired, want)
	}
	// Positions 2, 3, 4 before the last prompt position; at 4, three layers.
	if r.PromptEdits != 3 || r.RowEdits != 3*2+1+1+1+1 {
		t.Errorf("%d prompt edits and %d row edits, want 3 and 10", r.PromptEdits, r.RowEdits)
	}
	if len(r.Warnings) != 0 {
		t.Errorf("warnings %q", r.Warnings)
	}
	if p, ok := g.FirstPosition(); !ok || p != 2 {
		t.Errorf("first position %d, %v; want 2", p, ok)
	}
	if got := g.FiredAt(4); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("terms %v fired at 4, want 0 and 3", got)
	}
	for p := -1; p < 30; p++ {
		if want := slices.Contains([]int{2, 3, 4, 9, 11, 12}, p); r.Steered(p) != want || g.Steered(p) != want {
			t.Errorf("position %d: steered %v, want %v", p, r.Steered(p), want)
		}
	}
	if _, ok := talk(t, "a[gen]").FirstPosition(); ok {
		t.Error("no prompt position fires")
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct{ plan, want string }{
		{"a[content]", ""},
		{"a", `plan term 1 "a" also edits the special token "<s>" at position 0; [content] leaves special tokens out`},
		{"a[gen+all]", "also edits the special token"},
		{"a[0]", ""},
		{"a*0", `plan term 1 "a*0" changes nothing: strength 0 is neutral for add`},
		{"scale:a", "strength 1 is neutral for scale"},
		{"a[gen],a[match:/therefore/]", `plan term 2 "a[match:/therefore/]", nothing steered: [match:/therefore/] found no such text`},
		{"a[90]", "[90] selected none of the 22 positions"},
		{"a[gen]?entropy>1", "never fired: at none of the 12 positions it selects did entropy>1 hold"},
		{"a*curve(2:0,3:1)[prompt]", "never fired: its strength was neutral at each of the 10 positions it selects"},
		{"h@0-1[gen]", `does nothing at layer 1, where its vector is zero`},
		{"h@1[gen]", `does nothing at layer 1, where its vector is zero`},
	}
	for _, test := range tests {
		t.Run(test.plan, func(t *testing.T) {
			c := one([]float32{1})
			c.Vectors["h"] = &Vector{DModel: 1, Directions: map[int][]float32{0: {1}, 1: {0}}}
			c.Prompt, c.Drawn = conversation[:conversationPrompt], make([]Drawn, conversationPrompt)
			g := compile(t, test.plan, c)
			for _, token := range conversation[conversationPrompt:] {
				g.Accept(token, Drawn{})
			}
			got := g.Report().Warnings
			switch {
			case test.want == "" && len(got) != 0, test.want != "" && len(got) != 1:
				t.Errorf("warnings %q, want %q", got, test.want)
			case test.want != "" && !strings.Contains(got[0], test.want):
				t.Errorf("warning %q, want %q", got[0], test.want)
			}
		})
	}
}

func TestEmptySelections(t *testing.T) {
	// Before anything is generated, for a raw prompt of two tokens.
	for selector, want := range map[string]string{
		"all": "", "content": "", "prompt": "", "gen": "", "last": "", "sentence": "", "assistant": "", "think": "",
		"gen:0": "", "gen:100": "", "every:50": "", "match:/x/": "", "2": "", "1-5": "", "not prompt": "",
		"user":              "[user] found no token of that role; a raw prompt has none",
		"prompt&90":         "[prompt&90] selected none of the 2 positions",
		"not all":           "[not all] selected none of the 2 positions",
		"not every:1":       "[not every:1] selected none of the 2 positions",
		"user+prompt&think": "[user+prompt&think] selected none of the 2 positions",
		"user+think":        "",
		"match:/x/&prompt":  "[match:/x/&prompt] selected none of the 2 positions",
		"last&user":         "[last&user] selected none of the 2 positions",
	} {
		t.Run(selector, func(t *testing.T) {
			c := one([]float32{1})
			c.Prompt = []Token{{Text: "a"}, {Text: "b"}}
			got := compile(t, "a["+selector+"]", c).EmptySelections()
			if want == "" && len(got) == 0 {
				return
			}
			if len(got) != 1 || got[0].Finding != want || got[0].Term != 1 {
				t.Errorf("got %v, want %q", got, want)
			}
		})
	}
	g := talk(t, "a[gen:20],a[99],a[gen:3],a[30]")
	var terms []int
	for _, e := range g.EmptySelections() {
		terms = append(terms, e.Term)
	}
	if len(terms) != 0 {
		t.Errorf("terms %v may still be selected", terms)
	}
	if err := g.Truncate(10); err != nil {
		t.Fatal(err)
	}
	c := one([]float32{1})
	c.Prompt = conversation
	long := compile(t, "a["+strings.Repeat("not all+", 1000)+"not all]", c).EmptySelections()
	if len(long) != 1 || len(long[0].Error()) > 400 {
		t.Errorf("a long selector: %v", long)
	}
	if got := compile(t, "a[gen:3],a[prompt&not prompt]", c).EmptySelections(); len(got) != 1 || got[0].Error() !=
		`plan term 2 "a[prompt&not prompt]", nothing steered: [prompt&not prompt] selected none of the 22 positions` {
		t.Errorf("got %v", got)
	}
}

func TestTruncate(t *testing.T) {
	whole := talk(t, busyPlan)
	if n := len(steered(whole)); n < 10 {
		t.Fatalf("only %d positions are steered", n)
	}
	for cut := conversationPrompt; cut <= len(conversation); cut++ {
		g := talk(t, busyPlan)
		if err := g.Truncate(cut); err != nil {
			t.Fatal(err)
		}
		fresh := talk(t, busyPlan)
		if err := fresh.Truncate(conversationPrompt); err != nil {
			t.Fatal(err)
		}
		for _, token := range conversation[conversationPrompt:cut] {
			fresh.Accept(token, Drawn{})
		}
		if got, want := state(g), state(fresh); got != want {
			t.Fatalf("cut at %d:\n%s\nwant\n%s", cut, got, want)
		}
		for _, token := range conversation[cut:] {
			g.Accept(token, Drawn{})
		}
		if got, want := state(g), state(whole); got != want {
			t.Fatalf("cut at %d and refilled:\n%s\nwant\n%s", cut, got, want)
		}
	}
	for _, cut := range []int{-1, conversationPrompt - 1, len(conversation) + 1} {
		if whole.Truncate(cut) == nil {
			t.Errorf("cut at %d", cut)
		}
	}
}

func TestClone(t *testing.T) {
	whole := talk(t, busyPlan)
	for cut := conversationPrompt; cut < len(conversation); cut++ {
		g := talk(t, busyPlan)
		if err := g.Truncate(cut); err != nil {
			t.Fatal(err)
		}
		fork := g.Clone()
		if state(fork) != state(g) {
			t.Fatalf("the fork at %d differs", cut)
		}
		before := state(fork)
		for _, text := range []string{" is", "\n", "<think>", "\xe2"} {
			g.Accept(Token{Text: text}, Drawn{Entropy: 1, Known: true})
		}
		if state(fork) != before {
			t.Fatalf("the fork at %d follows its origin", cut)
		}
		for _, token := range conversation[cut:] {
			fork.Accept(token, Drawn{})
		}
		if got, want := state(fork), state(whole); got != want {
			t.Fatalf("the fork at %d goes on as\n%s\nwant\n%s", cut, got, want)
		}
	}
}

// A row's result is the same whoever computes it, and when.
func TestConcurrentEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	c := one(random(r, width, 1))
	c.Prompt = conversation
	g := compile(t, "a@all,addn:a@all[content],rotate:a*10@1-2[every:2],scale:a*3@all,clamp:a@2", c)
	rows, want := map[[2]int][]float32{}, map[[2]int][]float32{}
	for layer := range 3 {
		for p := range conversation {
			at := [2]int{layer, p}
			rows[at] = random(r, width, 1)
			want[at] = slices.Clone(rows[at])
			g.Edit(layer, p, want[at])
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		for at, row := range rows {
			wg.Go(func() {
				got := slices.Clone(row)
				if !g.Edits(at[0], at[1]) || !g.Edit(at[0], at[1], got) || !slices.Equal(got, want[at]) {
					t.Errorf("%v: %v, want %v", at, got, want[at])
				}
				g.Backward(at[0], at[1], row, got)
				g.Clone()
			})
		}
	}
	wg.Wait()
}

func TestRatios(t *testing.T) {
	c := several()
	g := compile(t, "many*2@2-3,one*-0.25r@embed,clamp:one*6@0,ablate:one,addn:many*ramp(0,4,2)@0", c)
	want := []Ratio{{0, 2, 2 * 4. / 40}, {0, 3, 2 * 5. / 50}, {1, -1, 0.25}, {2, 0, 6. / 20}, {4, 0, 0}}
	if got := g.Ratios(); !closeRatios(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	g.Accept(Token{}, Drawn{})
	want[4].Value = 2 * 2. / 20
	if got := g.Ratios(); !closeRatios(got, want) {
		t.Errorf("at t = 1: got %v, want %v", got, want)
	}
	if got := g.RatiosAt(2)[4].Value; got != 4*2./20 {
		t.Errorf("at t = 2 the ramp's ratio is %v", got)
	}
	c.MedianNorm = nil
	if got := compile(t, "one", c).Ratios(); len(got) != 0 {
		t.Errorf("ratios %v without norms", got)
	}
}

func closeRatios(a, b []Ratio) bool {
	return slices.EqualFunc(a, b, func(a, b Ratio) bool {
		return a.Term == b.Term && a.Layer == b.Layer && a.Value-b.Value < 1e-6 && b.Value-a.Value < 1e-6
	})
}

func TestEmptyPrompt(t *testing.T) {
	c := one([]float32{1})
	c.Prompt = nil
	g := compile(t, "a[last+gen:0]?not entropy>5,a", c)
	g.Accept(Token{Text: "x"}, Drawn{Known: true})
	if got := g.FiredAt(0); !slices.Equal(got, []int{1}) {
		t.Errorf("terms %v fired, want 1: nothing is known of the first token's distribution", got)
	}
}

func BenchmarkAccept(b *testing.B) {
	c := one([]float32{1})
	c.Prompt, c.Drawn = conversation, make([]Drawn, len(conversation))
	g := compile(b, busyPlan, c)
	for i := range b.N {
		g.Accept(conversation[i%len(conversation)], Drawn{})
	}
}

// Whatever the plan, it is refused or runs, and a lane that was cut and went on
// again cannot be told from one that was not.
func FuzzProgram(f *testing.F) {
	for _, p := range plans {
		f.Add(p.text, uint8(13))
	}
	f.Add(strings.ReplaceAll(busyPlan, "a", "many"), uint8(11))
	f.Add(strings.ReplaceAll(busyPlan, "a", "one"), uint8(20))
	f.Fuzz(func(t *testing.T, text string, cut uint8) {
		p, err := Parse(text)
		if err != nil || len(p.Terms) > 20 {
			return
		}
		c := several()
		for _, name := range p.Names() {
			if c.Vectors[name] == nil {
				c.Vectors[name] = c.Vectors["many"]
			}
		}
		c.Prompt, c.Drawn = conversation[:conversationPrompt], make([]Drawn, conversationPrompt)
		g, err := Compile(p, c)
		if err != nil {
			return
		}
		run := func(g *Program) string {
			for i := g.Len(); i < len(conversation); i++ {
				g.Accept(conversation[i], Drawn{Entropy: float64(i % 4), Margin: 0.1, Known: i%3 > 0})
			}
			return fmt.Sprint(g.Report(), g.EmptySelections(), g.Ratios(), g.shots, g.starts)
		}
		want, fork := run(g), g.Clone()
		if err := fork.Truncate(conversationPrompt + int(cut)%(len(conversation)-conversationPrompt)); err != nil {
			t.Fatal(err)
		}
		if got := run(fork); got != want {
			t.Fatalf("cut and run again: %s, want %s", got, want)
		}
		for position := range g.Len() {
			for layer := Embed; layer < 4; layer++ {
				row, grad := []float32{1, -2}, []float32{1, 1}
				g.Backward(layer, position, row, grad)
				if g.Edits(layer, position) != g.Edit(layer, position, row) {
					t.Fatalf("layer %d, position %d: Edit and Edits disagree", layer, position)
				}
				if x := row[0] + row[1]; x-x != 0 && len(p.Terms) == 1 {
					t.Fatalf("layer %d, position %d: the row becomes %v", layer, position, row)
				}
			}
		}
	})
}
