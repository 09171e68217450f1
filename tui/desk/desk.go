// Package desk is what lies before a person during one sitting: the model, the
// question, the lanes with their plans and answers, and where the cursor is.
// Views read it and change it through its methods. It does nothing slow itself:
// methods return commands for the engine, and [Desk.Receive] takes in what
// comes of them. Given the same messages in the same order it is always in the
// same state.
package desk

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/lab/problem"
	"tiller/steering/library"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/theme"
)

// pause is how long a dial has to rest before the answer is generated anew.
const pause = 120 * time.Millisecond

// A Desk is the state that the views share.
type Desk struct {
	Engine *engine.Engine // nil while a recording plays
	Theme  *theme.Theme
	Keys   *keys.Map

	Model     engine.ModelInfo // its Ref is empty until one is open
	Vectors   []engine.VectorInfo
	Plans     []engine.PlanInfo
	Contrasts []string

	Prompt    engine.Prompt
	Tokens    []engine.PromptToken // of the prompt, once it was read
	PromptErr string               // why it can't be read
	Question  *problem.Problem     // that the prompt is; nil if its answer isn't known
	Problems  []problem.Problem
	Problem   int // index of the question in Problems, or -1
	History   []string

	Sampling engine.Sampling
	Lanes    []*Lane
	Focus    Pane
	At       int // position under the cursor in the question
	Anchor   int // where a range of positions begins, in the focused pane; -1 for none
	Term     int // of the active plan, which the dials turn
	Colour   Colour
	Search   string

	Status Status
	Jobs   []Job

	// Asked is the plan, prompt and model that the command line asked for
	// before any model was open.
	Asked Asked
	// Watch is told of each run that is asked for; nil is nobody.
	Watch func(gen int, lanes []engine.Lane, s engine.Sampling)

	gens    int             // the last generation number given out
	reading int             // generation of the newest reading of the prompt
	opening int             // generation of the newest opening of a model
	settle  int             // generation of the newest pause
	lanes   int             // the last id given out
	looks   map[int]*Answer // by generation, what is being taken apart
}

// Asked is what a sitting begins with.
type Asked struct {
	Prompt *engine.Prompt
	Plans  []string
	Model  string
}

// A Pane is what the keys of Compare act on: the question, or a lane by its
// index in [Desk.Lanes].
type Pane int

// QuestionPane is the pane of the question.
const QuestionPane Pane = -1

// New returns an empty desk.
func New(e *engine.Engine, t *theme.Theme, k *keys.Map) *Desk {
	return &Desk{
		Engine: e, Theme: t, Keys: k, Focus: 1, Anchor: -1, Problem: -1,
		Sampling: engine.Sampling{TopP: 1, RepeatPenalty: 1, MaxTokens: 256},
		looks:    map[int]*Answer{},
	}
}

// Next returns a new generation number.
func (d *Desk) Next() int {
	d.gens++
	return d.gens
}

// Open asks for a model.
func (d *Desk) Open(ref string) tea.Cmd {
	d.opening = d.Next()
	d.begin(d.opening, "opening "+ref)
	return d.Engine.Open(d.opening, ref)
}

// Opening reports whether a model is being opened.
func (d *Desk) Opening() bool { return d.job(d.opening) != nil }

// Paused is the message that a dial has rested.
type Paused struct{ Gen int }

// Changed says that lanes have to be generated anew once the dials rest. Their
// answers are stale from now on.
func (d *Desk) Changed(lanes ...*Lane) tea.Cmd {
	for _, l := range lanes {
		if !l.Pinned {
			l.stale()
		}
	}
	d.settle = d.Next()
	gen := d.settle
	return tea.Tick(pause, func(time.Time) tea.Msg { return Paused{gen} })
}

// Generate runs every lane whose answer is wanted and was not asked for yet.
func (d *Desk) Generate() tea.Cmd {
	d.settle = d.Next() // a pause in progress has nothing left to do
	if d.Model.Ref == "" {
		d.Say(Warning, "No model is open yet.")
		return nil
	}
	if d.Prompt.Text == "" && !d.Prompt.Chat {
		d.Say(Warning, "The question is empty: type one, or take an example.")
		return nil
	}
	gen := d.Next()
	var lanes []engine.Lane
	for _, l := range d.Lanes {
		if l.Pinned && l.Answer != nil || !l.want {
			continue
		}
		if l.Plan.Err != nil {
			continue // the error stands where the plan does
		}
		if l.Kind == Steered && l.Plan.Text == "" {
			l.Answer, l.gen, l.want = nil, gen, false // it would say what base says
			continue
		}
		l.gen, l.want = gen, false
		lanes = append(lanes, engine.Lane{ID: l.ID, Model: l.Model, Prompt: d.PromptOf(l), Plan: l.Plan.Text, Forced: l.Forced})
	}
	if len(lanes) == 0 {
		return nil
	}
	d.begin(gen, "generating")
	if d.Watch != nil {
		d.Watch(gen, lanes, d.Sampling)
	}
	return d.Engine.Generate(gen, lanes, d.Sampling)
}

// Again generates all lanes that are not pinned.
func (d *Desk) Again() tea.Cmd {
	for _, l := range d.Lanes {
		if !l.Pinned {
			l.stale()
		}
	}
	return d.Generate()
}

