package browse

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"tiller/model/generate"
	"tiller/steering/eval"
	"tiller/tui/cells"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/scores"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// A problemView is a problem with its answers while it is up.
type problemView struct {
	gen     int      // of the command that reads it
	problem *Problem // nil until it is read
	compare bool     // it is only opened to go on to Compare
	top     int      // first line of the answers in sight
	height  int      // lines of them in sight when drawn last
	lines   int      // of the longest when drawn last
	flows   map[int]*flow
}

// A flow is an answer's text in lines, kept between frames.
type flow struct {
	*cells.Flow
	steer []bool // by token of the flow
}

// enter opens the problem under the cursor.
func (s *Screen) enter() tea.Cmd {
	if len(s.shown) == 0 {
		return nil
	}
	s.gen++
	if s.open == nil {
		s.open = new(problemView)
	}
	s.open.gen = s.gen
	run, gen, problem, draw := s.run, s.gen, s.shown[s.at], s.draw
	return func() tea.Msg {
		p, err := run.Read(problem, draw)
		return read{gen, p, err}
	}
}

// read takes a problem in that was asked for; until then the one before stays.
func (s *Screen) read(msg read) tea.Cmd {
	if s.open == nil || msg.gen != s.open.gen {
		return nil
	}
	if msg.err != nil {
		s.open = nil
		s.Say(msg.err.Error(), true)
		return nil
	}
	compare := s.open.compare
	s.open = &problemView{gen: msg.gen, problem: msg.problem, flows: map[int]*flow{}}
	if compare {
		return s.compare()
	}
	return nil
}

// inProblem does what a key means while a problem is open.
func (s *Screen) inProblem(a keys.Action) tea.Cmd {
	o := s.open
	page := max(1, o.height-1)
	scroll := func(by int) { o.top = max(0, min(o.top+by, o.lines-o.height)) }
	switch a {
	case keys.Back, keys.Details:
		s.close()
	case keys.Left:
		return s.nextLane(-1)
	case keys.Right:
		return s.nextLane(1)
	case keys.Up:
		scroll(-1)
	case keys.Down:
		scroll(1)
	case keys.HalfUp:
		scroll(-page / 2)
	case keys.HalfDown:
		scroll(page / 2)
	case keys.PageUp:
		scroll(-page)
	case keys.PageDown:
		scroll(page)
	case keys.Top:
		scroll(-o.lines)
	case keys.Bottom:
		scroll(o.lines)
	case keys.NextFilter, keys.PreviousFilter, keys.Search:
		s.close()
		return s.inTable(a)
	}
	return nil
}

// close goes back to the table; a control can't stay in hand there.
func (s *Screen) close() {
	s.open = nil
	if l := s.run.Spec.Lanes[s.lane]; l.Kind == eval.Control {
		for i := range s.run.Spec.Lanes {
			if s.run.Spec.Lanes[i].Name == l.Of {
				s.lane = i
			}
		}
	}
	s.choose()
}

// leastColumn is how narrow an answer gets.
const leastColumn = 36

// drawProblem draws the problem that is open.
func (s *Screen) drawProblem(width, height int) []string {
	th, p := s.dress.Theme, s.open.problem
	if p == nil {
		return frame.Block([]string{"", " " + th.Faint.Render("Reading the problem …")}, width, height)
	}
	lines := s.drawQuestion(p, width, max(3, height/3))
	return append(lines, s.drawAnswers(p, width, height-len(lines))...)
}

// drawQuestion draws the question in at most height lines.
func (s *Screen) drawQuestion(p *Problem, width, height int) []string {
	th := s.dress.Theme
	text := p.Question
	if text == "" {
		text = p.Prompt
	}
	about := []string{s.count()}
	if p.Family != "" {
		about = append([]string{visible.Line(p.Family)}, about...)
	}
	title := th.Title.Render("problem") + "  " + th.Faint.Render(visible.Line(p.ID))
	lines := []string{frame.Rule(th, title, th.Faint.Render(strings.Join(about, " · ")), width)}
	question := wrap(strings.TrimSpace(text), width-2)
	target := " " + th.Faint.Render("right: ") + th.Good.Render(frame.Clip(visible.Line(p.Target), width-10))
	if p.Target == "" {
		target = ""
	}
	room := height - 2
	for i, line := range question {
		if i == room-1 && len(question) > room {
			lines = append(lines, " "+th.Faint.Render(fmt.Sprintf("… and %s more; %s copies all", wording.Count(len(question)-i, "line"), s.options.Keys.Key(keys.Browse, keys.Copy))))
			break
		}
		lines = append(lines, " "+th.Text.Render(line))
	}
	if target != "" {
		lines = append(lines, target)
	}
	return frame.Block(lines, width, len(lines))
}

