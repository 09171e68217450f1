package vectors

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
	"tiller/tui/list"
	"tiller/tui/visible"
)

// The endings of files that paths are completed to.
var (
	vectorEndings  = []string{".gguf", ".safetensors", ".npy", ".npz", ".pt", ".svec", ".csv"}
	writtenEndings = []string{".gguf", ".safetensors"}
	textEndings    = []string{".jsonl", ".json", ".yaml", ".yml"}
)

// newInput is a line of text that takes the keys.
func newInput(d *desk.Desk, prompt, text string) *textinput.Model {
	input := list.Input(d.Theme, prompt, "")
	input.SetValue(text)
	input.CursorEnd()
	return &input
}

// A pathLine is a path while it is typed, with completion.
type pathLine struct {
	d       *desk.Desk
	verb    string // what enter does with the path, as in "read"
	what    string // to what, untrusted
	input   *textinput.Model
	endings []string

	asked   int // generation of the newest completion
	matches []string
}

func newPathLine(d *desk.Desk, verb, what, path string, endings []string) *pathLine {
	return &pathLine{d: d, verb: verb, what: what, input: newInput(d, "", path), endings: endings}
}

// value is the path as far as it is typed.
func (p *pathLine) value() string { return strings.TrimSpace(p.input.Value()) }

// complete asks how the path may go on.
func (p *pathLine) complete() tea.Cmd {
	p.asked = p.d.Next()
	return p.d.Engine.CompletePath(p.asked, p.value(), p.endings)
}

// receive goes on with the path as far as all ways agree.
func (p *pathLine) receive(msg engine.Paths) {
	if p == nil || msg.Gen != p.asked || msg.Begun != p.value() {
		return
	}
	p.matches = msg.Matches
	switch len(msg.Matches) {
	case 0:
		p.d.Say(desk.Note, "Nothing there goes on like this: %s", msg.Begun)
		return
	case 1:
		p.matches = nil
	}
	common := msg.Matches[0]
	for _, m := range msg.Matches[1:] {
		for !strings.HasPrefix(m, common) {
			common = common[:len(common)-1]
		}
	}
	p.input.SetValue(strings.ToValidUTF8(common, ""))
	p.input.CursorEnd()
}

// key takes a key that writes text.
func (p *pathLine) key(msg tea.Msg) {
	input, _ := p.input.Update(msg)
	p.input = &input
	p.matches = nil
}

// draw is a rule, the ways to go on, and the path.
func (p *pathLine) draw(width int) []string {
	th := p.d.Theme
	right := th.Faint.Render("enter " + p.verb + "s it · tab completes · esc leaves")
	lines := []string{frame.Rule(th, th.Accent.Render(p.verb+" "+visible.Line(p.what)), right, width)}
	if len(p.matches) > 0 {
		lines = append(lines, " "+frame.Clip(th.Faint.Render(p.waysOn()), width-2))
	}
	p.input.SetWidth(max(1, width-5))
	return append(lines, " "+th.Accent.Render("▸")+" "+p.input.View())
}

// waysOn lists the last parts of the ways to go on.
func (p *pathLine) waysOn() string {
	var names []string
	for _, m := range p.matches {
		name := strings.TrimSuffix(m, "/")
		names = append(names, visible.Line(m[strings.LastIndex(name, "/")+1:]))
	}
	return strings.Join(names, "  ")
}

// A saving is a vector on its way to a file.
type saving struct {
	d    *desk.Desk
	name string
	path *pathLine
	gen  int    // of the newest writing
	over string // the file that is there already, while it is asked about
}

// newSaving offers a file named after the vector in the format that holds all
// layers.
func newSaving(d *desk.Desk, name string) *saving {
	return &saving{d: d, name: name, path: newPathLine(d, "write", name, name+".safetensors", writtenEndings)}
}

// do does what a key means while the path is typed; over is true to leave.
func (s *saving) do(a keys.Action) (cmd tea.Cmd, taken, over bool) {
	switch a {
	case keys.Generate:
		if s.over != "" || s.path.value() == "" {
			return nil, true, false
		}
		return s.write(false), true, false
	case keys.Complete:
		if s.over != "" {
			return nil, true, false
		}
		return s.path.complete(), true, false
	case keys.Back:
		if s.over != "" {
			s.over = ""
			return nil, true, false
		}
		return nil, true, true
	}
	return nil, false, false
}

// write asks the engine to write the file.
func (s *saving) write(replace bool) tea.Cmd {
	s.over = ""
	s.gen = s.d.Begin("writing " + s.path.value())
	return s.d.Engine.ExportVector(s.gen, s.name, s.path.value(), replace)
}

// key takes a key that writes text, or the answer to whether a file may go.
func (s *saving) key(msg tea.KeyPressMsg) tea.Cmd {
	if s.over == "" {
		s.path.key(msg)
		return nil
	}
	if msg.String() == "y" {
		return s.write(true)
	}
	s.over = ""
	return nil
}

// receive reports whether the file was written, after which nothing is left to
// do. A file that stood there already is asked about.
func (s *saving) receive(msg tea.Msg) (over bool) {
	if s == nil {
		return false
	}
	switch msg := msg.(type) {
	case engine.Paths:
		s.path.receive(msg)
	case engine.Exists:
		if msg.Gen == s.gen {
			s.over = msg.Path
		}
	case engine.Exported:
		return msg.Gen == s.gen
	}
	return false
}

// draw draws the path, or the question.
func (s *saving) draw(width int) []string {
	if s.over == "" {
		return s.path.draw(width)
	}
	th := s.d.Theme
	return []string{
		frame.Rule(th, th.Warn.Render("! the file exists"), th.Faint.Render("y replaces it · any other key goes back"), width),
		" " + th.Text.Render(visible.Line(s.over)),
	}
}
