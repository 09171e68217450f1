package vectors

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/textarea"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/steering/library"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
)

// A Sheet derives a vector: from embedded contrast texts, a file of them, or
// pairs typed here. When the vector is made it shows how well each layer tells
// the two sides apart, and adds the vector to the plan or writes it to a file.
type Sheet struct {
	d    *desk.Desk
	done bool

	field   field
	choice  int               // among the rows of texts
	known   []engine.Contrast // once they were read
	listing int               // generation of the question for them
	file    *pathLine
	typed   [2]textarea.Model // positive and negative texts, one a line
	method  int
	chat    bool
	chatSet bool // by the person
	name    *textinput.Model
	nameSet bool // by the person

	running int             // generation of the derivation; 0 if none
	failed  string          // why the last one came to nothing
	result  *engine.Derived // nil until one is done
	layer   int             // in hand, of the result
	saving  *saving

	top    int // first row of texts in sight
	fields map[field]area
}

// A field is a part of the sheet that takes keys.
type field int

// The fields, in the order in which tab goes through them.
const (
	textsField field = iota
	fileField
	positiveField
	negativeField
	methodField
	chatField
	nameField
)

// usual is the contrast that is chosen at first.
const usual = "sentiment"

// DeriveSheet returns a sheet that derives a vector for the open model. Where
// the model knows only words of its own, texts are typed from the start.
func DeriveSheet(d *desk.Desk) *Sheet {
	s := &Sheet{
		d: d, file: newPathLine(d, "derive", "from a file", "", textEndings),
		typed: [2]textarea.Model{newArea(), newArea()}, name: newInput(d, "", ""), fields: map[field]area{},
	}
	s.choice = max(0, slices.Index(d.Contrasts, usual))
	if len(d.Model.Words) > 0 || len(d.Contrasts) == 0 {
		s.choice = s.typedRow()
	}
	s.follow()
	return s
}

// newArea is an area for texts, one a line.
func newArea() textarea.Model {
	area := textarea.New()
	area.Prompt, area.ShowLineNumbers, area.CharLimit, area.MaxHeight = "", false, maxTexts, 0
	area.SetVirtualCursor(true)
	styles := area.Styles()
	styles.Cursor.Blink = false
	styles.Focused, styles.Blurred = textarea.StyleState{}, textarea.StyleState{}
	area.SetStyles(styles)
	return area
}

// maxTexts is how many bytes of texts can be typed on a side.
const maxTexts = 1 << 18

// The rows of texts: the embedded ones, then a file, then typed ones.
func (s *Sheet) fileRow() int { return len(s.d.Contrasts) }

func (s *Sheet) typedRow() int { return len(s.d.Contrasts) + 1 }

// Enter begins showing the sheet.
func (s *Sheet) Enter() tea.Cmd {
	if s.d.Model.Ref == "" {
		return nil
	}
	s.listing = s.d.Next()
	return s.d.Engine.ListContrasts(s.listing)
}

// Done reports whether the sheet is to be taken away.
func (s *Sheet) Done() bool { return s.done }

// Context says which keys act here.
func (s *Sheet) Context() keys.Context {
	if s.Typing() {
		return keys.Typing
	}
	return keys.Vectors
}

// Hints are the actions that the footer names; the sheet says itself what its
// keys do.
func (s *Sheet) Hints() []keys.Action {
	switch {
	case s.saving != nil:
		return []keys.Action{keys.Complete, keys.Back}
	case s.result != nil:
		return []keys.Action{keys.AddToPlan, keys.Save, keys.Back}
	}
	return []keys.Action{keys.Back, keys.NextPane}
}

// Do does what a key means here; taken is false if it means nothing.
func (s *Sheet) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch {
	case s.saving != nil:
		cmd, taken, over := s.saving.do(a)
		if over {
			s.saving = nil
		}
		return cmd, taken
	case s.result != nil:
		return s.doResult(a)
	case s.running != 0:
		if a == keys.Back {
			s.done = true
			s.d.Say(desk.Note, "The derivation goes on; its vector will be in Vectors.")
		}
		return nil, a == keys.Back
	case s.Typing():
		return s.doTyping(a)
	}
	return s.doForm(a)
}

// doForm does what a key means on a field that takes no text.
func (s *Sheet) doForm(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.Details, keys.Generate:
		return s.derive(), true
	case keys.Back:
		s.done = true
	case keys.NextPane:
		s.step(1)
	case keys.PreviousPane:
		s.step(-1)
	case keys.Up:
		s.up(-1)
	case keys.Down:
		s.up(1)
	case keys.Top, keys.PageUp:
		s.choose(0)
	case keys.Bottom, keys.PageDown:
		s.choose(s.typedRow())
	case keys.Left:
		s.turn(-1)
	case keys.Right, keys.Mark:
		s.turn(1)
	case keys.Type:
		s.to(nameField)
		switch s.choice {
		case s.fileRow():
			s.to(fileField)
		case s.typedRow():
			s.to(positiveField)
		}
	default:
		return nil, false
	}
	return nil, true
}

// doResult does what a key means once the vector is there.
func (s *Sheet) doResult(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.AddToPlan, keys.Details, keys.Generate:
		cmd := added(s.d, s.d.AppendTerm(firstTerm(s.d, s.result)))
		s.done = cmd != nil
		return cmd, true
	case keys.Save, keys.Export:
		s.saving = newSaving(s.d, s.result.Info.Name)
	case keys.Left:
		s.moveLayer(-1)
	case keys.Right:
		s.moveLayer(1)
	case keys.Back:
		s.done = true
	default:
		return nil, false
	}
	return nil, true
}