// side lists the lanes that stand side by side: base, and those around the one
// in hand.
func (s *Screen) side(n int) []int {
	lanes := len(s.run.Spec.Lanes)
	base := s.run.first(eval.Base)
	if n >= lanes {
		all := make([]int, lanes)
		for i := range all {
			all[i] = i
		}
		return all
	}
	var out []int
	if base >= 0 && n > 1 {
		out = append(out, base)
		n--
	}
	var others []int
	for i := range lanes {
		if i != base || n == 0 || len(out) == 0 {
			others = append(others, i)
		}
	}
	at := max(0, slices.Index(others, s.lane))
	from := max(0, min(at-n/2, len(others)-n))
	return append(out, others[from:from+n]...)
}

// drawAnswers draws lanes side by side.
func (s *Screen) drawAnswers(p *Problem, width, height int) []string {
	n := max(1, min(len(s.run.Spec.Lanes), (width+1)/(leastColumn+1)))
	shown := s.side(n)
	s.areas.shown, s.areas.columns = shown, nil
	left := 0
	widths := make([]int, n)
	for i := range shown {
		widths[i] = (width - left - (n - 1 - i)) / (n - i)
		s.areas.columns = append(s.areas.columns, left)
		left += widths[i] + 1
	}
	s.open.lines = 0
	for i, lane := range shown {
		s.open.lines = max(s.open.lines, s.measure(p, lane, widths[i]-2))
	}
	s.open.height = max(1, min(height-answerFrame, s.open.lines))
	s.open.top = max(0, min(s.open.top, s.open.lines-s.open.height))
	blocks := make([][]string, n)
	for i, lane := range shown {
		blocks[i] = s.drawAnswer(p, lane, widths[i], s.open.height+answerFrame)
	}
	return frame.Fill(frame.Beside(s.dress.Theme, blocks...), width, height)
}

// answerFrame is how many lines stand around an answer's text: who says it,
// and figures in two lines.
const answerFrame = 4

// drawAnswer draws one lane's answer: who, what it came to, the text, figures.
func (s *Screen) drawAnswer(p *Problem, lane, width, height int) []string {
	th, x := s.dress.Theme, p.Samples[lane]
	name := visible.Line(s.laneName(lane))
	style := th.Title
	if lane == s.lane {
		name, style = "▸ "+name, th.Accent
	}
	verdict := ""
	if x != nil {
		verdict = scores.MarkOf(x).Draw(th)
		if x.Extracted != "" {
			verdict += " " + th.Text.Render(frame.Clip(visible.Line(x.Extracted), max(4, width/3)))
		}
	}
	lines := []string{frame.Rule(th, style.Render(frame.Clip(name, max(4, width-frame.Width(verdict)-11))), verdict, width)}
	for _, line := range s.body(p, lane, width-2) {
		lines = append(lines, " "+line)
	}
	lines = frame.Block(lines, width, height-2)
	for _, text := range s.figures(x) {
		lines = append(lines, " "+th.Faint.Render(frame.Clip(text, width-2)))
	}
	return frame.Block(lines, width, height)
}

// measure is how many lines an answer's text takes.
func (s *Screen) measure(p *Problem, lane, width int) int {
	x := p.Samples[lane]
	switch {
	case x == nil || x.Error == "" && x.Output == "" && len(x.Choices) == 0:
		return 1
	case x.Error != "":
		return len(wrap("! "+x.Error, width))
	case len(x.Choices) > 0:
		return len(x.Choices)
	}
	return s.flow(x, lane, width).Height()
}

