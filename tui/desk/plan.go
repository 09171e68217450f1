package desk

import (
	"errors"
	"math"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/wording"
)

// A Plan is a lane's plan as it is being written.
type Plan struct {
	Text   string
	Parsed steering.Plan   // the last one that could be read
	Err    *steering.Error // why Text can't be read; nil if it can

	undo, redo []string
}

// reset begins a plan without a past.
func (p *Plan) reset(text string) {
	*p = Plan{}
	p.read(text)
}

// read takes a text over.
func (p *Plan) read(text string) {
	p.Text, p.Err = text, nil
	parsed, err := steering.Parse(text)
	if err != nil {
		errors.As(err, &p.Err)
		return
	}
	p.Parsed = parsed
}

// set changes the text, which can be undone.
func (p *Plan) set(text string) {
	if text == p.Text {
		return
	}
	p.undo, p.redo = append(p.undo, p.Text), nil
	p.read(text)
}

// SetPlan changes the plan of a lane.
func (d *Desk) SetPlan(l *Lane, text string) tea.Cmd {
	if l == nil || text == l.Plan.Text {
		return nil
	}
	l.Plan.set(text)
	d.Term = min(d.Term, max(0, len(l.Plan.Parsed.Terms)-1))
	if l.Plan.Err != nil {
		l.stale()
		return nil
	}
	return d.Changed(l)
}

// Undo takes the last change of the active plan back.
func (d *Desk) Undo() tea.Cmd {
	return d.travel("undo", func(p *Plan) (from, to *[]string) { return &p.undo, &p.redo })
}

// Redo makes it again.
func (d *Desk) Redo() tea.Cmd {
	return d.travel("redo", func(p *Plan) (from, to *[]string) { return &p.redo, &p.undo })
}

func (d *Desk) travel(what string, stacks func(*Plan) (from, to *[]string)) tea.Cmd {
	l := d.Active()
	if l == nil {
		return d.noPlan()
	}
	from, to := stacks(&l.Plan)
	n := len(*from)
	if n == 0 {
		d.Say(Note, "There is nothing to %s.", what)
		return nil
	}
	text := (*from)[n-1]
	*from, *to = (*from)[:n-1], append(*to, l.Plan.Text)
	l.Plan.read(text)
	d.Term = min(d.Term, max(0, len(l.Plan.Parsed.Terms)-1))
	d.Say(Note, "The plan is %s.", named(text))
	return d.Changed(l)
}

// named is a plan for a sentence.
func named(plan string) string {
	if plan == "" {
		return "empty"
	}
	return plan
}

func (d *Desk) noPlan() tea.Cmd {
	d.Say(Warning, "No lane has a plan to change: press %s to add one.", d.Keys.Key("compare", "duplicate-lane"))
	return nil
}

// TermInHand is the term that the dials turn; ok is false without one.
func (d *Desk) TermInHand() (t steering.Term, ok bool) {
	l := d.Active()
	if l == nil || d.Term >= len(l.Plan.Parsed.Terms) {
		return steering.Term{}, false
	}
	return l.Plan.Parsed.Terms[d.Term], true
}

// EditTerm changes the term in hand. The edit says false to leave it, having
// said why.
func (d *Desk) EditTerm(edit func(t *steering.Term) bool) tea.Cmd {
	l := d.Active()
	switch {
	case l == nil:
		return d.noPlan()
	case l.Plan.Err != nil:
		d.Say(Warning, "The plan can't be read: mend it in Plan first.")
		return nil
	case d.Term >= len(l.Plan.Parsed.Terms):
		d.Say(Warning, "The plan is empty: add a vector to it in Vectors.")
		return nil
	}
	plan := l.Plan.Parsed
	plan.Terms = slices.Clone(plan.Terms)
	if !edit(&plan.Terms[d.Term]) {
		return nil
	}
	return d.SetPlan(l, plan.String())
}

// Turn makes the term in hand stronger by so many steps.
func (d *Desk) Turn(steps int) tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		if t.Strength.Varies() {
			d.Say(Warning, "This strength runs over tokens: change it in Plan.")
			return false
		}
		t.Strength.Value = Turned(*t, steps)
		return true
	})
}

// Turned is the constant strength of a term after so many steps.
func Turned(t steering.Term, steps int) float64 {
	return turn(t.Strength.Value, steps, Step(t))
}

// Step is by how much one press turns the strength of a term: about a tenth of
// it, and a round number.
func Step(t steering.Term) float64 {
	size := math.Abs(t.Strength.Value)
	if t.Op == steering.Rotate {
		return 5 // degrees
	}
	least := .1
	if t.Strength.Relative {
		least = .01
	}
	step := least
	for step*25 < size {
		if step *= 5; step*20 < size {
			step *= 2
		}
	}
	return step
}

