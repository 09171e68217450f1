package steering

import (
	"fmt"
	"math"
	"slices"

	"tiller/model/checkpoint/badfile"
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

// Compile binds a plan to a lane: [Bind], then [Bound.Start]. Errors about a
// term are [*Error]s.
func Compile(p Plan, c Context) (*Program, error) {
	b, err := Bind(p, c.Layers, c.DModel, c.Vectors)
	if err != nil {
		return nil, err
	}
	return b.Start(c.Prompt, c.MedianNorm, c.Drawn)
}

// Bound is a plan bound to a model and vectors, for any number of lanes.
type Bound struct {
	plan          Plan
	layers, width int
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

// Bind finds a plan's vectors and checks that they fit a model of so many
// blocks and that width. Errors about a term are [*Error]s.
func Bind(p Plan, layers, dModel int, vectors map[string]*Vector) (*Bound, error) {
	if layers < 0 || dModel <= 0 {
		return nil, fmt.Errorf("a model of %d layers of width %d cannot be steered", layers, dModel)
	}
	// A plan that was put together by hand is checked by reading it back.
	q, err := Parse(p.String())
	if err == nil && len(q.Terms) != len(p.Terms) {
		err = fmt.Errorf("%q reads as %d terms, not %d", p.String(), len(q.Terms), len(p.Terms))
	}
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be written as text: %w", err)
	}
	bound := &Bound{plan: p, layers: layers, width: dModel}
	b := binder{Bound: bound, vectors: vectors, units: map[unitKey][]float32{}, matcherOf: map[string]int{}}
	for i, t := range q.Terms {
		term, err := b.bind(i, t)
		if err != nil {
			return nil, err
		}
		bound.terms = append(bound.terms, term)
	}
	return bound, nil
}

// Plan is the plan that was bound.
func (b *Bound) Plan() Plan { return b.plan }

// LowestLayer returns the lowest layer that a term can edit at any time; not
// ok means that the plan is neutral.
func (b *Bound) LowestLayer() (layer int, ok bool) { return lowestLayer(b.terms) }

func lowestLayer(terms []boundTerm) (layer int, ok bool) {
	for _, t := range terms {
		n := slices.IndexFunc(t.edits, func(e *edit) bool { return e != nil })
		if n >= 0 && (!ok || n-1 < layer) {
			layer, ok = n-1, true
		}
	}
	return layer, ok
}

// NeedsDistributions is that of the plan.
func (b *Bound) NeedsDistributions() bool { return b.plan.NeedsDistributions() }

// NeedsNorms is that of the plan.
func (b *Bound) NeedsNorms() bool { return b.plan.NeedsNorms() }

// Start begins a lane whose prompt has been read; see [Context] for the
// arguments.
func (b *Bound) Start(prompt []Token, medianNorm []float32, drawn []Drawn) (*Program, error) {
	if err := b.check(prompt, medianNorm, drawn); err != nil {
		return nil, err
	}
	terms := slices.Clone(b.terms)
	for i := range terms {
		if err := b.relate(i, &terms[i], medianNorm); err != nil {
			return nil, err
		}
	}
	g := newProgram(&compiled{
		layers: b.layers, terms: terms, matchers: b.matchers,
		prompt: len(prompt), norms: slices.Clone(medianNorm),
	})
	for i, t := range prompt {
		var d Drawn
		if len(drawn) > 0 {
			d = drawn[i]
		}
		g.enter(t, d)
	}
	return g, nil
}

// check refuses facts about a lane that the plan can't use, or needs and lacks.
func (b *Bound) check(prompt []Token, medianNorm []float32, drawn []Drawn) error {
	p := b.plan
	switch {
	case p.NeedsNorms() && len(medianNorm) == 0:
		return fmt.Errorf("the plan %q has a relative strength, which needs the norms of the prompt's rows", p.String())
	case len(medianNorm) != 0 && len(medianNorm) != b.layers+1:
		return fmt.Errorf("there are median norms of %d layers; a model of %d blocks has %d, with the one before block 0", len(medianNorm), b.layers, b.layers+1)
	case p.NeedsDistributions() && len(drawn) != len(prompt):
		return fmt.Errorf("the plan %q has a gate that reads distributions, but they are known for %d of the prompt's %d tokens", p.String(), len(drawn), len(prompt))
	case len(drawn) != 0 && len(drawn) != len(prompt):
		return fmt.Errorf("there are distributions for %d tokens, but the prompt has %d", len(drawn), len(prompt))
	}
	for i, n := range medianNorm {
		if n < 0 || math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
			return fmt.Errorf("the median norm at layer %s is %v", layerName(i-1), n)
		}
	}
	return nil
}

// relate turns the relative strength of a term, the 0-based i, if it has one,
// into the lane's own.
func (b *Bound) relate(i int, t *boundTerm, medianNorm []float32) error {
	if !t.Strength.Relative {
		return nil
	}
	edits := make([]*edit, len(t.edits))
	for n, e := range t.edits {
		if e == nil {
			continue
		}
		own := *e
		own.factor = float64(medianNorm[n])
		if t.Op != Clamp {
			own.factor /= own.norm
		}
		if err := b.checkSize(i, n-1, t.Term, &own); err != nil {
			return err
		}
		if t.Strength.everChanges(&own) {
			edits[n] = &own
		}
	}
	t.edits = edits
	return nil
}

// maxEdit is the largest norm that may be added to a row: the squares of what
// is larger overflow float32 in the next norm.
const maxEdit = 1e18

// checkSize refuses an edit of the 0-based term i that no row can take.
func (b *Bound) checkSize(i, layer int, t Term, e *edit) error {
	size := t.Strength.peak() * e.factor
	switch t.Op {
	case Add, AddN:
		if size > math.MaxFloat32 { // a direction close to zero
			break
		}
		size *= e.norm
	case Clamp:
	default:
		return nil
	}
	if size > maxEdit {
		return b.plan.fail(i, strengthPart, "strength %s with a direction of norm %.3g at layer %s is more than a row can take", badfile.Short(t.Strength.String()), e.norm, layerName(layer))
	}
	return nil
}

// compiled is what a lane and its forks share. It never changes.
type compiled struct {
	layers   int
	terms    []boundTerm
	matchers []*matcher // at the beginning of the text
	prompt   int        // tokens of the prompt
	norms    []float32  // by layer+1; may be empty
}
