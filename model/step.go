package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"github.com/nlpodyssey/spago/mat"
)

// chunkRows is how many rows are computed at once; longer inputs are cut, so
// that memory stays bounded and a step can be cancelled.
const chunkRows = 256

// Want says at which of an input's tokens logits are computed.
type Want int

const (
	// WantLast asks for the logits after the last token.
	WantLast Want = iota
	// WantAll asks for the logits after every token.
	WantAll
	// WantNone asks for no logits.
	WantNone
)

// An Input is what one lane computes in a step.
type Input struct {
	Lane *Lane
	// Tokens follow the positions that the lane holds.
	Tokens []int
	// Prompt is how many positions of the lane, counted from its start, are
	// prompt; hooks are told.
	Prompt int
	Want   Want
	// Residual is the stream of Tokens right after the layer at which
	// [Model.StepFrom] starts, before any edit, [tokens, d_model].
	Residual []float32
}

// StepOptions say who listens to the residual stream during a step.
type StepOptions struct {
	// Hook may edit the stream; nil costs nothing.
	Hook Hook
	// Watch is shown the stream of the given rows after Hook edited it, [rows,
	// d_model]. It must keep no reference to h.
	Watch func(layer int, rows []Row, h []float32)
}

// Step computes the next tokens of several lanes at once, sharing every read
// of the weights, and returns each input's logits, [wanted, vocab]. They stay
// valid until the lane's next step. When it fails, lanes are as before.
//
// Inputs may be of any lengths; a lane must not stand in more than one.
func (m *Model) Step(ctx context.Context, inputs []Input, o StepOptions) ([][]float32, error) {
	return m.step(ctx, -1, false, inputs, o)
}

// StepFrom is Step for tokens whose stream right after block layer is known,
// and whose keys and values the lanes hold up to that block (see
// [Lane.ForkFrom]): the hook is called for layer first, then the blocks above
// are computed.
func (m *Model) StepFrom(ctx context.Context, layer int, inputs []Input, o StepOptions) ([][]float32, error) {
	if layer < -1 || layer >= m.config.Layers {
		return nil, fmt.Errorf("layer %d is not one of this model's -1 to %d", layer, m.config.Layers-1)
	}
	return m.step(ctx, layer, true, inputs, o)
}

func (m *Model) step(ctx context.Context, layer int, stored bool, inputs []Input, o StepOptions) (logits [][]float32, err error) {
	if err := m.checkInputs(layer, stored, inputs); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	starts := make([]int, len(inputs))
	for i, in := range inputs {
		starts[i] = in.start(stored)
		in.Lane.tokens = append(in.Lane.tokens[:starts[i]], in.Tokens...)
		in.Lane.logits = slices.Grow(in.Lane.logits[:0], in.wanted()*m.config.Vocab)
	}
	defer func() {
		if err != nil {
			for i, in := range inputs {
				in.Lane.undo(starts[i], layer, stored)
			}
		}
	}()
	defer m.catchFault(debug.SetPanicOnFault(true), &err)

	s := stepper{m: m, layer: layer, stored: stored, inputs: inputs, starts: starts, options: o}
	for s.fill() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.compute()
	}
	// A file cut within its last page reads as zeros there, without a fault.
	if err := m.checkpoint.Changed(); err != nil {
		return nil, err
	}
	logits = make([][]float32, len(inputs))
	for i, in := range inputs {
		logits[i] = in.Lane.logits
		if err := m.checkLogits(ctx, logits[i], o.Hook != nil); err != nil {
			return nil, err
		}
	}
	return logits, nil
}

// start is the position of the input's first token. The lane of a stored
// stream holds all its tokens already.
func (in *Input) start(stored bool) int {
	if stored {
		return len(in.Lane.tokens) - len(in.Tokens)
	}
	return in.Lane.Len()
}

// wanted is after how many of the input's tokens logits are computed.
func (in *Input) wanted() int {
	switch in.Want {
	case WantAll:
		return len(in.Tokens)
	case WantNone:
		return 0
	}
	return 1
}

func (m *Model) checkInputs(layer int, stored bool, inputs []Input) error {
	for i, in := range inputs {
		if len(in.Tokens) == 0 {
			return fmt.Errorf("there are no tokens to compute in lane %d", i)
		}
		n := in.start(stored)
		if err := in.Lane.check(m, max(n, 0), in.Tokens); err != nil {
			return err
		}
		for block := range in.Lane.kv {
			want := n
			if stored && block <= layer {
				want += len(in.Tokens)
			}
			if in.Lane.kv[block].n != want {
				return fmt.Errorf("lane %d holds %d positions at block %d where this step needs %d", i, in.Lane.kv[block].n, block, want)
			}
		}
		if stored && len(in.Residual) != len(in.Tokens)*m.config.DModel {
			return fmt.Errorf("lane %d brings %d values for the stream of %d tokens of width %d", i, len(in.Residual), len(in.Tokens), m.config.DModel)
		}
	}
	return nil
}

