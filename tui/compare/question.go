package compare

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/tui/cells"
	"tiller/tui/desk"
	"tiller/tui/frame"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// drawQuestion draws the rule of the question, its tokens, and under each line
// of them which positions the plan edits.
func (v *View) drawQuestion(width, height int) []string {
	th := v.d.Theme
	name := th.Title.Render(v.questionName())
	if v.d.Focus == desk.QuestionPane {
		name = th.Accent.Render("▸ " + v.questionName())
	}
	lines := []string{frame.Rule(th, name, v.questionAbout(width), width)}
	room := max(2, height/4)
	if v.prompt != nil {
		return append(lines, v.drawTyping(width, room)...)
	}
	return append(lines, v.drawTokens(width, room)...)
}

func (v *View) questionName() string {
	switch {
	case v.d.Prompt.Chat:
		return "message, in the chat template"
	case v.d.Question != nil:
		return "question"
	}
	return "prompt"
}

// questionAbout is the right end of the question's rule.
func (v *View) questionAbout(width int) string {
	th := v.d.Theme
	var words []string
	if v.search != nil {
		return v.search.input.View()
	}
	if q := v.d.Question; q != nil {
		about := q.Family
		if v.d.Problem >= 0 && width >= 60 {
			about += fmt.Sprintf(" · %d of %s", v.d.Problem+1, wording.Thousands(float64(len(v.d.Problems))))
		}
		words = append(words, about, "answer "+visible.Line(q.Answer))
	}
	if v.prompt == nil && v.d.PromptErr == "" {
		words = append(words, fmt.Sprintf("%d tok", len(v.d.Tokens)))
	}
	return th.Faint.Render(strings.Join(words, " · "))
}

// drawTokens draws the tokens of the question in at most room lines.
func (v *View) drawTokens(width, room int) []string {
	th := v.d.Theme
	if v.d.PromptErr != "" {
		indented := func(style lipgloss.Style, text string) []string {
			return wording.Wrap(func(line ...string) string { return "  " + style.Render(line...) }, text, width-3)
		}
		lines := indented(th.Text, v.d.Prompt.Text)
		return append(frame.Block(lines, width, min(room, len(lines))), indented(th.Bad, wording.Sentence(v.d.PromptErr))...)
	}
	c := &v.question
	if c.flow == nil || c.taken != len(v.d.Tokens) || !v.sameQuestion() {
		*c = column{flow: cells.New(width - 3), taken: len(v.d.Tokens)}
		v.asked = v.d.Tokens
		for _, t := range v.d.Tokens {
			c.flow.Append(cells.Token{Text: t.Text})
		}
		c.flow.End()
	}
	c.flow.SetWidth(width - 3)
	n := c.flow.Height()
	at := area{pane: desk.QuestionPane, x: 2, y: 1, width: width - 3}
	marks := v.marks()
	perLine := 1
	if len(marks) > 0 {
		perLine = 2
	}
	at.height = max(1, min(n, room/perLine))
	line, _ := c.flow.Where(v.inSight())
	c.top = frame.Scroll(c.top, line, n, at.height)
	p := &paint{theme: th, cursor: -1, to: -1, style: func(token int) *lipgloss.Style {
		if v.d.Tokens[token].Special || v.d.Tokens[token].Role == "" && v.d.Prompt.Chat {
			return &th.Special
		}
		return &th.Text
	}}
	if v.d.Focus == desk.QuestionPane {
		p.cursor = v.d.At
		if v.d.Anchor >= 0 {
			p.from, p.to = min(v.d.Anchor, v.d.At), max(v.d.Anchor, v.d.At)
		}
	}
	var lines []string
	for i := c.top; i < c.top+at.height; i++ {
		row := c.flow.Line(i)
		lines = append(lines, "  "+p.draw(row, at.width))
		if perLine == 2 {
			lines = append(lines, "  "+v.drawMarks(row, marks))
		}
	}
	// The mouse finds tokens only where no lines of marks stand between.
	if perLine == 1 || at.height == 1 {
		v.areas = append(v.areas, at)
	}
	return lines
}

// inSight is the token of the question that has to be seen: the one under the
// cursor, but while the keys go elsewhere the end of what is said in a chat.
func (v *View) inSight() int {
	if v.d.Focus == desk.QuestionPane || !v.d.Prompt.Chat {
		return v.d.At
	}
	for i := len(v.d.Tokens) - 1; i >= 0; i-- {
		if v.d.Tokens[i].Role != "" {
			return i
		}
	}
	return v.d.At
}

// sameQuestion reports whether the flow holds the tokens that there are.
func (v *View) sameQuestion() bool {
	return len(v.asked) == len(v.d.Tokens) && (len(v.asked) == 0 || &v.asked[0] == &v.d.Tokens[0])
}

// marks are the glyphs under the positions of the question: ▲ where the active
// plan edits, △ where the term in hand names the position but nothing fired.
func (v *View) marks() map[int]string {
	marks := map[int]string{}
	l := v.d.Active()
	if l == nil {
		return marks
	}
	for _, p := range v.d.Selected() {
		if p < len(v.d.Tokens) {
			marks[p] = "△"
		}
	}
	if l.Answer != nil && !l.Stale {
		for p, terms := range l.Answer.Covered {
			if len(terms) > 0 {
				marks[p] = "▲"
			}
		}
	}
	return marks
}

// drawMarks draws the marks under one line of tokens.
func (v *View) drawMarks(row []cells.Cell, marks map[int]string) string {
	var b strings.Builder
	last := -1
	for _, c := range row {
		glyph := strings.Repeat(" ", c.Width)
		if m := marks[c.Token]; m != "" && c.Token != last && c.Text != " " {
			glyph = v.d.Theme.Steered.Render(m) + strings.Repeat(" ", max(0, c.Width-1))
			last = c.Token
		}
		b.WriteString(glyph)
	}
	return b.String()
}

// drawTyping draws the question while it is typed, and below it what the
// vocabulary says to that.
func (v *View) drawTyping(width, room int) []string {
	th := v.d.Theme
	text := v.prompt.input.Value()
	below := v.advice(text)
	height := max(1, room-1)
	v.prompt.input.SetWidth(max(1, width-3))
	v.prompt.input.SetHeight(min(height, max(1, strings.Count(text, "\n")+1+len(text)/max(1, width-3))))
	var lines []string
	for line := range strings.SplitSeq(v.prompt.input.View(), "\n") {
		lines = append(lines, th.Accent.Render("┃")+" "+line)
	}
	return append(lines, "  "+frame.Clip(below, width-3))
}

// advice says which words the vocabulary lacks, and which ones a begun word may
// become.
func (v *View) advice(text string) string {
	th := v.d.Theme
	if len(v.d.Model.Words) == 0 {
		return th.Faint.Render(fmt.Sprintf("%d characters", len([]rune(text))))
	}
	begun, words := v.completions()
	unknown := v.unknown(text)
	if len(words) > 0 {
		unknown = slices.DeleteFunc(unknown, func(w string) bool { return w == begun })
	}
	switch {
	case len(unknown) > 0:
		return th.Bad.Render("✗ unknown: "+visible.Line(strings.Join(unknown, " "))) + th.Faint.Render("  it knows: "+strings.Join(v.d.Model.Words, " "))
	case len(words) > 0:
		return th.Faint.Render("tab: " + strings.Join(words, " "))
	}
	return th.Faint.Render("it knows: " + strings.Join(v.d.Model.Words, " "))
}
