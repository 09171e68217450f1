// Package vectors is the view of the library of vectors: what plans can name,
// from where, whether it fits the open model, how long its directions are beside
// the residual stream, which tokens they speak for, and how alike the marked
// ones are. It adds a vector to the plan (a), reads (I) and writes (E) files,
// and holds the sheet that derives a vector from contrast texts (D).
//
// It asks the engine to read a file when its vector is first selected, for the
// tokens nearest to the selected direction, for cosines, and for paths.
package vectors

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/frame"
	"tiller/tui/keys"
)

// A View is the state that no other view shares.
type View struct {
	d *desk.Desk

	selected string // name
	filter   string
	typed    *textinput.Model // the filter while it is typed; nil otherwise
	marked   []string         // names, in the order of marking
	layer    int              // that figures are about, where the vector has it
	chosen   bool             // the person chose the layer
	details  bool             // the keys scroll the details
	reading  *pathLine        // the file to read, while its path is typed
	saving   *saving          // the file to write, while its path is typed
	came     bool             // the view was shown

	asked   map[string]bool // names whose files were asked for
	tokens  map[place]*engine.Nearest
	finding map[int]place // by generation
	cosines *engine.Cosines
	compare int // generation of the newest question for them
	fetch   int // generation of the newest import

	top, detailTop int // first lines in sight
	height         int // lines of the list when it was drawn
	listed         area
	detailed       area
}

// A place is a layer of a vector.
type place struct {
	name  string
	layer int
}

// New returns the view of a desk.
func New(d *desk.Desk) *View {
	v := &View{d: d, height: 1}
	v.forget()
	return v
}

// forget drops what holds for one model only.
func (v *View) forget() {
	v.asked, v.tokens, v.finding, v.cosines = map[string]bool{}, map[place]*engine.Nearest{}, map[int]place{}, nil
	v.compare, v.chosen = 0, false
}

// Context says which keys act here.
func (v *View) Context() keys.Context {
	switch {
	case v.typed != nil:
		return keys.List
	case v.Typing():
		return keys.Typing
	}
	return keys.Vectors
}

// Enter begins showing the view.
func (v *View) Enter() tea.Cmd {
	v.came = true
	return v.look()
}

// Typing reports whether keys write text.
func (v *View) Typing() bool { return v.typed != nil || v.reading != nil || v.saving != nil }

// Hints are the actions that the footer names.
func (v *View) Hints() []keys.Action {
	switch {
	case v.typed != nil:
		return []keys.Action{keys.Choose, keys.Back}
	case v.Typing():
		return []keys.Action{keys.Complete, keys.Back}
	}
	return []keys.Action{keys.AddToPlan, keys.Derive, keys.Details, keys.Mark, keys.Filter, keys.Import, keys.Export, keys.Palette}
}

// list is the vectors that the filter lets through.
func (v *View) list() []engine.VectorInfo {
	text := v.filter
	if v.typed != nil {
		text = v.typed.Value()
	}
	if text == "" {
		return v.d.Vectors
	}
	var out []engine.VectorInfo
	for _, info := range v.d.Vectors {
		if strings.Contains(strings.ToLower(info.Name), strings.ToLower(text)) {
			out = append(out, info)
		}
	}
	return out
}

// at is the index of the selected vector in a list that is not empty.
func (v *View) at(list []engine.VectorInfo) int {
	return max(0, slices.IndexFunc(list, func(info engine.VectorInfo) bool { return info.Name == v.selected }))
}

// current is the selected vector; nil if there is none.
func (v *View) current() *engine.VectorInfo {
	list := v.list()
	if len(list) == 0 {
		return nil
	}
	return &list[v.at(list)]
}

// layerOf is the layer of a vector that figures are about: the chosen one, or
// the middle one if it was none of the vector's. A vector with one direction
// has it for every layer.
func (v *View) layerOf(info *engine.VectorInfo) int {
	n := len(info.Layers)
	switch {
	case n == 0:
		return 0
	case n > 1 && v.chosen && slices.Contains(info.Layers, v.layer):
		return v.layer
	}
	return info.Layers[n/2]
}

