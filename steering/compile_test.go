package steering

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// several is a context of 4 layers of width 2 with vectors of many kinds.
func several() Context {
	vector := func(name string, layers ...int) *Vector {
		v := &Vector{Name: name, DModel: 2, Directions: map[int][]float32{}}
		for _, l := range layers {
			v.Directions[l] = []float32{float32(l + 2), 0}
		}
		return v
	}
	c := Context{Layers: 4, DModel: 2, Prompt: []Token{{Text: "x"}}, MedianNorm: []float32{10, 20, 30, 40, 50}, Vectors: map[string]*Vector{
		"one": vector("one", 1), "many": vector("many", 0, 2, 3), "embed": vector("embed", Embed), "deep": vector("deep", 1, 2, 27),
		"single-deep": vector("single-deep", 9),
	}}
	c.Vectors["wide"] = &Vector{Name: "wide", DModel: 1536, Source: "/some/where/happy.gguf", Directions: map[int][]float32{}}
	for l := range 28 {
		c.Vectors["wide"].Directions[l] = slices.Repeat([]float32{1}, 1536)
	}
	c.Vectors["hole"] = vector("hole", 0, 1)
	c.Vectors["hole"].Directions[1] = []float32{0, 0}
	c.Vectors["nan"] = vector("nan", 1)
	c.Vectors["nan"].Directions[1][1] = float32(math.NaN())
	c.Vectors["huge"] = &Vector{DModel: 2, Directions: map[int][]float32{0: {1e18, 0}}}
	c.Vectors["tiny"] = &Vector{DModel: 2, Directions: map[int][]float32{0: {1e-42, 0}}}
	return c
}

func TestLayers(t *testing.T) {
	tests := []struct{ plan, want string }{ // layer=what is added there
		{"one", "1=3"},
		{"one@own", "1=3"},
		{"one@all", "0=3 1=3 2=3 3=3"},
		{"one@embed+2-3", "-1=3 2=3 3=3"},
		{"one@3+1-2+2", "1=3 2=3 3=3"},
		{"many", "0=2 2=4 3=5"},
		{"many@all", "0=2 2=4 3=5"},
		{"many@2-3", "2=4 3=5"},
		{"embed", "-1=1"},
		{"embed@all", "0=1 1=1 2=1 3=1"},
		{"embed@0", "0=1"},
		{"deep@1-2", "1=3 2=4"},
		{"single-deep@0", "0=11"},
		{"single-deep@all", "0=11 1=11 2=11 3=11"},
		{"hole", "0=2"},
		{"one,many@2*2", ""}, // wrong order
		{"one,many*2@2", "1=3 2=8"},
		{"one*0.5r@all", "0=10 1=15 2=20 3=25"},
		{"many*-0.5r", "0=-10 2=-20 3=-25"},
		{"clamp:one*0.5r@2-3", "2=20 3=25"},
	}
	for _, test := range tests {
		t.Run(test.plan, func(t *testing.T) {
			p, err := Parse(test.plan)
			if err != nil {
				if test.want != "" {
					t.Fatal(err)
				}
				return
			}
			g, err := Compile(p, several())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			lowest := math.MaxInt
			for layer := Embed; layer < 4; layer++ {
				row := []float32{0, 0}
				if g.Edit(layer, 0, row) {
					got = append(got, fmt.Sprintf("%d=%v", layer, row[0]))
					lowest = min(lowest, layer)
				}
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("edits %s, want %s", s, test.want)
			}
			if layer, ok := g.LowestLayer(); !ok || layer != lowest {
				t.Errorf("lowest layer %d, %v; want %d", layer, ok, lowest)
			}
			if r := g.Report(); r.RowEdits != len(got) {
				t.Errorf("%d row edits, want %d", r.RowEdits, len(got))
			}
		})
	}
}

