package vectors

import (
	"fmt"
	"slices"
	"strings"

	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// drawList draws the vectors, one a line, below a rule.
func (v *View) drawList(x, y, width, height int) []string {
	th := v.d.Theme
	list := v.list()
	heads := min(1, max(0, height-4)) // a line of headings, where there is room
	v.height = max(1, height-1-heads)
	v.listed = area{x, y + 1 + heads, width, v.height}
	v.top = frame.Scroll(v.top, v.at(list), len(list), v.height)
	title, count := th.Title.Render("vectors"), fmt.Sprint(len(list))
	if !v.details {
		title = th.Accent.Render("▸ vectors")
	}
	switch {
	case v.typed != nil:
		v.typed.SetWidth(max(1, width/2-10))
		title, count = v.typed.View(), fmt.Sprintf("%d of %d", len(list), len(v.d.Vectors))
	case v.filter != "":
		title += th.Match.Render(" /" + visible.Line(v.filter))
		count = fmt.Sprintf("%d of %d", len(list), len(v.d.Vectors))
	}
	lines := []string{frame.Rule(th, title, th.Faint.Render(count), width)}
	if len(list) == 0 {
		return frame.Block(append(lines, " "+th.Faint.Render("No name has these letters.")), width, height)
	}
	name := nameWidth(list)
	if heads > 0 {
		lines = append(lines, th.Faint.Render(strings.Repeat(" ", 6)+frame.Fit("name", name)+" "+frame.Right("layers", 7)+" "+frame.Right("|d|", 6)+"  from"))
	}
	for i := v.top; i < min(len(list), v.top+v.height); i++ {
		lines = append(lines, v.drawRow(&list[i], i == v.at(list), name, width))
	}
	return frame.Block(lines, width, height)
}

// nameWidth is how many columns names get.
func nameWidth(list []engine.VectorInfo) int {
	widest := 8
	for i := range list {
		widest = max(widest, len(list[i].Name)) // names in plans are ASCII
	}
	return min(widest, 24)
}

// drawRow is a vector's line: whether it is marked and fits, its name, layers,
// length at the layer in hand, and where it is from.
func (v *View) drawRow(info *engine.VectorInfo, selected bool, name, width int) string {
	th := v.d.Theme
	cursor, style := "  ", th.Text
	if selected {
		cursor, style = th.Accent.Render("▸ "), th.Accent
	}
	mark := "  "
	if at := slices.Index(v.marked, info.Name); at >= 0 {
		mark = th.Match.Render(fmt.Sprint((at+1)%10)) + " "
	}
	fits := th.Good.Render("✓")
	switch {
	case info.Err != "":
		fits, style = th.Bad.Render("✗"), th.Faint
		if selected {
			style = th.Accent
		}
	case !info.Read:
		fits = th.Faint.Render("·")
	}
	from := th.Faint.Render(source(info))
	if info.Unsaved {
		from = th.Warn.Render("not saved")
	}
	layers, length := "", ""
	if info.Read && len(info.Layers) > 0 {
		layers = layerSpans(info.Layers)
		length = figure(v.norm(info, v.layerOf(info)))
	}
	return cursor + mark + fits + " " + frame.Fit(style.Render(visible.Line(info.Name)), name) +
		" " + frame.Right(layers, 7) + " " + frame.Right(length, 6) + "  " + frame.Clip(from, max(0, width-name-23))
}

// source is where a vector is from, for one line.
func source(info *engine.VectorInfo) string {
	if name, ok := strings.CutPrefix(info.Source, "embedded:"); ok && name == info.Name {
		return "embedded"
	}
	return visible.Line(info.Source)
}

// norm is the length of the direction that a vector has at a layer.
func (v *View) norm(info *engine.VectorInfo, layer int) float64 {
	if at := slices.Index(info.Layers, layer); at >= 0 && at < len(info.Norms) {
		return info.Norms[at]
	}
	return 0
}

// layerTitle is "layer 3" or "embed", for a title.
func layerTitle(layer int) string {
	if name := wording.Layer(layer); name == "embed" {
		return name
	}
	return "layer " + wording.Layer(layer)
}
