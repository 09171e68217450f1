package steering

import (
	"slices"
	"strings"
	"testing"
)

// TestWithout compares the plan less each of its terms with the plan that never
// had it, and with Edit leaving the term out.
func TestWithout(t *testing.T) {
	const plan = busyPlan + ",a*0.3r@1[prompt],a@0[match:/\\./]"
	whole, err := Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	c := one([]float32{1})
	c.Prompt = conversation[:conversationPrompt]
	c.Drawn = make([]Drawn, conversationPrompt)
	c.MedianNorm = []float32{1, 2, 3, 4, 5}[:c.Layers+1]
	start := func(b *Bound) *Program {
		g, err := b.Start(c.Prompt, c.MedianNorm, c.Drawn)
		if err != nil {
			t.Fatal(err)
		}
		for i, token := range conversation[conversationPrompt:] {
			g.Accept(token, Drawn{Entropy: float64(i) / 2, Known: true})
		}
		return g
	}
	bind := func(p Plan) *Bound {
		b, err := Bind(p, c.Layers, c.DModel, c.Vectors)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	all := bind(whole)
	with := start(all)
	for i := range whole.Terms {
		less := all.Without(i)
		never := bind(Plan{Terms: slices.Delete(slices.Clone(whole.Terms), i, i+1)})
		if got, want := less.Plan().String(), never.Plan().String(); got != want {
			t.Errorf("the plan without term %d is %q, want %q", i+1, got, want)
		}
		g, w := start(less), start(never)
		if got, want := state(g), state(w); got != want {
			t.Errorf("without term %d:\n%s\nwant\n%s", i+1, got, want)
		}
		for p := range with.Len() {
			for layer := Embed; layer < c.Layers; layer++ {
				got, want := []float32{1}, []float32{1}
				edited, edits := with.EditWithout(i, layer, p, got), w.Edit(layer, p, want)
				if edited != edits || got[0] != want[0] {
					t.Errorf("without term %d, layer %d, position %d: %v %v, want %v %v", i+1, layer, p, edited, got, edits, want)
				}
			}
		}
	}
	if got := all.Plan(); !got.Equal(whole) || len(all.terms) != len(whole.Terms) {
		t.Errorf("the plan itself became %q", got)
	}
	single := bind(Plan{Terms: whole.Terms[:1]}).Without(0)
	if _, acts := single.LowestLayer(); acts || single.Plan().String() != "" {
		t.Errorf("a plan without its only term is %q", single.Plan())
	}
	if strings.Contains(all.Without(3).Plan().String(), "entropy") || all.Without(3).NeedsDistributions() {
		t.Error("the plan without its gate still needs distributions")
	}
}
