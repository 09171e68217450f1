package plain

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"tiller/tui/visible"
	"tiller/tui/wording"
)

// promptLines is how many lines of a long prompt are shown.
const promptLines = 12

// columnWidth returns the columns of text that each of n lanes side by side
// has in a terminal of the given width, whose last column stays free so that
// no terminal breaks the line.
func columnWidth(width, n int) int {
	return min(maxColumn, (width-1-2-3*(n-1)-1)/n)
}

// sideBySide returns how many of n lanes stand side by side.
func (p *Printer) sideBySide(n int) int {
	for k := n; k > 1; k-- {
		if !p.piped() && columnWidth(p.options.Width, k) >= minColumn {
			return k
		}
	}
	return 1
}

// textWidth returns the columns of text of a lane; 0 is without limit.
func (p *Printer) textWidth() int {
	if p.piped() {
		return 0
	}
	return columnWidth(p.options.Width, p.columns)
}

// frameWidth returns the columns of a rule over n lanes, margin included.
func (p *Printer) frameWidth(n int) int {
	return 1 + n*(p.textWidth()+2) + n - 1
}

// rule draws a segment over one lane with words in it.
func rule(words string, width int) string {
	words = cut(visible.Line(words), width-5)
	rest := width - 4 - displaywidth.String(words)
	return frameStyle.Render("── ") + titleStyle.Render(words) + frameStyle.Render(" "+strings.Repeat("─", rest))
}

// joinRules draws one segment for each text, joined at the columns' borders.
func (p *Printer) joinRules(words []string, joint string) string {
	segments := make([]string, len(words))
	for i, w := range words {
		segments[i] = rule(w, p.textWidth()+2)
	}
	return " " + strings.Join(segments, frameStyle.Render(joint))
}

func (p *Printer) promptRule(h Header) string {
	kind, size := h.about()
	return " " + rule(kind+", "+size, p.frameWidth(p.columns)-1)
}

func (p *Printer) topRule(g []*lane) string {
	words := make([]string, len(g))
	for i, l := range g {
		words[i] = l.title()
	}
	return p.joinRules(words, "┬")
}

func (p *Printer) bottomRule(g []*lane, s []LaneSummary) string {
	words := make([]string, len(g))
	for i, l := range g {
		words[i] = l.ending(s[i])
	}
	return p.joinRules(words, "┴")
}

// excerpt returns the lines of the prompt, without the middle of a long one.
func (p *Printer) excerpt(prompt string) []string {
	f := newFlow(p.frameWidth(p.columns) - 3)
	f.write(prompt, asItIs)
	f.end()
	var lines []string
	for _, cells := range f.lines {
		lines = append(lines, render(cells, 0))
	}
	if len(lines) <= promptLines {
		return lines
	}
	half := promptLines / 2
	left := frameStyle.Render("… " + wording.Count(len(lines)-2*half, "line") + " …")
	return append(append(lines[:half:half], left), lines[len(lines)-half:]...)
}

// cut shortens s to width columns.
func cut(s string, width int) string {
	return displaywidth.TruncateString(s, width, "…")
}
