package export

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/steering/statistics"
)

// Markdown writes the findings in words, a table of the lanes, one of the
// controls, and what limits the figures.
func Markdown(w io.Writer, s *summary.Summary) error {
	m := &markdown{rightWrong: s.Set.RightWrong}
	m.say("# %s", inert(s.Set.Ref))
	m.list(s.Sentences())
	m.lanes(s)
	if s.Guard != nil {
		m.guard(s)
	}
	m.controls(s)
	if len(s.Warnings) > 0 {
		m.say("What limits these figures:")
		m.list(s.Warnings)
	}
	_, err := io.WriteString(w, m.String())
	return err
}

// markdown builds a document.
type markdown struct {
	strings.Builder
	rightWrong bool
}

// say adds a paragraph.
func (m *markdown) say(format string, args ...any) {
	if m.Len() > 0 {
		m.WriteString("\n")
	}
	fmt.Fprintf(m, format+"\n", args...)
}

func (m *markdown) list(items []string) {
	m.WriteString("\n")
	for _, item := range items {
		fmt.Fprintf(m, "- %s\n", inert(item))
	}
}

// head begins a table; columns after the first few words are numbers.
func (m *markdown) head(words int, columns ...string) {
	m.WriteString("\n")
	m.row(columns...)
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = "---:"
		if i < words {
			marks[i] = "---"
		}
	}
	m.row(marks...)
}

func (m *markdown) row(cells ...string) { fmt.Fprintf(m, "| %s |\n", strings.Join(cells, " | ")) }

func (m *markdown) lanes(s *summary.Summary) {
	m.head(1, "lane", "n", m.unit("score"), m.unit("minus base"), m.unit("minus prompt"), "p", "gap recovered, %", "steered, %", "prompt_edits", "row_edits", "tokens per answer", "truncated, %")
	for i := range s.Lanes {
		l := &s.Lanes[i]
		if l.Kind == eval.Control {
			continue
		}
		p := l.McNemarP
		if l.HolmP != nil {
			p = l.HolmP
		}
		m.row(inert(l.Name), strconv.Itoa(l.N), m.within(l.Score, l.CI95), m.within(l.Delta, l.DeltaCI95), m.within(l.DeltaPrompt, l.DeltaPromptCI95),
			significance(p), percentWithin(l.RecoveredGap, l.RecoveredGapCI95), percent(l.SteeredFraction), strconv.Itoa(l.PromptEdits), strconv.Itoa(l.RowEdits),
			fixed(l.TokensPerAnswer, 1), percent(l.Truncated))
	}
	m.say("Brackets are 95 %% intervals. p is that of McNemar's exact test against base, for plans corrected for their number (Holm). Differences are on the problems that both lanes have answered.")
}

func (m *markdown) guard(s *summary.Summary) {
	m.say("On the guard set %s:", inert(s.Guard.Ref))
	g := &markdown{rightWrong: s.Guard.RightWrong}
	g.head(1, "lane", "n", g.unit("score"), g.unit("minus base"), "p")
	for i := range s.Lanes {
		if l := &s.Lanes[i]; l.Guard != nil && l.Kind != eval.Control {
			g.row(inert(l.Name), strconv.Itoa(l.Guard.N), g.within(l.Guard.Score, l.Guard.CI95), g.within(l.Guard.Delta, l.Guard.DeltaCI95), significance(l.Guard.McNemarP))
		}
	}
	m.WriteString(g.String())
}

func (m *markdown) controls(s *summary.Summary) {
	if len(s.Controls) == 0 {
		return
	}
	m.say("What controls do in a plan's place:")
	m.head(2, "plan", "control", "draws", "n", m.unit("plan's score"), m.unit("mean"), m.unit("best"), "rank p")
	for i := range s.Controls {
		g := &s.Controls[i]
		m.row(inert(g.Of), inert(g.Control), strconv.Itoa(g.Draws), strconv.Itoa(g.Paired), m.score(g.Score), m.score(g.MeanScore), m.score(g.MaxScore), significance(g.RankP))
	}
}

// unit is the head of a column of scores.
func (m *markdown) unit(name string) string {
	if m.rightWrong {
		return strings.Replace(name, "score", "right", 1) + ", %"
	}
	return name
}

func (m *markdown) score(x *float64) string {
	if m.rightWrong {
		return percent(x)
	}
	return fixed(x, 3)
}

func (m *markdown) within(x *float64, i statistics.Interval) string {
	if m.rightWrong {
		return percentWithin(x, i)
	}
	if x == nil || !i.Defined() {
		return fixed(x, 3)
	}
	return fmt.Sprintf("%s [%s, %s]", fixed(x, 3), fixed(&i.Low, 3), fixed(&i.High, 3))
}

// none stands for what is not defined.
const none = "–"

// fixed is a number with so many digits after the point.
func fixed(x *float64, digits int) string {
	if x == nil {
		return none
	}
	text := strconv.FormatFloat(*x, 'f', digits, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return strings.Replace(text, "-", "−", 1)
}

func percent(share *float64) string {
	if share == nil {
		return none
	}
	return fixed(new(100**share), 1)
}

func percentWithin(share *float64, i statistics.Interval) string {
	if share == nil || !i.Defined() {
		return percent(share)
	}
	return fmt.Sprintf("%s [%s, %s]", percent(share), percent(&i.Low), percent(&i.High))
}

func significance(p *float64) string {
	switch {
	case p == nil:
		return none
	case *p < .001:
		return "< .001"
	}
	return strings.TrimPrefix(strconv.FormatFloat(*p, 'f', 3, 64), "0")
}

// inert is a text that means nothing to Markdown and stays on its line.
func inert(text string) string {
	var b strings.Builder
	before := rune(-1)
	for _, r := range text {
		switch {
		case strings.ContainsRune("\\`*_<>|#~&", r),
			r == '[' && before == -1,  // a link's definition
			r == '(' && before == ']', // a link
			r == '[' && before == ']':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}
