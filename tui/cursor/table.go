package cursor

import (
	"fmt"
	"slices"
	"strconv"

	"charm.land/lipgloss/v2"

	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
	"tiller/tui/wording"
)

// sides are the candidates of each side, base first, so many at most. The token
// under the cursor and its rival are among them whatever their ranks.
func (f *figures) sides(rows int) [][]engine.Choice {
	names := f.names()
	if !f.known {
		return make([][]engine.Choice, len(names))
	}
	base, steered := f.NextBase, f.NextSteered
	base.ID, base.Piece, steered.ID, steered.Piece = f.id, f.piece, f.id, f.piece
	ofBase, ofSteered := []engine.Choice{base}, []engine.Choice{steered}
	for _, other := range f.Also {
		ofBase, ofSteered = append(ofBase, other.Base), append(ofSteered, other.Steered)
	}
	return [][]engine.Choice{candidates(f.Base, rows, ofBase), candidates(f.Steered, rows, ofSteered)}[:len(names)]
}

// candidates are the best rows of top, the last of which give way to marked
// tokens of lower rank.
func candidates(top []engine.Choice, rows int, marked []engine.Choice) []engine.Choice {
	far := 0
	for _, m := range marked {
		if m.Rank > rows {
			far++
		}
	}
	out := slices.Clone(top[:max(0, min(len(top), rows-far))])
	for _, m := range marked {
		has := slices.ContainsFunc(out, func(c engine.Choice) bool { return c.ID == m.ID })
		if !has && m.Rank > 0 && len(out) < rows {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b engine.Choice) int { return a.Rank - b.Rank })
	return out
}

// ring are all candidates in sight, those of base first, and the one that is
// chosen: at first the rival, or else the likeliest that is not the token there.
func (f *figures) ring() (all []engine.Choice, chosen int) {
	all = slices.Concat(f.sides(f.v.rows)...)
	if chosen = f.v.chosen; chosen < 0 {
		chosen = slices.IndexFunc(all, func(c engine.Choice) bool { return c.ID == f.other })
	}
	if chosen < 0 {
		chosen = slices.IndexFunc(all, func(c engine.Choice) bool { return c.ID != f.id })
	}
	return all, max(0, min(chosen, len(all)-1))
}

// choice is the chosen candidate; ok is false while there are none.
func (f *figures) choice() (c engine.Choice, ok bool) {
	all, chosen := f.ring()
	if len(all) == 0 {
		return c, false
	}
	return all[chosen], true
}

// drawTable draws the candidates of each side, so many rows, beginning at line
// y, and takes note of where they are.
func (f *figures) drawTable(y, width, rows int) []string {
	f.v.rows = rows
	names, sides := f.names(), f.sides(rows)
	_, chosen := f.ring()
	entropies, bars := []float64{f.EntropyBase, f.EntropySteered}, []lipgloss.Style{f.th.Bar, f.th.BarTwo}
	rule := ""
	var blocks [][]string
	x, first := 0, 0
	for i, name := range names {
		w := (width - (len(names) - 1)) / len(names)
		if i > 0 {
			w = width - x
			rule += f.th.Frame.Render("┬")
		}
		entropy := "…"
		if f.known {
			entropy = figure(entropies[i])
		}
		rule += frame.Rule(f.th, f.th.Title.Render(name), f.th.Faint.Render("entropy ")+f.th.Text.Render(entropy), w)
		blocks = append(blocks, fill(f.drawSide(sides[i], bars[i], chosen-first, w), w, rows))
		f.v.areas = append(f.v.areas, area{x: x, y: y + 1, width: w, height: len(sides[i]), first: first})
		first += len(sides[i])
		x += w + 1
	}
	return append([]string{rule}, frame.Beside(f.th, blocks...)...)
}

// drawSide draws one side's candidates: rank, ● the token there or ○ its rival,
// piece, probability and a bar.
func (f *figures) drawSide(side []engine.Choice, bar lipgloss.Style, chosen, width int) []string {
	if len(side) == 0 {
		return []string{frame.Fit("   "+f.drawWaiting(), width)}
	}
	ranks := max(2, len(strconv.Itoa(side[len(side)-1].Rank)))
	room := width - ranks - 10
	pieces := max(4, min(18, room*45/100))
	var lines []string
	for i, c := range side {
		sign := " "
		if i == chosen {
			sign = f.th.Accent.Render("▸")
		}
		mark := " "
		switch c.ID {
		case f.id:
			mark = f.th.Accent.Render("●")
		case f.other:
			mark = f.th.Part.Render("○")
		}
		odds := fmt.Sprintf(" %4s ", probability(c.P))
		line := sign + f.th.Faint.Render(fmt.Sprintf("%*d ", ranks, c.Rank)) + mark
		if i == chosen {
			line += f.th.Selected.Render(frame.Clip(f.v.piece(c.Piece), pieces))
			line = frame.Fit(line, ranks+3+pieces) + f.th.Text.Render(odds)
		} else {
			line += f.th.Text.Render(frame.Fit(f.v.piece(c.Piece), pieces) + odds)
		}
		lines = append(lines, frame.Fit(line+bar.Render(theme.Bar(c.P, min(30, room-pieces))), width))
	}
	return lines
}

// drawWaiting says why there are no numbers.
func (f *figures) drawWaiting() string {
	failed := f.v.failed
	switch {
	case failed.place == f.place && failed.reason == "cancelled":
		return f.th.Faint.Render("Stopped: move to look again.")
	case failed.place == f.place:
		return f.th.Bad.Render("✗ " + wording.Sentence(failed.reason))
	case f.lane.Busy():
		return f.th.Faint.Render("… once the answer is complete")
	}
	return f.th.Faint.Render("…")
}

// drawDivergence draws how far apart the two sides are, and what forking does.
func (f *figures) drawDivergence(width int) []string {
	fork := f.drawFork()
	names := f.names()
	if len(names) == 1 {
		return []string{frame.Ends("", fork+" ", width)}
	}
	kl, reverse := "…", "…"
	if f.known {
		kl, reverse = figure(f.KL), figure(f.Reverse)
	}
	th := f.th
	left := " " + th.Faint.Render("KL("+names[1]+"‖base) ") + th.Text.Render(kl) + th.Faint.Render("   KL(base‖"+names[1]+") ") + th.Text.Render(reverse)
	if frame.Width(left)+frame.Width(fork)+3 > width {
		return []string{frame.Fit(left, width), frame.Fit(" "+fork, width)}
	}
	return []string{frame.Ends(left, fork+" ", width)}
}

// drawFork says what the key that forks would do.
func (f *figures) drawFork() string {
	c, ok := f.choice()
	if f.prompt || !ok {
		return ""
	}
	d, th := f.v.d, f.v.d.Theme
	key := th.Key.Render(d.Keys.Key(keys.Cursor, keys.ForkLane))
	if c.ID == f.id {
		return key + th.Faint.Render(" forks here to change the plan")
	}
	return key + th.Faint.Render(" forks with ") + th.Text.Render(quoted(c.Piece))
}
