package layers

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tiller/steering"
	"tiller/steering/trace"
	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// View draws exactly width columns and height lines.
func (v *View) View(width, height int) string {
	v.sync()
	l, insteadOf := v.shown()
	lines := []string{v.drawRule(l, width)}
	if v.held == nil {
		v.drew = layout{}
		lines = append(lines, "", "  "+v.note(l, insteadOf))
		return strings.Join(frame.Block(lines, width, height), "\n")
	}
	at := v.lay(width, height)
	v.drew = at
	d := &drawing{v: v, c: v.held, ink: paletteOf(v.d.Theme), at: at, stale: !v.current(l)}
	lines = append(lines, d.rows(width)...)
	under := append([]string{d.marks(l)}, d.texts()...)
	under = append(under, d.ticks(), " "+v.note(l, insteadOf), d.around(width), d.cellLine(), d.legend(width))
	lines = append(lines, frame.Block(under, width, max(0, height-len(lines)))...)
	return strings.Join(lines[:height], "\n")
}

// drawRule says of which lane the map is, and what it shows.
func (v *View) drawRule(l *desk.Lane, width int) string {
	th := v.d.Theme
	left, right := "", th.Title.Render(title(wanted{quantity: v.quantity, vector: v.inHand()}))
	if l != nil {
		left = th.Accent.Render("▸ " + v.d.Name(l))
		if plan := planOf(l); plan != "" {
			left += " " + th.Faint.Render(visible.Line(plan))
		}
	}
	if c := v.held; c != nil {
		if c.quantity != v.quantity {
			right = th.Stale.Render(title(c.wanted)+" → ") + right
		}
		right += th.Faint.Render(fmt.Sprintf(" · %d × %d", len(c.values), c.positions()))
	}
	return frame.Rule(th, left, right, width)
}

// inHand is the vector of the term in hand; empty without one.
func (v *View) inHand() string {
	t, _ := v.d.TermInHand()
	return t.Vector
}

// note says why there is no map, or what to know about the one there is.
func (v *View) note(l, insteadOf *desk.Lane) string {
	th, d := v.d.Theme, v.d
	key := func(a keys.Action) string { return d.Keys.Key(keys.Everywhere, a) }
	switch {
	case d.Model.Ref == "" && d.Opening():
		return th.Faint.Render("…")
	case d.Model.Ref == "":
		return th.Text.Render("No model is open: " + key(keys.Open) + " opens one.")
	case l == nil:
		return th.Text.Render("No lane yet: " + key(keys.GoVectors) + " shows vectors to add.")
	case l.Plan.Err != nil && !l.Pinned:
		return th.Bad.Render("The plan can't be read: " + key(keys.GoPlan) + " shows it.")
	case l.Answer != nil && l.Answer.Err != "":
		return th.Bad.Render("Nothing was answered: " + visible.Line(l.Answer.Err))
	case l.Stale || l.Busy():
		return th.Faint.Render("The map follows when the answer is complete.")
	case l.Answer == nil:
		return th.Text.Render("No answer to map yet: " + key(keys.GoCompare) + " leads to Compare, where " + d.Keys.Key(keys.Compare, keys.Generate) + " generates one.")
	case v.quantity == trace.Projection && v.inHand() == "":
		return th.Text.Render("No vector in hand to project on: " + key(keys.GoVectors) + " shows vectors to add.")
	case v.failed == "cancelled":
		return th.Text.Render("Stopped: " + key(keys.GoLayers) + " maps it again.")
	case v.failed != "":
		return th.Bad.Render("There is no such map: " + visible.Line(v.failed))
	case !v.current(l):
		return th.Faint.Render("mapping …")
	case insteadOf != nil && l.Kind == desk.Base:
		return th.Warn.Render("The plan of " + d.Name(insteadOf) + " is empty, so this is base: " + key(keys.GoVectors) + " shows vectors to add.")
	case insteadOf != nil:
		return th.Warn.Render(fmt.Sprintf("%s has no plan, so nothing is changed there: this is %s.", d.Name(insteadOf), d.Name(l)))
	case v.held.scale.kind == root && v.held.scale.none:
		return th.Warn.Render("Zero everywhere: nothing was steered in " + d.Name(l) + ".")
	}
	return ""
}

// A drawing is one frame of the map.
type drawing struct {
	v     *View
	c     *chart
	ink   *palette
	at    layout
	stale bool // the map is not the one there should be
}