// Receive takes in what a command brought.
func (v *View) Receive(msg tea.Msg) tea.Cmd {
	d := v.d
	if v.saving.receive(msg) {
		v.saving = nil
	}
	switch msg := msg.(type) {
	case engine.Opened:
		v.forget()
		v.marked = slices.DeleteFunc(v.marked, func(name string) bool { return d.Vector(name) == nil })
		if v.came {
			return v.look()
		}
	case engine.VectorRead:
		d.Over(msg.Gen)
		if msg.Gen == v.fetch {
			v.reading = nil
			v.imported(msg.Info)
		}
		return v.taken(msg.Info, msg.Model)
	case engine.Deriving:
		d.Progress(msg.Gen, msg.Done, msg.Total)
		return d.Engine.More(msg.Gen)
	case engine.Derived:
		d.Over(msg.Gen)
		v.selected, v.filter = msg.Info.Name, ""
		d.Say(desk.Note, "%s is derived; it is in no file yet.", msg.Info.Name)
		return v.taken(msg.Info, msg.Model)
	case engine.Exported:
		d.Over(msg.Gen)
		d.Say(desk.Note, "%s is written to %s.", msg.Info.Name, msg.Path)
		return v.taken(msg.Info, msg.Model)
	case engine.Exists:
		d.Over(msg.Gen)
	case engine.Nearest:
		if at, ok := v.finding[msg.Gen]; ok {
			v.tokens[at] = &msg
			delete(v.finding, msg.Gen)
			return v.look()
		}
	case engine.Cosines:
		if msg.Gen == v.compare {
			v.cosines = &msg
		}
	case engine.Paths:
		v.reading.receive(msg)
	case engine.Failed:
		if at, ok := v.finding[msg.Gen]; ok { // don't ask again and again
			v.tokens[at] = &engine.Nearest{}
			delete(v.finding, msg.Gen)
		}
		if msg.Gen == v.compare && v.current() != nil {
			v.cosines = &engine.Cosines{Names: slices.Clone(v.marked), Layer: v.layerOf(v.current())}
		}
	}
	return nil
}

// taken puts what is known of a vector on the desk, and asks for what is still
// to be known. What was judged beside another model is read again.
func (v *View) taken(info engine.VectorInfo, model string) tea.Cmd {
	if model != v.d.Model.Ref {
		return v.d.Engine.ReadVector(v.d.Next(), info.Name)
	}
	for at := range v.tokens {
		if at.name == info.Name {
			delete(v.tokens, at) // it may have been read anew
		}
	}
	v.d.PutVector(info)
	if !v.came {
		return nil
	}
	return v.look()
}

// imported selects a vector that was read from a file, and says what it is.
func (v *View) imported(info engine.VectorInfo) {
	v.selected, v.filter = info.Name, ""
	if info.Err != "" {
		v.d.Say(desk.Warning, "%s does not fit this model: %s.", info.Name, info.Err)
		return
	}
	v.d.Say(desk.Note, "%s is read: layers %s of width %d.", info.Name, layerSpans(info.Layers), info.DModel)
}

// look asks for what is not known of the selected vector, one thing at a time.
func (v *View) look() tea.Cmd {
	info := v.current()
	if info == nil {
		return nil
	}
	return tea.Batch(v.read(info), v.findTokens(info), v.compareMarked(info))
}

// read asks for a vector's file if it was not read yet.
func (v *View) read(info *engine.VectorInfo) tea.Cmd {
	if info.Read || v.asked[info.Name] {
		return nil
	}
	v.asked[info.Name] = true
	return v.d.Engine.ReadVector(v.d.Next(), info.Name)
}

// spoken is how many tokens are asked for on each side.
const spoken = 10

// findTokens asks for the tokens nearest to the selected direction.
func (v *View) findTokens(info *engine.VectorInfo) tea.Cmd {
	at := place{info.Name, v.layerOf(info)}
	if !info.Read || info.Err != "" || v.d.Model.Ref == "" || v.tokens[at] != nil || len(v.finding) > 0 {
		return nil
	}
	gen := v.d.Next()
	v.finding[gen] = at
	return v.d.Engine.NearestTokens(gen, at.name, at.layer, spoken)
}

// compareMarked asks for the cosines of the marked vectors.
func (v *View) compareMarked(info *engine.VectorInfo) tea.Cmd {
	layer := v.layerOf(info)
	if c := v.cosines; len(v.marked) < 2 || c != nil && c.Layer == layer && slices.Equal(c.Names, v.marked) {
		return nil
	}
	v.compare = v.d.Next()
	return v.d.Engine.CompareVectors(v.compare, slices.Clone(v.marked), layer)
}

// Do does what a key means here; taken is false if it means nothing.
func (v *View) Do(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch {
	case v.typed != nil:
		return v.doFilter(a)
	case v.reading != nil:
		return v.doReading(a)
	case v.saving != nil:
		cmd, taken, over := v.saving.do(a)
		if over {
			v.saving = nil
		}
		return cmd, taken
	}
	if taken := v.move(a); taken {
		return v.look(), true
	}
	switch a {
	case keys.Filter:
		v.typed = newInput(v.d, "/", v.filter)
	case keys.Details, keys.NextPane, keys.PreviousPane:
		v.details, v.detailTop = !v.details, 0
	case keys.AddToPlan:
		return v.add(), true
	case keys.Mark:
		v.mark()
		return v.look(), true
	case keys.Import:
		v.reading = newPathLine(v.d, "read", "a vector", "", vectorEndings)
	case keys.Export, keys.Save:
		v.export(a == keys.Save)
	case keys.Back:
		return nil, v.back()
	default:
		return nil, false
	}
	return nil, true
}

// back leaves what is open, innermost first.
func (v *View) back() bool {
	switch {
	case v.details:
		v.details = false
	case v.filter != "":
		v.filter = ""
	case len(v.marked) > 0:
		v.marked, v.cosines = nil, nil
	default:
		return false
	}
	return true
}