func TestCompileErrors(t *testing.T) {
	tests := []struct {
		plan         string
		term, column int
		reason       string
	}{
		{"ones", 1, 1, `there is no vector "ones"; did you mean "one"?`},
		{"one, mnay*2", 2, 6, `did you mean "many"?`},
		{"ablate: refusal", 1, 9, `there is "deep", "embed", "hole", "huge", "many", "nan", "one", "single-deep" and 2 more`},
		{"wide*2", 1, 1, "happy.gguf has directions for 28 layers of width 1536; this model has 4 of 2"},
		{"one,deep", 2, 5, "deep has directions for 3 layers up to layer 27 of width 2; this model has 4 of 2"},
		{"single-deep", 1, 1, "single-deep has a direction for layer 9 of width 2"},
		{"one@4", 1, 5, "this model has no layer 4; it has layers 0 to 3, and embed"},
		{"one @ 1+3-9", 1, 7, "no layer 4"},
		{"many@1", 1, 6, "many has no direction at layer 1; it has layers 0, 2-3"},
		{"one,many@embed", 2, 10, "no direction at layer embed"},
		{"nan", 1, 1, "NaN at index 1"},
		{"one*2?entropy>1&probe(x)>1", 1, 7, `cannot evaluate "probe(x)>1"; it can evaluate entropy>x, entropy<x and margin<x`},
		{"one?not category(step)", 1, 5, `cannot evaluate "category(step)"`},
		{"one?disagree", 1, 5, "cannot evaluate"},
		{"huge*2", 1, 6, "more than a row can take"},
		{"tiny*1r", 1, 6, "more than a row can take"},
	}
	for _, test := range tests {
		t.Run(test.plan, func(t *testing.T) {
			p, err := Parse(test.plan)
			if err != nil {
				t.Fatal(err)
			}
			c := several()
			c.Drawn = make([]Drawn, 1)
			_, err = Compile(p, c)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Term != test.term || e.Column != test.column || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("got %q, want term %d, column %d, %q", e, test.term, test.column, test.reason)
			}
			if e.Text != test.plan {
				t.Errorf("the error is about %q", e.Text)
			}
		})
	}
}

// A plan that was changed after parsing is pointed at in its canonical text.
func TestErrorColumnOfChangedPlan(t *testing.T) {
	p, err := Parse("  one ,  many @ 2")
	if err != nil {
		t.Fatal(err)
	}
	p.Terms[1].Layers.Items[0] = Span{1, 1}
	_, err = Compile(p, several())
	var e *Error
	if !errors.As(err, &e) || e.Text != "one,many@1" || e.Column != 10 {
		t.Errorf("got %+v", e)
	}
}

