package eval

import (
	"context"
	"errors"
	"fmt"

	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/eval/evalset"
	"tiller/steering/grade"
	"tiller/steering/trace"
)

// A Run is what is computed into a folder.
type Run struct {
	Folder *Folder
	Base   Model
	// Thinking is the reasoning-trained model; its Model is nil if there is none.
	Thinking Model
	// Main is the set, Guard the second one, and Tune what controls choose
	// their strength on; Guard and Tune may be nil.
	Main, Guard, Tune *Asked
	// Vectors by the names that the lanes' plans have for them.
	Vectors map[string]*steering.Vector
	// Contrasts are what the vectors were made from, by vector and layer, for
	// controls that shuffle its labels.
	Contrasts map[string]map[int]Contrast
	Options   Options
}

// Asked is a set with how it is asked and graded.
type Asked struct {
	Set      *evalset.Set
	Template evalset.Template
	Shots    []evalset.Item
	Grader   grade.Grader
	Spec     SetSpec
}

// Options say how a run computes; they change no sample.
type Options struct {
	// Batch is how many lanes step together; 0 is what fits into 512 MiB, up to
	// 128.
	Batch int
	// Stop, once closed, lets the samples under way end and begins no others.
	Stop <-chan struct{}
	// Progress is told of every sample as it is there, from this goroutine; nil
	// is not.
	Progress func(Progress)
	// SkipLanes are names of lanes that are not computed now.
	SkipLanes map[string]bool
}

// Progress says how far a run is.
type Progress struct {
	Done, Total int
	// Sample is the newest, nil at the beginning; Problem is what it answers.
	Sample  *Sample
	Problem *Problem
	// Phase says what is computed, as "tuning controls".
	Phase string
}

// ErrStopped says that a run was stopped before its end; what is there is
// kept, and calling again goes on.
var ErrStopped = errStopped

// Compute computes all samples that the folder does not hold yet. Errors of
// single samples are kept in them; what is returned ends the run, and all
// samples before it are in the folder.
func (r *Run) Compute(ctx context.Context) error {
	c := &computation{Run: r, spec: r.Folder.spec}
	if err := c.prepare(ctx); err != nil {
		return err
	}
	err := c.all(ctx)
	return errors.Join(err, r.Folder.Sync())
}

// A computation is a run at work.
type computation struct {
	*Run
	spec  Spec
	lanes []lane
	asks  []ask
	done  int
	total int
}

// An ask is one problem of one set.
type ask struct {
	set   *Asked
	item  evalset.Item
	guard bool
	about Problem
}

// chunkTasks is about how many lanes are generated before the next problems
// are begun: many batches, so that few lanes wait for the longest of them.
const chunkTasks = 512

// all computes chunk after chunk of problems.
func (c *computation) all(ctx context.Context) error {
	c.count()
	if c.Options.Progress != nil {
		c.Options.Progress(Progress{Done: c.done, Total: c.total})
	}
	size := max(1, chunkTasks/max(1, len(c.lanes)*c.spec.Samples))
	for from := 0; from < len(c.asks); from += size {
		if err := c.chunk(ctx, c.asks[from:min(from+size, len(c.asks))]); err != nil {
			return err
		}
	}
	return nil
}

// count finds how much there is to compute.
func (c *computation) count() {
	for _, a := range c.asks {
		for _, l := range c.lanes {
			for draw := range c.spec.Samples {
				c.total++
				if c.Folder.Has(a.item.ID, l.spec.Name, draw, a.guard) {
					c.done++
				}
			}
		}
	}
}

// chunk computes some problems: first the lanes that need nothing but the
// problem, model by model, then those that need what their plan did there.
func (c *computation) chunk(ctx context.Context, asks []ask) error {
	for _, phase := range []struct {
		after, thinking bool
	}{{false, false}, {false, true}, {true, false}} {
		m := c.Base
		if phase.thinking {
			m = c.Thinking
		}
		if m.Model == nil {
			continue
		}
		x := &session{computation: c, model: m, prefixes: &generate.Prefixes{}, prompts: map[string]generate.Prompt{}}
		var tasks []task
		for _, a := range asks {
			for i := range c.lanes {
				l := &c.lanes[i]
				if (l.spec.Kind == Thinking) != phase.thinking || l.after() != phase.after || c.Options.SkipLanes[l.spec.Name] {
					continue
				}
				more, err := x.tasks(ctx, a, l)
				if err != nil {
					return err
				}
				tasks = append(tasks, more...)
			}
		}
		if err := x.compute(ctx, tasks); err != nil {
			return err
		}
	}
	return nil
}

