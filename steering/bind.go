package steering

import (
	"fmt"
	"path/filepath"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// binder fills a Bound.
type binder struct {
	*Bound
	vectors   map[string]*Vector
	units     map[unitKey][]float32
	matcherOf map[string]int
	steps     int // instructions of all matchers
}

type unitKey struct {
	vector string
	layer  int
}

// bind compiles the 0-based term i.
func (b *binder) bind(i int, t Term) (boundTerm, error) {
	bound := boundTerm{Term: t, text: t.String(), edits: make([]*edit, b.layers+1)}
	if err := b.checkGate(i, t); err != nil {
		return bound, err
	}
	v, err := b.vector(i, t)
	if err != nil {
		return bound, err
	}
	at, err := b.resolve(i, t, v)
	if err != nil {
		return bound, err
	}
	for _, l := range at {
		e := b.edit(t, v, l.own)
		if e == nil {
			bound.zero = append(bound.zero, l.layer)
			continue
		}
		if !e.relative { // else it depends on the lane
			if err := b.checkSize(i, l.layer, t, e); err != nil {
				return bound, err
			}
		}
		if t.Strength.everChanges(e) {
			bound.edits[l.layer+1] = e
		}
	}
	if bound.selector, err = b.selector(t.Select); err != nil {
		return bound, err
	}
	if b.steps > maxPrograms {
		return bound, b.plan.fail(i, selectorPart, "the plan's expressions are too large together (more than %d steps): repeat fewer times, or match less", maxPrograms)
	}
	return bound, nil
}

func (b *binder) checkGate(i int, t Term) error {
	for _, test := range t.Gate {
		if !test.Kind.readsDistribution() {
			return b.plan.fail(i, gatePart, "this version cannot evaluate %s; it can evaluate entropy>x, entropy<x and margin<x", badfile.Quote(Test{Kind: test.Kind, Name: test.Name, Bound: test.Bound}.String()))
		}
	}
	return nil
}

// vector finds the term's vector and checks that it fits the model.
func (b *binder) vector(i int, t Term) (*Vector, error) {
	v := b.vectors[t.Vector]
	if v == nil {
		return nil, b.plan.fail(i, vectorPart, "there is no vector %s; %s", badfile.Quote(t.Vector), suggest(t.Vector, b.vectors))
	}
	if err := v.Check(); err != nil {
		return nil, b.plan.fail(i, vectorPart, "%v", err)
	}
	layers := v.Layers()
	if v.DModel != b.width || t.Layers.Kind != NamedLayers && !b.fits(t, layers) {
		return nil, b.plan.fail(i, vectorPart, "%s has %s of width %d; this model has %d of %d", fileName(v, t.Vector), directionsFor(layers), v.DModel, b.layers, b.width)
	}
	return v, nil
}

// fits reports whether the model has the layers that the term takes from its
// vector without naming them.
func (b *binder) fits(t Term, layers []int) bool {
	if len(layers) == 1 && t.Layers.Kind == AllLayers {
		return true
	}
	return layers[len(layers)-1] < b.layers
}

// placed is a layer of the model with the vector's layer whose direction is
// used there.
type placed struct{ layer, own int }

// resolve finds where the term acts, each layer once, in increasing order.
func (b *binder) resolve(i int, t Term, v *Vector) ([]placed, error) {
	own := v.Layers()
	single := len(own) == 1
	var at []placed
	switch {
	case t.Layers.Kind == AllLayers && single:
		for layer := range b.layers {
			at = append(at, placed{layer, own[0]})
		}
		return at, nil
	case t.Layers.Kind != NamedLayers:
		for _, layer := range own {
			at = append(at, placed{layer, layer})
		}
		return at, nil
	}
	named := make([]bool, b.layers+1)
	for _, item := range t.Layers.Items {
		for layer := item.From; layer <= item.To; layer++ {
			if layer >= b.layers {
				return nil, b.plan.fail(i, layersPart, "this model has no layer %d; it has layers 0 to %d, and embed", layer, b.layers-1)
			}
			if !single && v.Directions[layer] == nil {
				return nil, b.plan.fail(i, layersPart, "%s has no direction at layer %s; it has layers %s", fileName(v, t.Vector), layerName(layer), spans(own))
			}
			named[layer+1] = true
		}
	}
	for n, yes := range named {
		if yes && single {
			at = append(at, placed{n - 1, own[0]})
		} else if yes {
			at = append(at, placed{n - 1, n - 1})
		}
	}
	return at, nil
}

// edit is the term's operation with the vector's direction at layer own, or
// nil if that direction is zero.
func (b *binder) edit(t Term, v *Vector, own int) *edit {
	d := v.Directions[own]
	e := &edit{op: t.Op, direction: d, norm: norm(d), factor: 1, relative: t.Strength.Relative, own: own}
	if e.norm == 0 {
		return nil
	}
	key := unitKey{t.Vector, own}
	if b.units[key] == nil {
		u := make([]float32, len(d))
		for i, x := range d {
			u[i] = float32(float64(x) / e.norm)
		}
		b.units[key] = u
	}
	e.unit = b.units[key]
	return e
}

// selector compiles the expressions of a selector; equal ones share a matcher.
func (b *binder) selector(s Selector) (compiledSelector, error) {
	out := make(compiledSelector, len(s))
	for i, clause := range s {
		for _, atom := range clause {
			a := compiledAtom{Atom: atom}
			if atom.Kind == Match {
				var err error
				if a.matcher, err = b.matcher(atom.Pattern); err != nil {
					return nil, err
				}
			}
			out[i] = append(out[i], a)
		}
	}
	return out, nil
}

// matcher is the number of the pattern's matcher.
func (b *binder) matcher(pattern string) (int, error) {
	if n, ok := b.matcherOf[pattern]; ok {
		return n, nil
	}
	m, err := newMatcher(pattern)
	if err != nil {
		return 0, err
	}
	b.matchers = append(b.matchers, m)
	b.steps += len(m.prog.Inst)
	b.matcherOf[pattern] = len(b.matchers) - 1
	return b.matcherOf[pattern], nil
}

// fileName is how errors name a vector: its file without the folder, or the
// name it has in plans.
func fileName(v *Vector, name string) string {
	if v.Source != "" {
		name = filepath.Base(v.Source)
	}
	if strings.IndexFunc(name, func(r rune) bool { return r > 0x7f || !isName(byte(r)) }) >= 0 {
		return fmt.Sprintf("%q", name)
	}
	return name
}

// directionsFor is "directions for 28 layers", naming the highest if counting
// them says nothing.
func directionsFor(layers []int) string {
	if len(layers) == 1 {
		return "a direction for layer " + layerName(layers[0])
	}
	if last := layers[len(layers)-1]; last >= len(layers) {
		return fmt.Sprintf("directions for %d layers up to layer %d", len(layers), last)
	}
	return fmt.Sprintf("directions for %d layers", len(layers))
}

// spans writes increasing layers as "embed, 1-3, 5".
func spans(layers []int) string {
	var parts []string
	for i := 0; i < len(layers); {
		if layers[i] == Embed {
			parts = append(parts, "embed")
			i++
			continue
		}
		from := i
		for i++; i < len(layers) && layers[i] == layers[i-1]+1; i++ {
		}
		parts = append(parts, formatSpan(layers[from], layers[i-1]))
	}
	return strings.Join(parts, ", ")
}