func TestCompileContext(t *testing.T) {
	for name, test := range map[string]struct {
		plan   string
		change func(*Context)
		want   string
	}{
		"no width":          {"one", func(c *Context) { c.DModel = 0 }, "cannot be steered"},
		"no norms":          {"one*1r", func(c *Context) { c.MedianNorm = nil }, "needs the norms"},
		"too few norms":     {"one", func(c *Context) { c.MedianNorm = []float32{1} }, "median norms of 1 layers"},
		"NaN norm":          {"one", func(c *Context) { c.MedianNorm[2] = float32(math.NaN()) }, "median norm at layer 1 is NaN"},
		"no distributions":  {"one?entropy>1", func(*Context) {}, "known for 0 of the prompt's 1 tokens"},
		"too many of them":  {"one", func(c *Context) { c.Drawn = make([]Drawn, 2) }, "distributions for 2 tokens"},
		"no vectors at all": {"one", func(c *Context) { c.Vectors = nil }, "none is loaded"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse(test.plan)
			if err != nil {
				t.Fatal(err)
			}
			c := several()
			test.change(&c)
			if _, err := Compile(p, c); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Plans put together by hand are refused, not run, when no text says the same.
func TestHandmadePlans(t *testing.T) {
	term := func(change func(*Term)) Plan {
		t := Term{Vector: "one", Strength: One()}
		change(&t)
		return Plan{Terms: []Term{t}}
	}
	for name, p := range map[string]Plan{
		"name":     term(func(t *Term) { t.Vector = "one,one" }),
		"no name":  term(func(t *Term) { t.Vector = "" }),
		"op":       term(func(t *Term) { t.Op = 99 }),
		"NaN":      term(func(t *Term) { t.Strength.Value = math.NaN() }),
		"infinity": term(func(t *Term) { t.Strength.Value = math.Inf(1) }),
		"ramp":     term(func(t *Term) { t.Strength = Strength{Kind: Ramp} }),
		"curve":    term(func(t *Term) { t.Strength = Strength{Kind: Curve} }),
		"layers":   term(func(t *Term) { t.Layers.Kind = NamedLayers }),
		"negative": term(func(t *Term) { t.Layers = Layers{NamedLayers, []Span{{-5, 2}}} }),
		"period":   term(func(t *Term) { t.Select = Selector{{{Kind: Every}}} }),
		"clause":   term(func(t *Term) { t.Select = Selector{{}} }),
		"atom":     term(func(t *Term) { t.Select = Selector{{{Kind: 99}}} }),
		"pattern":  term(func(t *Term) { t.Select = Selector{{{Kind: Match, Pattern: "("}}} }),
		"relative": term(func(t *Term) { t.Op = Scale; t.Strength.Relative = true }),
		"category": term(func(t *Term) { t.Gate = Gate{{Kind: Category}} }),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Compile(p, several()); err == nil {
				t.Errorf("%q is compiled", p)
			}
		})
	}
	p := term(func(t *Term) { t.Select = Selector{{{Kind: All}}} })
	if _, err := Compile(p, several()); err != nil {
		t.Errorf("an explicit all: %v", err)
	}
}

func TestBind(t *testing.T) {
	p, err := Parse("many*0.5r@2-3,one*ramp(0,0,3)")
	if err != nil {
		t.Fatal(err)
	}
	c := several()
	b, err := Bind(p, c.Layers, c.DModel, c.Vectors)
	if err != nil {
		t.Fatal(err)
	}
	if layer, ok := b.LowestLayer(); !ok || layer != 2 {
		t.Errorf("lowest layer %d, %v; want 2", layer, ok)
	}
	if !b.NeedsNorms() || b.NeedsDistributions() || !b.Plan().Equal(p) {
		t.Error("the plan needs norms alone")
	}
	for _, norm := range []float32{10, 40, 0} {
		g, err := b.Start(c.Prompt, []float32{1, 1, 1, norm, 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		row := []float32{0, 0}
		if edited := g.Edit(2, 0, row); row[0] != norm/2 || edited != (norm != 0) {
			t.Errorf("norm %v: added %v, edited %v", norm, row[0], edited)
		}
	}
}

func TestVectorCheck(t *testing.T) {
	inf := float32(math.Inf(1))
	tests := []struct {
		name string
		v    Vector
		want string
	}{
		{"good", Vector{DModel: 2, Directions: map[int][]float32{Embed: {0, 0}, 3: {1, 2}}}, ""},
		{"empty", Vector{DModel: 2}, "no directions"},
		{"no width", Vector{Directions: map[int][]float32{0: {}}}, "width 0"},
		{"widths", Vector{DModel: 2, Directions: map[int][]float32{0: {1, 2}, 5: {1}}}, "layer 5 has width 1"},
		{"layer", Vector{DModel: 1, Directions: map[int][]float32{-2: {1}}}, "layer -2"},
		{"infinite", Vector{DModel: 2, Directions: map[int][]float32{1: {1, inf}}}, "+Inf at index 1"},
		{"zero", Vector{DModel: 1, Directions: map[int][]float32{1: {0}, 2: {0}}}, "zero at every layer"},
		{"norm", Vector{DModel: 2, Directions: map[int][]float32{1: {3e38, 3e38}}}, "too large"},
		{"names", Vector{Name: "a\x1b[31m", Source: "b\n", DModel: 1}, `vector "a\x1b[31m" ("b\n")`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.v.Check()
			if test.want == "" && err == nil {
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || test.want == "" {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	v := Vector{DModel: 2, Directions: map[int][]float32{7: {3, 4}, Embed: {0, 0}, 2: {1, 0}}}
	if got := v.Layers(); !slices.Equal(got, []int{-1, 2, 7}) {
		t.Errorf("layers %v", got)
	}
	if got := v.Norm(7); got != 5 {
		t.Errorf("norm %v", got)
	}
}

// TestExpressionsTogether: every expression of a plan is simulated at every
// character, so what they cost is bounded together.
func TestExpressionsTogether(t *testing.T) {
	terms := func(n int, pattern string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "one*0.1[match:/%s%d/],", pattern, i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	const large = "((a|b){30}){30}"
	for plan, refused := range map[string]bool{
		terms(1000, "Wait"): false,
		terms(3, large):     false,
		terms(100, large):   true,
		strings.Repeat(terms(1, large)+",", 99) + "one": false, // one expression
	} {
		p, err := Parse(plan)
		if err != nil {
			t.Fatal(err)
		}
		var e *Error
		_, err = Bind(p, 4, 2, several().Vectors)
		if errors.As(err, &e) != refused || refused && (e.Term < 4 || !strings.Contains(err.Error(), "too large together")) {
			t.Errorf("%.40s: %v, want it refused: %v", plan, err, refused)
		}
	}
}
