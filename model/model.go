package model

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"sync"

	"github.com/nlpodyssey/spago/mat"

	"tiller/model/checkpoint"
	"tiller/model/kernel"
)

// A Model is a network with its weights. Its methods are safe for concurrent
// use as long as every lane is used by one goroutine at a time; steps of
// different goroutines take turns.
type Model struct {
	config     Config
	checkpoint *checkpoint.Checkpoint
	network    network
	freqs      []float32 // rotary angle per position, [HeadDim/2]
	pool       *kernel.Pool

	mu         sync.Mutex // held during a step: guards buffers
	buffers    buffers
	workspaces sync.Pool
}

// A network is what an architecture's file provides. Every method works for a
// step and for a graph alike.
type network interface {
	// embed returns the stream before block 0, [len(ids), d_model].
	embed(p *pass, ids []int) mat.Tensor
	// block takes the stream through one block.
	block(p *pass, layer int, h mat.Tensor) mat.Tensor
	// logits applies the final norm and the output projection, [rows, vocab].
	logits(p *pass, h mat.Tensor) mat.Tensor
}

// maxThreads is above the processors of any machine in use. Every worker
// takes memory and has to be waited for.
const maxThreads = 1024

// Options say how a model computes.
type Options struct {
	// Threads is the number of workers, at most 1024; 0 is one per processor.
	Threads int
}

// Open loads the Hugging Face folder or GGUF file at path. Weights stay in the
// mapped file, in their stored type. Close the model to release them.
func Open(ctx context.Context, path string, o Options) (*Model, error) {
	c, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := load(ctx, c, o)
	if err != nil {
		c.Close()
		return nil, err
	}
	return m, nil
}

// OpenFS loads the Hugging Face folder at the root of fsys, such as one that is
// embedded in the program. Name is its path in errors and reports.
func OpenFS(ctx context.Context, fsys fs.FS, name string, o Options) (*Model, error) {
	c, err := checkpoint.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	return load(ctx, c, o)
}

func load(ctx context.Context, c *checkpoint.Checkpoint, o Options) (*Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Threads > maxThreads {
		return nil, fmt.Errorf("%d threads are too many: at most %d can be used", o.Threads, maxThreads)
	}
	cfg, err := readConfig(c)
	if err != nil {
		return nil, err
	}
	net := newLlama(cfg)
	if err := loadWeights(c, net, cfg); err != nil {
		return nil, err
	}
	freqs, err := cfg.Rope.frequencies(cfg.HeadDim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configFile(c), err)
	}
	threads := o.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Model{config: cfg, checkpoint: c, network: net, freqs: freqs, pool: kernel.NewPool(threads)}, nil
}

// Close releases the workers and the mapped files. The model must not be used
// afterwards.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pool.Close()
	return m.checkpoint.Close()
}

// Config is the shape of the network.
func (m *Model) Config() Config { return m.config }

// Checkpoint is the file or folder that the weights are mapped from.
func (m *Model) Checkpoint() *checkpoint.Checkpoint { return m.checkpoint }

// Pool is the model's set of workers.
func (m *Model) Pool() *kernel.Pool { return m.pool }

// through takes the stream h, as it is after block `layer`, through all blocks
// above it. Between blocks the stream is handed to the hook.
func (m *Model) through(p *pass, layer int, h mat.Tensor, o passOptions) mat.Tensor {
	h = p.residual(layer, h, o)
	for layer++; layer < m.config.Layers; layer++ {
		h = m.network.block(p, layer, h)
		h = p.residual(layer, h, o) // the one place where steering enters
		if p.buffers != nil {
			p.buffers.block.reset()
		}
	}
	return h
}

// passOptions say who listens to the residual stream.
type passOptions struct {
	hook  Hook
	watch func(layer int, rows []Row, h []float32)
}

// residual hands the stream after block layer to the hook, then to whoever
// watches.
func (p *pass) residual(layer int, h mat.Tensor, o passOptions) mat.Tensor {
	if o.hook != nil {
		h = o.hook.Edit(layer, p.rows, h)
	}
	if o.watch != nil {
		o.watch(layer, p.rows, mat.Data[float32](h))
	}
	return h
}

// keep stores the keys and values of a step's rows in their lanes. A graph
// keeps nothing: its rows attend to each other.
func (p *pass) keep(layer int, qkv mat.Tensor) {
	if p.lanes == nil {
		return
	}
	c := &p.net.config
	_, width := size(qkv)
	data := mat.Data[float32](qkv)
	for first := 0; first < len(p.rows); {
		lane := p.rows[first].Lane
		end := first + 1
		for end < len(p.rows) && p.rows[end].Lane == lane {
			end++
		}
		p.lanes[lane].kv[layer].append(data[first*width:end*width], width,
			c.Heads*c.HeadDim, (c.Heads+c.KVHeads)*c.HeadDim)
		first = end
	}
}
