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
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// A scale is the strengths around the neutral one that a dial shows.
type scale struct {
	low, high float64
	neutral   float64
	marked    bool // there is a neutral strength to mark
}

// scaleOf is the scale of a term's constant strength: it grows with the
// strength, and has more room on the side of the neutral one that is in use.
func scaleOf(t steering.Term) scale {
	neutral, marked := desk.Neutral(t.Op)
	span := desk.Step(t) * 20
	low := neutral - span/4
	if t.Strength.Value < neutral {
		low = neutral - span*3/4
	}
	return scale{low: low, high: low + span, neutral: neutral, marked: marked}
}

// at is the column of a strength on a dial of so many columns.
func (s scale) at(x float64, width int) int {
	return min(width-1, max(0, int((x-s.low)/(s.high-s.low)*float64(width-1)+.5)))
}

// draw draws the dial: ┼ is the neutral strength and ● the one that is set.
func (s scale) draw(th *theme.Theme, value float64, width int) string {
	line := []rune(strings.Repeat("─", width))
	if s.marked {
		line[s.at(s.neutral, width)] = '┼'
	}
	at := s.at(value, width)
	return th.Frame.Render(string(line[:at])) + th.Accent.Render("●") + th.Frame.Render(string(line[at+1:]))
}

// label is how wide the names of the dials are.
const label = 13

// drawDials draws the dials of the term in hand, from line y on.
func (v *View) drawDials(y, width, height int) []string {
	th := v.d.Theme
	t, ok := v.d.TermInHand()
	if !ok || height < 2 {
		return nil
	}
	i := v.d.Term
	about := effects[t.Op]
	lines := []string{frame.Rule(th, th.Accent.Render(fmt.Sprintf("▸ term %d", i+1))+th.Title.Render("  "+visible.Line(t.Vector)), th.Faint.Render(about), width)}
	dial := func(name, value string, actions ...keys.Action) {
		lines = append(lines, v.dial(name, value, width, actions...))
	}
	click := func(do func(x, y int) tea.Cmd) {
		v.areas = append(v.areas, area{label + margin, y + len(lines), max(0, width-label-margin), 1, do})
	}
	click(func(int, int) tea.Cmd { return v.cycleOp() })
	dial("operation", th.Accent.Render(t.Op.String()), keys.CycleOp)
	if t.Strength.Varies() {
		dial("strength", v.numbers(t.Strength, width-label-30), keys.Left, keys.Right, keys.Stronger, keys.Weaker)
	} else {
		dial("strength", v.strengthDial(t, width, y+len(lines)), keys.Stronger, keys.Weaker, keys.Neutral, keys.Relative)
	}
	click(func(int, int) tea.Cmd { v.param = 0; return v.d.CycleCurve() })
	dial("over tokens", v.kind(t.Strength), v.curveKeys(t.Strength)...)
	layers, sizes := v.layerDial(i, t, width-label-margin-12, y+len(lines))
	dial("layers", layers, keys.LayerDown, keys.LayerUp)
	dial(sizeName(t), sizes)
	click(func(int, int) tea.Cmd { return v.d.CycleSelector() })
	dial("where", th.Accent.Render("["+visible.Line(t.Select.String())+"]"), keys.CycleSelector)
	click(func(int, int) tea.Cmd { return v.d.CycleGate() })
	dial("when", v.gate(t), keys.CycleGate)
	dial("", v.reach(i))
	if room := height - len(lines); t.Strength.Varies() && room >= 4 {
		lines = append(lines, v.drawCurve(i, t, width, min(room, 12))...)
	}
	return append(lines, v.warnings(width, height-len(lines))...)
}

// effects say what each operation does with a row h, the direction d and its
// unit vector u.
var effects = map[steering.Op]string{
	steering.Add:    "h + s·d",
	steering.AddN:   "h + s·d, as long as before",
	steering.Ablate: "h − s·(h·u)u; 1 removes u",
	steering.Clamp:  "h·u becomes s",
	steering.Scale:  "h·u becomes s·h·u; 1 changes nothing",
	steering.Rotate: "h turned towards u by s degrees",
}

// dial draws one dial: its name, its value, and the keys that turn it.
func (v *View) dial(name, value string, width int, actions ...keys.Action) string {
	th := v.d.Theme
	var pressed []string
	for _, a := range actions {
		if key := v.d.Keys.Key(keys.Plan, a); key != "" {
			pressed = append(pressed, key)
		}
	}
	left := strings.Repeat(" ", margin) + th.Faint.Render(frame.Fit(name, label)) + value
	return frame.Ends(left, th.Key.Render(strings.Join(pressed, " "))+" ", width)
}

// strengthDial draws a constant strength on its scale, drawn at line y, and how
// it compares with the stream.
func (v *View) strengthDial(t steering.Term, width, y int) string {
	th := v.d.Theme
	s := scaleOf(t)
	columns := max(11, min(41, width/3))
	low, high := wording.Figure(s.low), wording.Figure(s.high)
	x := margin + label + len(low) + 1
	v.areas = append(v.areas, area{x, y, columns, 1, func(x, _ int) tea.Cmd {
		return v.setStrength(s.low + (s.high-s.low)*float64(x)/float64(columns-1))
	}})
	out := th.Faint.Render(low+" ") + s.draw(th, t.Strength.Value, columns) + th.Faint.Render(" "+high+"  ") + th.Accent.Render(t.Strength.String())
	if s.marked && t.Strength.Value == s.neutral {
		out += th.Warn.Render("  neutral: does nothing")
	}
	return out
}

