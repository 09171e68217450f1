package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/model/generate"
	"tiller/steering"
)

// A Lane is one lane to generate.
type Lane struct {
	ID     int    // by which messages name it
	Model  string // reference; empty is the current model
	Prompt Prompt
	Plan   string // empty leaves the model alone
	Forced []int  // first tokens, whatever the model would draw
}

// Sampling says how tokens are drawn, the same for all lanes.
type Sampling struct {
	Temperature, TopP, MinP, RepeatPenalty float64
	TopK                                   int
	Seed                                   uint64
	MaxTokens                              int
	IgnoreEOS                              bool
}

// Generated is what happened since the last such message of a run.
type Generated struct {
	Gen    int
	Begun  []Begun
	Tokens []Token
	Ended  []Ended
	// Rate is how many tokens a second all lanes together came at, so far.
	Rate float64
	// Done says that no more of this run follows.
	Done bool
}

// Begun says that a lane's prompt was computed, or why it could not be.
type Begun struct {
	Lane   int
	Prompt []PromptToken
	// Covered are, by position of the prompt, the 0-based terms that edit it.
	Covered [][]int
	// MedianNorm is the median norm of the prompt's rows, by layer+1; empty
	// for a lane without a plan.
	MedianNorm []float32
	Err        string
	Column     int // 1-based, in the plan's text, where Err is about one; else 0
}

// Token is one generated token. Its texts are untrusted.
type Token struct {
	Lane, Index int
	ID          int
	Text        string // what can be shown now; whole characters
	Piece       string // its entry in the vocabulary
	LogProb     float64
	Steered     bool
	Terms       []int // 0-based, that fired where the token was chosen
}

// Ended is what became of a lane.
type Ended struct {
	Lane        int
	Stop        string
	Fired       []steering.TermCount
	PromptEdits int
	RowEdits    int
	Positions   int // that the plan saw, prompt included
	Warnings    []string
	Ratios      []steering.Ratio
	Err         string
}

// Generate runs lanes together, sharing every read of the weights. Lanes that
// an earlier run is still at end there; its others go on.
func (e *Engine) Generate(gen int, lanes []Lane, s Sampling) tea.Cmd {
	return e.start(gen, mergeGenerated, func(ctx context.Context, tell func(tea.Msg)) tea.Msg {
		r := &run{engine: e, gen: gen, lanes: lanes, sampling: s, tell: tell, start: time.Now(), dropped: map[int]bool{}}
		over := e.take(r)
		defer over()
		r.run(ctx, lanes)
		return Generated{Gen: gen, Rate: r.rate(), Done: true}
	})
}

func mergeGenerated(old, new tea.Msg) tea.Msg {
	a, b := old.(Generated), new.(Generated)
	b.Begun = append(a.Begun, b.Begun...)
	b.Tokens = append(a.Tokens, b.Tokens...)
	b.Ended = append(a.Ended, b.Ended...)
	return b
}

// take makes r the run of its lanes. The result ends that. Commands start in any
// order, so an earlier run may come here after a later one, which keeps its
// lanes.
func (e *Engine) take(r *run) (over func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for other := range e.runs {
		if other.gen > r.gen {
			r.drop(other.lanes)
			continue
		}
		other.drop(r.lanes)
	}
	e.runs[r] = true
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.runs, r)
	}
}

// A run is one call of Generate.
type run struct {
	engine   *Engine
	gen      int
	lanes    []Lane
	sampling Sampling
	tell     func(tea.Msg)
	start    time.Time
	tokens   int

	mu      sync.Mutex
	dropped map[int]bool // ids of lanes that another run took over
}

func (r *run) drop(lanes []Lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range lanes {
		r.dropped[l.ID] = true
	}
}

// rate is tokens a second so far, to a tenth; 0 before the first, and where none
// is wanted.
func (r *run) rate() float64 {
	if r.tokens == 0 || r.engine.options.Timeless {
		return 0
	}
	return math.Round(10*float64(r.tokens)/time.Since(r.start).Seconds()) / 10
}

// A party is lanes of one model that step together.
type party struct {
	*opened
	lanes   []Lane
	request []generate.Request
	editors []*measuring // by lane; nil for one without a plan
	emitted []int        // tokens told, by lane
	session *generate.Session
}