// A session computes tasks of one model.
type session struct {
	*computation
	model    Model
	prefixes *generate.Prefixes
	prompts  map[string]generate.Prompt // by text
	longest  int
}

func (x *session) compute(ctx context.Context, tasks []task) error {
	if len(tasks) == 0 {
		return nil
	}
	batch := x.Options.Batch
	if batch <= 0 {
		batch = x.model.batchOf(x.longest, x.spec.Sampling.MaxTokens)
	}
	p := &pool{model: x.model, batch: batch, prefixes: x.prefixes, stop: x.Options.Stop}
	return p.run(ctx, tasks)
}

// tasks are what is left to compute of a lane on a problem.
func (x *session) tasks(ctx context.Context, a ask, l *lane) ([]task, error) {
	var tasks []task
	for draw := range x.spec.Samples {
		s := &Sample{ID: a.item.ID, Lane: l.spec.Name, Draw: draw, Guard: a.guard}
		if x.Folder.Has(s.ID, s.Lane, draw, a.guard) {
			continue
		}
		prompt, err := x.prompt(a, l)
		if err == nil {
			err = x.model.tooLong(len(prompt.Tokens))
		}
		var st generate.Steering
		if err == nil {
			st, err = l.steering(x, s)
		}
		if err != nil {
			if err := x.refuse(ctx, s, a, err); err != nil {
				return nil, err
			}
			continue
		}
		x.longest = max(x.longest, len(prompt.Tokens))
		if grade.NeedsOf(a.set.Grader) != grade.NeedsOutput {
			more, err := x.likelihoods(ctx, a, l, s, prompt, st)
			if err != nil {
				return nil, err
			}
			tasks = append(tasks, more...)
			continue
		}
		tasks = append(tasks, x.open(ctx, a, l, s, prompt, st))
	}
	return tasks, nil
}

// prompt is a problem as a lane is asked it.
func (x *session) prompt(a ask, l *lane) (generate.Prompt, error) {
	text, err := a.text(l)
	if err != nil {
		return generate.Prompt{}, err
	}
	if p, ok := x.prompts[text]; ok {
		return p, nil
	}
	p, err := promptOf(x.model.Tokenizer, text, a.set.Spec)
	if err == nil {
		x.prompts[text] = p
	}
	return p, err
}

// text is a problem as a lane is asked it, before any chat template.
func (a *ask) text(l *lane) (string, error) {
	t := a.set.Template
	if l != nil && l.template != nil {
		t = *l.template
	}
	if len(a.set.Shots) == 0 {
		return t.Render(a.item)
	}
	return t.WithShots(a.item, a.set.Shots, evalset.Item.Answer)
}

func promptOf(t *tokenizer.Tokenizer, text string, s SetSpec) (generate.Prompt, error) {
	if !s.Chat {
		return generate.RawPrompt(t, text, tokenizer.EncodeOptions{})
	}
	var messages []tokenizer.Message
	if s.System != "" {
		messages = append(messages, tokenizer.Message{Role: "system", Content: s.System})
	}
	messages = append(messages, tokenizer.Message{Role: "user", Content: text})
	return generate.ChatPrompt(t, messages, "", false)
}

// open is the task of an answer that is generated.
func (x *session) open(ctx context.Context, a ask, l *lane, s *Sample, prompt generate.Prompt, st generate.Steering) task {
	return task{
		request: x.request(s, prompt, st, nil, x.spec.Sampling.MaxTokens),
		ended: func(r generate.Result, e generate.Editor, tokens []written) error {
			s.Output, s.Stop, s.Tokens = r.Text, r.Stop, len(r.IDs)
			s.Marks, s.Repetition = marks(tokens), repetition(r.IDs)
			s.Steered = steeredTokens(r)
			for _, logp := range r.LogProbs {
				s.LogProb += logp
			}
			x.edited(s, e, len(prompt.Tokens), len(r.IDs))
			if err := x.diverge(ctx, s, l, prompt, r); err != nil {
				return err
			}
			return x.finish(ctx, a, s, nil)
		},
		failed: func(err error) error { return x.refuse(ctx, s, a, err) },
	}
}

