package plain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tiller/tui/visible"
	"tiller/tui/wording"
)

// Summary is what is known at the end of a run.
type Summary struct {
	Lanes           []LaneSummary // in the order of Header.Lanes
	TokensPerSecond float64       // of all lanes together; 0 if not measured
	Notes           []string      // what else there is to say, last
}

// LaneSummary is what happened in one lane.
type LaneSummary struct {
	Stop        string // eos, stop, length, context or cancelled
	Positions   int    // how many positions the lane's plan saw, prompt included
	Fired       []Fired
	PromptEdits int // prompt positions before the last that were edited
	RowEdits    int // rows edited, over all positions and layers
	Warnings    []string
	Answer      *Answer // nil where the right one isn't known
}

// Answer is what a lane answered to a question.
type Answer struct {
	Given string // empty if it gave none
	Right bool
}

// verdict says in a word or two whether the answer is right.
func (a Answer) verdict() string {
	switch {
	case a.Right:
		return "✓ " + a.Given
	case a.Given == "":
		return "✗ no answer"
	}
	return "✗ " + a.Given
}

// Fired says how often a term of a plan fired, and how strong it was.
type Fired struct {
	Term   string
	Count  int // positions
	Ratios []Ratio
}

// Ratio is the size of an edit at a layer: |s d| in units of the median norm
// of the prompt's rows there.
type Ratio struct {
	Layer int
	Value float64
}

// title names a lane in a rule.
func (l *lane) title() string {
	if l.plan == "" {
		return l.name
	}
	return l.name + "  " + l.plan
}

// ending says what became of a lane.
func (l *lane) ending(s LaneSummary) string {
	words := wording.Count(len(l.tokens), "token") + ", " + stopWord(s.Stop)
	if s.Answer != nil {
		words = s.Answer.verdict() + " · " + words
	}
	return words
}

// stopWord says why a lane ended.
func stopWord(stop string) string {
	switch stop {
	case "eos":
		return "ended by itself"
	case "stop":
		return "stop text reached"
	case "length":
		return "token limit reached"
	case "context":
		return "context full"
	case "cancelled":
		return "interrupted"
	}
	return visible.Line(stop)
}

// sentences says what happened, one sentence or a few for each lane.
func (p *Printer) sentences(s Summary) []string {
	var all []string
	plans := 0
	for _, l := range p.lanes {
		if l.plan != "" {
			plans++
		}
	}
	for i, l := range p.lanes {
		lane := s.Lanes[i]
		if l.plan != "" {
			if plans > 1 {
				all = append(all, l.title())
			}
			if p.lanes[0].plan == "" {
				all = append(all, p.parting(l))
			}
			all = append(all, l.steering(lane))
			for _, f := range lane.Fired {
				all = append(all, f.sentence(lane.Positions))
			}
		}
		for _, w := range lane.Warnings {
			all = append(all, "Note: "+strings.TrimSuffix(w, ".")+".")
		}
		if plans > 1 && l.plan != "" {
			all = append(all, "")
		}
	}
	if s.TokensPerSecond > 0 {
		speed := fmt.Sprintf("%s tokens/s", wording.Figure(s.TokensPerSecond))
		if len(p.lanes) > 1 {
			speed += ", all lanes together"
		}
		all = append(all, speed+".")
	}
	return all
}

// parting says where a lane parts from base.
func (p *Printer) parting(l *lane) string {
	base := p.lanes[0]
	switch at := l.parts; {
	case at >= len(base.tokens) && at >= 0:
		return fmt.Sprintf("◆ It goes on at token %d, where base ended.", at)
	case at >= 0:
		return fmt.Sprintf("◆ They part at token %d: base %q, steered %q.", at, visible.Line(base.tokens[at].Text), visible.Line(l.tokens[at].Text))
	case len(l.tokens) < len(base.tokens):
		return fmt.Sprintf("It ended at token %d, where base went on; until there both are the same.", len(l.tokens))
	}
	return fmt.Sprintf("Both chose the same %s.", wording.Count(len(l.tokens), "token"))
}

// steering counts what a plan did to a lane.
func (l *lane) steering(s LaneSummary) string {
	if s.RowEdits == 0 {
		return "Nothing was steered."
	}
	of := fmt.Sprintf("%d of %s", l.steeredTokens(), wording.Count(len(l.tokens), "token"))
	if n := l.steeredTokens(); n == len(l.tokens) && n > 0 {
		of = "Every token"
	}
	prompt := "no earlier prompt position"
	if s.PromptEdits > 0 {
		prompt = wording.Count(s.PromptEdits, "earlier prompt position")
	}
	return fmt.Sprintf("▲ %s steered, and %s; %s edited.", of, prompt, wording.Count(s.RowEdits, "row"))
}

// sentence says how often a term fired and how strong it was.
func (f Fired) sentence(positions int) string {
	if f.Count == 0 {
		return f.Term + " never fired."
	}
	s := fmt.Sprintf("%s fired at %d of %s.", f.Term, f.Count, wording.Count(positions, "token"))
	if len(f.Ratios) == 0 {
		return s
	}
	return s + " " + ratios(f.Ratios)
}

// ratios writes up to four layers out, and of more the span.
func ratios(r []Ratio) string {
	if len(r) > 4 {
		lo := slices.MinFunc(r, bySize)
		hi := slices.MaxFunc(r, bySize)
		if wording.Figure(lo.Value) == wording.Figure(hi.Value) {
			return fmt.Sprintf("|s d| is %s of the median |h| at %s.", wording.Figure(lo.Value), wording.Count(len(r), "layer"))
		}
		return fmt.Sprintf("|s d| is %s (layer %s) to %s (layer %s) of the median |h|.",
			wording.Figure(lo.Value), wording.Layer(lo.Layer), wording.Figure(hi.Value), wording.Layer(hi.Layer))
	}
	parts := []string{fmt.Sprintf("|s d| is %s of the median |h| at layer %s", wording.Figure(r[0].Value), wording.Layer(r[0].Layer))}
	for _, x := range r[1:] {
		parts = append(parts, fmt.Sprintf("%s at %s", wording.Figure(x.Value), wording.Layer(x.Layer)))
	}
	return strings.Join(parts, ", ") + "."
}

func bySize(a, b Ratio) int { return cmp.Compare(a.Value, b.Value) }

// Count writes n and the noun, in the plural where it is due.
func Count(n int, noun string) string { return wording.Count(n, noun) }

// sentence writes one sentence of the summary, wrapped.
func (p *Printer) sentence(s string) {
	if p.piped() {
		p.printf("%s\n", visible.Line(s))
		return
	}
	f := newFlow(min(p.options.Width-5, maxColumn))
	f.write(s, asItIs)
	f.end()
	for i, cells := range f.lines {
		indent := " "
		if i > 0 {
			indent = "   "
		}
		p.printf("%s%s\n", indent, render(cells, 0))
	}
	if s == "" {
		p.printf("\n")
	}
}
