package desk

import (
	"math"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/engine"
)

// likely is how many likely tokens are asked for at a position.
const likely = 12

// Answered is a lane as the engine takes it apart; ok is false while nothing
// was answered.
func (d *Desk) Answered(l *Lane) (a engine.Answered, ok bool) {
	if l == nil || l.Answer == nil || l.Answer.Err != "" {
		return a, false
	}
	p := d.PromptOf(l)
	if l.Pinned || l.Stale {
		p = l.Answer.Asked
	}
	return engine.Answered{
		Lane: engine.Lane{ID: l.ID, Model: l.Model, Prompt: p, Plan: l.Answer.PlanText},
		IDs:  l.Answer.IDs(),
	}, true
}

// Look asks what is predicted after a position of a lane, unless that is known
// or asked for already. Lanes that are still generated are not looked into.
func (d *Desk) Look(l *Lane, position int) tea.Cmd {
	a, ok := d.Answered(l)
	if !ok || l.Stale || l.Busy() || position < 0 || position >= len(l.Answer.Prompt)+len(l.Answer.Tokens) {
		return nil
	}
	if _, known := l.Answer.Points[position]; known || l.Answer.looking[position] {
		return nil
	}
	if l.Answer.looking == nil {
		l.Answer.looking, l.Answer.Points = map[int]bool{}, map[int]engine.Point{}
	}
	l.Answer.looking[position] = true
	gen := d.Begin("looking into a token")
	d.looks[gen] = l.Answer
	return d.Engine.Trace(gen, a, position, likely)
}

// traced takes in what is predicted somewhere, if its answer is still there.
func (d *Desk) traced(msg engine.Traced) {
	d.over(msg.Gen)
	if answer := d.looks[msg.Gen]; answer != nil {
		answer.Points[msg.Point.Position] = msg.Point
		delete(answer.looking, msg.Point.Position)
	}
	delete(d.looks, msg.Gen)
}

// PartingPoint is what is predicted where a lane parts from base: after the
// position whose output they differ in.
func (d *Desk) PartingPoint(l *Lane) (p engine.Point, index int, ok bool) {
	index, ok = d.Parts(l)
	if !ok {
		return p, 0, false
	}
	p, ok = l.Answer.Points[len(l.Answer.Prompt)+index-1]
	return p, index, ok
}

// lookAtParting asks what is predicted where the lanes with plans part from
// base.
func (d *Desk) lookAtParting() tea.Cmd {
	var cmds []tea.Cmd
	for _, l := range d.Lanes {
		if index, ok := d.Parts(l); ok && l.Kind == Steered && l.Answer != nil {
			cmds = append(cmds, d.Look(l, len(l.Answer.Prompt)+index-1))
		}
	}
	return tea.Batch(cmds...)
}

// NextColour makes the colours of tokens tell the next thing.
func (d *Desk) NextColour() tea.Cmd {
	d.Colour = (d.Colour + 1) % colours
	d.Say(Note, "Colours tell %s.", d.Colour)
	return d.colour()
}

// colour asks for what the colours tell, where it has to be computed.
func (d *Desk) colour() tea.Cmd {
	if d.Colour != ByKL && d.Colour != ByProjection && d.Colour != ByRatio {
		return nil
	}
	var cmds []tea.Cmd
	for _, l := range d.Lanes {
		a, ok := d.Answered(l)
		if !ok || l.Stale || l.Busy() || l.Kind != Steered || l.Answer.Colours != nil || l.Answer.colouring {
			continue
		}
		l.Answer.colouring = true
		gen := d.Begin("colouring tokens")
		d.looks[gen] = l.Answer
		cmds = append(cmds, d.Engine.Colour(gen, a))
	}
	return tea.Batch(cmds...)
}

func (d *Desk) coloured(msg engine.Colours) {
	d.over(msg.Gen)
	if answer := d.looks[msg.Gen]; answer != nil {
		answer.Colours, answer.colouring = &msg, false
	}
	delete(d.looks, msg.Gen)
}

// Shade is how much colour a generated token gets, from -1 to 1; ok is false
// where the colours tell nothing of it.
func (d *Desk) Shade(a *Answer, i int) (share float64, ok bool) {
	var values []float64
	most := 1.0
	switch c := a.Colours; {
	case d.Colour == BySurprise:
		return min(1, -a.Tokens[i].LogProb/math.Log(100)), true // full at p = 1 %
	case c == nil:
		return 0, false
	case d.Colour == ByKL:
		values, most = c.KL, 2
	case d.Colour == ByRatio:
		values, most = c.Ratio, math.Log(100)
	case d.Colour == ByProjection:
		values, most = c.Projection, largest(c.Projection)
	}
	if i >= len(values) || math.IsNaN(values[i]) || most == 0 {
		return 0, false
	}
	return max(-1, min(1, values[i]/most)), true
}

// largest is the largest magnitude among values.
func largest(values []float64) float64 {
	most := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			most = max(most, math.Abs(v))
		}
	}
	return most
}
