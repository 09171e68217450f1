package browse

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"tiller/steering/eval"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/scores"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// The smallest screen on which everything essential is seen.
const leastWidth, leastHeight = 60, 14

// areas are where parts were drawn last, for the mouse: lines of the screen.
type areas struct {
	lanes, problems int
	rows            []int // the lane of each line of the lanes' table; -1 for controls
	columns         []int // left ends of the answers side by side
	shown           []int // their lanes
}

// View draws the screen.
func (s *Screen) View() tea.View {
	v := tea.NewView(s.Draw(s.width, s.height))
	v.AltScreen = true
	v.WindowTitle = "tiller eval show"
	if s.options.Settings.Mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// Draw draws exactly width columns and height lines.
func (s *Screen) Draw(width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	s.areas = areas{}
	if width < leastWidth || height < leastHeight {
		text := fmt.Sprintf("tiller needs %d columns and %d lines; here are %d and %d.", leastWidth, leastHeight, width, height)
		return strings.Join(frame.Block(wrap(text, width), width, height), "\n")
	}
	lines := []string{s.header(width)}
	body := height - 2
	switch {
	case s.help != nil:
		lines = append(lines, strings.Split(s.help.View(width, body), "\n")...)
	case s.run == nil:
		lines = append(lines, s.nothing(width, body)...)
	case s.open != nil:
		lines = append(lines, s.drawProblem(width, body)...)
	default:
		lines = append(lines, s.drawTable(width, body)...)
	}
	lines = append(frame.Fill(lines, width, height-1), s.footer(width))
	return strings.Join(lines, "\n")
}

// nothing says that the run is being read, or why it can't be.
func (s *Screen) nothing(width, height int) []string {
	th := s.dress.Theme
	if s.wrong == "" {
		return frame.Block([]string{"", " " + th.Faint.Render("Reading the run …")}, width, height)
	}
	lines := []string{""}
	for _, line := range wrap("✗ "+s.wrong, width-2) {
		lines = append(lines, " "+th.Bad.Render(line))
	}
	return frame.Block(lines, width, height)
}

func (s *Screen) header(width int) string {
	th := s.dress.Theme
	left := " " + th.Title.Render("tiller eval show") + "  " + th.Text.Render(visible.Line(s.options.Path))
	if s.run == nil {
		return frame.Fit(left, width)
	}
	spec := &s.run.Spec
	left += th.Faint.Render(" · " + visible.Line(filepath.Base(spec.Set.Ref)) + " · " + visible.Line(filepath.Base(spec.Model.Ref)))
	right := th.Faint.Render("graded by " + visible.Line(spec.Set.Grader) + " ")
	if n, all := s.run.there, len(s.run.answers); n < all {
		right = th.Warn.Render(fmt.Sprintf("! %d of %s there ", n, wording.Count(all, "answer")))
	}
	return frame.Ends(left, right, width)
}

// footer is what was said last, or what the keys do.
func (s *Screen) footer(width int) string {
	th := s.dress.Theme
	if s.typing != nil {
		s.typing.SetWidth(max(1, width-4))
		return frame.Fit(" "+s.typing.View(), width)
	}
	if first := s.sequence.Pending(); first != "" {
		return frame.Fit(" "+th.Key.Render(first)+" …", width)
	}
	if s.says.text != "" {
		style, glyph := th.Text, ""
		if s.says.bad {
			style, glyph = th.Bad, "✗ "
		}
		return frame.Fit(" "+style.Render(frame.Clip(glyph+visible.Line(s.says.text), width-1)), width)
	}
	bound := s.options.Keys.Bindings(keys.Browse)
	line, help := " ", s.hint(bound, keys.Help)
	for _, a := range s.hints() {
		h := s.hint(bound, a)
		if h == "" || frame.Width(line)+frame.Width(h)+frame.Width(help)+4 > width {
			continue
		}
		line += h + "   "
	}
	return frame.Fit(line+help, width)
}

// hints are the actions that the footer names, the most useful first.
func (s *Screen) hints() []keys.Action {
	switch {
	case s.help != nil:
		return []keys.Action{keys.Back}
	case s.run == nil:
		return []keys.Action{keys.Quit}
	case s.open != nil:
		return []keys.Action{keys.Back, keys.NextFlip, keys.NextProblem, keys.Right, keys.GoCompare, keys.Copy, keys.Down, keys.Quit}
	}
	return []keys.Action{keys.Details, keys.NextFlip, keys.NextFilter, keys.Search, keys.GoCompare, keys.NextPane, keys.Quit, keys.Copy}
}

// hint is a key of an action and what it does.
func (s *Screen) hint(bound []keys.Binding, a keys.Action) string {
	for _, b := range bound {
		if b.Action == a && len(b.Keys) > 0 {
			return s.dress.Theme.Key.Render(b.Keys[0]) + " " + s.dress.Theme.Faint.Render(b.Help)
		}
	}
	return ""
}

// drawTable draws the lanes, and below them the problems.
func (s *Screen) drawTable(width, height int) []string {
	rows, lanes := s.rows()
	table := min(len(rows)+2, max(5, height/2))
	lines := s.drawLanes(rows, lanes, width, table)
	return append(lines, s.drawProblems(width, height-table, table+1)...)
}

// rows are the lanes, and after each plan its controls, a line a kind; and
// which lane each is, -1 for controls.
func (s *Screen) rows() (rows []scores.Row, lanes []int) {
	r := s.run
	for i, l := range r.Spec.Lanes {
		if l.Kind == eval.Control {
			continue
		}
		rows, lanes = append(rows, s.row(i)), append(lanes, i)
		for _, g := range r.groups {
			if g.Of == l.Name {
				rows, lanes = append(rows, s.group(g)), append(lanes, -1)
			}
		}
	}
	return rows, lanes
}

// row is a lane as the summary has it.
func (s *Screen) row(lane int) scores.Row {
	spec := s.run.Spec.Lanes[lane]
	row := scores.Blank(s.run.tags[lane], spec.Name, spec.Kind)
	l := s.run.Summary.Lane(spec.Name)
	if l == nil {
		return row
	}
	row.N, row.CI = l.N, l.CI95
	row.Score, row.Delta, row.DeltaCI = or(l.Score), or(l.Delta), l.DeltaCI95
	row.P, row.Gap = or(l.McNemarP), or(l.RecoveredGap)
	if spec.Kind == eval.Base || spec.Kind == eval.Thinking {
		row.Gap = math.NaN() // they are its ends
	}
	if l.Guard != nil {
		row.Guard = or(l.Guard.Delta)
	}
	return row
}

func (s *Screen) group(g scores.Group) scores.Row {
	var draws []float64
	n := 0
	for _, i := range g.Lanes {
		if l := s.run.Summary.Lane(s.run.Spec.Lanes[i].Name); l != nil && l.Score != nil {
			draws = append(draws, *l.Score)
			n += l.N
		}
	}
	return g.Row(draws, n)
}

// drawLanes draws the lanes' table, as many rows as fit.
func (s *Screen) drawLanes(rows []scores.Row, lanes []int, width, height int) []string {
	th, sum := s.dress.Theme, s.run.Summary
	right := wording.Count(sum.Set.Problems, "problem")
	if len(sum.Warnings) > 0 && !sum.Complete {
		right = "the run is not finished"
	}
	hand := -1
	for i, lane := range lanes {
		if lane == s.lane {
			hand = i
		}
	}
	drawn := scores.Lines(th, rows, hand, width)
	room := height - 2
	s.lanesAt = frame.Scroll(s.lanesAt, max(hand, 0), len(rows), room)
	if n := len(rows) - room; n > 0 {
		right += fmt.Sprintf(" · %d more rows", n)
	}
	lines := []string{frame.Rule(th, th.Title.Render("lanes"), th.Faint.Render(right), width), drawn[0]}
	to := min(len(rows), s.lanesAt+room)
	s.areas.lanes, s.areas.rows = 3, lanes[s.lanesAt:to]
	return frame.Fill(append(lines, drawn[1+s.lanesAt:1+to]...), width, height)
}

// A markColumn is the marks of a lane, or of a kind of controls.
type markColumn struct {
	title string
	width int
	draw  func(problem int) string
	hand  bool
}

// markColumns are as many as fit into a room.
func (s *Screen) markColumns(room int) []markColumn {
	r, th := s.run, s.dress.Theme
	var out []markColumn
	add := func(c markColumn) {
		if c.width <= room {
			room -= c.width
			out = append(out, c)
		}
	}
	for i, l := range r.Spec.Lanes {
		if l.Kind != eval.Control {
			add(markColumn{r.tags[i], 4, func(p int) string { return r.answer(p, i, s.draw).mark().Draw(th) }, i == s.lane})
		}
	}
	for _, g := range r.groups {
		title := g.Control
		if plan := r.plan(g.Of); plan > 0 {
			title = r.tags[plan] + " " + title
		}
		add(markColumn{title, max(7, min(len(title), 14)+2), func(p int) string { return th.Faint.Render(s.groupMark(g, p)) }, false})
	}
	return out
}

// plan is the lane of a name if it needs telling from others; -1 otherwise.
func (r *Run) plan(name string) int {
	at, plans := -1, 0
	for i, l := range r.Spec.Lanes {
		if l.Kind == eval.Planned {
			plans++
		}
		if l.Name == name {
			at = i
		}
	}
	if plans < 2 {
		return -1
	}
	return at
}

// groupMark says how much of the controls' answers is right.
func (s *Screen) groupMark(g scores.Group, problem int) string {
	n, sum := 0, 0.0
	for _, lane := range g.Lanes {
		if a := s.run.answer(problem, lane, s.draw); a.length > 0 {
			n++
			sum += float64(a.score)
		}
	}
	if n == 0 {
		return "·"
	}
	return fmt.Sprintf("%.3g/%d", sum, n)
}

// drawProblems draws the problems around the cursor; y is the line of the
// screen that it begins at.
func (s *Screen) drawProblems(width, height, y int) []string {
	th, r := s.dress.Theme, s.run
	number := len(fmt.Sprint(len(r.problems))) + 1
	columns := s.markColumns(width - number - 3 - max(20, width*2/5))
	marks := 0
	for _, c := range columns {
		marks += c.width
	}
	family := 0
	if width >= 100 && len(r.Summary.Lanes) > 0 && len(r.Summary.Lanes[0].Families) > 1 {
		family = 10
	}
	text := width - 2 - number - 2 - family - marks
	head := strings.Repeat(" ", 2+number+1) + frame.Fit("", text+family+1)
	for _, c := range columns {
		style := th.Faint
		if c.hand {
			style = th.Accent
		}
		head += style.Render(frame.Fit(c.title, c.width))
	}
	title := th.Title.Render("problems") + "  " + th.Accent.Render(visible.Line(s.filterName()))
	if s.search.text != "" {
		title += th.Faint.Render("  with ") + th.Match.Render(visible.Line(s.search.text))
	}
	lines := []string{frame.Rule(th, title, th.Faint.Render(s.count()), width), frame.Fit(head, width)}
	legend := 0
	if height > 12 {
		legend = 1
	}
	s.listed = max(1, height-2-legend)
	s.first = frame.Scroll(s.first, s.at, len(s.shown), s.listed)
	s.areas.problems = y + 2
	for i := s.first; i < min(len(s.shown), s.first+s.listed); i++ {
		lines = append(lines, s.drawEntry(i, number, text, family, columns, width))
	}
	if len(s.shown) == 0 {
		lines = append(lines, frame.Fit("", width), frame.Fit("  "+th.Faint.Render(s.empty()), width))
	}
	lines = frame.Fill(lines, width, height-legend)
	if legend > 0 {
		lines = append(lines, frame.Fit("  "+th.Faint.Render(scores.Legend), width))
	}
	return lines
}

// drawEntry draws the problem at a place of those shown.
func (s *Screen) drawEntry(i, number, text, family int, columns []markColumn, width int) string {
	th, p := s.dress.Theme, s.shown[i]
	e := &s.run.problems[p]
	marker, style := "  ", th.Text
	if i == s.at {
		marker, style = th.Accent.Render("▸ "), th.Accent
	}
	line := marker + th.Faint.Render(fmt.Sprintf("%*d", number-1, p+1)) + "  " + style.Render(frame.Fit(visible.Line(e.begin), text-1)) + "  "
	if family > 0 {
		line += th.Faint.Render(frame.Fit(visible.Line(e.family), family-1)) + " "
	}
	for _, c := range columns {
		line += frame.Fit(c.draw(p), c.width)
	}
	return frame.Fit(line, width)
}

// count says how many problems are shown.
func (s *Screen) count() string {
	if s.search.running {
		return "searching …"
	}
	text := wording.Count(len(s.shown), "problem")
	if len(s.shown) > 0 {
		text = fmt.Sprintf("%d of %s", s.at+1, text)
	}
	if n := s.run.draws; n > 1 {
		text += fmt.Sprintf(" · draw %d of %d", s.draw+1, n)
	}
	return text
}

// empty says why no problem is shown, and what to do.
func (s *Screen) empty() string {
	k := s.options.Keys
	switch {
	case s.search.running:
		return "Searching …"
	case s.search.text != "" || s.filter != 0:
		return "None. " + k.Key(keys.Browse, keys.Back) + " shows all problems again, " + k.Key(keys.Browse, keys.NextFilter) + " tries the next filter."
	}
	return "This run asks nothing."
}

// click takes a click.
func (s *Screen) click(x, y int) tea.Cmd {
	s.sequence.Cancel()
	if s.run == nil || s.help != nil || s.typing != nil {
		return nil
	}
	if s.open != nil {
		for i := len(s.areas.columns) - 1; i >= 0; i-- {
			if x >= s.areas.columns[i] {
				s.lane = s.areas.shown[i]
				return nil
			}
		}
		return nil
	}
	if i := y - s.areas.lanes; i >= 0 && i < len(s.areas.rows) {
		if lane := s.areas.rows[i]; lane >= 0 {
			s.lane = lane
			s.choose()
		}
		return nil
	}
	if i := s.first + y - s.areas.problems; y >= s.areas.problems && i < len(s.shown) && y < s.areas.problems+s.listed {
		if i == s.at {
			return s.enter()
		}
		s.at = i
	}
	return nil
}

// wheel moves by lines.
func (s *Screen) wheel(m tea.Mouse) {
	by := 3
	if m.Button == tea.MouseWheelUp {
		by = -3
	}
	switch {
	case s.help != nil:
		s.help.Wheel(m.X, m.Y, by)
	case s.open != nil:
		s.open.top = max(0, s.open.top+by)
	case s.run != nil:
		s.move(by)
	}
}

func or(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// wrap breaks untrusted text into lines of at most width columns.
func wrap(text string, width int) []string {
	return strings.Split(lipgloss.Wrap(visible.Text(text), max(1, width), ""), "\n")
}
