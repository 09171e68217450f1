package sweep

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/frame"
	"tiller/tui/theme"
)

const (
	labelWidth = 9  // columns of the layers' names
	leastCell  = 5  // columns: a shade or bracket, a number, a space or bracket
	mostCell   = 18 // beyond which numbers stand too far apart to compare
	mostLines  = 4  // of a cell: its number, a bar two lines high, and a gap
)

// An area is where the map was drawn.
type area struct {
	y             int // line of the first row in sight
	first, rows   int // of the grid, in sight
	lines, column int // of a cell
}

// View draws the view into exactly width columns and height lines.
func (v *View) View(width, height int) string {
	v.at = area{first: v.at.first} // lines stays 0 where there is no map
	g, why := v.shown()
	if g == nil {
		th := v.d.Theme
		lines := []string{frame.Rule(th, th.Title.Render("sweep"), "", width), "", " " + th.Faint.Render(why)}
		return strings.Join(frame.Block(lines, width, height), "\n")
	}
	v.move(0, 0) // the grid may have got smaller
	lower := v.drawLower(g, width, height)
	lines := append([]string{v.title(g, width)}, v.drawMap(g, width, height-1-len(lower))...)
	return strings.Join(frame.Block(append(lines, lower...), width, height), "\n")
}

// title says what the cells show, on what, and how the models alone do.
func (v *View) title(g *grid, width int) string {
	th := v.d.Theme
	left := th.Title.Render(v.metric.among(g.graded).String()) + th.Faint.Render(" "+v.basis(g))
	var right []string
	if g.base.N > 0 {
		right = append(right, th.Faint.Render("base ")+th.Text.Render(share(g.base.Score())))
	}
	if g.thinking.N > 0 {
		right = append(right, th.Faint.Render("thinking ")+th.Text.Render(share(g.thinking.Score())))
	}
	switch {
	case g.gen != 0 && !g.ended:
		right = append(right, th.Accent.Render(fmt.Sprintf("%d %%", g.percent())))
	case g.gen != 0 && g.done < g.total:
		right = append(right, th.Warn.Render(fmt.Sprintf("stopped at %d %%", g.percent())))
	}
	return frame.Rule(th, left, strings.Join(right, th.Faint.Render(" · ")), width)
}

// basis is on what the cells are tried.
func (v *View) basis(g *grid) string {
	switch {
	case v.metric.among(g.graded) == ratio:
		return "at this question"
	case g.graded:
		return "on " + much(g.count, true)
	case g.ended:
		return "after " + much(g.base.Items, false) // some may have been left out
	}
	return "after " + much(g.count, false)
}

// drawMap draws the strengths, and as many layers as there is room for, in at
// most so many lines. With more room cells are higher.
func (v *View) drawMap(g *grid, width, height int) []string {
	n := len(g.Layers)
	lines := max(1, min((height-1)/n, mostLines))
	column := max(leastCell, min((width-labelWidth-1)/len(g.Strengths), mostCell))
	rows := max(1, min(n, (height-1)/lines))
	v.at = area{y: 2, first: frame.Scroll(v.at.first, v.row, n, rows), rows: rows, lines: lines, column: column}
	p := v.palette(g)
	out := []string{v.drawStrengths(g, p)}
	for row := v.at.first; row < v.at.first+rows; row++ {
		out = append(out, v.drawRow(g, p, row)...)
	}
	return out
}

// A palette is what all cells of a frame are drawn with.
type palette struct {
	full              float64 // the value that fills a cell
	stale             bool
	whole             int    // problems after which a cell is done
	best              [2]int // -1, -1 for none
	planRows, planCol []int  // where the plan is
}

func (v *View) palette(g *grid) palette {
	p := palette{full: v.full(g), stale: v.stale(g), best: [2]int{-1, -1}, whole: g.count}
	if !g.graded {
		p.whole = g.base.Items // some prompts may have been left out
	}
	if row, col, ok := g.best(); ok {
		p.best = [2]int{row, col}
	}
	t, ok := v.d.TermInHand()
	if !ok || p.stale {
		return p
	}
	for _, layer := range v.d.LayersOf(t) {
		if row := slices.Index(g.Layers, layer); row >= 0 {
			p.planRows = append(p.planRows, row)
		}
	}
	if col := slices.Index(g.Strengths, t.Strength.Value); col >= 0 && !t.Strength.Varies() {
		p.planCol = []int{col}
	}
	return p
}

