package sweep

import (
	"fmt"
	"strings"

	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// drawLower draws what stands below the map: how to read it, the cell under the
// cursor, and the re-tests.
func (v *View) drawLower(g *grid, width, height int) []string {
	lines := []string{v.remark(g, width)}
	lines = append(lines, v.drawCursor(g, width)...)
	if !g.graded {
		return lines
	}
	most := 1 // re-tests in sight
	if height >= 24 {
		most = 3
	}
	return append(lines, v.drawTests(width, most)...)
}

// remark is the most important thing to know about the map, and its scale.
func (v *View) remark(g *grid, width int) string {
	th := v.d.Theme
	m := v.metric.among(g.graded)
	text, style := "", th.Faint
	_, _, found := g.best()
	switch {
	case v.stale(g):
		text, style = fmt.Sprintf("The plan is another now: %s sweeps it, %s takes an old cell.", v.key(keys.RunSweep), v.key(keys.TakeCell)), th.Warn
	case g.gen == 0:
		text = fmt.Sprintf("Nothing was tried yet: %s tries %d cells%s.", v.key(keys.RunSweep), len(g.Layers)*len(g.Strengths), v.thinned(g))
	case m == kl && g.ended && v.full(g) == 0:
		text = "The plan leaves the prompts alone, so nothing is changed right after them."
	case g.graded && m == score && g.ended && !found:
		text = fmt.Sprintf("Not all cells answered the same problems, so none is best: %s runs it anew.", v.key(keys.RunSweep))
	case g.graded && m == score:
		text = "[ ] best: the highest score, of equals the weakest"
	case !g.graded && m == kl:
		text = "How much is changed, not whether for the better" + v.thinned(g)
	default:
		text = "Each layer is tried alone" + v.thinned(g)
	}
	return frame.Ends(" "+style.Render(text), v.scale(g)+" ", width)
}

// thinned says which layers are tried, if not all are.
func (v *View) thinned(g *grid) string {
	if g.every == 1 {
		return ""
	}
	return fmt.Sprintf(", at every %s of %d layers", ordinal(g.every), g.layers)
}

// scale says what the shades mean.
func (v *View) scale(g *grid) string {
	full := v.full(g)
	if full == 0 || g.gen == 0 && v.metric != ratio {
		return ""
	}
	th := v.d.Theme
	var b strings.Builder
	for i := 1; i < len(theme.Shades); i++ {
		b.WriteString(th.HeatOf(float64(i) / float64(len(theme.Shades)-1)).Render(theme.Shades[i]))
	}
	unit := ""
	if v.metric.among(g.graded) == kl {
		unit = " nats"
	}
	return b.String() + th.Faint.Render(" to "+figure(full)+unit)
}

// drawCursor draws the cell under the cursor: its plan, and all its numbers.
func (v *View) drawCursor(g *grid, width int) []string {
	th := v.d.Theme
	c := g.cell(v.row, v.col)
	lines := []string{frame.Rule(th, th.Accent.Render(g.name(v.row, v.col)), th.Faint.Render(v.key(keys.TakeCell)+" takes it into the plan"), width)}
	lines = append(lines, " "+th.Text.Render(visible.Line(g.planAt(v.row, v.col))))
	if c.Err != "" {
		return append(lines, " "+th.Bad.Render("It can't be used: "+visible.Line(c.Err)+"."), "")
	}
	if c.Items == 0 {
		return append(lines, " "+th.Faint.Render(joined(v.untried(g), v.ratioWords(g))), "")
	}
	return append(lines, " "+v.result(g), " "+th.Faint.Render(v.edits(g, width)))
}

// result is how well the cell under the cursor does; without problems, how
// much it changes.
func (v *View) result(g *grid) string {
	th := v.d.Theme
	c := g.cell(v.row, v.col)
	if c.N == 0 {
		return th.Text.Render(joined(divergence(c.KL), v.ratioWords(g)))
	}
	out := "score " + th.Title.Render(share(c.Score())) + fmt.Sprintf(" · %d of %d right · 95 %% interval %s", c.Right, c.N, span(c.Interval.Low, c.Interval.High))
	if c.Broken > 0 {
		out += th.Bad.Render(fmt.Sprintf(" · too strong for %d", c.Broken))
	}
	return out + th.Faint.Render(fmt.Sprintf(" · %.0f tokens an answer", float64(c.Tokens)/float64(c.Items)))
}

// edits is how much the cell under the cursor intervenes.
func (v *View) edits(g *grid, width int) string {
	c := g.cell(v.row, v.col)
	edits := fmt.Sprintf("%d prompt and %d row edits", c.PromptEdits, c.RowEdits)
	switch {
	case c.N == 0:
		return edits
	case width < 100:
		return joined(percent(c.Steered)+" steered", edits, "KL "+fine(c.KL), v.ratioWords(g))
	}
	return joined(percent(c.Steered)+" of tokens steered", edits, divergence(c.KL), v.ratioWords(g))
}

// untried says why a cell has no numbers.
func (v *View) untried(g *grid) string {
	if g.gen != 0 && !g.ended {
		return "It is about to be tried"
	}
	return "Not tried yet"
}

// divergence is a KL in words.
func divergence(kl float64) string {
	return "KL(steered‖base) " + fine(kl) + " nats after the prompt"
}

// ratioWords is |s d| of the cell under the cursor, in words.
func (v *View) ratioWords(g *grid) string {
	x, ok := v.ratio(g, v.row, v.col)
	if !ok {
		return ""
	}
	return fine(x) + " |h|"
}

// drawTests draws the latest re-tests.
func (v *View) drawTests(width, most int) []string {
	th := v.d.Theme
	count := ""
	if v.tested > 0 {
		count = th.Faint.Render(wording.Count(v.tested, "re-test") + " this sitting")
	}
	lines := []string{frame.Rule(th, th.Title.Render("test split"), count, width)}
	switch {
	case v.d.Running(v.retesting):
		lines = append(lines, " "+th.Faint.Render(fmt.Sprintf("answering %d fresh problems …", retestProblems)))
	case len(v.tests) == 0:
		lines = append(lines, " "+th.Faint.Render(fmt.Sprintf("%s tries this cell alone on %d fresh problems, which chose nothing", v.key(keys.Retest), retestProblems)))
	}
	for i := len(v.tests) - 1; i >= 0 && len(lines) <= most; i-- {
		t := v.tests[i]
		left := " " + th.Text.Render(scored(t.Cell)) + th.Faint.Render("  base ") + th.Text.Render(scored(t.Base)) +
			th.Faint.Render("  "+visible.Line(t.Plan))
		lines = append(lines, frame.Ends(left, th.Faint.Render(fmt.Sprintf("n %d · seed %d ", t.Cell.N, t.Seed)), width))
	}
	return lines
}
