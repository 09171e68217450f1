package desk

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
	"tiller/tui/engine"
)

// Kind is what a lane is for.
type Kind int

// The kinds of lane.
const (
	Base     Kind = iota // the model as it is
	Steered              // with a plan
	Thinking             // the reasoning-trained model
	Header               // the model as it is, asked for reasoning in its prompt
)

// A Lane is a column of Compare.
type Lane struct {
	ID     int
	Kind   Kind
	Model  string // reference; empty is the open model
	Header string // stands before the prompt, with the space that ends it
	Plan   Plan
	Forced []int  // first tokens, whatever the model would draw
	Forked string // what was forced, for people; untrusted
	Pinned bool
	Answer *Answer // nil until one was begun
	Stale  bool    // the answer is not that of the plan and prompt as they are

	At     int  // index of the generated token under the cursor
	Follow bool // keep the cursor's end in sight while tokens stream

	want bool // the answer has to be asked for
	gen  int  // generation of the run that answers
}

// An Answer is what a lane generated.
type Answer struct {
	PlanText   string
	Asked      engine.Prompt
	Prompt     []engine.PromptToken
	Covered    [][]int // terms by position of the prompt
	MedianNorm []float32
	Tokens     []engine.Token
	Ended      *engine.Ended // nil while it goes on
	Err        string        // why it could not begin
	Column     int           // in the plan, where Err is about one; else 0
	Rate       float64       // tokens a second, all lanes of the run together

	// What taking the answer apart showed so far.
	Points  map[int]engine.Point // by position of the lane
	Colours *engine.Colours      // nil until asked for

	text      strings.Builder
	looking   map[int]bool // positions asked about
	colouring bool
}

// Text is what was generated, untrusted.
func (a *Answer) Text() string { return a.text.String() }

// IDs are the generated ids.
func (a *Answer) IDs() []int {
	ids := make([]int, len(a.Tokens))
	for i, t := range a.Tokens {
		ids[i] = t.ID
	}
	return ids
}

// Steered counts the generated tokens that were steered.
func (a *Answer) Steered() int {
	n := 0
	for _, t := range a.Tokens {
		if t.Steered {
			n++
		}
	}
	return n
}

// SteeredFraction is the share of generated tokens that were steered.
func (a *Answer) SteeredFraction() float64 {
	if len(a.Tokens) == 0 {
		return 0
	}
	return float64(a.Steered()) / float64(len(a.Tokens))
}

// Grade is what an answer says to a question, and whether that is right.
func (a *Answer) Grade(q *problem.Problem) (given string, right bool) {
	given, _ = problem.Answer(a.Text())
	return given, given == q.Answer
}

// stale says that the answer is no longer the one that is wanted.
func (l *Lane) stale() { l.Stale, l.want = true, true }

// Busy reports whether the lane's answer is still being generated.
func (l *Lane) Busy() bool { return l.Answer != nil && l.Answer.Ended == nil && l.Answer.Err == "" }

func (d *Desk) newLane(k Kind, plan string) *Lane {
	d.lanes++
	l := &Lane{ID: d.lanes, Kind: k, Stale: true, want: true}
	l.Plan.reset(plan)
	switch k {
	case Thinking:
		l.Model = d.Model.Thinking
	case Header:
		l.Header = corpus.LessonHeader + " "
	}
	return l
}

// Name is what the lane is called: "base", "steered", "steered 2".
func (d *Desk) Name(l *Lane) string {
	switch l.Kind {
	case Base:
		if len(l.Forced) > 0 {
			return "base fork"
		}
		return "base"
	case Thinking:
		return "thinking"
	case Header:
		return "prompt"
	}
	n := 0
	for _, other := range d.Lanes {
		if other.Kind == Steered {
			n++
		}
		if other == l && n > 1 {
			return "steered " + strconv.Itoa(n)
		}
	}
	return "steered"
}

// Base is the lane that others are compared with; nil if there is none.
func (d *Desk) Base() *Lane {
	for _, l := range d.Lanes {
		if l.Kind == Base && len(l.Forced) == 0 {
			return l
		}
	}
	return nil
}

// Focused is the lane in focus; nil if the question is.
func (d *Desk) Focused() *Lane {
	if d.Focus < 0 || int(d.Focus) >= len(d.Lanes) {
		return nil
	}
	return d.Lanes[d.Focus]
}

// Active is the lane whose plan the dials turn: the focused one if it has a
// plan of its own that may change, or else the first that has.
func (d *Desk) Active() *Lane {
	turns := func(l *Lane) bool { return l != nil && l.Kind == Steered && !l.Pinned }
	if l := d.Focused(); turns(l) {
		return l
	}
	for _, l := range d.Lanes {
		if turns(l) {
			return l
		}
	}
	return nil
}

// Parts is the index of the first generated token of l that the base lane does
// not share; ok is false while there is none.
func (d *Desk) Parts(l *Lane) (index int, ok bool) {
	base := d.Base()
	if base == nil || base == l || base.Answer == nil || l.Answer == nil {
		return 0, false
	}
	a, b := base.Answer.Tokens, l.Answer.Tokens
	for i := range min(len(a), len(b)) {
		if a[i].ID != b[i].ID {
			return i, true
		}
	}
	if n := len(a); n < len(b) && base.Answer.Ended != nil {
		return n, true
	}
	return 0, false
}

