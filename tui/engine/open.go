package engine

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/model"
	"tiller/model/kernel"
	"tiller/steering/lab/problem"
	"tiller/steering/library"
)

// ModelInfo is what the screen shows of a model.
type ModelInfo struct {
	library.Summary
	Name       string // the last part of the reference
	Parameters int64
	Context    int  // most tokens of a lane
	Chat       bool // it has a chat template
	Embedded   bool
	// Thinking is the reference of the reasoning-trained model beside it, if
	// there is one.
	Thinking string
	// Words is the whole vocabulary where it is one of few words.
	Words  []string
	Kernel string // the kernel path, on which bits depend
	// Speed is how many tokens a second one lane can be expected to reach,
	// measured on one token; 0 for a small model.
	Speed float64
}

// Opened says that a model is ready, and what there is to work on it with.
type Opened struct {
	Gen   int
	Model ModelInfo
	// Plan and Problems begin a sitting with an embedded model; the first
	// problem is that of the demonstration. With others they are empty.
	Plan     string
	Problems []problem.Problem
	Vectors  []VectorInfo
	Plans    []PlanInfo
	// Contrasts are the names of the embedded contrast texts.
	Contrasts []string
}

// Opening tells how far a large model has been read.
type Opening struct {
	Gen         int
	Done, Total int   // blocks
	Bytes       int64 // of its weights, in all
}

// largeModel is from how many bytes of weights on reading them is shown.
const largeModel = 64 << 20

// maxWords is how large a vocabulary may be to complete words from.
const maxWords = 2000

// Open makes a model the current one. A large one is read through once, which
// shows how far it is and tells how fast it will be.
func (e *Engine) Open(gen int, ref string) tea.Cmd {
	return e.start(gen, newest, func(ctx context.Context, tell func(tea.Msg)) tea.Msg {
		msg, err := e.opening(ctx, gen, ref, tell)
		switch {
		case ctx.Err() != nil:
			return Failed{Gen: gen, Job: "opening " + ref, Err: "cancelled"}
		case err != nil:
			return Failed{Gen: gen, Job: "opening " + ref, Err: err.Error()}
		}
		return *msg
	})
}

func (e *Engine) opening(ctx context.Context, gen int, ref string, tell func(tea.Msg)) (*Opened, error) {
	e.forget(ref)
	o, err := e.open(ctx, ref)
	if err != nil {
		return nil, err
	}
	msg := &Opened{Gen: gen, Model: e.describe(o), Contrasts: e.library.Contrasts()}
	if bytes := weightBytes(o.model); bytes >= largeModel {
		msg.Model.Speed, err = warm(ctx, o.model, func(done int) {
			tell(Opening{Gen: gen, Done: done, Total: msg.Model.Layers, Bytes: bytes})
		})
		if err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.current = o
	e.mu.Unlock()
	e.options.Log.Info("opened", "model", ref, "fingerprint", msg.Model.Fingerprint, "kernel", msg.Model.Kernel)
	msg.Vectors = e.listVectors(o)
	msg.Plans = e.listPlans(ctx)
	if msg.Model.Embedded {
		return msg, e.beginEmbedded(ctx, msg)
	}
	return msg, nil
}

// forget lets a model be opened anew if its files are no longer those that were
// opened. It stays in memory until the end, since a job may still use it.
func (e *Engine) forget(ref string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if o := e.models[ref]; o != nil && o.model.Checkpoint().Changed() != nil {
		delete(e.models, ref)
		e.changed = append(e.changed, o)
	}
}

// beginEmbedded adds what a sitting with an embedded model begins with.
func (e *Engine) beginEmbedded(ctx context.Context, msg *Opened) error {
	first, err := e.library.Demonstration()
	if err != nil {
		return err
	}
	tune, err := e.library.Problems(problem.Tune)
	if err != nil {
		return err
	}
	msg.Problems = append([]problem.Problem{first}, tune...)
	plan, err := e.library.ReadPlan(ctx, "@demo")
	if err != nil {
		return err
	}
	msg.Plan = plan.Plan.String()
	return nil
}

func (e *Engine) describe(o *opened) ModelInfo {
	c := o.model.Config()
	info := ModelInfo{
		Summary: library.Describe(o.ref, o.model), Name: filepath.Base(o.ref),
		Parameters: c.Parameters(), Context: c.Context,
		Chat: o.tokenizer.HasChatTemplate(), Embedded: library.IsEmbedded(o.ref), Kernel: kernel.Path(),
	}
	if info.Embedded {
		for _, name := range e.library.Models() {
			if name == "thinking" && o.ref != library.Prefix+name {
				info.Thinking = library.Prefix + name
			}
		}
		info.Words = words(o)
	}
	return info
}

// words lists the vocabulary of an embedded model, which is one of words.
func words(o *opened) []string {
	var words []string
	for id := range min(o.tokenizer.Size(), maxWords) {
		if w := strings.TrimSpace(o.tokenizer.Piece(id)); w != "" && !o.tokenizer.Special(id) {
			words = append(words, w)
		}
	}
	return words
}

// weightBytes is how much of the model's file its weights take.
func weightBytes(m *model.Model) int64 {
	var n int64
	for _, t := range m.Checkpoint().Tensors() {
		n += int64(len(t.Data))
	}
	return n
}

// warm computes one token, which reads every weight, and then a few more to
// measure the speed in tokens a second. progress is told of each block.
func warm(ctx context.Context, m *model.Model, progress func(done int)) (float64, error) {
	lane := m.NewLane()
	step := func(o model.StepOptions) error {
		_, err := m.Step(ctx, []model.Input{{Lane: lane, Tokens: []int{0}}}, o)
		return err
	}
	err := step(model.StepOptions{Watch: func(layer int, _ []model.Row, _ []float32) { progress(layer + 1) }})
	if err != nil {
		return 0, err
	}
	const tokens = 3
	start := time.Now()
	for range tokens {
		if err := step(model.StepOptions{}); err != nil {
			return 0, err
		}
	}
	return tokens / time.Since(start).Seconds(), nil
}
