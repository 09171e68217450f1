package steering

import (
	"fmt"
	"math"
	"slices"
)

// Context is what a plan is compiled against: the model, the vectors, and one
// lane's prompt.
type Context struct {
	// Layers is the number of blocks, DModel the width of the stream.
	Layers, DModel int
	// Vectors by the name that plans call them.
	Vectors map[string]*Vector
	// Prompt is the lane's prompt, special tokens included.
	Prompt []Token
	// MedianNorm [layers+1]: the median L2 norm of the prompt's rows at layer
	// i-1, from an unsteered pass. Needed if [Plan.NeedsNorms]; if there, it
	// also gives [Program.Ratios].
	MedianNorm []float32
	// Drawn, by position of the prompt: the distribution its token would have
	// been drawn from, from an unsteered pass. Needed if
	// [Plan.NeedsDistributions]. What it says of position 0 is ignored.
	Drawn []Drawn
}

// Compile binds a plan to a lane whose prompt has been read. Errors about a
// term are [*Error]s.
func Compile(p Plan, c Context) (*Program, error) {
	if err := c.check(p); err != nil {
		return nil, err
	}
	// A plan that was put together by hand is checked by reading it back.
	q, err := Parse(p.String())
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be written as text: %w", err)
	}
	if len(q.Terms) != len(p.Terms) {
		return nil, fmt.Errorf("the plan cannot be written as text: %q reads as %d terms, not %d", q.String(), len(q.Terms), len(p.Terms))
	}
	b := binder{plan: p, context: c, units: map[unitKey][]float32{}, matcherOf: map[string]int{}}
	compiled := &compiled{layers: c.Layers, width: c.DModel, prompt: len(c.Prompt), norms: slices.Clone(c.MedianNorm)}
	for i, t := range q.Terms {
		bound, err := b.bind(i, t)
		if err != nil {
			return nil, err
		}
		compiled.terms = append(compiled.terms, bound)
	}
	compiled.matchers = b.matchers
	g := newProgram(compiled)
	for i, t := range c.Prompt {
		var d Drawn
		if len(c.Drawn) > 0 {
			d = c.Drawn[i]
		}
		g.enter(t, d)
	}
	return g, nil
}

// check refuses a context that lacks what the plan needs.
func (c *Context) check(p Plan) error {
	switch {
	case c.Layers < 0 || c.DModel <= 0:
		return fmt.Errorf("a model of %d layers of width %d cannot be steered", c.Layers, c.DModel)
	case p.NeedsNorms() && len(c.MedianNorm) == 0:
		return fmt.Errorf("the plan %q has a relative strength, which needs the norms of the prompt's rows", p.String())
	case len(c.MedianNorm) != 0 && len(c.MedianNorm) != c.Layers+1:
		return fmt.Errorf("there are median norms of %d layers; a model of %d blocks has %d, with the one before block 0", len(c.MedianNorm), c.Layers, c.Layers+1)
	case p.NeedsDistributions() && len(c.Drawn) != len(c.Prompt):
		return fmt.Errorf("the plan %q has a gate that reads distributions; they are there for %d of the prompt's %d tokens", p.String(), len(c.Drawn), len(c.Prompt))
	case len(c.Drawn) != 0 && len(c.Drawn) != len(c.Prompt):
		return fmt.Errorf("there are distributions for %d tokens, but the prompt has %d", len(c.Drawn), len(c.Prompt))
	}
	for i, n := range c.MedianNorm {
		if n < 0 || math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
			return fmt.Errorf("the median norm at layer %s is %v", layerName(i-1), n)
		}
	}
	return nil
}

// compiled is the part of a program that lanes share. It never changes.
type compiled struct {
	layers, width int
	prompt        int // tokens of the prompt
	norms         []float32
	terms         []boundTerm
	matchers      []*matcher // at the beginning of the text
}

// boundTerm is a term with what it does at each layer.
type boundTerm struct {
	Term
	text     string // canonical
	selector compiledSelector
	edits    []*edit // by layer+1; nil where it does nothing at any time
	zero     []int   // layers at which the vector has a direction of zeros
}
