package compare

import (
	"fmt"
	"slices"
	"strings"

	"tiller/tui/cells"
	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

const (
	minColumn = 44 // columns of a lane's text for lanes to stand side by side
	tall      = 20 // lines from which on everything has a rule of its own
	roomy     = 32 // lines from which on the parting is a table
)

// View draws the view into exactly width columns and height lines.
func (v *View) View(width, height int) string {
	v.areas = v.areas[:0]
	var top, bottom []string
	top = v.drawQuestion(width, height)
	switch {
	case height >= roomy && width >= 100:
		bottom = append(bottom, v.drawParting(width, min(8, height/8))...)
	case height >= 14:
		bottom = append(bottom, v.drawParting(width, 1)...)
	}
	bottom = append(bottom, v.drawDials(width, height)...)
	lines := append(top, v.drawLanes(len(top), width, height-len(top)-len(bottom))...)
	lines = append(lines, bottom...)
	return strings.Join(frame.Block(lines, width, height), "\n")
}

// drawLanes draws the lanes side by side where they are wide enough, and else
// one below the other, beginning at line y.
func (v *View) drawLanes(y, width, height int) []string {
	lanes := v.d.Lanes
	first := 0
	if v.zoom && v.d.Focused() != nil {
		first = int(v.d.Focus)
		lanes = lanes[first : first+1]
	}
	if height < 2 || len(lanes) == 0 {
		return frame.Block(nil, width, max(0, height))
	}
	columns := max(1, min(len(lanes), (width+1)/(minColumn+3)))
	if columns < len(lanes) && columns < 2 {
		return v.stacked(lanes, first, y, width, height)
	}
	// Where not all fit side by side, those around the focus do.
	from := 0
	if focus := int(v.d.Focus) - first; columns < len(lanes) {
		from = max(0, min(focus-columns/2, len(lanes)-columns))
	}
	return v.sideBySide(lanes[from:from+columns], first+from, y, width, height)
}

// sideBySide draws lanes in columns of the same width.
func (v *View) sideBySide(lanes []*desk.Lane, first, y, width, height int) []string {
	n := len(lanes)
	rules := make([]string, n)
	blocks := make([][]string, n)
	x := 0
	for i, l := range lanes {
		w := (width - (n - 1)) / n
		if i == n-1 {
			w = width - x
		}
		before, after := "", ""
		if i == 0 && first > 0 && !v.zoom {
			before = fmt.Sprintf("← %d more", first)
		}
		if hidden := len(v.d.Lanes) - first - n; i == n-1 && hidden > 0 && !v.zoom {
			after = fmt.Sprintf("%d more →", hidden)
		}
		rules[i] = v.laneRule(l, w, before, after)
		blocks[i] = v.drawLane(l, desk.Pane(first+i), area{x: x + 1, y: y + 1, width: w - 2, height: height - 1})
		for j := range blocks[i] {
			blocks[i][j] = " " + blocks[i][j] + " "
		}
		x += w + 1
	}
	joint := v.d.Theme.Frame.Render("┬")
	return append([]string{strings.Join(rules, joint)}, frame.Beside(v.d.Theme, blocks...)...)
}

// stacked draws lanes one below the other, the focused one with the most room.
func (v *View) stacked(lanes []*desk.Lane, first, y, width, height int) []string {
	shown := min(len(lanes), max(1, height/3))
	from := max(0, min(int(v.d.Focus)-first-shown+1, len(lanes)-shown))
	lanes = lanes[from : from+shown]
	var lines []string
	for i, l := range lanes {
		h := (height - len(lines)) / (len(lanes) - i)
		before, after := "", ""
		if i == 0 && from > 0 {
			before = fmt.Sprintf("↑ %d more", from)
		}
		if hidden := len(v.d.Lanes) - first - from - shown; i == shown-1 && hidden > 0 && !v.zoom {
			after = fmt.Sprintf("%d more ↓", hidden)
		}
		lines = append(lines, v.laneRule(l, width, before, after))
		block := v.drawLane(l, desk.Pane(first+from+i), area{x: 1, y: y + len(lines), width: width - 2, height: h - 1})
		for _, line := range block {
			lines = append(lines, " "+line+" ")
		}
	}
	return lines
}

// laneRule is the line above a lane: its name and plan, and how it did, between
// what is said of lanes for which there is no room.
func (v *View) laneRule(l *desk.Lane, width int, before, after string) string {
	th := v.d.Theme
	name := th.Title.Render(v.d.Name(l))
	if l == v.d.Focused() {
		name = th.Accent.Render("▸ " + v.d.Name(l))
	}
	if l.Pinned {
		name += th.Faint.Render(" pinned")
	}
	if l.Kind == desk.Steered {
		name += " " + th.Faint.Render(visible.Line(planOf(l)))
	}
	verdict := v.verdict(l, width)
	if before != "" {
		name = th.Accent.Render(before) + th.Faint.Render(" · ") + name
	}
	if after != "" && verdict != "" {
		verdict += th.Faint.Render(" · ")
	}
	return frame.Rule(th, name, verdict+th.Accent.Render(after), width)
}

// planOf is the plan of a lane for its rule.
func planOf(l *desk.Lane) string {
	switch {
	case l.Plan.Text == "":
		return "no plan yet"
	case l.Pinned && l.Answer != nil:
		return l.Answer.PlanText
	}
	return l.Plan.Text
}

// verdict says how a lane did: right or wrong, how much was steered, how fast.
func (v *View) verdict(l *desk.Lane, width int) string {
	th := v.d.Theme
	a := l.Answer
	if a == nil || a.Err != "" {
		return ""
	}
	var words []string
	if q := v.d.Question; q != nil && a.Ended != nil && !l.Stale {
		switch given, right := a.Grade(q); {
		case right:
			words = append(words, th.Good.Render("✓ "+visible.Line(given)))
		case given == "":
			words = append(words, th.Bad.Render("✗ no answer"))
		default:
			words = append(words, th.Bad.Render("✗ "+visible.Line(given)))
		}
	}
	switch {
	case l.Busy() && a.Rate > 0:
		words = append(words, th.Faint.Render(fmt.Sprintf("%s tok/s", wording.Thousands(a.Rate))))
	case a.Ended != nil && (width > 56 || a.Ended.Stop != "eos"):
		words = append(words, th.Faint.Render(stopWord(a.Ended.Stop, len(a.Tokens))))
	}
	return strings.Join(words, th.Faint.Render(" · "))
}

// edits says how much was steered. The three figures stand together: few tokens
// may be steered because the whole prompt was.
func edits(a *desk.Answer) string {
	if a.Ended.RowEdits == 0 {
		return "▲ nothing was steered"
	}
	return fmt.Sprintf("▲ %.0f %% of tokens · %s · %s", 100*a.SteeredFraction(), wording.Count(a.Ended.PromptEdits, "prompt edit"), wording.Count(a.Ended.RowEdits, "row edit"))
}

// stopWord says how long an answer is, and why it ended if not by itself.
func stopWord(stop string, tokens int) string {
	switch stop {
	case "eos":
		return wording.Count(tokens, "token")
	case "length":
		return "cut at " + wording.Count(tokens, "token")
	case "context":
		return "context full at " + wording.Count(tokens, "token")
	case "cancelled":
		return "stopped"
	}
	return stop
}

// drawLane draws the text of a lane into an area, which it takes note of.
func (v *View) drawLane(l *desk.Lane, pane desk.Pane, at area) []string {
	at.pane = pane
	v.areas = append(v.areas, at)
	th := v.d.Theme
	a := l.Answer
	switch {
	case l.Plan.Err != nil:
		return frame.Block(wording.Wrap(th.Bad.Render, fmt.Sprintf("The plan can't be read at column %d: %s", l.Plan.Err.Column, l.Plan.Err.Reason), at.width), at.width, at.height)
	case a == nil:
		return frame.Block(wording.Wrap(th.Faint.Render, v.waiting(l), at.width), at.width, at.height)
	case a.Err != "":
		return frame.Block(wording.Wrap(th.Bad.Render, wording.Sentence(a.Err), at.width), at.width, at.height)
	}
	parts, ok := v.d.Parts(l)
	if !ok {
		parts = -1
	}
	c := v.columns[l.ID]
	if c == nil {
		c = &column{}
		v.columns[l.ID] = c
	}
	c.follow(a, parts, at.width)
	focused := pane == v.d.Focus
	p := &paint{theme: th, style: v.tokenStyle(l), stale: l.Stale, cursor: -1, to: -1}
	if focused && len(a.Tokens) > 0 {
		p.cursor = l.At
		if v.d.Anchor >= 0 {
			p.from, p.to = min(v.d.Anchor, l.At), max(v.d.Anchor, l.At)
		}
	}
	height := at.height
	warning := v.warning(l, at.width)
	if len(warning) > height/2 {
		warning = warning[:height/2]
	}
	height -= len(warning)
	v.scroll(c, l, height)
	lines := make([]string, 0, at.height)
	for i := c.top; i < c.top+height; i++ {
		lines = append(lines, p.draw(c.flow.Line(i), at.width))
	}
	v.unseen(c, p, lines)
	return frame.Block(append(lines, warning...), at.width, at.height)
}

// unseen shows the cursor where its token would stand, if that has no text.
func (v *View) unseen(c *column, p *paint, lines []string) {
	if p.cursor < 0 {
		return
	}
	line, column := c.flow.Where(p.cursor)
	i := line - c.top
	if i < 0 || i >= len(lines) || slices.ContainsFunc(c.flow.Line(line), func(x cells.Cell) bool { return x.Token == p.cursor && !x.Mark }) {
		return
	}
	text := cells.Width(c.flow.Line(line))
	if column < text {
		return
	}
	lines[i] = p.draw(c.flow.Line(line), text) + p.theme.Cursor.Render(" ")
}

// waiting is what stands where no answer is yet.
func (v *View) waiting(l *desk.Lane) string {
	key := func(a keys.Action) string { return v.d.Keys.Key(keys.Compare, a) }
	switch {
	case l.Kind == desk.Steered && l.Plan.Text == "":
		return "No plan yet: " + key(keys.GoVectors) + " shows the vectors there are, " + key(keys.Derive) + " makes one for this model, " + key(keys.GoPlan) + " writes a plan."
	case v.d.Opening():
		return "…"
	case v.d.Generating():
		return "reading the question …"
	}
	return key(keys.Generate) + " generates."
}

// warning is what there is to know about how a lane went.
func (v *View) warning(l *desk.Lane, width int) []string {
	a := l.Answer
	if a.Ended == nil || l.Stale {
		return nil
	}
	th := v.d.Theme
	if a.Ended.Err != "" {
		return wording.Wrap(th.Bad.Render, wording.Sentence(a.Ended.Err), width)
	}
	var lines []string
	if l.Kind == desk.Steered {
		lines = append(lines, th.Faint.Render(frame.Clip(edits(a), width)))
	}
	for _, w := range a.Ended.Warnings {
		lines = append(lines, wording.Wrap(th.Warn.Render, wording.Sentence(strings.TrimPrefix(w, "plan ")), width)...)
	}
	return lines
}

// scroll keeps in sight what the person looks at: the cursor of the focused
// lane, or the end of one that streams. In step, all lanes begin at the same
// line as the focused one.
func (v *View) scroll(c *column, l *desk.Lane, height int) {
	n := c.flow.Height()
	focused := v.d.Focused()
	switch {
	case l.Follow && l.Busy():
		c.top = frame.Scroll(c.top, n-1, n, height)
	case focused == l || focused == nil || !v.inStep:
		line, _ := c.flow.Where(l.At)
		c.top = frame.Scroll(c.top, line, n, height)
	default:
		if lead := v.columns[focused.ID]; lead != nil {
			c.top = max(0, min(lead.top, n-height))
		}
	}
}