// generated takes in tokens. What is not of a lane's newest run is stale.
func (d *Desk) generated(msg engine.Generated) tea.Cmd {
	for _, b := range msg.Begun {
		if l := d.laneOf(b.Lane, msg.Gen); l != nil {
			l.Answer = &Answer{PlanText: l.Plan.Text, Asked: d.PromptOf(l), Prompt: b.Prompt, Covered: b.Covered, MedianNorm: b.MedianNorm, Err: b.Err, Column: b.Column}
			l.Stale, l.Follow = false, true
			l.At = 0
		}
	}
	for _, t := range msg.Tokens {
		if l := d.laneOf(t.Lane, msg.Gen); l != nil && l.Answer != nil {
			l.Answer.Tokens = append(l.Answer.Tokens, t)
			l.Answer.text.WriteString(t.Text)
			l.Answer.Rate = msg.Rate
		}
	}
	for _, e := range msg.Ended {
		if l := d.laneOf(e.Lane, msg.Gen); l != nil && l.Answer != nil {
			l.Answer.Ended = &e
		}
	}
	if msg.Done {
		d.over(msg.Gen)
		return tea.Batch(d.lookAtParting(), d.colour())
	}
	return d.Engine.More(msg.Gen)
}

// laneOf is the lane of an id if gen is its newest run.
func (d *Desk) laneOf(id, gen int) *Lane {
	at := slices.IndexFunc(d.Lanes, func(l *Lane) bool { return l.ID == id && l.gen == gen })
	if at < 0 {
		return nil
	}
	return d.Lanes[at]
}

// Duplicate adds a lane with the focused lane's plan beside it and moves there.
func (d *Desk) Duplicate() tea.Cmd {
	from := d.Focused()
	if from == nil {
		from = d.Active()
	}
	if from == nil || !d.room() {
		return nil
	}
	kind := from.Kind
	if kind == Base {
		kind = Steered // a second base lane would say the same
	}
	l := d.newLane(kind, from.Plan.Text)
	l.Forced, l.Forked = slices.Clone(from.Forced), from.Forked
	d.insert(l, from)
	return d.Generate()
}

// Fork adds a lane that goes on after the first n tokens of a lane, with the
// token id next if it is not negative.
func (d *Desk) Fork(from *Lane, n, id int, piece string) tea.Cmd {
	if from == nil || from.Answer == nil || !d.room() {
		return nil
	}
	l := d.newLane(from.Kind, from.Plan.Text)
	l.Forced = from.Answer.IDs()[:min(n, len(from.Answer.Tokens))]
	l.Forked = piece
	if id >= 0 {
		l.Forced = append(l.Forced, id)
	}
	d.insert(l, from)
	return d.Generate()
}

// maxLanes is how many lanes there may be: more can't be told apart.
const maxLanes = 8

func (d *Desk) room() bool {
	if len(d.Lanes) >= maxLanes {
		d.Say(Warning, "There are %d lanes already: close one first.", len(d.Lanes))
		return false
	}
	return true
}

// insert puts a lane after another and focuses it.
func (d *Desk) insert(l, after *Lane) {
	at := slices.Index(d.Lanes, after) + 1
	d.Lanes = slices.Insert(d.Lanes, at, l)
	d.Focus, d.Anchor = Pane(at), -1
}

// Close takes the focused lane away. One lane always stays.
func (d *Desk) Close() {
	l := d.Focused()
	switch {
	case l == nil:
		d.Say(Warning, "The question can't be closed.")
	case len(d.Lanes) == 1:
		d.Say(Warning, "The last lane can't be closed.")
	default:
		d.Lanes = slices.DeleteFunc(d.Lanes, func(other *Lane) bool { return other == l })
		d.Focus = min(d.Focus, Pane(len(d.Lanes)-1))
		d.Anchor, d.Term = -1, 0
	}
}

// Toggle shows the lane of a kind, or takes it away.
func (d *Desk) Toggle(k Kind) tea.Cmd {
	at := slices.IndexFunc(d.Lanes, func(l *Lane) bool { return l.Kind == k })
	if at >= 0 {
		d.Lanes = slices.Delete(d.Lanes, at, at+1)
		d.Focus = min(d.Focus, Pane(len(d.Lanes)-1))
		return nil
	}
	switch {
	case k == Thinking && d.Model.Thinking == "":
		d.Say(Warning, "%s has no reasoning-trained model beside it.", d.Model.Name)
		return nil
	case k == Header && !d.Model.Embedded:
		d.Say(Warning, "The prompt lane is for the embedded model, which was taught what its header means.")
		return nil
	case !d.room():
		return nil
	}
	d.Lanes = append(d.Lanes, d.newLane(k, ""))
	return d.Generate()
}

// Pin keeps the focused lane as it is, or lets it go again.
func (d *Desk) Pin() tea.Cmd {
	l := d.Focused()
	if l == nil {
		d.Say(Warning, "Only a lane can be pinned.")
		return nil
	}
	l.Pinned = !l.Pinned
	if l.Pinned || l.Answer == nil {
		return nil
	}
	l.stale()
	return d.Generate()
}

// Colour is what the colours of generated tokens tell.
type Colour int

// What colours can tell.
const (
	ByNothing    Colour = iota // steered tokens only
	ByFired                    // which term fired
	BySurprise                 // -log p under the lane
	ByKL                       // KL(steered||base) on the same prefix
	ByProjection               // of the residual stream on the term's vector
	ByRatio                    // log p steered - log p base of the token
	colours
)

// String names what a colour tells.
func (c Colour) String() string {
	return [...]string{"what was steered", "which term fired", "surprise, −log p", "KL(steered‖base)", "projection on the vector", "p steered / p base"}[c]
}
