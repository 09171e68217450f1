package steering

import (
	"reflect"
	"strings"
)

// Limits of a plan, so that no text makes the rest of the program work hard.
const (
	maxPlanText = 1 << 16 // bytes
	maxTerms    = 1000
	maxNumber   = 1e6 // magnitude of strengths and thresholds
	maxLayer    = 100_000
	maxPosition = 100_000_000
)

// Plan is all that is done to a lane: terms, applied in order. The zero Plan
// does nothing.
type Plan struct {
	Terms []Term

	// source is the text the plan was parsed from, for error columns.
	source string
}

// Term is one operation with one vector.
type Term struct {
	Op       Op
	Vector   string // [A-Za-z0-9_.-]+
	Strength Strength
	Layers   Layers   // zero: own
	Select   Selector // zero: all
	Gate     Gate     // zero: always
}

// Equal reports whether two plans have the same terms.
func (p Plan) Equal(q Plan) bool {
	if len(p.Terms) == 0 || len(q.Terms) == 0 {
		return len(p.Terms) == len(q.Terms)
	}
	return reflect.DeepEqual(p.Terms, q.Terms)
}

// Names returns the vectors the plan uses, each once, in order.
func (p Plan) Names() []string {
	var names []string
	seen := map[string]bool{}
	for _, t := range p.Terms {
		if !seen[t.Vector] {
			seen[t.Vector] = true
			names = append(names, t.Vector)
		}
	}
	return names
}

// NeedsDistributions reports whether a gate reads the distributions that
// tokens were drawn from, so that [Context].Drawn must be given.
func (p Plan) NeedsDistributions() bool {
	for _, t := range p.Terms {
		for _, test := range t.Gate {
			if test.Kind.readsDistribution() {
				return true
			}
		}
	}
	return false
}

// NeedsNorms reports whether a strength is relative to the rows' norm, so that
// [Context].MedianNorm must be given.
func (p Plan) NeedsNorms() bool {
	for _, t := range p.Terms {
		if t.Strength.Relative {
			return true
		}
	}
	return false
}

// String is the plan's canonical text: no spaces, and no part that says what
// is the default. [Parse] reads it back to an equal plan.
func (p Plan) String() string {
	var b strings.Builder
	for i, t := range p.Terms {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(t.String())
	}
	return b.String()
}

// String is the term's canonical text.
func (t Term) String() string {
	var b strings.Builder
	if t.Op != Add {
		b.WriteString(t.Op.String())
		b.WriteByte(':')
	}
	b.WriteString(t.Vector)
	if !t.Strength.isOne() {
		b.WriteByte('*')
		b.WriteString(t.Strength.String())
	}
	if t.Layers.Kind != OwnLayers {
		b.WriteByte('@')
		b.WriteString(t.Layers.String())
	}
	if len(t.Select) > 0 {
		b.WriteByte('[')
		b.WriteString(t.Select.String())
		b.WriteByte(']')
	}
	if len(t.Gate) > 0 {
		b.WriteByte('?')
		b.WriteString(t.Gate.String())
	}
	return b.String()
}

// Op is what is done with a direction.
type Op uint8

// The operations on a row h with direction d, u = d/|d|, and strength s.
const (
	Add    Op = iota // h += s d
	AddN             // add, then rescale to the old norm
	Ablate           // h -= s (h.u) u; 1 removes the component along u
	Clamp            // set h.u to s
	Scale            // multiply the component along u by s
	Rotate           // turn h by s degrees in the plane of h and u, towards u
)

var opNames = [...]string{"add", "addn", "ablate", "clamp", "scale", "rotate"}

// String is the operation's name in plans.
func (o Op) String() string { return nameOf(opNames[:], int(o)) }

// takesRelative reports whether the operation's strength has the unit of a
// row, so that it can be relative to the rows' norm.
func (o Op) takesRelative() bool { return o == Add || o == AddN || o == Clamp }

// nameOf is names[i], or "?" outside.
func nameOf(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return "?"
	}
	return names[i]
}