// request is a sample as the generating loop takes it.
func (x *session) request(s *Sample, prompt generate.Prompt, st generate.Steering, forced []int, maxTokens int) generate.Request {
	p := x.spec.Sampling
	return generate.Request{
		Name: s.Lane, Prompt: prompt, Steering: st, MaxTokens: maxTokens, Forced: forced, IgnoreEOS: p.IgnoreEOS, StopStrings: p.Stop,
		Sampling: generate.Sampling{
			Temperature: p.Temperature, TopK: p.TopK, TopP: p.TopP, MinP: p.MinP, RepeatPenalty: p.RepeatPenalty,
			Seed: p.Seed, Sample: s.ID, Draw: s.Draw,
		},
	}
}

// reporter is an editor that says what it did.
type reporter interface{ Report() steering.Report }

// edited takes down what was edited, and for controls after it where.
func (x *session) edited(s *Sample, e generate.Editor, prompt, generated int) {
	counted, ok := e.(reporter)
	if !ok {
		return
	}
	report := counted.Report()
	s.PromptEdits, s.RowEdits = report.PromptEdits, report.RowEdits
	for _, f := range report.Fired {
		s.Fired = append(s.Fired, TermFired{Term: f.Term, Count: f.Count})
	}
	if e, ok := e.(*steering.Editor); ok {
		for i, f := range controls.FiringsOf(e.Program, prompt, generated).Terms {
			s.Fired[i].Prompt, s.Fired[i].Generated = f.Prompt, f.Generated
		}
	}
}

// diverge computes how far a steered answer is from the model as it is.
func (x *session) diverge(ctx context.Context, s *Sample, l *lane, prompt generate.Prompt, r generate.Result) error {
	if !x.spec.Divergence || len(r.IDs) == 0 || x.spec.Sampling.MaxTokens == 0 {
		return nil
	}
	zero := 0.0
	switch {
	case l.spec.Kind == Base, l.spec.Kind == Prompt:
		s.KL, s.BaseLogProb = &zero, &s.LogProb
		return nil
	case l.bound == nil:
		return nil // another model, or positions that a trace can't follow
	}
	t, err := trace.New(ctx, x.model.Model, x.model.Tokenizer, trace.Lane{Prompt: prompt, IDs: r.IDs, Plan: l.bound}, x.prefixes)
	if err != nil {
		return finalError{err}
	}
	from := len(prompt.Tokens) - 1
	found, err := t.Positions(ctx, from, min(from+len(r.IDs), t.Len()), 1)
	if err != nil {
		return finalError{err}
	}
	kl, base := 0.0, 0.0
	for _, p := range found {
		kl += p.KL
		base += p.Base.Next
	}
	s.KL, s.BaseLogProb = &kl, &base
	return nil
}

// finish grades a sample and keeps it. The log-probabilities are those that
// its grader needs, if any.
func (x *session) finish(ctx context.Context, a ask, s *Sample, logprobs []float64) error {
	g, err := x.grade(ctx, a, s, logprobs...)
	if err != nil {
		return err
	}
	s.Score, s.Extracted, s.Found = g.Score, g.Extracted, g.Found
	return x.keep(a, s)
}

func (x *session) grade(ctx context.Context, a ask, s *Sample, logprobs ...float64) (grade.Grade, error) {
	g, err := a.set.Grader.Grade(ctx, grade.Sample{
		ID: a.item.ID, Question: a.item.Question, Output: s.Output, Target: a.item.Target, Choices: a.item.Choices, LogProbs: logprobs,
	})
	if err != nil {
		return g, finalError{fmt.Errorf("lane %q: %w", s.Lane, err)}
	}
	return g, nil
}

// refuse keeps a sample that could not be generated: it counts as wrong.
func (x *session) refuse(ctx context.Context, s *Sample, a ask, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.Stop, s.Error = refusal(err)
	return x.keep(a, s)
}

func (x *session) keep(a ask, s *Sample) error {
	if err := x.Folder.Append(s); err != nil {
		return finalError{err}
	}
	x.done++
	if x.Options.Progress != nil {
		x.Options.Progress(Progress{Done: x.done, Total: x.total, Sample: s, Problem: &a.about})
	}
	return nil
}
