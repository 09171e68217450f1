package vectors

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// drawDetails draws all that is known of the selected vector, scrolled.
func (v *View) drawDetails(x, y, width, height int) []string {
	if height <= 0 {
		return nil
	}
	th := v.d.Theme
	v.detailed = area{x, y + 1, width, height - 1}
	info := v.current()
	if info == nil {
		return frame.Block([]string{frame.Rule(th, "", "", width)}, width, height)
	}
	title := th.Title.Render(visible.Line(info.Name))
	if v.details {
		title = th.Accent.Render("▸ " + visible.Line(info.Name))
	}
	lines := v.about(info, width-2)
	if info.Read && len(info.Layers) > 0 {
		lines = slices.Concat(lines, v.drawCosines(width-2), v.drawLengths(info, width-2), v.drawTokens(info, width-2))
	}
	v.detailTop = max(0, min(v.detailTop, len(lines)-height+1))
	verdict := v.verdict(info)
	if rest := len(lines) - v.detailTop - height + 1; rest > 0 {
		verdict += th.Faint.Render(fmt.Sprintf(" · %d ↓", rest))
	}
	out := []string{frame.Rule(th, title, verdict, width)}
	for _, line := range lines[v.detailTop:] {
		out = append(out, " "+line)
	}
	return frame.Block(out, width, height)
}

// verdict says whether a vector fits the model.
func (v *View) verdict(info *engine.VectorInfo) string {
	th := v.d.Theme
	switch {
	case !info.Read:
		return th.Faint.Render("…")
	case info.Err != "":
		return th.Bad.Render("✗ can't be used")
	case v.d.Model.Ref == "":
		return ""
	}
	return th.Good.Render("✓ fits")
}

// told are the keys of a vector's metadata that come first, with what they say.
var told = [][2]string{
	{"method", "method"}, {"data", "texts"}, {"pairs", "pairs"}, {"where", "read at"}, {"chat", "chat"}, {"model_hint", "model"}, {"scale", "scale"},
}

// about says why a vector can't be used, and where it comes from.
func (v *View) about(info *engine.VectorInfo, width int) []string {
	th := v.d.Theme
	var lines []string
	if info.Err != "" {
		lines = append(lines, wording.Wrap(th.Bad.Render, upper(info.Err)+".", width)...)
	}
	from := source(info)
	if info.Format != "" {
		from += " · " + visible.Line(info.Format)
	}
	if info.Unsaved {
		from += " · " + v.d.Keys.Key(keys.Vectors, keys.Save) + " saves it"
	}
	lines = append(lines, th.Faint.Render(frame.Clip(from, width)))
	if !info.Read {
		return append(lines, th.Faint.Render("reading it …"))
	}
	if len(info.Layers) > 0 {
		lines = append(lines, th.Faint.Render(fmt.Sprintf("directions at %s, %d wide", layerSpans(info.Layers), info.DModel)))
	}
	var made []string
	rest := maps.Clone(info.Meta)
	for _, key := range told {
		if value := info.Meta[key[0]]; value != "" {
			made = append(made, key[1]+" "+value)
		}
		delete(rest, key[0])
	}
	if len(made) > 0 {
		lines = append(lines, wording.Wrap(th.Text.Render, strings.Join(made, " · "), width)...)
	}
	for _, note := range info.Notes {
		lines = append(lines, wording.Wrap(th.Warn.Render, "! "+note, width)...)
	}
	if v.details {
		for _, key := range slices.Sorted(maps.Keys(rest)) {
			lines = append(lines, wording.Wrap(th.Faint.Render, key+"  "+rest[key], width)...)
		}
	}
	return lines
}

