package problem

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// MaxSize is the largest number of facts in a problem.
const MaxSize = 9

// names has more than MaxSize names, since no name comes twice in a question.
var names = []string{"ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "ivy", "jim"}

// Family is a kind of problem.
type Family struct {
	Name string
	// About is a sentence about the family for people.
	About string

	start   string   // what comes before the start in a question; empty without a start
	asked   string   // the question after the facts, without its mark
	wanted  string   // what the question asks for
	states  []string // everything that a step can result in
	answers []string // what an answer can be
	args    []string // every argument
	ordered bool     // the question tells the order of the facts after them

	// draw fills args, in the order of their application, and draws a start.
	draw func(args []string, r *rand.Rand) (start string)
	// apply says what an argument makes of a state; it is not ok for either
	// if it isn't the family's.
	apply func(state, arg string) (result string, ok bool)
}

// families are all the families, in a fixed order.
var families = []Family{sum(), dial(), lamp(), cups(), turns(), biggest()}

// Families are all the families, in a fixed order.
func Families() []Family { return slices.Clone(families) }

// FamilyNamed finds a family by its name.
func FamilyNamed(name string) (Family, error) {
	var all []string
	for _, f := range families {
		if f.Name == name {
			return f, nil
		}
		all = append(all, f.Name)
	}
	return Family{}, fmt.Errorf("there is no family of problems named %q, only %s", name, strings.Join(all, ", "))
}

// Apply says what an argument makes of a state. State is empty for the first
// step of a family without a start. It is not ok if the state or the argument
// isn't one of the family's.
func (f Family) Apply(state, arg string) (result string, ok bool) { return f.apply(state, arg) }

// States are all the results that a step can have.
func (f Family) States() []string { return slices.Clone(f.states) }

// Args are all the arguments.
func (f Family) Args() []string { return slices.Clone(f.args) }

// Make draws a problem of any split, and so without an ID. A size outside 1 to
// MaxSize is brought to the nearest one in it.
func (f Family) Make(size int, r *rand.Rand) Problem {
	args := make([]string, min(max(size, 1), MaxSize))
	return f.dress(f.draw(args, r), args, r)
}

// solve applies the arguments in order.
func (f Family) solve(start string, args []string) string {
	state := start
	for _, arg := range args {
		state, _ = f.apply(state, arg)
	}
	return state
}

// dress makes a problem of a start and arguments in the order of their
// application: it draws who they belong to.
func (f Family) dress(start string, args []string, r *rand.Rand) Problem {
	n := len(args)
	p := Problem{Family: f.Name, Answer: f.solve(start, args), Start: start, Size: n, Facts: make([]Fact, n), Order: make([]int, n)}
	for i := range p.Order {
		p.Order[i] = i
	}
	if f.ordered {
		r.Shuffle(n, func(i, j int) { p.Order[i], p.Order[j] = p.Order[j], p.Order[i] })
	}
	who := r.Perm(len(names))
	for i, at := range p.Order {
		p.Facts[at] = Fact{names[who[i]], args[i]}
	}
	p.Question = f.question(p)
	return p
}

// question writes a problem's question.
func (f Family) question(p Problem) string {
	var b strings.Builder
	if f.start != "" {
		b.WriteString(f.start + " " + p.Start + " . ")
	}
	for _, fact := range p.Facts {
		b.WriteString(fact.Name + " " + fact.Arg + " . ")
	}
	if f.ordered {
		b.WriteString("turns :")
		for _, i := range p.Order {
			b.WriteString(" " + p.Facts[i].Name)
		}
		b.WriteString(" . ")
	}
	b.WriteString(f.asked + " ?")
	return b.String()
}

// Names are all the people that facts are about.
func Names() []string { return slices.Clone(names) }
