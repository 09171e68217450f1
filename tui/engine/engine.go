// Package engine does the screen's slow work: it opens models, reads prompts,
// generates lanes and takes them apart. Every method returns a command for
// Bubble Tea, and what comes of it arrives as one of the messages of this
// package, which are plain data. A message carries the generation number that
// its request was given, so that whoever asked can drop what is stale, and so
// that a recorded sitting can be played again without a model.
//
// A nil *Engine is one without a model: all of its commands are nil.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/library"
	"tiller/steering/vectorfile"
)

// Options say what an engine works with.
type Options struct {
	// Threads is the number of workers of a model; 0 leaves the screen one of
	// the processors.
	Threads int
	// Vectors are files by the name that plans call them, Folders hold more,
	// named without their endings.
	Vectors map[string]string
	Folders []string
	// ModelFolders are looked through for models to open.
	ModelFolders []string
	// Frame is the least time between two messages of a stream.
	Frame time.Duration
	// Timeless leaves speeds out, for screens that are to be the same each time.
	Timeless bool
	// Getenv looks up the environment; nil is an empty one.
	Getenv func(string) string
	// Log takes down what was opened and what failed; nil is none.
	Log *slog.Logger
	// Report writes down a panic in a job and says where, as the end of a
	// sentence; nil says nothing.
	Report func(cause any) string
}

// An Engine holds the models and vectors that are open. Its commands may run
// at the same time.
type Engine struct {
	library library.Library
	options Options

	working sync.WaitGroup // jobs in progress

	mu      sync.Mutex
	models  map[string]*opened // by reference
	changed []*opened          // whose files are no longer what they were
	current *opened
	vectors map[string]*steering.Vector // by name, as far as they were read
	sources map[string]string           // reference of each name
	derived map[string]vectorfile.Info  // what is known of vectors that are in no file yet
	jobs    map[int]context.CancelFunc  // by generation
	streams map[int]*stream             // by generation
	stopped int                         // jobs up to this generation are not to begin
	runs    map[*run]bool               // in progress
	closed  bool

	beginning sync.Mutex // held while a run computes prompts: guards prefixes
	prefixes  map[*model.Model]*generate.Prefixes

	traced  sync.Mutex // guards tracing and its traces
	tracing tracing
}

// opened is a model that is ready.
type opened struct {
	ref       string
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
}

// New returns an engine that opens what references name in a library.
func New(l library.Library, o Options) *Engine {
	if o.Threads <= 0 {
		o.Threads = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if o.Frame <= 0 {
		o.Frame = 16 * time.Millisecond
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Report == nil {
		o.Report = func(any) string { return "" }
	}
	return &Engine{
		library: l, options: o,
		models: map[string]*opened{}, vectors: map[string]*steering.Vector{}, sources: map[string]string{}, derived: map[string]vectorfile.Info{},
		jobs: map[int]context.CancelFunc{}, streams: map[int]*stream{}, runs: map[*run]bool{},
		prefixes: map[*model.Model]*generate.Prefixes{},
	}
}

// Failed says that a job came to nothing.
type Failed struct {
	Gen int
	Job string // what was tried, as in "opening m.gguf"
	Err string // one sentence
}

// Stop is a command that ends a job. What it had is kept by whoever was told of
// it.
func (e *Engine) Stop(gen int) tea.Cmd {
	return e.stop(func(g int) bool { return g == gen })
}

// StopAll is a command that ends all jobs up to gen, also those whose commands
// have not begun yet.
func (e *Engine) StopAll(gen int) tea.Cmd {
	if e == nil {
		return nil
	}
	stop := e.stop(func(g int) bool { return g <= gen })
	return func() tea.Msg {
		e.mu.Lock()
		e.stopped = max(e.stopped, gen)
		e.mu.Unlock()
		return stop()
	}
}

func (e *Engine) stop(which func(gen int) bool) tea.Cmd {
	if e == nil {
		return nil
	}
	return func() tea.Msg {
		e.mu.Lock()
		defer e.mu.Unlock()
		for gen, cancel := range e.jobs {
			if which(gen) {
				cancel()
			}
		}
		return nil
	}
}

// Close ends all jobs and releases the models.
func (e *Engine) Close() {
	if e == nil {
		return
	}
	e.mu.Lock()
	e.closed = true
	for _, cancel := range e.jobs {
		cancel()
	}
	e.mu.Unlock()
	e.working.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, o := range e.models {
		o.model.Close()
	}
	for _, o := range e.changed {
		o.model.Close()
	}
	e.models, e.changed, e.current = map[string]*opened{}, nil, nil
}

// job returns a context that [Engine.Stop] cancels, and what to call when the
// job is over.
func (e *Engine) job(gen int) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || gen <= e.stopped {
		cancel()
	}
	e.jobs[gen] = cancel
	return ctx, func() {
		cancel()
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.jobs, gen)
	}
}

