package browse

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/eval/export"
	"tiller/tui/transcript"
)

// copy copies the open problem with all its answers, or else the lanes' table,
// as Markdown.
func (s *Screen) copy() tea.Cmd {
	what, text := "the table of lanes", ""
	if s.open != nil && s.open.problem != nil {
		what, text = "the problem and its answers", s.markdown()
	} else {
		var b strings.Builder
		if err := export.Markdown(&b, s.run.Summary); err != nil {
			s.Say(err.Error(), true)
			return nil
		}
		text = b.String()
	}
	text, _ = transcript.Plain(text)
	s.Say(fmt.Sprintf("Copied %s, %d characters of Markdown.", what, len([]rune(text))), false)
	cmds := []tea.Cmd{tea.SetClipboard(text)}
	if s.options.Clipboard != nil {
		cmds = append(cmds, s.options.Clipboard(text))
	}
	return tea.Batch(cmds...)
}

// markdown writes the open problem: every text as an indented block, which
// nothing in it can end.
func (s *Screen) markdown() string {
	var b strings.Builder
	p := s.open.problem
	block := func(text string) {
		b.WriteString("\n    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n\n")
	}
	question := p.Question
	if question == "" {
		question = p.Prompt
	}
	fmt.Fprintf(&b, "Problem:\n")
	block(p.ID)
	fmt.Fprintf(&b, "Question:\n")
	block(question)
	if p.Target != "" {
		fmt.Fprintf(&b, "Right answer:\n")
		block(p.Target)
	}
	for i, x := range p.Samples {
		if x == nil {
			continue
		}
		fmt.Fprintf(&b, "Lane:\n")
		block(s.run.Spec.Lanes[i].Name)
		fmt.Fprintf(&b, "scores %g, extracted:\n", x.Score)
		block(x.Extracted)
		figures := s.figures(x)
		fmt.Fprintf(&b, "Output (%s):\n", strings.TrimSuffix(strings.Join(figures[:], "; "), "; "))
		block(x.Output)
		if x.Error != "" {
			fmt.Fprintf(&b, "Error:\n")
			block(x.Error)
		}
	}
	return b.String()
}
