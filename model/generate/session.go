package generate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tiller/model"
	"tiller/model/kernel"
	"tiller/model/tokenizer"
)

// A Request is one lane to generate.
type Request struct {
	Name     string
	Prompt   Prompt
	Steering Steering // nil leaves the model alone
	Sampling Sampling
	// MaxTokens is the most tokens to generate.
	MaxTokens int
	// IgnoreEOS goes on after an end-of-text token.
	IgnoreEOS bool
	// Forced are the first tokens to generate, whatever the model would draw. An
	// end-of-text token among them does not end the lane.
	Forced []int
	// StopStrings end the lane where one of them appears; it is not part of
	// the lane's text.
	StopStrings []string
}

// Stop says why a lane ended.
type Stop string

const (
	StopEOS       Stop = "eos"       // an end-of-text token was drawn
	StopString    Stop = "stop"      // a stop string appeared
	StopLength    Stop = "length"    // MaxTokens were generated
	StopContext   Stop = "context"   // the model's context is full
	StopCancelled Stop = "cancelled" // the caller ended it
)

// Result is a lane as generated so far.
type Result struct {
	Name     string
	IDs      []int
	Text     string
	LogProbs []float64 // natural logarithm, before temperature
	Steered  []bool    // whether each token came from an edited row
	Stop     Stop      // "" while the lane goes on
}

// Token is one generated token.
type Token struct {
	Lane    int // index of the request
	Index   int // 0-based, among the generated tokens
	ID      int
	Text    string // what can be shown now; whole characters
	LogProb float64
	Steered bool
	Stop    Stop // set on a lane's last token
}

// Options say how a session computes.
type Options struct {
	// Prefixes keeps computed prompts between sessions; nil keeps none.
	Prefixes *Prefixes
	// Watch, if set, is shown every row of every lane at every layer, after
	// edits. It must not keep row. Lanes then share no prefix.
	Watch func(lane, layer, position int, row []float32)
}

// A Session generates several lanes together. It belongs to one goroutine.
type Session struct {
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	options   Options
	lanes     []*lane // nil where one was released
}

// lane is a request in progress.
type lane struct {
	Request
	index   int // in the session
	lane    *model.Lane
	editor  Editor
	sampler *sampler
	text    text
	logits  []float32 // after the lane's last computed token
	pending int       // generated, but not computed yet; -1 for none
	result  Result
}

// NewSession computes the prompts. The tokenizer may be nil, and text then
// stays empty.
func NewSession(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, requests []Request, o Options) (*Session, error) {
	if o.Prefixes == nil {
		o.Prefixes = &Prefixes{}
	}
	s := &Session{model: m, tokenizer: t, options: o}
	return s, s.Add(ctx, requests)
}

// Add computes the prompts of more lanes, which step with the others from now
// on; their indices follow those that there are. After an error the session
// is as before.
func (s *Session) Add(ctx context.Context, requests []Request) error {
	lanes := make([]*lane, len(requests))
	for i, r := range requests {
		if err := r.check(s.model); err != nil {
			return err
		}
		lanes[i] = &lane{Request: r, index: len(s.lanes) + i, sampler: newSampler(r.Sampling), pending: -1, result: Result{Name: r.Name}}
		lanes[i].text.stops = r.StopStrings
		if s.tokenizer != nil {
			lanes[i].text.begin(s.tokenizer.Stream(), r.Prompt)
		}
	}
	if err := s.begin(ctx, lanes); err != nil {
		return err
	}
	s.lanes = append(s.lanes, lanes...)
	return nil
}

// Release forgets an ended lane, whose result and editor are gone with it, so
// that a session which lanes are added to takes no more memory than those that
// go on.
func (s *Session) Release(i int) {
	if l := s.lanes[i]; l != nil && l.result.Stop != "" {
		s.lanes[i] = nil
	}
}

func (r *Request) check(m *model.Model) error {
	if len(r.Prompt.Tokens) == 0 {
		return errors.New("the prompt is empty: it has no tokens")
	}
	if n := m.Config().Context; len(r.Prompt.Tokens) > n {
		return fmt.Errorf("the prompt has %d tokens, but the model's context holds %d", len(r.Prompt.Tokens), n)
	}
	if r.MaxTokens < 0 {
		return fmt.Errorf("the number of tokens to generate is %d, which is negative", r.MaxTokens)
	}
	if slices.Contains(r.StopStrings, "") {
		return errors.New("a stop string is empty")
	}
	for i, id := range r.Forced {
		if id < 0 || id >= m.Config().Vocab {
			return fmt.Errorf("forced token %d is id %d, but this model has ids 0 to %d", i, id, m.Config().Vocab-1)
		}
	}
	return r.Sampling.Check()
}

// Result returns lane i as generated so far.
func (s *Session) Result(i int) Result {
	r := s.lanes[i].result
	r.Text = s.lanes[i].text.shown.String()
	return r
}