func (r *run) run(ctx context.Context, lanes []Lane) {
	parties := r.gather(ctx, lanes)
	for i := 0; i < len(parties); {
		if split := r.begin(ctx, parties[i]); split != nil {
			parties = slices.Replace(parties, i, i+1, split...)
			continue
		}
		i++
	}
	r.start = time.Now() // the speed is that of generating, not of reading
	for len(parties) > 0 && ctx.Err() == nil {
		for i := 0; i < len(parties); {
			p := parties[i]
			rest, going := r.step(ctx, p)
			if going {
				i++
				continue
			}
			parties = slices.Replace(parties, i, i+1, rest...)
		}
	}
	for _, p := range parties {
		p.cancel(r)
	}
}

// gather sorts lanes by model and binds their plans.
func (r *run) gather(ctx context.Context, lanes []Lane) []*party {
	var parties []*party
	for _, l := range lanes {
		o, err := r.engine.open(ctx, l.Model)
		if err != nil {
			r.refuse(l, err)
			continue
		}
		request, editor, err := r.request(l, o)
		if err != nil {
			r.refuse(l, err)
			continue
		}
		at := slices.IndexFunc(parties, func(p *party) bool { return p.opened == o })
		if at < 0 {
			at = len(parties)
			parties = append(parties, &party{opened: o})
		}
		p := parties[at]
		p.lanes, p.request, p.editors = append(p.lanes, l), append(p.request, request), append(p.editors, editor)
		p.emitted = append(p.emitted, 0)
	}
	return parties
}

// refuse tells why a lane can't begin.
func (r *run) refuse(l Lane, err error) {
	begun := Begun{Lane: l.ID, Err: err.Error()}
	if at := (*steering.Error)(nil); errors.As(err, &at) {
		begun.Err, begun.Column = at.Reason, at.Column
	}
	r.tell(Generated{Gen: r.gen, Begun: []Begun{begun}, Rate: r.rate()})
}

func (r *run) request(l Lane, o *opened) (generate.Request, *measuring, error) {
	prompt, err := l.Prompt.tokens(o.tokenizer)
	if err != nil {
		return generate.Request{}, nil, err
	}
	s := r.sampling
	request := generate.Request{
		Prompt: prompt, MaxTokens: s.MaxTokens, IgnoreEOS: s.IgnoreEOS, Forced: l.Forced,
		Sampling: generate.Sampling{
			Temperature: s.Temperature, TopK: s.TopK, TopP: s.TopP, MinP: s.MinP, RepeatPenalty: s.RepeatPenalty, Seed: s.Seed,
		},
	}
	if l.Plan == "" {
		return request, nil, nil
	}
	bound, err := r.engine.bind(l.Plan, o)
	if err != nil {
		return request, nil, err
	}
	editor := &measuring{Lanes: steering.Lanes{Bound: bound, Tokenizer: o.tokenizer}}
	request.Steering = editor
	return request, editor, nil
}

// measuring is a lane's plan that keeps what its prompt showed.
type measuring struct {
	steering.Lanes
	measured generate.Measured
}

// Editor implements [generate.Steering].
func (m *measuring) Editor(p generate.Prompt, measured generate.Measured) (generate.Editor, error) {
	m.measured = measured
	return m.Lanes.Editor(p, measured)
}

// begin computes a party's prompts. Where they can't be computed together it
// returns the party's lanes one by one, so that one does not end the others.
func (r *run) begin(ctx context.Context, p *party) (split []*party) {
	r.engine.beginning.Lock()
	prefixes := r.engine.prefixes[p.model]
	if prefixes == nil {
		prefixes = &generate.Prefixes{}
		r.engine.prefixes[p.model] = prefixes
	}
	session, err := generate.NewSession(ctx, p.model, p.tokenizer, p.request, generate.Options{Prefixes: prefixes})
	r.engine.beginning.Unlock()
	switch {
	case err != nil && ctx.Err() == nil && len(p.lanes) > 1:
		return p.split()
	case err != nil && ctx.Err() == nil:
		r.refuse(p.lanes[0], err)
		return []*party{}
	case err != nil:
		return []*party{}
	}
	p.session = session
	msg := Generated{Gen: r.gen, Rate: r.rate()}
	for i, l := range p.lanes {
		if p.emitted[i] > 0 {
			continue // begun before
		}
		begun := Begun{Lane: l.ID, Prompt: shown(p.request[i].Prompt, p.tokenizer)}
		if program := p.program(i); program != nil {
			begun.MedianNorm = p.editors[i].measured.MedianNorm
			for position := range begun.Prompt {
				begun.Covered = append(begun.Covered, program.FiredAt(position))
			}
		}
		msg.Begun = append(msg.Begun, begun)
	}
	r.tell(msg)
	return nil
}

