package steering

import (
	"fmt"
	"slices"
)

// Program is a plan compiled for one lane. It decides, as tokens enter, which
// terms fire at their positions; edits rows accordingly; and keeps count.
//
// Edit, Edits and Backward may be called from many goroutines at once, but not
// while Accept or Truncate runs. What a Program does at a position depends on
// the tokens up to that position only.
type Program struct {
	*compiled

	tokens []Token
	drawn  []Drawn

	// shots of position p are shots[starts[p]:starts[p+1]], in plan order.
	shots  []shot
	starts []int

	counts      []count // by term
	promptEdits int
	rowEdits    int
	first       int // first prompt position that fires, or -1

	text     transcript
	matchers []*matcher
	matches  []bool // by matcher, at the last position
	set      states // scratch
	touched  []bool // scratch, by layer+1
}

// shot is a term that fires at a position.
type shot struct {
	term     int
	strength float64
}

// count is what a term did so far.
type count struct {
	selected int  // positions its selector chose
	gated    int  // of these, positions at which its gate held
	fired    int  // of these, positions at which it changed rows
	bos      bool // it fired at a special token at position 0
}

func newProgram(c *compiled) *Program {
	g := &Program{
		compiled: c,
		matches:  make([]bool, len(c.matchers)),
		touched:  make([]bool, c.layers+1),
	}
	for _, m := range c.matchers {
		g.matchers = append(g.matchers, m.clone())
	}
	g.reset()
	return g
}

// reset goes back to before the first token.
func (g *Program) reset() {
	g.tokens, g.drawn = g.tokens[:0:0], g.drawn[:0:0]
	g.shots, g.starts = g.shots[:0], append(g.starts[:0], 0)
	g.counts = make([]count, len(g.terms))
	g.promptEdits, g.rowEdits, g.first = 0, 0, -1
	g.text = transcript{}
	for _, m := range g.matchers {
		m.restart()
	}
}

// Accept lets a generated token enter at the next position and decides which
// terms fire there. d is the distribution it was drawn from, without the
// sampler's temperature. It is for tokens whose rows will be computed: a last
// token that is not fed back has no row to steer.
func (g *Program) Accept(t Token, d Drawn) { g.enter(t, d) }

// enter adds the next token, of the prompt or generated.
func (g *Program) enter(t Token, d Drawn) {
	p := g.look(t)
	if p.position == 0 {
		d = Drawn{} // nothing came before it
	}
	clear(g.touched)
	for i := range g.terms {
		g.fire(i, &p, d)
	}
	g.tokens, g.drawn = append(g.tokens, t), append(g.drawn, d)
	g.starts = append(g.starts, len(g.shots))

	if !g.Steered(p.position) {
		return
	}
	for _, touched := range g.touched {
		if touched {
			g.rowEdits++
		}
	}
	if p.position < p.prompt && g.first < 0 {
		g.first = p.position
	}
	if p.position < p.prompt-1 {
		g.promptEdits++
	}
}

// look finds what selectors ask about the next token.
func (g *Program) look(t Token) place {
	whole, end := g.text.push(t)
	for i, m := range g.matchers {
		g.matches[i] = m.push(whole, &g.set)
	}
	n := len(g.tokens)
	return place{
		position: n, prompt: g.prompt, generated: max(0, n+1-g.prompt),
		token: t, end: end, think: g.text.thoughts.inside, matches: g.matches,
	}
}

// fire decides whether the 0-based term i fires at a place and marks the
// layers it edits.
func (g *Program) fire(i int, p *place, d Drawn) {
	t, n := &g.terms[i], &g.counts[i]
	if !t.selector.holds(p) {
		return
	}
	n.selected++
	if !t.Gate.holds(d) {
		return
	}
	n.gated++
	s := t.Strength.At(p.generated)
	edits := false
	for layer, e := range t.edits {
		if e == nil {
			continue
		}
		if _, changes := e.coefficient(s); changes {
			edits, g.touched[layer] = true, true
		}
	}
	if !edits {
		return
	}
	n.fired++
	n.bos = n.bos || p.position == 0 && p.token.Special
	g.shots = append(g.shots, shot{term: i, strength: s})
}

// at are the terms that fire at a position.
func (g *Program) at(position int) []shot {
	if position < 0 || position+1 >= len(g.starts) {
		return nil
	}
	return g.shots[g.starts[position]:g.starts[position+1]]
}

// edit is what the term of a shot does at a layer, or nil.
func (g *Program) edit(s shot, layer int) *edit {
	if layer < Embed || layer >= g.layers {
		return nil
	}
	return g.terms[s.term].edits[layer+1]
}

// Edit applies the terms that fire at a position to its row [d_model] at a
// layer, in plan order, and reports whether there were any. It allocates
// nothing. A position that has not entered yet is left alone.
func (g *Program) Edit(layer, position int, row []float32) bool {
	edited := false
	for _, s := range g.at(position) {
		if e := g.edit(s, layer); e != nil && e.apply(s.strength, row) {
			edited = true
		}
	}
	return edited
}

// Edits reports whether Edit would edit a row.
func (g *Program) Edits(layer, position int) bool {
	for _, s := range g.at(position) {
		if e := g.edit(s, layer); e != nil {
			if _, changes := e.coefficient(s.strength); changes {
				return true
			}
		}
	}
	return false
}

// Len is the number of positions decided so far.
func (g *Program) Len() int { return len(g.tokens) }

// Steered reports whether a term fired at a position.
func (g *Program) Steered(position int) bool { return len(g.at(position)) > 0 }

// FiredAt returns the 0-based terms that fired at a position, in plan order.
func (g *Program) FiredAt(position int) []int {
	var terms []int
	for _, s := range g.at(position) {
		terms = append(terms, s.term)
	}
	return terms
}

// LowestLayer returns the lowest layer that a term can edit at any time; not
// ok means that the plan is neutral.
func (g *Program) LowestLayer() (layer int, ok bool) { return lowestLayer(g.terms) }

// FirstPosition returns the first position of the prompt at which a term
// fires; not ok means none does.
func (g *Program) FirstPosition() (position int, ok bool) {
	return g.first, g.first >= 0
}

// Clone returns a program for a lane that forks off here. Both go on
// independently.
func (g *Program) Clone() *Program {
	c := newProgram(g.compiled)
	c.tokens, c.drawn = slices.Clone(g.tokens), slices.Clone(g.drawn)
	c.shots, c.starts, c.counts = slices.Clone(g.shots), slices.Clone(g.starts), slices.Clone(g.counts)
	c.promptEdits, c.rowEdits, c.first = g.promptEdits, g.rowEdits, g.first
	c.text = g.text
	for i, m := range g.matchers {
		c.matchers[i] = m.clone()
	}
	return c
}

// Truncate forgets the positions from position on, as if their tokens had
// never entered. A position inside the prompt is refused: what a plan does
// there depends on where the prompt ends.
func (g *Program) Truncate(position int) error {
	if position < g.prompt || position > len(g.tokens) {
		return fmt.Errorf("a lane with %d positions, %d of them prompt, cannot be cut at %d", len(g.tokens), g.prompt, position)
	}
	tokens, drawn := g.tokens[:position], g.drawn[:position]
	g.reset()
	for i, t := range tokens {
		g.enter(t, drawn[i])
	}
	return nil
}