// Editor returns the editor of lane i, nil if the lane is not steered.
func (s *Session) Editor(i int) Editor { return s.lanes[i].editor }

// Done reports whether every lane has ended.
func (s *Session) Done() bool {
	return !slices.ContainsFunc(s.lanes, (*lane).going)
}

// going reports whether the lane goes on.
func (l *lane) going() bool { return l != nil && l.result.Stop == "" }

// Next computes the tokens drawn last and draws the next ones, one for each
// lane that goes on. After an error the session can't go on; its results stay.
func (s *Session) Next(ctx context.Context) ([]Token, error) {
	if err := s.compute(ctx); err != nil {
		return nil, err
	}
	var tokens []Token
	for i, l := range s.lanes {
		if !l.going() {
			continue
		}
		if l.MaxTokens == 0 {
			l.result.Stop = StopLength
			continue
		}
		tokens = append(tokens, s.draw(i, l))
	}
	return tokens, nil
}

// Cancel ends all lanes that go on. What editors count then is what was
// computed.
func (s *Session) Cancel() error {
	for i := range s.lanes {
		if err := s.CancelLane(i); err != nil {
			return err
		}
	}
	return nil
}

// CancelLane ends lane i if it goes on; the others are as before.
func (s *Session) CancelLane(i int) error {
	l := s.lanes[i]
	if !l.going() {
		return nil
	}
	l.text.flush()
	l.result.Stop = StopCancelled
	if l.editor != nil && l.pending >= 0 {
		return l.editor.Truncate(l.lane.Len())
	}
	return nil
}

// compute runs the pending token of every lane that goes on.
func (s *Session) compute(ctx context.Context) error {
	var lanes []*lane
	var inputs []model.Input
	for _, l := range s.lanes {
		if l.going() && l.pending >= 0 {
			lanes = append(lanes, l)
			inputs = append(inputs, model.Input{Lane: l.lane, Tokens: []int{l.pending}, Prompt: len(l.Prompt.Tokens)})
		}
	}
	if len(lanes) == 0 {
		return ctx.Err()
	}
	logits, err := s.model.Step(ctx, inputs, s.stepOptions(lanes))
	if err != nil {
		return err
	}
	for i, l := range lanes {
		l.logits, l.pending = logits[i], -1
	}
	return nil
}

// stepOptions connects the editors of the lanes of a step, and the watcher.
func (s *Session) stepOptions(lanes []*lane) model.StepOptions {
	editors := make([]Editor, len(lanes))
	for i, l := range lanes {
		editors[i] = l.editor
	}
	d := s.model.Config().DModel
	o := model.StepOptions{Hook: hookFor(editors, d)}
	if s.options.Watch != nil {
		o.Watch = func(layer int, rows []model.Row, h []float32) {
			for r, row := range rows {
				s.options.Watch(lanes[row.Lane].index, layer, row.Position, h[r*d:(r+1)*d])
			}
		}
	}
	return o
}

// draw picks the next token of lane i from its logits.
func (s *Session) draw(i int, l *lane) Token {
	position := l.lane.Len() - 1 // whose output the token is
	index := len(l.result.IDs)
	id, forced := l.next(index)
	t := Token{
		Lane: i, Index: index, ID: id,
		LogProb: float64(l.logits[id]) - kernel.LogSumExp(l.logits),
		Steered: l.editor != nil && l.editor.Steered(position),
	}
	added, show, stopped := l.text.push(id)
	t.Text = show
	l.result.IDs = append(l.result.IDs, id)
	l.result.LogProbs = append(l.result.LogProbs, t.LogProb)
	l.result.Steered = append(l.result.Steered, t.Steered)
	switch {
	case !l.IgnoreEOS && !forced && s.tokenizer != nil && slices.Contains(s.tokenizer.EOS(), id):
		t.Stop = StopEOS
	case stopped:
		t.Stop = StopString
	case len(l.result.IDs) >= l.MaxTokens:
		t.Stop = StopLength
	case l.lane.Len() >= s.model.Config().Context:
		t.Stop = StopContext
	}
	if t.Stop != "" {
		t.Text += l.text.flush()
		l.result.Stop = t.Stop
		return t
	}
	if l.editor != nil {
		l.editor.Accept(id, added, l.drawn())
	}
	l.pending = id
	return t
}

// next is the id of the generated token at index, and whether it was forced.
func (l *lane) next(index int) (id int, forced bool) {
	if index < len(l.Forced) {
		return l.Forced[index], true
	}
	return l.sampler.draw(l.logits, l.lane.Tokens()), false
}

// drawn describes the distribution of the lane's logits, where its plan asks.
func (l *lane) drawn() Drawn {
	if !l.Steering.NeedsDistributions() {
		return Drawn{}
	}
	return Describe(l.logits)
}
