package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/wording"
)

// A param is one of the numbers that a strength over tokens is made of.
type param struct {
	name  string
	value float64
	time  bool // a number of tokens, not a strength
	point int  // of a curve; else -1
}

// params are the numbers of a strength over tokens; none of a constant.
func params(s steering.Strength) []param {
	switch s.Kind {
	case steering.Ramp:
		return []param{{"from", s.Value, false, -1}, {"to", s.To, false, -1}, {"over", s.Over, true, -1}}
	case steering.Decay:
		return []param{{"from", s.Value, false, -1}, {"halved every", s.Over, true, -1}}
	case steering.Curve:
		var out []param
		for i, p := range s.Points {
			out = append(out, param{"token", float64(p.T), true, i}, param{"", p.V, false, i})
		}
		return out
	}
	return nil
}

// setParam changes one of those numbers, as far as plans allow.
func setParam(s *steering.Strength, i int, x float64) {
	p := params(*s)[i]
	switch {
	case p.point >= 0 && p.time:
		s.Points[p.point].T = int(x)
	case p.point >= 0:
		s.Points[p.point].V = x
	case p.time:
		s.Over = x
	case i == 0:
		s.Value = x
	default:
		s.To = x
	}
}

// maxTokens bounds the numbers of tokens that the dial reaches.
const maxTokens = 100_000

// bounds are the least and most that a number of tokens can be: the points of a
// curve stay in order.
func bounds(s steering.Strength, p param) (least, most float64) {
	if p.point < 0 {
		return 1, maxTokens
	}
	least, most = 0, maxTokens
	if p.point > 0 {
		least = float64(s.Points[p.point-1].T + 1)
	}
	if p.point+1 < len(s.Points) {
		most = float64(s.Points[p.point+1].T - 1)
	}
	return least, most
}

// turnTokens turns a number of tokens: one at a time while it is small, then by
// about a tenth.
func turnTokens(x float64, steps int) float64 {
	step := 1.0
	for step*20 < x || step*20 == x && steps > 0 {
		if step *= 5; step*10 < x {
			step *= 2
		}
	}
	return (math.Round(x/step) + float64(steps)) * step
}

// doCurve does what keys mean for a strength over tokens.
func (v *View) doCurve(a keys.Action) (cmd tea.Cmd, taken bool) {
	t, ok := v.d.TermInHand()
	if !ok || !t.Strength.Varies() {
		return nil, false
	}
	v.param = min(v.param, len(params(t.Strength))-1)
	switch a {
	case keys.Left:
		v.param = max(0, v.param-1)
	case keys.Right:
		v.param = min(v.param+1, len(params(t.Strength))-1)
	case keys.Stronger:
		return v.turn(1), true
	case keys.Weaker:
		return v.turn(-1), true
	case keys.Neutral:
		return v.neutral(), true
	case keys.AddPoint, keys.RemovePoint:
		if t.Strength.Kind != steering.Curve {
			return nil, false
		}
		if a == keys.AddPoint {
			return v.addPoint(), true
		}
		return v.removePoint(), true
	default:
		return nil, false
	}
	return nil, true
}

// edit changes the strength of the term in hand in a copy of its points: plans
// share them with what was undone.
func (v *View) edit(change func(t *steering.Term) bool) tea.Cmd {
	return v.d.EditTerm(func(t *steering.Term) bool {
		t.Strength.Points = slices.Clone(t.Strength.Points)
		return change(t)
	})
}

// turn turns the chosen number by so many steps.
func (v *View) turn(steps int) tea.Cmd {
	return v.edit(func(t *steering.Term) bool {
		p := params(t.Strength)[v.param]
		x := desk.TurnValue(*t, p.value, steps)
		if p.time {
			least, most := bounds(t.Strength, p)
			x = max(least, min(turnTokens(p.value, steps), most))
		}
		setParam(&t.Strength, v.param, x)
		return true
	})
}

// neutral makes the chosen strength do nothing.
func (v *View) neutral() tea.Cmd {
	return v.edit(func(t *steering.Term) bool {
		s, ok := desk.Neutral(t.Op)
		if !ok || params(t.Strength)[v.param].time {
			v.d.Say(desk.Note, "Choose a strength first, with %s and %s.", v.d.Keys.Key(keys.Plan, keys.Left), v.d.Keys.Key(keys.Plan, keys.Right))
			return false
		}
		setParam(&t.Strength, v.param, s)
		return true
	})
}

// addPoint puts a point after the chosen one: in the middle before the next, or
// as far after the last as that is from the one before.
func (v *View) addPoint() tea.Cmd {
	return v.edit(func(t *steering.Term) bool {
		s := &t.Strength
		i := v.param / 2
		at := s.Points[i].T
		distance := 16
		if i > 0 {
			distance = at - s.Points[i-1].T
		}
		next := min(at+distance, maxTokens)
		if i+1 < len(s.Points) {
			next = (at + s.Points[i+1].T) / 2
		}
		if next == at {
			v.d.Say(desk.Warning, "There is no token between these two points.")
			return false
		}
		s.Points = slices.Insert(s.Points, i+1, steering.Point{T: next, V: desk.Round(s.At(next))})
		v.param = 2*(i+1) + 1
		return true
	})
}

// removePoint takes the chosen point out. One stays.
func (v *View) removePoint() tea.Cmd {
	return v.edit(func(t *steering.Term) bool {
		s := &t.Strength
		if len(s.Points) == 1 {
			v.d.Say(desk.Warning, "A curve has one point at least; %s makes the strength constant.", v.d.Keys.Key(keys.Plan, keys.CycleCurve))
			return false
		}
		i := v.param / 2
		s.Points = slices.Delete(s.Points, i, i+1)
		v.param = min(v.param, 2*len(s.Points)-1)
		return true
	})
}

