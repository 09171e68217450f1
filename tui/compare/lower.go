package compare

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// compared is the lane whose parting from base is shown.
func (v *View) compared() *desk.Lane {
	if l := v.d.Focused(); l != nil && l.Kind != desk.Base {
		return l
	}
	return v.d.Active()
}

// drawParting draws where the lane in hand parts from base, and what both
// would have said there.
func (v *View) drawParting(width, rows int) []string {
	th := v.d.Theme
	l := v.compared()
	blank := frame.Block([]string{frame.Rule(th, "", "", width)}, width, 1+rows)
	if l == nil || l.Answer == nil || l.Answer.Err != "" {
		return blank
	}
	index, ok := v.d.Parts(l)
	if !ok {
		if l.Busy() || l.Stale || v.d.Base() == nil || v.d.Base().Busy() {
			return blank
		}
		blank[0] = frame.Rule(th, th.Faint.Render("base and "+v.d.Name(l)+" say the same"), "", width)
		blank[1] = frame.Fit(" "+th.Faint.Render(v.noEffect(l)), width)
		return blank
	}
	left := th.Part.Render("◆") + th.Title.Render(fmt.Sprintf(" they part at token %d", index))
	p, _, ok := v.d.PartingPoint(l)
	if !ok {
		blank[0] = frame.Rule(th, left, "", width)
		blank[1] = frame.Fit(" "+th.Faint.Render("…"), width)
		return blank
	}
	right := th.Faint.Render("KL(" + v.d.Name(l) + "‖base) " + wording.Figure(p.KL))
	if width >= 100 {
		for _, left := range p.Left {
			if left.Fired || left.Whole.Changed {
				right += th.Faint.Render(fmt.Sprintf(" · without %s: %s", termName(left.Text), wording.Figure(left.Whole.KL)))
				break
			}
		}
	}
	lines := []string{frame.Rule(th, left, right, width)}
	if rows == 1 {
		return append(lines, v.drawChoices(p, v.d.Name(l), width))
	}
	return append(lines, v.drawTable(p, v.d.Name(l), width, rows)...)
}

// drawTable draws the likeliest next tokens of both sides one below the other,
// and beside them what the stream would say at each layer, around the first at
// which the two differ.
func (v *View) drawTable(p engine.Point, name string, width, rows int) []string {
	th := v.d.Theme
	third := width / 3
	base := list(th, "base", p.Base, th.Bar, third, rows)
	steered := list(th, name, p.Steered, th.BarTwo, third, rows)
	lens := lensRows(th, p.Lens, width-2*third, rows)
	lines := make([]string, rows)
	for i := range lines {
		lines[i] = base[i] + steered[i] + lens[i]
	}
	return lines
}

// list is the likeliest tokens of one side, one a line.
func list(th *theme.Theme, name string, choices []engine.Choice, bar lipgloss.Style, width, rows int) []string {
	const word = 12 // columns of a token
	lines := make([]string, rows)
	for i := range lines {
		if i >= len(choices) {
			lines[i] = strings.Repeat(" ", width)
			continue
		}
		c := choices[i]
		line := " " + th.Faint.Render(frame.Fit(name, 9)) + frame.Fit(piece(c.Piece), word) + " " + th.Faint.Render(probability(c.P)) + " " + bar.Render(theme.Bar(c.P, max(0, width-word-20)))
		lines[i] = frame.Fit(line, width)
		name = ""
	}
	return lines
}

// lensRows is the logit lens at some layers: those around the first at which
// both sides differ, which is marked.
func lensRows(th *theme.Theme, lens []engine.LensRow, width, rows int) []string {
	first := slices.IndexFunc(lens, func(r engine.LensRow) bool { return r.Base.ID != r.Steered.ID })
	from := max(0, min(first-rows/2, len(lens)-rows))
	lines := make([]string, rows)
	for i := range lines {
		if from+i >= len(lens) {
			lines[i] = strings.Repeat(" ", width)
			continue
		}
		r := lens[from+i]
		mark := " "
		if from+i == first {
			mark = th.Part.Render("◆")
		}
		half := (width - 14) / 2
		lines[i] = frame.Fit(" "+th.Faint.Render(fmt.Sprintf("lens %-5s", wording.Layer(r.Layer)))+" "+
			frame.Fit(piece(r.Base.Piece)+" "+th.Faint.Render(probability(r.Base.P)), half)+mark+" "+
			th.BarTwo.Render(piece(r.Steered.Piece))+" "+th.Faint.Render(probability(r.Steered.P)), width)
	}
	return lines
}

