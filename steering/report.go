package steering

import (
	"fmt"

	"tiller/model/checkpoint/badfile"
)

// Report is what a program did so far.
type Report struct {
	// Fired counts, for each term in plan order, the positions at which it
	// changed rows.
	Fired []TermCount
	// PromptEdits is the number of prompt positions before the last that were
	// edited; RowEdits the number of pairs of position and layer.
	PromptEdits, RowEdits int
	// Warnings are sentences about terms that never fired, change nothing, or
	// edit the special token that a text begins with.
	Warnings []string

	steered []bool
}

// TermCount is how often a term fired.
type TermCount struct {
	Term  string `json:"term"` // canonical text
	Count int    `json:"count"`
}

// Steered reports whether a term fired at a position.
func (r Report) Steered(position int) bool {
	return position >= 0 && position < len(r.steered) && r.steered[position]
}

// Report says what the program did at the positions decided so far.
func (g *Program) Report() Report {
	r := Report{PromptEdits: g.promptEdits, RowEdits: g.rowEdits, steered: make([]bool, g.Len())}
	for p := range r.steered {
		r.steered[p] = g.Steered(p)
	}
	for i := range g.terms {
		r.Fired = append(r.Fired, TermCount{Term: g.terms[i].text, Count: g.counts[i].fired})
		r.Warnings = append(r.Warnings, g.warnings(i)...)
	}
	return r
}

// warnings are the sentences about the 0-based term i.
func (g *Program) warnings(i int) []string {
	t, n := &g.terms[i], g.counts[i]
	var out []string
	say := func(format string, args ...any) {
		out = append(out, fmt.Sprintf("plan term %d %s ", i+1, badfile.Quote(t.text))+fmt.Sprintf(format, args...))
	}
	if len(t.zero) > 0 {
		say("does nothing at layer %s, where its vector is zero", spans(t.zero))
	}
	switch {
	case !t.acts() && len(t.zero) == 0:
		say("changes nothing: strength %s is neutral for %s", badfile.Short(t.Strength.String()), t.Op)
	case !t.acts():
	case n.selected == 0:
		out = append(out, g.emptySelection(i).Error())
	case n.gated == 0:
		say("never fired: at none of the %d positions it selects did %s hold", n.selected, badfile.Short(t.Gate.String()))
	case n.fired == 0:
		say("never fired: its strength was neutral at each of the %d positions it selects", n.gated)
	}
	if n.bos && t.choosesAll() {
		say("also edits the special token %s at position 0; [content] leaves special tokens out", badfile.Quote(g.tokens[0].Text))
	}
	return out
}

// acts reports whether the term can change a row at all.
func (t *boundTerm) acts() bool {
	for _, e := range t.edits {
		if e != nil {
			return true
		}
	}
	return false
}

// choosesAll reports whether a clause of the selector is "all" alone.
func (t *boundTerm) choosesAll() bool {
	if len(t.Select) == 0 {
		return true
	}
	for _, clause := range t.Select {
		if len(clause) == 1 && clause[0] == (Atom{Kind: All}) {
			return true
		}
	}
	return false
}

// EmptySelections returns the terms that have selected no position and cannot
// select a later one of this lane. Whoever runs several prompts decides
// whether that is an error: it is if the same term is here for each of them.
func (g *Program) EmptySelections() []*EmptySelectionError {
	var out []*EmptySelectionError
	for i := range g.terms {
		if g.counts[i].selected == 0 && !g.terms[i].selector.later(g.prompt, max(g.prompt, g.Len())) {
			out = append(out, g.emptySelection(i))
		}
	}
	return out
}

func (g *Program) emptySelection(i int) *EmptySelectionError {
	t := &g.terms[i]
	return &EmptySelectionError{Term: i + 1, Text: t.text, Finding: "[" + badfile.Short(t.Select.String()) + "] " + g.finding(t.Select)}
}

// finding says why a selector chose nothing.
func (g *Program) finding(s Selector) string {
	if len(s) == 1 && len(s[0]) == 1 && !s[0][0].Not {
		switch s[0][0].Kind {
		case Match:
			return "found no such text"
		case User, Assistant:
			return "found no token of that role; a raw prompt has none"
		case Think:
			return "found no <think>"
		}
	}
	return fmt.Sprintf("selected none of the %d positions", g.Len())
}

// Ratio is the size of a term's edit at a layer, as a share of the rows there.
type Ratio struct {
	Term  int     // 0-based
	Layer int     // Embed or a block
	Value float64 // |s d| / median |h|; for clamp |s| / median |h|
}

// Ratios returns how large the edits are at the strength of the last position
// decided, for each term and layer whose strength has the unit of a row (add,
// addn, clamp). It is empty without [Context].MedianNorm.
func (g *Program) Ratios() []Ratio {
	return g.RatiosAt(max(0, g.Len()-g.prompt))
}

// RatiosAt is Ratios at time t, see [Strength].
func (g *Program) RatiosAt(t int) []Ratio {
	var out []Ratio
	for i := range g.terms {
		term := &g.terms[i]
		if !term.Op.takesRelative() {
			continue
		}
		for n, e := range term.edits {
			if e == nil || n >= len(g.norms) || g.norms[n] == 0 {
				continue
			}
			size := term.Strength.At(t) * e.factor
			if term.Op != Clamp {
				size *= e.norm
			}
			out = append(out, Ratio{Term: i, Layer: n - 1, Value: max(size, -size) / float64(g.norms[n])})
		}
	}
	return out
}