// rows draws the layers in sight, highest first, each line as wide as it has to
// be: measuring cells whose number is known would take longer than drawing them.
func (d *drawing) rows(width int) []string {
	var hand []int
	if t, ok := d.v.d.TermInHand(); ok {
		hand = d.v.d.LayersOf(t)
	}
	room := width - margin - d.at.count*d.at.cell
	lines := make([]string, 0, d.at.rows*d.at.tall)
	for row := d.at.low + d.at.rows - 1; row >= d.at.low; row-- {
		cells := d.cells(row)
		for i := range d.at.tall {
			left, right := strings.Repeat(" ", margin), ""
			if i == (d.at.tall-1)/2 {
				left, right = d.more(row)+d.label(row, slices.Contains(hand, row+steering.Embed)), d.figure(row)
			}
			lines = append(lines, left+cells+frame.Fit(right, room))
		}
	}
	return lines
}

// more says at the outermost layers in sight that there are others beyond.
func (d *drawing) more(row int) string {
	glyph := " "
	switch {
	case row == d.at.low+d.at.rows-1 && row < len(d.c.values)-1:
		glyph = "↑"
	case row == d.at.low && row > 0:
		glyph = "↓"
	}
	return d.v.d.Theme.Faint.Render(glyph)
}

// label is the name of a layer, with ▸ if the term in hand acts there.
func (d *drawing) label(row int, inHand bool) string {
	th := d.v.d.Theme
	mark, style := " ", th.Faint
	if inHand {
		mark, style = "▸", th.Accent
	}
	if row+steering.Embed == d.v.layer {
		style = th.Cursor
	}
	name := wording.Layer(row + steering.Embed)
	return th.Accent.Render(mark) + strings.Repeat(" ", max(0, margin-3-len(name))) + style.Render(name) + " "
}

// cells draws the cells of a layer.
func (d *drawing) cells(row int) string {
	var out line
	out.b.Grow(d.at.count * 16) // about what a cell with its colour takes
	for p := d.at.from; p < d.at.from+d.at.count; p++ {
		glyph, fill, with := d.c.cell(d.ink, row, p)
		switch {
		case p == d.v.column() && row+steering.Embed == d.v.layer:
			with = d.ink.cursor
		case d.stale:
			with = d.ink.stale
		}
		out.write(with, glyph)
		for range d.at.cell - 1 {
			out.write(with, fill)
		}
	}
	return out.String()
}

// figure is the value of a layer at the cursor's position, with a bar if there
// is room.
func (d *drawing) figure(row int) string {
	th := d.v.d.Theme
	x := d.c.values[row][d.v.column()]
	style := th.Faint
	if row+steering.Embed == d.v.layer {
		style = th.Text
	}
	out := style.Render(fmt.Sprintf("%*s", figures, d.c.scale.number(float64(x))))
	share, ok := d.c.scale.share(x)
	if d.at.bar == 0 || !ok {
		return out
	}
	bar := th.Bar
	if share < 0 {
		bar = th.BarTwo
	}
	if d.stale {
		bar = th.Stale
	}
	return out + " " + bar.Render(theme.Bar(math.Abs(share), d.at.bar))
}

// marks draws what there is under a position: ▲ where a term fired, △ where the
// term in hand names the position and none did, ◆ at the token at which the
// lane parts from base.
func (d *drawing) marks(l *desk.Lane) string {
	selected := map[int]bool{}
	parts := -1
	if l != nil && l.Answer == d.c.answer {
		for _, p := range d.v.d.Selected() {
			selected[p] = true
		}
		if i, ok := d.v.d.Parts(l); ok {
			parts = len(d.c.answer.Prompt) + i
		}
	}
	var out line
	out.write(pen{}, strings.Repeat(" ", margin))
	for p := d.at.from; p < d.at.from+d.at.count; p++ {
		glyph, with := " ", d.ink.steered
		switch {
		case p == parts:
			glyph, with = "◆", d.ink.part
		case len(d.c.fired[p]) > 0:
			glyph = "▲"
		case len(selected) > 0 && selected[d.v.inPlan(l, p)]:
			glyph = "△"
		}
		if d.stale {
			with = d.ink.stale
		}
		out.write(with, glyph+strings.Repeat(" ", d.at.cell-1))
	}
	return out.String()
}

// texts draws the first letters of the tokens downwards, those of the prompt
// fainter.
func (d *drawing) texts() []string {
	lines := make([]line, d.at.letters)
	for i := range lines {
		lines[i].write(pen{}, strings.Repeat(" ", margin))
	}
	from, to := d.v.anchor, d.v.at
	if from > to {
		from, to = to, from
	}
	for p := d.at.from; p < d.at.from+d.at.count; p++ {
		with := d.ink.text
		switch {
		case p == d.v.column():
			with = d.ink.cursor
		case d.v.anchor >= 0 && p >= from && p <= to:
			with = d.ink.selected
		case d.stale:
			with = d.ink.stale
		case p < len(d.c.answer.Prompt):
			with = d.ink.faint
		}
		token := letters(trimmed(d.c.answer, p), d.at.letters, d.at.cell)
		for i := range lines {
			letter := " "
			if i < len(token) {
				letter = token[i]
			}
			lines[i].write(with, letter)
			lines[i].write(pen{}, strings.Repeat(" ", max(0, d.at.cell-frame.Width(letter))))
		}
	}
	out := make([]string, len(lines))
	for i := range lines {
		out[i] = lines[i].String()
	}
	return out
}

