package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"tiller/steering/controls"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/steering/statistics"
)

// Bounds of what is drawn.
const (
	maxDotRows  = 24
	maxFamilies = 24
	maxFamDots  = 6 // lanes in a family's row
	maxStrips   = 8 // kinds of control beside a plan
	maxDraws    = 500
	maxCurves   = 120
	maxPlans    = 8  // with a plot of controls
	maxTried    = 16 // strengths in a table
)

// plots numbers the plots of a page, so that their ids differ.
type plots struct {
	*run
	n int
}

// draw finishes a chart with its plot.
func (p *plots) draw(c chart, drawn *plot.Plot, height vg.Length) chart {
	p.n++
	c.ID = fmt.Sprintf("plot-%d", p.n)
	c.SVG = svg(drawn, height, c.ID, c.Title, c.About)
	return c
}

// axis is a score as it is plotted: percent for shares.
func (s scale) axis(x float64) float64 {
	if s.share {
		return 100 * x
	}
	return x
}

func (s scale) axisOf(i statistics.Interval) statistics.Interval {
	return statistics.Interval{Low: s.axis(i.Low), High: s.axis(i.High)}
}

// measure names the score on an axis.
func (s scale) measure() string {
	if s.share {
		return "right, %"
	}
	return "score"
}

// span is the part of an axis that holds all of some scores: 0 to 100 for
// shares.
func (s scale) span(values ...float64) (low, high float64) {
	if s.share {
		return 0, 100
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	switch {
	case low > high:
		return 0, 1
	case low == high:
		return low - .5, high + .5
	}
	margin := (high - low) * .04
	return low - margin, high + margin
}

// all are the plots of the run, those that have something to show.
func (p *plots) all() []chart {
	var out []chart
	for _, make := range []func() (chart, bool){p.scores, p.gaps, p.families, p.curves, p.grid} {
		if c, ok := make(); ok {
			out = append(out, c)
		}
	}
	return out
}

// scores plots how well each lane answers.
func (p *plots) scores() (chart, bool) {
	c := chart{Title: "Score by lane", About: "Dots are scores, lines their 95 % intervals.", Head: []string{"lane", p.scale.measure(), "95 % interval", "answers"}}
	var d rows
	var ends []float64
	for _, l := range p.main() {
		if l.Score == nil || len(d) == maxDotRows {
			continue
		}
		ci := p.scale.axisOf(l.CI95)
		v := p.scale.axis(*l.Score)
		ends = append(ends, v, ci.Low, ci.High)
		d = append(d, dotRow{label: l.label, number: strings.TrimSpace(p.scale.value(*l.Score) + " " + p.scale.interval(l.CI95)), dots: []dot{{l.tone, v, ci}}})
		c.Rows = append(c.Rows, []string{l.label, p.scale.value(*l.Score), p.scale.interval(l.CI95), count(l.N)})
	}
	if len(d) == 0 {
		return c, false
	}
	low, high := p.scale.span(ends...)
	drawn, height := dotPlot(d, low, high, p.scale.measure())
	return p.draw(c, drawn, height), true
}

// gaps plots how much of the gap to the thinking model each lane recovers.
func (p *plots) gaps() (chart, bool) {
	share := scale{share: true}
	c := chart{Title: "Gap recovered", About: "0 % is the base model, 100 % the thinking model; lines are 95 % intervals.", Head: []string{"lane", "gap recovered, %", "95 % interval"}}
	var d rows
	low, high := 0., 100.
	for _, l := range p.main() {
		if l.RecoveredGap == nil || l.Kind == eval.Base || l.Kind == eval.Thinking || len(d) == maxDotRows {
			continue
		}
		ci := share.axisOf(l.RecoveredGapCI95)
		v := 100 * *l.RecoveredGap
		for _, x := range []float64{v, ci.Low, ci.High} {
			if !math.IsNaN(x) {
				low, high = max(min(low, x), -200), min(max(high, x), 300)
			}
		}
		d = append(d, dotRow{label: l.label, number: strings.TrimSpace(share.value(*l.RecoveredGap) + " " + share.interval(l.RecoveredGapCI95)), dots: []dot{{l.tone, v, ci}}})
		c.Rows = append(c.Rows, []string{l.label, share.value(*l.RecoveredGap), share.interval(l.RecoveredGapCI95)})
	}
	if len(d) == 0 {
		return c, false
	}
	drawn, height := dotPlot(d, low, high, "gap recovered, %")
	return p.draw(c, drawn, height), true
}

// families plots the lanes on each family of problems.
func (p *plots) families() (chart, bool) {
	lanes := p.filter(func(l lane) bool { return len(l.Families) > 0 && l.Score != nil && l.Kind != eval.Control })
	c := chart{Title: "By family", Head: []string{"family", "problems"}}
	if len(lanes) == 0 {
		return c, false
	}
	lanes = lanes[:min(len(lanes), maxFamDots)]
	n := len(lanes[0].Families)
	c.About = "Each family of problems, with 95 % intervals."
	if n > maxFamilies {
		c.About = fmt.Sprintf("The first %d of %d families of problems, with 95 %% intervals. The others are in summary.json.", maxFamilies, n)
	}
	var d rows
	var ends []float64
	for i := range min(n, maxFamilies) {
		f := lanes[0].Families[i]
		r := dotRow{label: name(f.Family), number: counted(f.N, "answer")}
		cells := []string{r.label, count(f.N)}
		if r.label == "" {
			r.label = "without a family"
		}
		for _, l := range lanes {
			f := l.Families[i]
			ci := p.scale.axisOf(f.CI95)
			v := p.scale.axis(or(f.Score))
			ends = append(ends, v, ci.Low, ci.High)
			r.dots = append(r.dots, dot{l.tone, v, ci})
			cells = append(cells, strings.TrimSpace(p.scale.value(or(f.Score))+" "+p.scale.interval(f.CI95)))
		}
		d = append(d, r)
		c.Rows = append(c.Rows, cells)
	}
	for _, l := range lanes {
		c.Head = append(c.Head, l.label)
		c.Key = append(c.Key, key{l.class(), l.label})
	}
	low, high := p.scale.span(ends...)
	drawn, height := dotPlot(d, low, high, p.scale.measure())
	return p.draw(c, drawn, height), true
}

// curves plots how the strength of each control was chosen.
func (p *plots) curves() (chart, bool) {
	c := chart{Title: "Score by strength", About: "On the tune set, the strength that each control's plan is multiplied by, and how it did there. The dot is what was chosen."}
	lanes := p.filter(func(l lane) bool { return l.Tuned != nil && len(l.Tuned.Sweep) > 1 })
	if len(lanes) == 0 {
		return c, false
	}
	if len(lanes) > maxCurves {
		c.About += fmt.Sprintf(" These are %d of %d lanes; the others are in tune.json.", maxCurves, len(lanes))
		lanes = lanes[:maxCurves]
	}
	var drawn []curve
	var ends []float64
	for _, l := range lanes {
		k := curve{tone: l.tone, width: .5, chosen: -1}
		for i, s := range l.sweep() {
			if s.Strength == l.Tuned.Strength {
				k.chosen = i
			}
			k.points = append(k.points, plotter.XY{X: s.Strength, Y: p.scale.axis(s.Score)})
			ends = append(ends, p.scale.axis(s.Score))
		}
		drawn = append(drawn, k)
	}
	c.Head, c.Rows = p.sweepTable(lanes)
	low, high := scale{}.span(ends...)
	picture, height := curvePlot(drawn, low, high, p.scale.measure())
	return p.draw(c, picture, height), true
}

// sweep is what a lane tried, by strength.
func (l lane) sweep() []summary.SweepPoint {
	s := slices.Clone(l.Tuned.Sweep)
	slices.SortStableFunc(s, func(a, b summary.SweepPoint) int { return cmp.Compare(a.Strength, b.Strength) })
	return s[:min(len(s), maxSide)]
}

// sweepTable has a row a lane, and a column a strength that any of them tried.
func (p *plots) sweepTable(lanes []lane) (head []string, rows [][]string) {
	var strengths []float64
	for _, l := range lanes {
		for _, s := range l.sweep() {
			if i, known := slices.BinarySearch(strengths, s.Strength); !known && len(strengths) < maxTried {
				strengths = slices.Insert(strengths, i, s.Strength)
			}
		}
	}
	head = []string{"lane"}
	for _, s := range strengths {
		head = append(head, "at "+strength(s))
	}
	head = append(head, "chosen")
	for _, l := range lanes {
		row := []string{l.label}
		for _, at := range strengths {
			cell := none
			for _, s := range l.sweep() {
				if s.Strength == at {
					cell = p.scale.value(s.Score)
				}
			}
			row = append(row, cell)
		}
		rows = append(rows, append(row, strength(l.Tuned.Strength)))
	}
	return head, rows
}

// grid plots the folder's sweep.
func (p *plots) grid() (chart, bool) {
	c := chart{Title: "Layers and strengths"}
	if p.sweep == nil {
		return c, false
	}
	m := cells{values: p.sweep.values()}
	c.Head = []string{"layer"}
	for _, s := range p.sweep.Strengths {
		m.columns = append(m.columns, strength(s))
		c.Head = append(c.Head, "strength "+strength(s))
	}
	for i, l := range p.sweep.Layers {
		label := strconv.Itoa(l)
		if l < 0 {
			label = "embed"
		}
		m.rows = append(m.rows, label)
		var numbers []string
		for j, v := range m.values[i] {
			numbers = append(numbers, p.scale.value(v))
			m.values[i][j] = p.scale.axis(v)
		}
		m.numbers = append(m.numbers, numbers)
		c.Rows = append(c.Rows, append([]string{label}, numbers...))
	}
	low, high := extent(m.values)
	if low > high {
		return c, false
	}
	unit := p.scale.axis(1)
	c.About = fmt.Sprintf("The score at each layer and strength that was tried, from %s to %s: the stronger the colour, the higher.", p.scale.value(low/unit), p.scale.value(high/unit))
	drawn, height := cellPlot(m, "strength", "layer")
	return p.draw(c, drawn, height), true
}

// strength writes a strength in full.
func strength(x float64) string {
	return strings.Replace(strconv.FormatFloat(x, 'g', -1, 64), "-", "−", 1)
}

// controls plots each plan beside its controls.
func (p *plots) controls() []chart {
	var out []chart
	for _, l := range p.plans() {
		if len(out) == maxPlans {
			break
		}
		if c, ok := p.beside(l); ok {
			out = append(out, c)
		}
	}
	return out
}

// beside plots a plan and the controls of it.
func (p *plots) beside(l lane) (chart, bool) {
	c := chart{Title: l.label, Open: true, Head: []string{"control", "draws", "mean", "highest", "rank p", "draws that hardly answer", "problems"}}
	groups := p.groupsOf(l.Name)
	if len(groups) == 0 || l.Score == nil {
		return c, false
	}
	own := p.scale.axis(*l.Score)
	s := strips{line: []dot{{tone: l.tone, value: own}}}
	c.Key = []key{{l.class(), "the plan, " + p.scale.value(*l.Score)}, {control.name(), "a control"}}
	if b := p.sum.Lane(p.sum.Base); b != nil && b.Score != nil {
		s.line = append(s.line, dot{tone: base, value: p.scale.axis(*b.Score)})
		c.Key = append(c.Key, key{base.name(), "base, " + p.scale.value(*b.Score)})
	}
	ends := []float64{own, s.line[len(s.line)-1].value}
	for _, g := range groups {
		row := strip{label: controlLabel(g.Control), tone: control, values: p.draws(g)}
		if row.number = p.scale.value(or(g.MaxScore)); g.Draws > 1 {
			row.number = fmt.Sprintf("highest of %d: %s", g.Draws, row.number)
		}
		s.rows = append(s.rows, row)
		ends = append(ends, row.values...)
		c.Rows = append(c.Rows, []string{row.label, count(g.Draws), p.scale.value(or(g.MeanScore)), p.scale.value(or(g.MaxScore)),
			probability(or(g.RankP)), count(g.Lost), count(g.Paired)})
	}
	c.About = "No random directions were drawn beside this plan, so it has no rank among them."
	if l.RankP != nil {
		c.About = fmt.Sprintf("Its rank among random directions gives p = %s: the share, the plan counted, that score no worse.", probability(*l.RankP))
	}
	low, high := p.scale.span(ends...)
	drawn, height := stripPlot(s, low, high, p.scale.measure())
	return p.draw(c, drawn, height), true
}

// groupsOf are the controls of a plan that have answered something.
func (p *plots) groupsOf(plan string) []summary.ControlGroup {
	var out []summary.ControlGroup
	for _, g := range p.sum.Controls {
		if g.Of == plan && g.Draws > 0 && len(out) < maxStrips {
			out = append(out, g)
		}
	}
	return out
}

// draws are the scores of a group's lanes as they are plotted.
func (p *plots) draws(g summary.ControlGroup) []float64 {
	var out []float64
	for _, l := range p.lanes {
		if l.Kind == eval.Control && l.Of == g.Of && l.Control == g.Control && l.Score != nil && len(out) < maxDraws {
			out = append(out, p.scale.axis(*l.Score))
		}
	}
	return out
}

// controlLabel says what a control is.
func controlLabel(kind string) string {
	switch controls.Kind(kind) {
	case controls.Isotropic:
		return "random directions"
	case controls.Covariance:
		return "random, shaped like the stream"
	case controls.Shuffled:
		return "labels shuffled"
	case controls.Negated:
		return "the plan negated"
	case controls.Positions:
		return "the plan at other positions"
	}
	return name(kind)
}