// do is a command that runs f as a job and turns its error into a message.
func (e *Engine) do(gen int, name string, f func(ctx context.Context) (tea.Msg, error)) tea.Cmd {
	if e == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		ctx, over := e.job(gen)
		e.working.Add(1)
		defer e.working.Done()
		defer over()
		defer e.catch(gen, name, func(failed tea.Msg) { msg = failed })
		msg, err := f(ctx)
		switch {
		case ctx.Err() != nil:
			return Failed{Gen: gen, Job: name, Err: "cancelled"}
		case err != nil:
			e.options.Log.Warn("failed", "job", name, "error", err)
			return Failed{Gen: gen, Job: name, Err: err.Error()}
		}
		return msg
	}
}

// catch, deferred, makes a panic in a job its failure: the screen and all that
// is on it outlive that.
func (e *Engine) catch(gen int, name string, fail func(tea.Msg)) {
	cause := recover()
	if cause == nil {
		return
	}
	text := fmt.Sprintf("something went wrong inside tiller: %v%s", cause, e.options.Report(cause))
	e.options.Log.Error("panic", "job", name, "cause", fmt.Sprint(cause))
	fail(Failed{Gen: gen, Job: name, Err: text})
}

// open returns the model of a reference, opening it if need be. The empty
// reference is the current model.
func (e *Engine) open(ctx context.Context, ref string) (*opened, error) {
	e.mu.Lock()
	o := e.models[ref]
	if ref == "" {
		o = e.current
	}
	e.mu.Unlock()
	if o != nil {
		return o, nil
	}
	if ref == "" {
		return nil, fmt.Errorf("no model is open")
	}
	m, err := e.library.OpenModel(ctx, ref, model.Options{Threads: e.options.Threads})
	if err != nil {
		return nil, err
	}
	t, err := e.library.OpenTokenizer(ref)
	if err != nil {
		m.Close()
		return nil, err
	}
	o = &opened{ref: ref, model: m, tokenizer: t}
	e.mu.Lock()
	defer e.mu.Unlock()
	if other := e.models[ref]; other != nil { // opened meanwhile
		m.Close()
		return other, nil
	}
	e.models[ref] = o
	return o, nil
}

// bind reads a plan, its vectors, and fits them to a model.
func (e *Engine) bind(plan string, o *opened) (*steering.Bound, error) {
	p, err := steering.Parse(plan)
	if err != nil {
		return nil, err
	}
	vectors, err := e.named(p.Names())
	if err != nil {
		return nil, err
	}
	c := o.model.Config()
	return steering.Bind(p, c.Layers, c.DModel, vectors)
}

// named returns the vectors of these names, reading those that were not yet.
// The map also holds all other known names, with nil, for errors that suggest.
func (e *Engine) named(names []string) (map[string]*steering.Vector, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]*steering.Vector{}
	for name := range e.sources {
		all[name] = nil
	}
	for _, name := range names {
		v := e.vectors[name]
		if v == nil {
			ref, ok := e.sources[name]
			if !ok {
				continue // binding says that there is none
			}
			var err error
			if v, _, err = e.library.ReadVector(ref); err != nil {
				return nil, err
			}
			v.Name = name
			e.vectors[name] = v
		}
		all[name] = v
	}
	return all, nil
}
