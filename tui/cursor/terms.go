package cursor

import (
	"fmt"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
	"tiller/tui/visible"
)

// drawTerms draws what each term of the plan does to the prediction: what would
// be said, and how far from base it would still be, had the term been left out
// at this step alone, or from the first token on.
func (f *figures) drawTerms(width int) []string {
	th := f.th
	if f.plans == nil {
		return []string{frame.Rule(th, "", "", width), frame.Fit(" "+th.Faint.Render(f.noPlan()), width)}
	}
	widths := []int{width * 36 / 100, width * 32 / 100}
	widths = append(widths, width-widths[0]-widths[1])
	lines := []string{rules(th, []string{"without", "this step", "whole prefix"}, widths)}
	if !f.known {
		return append(lines, frame.Fit("   "+th.Faint.Render("…"), width))
	}
	for _, left := range f.Left {
		fired := th.Faint.Render("·")
		if left.Fired {
			fired = th.Steered.Render("▲")
		}
		name, room := " "+fired+" "+th.Text.Render(visible.Line(left.Text)), widths[0]-1
		if frame.Width(name) > room { // the term has a line of its own
			lines = append(lines, frame.Fit(name, width))
			name = ""
		}
		lines = append(lines, frame.Fit(name, widths[0])+f.drawLeft(left.Step, widths[1])+f.drawLeft(left.Whole, widths[2]))
	}
	if len(f.Left) == 0 {
		lines = append(lines, frame.Fit("   "+th.Faint.Render("The plan is neutral."), width))
	}
	return lines
}

// noPlan says why there is one side only.
func (f *figures) noPlan() string {
	switch f.lane.Kind {
	case desk.Thinking, desk.Header:
		return "This lane has no plan, so there is one side only."
	}
	return fmt.Sprintf("There is no plan yet: %s shows vectors to add.", f.v.d.Keys.Key(keys.Cursor, keys.GoVectors))
}

// drawLeft draws what is left without a term: the token on top, ◆ if it becomes
// another one, and the divergence from base with a bar of its share.
func (f *figures) drawLeft(w engine.Without, width int) string {
	th := f.th
	changed := "  "
	if w.Changed {
		changed = th.Part.Render("◆ ")
	}
	pieces := max(4, min(12, width/4+2))
	out := " " + changed + th.Text.Render(frame.Fit(f.v.piece(w.Top.Piece), pieces)) + th.Faint.Render(" KL ") + th.Text.Render(fmt.Sprintf("%-5s", figure(w.KL)))
	if bar := min(16, width-frame.Width(out)-2); f.KL >= .001 && bar >= 4 {
		out += " " + th.BarTwo.Render(theme.Bar(w.KL/f.KL, bar))
	}
	return frame.Fit(out, width)
}
