package report

import (
	"html/template"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tiller/steering/statistics"
)

// A chart is a plot, and the same as a table for those who can't see it.
type chart struct {
	ID    string
	Title string
	About string // what is to be seen
	SVG   template.HTML
	Key   []key
	Head  []string
	Rows  [][]string
	Open  bool // the table stands there unasked, also in print
}

// key says what a colour of a chart stands for.
type key struct {
	Tone  string // a class of the style sheet
	Label string
}

// A dot is a figure with its interval, both as they are plotted: percent for
// shares.
type dot struct {
	tone  tone
	value float64 // NaN for none
	ci    statistics.Interval
}

// A dotRow is a row of a dot plot: a name, what it comes to in numbers, and one
// figure or several.
type dotRow struct {
	label, number string
	dots          []dot
}

// Heights of the parts of a row, in points.
const (
	rowHeight = 25
	dotStep   = 8
	axisSpace = 34 // of the x axis and its label
)

func (r dotRow) height() float64 { return rowHeight + dotStep*float64(max(0, len(r.dots)-1)) }

// labelWidth is how many characters of a name a row has room for.
const labelWidth = 46

// rows draws dotRows from top to bottom, each a line of text above a line a
// figure.
type rows []dotRow

func (d rows) height() float64 {
	var sum float64
	for _, r := range d {
		sum += r.height()
	}
	return sum
}

// Plot implements [plot.Plotter]. The y axis is in points, downwards from 0.
func (d rows) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	x := func(v float64) vg.Length { return trX(min(max(v, p.X.Min), p.X.Max)) }
	top := 0.
	for _, r := range d {
		baseline := trY(top - 12)
		c.FillText(letters(ink, textSize, draw.XLeft, draw.YBottom), vg.Point{X: c.Min.X, Y: baseline}, short(r.label, labelWidth))
		c.FillText(letters(faint, smallSize, draw.XRight, draw.YBottom), vg.Point{X: c.Max.X, Y: baseline}, r.number)
		for k, dot := range r.dots {
			y := trY(top - 18 - dotStep*float64(k))
			if k == 0 {
				c.StrokeLine2(stroke(rule, .5), c.Min.X, y, c.Max.X, y)
			}
			if math.IsNaN(dot.value) {
				continue
			}
			if dot.ci.Defined() {
				c.StrokeLine2(stroke(dot.tone, 2), x(dot.ci.Low), y, x(dot.ci.High), y)
			}
			circle(c, dot.tone, x(dot.value), y, 3.2)
		}
		top -= r.height()
	}
}

func circle(c draw.Canvas, t tone, x, y, radius vg.Length) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: t, Radius: radius, Shape: draw.CircleGlyph{}}, vg.Point{X: x, Y: y})
}

// dotPlot draws rows over the values from low to high.
func dotPlot(d rows, low, high float64, label string) (*plot.Plot, vg.Length) {
	p := newPlot()
	p.HideY()
	p.X.Min, p.X.Max = low, high
	p.Y.Min, p.Y.Max = -d.height(), 0
	p.X.Label.Text = label
	p.X.Tick.Marker = ticks{}
	p.Add(upright(), d)
	return p, vg.Length(d.height() + axisSpace)
}

// upright is a grid of lines at the ticks of the x axis.
func upright() *plotter.Grid {
	g := plotter.NewGrid()
	g.Horizontal.Color = nil
	g.Vertical = stroke(rule, .5)
	return g
}

// ticks stand at round values, two to seven of them.
type ticks struct{}

// Ticks implements [plot.Ticker].
func (ticks) Ticks(low, high float64) []plot.Tick {
	magnitude := math.Pow(10, math.Floor(math.Log10(high-low)))
	step := 2 * magnitude
	for _, finer := range []float64{1, 2, 5} {
		if (high-low)/(magnitude/finer) <= 6 {
			step = magnitude / finer
		}
	}
	decimals := min(max(0, int(math.Ceil(-math.Log10(step)-1e-9))), 9)
	var out []plot.Tick
	first := math.Ceil(low/step - 1e-9)
	for i := range 8 {
		if v := (first + float64(i)) * step; v <= high+step*1e-9 {
			out = append(out, plot.Tick{Value: v, Label: fixed(v, decimals)})
		}
	}
	return out
}

// A strip is the values of chance in one row, as they are plotted.
type strip struct {
	label, number string
	tone          tone
	values        []float64
}

// strips draws the values of chance as piles of dots, one row a strip, with
// upright lines for what they are compared with.
type strips struct {
	rows []strip
	line []dot // without intervals
}

// stripHeight is that of a row in points: a line of text, and room for a pile.
const stripHeight = 50