// around draws the token under the cursor among those beside it.
func (d *drawing) around(width int) string {
	piece := func(p int) string { return visible.Line(text(d.c.answer, p)) }
	at := d.v.column()
	from, to := at, at
	room := width - 4 - frame.Width(piece(at)) // … at both ends
	for left := room / 2; from > 0; from-- {
		n := frame.Width(piece(from - 1))
		if n > left {
			break
		}
		left, room = left-n, room-n
	}
	for ; to+1 < d.c.positions(); to++ {
		n := frame.Width(piece(to + 1))
		if n > room {
			break
		}
		room -= n
	}
	var out line
	edge := func(more bool) {
		out.write(d.ink.faint, map[bool]string{true: "…", false: " "}[more])
	}
	edge(from > 0)
	for p := from; p <= to; p++ {
		with := d.ink.text
		switch {
		case p == at:
			with = d.ink.cursor
		case d.stale:
			with = d.ink.stale
		case p < len(d.c.answer.Prompt):
			with = d.ink.faint
		}
		out.write(with, piece(p))
	}
	edge(to+1 < d.c.positions())
	return out.String()
}

// ticks draws every tenth position, counted as plans do: from g0 on where the
// generated tokens begin. Arrows tell of positions beyond.
func (d *drawing) ticks() string {
	row := []byte(strings.Repeat(" ", d.at.count*d.at.cell))
	prompt := len(d.c.answer.Prompt)
	free := 0 // columns before are taken
	write := func(p int, name string) {
		if x := (p - d.at.from) * d.at.cell; x >= free && x+len(name) <= len(row) {
			copy(row[x:], name)
			free = x + len(name) + 1
		}
	}
	for p := d.at.from; p < d.at.from+d.at.count; p++ {
		switch {
		case p < prompt && p%10 == 0 && p+len(strconv.Itoa(p))/d.at.cell < prompt:
			write(p, strconv.Itoa(p))
		case p >= prompt && (p-prompt)%10 == 0:
			write(p, "g"+strconv.Itoa(p-prompt))
		}
	}
	left, right := " ", ""
	if d.at.from > 0 {
		left = "←"
	}
	if d.at.from+d.at.count < d.c.positions() {
		right = "→"
	}
	return d.v.d.Theme.Faint.Render(strings.Repeat(" ", margin-1) + left + string(row) + right)
}

// cellLine writes out the cell under the cursor.
func (d *drawing) cellLine() string {
	th := d.v.d.Theme
	row, p := max(0, min(d.v.layer-steering.Embed, len(d.c.values)-1)), d.v.column()
	style := th.Accent
	if d.stale {
		style = th.Stale
	}
	x := float64(d.c.values[row][p])
	out := " " + style.Render(d.c.scale.number(x)+unit(d.c.quantity))
	if math.IsNaN(x) {
		out = " " + style.Render("no direction here")
	}
	out += th.Text.Render(fmt.Sprintf("  layer %s · %s · \"%s\"", wording.Layer(row+steering.Embed), placed(p, len(d.c.answer.Prompt)), visible.Line(text(d.c.answer, p))))
	if d.c.edited[row][p] {
		out += "  " + th.Steered.Render("◑ edited by "+d.c.by(d.v.d, row, p))
	}
	return out
}

// legend says what the shades and glyphs mean, and how the scale was made.
func (d *drawing) legend(width int) string {
	th := d.v.d.Theme
	s := d.c.scale
	var out line
	shade := func(level int, sign float64) {
		share := sign * (float64(level) + .5) / float64(levels)
		glyph := theme.Shades[level]
		if sign < 0 {
			glyph = below[level]
		}
		out.write(d.ink.of(share), glyph)
	}
	switch s.kind {
	case signed:
		out.write(d.ink.faint, " "+s.number(-s.high)+" ")
		for level := levels - 1; level >= 0; level-- {
			shade(level, -1)
		}
	default:
		out.write(d.ink.faint, " "+s.number(s.low)+" ")
	}
	for level := range levels {
		shade(level, 1)
	}
	out.write(d.ink.faint, " "+s.number(s.high)+map[scaleKind]string{logarithm: " log", root: " √"}[s.kind])
	if d.c.anyEdited {
		out.write(d.ink.faint, "   ○◑● edited")
	}
	if s.kind == signed {
		out.write(d.ink.faint, "   · none")
	}
	return frame.Ends(out.String(), th.Faint.Render(s.about(width)+" "), width)
}