// noEffect says why a plan may have changed nothing.
func (v *View) noEffect(l *desk.Lane) string {
	switch {
	case l.Kind == desk.Steered && l.Plan.Text == "":
		return "The plan is empty: " + v.d.Keys.Key("everywhere", "go-vectors") + " shows the vectors."
	case l.Answer.Ended != nil && l.Kind == desk.Steered && l.Answer.Ended.RowEdits == 0:
		return "Nothing was steered."
	case len(l.Forced) > 0:
		return "It was forked: its beginning, " + wording.Count(len(l.Forced), "token") + ", was given and not chosen."
	}
	return "Too weak to change what is said; " + v.d.Keys.Key("everywhere", "stronger") + " is stronger."
}

// termName is a term as briefly as it is told apart: its vector and layers.
func termName(text string) string {
	p, err := steering.Parse(text)
	if err != nil || len(p.Terms) == 0 {
		return visible.Line(text)
	}
	t := p.Terms[0]
	if t.Layers.Kind == steering.OwnLayers {
		return t.Vector
	}
	return t.Vector + "@" + t.Layers.String()
}

// drawChoices draws the likeliest next tokens of both sides with bars.
func (v *View) drawChoices(p engine.Point, name string, width int) string {
	th := v.d.Theme
	half := (width - 4) / 2
	return " " + frame.Fit(side(th, "base", p.Base, th.Bar, half), half) + "  " + frame.Fit(side(th, name, p.Steered, th.BarTwo, half), half)
}

// side draws as many choices as fit.
func side(th *theme.Theme, name string, choices []engine.Choice, bar lipgloss.Style, width int) string {
	const most = 10 // columns of a bar
	out := th.Faint.Render(frame.Fit(name, 9))
	for _, c := range choices {
		if c.P < .005 {
			break
		}
		one := " " + piece(c.Piece) + " " + bar.Render(theme.Bar(c.P, most)) + th.Faint.Render(probability(c.P))
		if frame.Width(out)+frame.Width(one) > width {
			break
		}
		out += one + " "
	}
	return out
}

// drawDials draws the dials of the term in hand: strength, layers, where, and
// the vector. With little room they share one line.
func (v *View) drawDials(width, height int) []string {
	th := v.d.Theme
	t, ok := v.d.TermInHand()
	if !ok {
		text := "no plan: " + v.d.Keys.Key("everywhere", "go-vectors") + " shows vectors to add"
		if l := v.d.Active(); l != nil && l.Plan.Err != nil {
			text = "the plan can't be read: " + v.d.Keys.Key("everywhere", "go-plan") + " shows it"
		}
		return []string{frame.Rule(th, th.Faint.Render(text), "", width)}
	}
	strength, layers, where, vector := v.strengthDial(t), v.layerDial(t), "["+visible.Line(t.Select.String())+"]", visible.Line(t.Vector)
	if t.Op != steering.Add {
		vector = t.Op.String() + ":" + vector
	}
	if len(t.Gate) > 0 {
		where += "?" + visible.Line(t.Gate.String())
	}
	of := ""
	if l := v.d.Active(); l != nil && len(l.Plan.Parsed.Terms) > 1 {
		of = fmt.Sprintf("term %d of %d", v.d.Term+1, len(l.Plan.Parsed.Terms))
	}
	if width < 100 || height < tall {
		line := strength + "  " + th.Faint.Render("@") + layers + " " + th.Text.Render(where) + "  " + th.Accent.Render(vector)
		return []string{frame.Rule(th, th.Faint.Render("dials"), th.Faint.Render(of), width), " " + frame.Clip(line, width-1)}
	}
	widths := []int{width * 34 / 100, width * 22 / 100, width * 22 / 100}
	titles, values := "", ""
	for i, part := range [][2]string{{"strength", strength}, {"layer", layers}, {"where", where}} {
		titles += frame.Rule(th, th.Faint.Render(part[0]), "", widths[i])
		values += " " + frame.Fit(part[1], widths[i]-1)
	}
	rest := width - frame.Width(titles)
	titles += frame.Rule(th, th.Faint.Render("vector"), th.Faint.Render(of), rest)
	values += " " + frame.Fit(th.Accent.Render(vector)+v.vectorNorm(t), rest-1)
	return []string{titles, values}
}