// turn adds steps and rounds to a whole number of them, so that no dust of
// binary fractions stays and zero is passed exactly.
func turn(value float64, steps int, step float64) float64 {
	n := math.Round(value/step) + float64(steps)
	text := strconv.FormatFloat(n*step, 'f', 6, 64)
	rounded, err := strconv.ParseFloat(text, 64)
	if err != nil || rounded == 0 {
		return 0
	}
	return rounded
}

// Neutral is the strength at which an operation does nothing; ok is false for
// clamp, which has none.
func Neutral(op steering.Op) (s float64, ok bool) {
	switch op {
	case steering.Clamp:
		return 0, false
	case steering.Scale:
		return 1, true
	}
	return 0, true
}

// SetNeutral makes the term in hand do nothing.
func (d *Desk) SetNeutral() tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		s, ok := Neutral(t.Op)
		if !ok {
			d.Say(Warning, "Clamp has no neutral strength: it always sets the component.")
			return false
		}
		t.Strength = steering.Strength{Value: s}
		return true
	})
}

// LayersOf are the layers at which a term acts on the open model, as far as is
// known of its vector; nil if that was not read.
func (d *Desk) LayersOf(t steering.Term) []int {
	own := d.ownLayers(t.Vector)
	var layers []int
	switch {
	case t.Layers.Kind == steering.NamedLayers:
		for _, span := range t.Layers.Items {
			for l := span.From; l <= span.To && l < d.Model.Layers; l++ {
				layers = append(layers, l)
			}
		}
		slices.Sort(layers)
		return slices.Compact(layers)
	case t.Layers.Kind == steering.AllLayers && len(own) == 1:
		for l := range d.Model.Layers {
			layers = append(layers, l)
		}
		return layers
	}
	return own
}

// ownLayers are the layers a vector has directions for.
func (d *Desk) ownLayers(name string) []int {
	if v := d.Vector(name); v != nil {
		return v.Layers
	}
	return nil
}

// MoveLayers moves the term in hand by so many layers.
func (d *Desk) MoveLayers(by int) tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		layers := d.LayersOf(*t)
		if len(layers) == 0 {
			d.Say(Warning, "It is not known yet which layers %s has.", t.Vector)
			return false
		}
		moved := make([]int, len(layers))
		for i, l := range layers {
			moved[i] = l + by
		}
		return d.setLayers(t, moved)
	})
}

// ToggleLayer puts a layer into the term in hand, or takes it out.
func (d *Desk) ToggleLayer(layer int) tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		layers := slices.Clone(d.LayersOf(*t))
		if at, found := slices.BinarySearch(layers, layer); found {
			layers = slices.Delete(layers, at, at+1)
		} else {
			layers = slices.Insert(layers, at, layer)
		}
		if len(layers) == 0 {
			d.Say(Warning, "A term acts at one layer at least.")
			return false
		}
		return d.setLayers(t, layers)
	})
}

// setLayers names the layers of a term, ascending; what the model or the vector
// lacks is refused.
func (d *Desk) setLayers(t *steering.Term, layers []int) bool {
	own := d.ownLayers(t.Vector)
	for _, l := range layers {
		switch {
		case l < steering.Embed:
			d.Say(Note, "This is the lowest layer.")
			return false
		case l >= d.Model.Layers:
			d.Say(Note, "This is the highest layer.")
			return false
		case len(own) > 1 && !slices.Contains(own, l):
			d.Say(Warning, "%s has no direction at layer %s.", t.Vector, wording.Layer(l))
			return false
		}
	}
	t.Layers = steering.Layers{Kind: steering.NamedLayers}
	for _, l := range layers {
		if n := len(t.Layers.Items); n > 0 && l > 0 && t.Layers.Items[n-1].To == l-1 && t.Layers.Items[n-1].From != steering.Embed {
			t.Layers.Items[n-1].To = l
			continue
		}
		t.Layers.Items = append(t.Layers.Items, steering.Span{From: l, To: l})
	}
	return true
}

// NextTerm gives the dials to the term so many places on.
func (d *Desk) NextTerm(by int) {
	l := d.Active()
	if l == nil || len(l.Plan.Parsed.Terms) == 0 {
		return
	}
	n := len(l.Plan.Parsed.Terms)
	d.Term = ((d.Term+by)%n + n) % n
}

// selectors are what [Desk.CycleSelector] goes through.
var selectors = []string{"all", "content", "prompt", "last", "gen", "sentence", "last+sentence&gen:18-199"}