// Generating reports whether any lane is being generated.
func (d *Desk) Generating() bool {
	return slices.ContainsFunc(d.Jobs, func(j Job) bool { return j.Name == "generating" })
}

// Stop ends all jobs, and says whether there were any.
func (d *Desk) Stop() (tea.Cmd, bool) {
	d.settle = d.Next()
	if len(d.Jobs) == 0 {
		return nil, false
	}
	return d.Engine.StopAll(d.gens), true
}

// Receive takes in what a command brought.
func (d *Desk) Receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case engine.Opening:
		if msg.Gen != d.opening {
			return d.Engine.More(msg.Gen)
		}
		d.progress(msg.Gen, msg.Done, msg.Total)
		return d.Engine.More(msg.Gen)
	case engine.Opened:
		if d.over(msg.Gen); msg.Gen != d.opening {
			return nil
		}
		return d.opened(msg)
	case engine.PromptRead:
		d.promptRead(msg)
	case engine.Generated:
		return d.generated(msg)
	case engine.Traced:
		d.traced(msg)
	case engine.Colours:
		d.coloured(msg)
	case engine.Failed:
		d.failed(msg)
	case Paused:
		if msg.Gen == d.settle {
			return d.Generate()
		}
	}
	return nil
}

func (d *Desk) failed(msg engine.Failed) {
	d.over(msg.Gen)
	if answer := d.looks[msg.Gen]; answer != nil {
		answer.looking, answer.colouring = nil, false
		delete(d.looks, msg.Gen)
	}
	if msg.Err == "cancelled" {
		d.Say(Note, "Stopped %s.", msg.Job)
		return
	}
	d.Say(Error, "%s", sentence(msg.Err))
}

// opened begins a sitting with a model.
func (d *Desk) opened(msg engine.Opened) tea.Cmd {
	first := d.Model.Ref == ""
	d.Model, d.Vectors, d.Plans, d.Contrasts = msg.Model, msg.Vectors, msg.Plans, msg.Contrasts
	d.Problems, d.Problem, d.Term = msg.Problems, -1, 0
	d.Lanes = []*Lane{d.newLane(Base, "")}
	plans := []string{msg.Plan}
	if first && len(d.Asked.Plans) > 0 {
		plans = d.Asked.Plans
	}
	for _, text := range plans {
		d.Lanes = append(d.Lanes, d.newLane(Steered, text))
	}
	d.Focus = Pane(1)
	if !first {
		d.Say(Note, "") // what was said at the start, of the config file, stays in sight
	}
	switch {
	case first && d.Asked.Prompt != nil:
		return d.SetPrompt(*d.Asked.Prompt)
	case len(d.Problems) > 0:
		return d.SetProblem(0)
	}
	prompt := engine.Prompt{Text: d.Prompt.Text, Chat: msg.Model.Chat, System: d.Prompt.System}
	if !first && d.Question != nil {
		prompt.Text = "" // the lab's questions mean nothing to another model
	}
	if prompt.Text == "" {
		prompt.Text = starter(msg.Model.Chat)
	}
	return d.SetPrompt(prompt)
}

// starter is a first prompt for a model that brings none.
func starter(chat bool) string {
	if chat {
		return "How was your day?"
	}
	return "Once upon a time"
}

// SetPrompt asks another question: all lanes are generated anew.
func (d *Desk) SetPrompt(p engine.Prompt) tea.Cmd {
	d.Prompt = p
	d.Question = library.Question(d.Model.Ref, p.Text)
	if p.Chat {
		d.Question = nil
	}
	d.reading = d.Next()
	for _, l := range d.Lanes {
		l.Forced = nil
	}
	read := d.Engine.ReadPrompt(d.reading, p)
	for _, l := range d.Lanes {
		if !l.Pinned {
			l.stale()
		}
	}
	return tea.Batch(read, d.Generate())
}

// SetProblem asks example problem i, which wraps around.
func (d *Desk) SetProblem(i int) tea.Cmd {
	n := len(d.Problems)
	if n == 0 {
		d.Say(Warning, "%s brings no example problems.", d.Model.Name)
		return nil
	}
	d.Problem = ((i % n) + n) % n
	return d.SetPrompt(engine.Prompt{Text: d.Problems[d.Problem].Question})
}

func (d *Desk) promptRead(msg engine.PromptRead) {
	if msg.Gen != d.reading {
		return
	}
	d.PromptErr = msg.Err
	if msg.Err != "" {
		return
	}
	d.reanchor(msg.Tokens)
	d.Tokens = msg.Tokens
	d.At = min(d.At, max(0, len(d.Tokens)-1))
}

// PromptOf is the prompt of a lane.
func (d *Desk) PromptOf(l *Lane) engine.Prompt {
	p := d.Prompt
	if l.Header != "" && !p.Chat {
		p.Text = l.Header + p.Text
	}
	return p
}

// maxHistory is how many questions are remembered.
const maxHistory = 200

// Remember puts a text into the history, once.
func (d *Desk) Remember(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	d.History = slices.DeleteFunc(d.History, func(s string) bool { return s == text })
	d.History = append(d.History, text)
	if n := len(d.History); n > maxHistory {
		d.History = d.History[n-maxHistory:]
	}
}
