package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

const (
	headerLines = 1
	mostFooter  = 4 // lines of a sentence that is too long for one
	// The smallest screen on which everything essential is seen.
	leastWidth, leastHeight = 60, 16
)

// View draws the screen.
func (a *App) View() tea.View {
	v := tea.NewView(a.draw())
	v.AltScreen = true
	v.WindowTitle = "tiller"
	if a.settings.Mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

func (a *App) draw() string {
	if a.width == 0 || a.height == 0 {
		return ""
	}
	if a.width < leastWidth || a.height < leastHeight {
		return a.tooSmall()
	}
	footer := a.footer()
	body := a.views[a.at].View(a.width, a.height-headerLines-len(footer))
	if a.views[a.at].Typing() {
		body = visible.InOrder(body)
	}
	screen := a.header() + "\n" + body + "\n" + strings.Join(footer, "\n")
	if a.sheet == nil {
		return screen
	}
	x, y, w, h := a.sheetAt()
	th := a.desk.Theme
	box := lipgloss.NewStyle().Border(lipgloss.RoundedBorder()).BorderForeground(th.Accent.GetForeground()).Padding(0, 1).Render(visible.InOrder(a.sheet.View(w-4, h-2)))
	return lipgloss.NewCompositor(lipgloss.NewLayer(screen), lipgloss.NewLayer(box).X(x).Y(y).Z(1)).Render()
}

// sheetAt is where the sheet lies, border and the space inside it included.
func (a *App) sheetAt() (x, y, w, h int) {
	w, h = a.sheet.Size(a.width-6, a.height-4)
	w, h = min(w, a.width-6)+4, min(h, a.height-4)+2
	return (a.width - w) / 2, max(1, (a.height-h)/3), w, h
}

// tooSmall says what the screen needs.
func (a *App) tooSmall() string {
	text := fmt.Sprintf("tiller needs %d columns and %d lines; here are %d and %d.", leastWidth, leastHeight, a.width, a.height)
	lines := strings.Split(lipgloss.Wrap(text, max(1, a.width-1), ""), "\n")
	return strings.Join(frame.Block(lines, a.width, a.height), "\n")
}

// header says what is being looked at.
func (a *App) header() string {
	d, th := a.desk, a.desk.Theme
	left := " " + th.Title.Render("tiller") + "  "
	switch {
	case d.Model.Ref == "" && d.Opening():
		left += th.Faint.Render("opening " + visible.Line(a.model) + " …")
	case d.Model.Ref == "":
		left += th.Faint.Render("no model is open")
	default:
		about := fmt.Sprintf(" · %d layers · %s", d.Model.Layers, parameters(d.Model.Parameters))
		if a.width >= 100 {
			about += " · " + d.Model.Weights
		}
		left += th.Text.Render(visible.Line(d.Model.Name)) + th.Faint.Render(about)
	}
	return frame.Ends(left, a.jobs()+a.rec()+" ", a.width)
}

// jobs says what runs, or how fast the last run was.
func (a *App) jobs() string {
	d, th := a.desk, a.desk.Theme
	if n := len(d.Jobs); n > 0 {
		j := d.Jobs[n-1]
		text := j.Name
		if j.Total > 0 {
			text += fmt.Sprintf(" %d %%", 100*j.Done/j.Total)
		}
		return th.Accent.Render("● ") + th.Faint.Render(visible.Line(text)+" · ctrl+c stops")
	}
	rate := 0.0
	for _, l := range d.Lanes {
		if l.Answer != nil {
			rate = max(rate, l.Answer.Rate)
		}
	}
	if rate == 0 && d.Model.Speed > 0 {
		return th.Faint.Render("about " + wording.Thousands(d.Model.Speed) + " tok/s a lane")
	}
	if rate == 0 {
		return ""
	}
	return th.Faint.Render(wording.Thousands(rate) + " tok/s")
}

// parameters writes a number of weights briefly.
func parameters(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1fB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0fM", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0fk", float64(n)/1e3)
}

// footer is the status line: what was said last, or what the keys do. A long
// sentence takes more than one line.
func (a *App) footer() []string {
	d, th := a.desk, a.desk.Theme
	top := a.top()
	mode := th.Faint.Render("keys ")
	if typing(top) {
		mode = th.Accent.Render("typing ")
	}
	if first := a.sequence.Pending(); first != "" {
		return []string{frame.Ends(" "+a.follow(top.Context(), first), mode, a.width)}
	}
	if s := d.Status; s.Text != "" {
		style, glyph := th.Text, ""
		switch s.Level {
		case desk.Warning:
			style, glyph = th.Warn, "! "
		case desk.Error:
			style, glyph = th.Bad, "✗ "
		}
		said := strings.Split(ansi.Wrap(glyph+visible.Line(s.Text), a.width-frame.Width(mode)-2, ""), "\n")
		if last := mostFooter - 1; len(said) > mostFooter {
			said = append(said[:last], said[last]+" …")
		}
		for i, line := range said {
			said[i] = frame.Fit(" "+style.Render(line), a.width)
		}
		last := len(said) - 1
		said[last] = frame.Ends(strings.TrimRight(said[last], " "), mode, a.width)
		return said
	}
	var hints []string
	for _, action := range top.Hints() {
		hints = append(hints, a.hint(top.Context(), action))
	}
	help := a.hint(top.Context(), keys.Help)
	room := a.width - frame.Width(help) - frame.Width(mode) - 6
	line := ""
	for _, h := range hints {
		if h == "" {
			continue
		}
		if frame.Width(line)+frame.Width(h) > room {
			break
		}
		line += h + "   "
	}
	return []string{frame.Ends(" "+line+help, mode, a.width)}
}

// hint is a key and what it does.
func (a *App) hint(where keys.Context, action keys.Action) string {
	key := a.desk.Keys.Key(where, action)
	if key == "" {
		return ""
	}
	help := a.desk.Keys.Help(where, action)
	if help == "" {
		return ""
	}
	return a.desk.Theme.Key.Render(key) + " " + a.desk.Theme.Faint.Render(help)
}

// follow lists what can follow the first of two keys.
func (a *App) follow(where keys.Context, first string) string {
	out := a.desk.Theme.Key.Render(first) + " …"
	for _, b := range a.desk.Keys.After(where, first) {
		for _, key := range b.Keys {
			if second, ok := strings.CutPrefix(key, first+" "); ok {
				out += "   " + a.desk.Theme.Key.Render(second) + " " + a.desk.Theme.Faint.Render(b.Help)
			}
		}
	}
	return out
}