// CycleSelector changes where the term in hand acts to the next usual place.
func (d *Desk) CycleSelector() tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		at := slices.Index(selectors, t.Select.String())
		next := selectors[(at+1)%len(selectors)]
		p, err := steering.Parse("v[" + next + "]")
		if err != nil {
			return false
		}
		t.Select = p.Terms[0].Select
		return true
	})
}

// CycleVector changes the vector of the term in hand to the next one that fits.
func (d *Desk) CycleVector() tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		var names []string
		for _, v := range d.Vectors {
			if v.Err == "" {
				names = append(names, v.Name)
			}
		}
		if len(names) < 2 {
			d.Say(Note, "There is no other vector for this model.")
			return false
		}
		t.Vector = names[(slices.Index(names, t.Vector)+1)%len(names)]
		own := d.ownLayers(t.Vector)
		for _, l := range d.LayersOf(*t) {
			if len(own) > 1 && !slices.Contains(own, l) {
				t.Layers = steering.Layers{}
			}
		}
		return true
	})
}

// AddTerm adds a term with a vector to the active plan, at a strength that is
// felt and does not break the text.
func (d *Desk) AddTerm(vector string) tea.Cmd { return d.AppendTerm(d.firstTerm(vector)) }

// firstTerm is a term to begin with: that of the saved plan which is named for
// the vector, if there is one, and else a tenth of the stream's length at
// content tokens.
func (d *Desk) firstTerm(vector string) steering.Term {
	for _, p := range d.Plans {
		if saved, err := steering.Parse(p.Text); err == nil && p.Ref == "@"+vector && len(saved.Terms) == 1 && saved.Terms[0].Vector == vector {
			return saved.Terms[0]
		}
	}
	t := steering.Term{Vector: vector, Strength: steering.One()}
	if !d.Model.Embedded {
		t.Strength = steering.Strength{Value: .1, Relative: true}
		t.Select = steering.Selector{{{Kind: steering.Content}}}
		if own := d.ownLayers(vector); len(own) > 3 {
			// The outer layers do more harm than good with most vectors.
			n := d.Model.Layers
			t.Layers = steering.Layers{Kind: steering.NamedLayers, Items: []steering.Span{{From: max(own[0], n/3), To: min(own[len(own)-1], n*2/3)}}}
		}
	}
	return t
}

// RemoveTerm takes the term in hand out of the plan.
func (d *Desk) RemoveTerm() tea.Cmd {
	l := d.Active()
	if l == nil || d.Term >= len(l.Plan.Parsed.Terms) || l.Plan.Err != nil {
		return d.noPlan()
	}
	plan := l.Plan.Parsed
	plan.Terms = slices.Delete(slices.Clone(plan.Terms), d.Term, d.Term+1)
	return d.SetPlan(l, plan.String())
}

// MoveTerm moves the term in hand by one place.
func (d *Desk) MoveTerm(by int) tea.Cmd {
	l := d.Active()
	if l == nil || l.Plan.Err != nil {
		return d.noPlan()
	}
	plan := l.Plan.Parsed
	to := d.Term + by
	if d.Term >= len(plan.Terms) || to < 0 || to >= len(plan.Terms) {
		return nil
	}
	plan.Terms = slices.Clone(plan.Terms)
	plan.Terms[d.Term], plan.Terms[to] = plan.Terms[to], plan.Terms[d.Term]
	d.Term = to
	return d.SetPlan(l, plan.String())
}

// Ratio is |s d| / median |h| of a term at a layer, from what the lane's prompt
// showed; ok is false where it is not known or means nothing.
func (d *Desk) Ratio(l *Lane, t steering.Term, layer int) (ratio float64, ok bool) {
	if l == nil || l.Answer == nil || layer+1 >= len(l.Answer.MedianNorm) || t.Op != steering.Add && t.Op != steering.AddN {
		return 0, false
	}
	if t.Strength.Relative {
		return math.Abs(t.Strength.At(0)), true
	}
	median := float64(l.Answer.MedianNorm[layer+1])
	n, ok := d.norm(t.Vector, layer)
	if !ok || median == 0 {
		return 0, false
	}
	return math.Abs(t.Strength.At(0)) * n / median, true
}

// norm is the length of the direction that a vector has for a layer.
func (d *Desk) norm(vector string, layer int) (float64, bool) {
	v := d.Vector(vector)
	if v == nil || len(v.Norms) == 0 {
		return 0, false
	}
	if len(v.Layers) == 1 {
		return v.Norms[0], true
	}
	at := slices.Index(v.Layers, layer)
	if at < 0 {
		return 0, false
	}
	return v.Norms[at], true
}
