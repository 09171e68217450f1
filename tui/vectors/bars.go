package vectors

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiller/tui/frame"
	"tiller/tui/theme"
	"tiller/tui/wording"
)

// eighths are the heights of a cell.
var eighths = []rune(" ▁▂▃▄▅▆▇█")

// A chart is a number for each of some layers, drawn as upright bars.
type chart struct {
	layers []int     // ascending
	values []float64 // by place in layers; NaN is left out
	low    float64   // value of an empty bar
	high   float64   // of a full one
	at     int       // layer in hand
	marked []int     // layers to mark below
}

// draw draws the bars, so many lines high, and below them ▲ under the layer in
// hand, ─ under those marked, and the numbers of the first and the last.
func (c *chart) draw(th *theme.Theme, width, height int) []string {
	n := len(c.layers)
	if n == 0 {
		return nil
	}
	each := max(1, min(3, width/n))      // columns of a bar and the gap after it
	step := (n*each + width - 1) / width // layers a bar stands for
	wide, space := max(1, each-1), strings.Repeat(" ", min(1, each-1))
	cells := make([]strings.Builder, height)
	var under strings.Builder
	hand := -1 // the bar of the layer in hand
	bars := 0
	for i := 0; i < n; i += step {
		group := c.layers[i:min(i+step, n)]
		sign := " "
		if has(group, c.marked) {
			sign = "─"
		}
		fill := sign
		if slices.Contains(group, c.at) {
			hand, sign = bars, "▲"
		}
		full := int(c.share(i, i+len(group))*float64(height*8) + .5)
		for line := range height {
			cell := string(eighths[max(0, min(full-(height-1-line)*8, 8))])
			cells[line].WriteString(strings.Repeat(cell, wide) + space)
		}
		under.WriteString(sign + strings.Repeat(fill, each-1))
		bars++
	}
	var lines []string
	for line := range cells {
		lines = append(lines, lit(th, cells[line].String(), hand*each, wide))
	}
	lines = append(lines, th.Accent.Render(under.String()))
	first, last := wording.Layer(c.layers[0]), wording.Layer(c.layers[n-1])
	if gap := bars*each - len(space) - len(first) - len(last); gap > 0 {
		lines = append(lines, th.Faint.Render(first+strings.Repeat(" ", gap)+last))
	}
	return lines
}

// share is how full the bar of some layers is, by the largest of their values.
func (c *chart) share(from, to int) float64 {
	share := 0.0
	for _, value := range c.values[from:to] {
		if x := (value - c.low) / (c.high - c.low); !math.IsNaN(x) {
			share = max(share, min(x, 1))
		}
	}
	return share
}

// lit draws a line of bars with the columns at..at+wide in hand; none if at is
// negative.
func lit(th *theme.Theme, line string, at, wide int) string {
	if at < 0 {
		return th.Bar.Render(line)
	}
	cells := []rune(line)
	return th.Bar.Render(string(cells[:at])) + th.Accent.Render(string(cells[at:at+wide])) + th.Bar.Render(string(cells[at+wide:]))
}

// has reports whether any of some layers is among others.
func has(layers, others []int) bool {
	return slices.ContainsFunc(layers, func(l int) bool { return slices.Contains(others, l) })
}

// figure writes x with about three digits, for columns of numbers.
func figure(x float64) string {
	switch size := math.Abs(x); {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case size >= 99.95 || size == 0:
		return fmt.Sprintf("%.0f", x)
	case size >= 9.995:
		return fmt.Sprintf("%.1f", x)
	case size < .0995:
		return strings.Replace(fmt.Sprintf("%.2g", x), "0.", ".", 1)
	}
	return strings.Replace(fmt.Sprintf("%.2f", x), "0.", ".", 1)
}

// columns puts two texts side by side in width columns.
func columns(left, right string, width int) string {
	half := width / 2
	return frame.Fit(left, half) + frame.Fit(right, width-half)
}
