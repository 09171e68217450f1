package lab

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"tiller/model/generate"
	"tiller/steering"
)

// anywhere applies each term of a plan at positions that chance chooses, at
// the rate at which the term fired: so often at prompt positions before the
// last, so often at positions from which tokens are generated. Special tokens
// are left alone. Chance depends on the seed, the prompt, the term and the
// position, and on nothing else. It is a [generate.Steering].
type anywhere struct {
	terms  []steering.Lanes // a plan of one term each
	rates  []rate           // by term
	layers int
	seed   uint64
}

// rate is how likely a term fires at a position.
type rate struct{ prompt, generated float64 }

// anywhere makes the plan's control of that kind.
func (d *drawer) anywhere(plan steering.Plan, draw int) (*anywhere, error) {
	if len(d.own.Fired) != len(plan.Terms) {
		return nil, fmt.Errorf("it is not known how often the plan's %d terms fire", len(plan.Terms))
	}
	c := d.subject.Model.Config()
	a := &anywhere{layers: c.Layers, seed: d.random(Positions, draw, "").Uint64()}
	for i, t := range plan.Terms {
		t.Select = steering.Selector{{{Kind: steering.Content}}}
		t.Gate = nil
		bound, err := steering.Bind(steering.Plan{Terms: []steering.Term{t}}, c.Layers, c.DModel, d.subject.Vectors)
		if err != nil {
			return nil, err
		}
		a.terms = append(a.terms, steering.Lanes{Bound: bound, Tokenizer: d.subject.Tokenizer})
		a.rates = append(a.rates, rate{
			prompt:    share(d.own.Fired[i].Prompt, d.own.PromptPositions),
			generated: share(d.own.Fired[i].Generated, d.own.Tokens),
		})
	}
	return a, nil
}

// LowestLayer is the lowest layer of any term.
func (a *anywhere) LowestLayer() (layer int, ok bool) {
	for _, t := range a.terms {
		if l, acts := t.LowestLayer(); acts && (!ok || l < layer) {
			layer, ok = l, true
		}
	}
	return layer, ok
}

// NeedsDistributions is false: there are no gates.
func (a *anywhere) NeedsDistributions() bool { return false }

// Editor starts a lane.
func (a *anywhere) Editor(p generate.Prompt, m generate.Measured) (generate.Editor, error) {
	h := fnv.New64a()
	for _, t := range p.Tokens {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(t.ID)))
	}
	e := &anywhereEditor{anywhere: a, prompt: len(p.Tokens), stream: h.Sum64()}
	for _, t := range a.terms {
		of, err := t.Editor(p, m)
		if err != nil {
			return nil, err
		}
		e.editors = append(e.editors, of.(*steering.Editor))
	}
	for range p.Tokens {
		e.enter()
	}
	return e, nil
}

// anywhereEditor is a [generate.Editor] whose terms each have their own
// program, which would fire at every position.
type anywhereEditor struct {
	*anywhere
	editors []*steering.Editor // by term
	prompt  int
	stream  uint64 // hash of the prompt
	edits   []int  // by position: at how many layers it is edited
}

// fires decides whether a term fires at a position.
func (e *anywhereEditor) fires(term, position int) bool {
	r := e.rates[term].generated
	if position < e.prompt-1 {
		r = e.rates[term].prompt
	}
	var random rand.PCG
	random.Seed(e.seed+uint64(term)*0x9e3779b97f4a7c15, e.stream+uint64(position))
	random.Uint64()
	return float64(random.Uint64()>>11)/(1<<53) < r
}

// enter counts what is edited at the next position.
func (e *anywhereEditor) enter() {
	p := len(e.edits)
	n := 0
	for layer := steering.Embed; layer < e.layers; layer++ {
		for i, of := range e.editors {
			if of.Edits(layer, p) && e.fires(i, p) {
				n++
				break
			}
		}
	}
	e.edits = append(e.edits, n)
}

// Accept lets a generated token enter.
func (e *anywhereEditor) Accept(id int, text string, drawn generate.Drawn) {
	for _, of := range e.editors {
		of.Accept(id, text, drawn)
	}
	e.enter()
}

// Edit applies the terms that fire, in plan order.
func (e *anywhereEditor) Edit(layer, position int, row []float32) bool {
	if !e.Steered(position) {
		return false
	}
	edited := false
	for i, of := range e.editors {
		if e.fires(i, position) && of.Edit(layer, position, row) {
			edited = true
		}
	}
	return edited
}

// Truncate forgets the positions from position on.
func (e *anywhereEditor) Truncate(position int) error {
	for _, of := range e.editors {
		if err := of.Truncate(position); err != nil {
			return err
		}
	}
	e.edits = e.edits[:position]
	return nil
}

// FirstPosition is the first prompt position that is edited.
func (e *anywhereEditor) FirstPosition() (position int, ok bool) {
	for p, n := range e.edits[:e.prompt] {
		if n > 0 {
			return p, true
		}
	}
	return 0, false
}

// Steered reports whether a position is edited.
func (e *anywhereEditor) Steered(position int) bool {
	return position >= 0 && position < len(e.edits) && e.edits[position] > 0
}

// Report counts the edits so far.
func (e *anywhereEditor) Report() steering.Report {
	var r steering.Report
	for p, n := range e.edits {
		r.RowEdits += n
		if n > 0 && p < e.prompt-1 {
			r.PromptEdits++
		}
	}
	return r
}