// move does what moving keys mean.
func (v *View) move(a keys.Action) (taken bool) {
	page := v.height
	if v.details {
		page = v.detailed.height
	}
	by := map[keys.Action]int{
		keys.Up: -1, keys.Down: 1, keys.HalfUp: -page / 2, keys.HalfDown: page / 2, keys.PageUp: -page, keys.PageDown: page,
		keys.Top: -1 << 20, keys.Bottom: 1 << 20,
	}[a]
	switch {
	case a == keys.Left:
		v.moveLayer(-1)
	case a == keys.Right:
		v.moveLayer(1)
	case by == 0:
		return false
	case v.details:
		v.detailTop += by // drawing keeps it within bounds
	default:
		v.selectBy(by)
	}
	return true
}

// selectBy selects the vector so many lines on.
func (v *View) selectBy(by int) {
	list := v.list()
	if len(list) == 0 {
		return
	}
	v.selected = list[max(0, min(v.at(list)+by, len(list)-1))].Name
	v.detailTop = 0
}

// moveLayer takes the next layer that the selected vector has.
func (v *View) moveLayer(by int) {
	info := v.current()
	if info == nil || len(info.Layers) < 2 {
		return
	}
	at := slices.Index(info.Layers, v.layerOf(info))
	v.layer, v.chosen = info.Layers[max(0, min(at+by, len(info.Layers)-1))], true
}

// mark marks the selected vector, or unmarks it.
func (v *View) mark() {
	info := v.current()
	if info == nil {
		return
	}
	if at := slices.Index(v.marked, info.Name); at >= 0 {
		v.marked = slices.Delete(v.marked, at, at+1)
		return
	}
	v.marked = append(v.marked, info.Name)
	if len(v.marked) == 1 {
		v.d.Say(desk.Note, "%s is marked; mark another to see their cosine.", info.Name)
	}
}

// add adds the selected vector to the plan.
func (v *View) add() tea.Cmd {
	info := v.current()
	switch {
	case info == nil:
		v.d.Say(desk.Warning, "There is no vector to add.")
		return nil
	case info.Err != "":
		v.d.Say(desk.Warning, "%s can't be used here: %s.", info.Name, info.Err)
		return nil
	}
	return added(v.d, v.d.AddTerm(info.Name))
}

// added says what a plan is now that a term was added to it.
func added(d *desk.Desk, cmd tea.Cmd) tea.Cmd {
	if l := d.Active(); cmd != nil && l != nil {
		d.Say(desk.Note, "The plan of %s is now %s", d.Name(l), l.Plan.Text)
	}
	return cmd
}

// View draws exactly width columns and height lines.
func (v *View) View(width, height int) string {
	var below []string
	switch {
	case v.reading != nil:
		below = v.reading.draw(width)
	case v.saving != nil:
		below = v.saving.draw(width)
	}
	body := height - len(below)
	v.listed, v.detailed = area{}, area{}
	var lines []string
	switch {
	case len(v.d.Vectors) == 0:
		lines = v.drawNone(width)
	case width >= wide:
		left := max(46, width*2/5)
		list, details := v.drawList(0, 0, left, body), v.drawDetails(left+1, 0, width-left-1, body)
		lines = frame.Beside(v.d.Theme, list, details)
		lines[0] = list[0] + v.d.Theme.Frame.Render("┬") + details[0]
	case v.details:
		lines = v.drawDetails(0, 0, width, body)
	default:
		n := min(len(v.list())+2, max(4, body*2/5))
		lines = append(v.drawList(0, 0, width, n), v.drawDetails(0, n, width, body-n)...)
	}
	lines = append(frame.Block(lines, width, body), below...)
	return strings.Join(frame.Block(lines, width, height), "\n")
}

// wide is from how many columns on details stand beside the list.
const wide = 100

// drawNone says what to do while there are no vectors.
func (v *View) drawNone(width int) []string {
	th, key := v.d.Theme, v.d.Keys.Key
	lines := []string{frame.Rule(th, th.Title.Render("vectors"), "", width), ""}
	if v.d.Model.Ref == "" {
		return append(lines, " "+th.Faint.Render("No model is open: ")+th.Key.Render(key(keys.Everywhere, keys.Open))+th.Faint.Render(" opens one."))
	}
	return append(lines,
		" "+th.Text.Render("There are no vectors for this model yet."), "",
		" "+th.Key.Render(key(keys.Vectors, keys.Derive))+th.Faint.Render("  derives one from contrast texts: "+strings.Join(v.d.Contrasts, ", ")+", or your own"),
		" "+th.Key.Render(key(keys.Vectors, keys.Import))+th.Faint.Render("  reads one from a file: GGUF, safetensors, NumPy, PyTorch"))
}

// layerSpans writes layers as plans do.
func layerSpans(layers []int) string {
	l := steering.Layers{Kind: steering.NamedLayers}
	for _, layer := range layers {
		if n := len(l.Items); n > 0 && layer > 0 && l.Items[n-1].To == layer-1 && l.Items[n-1].From != steering.Embed {
			l.Items[n-1].To = layer
			continue
		}
		l.Items = append(l.Items, steering.Span{From: layer, To: layer})
	}
	return l.String()
}