// body is the part of an answer that is in sight.
func (s *Screen) body(p *Problem, lane, width int) []string {
	th, x := s.dress.Theme, p.Samples[lane]
	switch {
	case x == nil:
		return []string{th.Faint.Render("not there yet")}
	case x.Error != "":
		var lines []string
		for _, line := range wrap("! "+x.Error, width) {
			lines = append(lines, th.Warn.Render(line))
		}
		return s.inSight(lines)
	case len(x.Choices) > 0:
		return s.inSight(s.choices(p, x, width))
	case x.Output == "":
		return []string{th.Faint.Render("it says nothing")}
	}
	f := s.flow(x, lane, width)
	var lines []string
	for i := s.open.top; i < min(f.Height(), s.open.top+s.open.height); i++ {
		lines = append(lines, f.draw(s, i, width))
	}
	return lines
}

// inSight are the lines from the first one in sight on.
func (s *Screen) inSight(lines []string) []string {
	return lines[min(s.open.top, len(lines)):min(s.open.top+s.open.height, len(lines))]
}

// choices are a multiple choice's answers with their log-probabilities, the
// likeliest marked.
func (s *Screen) choices(p *Problem, x *eval.Sample, width int) []string {
	th := s.dress.Theme
	best := 0
	for i, logp := range x.Choices {
		if logp > x.Choices[best] {
			best = i
		}
	}
	var lines []string
	for i, logp := range x.Choices {
		text := fmt.Sprintf("choice %d", i+1)
		if i < len(p.Choices) {
			text = p.Choices[i]
		}
		mark, style := "  ", th.Text
		if i == best {
			mark, style = "▸ ", th.Accent
		}
		number := fmt.Sprintf("%.2f", logp)
		lines = append(lines, style.Render(mark+frame.Fit(visible.Line(text), max(4, width-4-len(number))))+" "+th.Faint.Render(number))
	}
	return lines
}

// figures are numbers about an answer, in two lines.
func (s *Screen) figures(x *eval.Sample) [2]string {
	if x == nil {
		return [2]string{}
	}
	if len(x.Choices) > 0 {
		return [2]string{"log-probabilities, in nats"}
	}
	out := [2]string{wording.Count(x.Tokens, "token") + ", " + stopped(x.Stop)}
	if x.KL != nil && x.Tokens > 0 && *x.KL > 0 {
		out[0] += fmt.Sprintf(" · KL %.2g a token", *x.KL/float64(x.Tokens))
	}
	if x.RowEdits > 0 {
		out[1] = fmt.Sprintf("▲ %d steered, %d prompt, %s", x.Steered, x.PromptEdits, wording.Count(x.RowEdits, "row"))
	}
	return out
}

// stopped says why an answer ended.
func stopped(stop generate.Stop) string {
	switch stop {
	case generate.StopEOS:
		return "ended"
	case generate.StopLength:
		return "cut off"
	case generate.StopContext:
		return "context full"
	}
	return visible.Line(string(stop))
}

// flow lays an answer out: a token of the flow is a run of tokens that were
// steered, which begins with ▲, or of others.
func (s *Screen) flow(x *eval.Sample, lane, width int) *flow {
	f := s.open.flows[lane]
	if f != nil {
		f.SetWidth(width)
		return f
	}
	f = &flow{Flow: cells.New(width)}
	at := 0
	add := func(to int, steered bool) {
		if to = min(to, len(x.Output)); to <= at {
			return
		}
		mark := ""
		if steered {
			mark = "▲"
		}
		f.Append(cells.Token{Text: x.Output[at:to], Mark: mark})
		f.steer = append(f.steer, steered)
		at = to
	}
	for _, m := range x.Marks {
		add(m[0], false)
		add(m[1], true)
	}
	add(len(x.Output), false)
	f.End()
	s.open.flows[lane] = f
	return f
}

// draw draws a line of an answer.
func (f *flow) draw(s *Screen, line, width int) string {
	th := s.dress.Theme
	var b, run strings.Builder
	row := cells.Clip(f.Line(line), width)
	style := func(c *cells.Cell) lipgloss.Style {
		switch {
		case c.Mark:
			return th.Part
		case f.steer[c.Token]:
			return th.Steered
		}
		return th.Text
	}
	for i := range row {
		c := &row[i]
		run.WriteString(c.Text)
		if i+1 == len(row) || row[i+1].Token != c.Token || row[i+1].Mark != c.Mark {
			b.WriteString(style(c).Render(run.String()))
			run.Reset()
		}
	}
	return b.String()
}