// setStrength sets the strength of the term in hand to a whole number of the
// dial's steps.
func (v *View) setStrength(x float64) tea.Cmd {
	return v.d.EditTerm(func(t *steering.Term) bool {
		t.Strength.Value = desk.TurnValue(*t, x, 0)
		return true
	})
}

// gate is when a term fires.
func (v *View) gate(t steering.Term) string {
	if len(t.Gate) == 0 {
		return v.d.Theme.Text.Render("always")
	}
	return v.d.Theme.Accent.Render("? " + visible.Line(t.Gate.String()))
}

// reach says at how many positions of the last answer a term fired.
func (v *View) reach(i int) string {
	th := v.d.Theme
	a, counted := v.answer(), v.counted()
	if counted == nil {
		return th.Faint.Render("not answered with this plan")
	}
	c := counted[i]
	text := fmt.Sprintf("fires at %d of %d question positions, steers %d of %d tokens", c.question, len(a.Prompt), c.tokens, len(a.Tokens))
	switch {
	case v.stale():
		return th.Stale.Render(text)
	case c.question+c.tokens == 0 && a.Ended != nil:
		return th.Warn.Render("! " + text)
	}
	return th.Steered.Render("▲ ") + th.Text.Render(text)
}

// sizeName names the size of a term's edits.
func sizeName(t steering.Term) string {
	switch {
	case t.Op == steering.Clamp:
		return "|s| / |h|"
	case t.Op == steering.Add || t.Op == steering.AddN:
		return "|s·d| / |h|"
	}
	return ""
}

const (
	fewLayers = 12 // up to so many have a cell with a number each
	cellWidth = 6  // of such a cell
)

// layerDial draws a map of the model's layers with those of a term marked, and
// a line of how large its edits are there. It is drawn at line y.
func (v *View) layerDial(i int, t steering.Term, width, y int) (layers, sizes string) {
	at := v.layersOf(i, t)
	n := v.d.Model.Layers
	switch {
	case len(at) == 0 || n == 0:
		text := v.d.Theme.Accent.Render(t.Layers.String())
		if info := v.d.Vector(t.Vector); info == nil || !info.Read {
			text += v.d.Theme.Faint.Render("  those of " + visible.Line(t.Vector) + " are not known")
		}
		return text, ""
	case n <= fewLayers && (n+1)*cellWidth <= width:
		return v.layerCells(t, at, y)
	}
	return v.layerMap(t, at, width, y)
}

// layerCells gives every layer a cell, and the size of the edits stands below.
func (v *View) layerCells(t steering.Term, at []int, y int) (layers, sizes string) {
	th := v.d.Theme
	first := 0
	if slices.Contains(at, steering.Embed) {
		first = steering.Embed
	}
	for l := first; l < v.d.Model.Layers; l++ {
		name, size := wording.Layer(l), ""
		if !slices.Contains(at, l) {
			layers += th.Faint.Render(frame.Fit(" "+name, cellWidth))
		} else {
			layers += th.Accent.Render(frame.Fit("["+name+"]", cellWidth))
			if r, ok := v.ratio(t, l); ok {
				size = wording.Figure(r)
			}
		}
		sizes += th.Text.Render(frame.Fit(" "+size, cellWidth))
		v.areas = append(v.areas, area{margin + label + (l-first)*cellWidth, y, cellWidth, 1, func(int, int) tea.Cmd { return v.d.ToggleLayer(l) }})
	}
	return layers, sizes
}

// layerMap gives every layer a column: · where the term does not act, and
// elsewhere a bar as high as its edits are large.
func (v *View) layerMap(t steering.Term, at []int, width, y int) (layers, sizes string) {
	th := v.d.Theme
	n := v.d.Model.Layers
	ratios := map[int]float64{}
	least, most, where := math.Inf(1), 0.0, 0
	for _, l := range at {
		if r, ok := v.ratio(t, l); ok && !math.IsNaN(r) {
			if ratios[l] = r; r > most {
				most, where = r, l
			}
			least = min(least, r)
		}
	}
	if len(ratios) > 0 {
		sizes = th.Text.Render(wording.Figure(most))
		if wording.Figure(least) != wording.Figure(most) {
			sizes = th.Text.Render(wording.Figure(least)+" to "+wording.Figure(most)) + th.Faint.Render(", most at layer "+wording.Layer(where))
		}
	}
	names := th.Accent.Render(t.Layers.String()) + th.Faint.Render(fmt.Sprintf(" of 0-%d", n-1))
	if frame.Width(names)+n+2 > width {
		return names, sizes
	}
	for l := range n {
		switch r, known := ratios[l]; {
		case !slices.Contains(at, l):
			layers += th.Frame.Render("·")
		case known && most > 0:
			layers += th.Accent.Render(level(r / most))
		default:
			layers += th.Accent.Render("■")
		}
		v.areas = append(v.areas, area{margin + label + l, y, 1, 1, func(int, int) tea.Cmd { return v.d.ToggleLayer(l) }})
	}
	return layers + "  " + names, sizes
}

// warnings are what the last answer has to say about the plan, in at most room
// lines.
func (v *View) warnings(width, room int) []string {
	a := v.answer()
	if a == nil || a.Ended == nil || v.stale() {
		return nil
	}
	var lines []string
	for _, w := range a.Ended.Warnings {
		lines = append(lines, wrap(v.d.Theme.Warn.Render, "! "+wording.Sentence(strings.TrimPrefix(w, "plan ")), width)...)
	}
	return lines[:max(0, min(len(lines), room))]
}
