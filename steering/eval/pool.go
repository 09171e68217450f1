package eval

import (
	"context"
	"errors"
	"fmt"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
)

// A Model is a model with its tokenizer.
type Model struct {
	*model.Model
	Tokenizer *tokenizer.Tokenizer
}

// Limits of the lanes that step together unless told otherwise.
const (
	mostLanes = 128       // about the fastest for a small model
	laneBytes = 512 << 20 // of keys and values
)

// batchOf is how many lanes of prompts up to longest tokens step together. No
// lane outgrows the model's context, however many tokens are allowed.
func (m Model) batchOf(longest, maxTokens int) int {
	c := m.Config()
	longest = min(longest, c.Context)
	positions := max(1, longest+min(maxTokens, c.Context-longest))
	position := 2 * 4 * c.Layers * c.KVHeads * c.HeadDim // bytes
	return min(max(1, laneBytes/(position*positions)), mostLanes)
}

// A task is one lane of a session, and what becomes of it.
type task struct {
	request generate.Request
	// ended takes the result in. The editor is nil for a lane that is not
	// steered; the tokens say how long each is in the text.
	ended func(r generate.Result, e generate.Editor, tokens []written) error
	// failed takes in that the lane could not be generated: its plan can't be
	// used with its prompt, or broke the model.
	failed func(err error) error
}

// A pool generates tasks, as many at a time as fit into a batch: as soon as
// some have ended, others take their place.
type pool struct {
	model Model
	batch int
	// prefixes keeps the prompts of the tasks at hand.
	prefixes *generate.Prefixes
	// stop, once closed, lets the tasks under way end and begins no others.
	stop <-chan struct{}
}

// errStopped says that a pool was stopped before all of its tasks began.
var errStopped = errors.New("stopped")

func (p *pool) stopped() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// run generates tasks. If a step fails because of one of them, those under way
// are begun anew in halves until that one is alone.
func (p *pool) run(ctx context.Context, tasks []task) error {
	left, err := p.together(ctx, tasks)
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, errStopped) || isFinal(err):
		return err
	case len(left) == 1:
		return left[0].failed(err)
	}
	half := len(left) / 2
	if err := p.run(ctx, left[:half]); err != nil {
		return err
	}
	return p.run(ctx, left[half:])
}

// A finalError is one of taking results in: it ends the run.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

func isFinal(err error) bool { return errors.As(err, new(finalError)) }

// together generates tasks in one session and returns, with an error, those
// that did not come to their end.
func (p *pool) together(ctx context.Context, tasks []task) (left []task, err error) {
	s, err := generate.NewSession(ctx, p.model.Model, p.model.Tokenizer, nil, generate.Options{Prefixes: p.prefixes})
	if err != nil {
		return tasks, err
	}
	next, active := 0, 0
	written := map[int][]written{}
	ended := make([]bool, len(tasks))
	unfinished := func() []task {
		var rest []task
		for i, t := range tasks {
			if !ended[i] {
				rest = append(rest, t)
			}
		}
		return rest
	}
	for next < len(tasks) || active > 0 {
		// Beginning a few at a time shares the weights between their prompts.
		if room := min(p.batch-active, len(tasks)-next); room > 0 && (active == 0 || room >= p.batch/4) {
			switch {
			case !p.stopped():
				if err := s.Add(ctx, requests(tasks[next:next+room])); err != nil {
					return unfinished(), err
				}
				next, active = next+room, active+room
			case active == 0:
				return unfinished(), errStopped
			}
		}
		tokens, err := s.Next(ctx)
		if err != nil {
			return unfinished(), err
		}
		for _, t := range tokens {
			written[t.Lane] = append(written[t.Lane], writtenBy(t))
		}
		for i := range next {
			if ended[i] || s.Result(i).Stop == "" {
				continue
			}
			ended[i] = true
			active--
			if err := tasks[i].ended(s.Result(i), s.Editor(i), written[i]); err != nil {
				return nil, finalError{err}
			}
			delete(written, i)
			s.Release(i)
		}
	}
	return nil, nil
}

func writtenBy(t generate.Token) written { return written{len(t.Text), t.Steered} }

func requests(tasks []task) []generate.Request {
	out := make([]generate.Request, len(tasks))
	for i, t := range tasks {
		out[i] = t.request
	}
	return out
}

// refusal is what a sample says whose lane could not be generated.
func refusal(err error) (stop generate.Stop, text string) {
	if errors.Is(err, model.ErrNotFinite) {
		return stopBroken, err.Error()
	}
	return stopRefused, err.Error()
}

const (
	// stopBroken is why a lane ended whose edits made the logits no numbers.
	stopBroken generate.Stop = "broken"
	// stopRefused is why a lane never began: its prompt is too long, or its
	// plan can't be used with it.
	stopRefused generate.Stop = "refused"
)

// tooLong refuses a prompt that leaves no room for an answer.
func (m Model) tooLong(tokens int) error {
	if n := m.Config().Context; tokens >= n {
		return fmt.Errorf("the prompt has %d tokens, and the model's context holds %d", tokens, n)
	}
	return nil
}
