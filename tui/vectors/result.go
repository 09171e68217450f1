package vectors

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"tiller/steering"
	"tiller/steering/derive"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// best is the layer that tells the two sides apart best, on pairs that the
// vector was not made from; the middle one where none could be held out.
func best(reports []derive.LayerReport) (layer int, auc float64) {
	layer, auc = reports[len(reports)/2].Layer, math.NaN()
	for _, r := range reports {
		if r.AUC != nil && (math.IsNaN(auc) || *r.AUC > auc) {
			layer, auc = r.Layer, *r.AUC
		}
	}
	return layer, auc
}

// apart is the held-out AUC from which on a layer tells the two sides apart.
const apart = .6

// alike is how much less AUC counts as the same: few pairs are held out.
const alike = .02

// steerable are the layers to begin steering at: among the middle third, where
// vectors act on what is said next without breaking it, the run of layers that
// tell the two sides apart about as well as the best one there.
func steerable(reports []derive.LayerReport, blocks int) (from, to int) {
	middle := slices.DeleteFunc(slices.Clone(reports), func(r derive.LayerReport) bool {
		return r.Layer < blocks/3 || r.Layer > blocks*2/3
	})
	if len(middle) == 0 {
		middle = reports
	}
	layer, auc := best(middle)
	at := slices.IndexFunc(middle, func(r derive.LayerReport) bool { return r.Layer == layer })
	as := func(i int) bool {
		return i >= 0 && i < len(middle) && (math.IsNaN(auc) || number(middle[i].AUC) >= auc-alike)
	}
	low, high := at, at
	for as(low - 1) {
		low--
	}
	for as(high + 1) {
		high++
	}
	return middle[low].Layer, middle[high].Layer
}

// firstTerm is a term to begin with: a tenth of the stream's length at each of
// the steerable layers or, where they are one or two, three tenths.
func firstTerm(d *desk.Desk, r *engine.Derived) steering.Term {
	from, to := steerable(r.Layers, d.Model.Layers)
	strength := .1
	if to-from < 2 {
		strength = .3
	}
	return steering.Term{
		Vector:   r.Info.Name,
		Strength: steering.Strength{Value: strength, Relative: true},
		Layers:   steering.Layers{Kind: steering.NamedLayers, Items: []steering.Span{{From: from, To: to}}},
		Select:   steering.Selector{{{Kind: steering.Content}}},
	}
}

// drawResult says what came of a derivation, and what to do with it.
func (s *Sheet) drawResult(width, height int) []string {
	th, r := s.d.Theme, s.result
	name := visible.Line(r.Info.Name)
	saved := th.Warn.Render("in no file yet")
	if !r.Info.Unsaved {
		saved = th.Good.Render("✓ saved")
	}
	lines := []string{frame.Rule(th, th.Good.Render("✓ ")+th.Title.Render(name+" is derived"), saved, width)}
	top, auc := best(r.Layers)
	verdict := fmt.Sprintf("Layer %s tells unseen texts apart best: AUC %s over %d pairs; .5 is chance.", wording.Layer(top), three(auc), r.Pairs)
	switch {
	case auc < apart:
		verdict = fmt.Sprintf("The best held-out AUC is %s over %d pairs; .5 is chance.", three(auc), r.Pairs)
	case math.IsNaN(auc):
		verdict = "One pair is too few to hold any out, so how well it works is not known."
	}
	lines = append(lines, "", " "+frame.Clip(th.Text.Render(verdict), width-1), "")
	lines = append(lines, s.drawLayers(top, width-2, height)...)
	lines = append(lines, "")
	for _, note := range r.Info.Notes {
		if room := height - len(lines) - 4; room > 0 {
			wrapped := wording.Wrap(th.Warn.Render, "! "+note, width-2)
			lines = append(lines, indent(wrapped[:min(room, len(wrapped))])...)
		}
	}
	term := steering.Plan{Terms: []steering.Term{firstTerm(s.d, r)}}.String()
	k := func(key, does string) string { return th.Key.Render(key) + th.Faint.Render(" "+does) }
	other := ""
	if !s.listsLayers(height) {
		other = k("← →", "another layer   ")
	}
	foot := []string{
		" " + k("enter", "adds ") + th.Accent.Render(visible.Line(term)) + th.Faint.Render(" to the plan"),
		" " + k(s.d.Keys.Key(keys.Vectors, keys.Save), "saves it   ") + other + k("esc", "leaves it in Vectors"),
	}
	return append(frame.Block(lines, width, max(0, height-len(foot))), foot...)
}

// indent moves lines a column to the right.
func indent(lines []string) []string {
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return lines
}

// listsLayers reports whether every layer gets a line of its own.
func (s *Sheet) listsLayers(height int) bool { return len(s.result.Layers) <= min(few, height-9) }

// drawLayers draws held-out AUC by layer: a line each if they are few, and else
// bars with the figures of the layer in hand.
func (s *Sheet) drawLayers(top, width, height int) []string {
	th, reports := s.d.Theme, s.result.Layers
	if s.listsLayers(height) {
		lines := []string{th.Faint.Render("   layer    AUC  pairs right  |d| / |h|")}
		for _, r := range reports {
			lines = append(lines, s.drawLayer(r, top, width))
		}
		return indent(lines)
	}
	c := chart{low: .5, high: 1, at: s.layer}
	from, to := steerable(reports, s.d.Model.Layers)
	var hand derive.LayerReport
	for _, r := range reports {
		c.layers, c.values = append(c.layers, r.Layer), append(c.values, number(r.AUC))
		if r.Layer >= from && r.Layer <= to {
			c.marked = append(c.marked, r.Layer)
		}
		if r.Layer == s.layer {
			hand = r
		}
	}
	about := fmt.Sprintf("%s  AUC %s  pairs right %s  |d| %s of median |h|", layerTitle(hand.Layer), three(number(hand.AUC)), percent(hand.Agreement), figure(hand.Ratio))
	if hand.Layer == top {
		about += "  ◆ best"
	}
	lines := append([]string{th.Faint.Render("held-out AUC by layer, from .5 to 1; ─ where it is added")}, c.draw(th, width, max(2, min(4, height-12)))...)
	return indent(append(lines, th.Accent.Render(about)))
}

// drawLayer is a layer's line.
func (s *Sheet) drawLayer(r derive.LayerReport, top, width int) string {
	th := s.d.Theme
	mark, style := "  ", th.Text
	if r.Layer == top {
		mark, style = th.Part.Render("◆ "), th.Accent
	}
	row := mark + style.Render(frame.Right(wording.Layer(r.Layer), 6)+frame.Right(three(number(r.AUC)), 7)) +
		frame.Right(percent(r.Agreement), 13) + frame.Right(figure(r.Ratio), 11) + "  "
	return row + th.Bar.Render(theme.Bar((number(r.AUC)-.5)*2, max(1, min(20, width-frame.Width(row)))))
}

// number is NaN for what is not known.
func number(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// three writes a share with three digits, as AUC has them.
func three(x float64) string { return wording.Share(x, 3) }

// percent writes a share, or a dash if it is not known.
func percent(x *float64) string {
	if x == nil {
		return "–"
	}
	return strconv.FormatFloat(100**x, 'f', 0, 64) + " %"
}
