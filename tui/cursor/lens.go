package cursor

import (
	"fmt"
	"math"
	"strings"

	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/theme"
	"tiller/tui/wording"
)

const layerColumn = 10 // columns of a layer's name and its title

// parting is the first layer, counted from the embedding, at which the lens
// reads another token under the plan; -1 if there is none.
func (f *figures) parting() int {
	for i, row := range f.Lens {
		if row.Base.ID != row.Steered.ID {
			return i
		}
	}
	return -1
}

// drawLens draws what the stream would say after each layer, below a rule. With
// a plan: on both sides, ◆ where they part, and how much of the stream the plan
// changed.
func (f *figures) drawLens(width int) []string {
	if f.plans == nil {
		return f.drawOneLens(width)
	}
	th := f.th
	names := f.names()
	side := max(13, min(28, (width-layerColumn-20)/2))
	last, title := width-layerColumn-2*side-8, "change"
	if last > len("── change |Δh|/|h| ──") {
		title = "change |Δh|/|h|"
	}
	widths := []int{layerColumn, side, side, 8, last}
	lines := []string{rules(th, []string{"lens", names[0], names[1], "KL", title}, widths)}
	if !f.known {
		return append(lines, frame.Fit("   "+th.Faint.Render("…"), width))
	}
	largest := 1.0
	for _, row := range f.Lens {
		if !math.IsNaN(row.Change) {
			largest = max(largest, row.Change)
		}
	}
	first := f.parting()
	for i, row := range f.Lens {
		mark := " "
		if i == first {
			mark = th.Part.Render("◆")
		}
		line := f.drawLayer(row) + "   " + th.Text.Render(f.top(row.Base, side-3)) + " " + mark + " " +
			th.Text.Render(f.top(row.Steered, side-3)+fmt.Sprintf("   %-8s%-5s", figure(row.KL), figure(row.Change)))
		if room := min(24, last-9); room > 0 {
			line += " " + th.BarTwo.Render(theme.Bar(row.Change/largest, room))
		}
		lines = append(lines, frame.Fit(line, width))
	}
	return lines
}

// drawOneLens draws what the stream would say after each layer where no plan
// changes it, with a bar for how sure it is, and |h|.
func (f *figures) drawOneLens(width int) []string {
	th := f.th
	widths := []int{layerColumn, width - layerColumn - 12, 12}
	lines := []string{rules(th, []string{"lens", "would say", "|h|"}, widths)}
	if !f.known {
		return append(lines, frame.Fit("   "+th.Faint.Render("…"), width))
	}
	for _, row := range f.Lens {
		room := width - layerColumn - 3 - 20 - 12
		line := f.drawLayer(row) + "   " + th.Text.Render(f.top(row.Base, 20)) + th.Bar.Render(theme.Bar(row.Base.P, max(0, min(30, room))))
		lines = append(lines, frame.Fit(frame.Fit(line, width-12)+"   "+th.Text.Render(figure(row.BaseNorm)), width))
	}
	return lines
}

// drawLayer draws the name of a lens row's layer.
func (f *figures) drawLayer(row engine.LensRow) string {
	return "   " + f.th.Faint.Render(fmt.Sprintf("%-*s", layerColumn-3, wording.Layer(row.Layer)))
}

// top is a piece and its probability in width columns.
func (f *figures) top(c engine.Choice, width int) string {
	piece := max(3, min(14, width-6))
	return frame.Fit(frame.Fit(f.v.piece(c.Piece), piece)+fmt.Sprintf(" %4s", probability(c.P)), width)
}

// rules joins rules with a title each into one.
func rules(th *theme.Theme, titles []string, widths []int) string {
	var b strings.Builder
	for i, title := range titles {
		b.WriteString(frame.Rule(th, th.Faint.Render(title), "", widths[i]))
	}
	return b.String()
}
