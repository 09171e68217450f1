package controls

import (
	"errors"
	"fmt"

	"tiller/model/generate"
	"tiller/steering"
)

// A Scatter is a plan bound to be applied where chance has it. Each of its
// terms does what it does in the plan, but chance takes the place of its
// selector and its gate. Special tokens are left alone. A Scatter may be used
// by many lanes at once.
type Scatter struct {
	terms  []steering.Lanes // a plan of one term each
	texts  []string         // the terms as they stand in the plan
	layers int
	seed   uint64
	draw   int
}

// Scatter binds a plan, which is the drawer's or has other strengths, for the
// 0-based draw of [Positions]. Its errors are those of [steering.Bind].
func (d *Drawer) Scatter(plan steering.Plan, draw int) (*Scatter, error) {
	s := &Scatter{layers: d.Layers, seed: d.Seed, draw: draw}
	for i, t := range plan.Terms {
		s.texts = append(s.texts, t.String())
		t.Select = steering.Selector{{{Kind: steering.Content}}}
		t.Gate = nil
		bound, err := steering.Bind(steering.Plan{Terms: []steering.Term{t}}, d.Layers, d.DModel, d.Vectors)
		if err != nil {
			return nil, fmt.Errorf("term %d of the plan at other positions: %w", i+1, err)
		}
		s.terms = append(s.terms, steering.Lanes{Bound: bound, Tokenizer: d.Tokenizer})
	}
	return s, nil
}

// Anywhere applies the terms at rates, one for each term: with that chance at
// every position. Chance depends on the seed, the draw, the prompt, the term
// and the position, and on nothing else.
func (s *Scatter) Anywhere(rates []Rate) (*Anywhere, error) {
	if len(rates) != len(s.terms) {
		return nil, fmt.Errorf("it is not known how often the plan's %d terms fire", len(s.terms))
	}
	seed := random(s.seed, Positions, s.draw, "").Uint64()
	return &Anywhere{scatter: s, chances: func(p generate.Prompt) chance {
		return &coins{rates: rates, prompt: len(p.Tokens), seed: seed, stream: hashOf(p)}
	}}, nil
}

// On applies the terms to one sample, as often as they fired on that very
// sample in the plan's lane: each at as many positions of the prompt before its
// last, and at as many of those that the plan's lane generated from. Farther
// on than that lane went, terms fire at the rate at which they fired among
// those. Firings are fewer where the lane ends earlier, where chance hits a
// special token that was generated, where a strength is neutral for a time,
// and where the plan edited special tokens. Chance depends on the seed, the
// draw, the sample, the term and the position, and on nothing else; sample is
// all that tells the sample from others.
func (s *Scatter) On(sample string, f Firings) (*Anywhere, error) {
	if len(f.Terms) != len(s.terms) {
		return nil, fmt.Errorf("it is not known how often the plan's %d terms fired on the sample %q", len(s.terms), sample)
	}
	rates := make([]Rate, len(f.Terms))
	for i, t := range f.Terms {
		if t.Prompt < 0 || t.Generated < 0 || t.Generated > f.Generated {
			return nil, fmt.Errorf("term %d of the plan can't have fired at %d positions of the prompt and %d of %d after it on the sample %q", i+1, t.Prompt, t.Generated, f.Generated, sample)
		}
		rates[i] = Rate{Generated: share(t.Generated, f.Generated)}
	}
	seed := random(s.seed, Positions, s.draw, fmt.Sprintf("%q", sample)).Uint64()
	return &Anywhere{scatter: s, chances: func(p generate.Prompt) chance {
		n := len(p.Tokens)
		h := &hand{beyond: coins{rates: rates, prompt: n, seed: seed}}
		for i, t := range f.Terms {
			h.lots = append(h.lots, deal(p, t, f.Generated, random(s.seed, Positions, s.draw, fmt.Sprintf("%q/%d", sample, i))))
		}
		return h
	}}, nil
}