// catchFault turns a fault in mapped memory into an error: the file was cut
// short or its disk failed while it was in use.
func (m *Model) catchFault(before bool, err *error) {
	debug.SetPanicOnFault(before)
	r := recover()
	if r == nil {
		return
	}
	if _, fault := r.(interface{ Addr() uintptr }); !fault {
		panic(r)
	}
	*err = fmt.Errorf("%s: the file could not be read while it was in use; it was changed or its disk failed, so load it again", m.checkpoint.Path)
	if changed := m.checkpoint.Changed(); changed != nil {
		*err = changed
	}
}

// ErrNotFinite says that logits are not numbers though all weights are: an
// edit of the stream was far too strong.
var ErrNotFinite = errors.New("the logits are not finite numbers: an edit of the residual stream is far too strong")

// checkLogits refuses logits with NaN or infinity. Where weights are to blame,
// it names the tensor; they are not searched before there is a reason.
func (m *Model) checkLogits(ctx context.Context, logits []float32, edited bool) error {
	for _, v := range logits {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			if err := m.checkpoint.CheckFinite(ctx); err != nil {
				return err
			}
			if edited {
				return ErrNotFinite
			}
			return fmt.Errorf("%s: the logits are not finite numbers though all weights are: some weights are far too large, so the file is damaged", m.checkpoint.Path)
		}
	}
	return nil
}

// A stepper works through the inputs of one step, chunk by chunk.
type stepper struct {
	m       *Model
	layer   int
	stored  bool
	inputs  []Input
	starts  []int
	options StepOptions

	input, token int // the next token to compute

	rows   []Row
	ids    []int
	stream []float32
	wanted []int // rows whose logits are wanted
}

// fill gathers the next chunk of rows; false when none is left.
func (s *stepper) fill() bool {
	s.rows, s.ids, s.stream, s.wanted = s.rows[:0], s.ids[:0], s.stream[:0], s.wanted[:0]
	d := s.m.config.DModel
	for s.input < len(s.inputs) && len(s.rows) < chunkRows {
		in := &s.inputs[s.input]
		position := s.starts[s.input] + s.token
		if in.Want == WantAll || in.Want == WantLast && s.token == len(in.Tokens)-1 {
			s.wanted = append(s.wanted, len(s.rows))
		}
		s.rows = append(s.rows, Row{Lane: s.input, Position: position, Prompt: position < in.Prompt})
		s.ids = append(s.ids, in.Tokens[s.token])
		if s.stored {
			s.stream = append(s.stream, in.Residual[s.token*d:(s.token+1)*d]...)
		}
		if s.token++; s.token == len(in.Tokens) {
			s.input, s.token = s.input+1, 0
		}
	}
	return len(s.rows) > 0
}

// compute takes the chunk through the network and adds the wanted logits to
// their lanes.
func (s *stepper) compute() {
	m := s.m
	m.buffers.pass.reset()
	m.buffers.block.reset()
	lanes := make([]*Lane, len(s.inputs))
	for i := range s.inputs {
		lanes[i] = s.inputs[i].Lane
	}
	p := m.newPass(s.rows, lanes, &m.buffers)
	var h mat.Tensor
	if s.stored {
		h = p.stream(len(s.rows), m.config.DModel)
		copy(mat.Data[float32](h), s.stream)
	} else {
		h = m.network.embed(p, s.ids)
	}
	h = m.through(p, s.layer, h, passOptions{hook: s.options.Hook, watch: s.options.Watch})
	s.emit(p, mat.Data[float32](h))
}

func (s *stepper) emit(p *pass, h []float32) {
	if len(s.wanted) == 0 {
		return
	}
	d, vocab := s.m.config.DModel, s.m.config.Vocab
	last := p.tensor(len(s.wanted), d)
	rows := mat.Data[float32](last)
	for i, r := range s.wanted {
		copy(rows[i*d:(i+1)*d], h[r*d:(r+1)*d])
	}
	logits := mat.Data[float32](s.m.network.logits(p, last))
	for i, r := range s.wanted {
		lane := s.inputs[s.rows[r].Lane].Lane
		lane.logits = append(lane.logits, logits[i*vocab:(i+1)*vocab]...)
	}
}
