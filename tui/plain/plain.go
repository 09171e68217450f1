// Package plain writes a run for people without taking over the screen: the
// model, the prompt, each lane's text side by side where the terminal is wide
// and one below the other where it is not, and in words what the plans did.
// Into a file or a pipe the same goes as labelled text.
//
// Tokens show up as they are generated. Only the last line written is ever
// written again, in place and at full width, so nothing flickers or scrolls
// back. All text is made safe by package visible.
package plain

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/visible"
	"tiller/tui/wording"
)

const (
	minWidth  = 24  // columns; narrower terminals get this and wrap
	minColumn = 44  // of text, for lanes to stand side by side
	maxColumn = 100 // of text; longer lines are hard to read
)

// Options says where a run is written.
type Options struct {
	Width int  // columns of the terminal; 0 for a file or a pipe
	Tight bool // leave out empty lines that only look well
	Live  bool // show tokens as they come
	// Measure, if set, returns the terminal's columns now. Once they change,
	// what is there can't be rewritten in place any more, and the rest is
	// written at the end.
	Measure func() int
}

// Header is what is known before the first token.
type Header struct {
	Model  string // one line about the model
	Prompt string
	Tokens int // in the prompt
	// Answer, if not empty, is the right answer to the question that the
	// prompt is.
	Answer string
	Lanes  []LaneHeader
}

// about says in a few words what the prompt is.
func (h Header) about() (kind, size string) {
	if h.Answer == "" {
		return "prompt", wording.Count(h.Tokens, "token")
	}
	return "question", wording.Count(h.Tokens, "token") + ", the right answer is " + h.Answer
}

// LaneHeader names a lane. A lane with an empty plan is a base lane.
type LaneHeader struct{ Name, Plan string }

// Printer writes one run.
type Printer struct {
	out     io.Writer
	options Options
	lanes   []*lane
	columns int // lanes side by side
	row     int // of the first group of lanes, being written
	err     error
}

// New returns a Printer to out, which should turn styles into what the
// terminal can show (package colorprofile does).
func New(out io.Writer, o Options) *Printer {
	if o.Width > 0 && o.Width < minWidth {
		o.Width, o.Live = minWidth, false // lines wrap, and can't be rewritten
	}
	return &Printer{out: out, options: o}
}

// Begin writes what is known before the first token.
func (p *Printer) Begin(h Header) {
	p.columns = p.sideBySide(len(h.Lanes))
	for _, l := range h.Lanes {
		p.lanes = append(p.lanes, &lane{name: l.Name, plan: l.Plan, parts: -1, flow: newFlow(p.textWidth())})
	}
	if p.piped() {
		kind, size := h.about()
		p.printf("model: %s\n%s (%s):\n%s\n", visible.Line(h.Model), kind, visible.Line(size), visible.Text(h.Prompt))
		return
	}
	gap := "\n"
	if p.options.Tight {
		gap = ""
	}
	p.printf(" %s\n%s%s\n", titleStyle.Render(cut(visible.Line(h.Model), p.frameWidth(p.columns)-2)), gap, p.promptRule(h))
	for _, line := range p.excerpt(h.Prompt) {
		p.printf("  %s\n", line)
	}
	p.printf("%s%s\n", gap, p.topRule(p.group(0)))
	p.show()
}

// Token takes the next token of a lane. Lane 0 has to be told first of each
// step, so that it is known where the others part from it.
func (p *Printer) Token(lane int, t Token) {
	l := p.lanes[lane]
	l.token(t, lane > 0 && l.parts < 0 && p.parts(len(l.tokens), t.ID))
	p.show()
}

// parts reports whether base chose another token than id at index i, or none.
func (p *Printer) parts(i, id int) bool {
	base := p.lanes[0]
	if base.plan != "" {
		return false
	}
	return i >= len(base.tokens) || base.tokens[i].ID != id
}

// Done says that a lane has no more tokens.
func (p *Printer) Done(lane int) {
	p.lanes[lane].end()
	p.show()
}

// End writes the rest: the other lanes, then what happened in words. It
// returns the first error of writing anything.
func (p *Printer) End(s Summary) error {
	for _, l := range p.lanes {
		l.end()
	}
	if p.piped() {
		for i, l := range p.lanes {
			p.printf("\n%s (%s):\n", visible.Line(l.title()), visible.Line(l.ending(s.Lanes[i])))
			p.rows([]*lane{l}, 0)
		}
	} else {
		p.show()
		p.rows(p.group(0), p.row)
		p.printf("%s\n", p.bottomRule(p.group(0), s.Lanes))
		for at := p.columns; at < len(p.lanes); at += p.columns {
			g := p.group(at)
			p.printf("\n%s\n", p.topRule(g))
			p.rows(g, 0)
			p.printf("%s\n", p.bottomRule(g, s.Lanes[at:]))
		}
	}
	p.printf("\n")
	sentences := p.sentences(s)
	for _, sentence := range sentences {
		p.sentence(sentence)
	}
	if n := len(sentences); n > 0 && sentences[n-1] != "" && len(s.Notes) > 0 {
		p.printf("\n")
	}
	for _, note := range s.Notes {
		p.sentence(note)
	}
	return p.err
}

// rows writes the lines of finished lanes from row from on.
func (p *Printer) rows(g []*lane, from int) {
	for i := from; ; i++ {
		line, any := p.rowText(g, i)
		if !any {
			return
		}
		p.printf("%s\n", strings.TrimRight(line, " "))
	}
}

// show writes the lines of the first group that are complete in all of its
// lanes, and the next one as far as it is known.
func (p *Printer) show() {
	if !p.options.Live || p.piped() {
		return
	}
	if p.options.Measure != nil && p.options.Measure() != p.options.Width {
		p.options.Live = false
		p.printf("\n")
		return
	}
	g := p.group(0)
	var b strings.Builder
	for {
		line, any := p.rowText(g, p.row)
		if !any {
			break
		}
		b.WriteString("\r" + line + ansi.EraseLineRight)
		if !p.rowFinal(g, p.row) {
			break
		}
		b.WriteByte('\n')
		p.row++
	}
	p.printf("%s", b.String())
}

// rowText draws row i of lanes side by side, and says whether any has it.
func (p *Printer) rowText(g []*lane, i int) (row string, any bool) {
	var parts []string
	for _, l := range g {
		cells, _ := l.flow.line(i)
		any = any || i < len(l.flow.lines) || len(cells) > 0
		parts = append(parts, render(cells, p.textWidth()))
	}
	if p.piped() {
		return parts[0], any
	}
	return "  " + strings.Join(parts, frameStyle.Render(" │")+" "), any
}

// rowFinal reports whether row i can't change any more.
func (p *Printer) rowFinal(g []*lane, i int) bool {
	for _, l := range g {
		if _, finished := l.flow.line(i); !finished && !l.ended {
			return false
		}
	}
	return true
}

func (p *Printer) piped() bool { return p.options.Width == 0 }

// group returns the lanes that stand side by side from lane at on.
func (p *Printer) group(at int) []*lane {
	return p.lanes[at:min(at+p.columns, len(p.lanes))]
}

func (p *Printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format, args...)
	}
}