// Anywhere is a plan whose terms fire where chance has it. It is a
// [generate.Steering].
type Anywhere struct {
	scatter *Scatter
	chances func(generate.Prompt) chance // of a lane
}

// LowestLayer is the lowest layer of any term.
func (a *Anywhere) LowestLayer() (layer int, ok bool) {
	for _, t := range a.scatter.terms {
		if l, acts := t.LowestLayer(); acts && (!ok || l < layer) {
			layer, ok = l, true
		}
	}
	return layer, ok
}

// NeedsDistributions is false: there are no gates.
func (a *Anywhere) NeedsDistributions() bool { return false }

// Editor starts a lane. The editor is an [*Editor].
func (a *Anywhere) Editor(p generate.Prompt, m generate.Measured) (generate.Editor, error) {
	if len(p.Tokens) == 0 {
		return nil, errors.New("a control needs a prompt of at least one token")
	}
	e := &Editor{scatter: a.scatter, chance: a.chances(p), prompt: len(p.Tokens)}
	for _, t := range a.scatter.terms {
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

// Editor is a [generate.Editor] whose terms each have their own program, which
// would fire at every position.
type Editor struct {
	scatter *Scatter
	chance  chance
	editors []*steering.Editor // by term
	prompt  int
	edits   []int // by position: at how many layers it is edited
}

// enter counts what is edited at the next position.
func (e *Editor) enter() {
	p := len(e.edits)
	n := 0
	for layer := steering.Embed; layer < e.scatter.layers; layer++ {
		for i, of := range e.editors {
			if of.Edits(layer, p) && e.chance.fires(i, p) {
				n++
				break
			}
		}
	}
	e.edits = append(e.edits, n)
}

// Accept lets a generated token enter.
func (e *Editor) Accept(id int, text string, drawn generate.Drawn) {
	for _, of := range e.editors {
		of.Accept(id, text, drawn)
	}
	e.enter()
}

// Edit applies the terms that fire to a row [d_model], in plan order, and
// reports whether there were any.
func (e *Editor) Edit(layer, position int, row []float32) bool {
	if !e.Steered(position) {
		return false
	}
	edited := false
	for i, of := range e.editors {
		if e.chance.fires(i, position) && of.Edit(layer, position, row) {
			edited = true
		}
	}
	return edited
}

// Truncate forgets the positions from position on. One inside the prompt is
// refused.
func (e *Editor) Truncate(position int) error {
	if position < e.prompt || position > len(e.edits) {
		return fmt.Errorf("a lane with %d positions, %d of them prompt, cannot be cut at %d", len(e.edits), e.prompt, position)
	}
	for _, of := range e.editors {
		if err := of.Truncate(position); err != nil {
			return err
		}
	}
	e.edits = e.edits[:position]
	return nil
}

// FirstPosition is the first prompt position that is edited.
func (e *Editor) FirstPosition() (position int, ok bool) {
	for p, n := range e.edits[:e.prompt] {
		if n > 0 {
			return p, true
		}
	}
	return 0, false
}

// Steered reports whether a position is edited.
func (e *Editor) Steered(position int) bool {
	return position >= 0 && position < len(e.edits) && e.edits[position] > 0
}

// Report counts the edits so far; terms have the plan's text, though they fire
// elsewhere. It has no warnings, and its own Steered is false everywhere: ask
// [Editor.Steered].
func (e *Editor) Report() steering.Report {
	var r steering.Report
	for i, text := range e.scatter.texts {
		n := 0
		for p := range e.edits {
			if e.editors[i].Steered(p) && e.chance.fires(i, p) {
				n++
			}
		}
		r.Fired = append(r.Fired, steering.TermCount{Term: text, Count: n})
	}
	for p, n := range e.edits {
		r.RowEdits += n
		if n > 0 && p < e.prompt-1 {
			r.PromptEdits++
		}
	}
	return r
}