// Plot implements [plot.Plotter]. The y axis is in points, downwards from 0.
func (s strips) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	const radius, floor = 2.2, 5
	for i, r := range s.rows {
		top := -float64(i) * stripHeight
		c.FillText(letters(ink, textSize, draw.XLeft, draw.YBottom), vg.Point{X: c.Min.X, Y: trY(top - 12)}, short(r.label, labelWidth))
		c.FillText(letters(faint, smallSize, draw.XRight, draw.YBottom), vg.Point{X: c.Max.X, Y: trY(top - 12)}, r.number)
		bottom := trY(top - stripHeight + floor)
		c.StrokeLine2(stroke(rule, .5), c.Min.X, bottom, c.Max.X, bottom)
		for _, l := range s.line {
			c.StrokeLine2(stroke(l.tone, 2), trX(l.value), bottom, trX(l.value), trY(top-16))
		}
		pile := map[int]int{}
		highest := 1
		column := func(v float64) int { return int(math.Round(float64(trX(v)) / (2 * radius))) }
		for _, v := range r.values {
			k := column(v)
			pile[k]++
			highest = max(highest, pile[k])
		}
		step := min(2*radius, (stripHeight-24)/float64(highest))
		clear(pile)
		for _, v := range r.values {
			k := column(v)
			circle(c, r.tone, vg.Length(k)*2*radius, bottom+vg.Length(radius+step*float64(pile[k])), radius)
			pile[k]++
		}
	}
}

// stripPlot draws strips over the values from low to high.
func stripPlot(s strips, low, high float64, label string) (*plot.Plot, vg.Length) {
	p := newPlot()
	p.HideY()
	height := float64(len(s.rows)) * stripHeight
	p.X.Min, p.X.Max = low, high
	p.Y.Min, p.Y.Max = -height, 0
	p.X.Label.Text = label
	p.X.Tick.Marker = ticks{}
	p.Add(upright(), s)
	return p, vg.Length(height + axisSpace)
}

// A curve is a figure by strength.
type curve struct {
	tone   tone
	width  vg.Length
	points plotter.XYs
	chosen int // a point; -1 for none
}

// curvePlot draws curves over the values from low to high.
func curvePlot(curves []curve, low, high float64, label string) (*plot.Plot, vg.Length) {
	p := newPlot()
	grid := plotter.NewGrid()
	grid.Horizontal, grid.Vertical = stroke(rule, .5), stroke(rule, .5)
	p.Add(grid)
	for _, c := range curves {
		p.Add(&plotter.Line{XYs: c.points, LineStyle: stroke(c.tone, c.width)})
		if c.chosen >= 0 {
			p.Add(&plotter.Scatter{
				XYs:        c.points[c.chosen : c.chosen+1],
				GlyphStyle: draw.GlyphStyle{Color: c.tone, Radius: 1.5 + c.width, Shape: draw.CircleGlyph{}},
			})
		}
	}
	p.X.Label.Text, p.Y.Label.Text = "strength", label
	p.Y.Min, p.Y.Max = low, high
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks{}, ticks{}
	return p, 230
}

// cells draws a table of figures as squares, the stronger the higher.
type cells struct {
	columns, rows []string
	values        [][]float64 // by row and column; NaN for none
	numbers       [][]string
}

// mostColumns is how many columns have room for numbers.
const mostColumns = 12

// Plot implements [plot.Plotter]. Column i is at x = i, row i at y = -i.
func (m cells) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	low, high := extent(m.values)
	for i, row := range m.values {
		for j, v := range row {
			if math.IsNaN(v) {
				continue
			}
			share := .5
			if high > low {
				share = (v - low) / (high - low)
			}
			x0, x1 := trX(float64(j)-.5), trX(float64(j)+.5)
			y0, y1 := trY(-float64(i)-.5), trY(-float64(i)+.5)
			c.FillPolygon(heatOf(share), []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
			if len(m.columns) <= mostColumns {
				t := ink
				if share > .66 {
					t = paper
				}
				c.FillText(letters(t, smallSize, draw.XCenter, draw.YCenter), vg.Point{X: (x0 + x1) / 2, Y: (y0+y1)/2 + 2}, m.numbers[i][j])
			}
		}
	}
}

// extent is the lowest and highest of some numbers that are any.
func extent(values [][]float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, row := range values {
		for _, v := range row {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high
}

// cellPlot draws a table of figures.
func cellPlot(m cells, across, down string) (*plot.Plot, vg.Length) {
	p := newPlot()
	p.X.Min, p.X.Max = -.5, float64(len(m.columns))-.5
	p.Y.Min, p.Y.Max = .5-float64(len(m.rows)), .5
	p.X.Label.Text, p.Y.Label.Text = across, down
	p.X.Padding, p.Y.Padding = 0, 0
	p.X.Tick.Marker = names(m.columns, 1)
	p.Y.Tick.Marker = names(m.rows, -1)
	p.Add(m)
	return p, vg.Length(min(20*len(m.rows), 480) + axisSpace)
}

// names are ticks at 0, direction, 2 direction and so on, as many as can be
// read.
func names(labels []string, direction float64) plot.ConstantTicks {
	const most = 24
	every := (len(labels) + most - 1) / most
	var out plot.ConstantTicks
	for i := 0; i < len(labels); i += every {
		out = append(out, plot.Tick{Value: float64(i) * direction, Label: labels[i]})
	}
	return out
}