// upper begins a sentence with a capital, unless it begins with a name or path.
func upper(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if s == "" || s[0] < 'a' || s[0] > 'z' || strings.ContainsAny(first, "/.:_") {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// few is how many layers have a line each.
const few = 8

// drawLengths draws how long the directions are, beside the stream where its
// median norm is known.
func (v *View) drawLengths(info *engine.VectorInfo, width int) []string {
	th := v.d.Theme
	at := v.layerOf(info)
	values, known := v.lengths(info)
	about := layerTitle(at) + "  |d| " + figure(v.norm(info, at))
	if i := slices.Index(info.Layers, at); known && i >= 0 {
		median, _ := v.d.MedianNorm(at)
		about += fmt.Sprintf(" = %s of median |h| %s", figure(values[i]), figure(median))
	}
	title := "length"
	if !known && info.Err == "" {
		title = "length · median |h| is known after an answer"
	}
	lines := []string{"", frame.Rule(th, th.Title.Render(title), th.Accent.Render(about), width)}
	high := slices.Max(append([]float64{1e-12}, finite(values)...))
	if len(info.Layers) > few {
		c := chart{layers: info.Layers, values: values, high: high, at: at}
		return append(lines, c.draw(th, width, 3)...)
	}
	for i, layer := range info.Layers {
		cursor, style := "  ", th.Text
		if layer == at {
			cursor, style = th.Accent.Render("▸ "), th.Accent
		}
		row := cursor + style.Render(frame.Right(strings.TrimPrefix(layerTitle(layer), "layer "), 5)) + frame.Right(figure(info.Norms[i]), 7) + "  "
		if known {
			row += frame.Right(figure(values[i]), 5) + th.Faint.Render(" |h|  ")
		}
		lines = append(lines, row+th.Bar.Render(theme.Bar(values[i]/high, max(1, min(40, width-frame.Width(row))))))
	}
	return lines
}

// lengths are |d| / median |h| by place in the vector's layers; if no median is
// known, |d| alone.
func (v *View) lengths(info *engine.VectorInfo) (values []float64, known bool) {
	for i, layer := range info.Layers {
		median, ok := v.d.MedianNorm(layer)
		if !ok || median == 0 || info.Err != "" {
			return info.Norms, false
		}
		values = append(values, info.Norms[i]/median)
	}
	return values, true
}

// finite leaves out what is no number.
func finite(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// drawTokens draws the tokens that the direction speaks for and against.
func (v *View) drawTokens(info *engine.VectorInfo, width int) []string {
	if info.Err != "" {
		return nil
	}
	th := v.d.Theme
	at := place{info.Name, v.layerOf(info)}
	lines := []string{"", frame.Rule(th, th.Title.Render("nearest tokens"), th.Faint.Render("through the final norm and unembedding"), width)}
	near := v.tokens[at]
	switch {
	case near == nil:
		return append(lines, th.Faint.Render("…"))
	case len(near.High) == 0:
		return append(lines, th.Faint.Render("They could not be found."))
	}
	lines = append(lines, columns(th.Faint.Render("  logit  for"), th.Faint.Render("  logit  against"), width))
	for i := range near.High {
		lines = append(lines, columns(speaks(near.High[i], width/2), speaks(near.Low[i], width/2), width))
	}
	return lines
}

// speaks is a token with its logit.
func speaks(s engine.Spoken, width int) string {
	return frame.Right(figure(s.Logit), 7) + "  " + frame.Clip(piece(s.Piece), max(0, width-10))
}

// piece is a token's piece for a table, with a sign for spaces at its ends.
func piece(s string) string {
	s = visible.Line(s)
	inner := strings.TrimLeft(s, " ")
	inner = strings.Repeat("␣", len(s)-len(inner)) + inner
	trimmed := strings.TrimRight(inner, " ")
	return trimmed + strings.Repeat("␣", len(inner)-len(trimmed))
}

// drawCosines draws the matrix of the marked vectors.
func (v *View) drawCosines(width int) []string {
	if len(v.marked) < 2 {
		return nil
	}
	th := v.d.Theme
	c := v.cosines
	if c == nil {
		return []string{"", frame.Rule(th, th.Title.Render("cosines"), "", width), th.Faint.Render("…")}
	}
	lines := []string{"", frame.Rule(th, th.Title.Render("cosines"), th.Accent.Render(layerTitle(c.Layer)), width)}
	if len(c.Values) < len(c.Names) {
		return append(lines, th.Faint.Render("They could not be compared."))
	}
	const cell = 7
	shown := max(1, min(len(c.Names), (width-18)/cell))
	head := frame.Fit("", 18)
	for j := range shown {
		head += frame.Right(fmt.Sprint(j+1), cell-1) + " "
	}
	lines = append(lines, th.Faint.Render(head))
	for i, name := range c.Names {
		row := frame.Right(fmt.Sprint(i+1), 2) + " " + frame.Fit(visible.Line(name), 14) + " "
		for _, value := range c.Values[i][:shown] {
			row += cosineCell(th, value, cell)
		}
		lines = append(lines, row)
	}
	if shown < len(c.Names) {
		lines = append(lines, th.Faint.Render(fmt.Sprintf("%d more columns need a wider screen", len(c.Names)-shown)))
	}
	return lines
}

// cosineCell is a cosine, and its size as a shade.
func cosineCell(th *theme.Theme, value *float64, width int) string {
	if value == nil {
		return th.Faint.Render(frame.Right("–", width-1)) + " "
	}
	size := math.Abs(*value)
	style := th.HeatOf(size)
	if *value < 0 {
		style = &th.Cool[min(len(th.Cool)-1, int(size*float64(len(th.Cool))))]
	}
	text := strings.Replace(fmt.Sprintf("%.2f", *value), "0.", ".", 1)
	return style.Render(frame.Right(text, width-1) + theme.Shade(size))
}
