package watch

import (
	"fmt"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"tiller/steering/eval"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/plain"
	"tiller/tui/scores"
	"tiller/tui/theme"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// The smallest screen on which something is seen.
const leastWidth, leastHeight = 50, 10

// View draws the screen.
func (s *Screen) View() tea.View {
	v := tea.NewView(s.Draw(s.width, s.height))
	v.AltScreen = true
	v.WindowTitle = "tiller eval"
	return v
}

// Draw draws exactly width columns and height lines.
func (s *Screen) Draw(width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	if width < leastWidth || height < leastHeight {
		return strings.Join(frame.Block([]string{s.brief()}, width, height), "\n")
	}
	lines := []string{s.header(width), s.bar(width)}
	body := height - len(lines) - 1
	warnings := s.warnings(width)
	rows := s.tally.rows()
	table := min(len(rows)+2, max(4, body*2/3-len(warnings)))
	lines = append(lines, s.table(rows, width, table)...)
	lines = append(lines, s.newest(width, max(0, body-table-len(warnings)))...)
	lines = append(frame.Fill(lines, width, height-1-len(warnings)), warnings...)
	return strings.Join(append(lines, s.footer(width)), "\n")
}

// brief is what there is room for on any screen.
func (s *Screen) brief() string {
	return fmt.Sprintf("%d of %d", s.progress.done, s.progress.total)
}

func (s *Screen) header(width int) string {
	th, o := s.dress.Theme, &s.options.Spec
	left := " " + th.Title.Render("tiller eval") + "  " + th.Text.Render(visible.Line(filepath.Base(o.Set.Ref))) + th.Faint.Render(" · "+visible.Line(filepath.Base(o.Model.Ref)))
	if o.Thinking != nil {
		left += th.Faint.Render(" · " + visible.Line(filepath.Base(o.Thinking.Ref)))
	}
	return frame.Ends(left, th.Faint.Render("into "+visible.Line(s.options.Folder))+" ", width)
}

// bar says how far the run is.
func (s *Screen) bar(width int) string {
	th, p := s.dress.Theme, &s.progress
	if p.total == 0 {
		return frame.Fit(" "+th.Faint.Render("beginning …"), width)
	}
	words := fmt.Sprintf("%d of %d", p.done, p.total)
	if p.phase != "" {
		words = p.phase + ": " + words
	}
	if rate := p.rate(); rate > 0 {
		words += fmt.Sprintf(" · %s answers/s", wording.Figure(rate))
	}
	if left, ok := p.left(); ok && p.done < p.total {
		words += " · " + plain.Duration(left) + " left"
	} else {
		words += " · " + plain.Duration(p.now)
	}
	percent := fmt.Sprintf("%3.0f %%", 100*p.share())
	room := max(8, min(48, width-frame.Width(words)-frame.Width(percent)-6))
	full := theme.Bar(p.share(), room)
	rest := strings.Repeat("─", max(0, room-frame.Width(full)))
	return frame.Fit(" "+th.Accent.Render(full)+th.Frame.Render(rest)+" "+th.Text.Render(percent)+"  "+th.Faint.Render(words), width)
}

// table is how the lanes do, as many of them as fit.
func (s *Screen) table(rows []scores.Row, width, height int) []string {
	th := s.dress.Theme
	problems := 0
	for _, l := range s.tally.lanes {
		problems = max(problems, l.scores.n)
	}
	lines := []string{frame.Rule(th, th.Title.Render("so far"), th.Faint.Render(wording.Count(problems, "problem")+" · graded by "+visible.Line(s.options.Spec.Set.Grader)), width)}
	drawn := scores.Lines(th, rows, -1, width)
	room := height - 2
	s.first = max(0, min(s.first, len(rows)-room))
	lines = append(lines, drawn[0])
	return frame.Fill(append(lines, drawn[1+s.first:min(len(drawn), 1+s.first+room)]...), width, height)
}

// The widths of the newest answers' columns.
const (
	answerColumn  = 9
	controlColumn = 9
)

// newest are the problems that were answered last.
func (s *Screen) newest(width, height int) []string {
	if height < 3 {
		return nil
	}
	th, t := s.dress.Theme, s.tally
	var lanes []int
	for i, l := range t.lanes {
		if l.Kind != eval.Control {
			lanes = append(lanes, i)
		}
	}
	controls := len(lanes) < len(t.lanes)
	room := width - 2 - max(24, width*2/5)
	if controls {
		room -= controlColumn
	}
	lanes = lanes[:min(len(lanes), max(1, room/answerColumn))]
	text := width - 2 - len(lanes)*answerColumn
	if controls {
		text -= controlColumn
	}
	head := " " + frame.Fit("", text+1)
	for _, i := range lanes {
		head += frame.Fit(t.tags[i], answerColumn)
	}
	if controls {
		head += frame.Fit("controls", controlColumn)
	}
	lines := []string{frame.Rule(th, th.Title.Render("newest answers"), "", width), frame.Fit(th.Faint.Render(head), width)}
	for _, p := range t.recent[:min(len(t.recent), height-2)] {
		line := " " + frame.Fit(p.question, text-1) + "  "
		for _, i := range lanes {
			line += frame.Fit(p.answers[i].draw(th), answerColumn)
		}
		if controls {
			line += t.controls(th, p)
		}
		lines = append(lines, line) // which is exactly as wide as it should be
	}
	if len(t.recent) == 0 {
		lines = append(lines, frame.Fit(th.Faint.Render(" None yet."), width))
	}
	return frame.Fill(lines, width, height)
}

// draw draws the newest answer of a lane to a problem: its mark, and what the
// grader understood.
func (a answers) draw(th *theme.Theme) string {
	text := a.mark.Draw(th)
	if a.extracted != "" && a.mark.There && !a.mark.Failed {
		text += " " + th.Faint.Render(frame.Clip(a.extracted, answerColumn-3))
	}
	return text
}

// controls says how many of the controls' answers to a problem are right, of
// those that are there.
func (t *tally) controls(th *theme.Theme, p *problem) string {
	n, sum := 0, 0.0
	for i, l := range t.lanes {
		if l.Kind == eval.Control {
			n += p.answers[i].n
			sum += p.answers[i].sum
		}
	}
	if n == 0 {
		return th.Faint.Render(frame.Fit("·", controlColumn))
	}
	return th.Faint.Render(frame.Fit(fmt.Sprintf("%.3g of %d", sum, n), controlColumn))
}

// Bounds of warnings: from how many answers on a share tells something, and
// which shares deserve a look.
const (
	enoughAnswers = 10
	manyCut       = .10
	fewFound      = .80
	mostWarnings  = 3
)

// warnings are what deserves a look before the run is over.
func (s *Screen) warnings(width int) []string {
	t := s.tally
	var all []string
	if t.failed > 0 {
		all = append(all, fmt.Sprintf("%s could not be generated and count as wrong; the newest: %s", wording.Count(t.failed, "answer"), t.failure))
	}
	for i := range t.lanes {
		l := &t.lanes[i]
		if l.answers < enoughAnswers || l.Kind == eval.Control {
			continue
		}
		n := float64(l.answers)
		if l.Kind == eval.Planned && l.edits == 0 {
			all = append(all, fmt.Sprintf("%s has not fired in %d answers", l.Name, l.answers))
		}
		if share := float64(l.cut) / n; share > manyCut {
			all = append(all, fmt.Sprintf("%s ran out of tokens in %.0f %% of its answers", l.Name, 100*share))
		}
		if share := float64(l.found) / n; share < fewFound {
			all = append(all, fmt.Sprintf("%s gives an answer in only %.0f %% of its outputs", l.Name, 100*share))
		}
	}
	if more := len(all) - mostWarnings; more > 0 {
		all = append(all[:mostWarnings-1], fmt.Sprintf("and %d more warnings, which the report has", more+1))
	}
	th := s.dress.Theme
	lines := make([]string, len(all))
	for i, text := range all {
		lines[i] = frame.Fit(" "+th.Warn.Render(frame.Clip("! "+visible.Line(text), width-2)), width)
	}
	return lines
}

// footer says what the keys do, or what was asked for.
func (s *Screen) footer(width int) string {
	th := s.dress.Theme
	key := th.Key.Render(s.options.Keys.Key(keys.Everywhere, keys.Interrupt))
	var text string
	style := func(t lipgloss.Style, words string) { text += t.Render(words) }
	switch s.asked {
	case 0:
		text = key
		style(th.Faint, " stops after the answers under way; the same command goes on later")
	case 1:
		style(th.Warn, "Finishing the answers under way. ")
		text += key
		style(th.Faint, " again leaves them unfinished.")
	default:
		style(th.Warn, "Ending the run now; all finished answers are kept.")
	}
	return frame.Fit(" "+text, width)
}