// kind says how a strength runs over tokens.
func (v *View) kind(s steering.Strength) string {
	th := v.d.Theme
	switch s.Kind {
	case steering.Ramp:
		return th.Accent.Render("ramp") + th.Faint.Render(", straight and then level")
	case steering.Decay:
		return th.Accent.Render("decay") + th.Faint.Render(", by halves")
	case steering.Curve:
		return th.Accent.Render("curve") + th.Faint.Render(", straight between its points")
	}
	return th.Text.Render("constant")
}

// curveKeys change how a strength runs over tokens.
func (v *View) curveKeys(s steering.Strength) []keys.Action {
	if s.Kind == steering.Curve {
		return []keys.Action{keys.AddPoint, keys.RemovePoint, keys.CycleCurve}
	}
	return []keys.Action{keys.CycleCurve}
}

// numbers writes the numbers of a strength over tokens, the chosen one in
// brackets and in sight.
func (v *View) numbers(s steering.Strength, width int) string {
	th := v.d.Theme
	all := params(s)
	v.param = min(v.param, len(all)-1)
	write := func(from int) (line string, end int) {
		for i := from; i < len(all); i++ {
			p := all[i]
			text := th.Text.Render(" " + number(p.value) + " ")
			if i == v.param {
				text = th.Accent.Render("[" + number(p.value) + "]")
			}
			word := th.Faint.Render(p.name)
			if p.point >= 0 && !p.time {
				word = th.Faint.Render(":")
			}
			line += word + text
			if i == v.param {
				end = frame.Width(line)
			}
		}
		return line, end
	}
	from := 0
	line, end := write(0)
	for end > width && from < v.param-2 {
		from += 2
		line, end = write(from)
	}
	if from > 0 {
		line = th.Faint.Render("… ") + line
	}
	if all[len(all)-1].point < 0 && all[len(all)-1].time {
		line += th.Faint.Render("tokens")
	}
	return line
}

// peakOf is the largest size that a strength reaches.
func peakOf(s steering.Strength) float64 {
	peak := math.Abs(s.At(0))
	for _, p := range params(s) {
		if !p.time {
			peak = max(peak, math.Abs(p.value))
		}
	}
	return peak
}

// horizon is up to which token a strength is drawn: far enough to see all that
// it does and, where that is near, the answer's end.
func (v *View) horizon(s steering.Strength) int {
	n := 16.0
	switch s.Kind {
	case steering.Ramp:
		n = max(n, s.Over*1.25)
	case steering.Decay:
		n = max(n, s.Over*4)
	case steering.Curve:
		n = max(n, float64(s.Points[len(s.Points)-1].T)*1.25)
	}
	if a := v.answer(); a != nil {
		n = max(n, min(float64(len(a.Tokens)), n*3))
	}
	return int(min(n, 1e9))
}

// levels are eighths of a line.
var levels = [...]string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}

// level is the glyph of a share between 0 and 1.
func level(share float64) string {
	if math.IsNaN(share) {
		return " "
	}
	return levels[min(max(int(share*float64(len(levels))), 0), len(levels)-1)]
}

// spark draws the size of a strength over tokens 0..horizon in one line.
func spark(s steering.Strength, horizon, width int) string {
	peak := peakOf(s)
	var b strings.Builder
	for x := range width {
		share := 0.0
		if peak > 0 {
			share = math.Abs(s.At(x*horizon/max(1, width-1))) / peak
		}
		b.WriteString(level(share))
	}
	return b.String()
}

// axis is how wide the numbers beside a curve are.
const axis = 8

// drawCurve draws a strength over tokens in height lines: the strength upwards,
// tokens to the right, and under them those that the term steered.
func (v *View) drawCurve(i int, t steering.Term, width, height int) []string {
	th := v.d.Theme
	p := v.plotOf(t, max(8, min(width-2*margin-axis-2, 120)), height-2)
	pad := strings.Repeat(" ", margin)
	var lines []string
	for y, row := range p.draw(th) {
		name := ""
		switch y {
		case 0:
			name = wording.Figure(p.high)
		case p.height - 1:
			name = wording.Figure(p.low)
		case p.line(p.neutral):
			name = wording.Figure(p.neutral)
		}
		lines = append(lines, pad+th.Faint.Render(frame.Right(name, axis))+" "+th.Frame.Render("│")+row)
	}
	end := fmt.Sprint(p.horizon)
	ticks := frame.Ends("0", "token "+end, p.width)
	lines = append(lines, strings.Repeat(" ", margin+axis+2)+th.Faint.Render(ticks))
	return append(lines, pad+th.Faint.Render(frame.Right("steered", axis))+"  "+v.steeredMarks(i, p))
}

// steeredMarks are ▲ under the tokens of the last answer that a term steered.
func (v *View) steeredMarks(term int, p plot) string {
	a := v.answer()
	if a == nil || !v.sameVectors(a.PlanText) {
		return ""
	}
	marks := []rune(strings.Repeat(" ", p.width))
	for i := range a.Tokens {
		if x := p.column(i); x < p.width && slices.Contains(a.Tokens[i].Terms, term) {
			marks[x] = '▲'
		}
	}
	style := v.d.Theme.Steered
	if v.stale() {
		style = v.d.Theme.Stale
	}
	return style.Render(string(marks))
}