// moveLayer looks at the next layer of the result.
func (s *Sheet) moveLayer(by int) {
	layers := s.result.Info.Layers
	s.layer = layers[max(0, min(slices.Index(layers, s.layer)+by, len(layers)-1))]
}

// order is the fields that there are now.
func (s *Sheet) order() []field {
	order := []field{textsField}
	switch s.choice {
	case s.fileRow():
		order = append(order, fileField)
	case s.typedRow():
		order = append(order, positiveField, negativeField)
	}
	order = append(order, methodField)
	if s.d.Model.Chat {
		order = append(order, chatField)
	}
	return append(order, nameField)
}

// step goes to the field so many places on, around.
func (s *Sheet) step(by int) {
	order := s.order()
	n := len(order)
	s.to(order[((slices.Index(order, s.field)+by)%n+n)%n])
}

// to goes to a field.
func (s *Sheet) to(f field) {
	s.field = f
	for i := range s.typed {
		s.typed[i].Blur()
	}
	if area := s.area(); area != nil {
		area.Focus()
	}
}

// up moves within the rows of texts, and else between fields.
func (s *Sheet) up(by int) {
	if s.field != textsField {
		s.step(by)
		return
	}
	s.choose(s.choice + by)
}

// choose takes a row of texts.
func (s *Sheet) choose(row int) {
	s.choice = max(0, min(row, s.typedRow()))
	s.failed = ""
	s.follow()
}

// turn changes the choice of a field.
func (s *Sheet) turn(by int) {
	switch s.field {
	case methodField:
		n := len(engine.Methods())
		s.method = (s.method + by + n) % n
	case chatField:
		s.chat, s.chatSet = !s.chat, true
	}
}

// follow makes name and chat suit the texts, as far as the person left them
// alone: texts that answer prompts mean most in a chat.
func (s *Sheet) follow() {
	if !s.nameSet {
		s.name.SetValue(s.free(s.about()))
		s.name.CursorEnd()
	}
	if c := s.contrast(); !s.chatSet {
		s.chat = s.d.Model.Chat && c != nil && c.Prompted
	}
}

// about is what the texts are about, for a name.
func (s *Sheet) about() string {
	switch s.choice {
	case s.typedRow():
		return "mine"
	case s.fileRow():
		base := filepath.Base(s.file.value())
		name := strings.Trim(strings.Map(nameRune, strings.TrimSuffix(base, filepath.Ext(base))), "-.")
		if name != "" {
			return name
		}
		return "mine"
	}
	return s.d.Contrasts[s.choice]
}

// nameRune is a character as names of vectors may have it.
func nameRune(r rune) rune {
	if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-", r)) {
		return r
	}
	return '-'
}

// free is a name that no vector has yet.
func (s *Sheet) free(name string) string {
	for i, base := 2, name; s.d.Vector(name) != nil; i++ {
		name = base + "-" + strconv.Itoa(i)
	}
	return name
}

// contrast is what is known of the chosen embedded texts; nil if nothing is.
func (s *Sheet) contrast() *engine.Contrast {
	if s.choice >= len(s.d.Contrasts) {
		return nil
	}
	at := slices.IndexFunc(s.known, func(c engine.Contrast) bool { return c.Name == s.d.Contrasts[s.choice] })
	if at < 0 {
		return nil
	}
	return &s.known[at]
}

// derive asks for the vector, or goes to where something is missing.
func (s *Sheet) derive() tea.Cmd {
	if s.d.Model.Ref == "" {
		s.failed = "no model is open"
		return nil
	}
	x := engine.Derivation{Name: strings.TrimSpace(s.name.Value()), Method: engine.Methods()[s.method].Name, Chat: s.chat}
	switch s.choice {
	case s.typedRow():
		x.Positive, x.Negative = textLines(s.typed[0]), textLines(s.typed[1])
		if len(x.Positive) == 0 || len(x.Negative) == 0 {
			s.to(positiveField)
			if len(x.Positive) > 0 {
				s.to(negativeField)
			}
			return nil
		}
	case s.fileRow():
		if x.Texts = s.file.value(); x.Texts == "" {
			s.to(fileField)
			return nil
		}
	default:
		if c := s.contrast(); c != nil && c.Err != "" {
			s.d.Say(desk.Warning, "This model can't read these texts: take others, or type some in its words.")
			return nil
		}
		x.Texts = library.Prefix + s.d.Contrasts[s.choice]
	}
	s.failed = ""
	s.running = s.d.Begin("deriving " + x.Name)
	return s.d.Engine.Derive(s.running, x)
}

// textLines are the lines of an area that are not blank.
func textLines(area textarea.Model) []string {
	var lines []string
	for line := range strings.SplitSeq(area.Value(), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// Receive takes in what a command brought.
func (s *Sheet) Receive(msg tea.Msg) tea.Cmd {
	if s.saving.receive(msg) {
		s.saving, s.result.Info.Unsaved = nil, false
	}
	switch msg := msg.(type) {
	case engine.Contrasts:
		if msg.Gen == s.listing {
			s.known = msg.Files
			s.follow()
		}
	case engine.Paths:
		s.file.receive(msg)
		s.follow()
	case engine.Derived:
		if msg.Gen == s.running {
			s.running, s.result = 0, &msg
			s.layer, _ = best(msg.Layers)
		}
	case engine.Failed:
		if msg.Gen == s.running {
			s.running, s.failed = 0, msg.Err
		}
	}
	return nil
}