// stale reports whether the plan has become another than the one swept, beside
// its layer and strength.
func (v *View) stale(g *grid) bool {
	if g.gen == 0 {
		return false
	}
	now, _ := v.planned()
	return now == nil || now.of() != g.of()
}

// drawStrengths names the columns; ▾ is on the plan's.
func (v *View) drawStrengths(g *grid, p palette) string {
	th := v.d.Theme
	name := "strength"
	if g.term().Strength.Relative {
		name = "× |h|"
	}
	var b strings.Builder
	b.WriteString(th.Faint.Render(frame.Fit(" "+name, labelWidth)))
	for col, s := range g.Strengths {
		text, style := strength(s), th.Faint
		if slices.Contains(p.planCol, col) {
			text, style = "▾"+text, th.Accent
		}
		b.WriteString(frame.Fit(style.Render(right(text, 4)), v.at.column))
	}
	return b.String()
}

// drawRow draws the cells of a layer, ▸ before the plan's.
func (v *View) drawRow(g *grid, p palette, row int) []string {
	th := v.d.Theme
	label := "   " + layerName(g.Layers[row])
	style := th.Faint
	if slices.Contains(p.planRows, row) {
		label, style = " ▸ "+layerName(g.Layers[row]), th.Accent
	}
	bars := [...]int{0, 0, 1, 1, 2}[v.at.lines] // the last of three lines or more is a gap
	lines := make([]string, v.at.lines)
	lines[0] = style.Render(frame.Fit(label, labelWidth))
	for i := 1; i <= bars; i++ {
		lines[i] = strings.Repeat(" ", labelWidth)
	}
	for col := range g.Strengths {
		number, bar := v.drawCell(g, p, row, col, bars > 0)
		lines[0] += number
		for i := 1; i <= bars; i++ {
			lines[i] += bar
		}
	}
	return lines
}

// drawCell draws a cell's number, with a shade before it unless it has a bar,
// and its bar. The best cell stands in brackets; the number of one that is not
// done is faint.
func (v *View) drawCell(g *grid, p palette, row, col int, barred bool) (number, bar string) {
	th := v.d.Theme
	c := g.cell(row, col)
	text, filled := "–", 0.0
	x, ok := v.value(g, row, col)
	switch {
	case c.Err != "":
		text = "·"
	case ok:
		text = figure(x)
		if p.full > 0 {
			filled = min(max(x/p.full, 0), 1) // NaN stays and is drawn as nothing
		}
	}
	heat, style := th.HeatOf(filled), th.Faint
	switch {
	case p.stale:
		heat, style = &th.Stale, th.Stale
	case ok && (g.gen == 0 || c.Items >= p.whole):
		style = th.Text
	}
	before, after := " ", " "
	if ok && !barred {
		before = theme.Shade(filled)
	}
	best := p.best == [2]int{row, col}
	if best {
		before, after = "[", "]"
		if !p.stale {
			style = th.Accent
		}
	}
	text = right(text, 3)
	switch {
	case row == v.row && col == v.col:
		number = th.Cursor.Render(before + text + after)
	case best || before == " ":
		number = style.Render(before + text + after)
	default:
		number = heat.Render(before) + style.Render(text+after)
	}
	number += blank(v.at.column - 2 - utf8.RuneCountInString(text))
	if barred {
		bar = theme.Bar(filled, v.at.column-2)
		bar = " " + heat.Render(bar) + blank(v.at.column-1-utf8.RuneCountInString(bar))
	}
	return number, bar
}

func blank(columns int) string { return strings.Repeat(" ", max(0, columns)) }

// Click moves the cursor to the cell at column x and line y of the view.
func (v *View) Click(x, y int) tea.Cmd {
	g, _ := v.shown()
	if g == nil || v.at.lines == 0 || x < labelWidth || y < v.at.y {
		return nil
	}
	row, col := v.at.first+(y-v.at.y)/v.at.lines, (x-labelWidth)/v.at.column
	if row < v.at.first+v.at.rows && col < len(g.Strengths) {
		v.row, v.col = row, col
	}
	return nil
}

// Wheel moves the cursor a layer up or down.
func (v *View) Wheel(_, _, lines int) tea.Cmd {
	if lines < 0 {
		v.move(-1, 0)
	} else {
		v.move(1, 0)
	}
	return nil
}
