package transcript

import (
	"fmt"
	"slices"
	"strings"

	"tiller/tui/desk"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// Markdown writes lanes with their model, question, plans, answers and figures,
// and the commands that repeat them. Texts of unknown origin stand where
// Markdown takes them as they are.
func Markdown(d *desk.Desk, lanes []*desk.Lane) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n\n", args...) }
	m := d.Model
	p("# %s, steered", code(m.Name))
	p("Model %s: %s, %d layers of %d, %s, fingerprint %s, kernel %s. %s", code(m.Ref), code(m.Architecture), m.Layers, m.DModel,
		code(m.Weights), code(m.Fingerprint), code(m.Kernel), drawing(d))
	p("## Question")
	if d.Prompt.System != "" && d.Prompt.Chat {
		p("System:")
		p("%s", fence("", d.Prompt.System))
	}
	for _, turn := range d.Prompt.Turns {
		p("%s:", code(turn.Role))
		p("%s", fence("", turn.Text))
	}
	p("%s", fence("", d.Prompt.Text))
	if d.Prompt.Chat {
		p("It stands in the model's chat template.")
	}
	var commands []string
	for _, l := range lanes {
		if !Answered(l) {
			continue
		}
		p("## %s", heading(d, l))
		p("%s", fence("", l.Answer.Text()))
		for _, line := range figures(d, l) {
			fmt.Fprintf(&b, "- %s\n", line)
		}
		b.WriteString("\n")
		if c, err := Command(d, l); err == nil && !slices.Contains(commands, c) {
			commands = append(commands, c)
		}
	}
	if len(commands) > 0 {
		p("## Again")
		p("%s", fence("sh", strings.Join(commands, "\n")))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// drawing says how tokens were drawn.
func drawing(d *desk.Desk) string {
	if s := d.Sampling; s.Temperature > 0 {
		return fmt.Sprintf("Tokens are drawn at temperature %g with seed %d.", s.Temperature, s.Seed)
	}
	return "The likeliest token is taken each time."
}

// heading is a lane's name and plan.
func heading(d *desk.Desk, l *desk.Lane) string {
	if l.Answer.PlanText == "" {
		return d.Name(l)
	}
	return d.Name(l) + " · " + code(l.Answer.PlanText)
}

// figures are what there is to know of an answer, a line each.
func figures(d *desk.Desk, l *desk.Lane) []string {
	a := l.Answer
	lines := []string{wording.Count(len(a.Tokens), "token") + ending(a)}
	if n := len(l.Forced); n > 0 && !l.Stale {
		lines = append(lines, "forked: its beginning, "+wording.Count(n, "token")+", was given and not chosen")
	}
	if q := d.Question; q != nil && a.Ended != nil && !l.Stale {
		switch given, right := a.Grade(q); {
		case right:
			lines = append(lines, "right: "+code(given))
		case given == "":
			lines = append(lines, "no answer; right is "+code(q.Answer))
		default:
			lines = append(lines, "wrong: "+code(given)+"; right is "+code(q.Answer))
		}
	}
	if a.PlanText != "" && a.Ended != nil {
		lines = append(lines, fmt.Sprintf("%d of %s steered (%.0f %%), %s, %s",
			a.Steered(), wording.Count(len(a.Tokens), "token"), 100*a.SteeredFraction(), wording.Count(a.Ended.PromptEdits, "prompt edit"), wording.Count(a.Ended.RowEdits, "row edit")))
		for _, f := range a.Ended.Fired {
			lines = append(lines, code(f.Term)+" fired at "+wording.Count(f.Count, "position"))
		}
	}
	if at, ok := d.Parts(l); ok {
		line := fmt.Sprintf("parts from base at token %d", at)
		if point, _, ok := d.PartingPoint(l); ok {
			line += fmt.Sprintf(", where KL(steered‖base) is %.2f", point.KL)
		}
		lines = append(lines, line)
	}
	return lines
}

// ending says how an answer ended, if not by itself.
func ending(a *desk.Answer) string {
	if a.Ended == nil {
		return ", not finished"
	}
	switch a.Ended.Stop {
	case "eos", "stop":
		return ""
	case "length":
		return ", cut there"
	case "context":
		return ", where the context was full"
	}
	return ", then stopped"
}

// fence puts a text into a block of code that it can't end.
func fence(language, text string) string {
	text, _ = Plain(text)
	ticks := strings.Repeat("`", max(3, longestTicks(text)+1))
	return ticks + language + "\n" + strings.TrimSuffix(text, "\n") + "\n" + ticks
}

// code is a text as code in a line, which it can't end.
func code(text string) string {
	text = visible.Line(text)
	ticks := strings.Repeat("`", longestTicks(text)+1)
	if len(ticks) > 1 {
		text = " " + text + " "
	}
	return ticks + text + ticks
}

// longestTicks is the length of the longest row of backticks.
func longestTicks(text string) int {
	longest, n := 0, 0
	for _, r := range text {
		if r != '`' {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}