// split makes a party of each lane. What it generated is forced again.
func (p *party) split() []*party {
	parties := make([]*party, len(p.lanes))
	for i := range p.lanes {
		request := p.request[i]
		if p.session != nil {
			request.Forced = p.session.Result(i).IDs
		}
		parties[i] = &party{
			opened: p.opened, lanes: p.lanes[i : i+1], request: []generate.Request{request},
			editors: p.editors[i : i+1], emitted: p.emitted[i : i+1],
		}
	}
	return parties
}

func (p *party) program(i int) *steering.Program {
	if e, ok := p.session.Editor(i).(*steering.Editor); ok {
		return e.Program
	}
	return nil
}

// step draws the next token of each lane. Once the party can't go on it
// returns what does in its place.
func (r *run) step(ctx context.Context, p *party) (rest []*party, going bool) {
	if err := r.end(p); err != nil {
		return r.broken(ctx, p, err), false
	}
	if p.session.Done() {
		return nil, false
	}
	tokens, err := p.session.Next(ctx)
	if err != nil {
		return r.broken(ctx, p, err), false
	}
	msg := Generated{Gen: r.gen}
	for _, t := range tokens {
		if t.Index >= p.emitted[t.Lane] {
			p.emitted[t.Lane] = t.Index + 1
			msg.Tokens = append(msg.Tokens, p.token(t))
			r.tokens++
		}
		if t.Stop != "" {
			msg.Ended = append(msg.Ended, p.ended(t.Lane))
		}
	}
	if msg.Rate = r.rate(); len(msg.Tokens) > 0 || len(msg.Ended) > 0 {
		r.tell(msg)
	}
	return nil, true
}

// end ends the lanes that another run took over.
func (r *run) end(p *party) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, l := range p.lanes {
		if r.dropped[l.ID] {
			if err := p.session.CancelLane(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// broken handles an error of a step: of several lanes each goes on alone, and
// one alone ends with it.
func (r *run) broken(ctx context.Context, p *party, err error) []*party {
	if ctx.Err() != nil {
		p.cancel(r)
		return nil
	}
	if len(p.lanes) == 1 {
		ended := p.ended(0)
		ended.Stop, ended.Err = "error", err.Error()
		r.tell(Generated{Gen: r.gen, Ended: []Ended{ended}, Rate: r.rate()})
		return nil
	}
	var rest []*party
	for i, one := range p.split() {
		if p.session.Result(i).Stop != "" {
			continue
		}
		if r.begin(ctx, one) == nil {
			rest = append(rest, one)
		}
	}
	return rest
}

// cancel ends the lanes that go on, and tells.
func (p *party) cancel(r *run) {
	var going []int
	for i := range p.lanes {
		if p.session.Result(i).Stop == "" {
			going = append(going, i)
		}
	}
	msg := Generated{Gen: r.gen, Rate: r.rate()}
	err := p.session.Cancel()
	for _, i := range going {
		ended := p.ended(i)
		if err != nil {
			ended.Err = err.Error()
		}
		msg.Ended = append(msg.Ended, ended)
	}
	r.tell(msg)
}

func (p *party) token(t generate.Token) Token {
	token := Token{
		Lane: p.lanes[t.Lane].ID, Index: t.Index, ID: t.ID, Text: t.Text, Piece: p.tokenizer.Piece(t.ID),
		LogProb: digits(t.LogProb), Steered: t.Steered,
	}
	if program := p.program(t.Lane); program != nil {
		token.Terms = program.FiredAt(len(p.request[t.Lane].Prompt.Tokens) + t.Index - 1)
	}
	return token
}

func (p *party) ended(i int) Ended {
	ended := Ended{Lane: p.lanes[i].ID, Stop: string(p.session.Result(i).Stop)}
	if program := p.program(i); program != nil {
		report := program.Report()
		ended.Fired, ended.Warnings = report.Fired, report.Warnings
		ended.PromptEdits, ended.RowEdits = report.PromptEdits, report.RowEdits
		ended.Positions, ended.Ratios = program.Len(), program.Ratios()
	}
	return ended
}
