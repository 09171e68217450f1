package desk

import (
	"math"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
)

// TakePlan gives the active lane another plan. Where no lane has one that may
// change, there is a new lane.
func (d *Desk) TakePlan(text string) tea.Cmd {
	l := d.Active()
	if l == nil {
		if !d.room() {
			return nil
		}
		l = d.newLane(Steered, "")
		d.Lanes = append(d.Lanes, l)
		d.Focus = Pane(len(d.Lanes) - 1)
	}
	return d.SetPlan(l, text)
}

// NextPlan makes the next lane whose plan may change the active one, so many
// places on, around.
func (d *Desk) NextPlan(by int) {
	var lanes []int
	at := 0
	active := d.Active()
	for i, l := range d.Lanes {
		if l.Kind != Steered || l.Pinned {
			continue
		}
		if l == active {
			at = len(lanes)
		}
		lanes = append(lanes, i)
	}
	n := len(lanes)
	if n < 2 {
		d.Say(Note, "There is one plan only; %s in Compare adds a lane with another.", d.Keys.Key("compare", "duplicate-lane"))
		return
	}
	d.Focus, d.Anchor, d.Term = Pane(lanes[((at+by)%n+n)%n]), -1, 0
}

// TurnValue is a strength of a term, or one of several that it runs through,
// after so many presses of a dial.
func TurnValue(t steering.Term, value float64, steps int) float64 {
	t.Strength = steering.Strength{Value: value, Relative: t.Strength.Relative}
	return turn(value, steps, Step(t))
}

// Unit is how large a strength of 1 is at a layer, in median norms of the rows
// there as the lane's prompt showed them, or else another's: what a strength is multiplied by to make it relative. ok is false
// where that is not known yet, or where the operation has no such size.
func (d *Desk) Unit(l *Lane, t steering.Term, layer int) (unit float64, ok bool) {
	median, ok := d.MedianNorm(layer)
	if l != nil && l.Answer != nil && layer+1 < len(l.Answer.MedianNorm) {
		median, ok = float64(l.Answer.MedianNorm[layer+1]), true
	}
	if !ok {
		return 0, false
	}
	length := 1.0
	switch t.Op {
	case steering.Add, steering.AddN:
		if length, ok = d.norm(t.Vector, layer); !ok {
			return 0, false
		}
	case steering.Clamp:
	default:
		return 0, false
	}
	unit = length / median
	return unit, unit > 0 && !math.IsInf(unit, 0)
}

// SetRelative makes the strength of the term in hand count in median norms of
// the stream, or in the vector's own length again. The number changes so that
// the size stays what it is, in the middle of the term's layers.
func (d *Desk) SetRelative() tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		switch {
		case t.Op != steering.Add && t.Op != steering.AddN && t.Op != steering.Clamp:
			d.Say(Warning, "The strength of %s is no length, so it can't be relative.", t.Op)
			return false
		case t.Strength.Varies():
			d.Say(Warning, "Only a constant strength can be relative; this one runs over tokens.")
			return false
		}
		value, ok := d.converted(*t)
		if !ok {
			d.Say(Warning, "It is not known yet how long the stream's rows and %s are: generate first.", t.Vector)
			return false
		}
		t.Strength.Value, t.Strength.Relative = value, !t.Strength.Relative
		return true
	})
}

// converted is the strength of a term in the other unit: relative if it is not,
// and else in the vector's own length. Of several layers it is right at the one
// whose unit is in the middle: at the lowest, others could become far too strong.
func (d *Desk) converted(t steering.Term) (value float64, ok bool) {
	if t.Strength.Value == 0 {
		return 0, true
	}
	var units []float64
	for _, layer := range d.LayersOf(t) {
		if unit, ok := d.Unit(d.Active(), t, layer); ok {
			units = append(units, unit)
		}
	}
	if len(units) == 0 {
		return 0, false
	}
	slices.Sort(units)
	unit := units[len(units)/2]
	if t.Strength.Relative {
		return Round(t.Strength.Value / unit), true
	}
	return Round(t.Strength.Value * unit), true
}

// Round leaves three significant digits of a number, so that plans stay short.
func Round(x float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil {
		return x
	}
	return rounded
}

// rampTokens is over how many tokens a strength runs to begin with.
const rampTokens = 16

// CycleCurve changes how the strength of the term in hand runs over tokens:
// constant, ramp, decay, curve, and constant again.
func (d *Desk) CycleCurve() tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		s := t.Strength
		switch s.Kind {
		case steering.Constant:
			if s.Relative {
				value, ok := d.converted(*t)
				if !ok {
					d.Say(Warning, "A relative strength can't run over tokens, and what it is in the vector's own length is not known yet: generate first.")
					return false
				}
				s.Value = value
			}
			neutral, _ := Neutral(t.Op)
			t.Strength = steering.Strength{Kind: steering.Ramp, Value: neutral, To: s.Value, Over: rampTokens}
		case steering.Ramp:
			t.Strength = steering.Strength{Kind: steering.Decay, Value: s.To, Over: rampTokens}
		case steering.Decay:
			half := int(max(1, min(math.Round(s.Over), 1e6)))
			t.Strength = steering.Strength{Kind: steering.Curve, Points: []steering.Point{{T: 0, V: s.Value}, {T: half, V: Round(s.Value / 2)}}}
		default:
			t.Strength = steering.Strength{Value: s.At(0)}
		}
		return true
	})
}

// usual are the strengths that operations begin with: felt, and far from
// breaking the text.
var usual = map[steering.Op]float64{steering.Ablate: 1, steering.Clamp: 0, steering.Scale: 2, steering.Rotate: 15}

// CycleOp changes the operation of the term in hand to the next one. Strength
// means something else to most, so the term takes the one that was kept for it,
// if there is one, or else the usual one.
func (d *Desk) CycleOp(kept func(op steering.Op) (steering.Strength, bool)) tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		from := t.Op
		t.Op = (t.Op + 1) % (steering.Rotate + 1)
		if from == steering.Add && t.Op == steering.AddN {
			return true
		}
		if s, ok := kept(t.Op); ok {
			t.Strength = s
			return true
		}
		s, ok := usual[t.Op]
		if !ok {
			t.Strength = d.firstTerm(t.Vector).Strength
			return true
		}
		t.Strength = steering.Strength{Value: s}
		return true
	})
}

// gates are what [Desk.CycleGate] goes through.
var gates = []string{"", "entropy>1", "margin<0.2", "not entropy>1"}

// CycleGate changes the condition under which the term in hand fires to the
// next usual one.
func (d *Desk) CycleGate() tea.Cmd {
	return d.EditTerm(func(t *steering.Term) bool {
		next := gates[(slices.Index(gates, t.Gate.String())+1)%len(gates)]
		if t.Gate = nil; next == "" {
			return true
		}
		p, err := steering.Parse("v?" + next)
		if err != nil {
			return false
		}
		t.Gate = p.Terms[0].Gate
		return true
	})
}
