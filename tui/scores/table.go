package scores

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/steering/eval"
	"tiller/steering/statistics"
	"tiller/tui/frame"
	"tiller/tui/theme"
	"tiller/tui/visible"
)

// A column of figures, as wide as width with the space before it.
type column struct {
	title string
	width int
	text  func(r Row) string
	keep  bool // it is drawn however narrow the table is
}

var columns = []column{
	{"n", 7, func(r Row) string { return strconv.Itoa(r.N) }, false},
	{"score", 7, func(r Row) string { return Number(r.Score) }, true},
	{"", 0, nil, true}, // the bar
	{"to base", 9, func(r Row) string { return Signed(r.Delta) }, true},
	{"95 % interval", 18, func(r Row) string { return span(r.DeltaCI) }, false},
	{"guard", 8, func(r Row) string { return Signed(r.Guard) }, false},
	{"p", 8, func(r Row) string { return significance(r.P) }, false},
	{"gap", 9, func(r Row) string { return share(r.Gap) }, false},
}

// The order in which columns that need not be drawn are given room; the bar
// gets some more before the last.
var wanted = []string{"95 % interval", "guard", "n", "", "p", "gap"}

const (
	lead              = 4 // marker and tag
	leastName         = 16
	leastBar, mostBar = 12, 48
	betterBar         = 24
	barGap            = 2
)

// Lines draws a heading and a line for each row, width columns wide. The row
// that is in hand is marked; -1 is none.
func Lines(t *theme.Theme, rows []Row, hand, width int) []string {
	shown, name, bar := layout(rows, width)
	low, high := scale(rows)
	head := strings.Repeat(" ", lead) + frame.Fit("", name)
	for _, c := range shown {
		if c.text == nil {
			head += strings.Repeat(" ", barGap) + frame.Ends(edge(low), edge(high), bar)
			continue
		}
		head += frame.Right(c.title, c.width)
	}
	lines := []string{t.Faint.Render(frame.Fit(head, width))}
	base := math.NaN()
	for _, r := range rows {
		if r.Kind == eval.Base {
			base = r.Score
		}
	}
	for i, r := range rows {
		marker, style := "  ", nameStyle(t, r)
		if i == hand {
			marker, style = t.Accent.Render("▸ "), t.Accent
		}
		label := visible.Line(r.Name)
		if r.Kind == eval.Control {
			label = "  " + label
		}
		line := marker + t.Faint.Render(frame.Fit(r.Tag, lead-2)) + style.Render(frame.Fit(label, name))
		for _, c := range shown {
			if c.text == nil {
				line += strings.Repeat(" ", barGap) + drawBar(t, r, base, low, high, bar)
				continue
			}
			line += figureStyle(t, c, r).Render(frame.Right(c.text(r), c.width))
		}
		lines = append(lines, frame.Fit(line, width))
	}
	return lines
}

// layout chooses the columns, and how wide names and the bar are.
func layout(rows []Row, width int) (shown []column, name, bar int) {
	longest := leastName
	known := map[string]bool{}
	for _, r := range rows {
		longest = max(longest, frame.Width(visible.Line(r.Name))+2)
		known["guard"] = known["guard"] || !math.IsNaN(r.Guard)
		known["95 % interval"] = known["95 % interval"] || r.DeltaCI.Defined()
		known["p"] = known["p"] || !math.IsNaN(r.P)
		known["gap"] = known["gap"] || !math.IsNaN(r.Gap)
		known["n"] = true
	}
	name, bar = min(longest, max(leastName, width*3/10)), leastBar
	room := width - lead - name - bar - barGap
	for _, c := range columns {
		if c.keep {
			room -= c.width
		}
	}
	chosen := map[string]bool{}
	for _, title := range wanted {
		if title == "" {
			wider := max(0, min(betterBar-bar, room))
			bar, room = bar+wider, room-wider
		}
		for _, c := range columns {
			if c.title == title && known[title] && c.width <= room {
				chosen[title] = true
				room -= c.width
			}
		}
	}
	for _, c := range columns {
		if c.keep || chosen[c.title] {
			shown = append(shown, c)
		}
	}
	wider := max(0, min(mostBar-bar, room/2))
	bar, room = bar+wider, room-wider
	longer := max(0, min(longest-name, room))
	name, room = name+longer, room-longer
	bar += max(0, min(mostBar-bar, room))
	return shown, name, bar
}

// scale is from where to where bars go: from 0 to 1 if all fits there.
func scale(rows []Row) (low, high float64) {
	low, high = 0, 1
	for _, r := range rows {
		for _, x := range []float64{r.Score, r.CI.Low, r.CI.High} {
			if !math.IsNaN(x) && !math.IsInf(x, 0) {
				low, high = min(low, x), max(high, x)
			}
		}
	}
	return low, high
}

// edge is an end of the scale.
func edge(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }

// drawBar draws a score as ● with its interval, and base's score as ┊ beside
// it, on a scale of width columns.
func drawBar(t *theme.Theme, r Row, base, low, high float64, width int) string {
	at := func(x float64) int {
		return min(width-1, max(0, int((x-low)/(high-low)*float64(width-1)+.5)))
	}
	cells := []rune(strings.Repeat(" ", width))
	if !math.IsNaN(base) && r.Kind != eval.Base {
		cells[at(base)] = '┊'
	}
	if r.CI.Defined() {
		from, to := at(r.CI.Low), at(r.CI.High)
		for i := from; i <= to; i++ {
			cells[i] = '─'
		}
		if to > from {
			cells[from], cells[to] = '├', '┤'
		}
	}
	if !math.IsNaN(r.Score) {
		cells[at(r.Score)] = '●'
	}
	style := t.Bar
	switch r.Kind {
	case eval.Planned:
		style = t.BarTwo
	case eval.Control:
		style = t.Faint
	}
	return style.Render(string(cells))
}

func nameStyle(t *theme.Theme, r Row) lipgloss.Style {
	if r.Kind == eval.Control {
		return t.Faint
	}
	return t.Text
}

// figureStyle colours a difference that chance does not explain; its sign says
// the same.
func figureStyle(t *theme.Theme, c column, r Row) lipgloss.Style {
	switch {
	case r.Kind == eval.Control:
		return t.Faint
	case c.title == "to base" && r.DeltaCI.Defined() && r.DeltaCI.Low > 0:
		return t.Good
	case c.title == "to base" && r.DeltaCI.Defined() && r.DeltaCI.High < 0:
		return t.Bad
	case c.title == "score":
		return t.Text
	}
	return t.Faint
}

func span(i statistics.Interval) string {
	if !i.Defined() {
		return "-"
	}
	return Number(i.Low) + " to " + Number(i.High)
}

func significance(p float64) string {
	switch {
	case math.IsNaN(p):
		return "-"
	case p < 1e-4:
		return "<.0001"
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}

func share(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}