// strengthDial is a scale around the neutral strength with the strength on it,
// and |s d| in medians of |h| beside it.
func (v *View) strengthDial(t steering.Term) string {
	th := v.d.Theme
	if t.Strength.Varies() {
		return th.Accent.Render(t.Strength.String())
	}
	const width = 21
	neutral, _ := desk.Neutral(t.Op)
	value := t.Strength.Value
	step := desk.Step(t)
	span := step * 20 // from end to end; grows with the strength
	low := neutral - span/4
	if value < neutral {
		low = neutral - span*3/4
	}
	at := func(x float64) int { return min(width-1, max(0, int((x-low)/span*(width-1)+.5))) }
	scale := []rune(strings.Repeat("─", width))
	scale[at(neutral)] = '┼'
	text := string(scale[:at(value)]) + "\x00" + string(scale[at(value)+1:])
	before, after, _ := strings.Cut(text, "\x00")
	out := th.Frame.Render(before) + th.Accent.Render("●") + th.Frame.Render(after) + " " + th.Accent.Render(t.Strength.String())
	if r, layer, ok := v.ratio(t); ok {
		out += th.Faint.Render(fmt.Sprintf("  %s |h|", wording.Figure(r)))
		_ = layer
	}
	return out
}

// ratio is |s d| / median |h| at the lowest layer of a term.
func (v *View) ratio(t steering.Term) (ratio float64, layer int, ok bool) {
	layers := v.d.LayersOf(t)
	if len(layers) == 0 {
		return 0, 0, false
	}
	ratio, ok = v.d.Ratio(v.d.Active(), t, layers[0])
	return ratio, layers[0], ok
}

// layerDial shows the model's layers with those of the term marked. Of many
// layers it shows a bar and their names.
func (v *View) layerDial(t steering.Term) string {
	th := v.d.Theme
	layers := v.d.LayersOf(t)
	if v.d.Model.Layers > 10 {
		return th.Accent.Render(t.Layers.String()) + th.Faint.Render(fmt.Sprintf(" of 0-%d", v.d.Model.Layers-1))
	}
	var b strings.Builder
	for l := range v.d.Model.Layers {
		name := fmt.Sprintf(" %d ", l)
		if slices.Contains(layers, l) {
			b.WriteString(th.Accent.Render(fmt.Sprintf("[%d]", l)))
			continue
		}
		b.WriteString(th.Faint.Render(name))
	}
	if slices.Contains(layers, steering.Embed) {
		return th.Accent.Render("[embed]") + b.String()
	}
	return b.String()
}

// vectorNorm is the length of the direction that the term uses.
func (v *View) vectorNorm(t steering.Term) string {
	info := v.d.Vector(t.Vector)
	if info == nil || len(info.Norms) == 0 {
		return ""
	}
	layers := v.d.LayersOf(t)
	norm := info.Norms[0]
	for i, l := range info.Layers {
		if len(layers) > 0 && l == layers[0] {
			norm = info.Norms[i]
		}
	}
	return v.d.Theme.Faint.Render("  |d| " + wording.Figure(norm))
}

// tokenStyle is how the text of a lane's tokens is coloured.
func (v *View) tokenStyle(l *desk.Lane) func(int) *lipgloss.Style {
	th, a := v.d.Theme, l.Answer
	return func(i int) *lipgloss.Style {
		if i >= len(a.Tokens) {
			return &th.Text
		}
		switch v.d.Colour {
		case desk.ByNothing:
			if a.Tokens[i].Steered {
				return &th.Steered
			}
			return &th.Text
		case desk.ByFired:
			if terms := a.Tokens[i].Terms; len(terms) > 0 {
				return &th.Heat[len(th.Heat)-1-2*terms[0]%len(th.Heat)]
			}
			return &th.Text
		}
		share, ok := v.d.Shade(a, i)
		switch {
		case !ok:
			return &th.Text
		case share < 0:
			return &th.Cool[min(len(th.Cool)-1, int(-share*float64(len(th.Cool))))]
		}
		return th.HeatOf(share)
	}
}
