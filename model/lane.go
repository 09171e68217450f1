package model

import "fmt"

// A Lane is one sequence being computed: its tokens, and the keys and values
// of every block. Lanes with a common beginning share memory. A lane belongs
// to one goroutine at a time, and so do lanes forked from each other.
type Lane struct {
	model  *Model
	tokens []int
	kv     []cache // by block
	logits []float32
}

// NewLane returns an empty lane.
func (m *Model) NewLane() *Lane {
	l := &Lane{model: m, kv: make([]cache, m.config.Layers)}
	for i := range l.kv {
		l.kv[i].width = m.config.KVHeads * m.config.HeadDim
	}
	return l
}

// Len is the number of positions computed at every block.
func (l *Lane) Len() int {
	n := len(l.tokens)
	for i := range l.kv {
		n = min(n, l.kv[i].n)
	}
	return n
}

// Tokens returns the ids of the computed positions; they must not be changed.
func (l *Lane) Tokens() []int { return l.tokens }

// Truncate forgets all positions from n on.
func (l *Lane) Truncate(n int) {
	if n < len(l.tokens) {
		l.tokens = l.tokens[:n]
	}
	for i := range l.kv {
		l.kv[i].truncate(n)
	}
}

// Fork returns a lane of the same positions that shares their memory.
func (l *Lane) Fork() *Lane {
	return l.ForkFrom(l.model.config.Layers-1, len(l.tokens))
}

// ForkFrom returns a lane for the same tokens whose stream may differ from
// l's only at or above layer, and there only from position on. Blocks up to
// layer share all keys and values; the blocks above share those before
// position, and the rest is for [Model.StepFrom] to compute.
func (l *Lane) ForkFrom(layer, position int) *Lane {
	n := len(l.tokens)
	fork := &Lane{model: l.model, tokens: append([]int(nil), l.tokens...), kv: make([]cache, len(l.kv))}
	for block := range l.kv {
		if block <= layer {
			fork.kv[block] = l.kv[block].fork(n)
		} else {
			fork.kv[block] = l.kv[block].fork(position)
		}
	}
	return fork
}

// Bytes is how much memory the lane's keys and values take, shared ones
// counted in full.
func (l *Lane) Bytes() int {
	n := 0
	for i := range l.kv {
		n += l.kv[i].bytes()
	}
	return n
}

// undo takes the lane back to where it was before a step that began at
// position start, and after block layer if its stream was stored.
func (l *Lane) undo(start, layer int, stored bool) {
	if !stored {
		l.Truncate(start)
		return
	}
	for block := layer + 1; block < len(l.kv); block++ {
		l.kv[block].truncate(start)
	}
}

// check reports why tokens cannot stand in the lane from position start on.
func (l *Lane) check(m *Model, start int, tokens []int) error {
	if l.model != m {
		return fmt.Errorf("the lane belongs to another model")
	}
	if n := start + len(tokens); n > m.config.Context {
		return &ContextError{Tokens: n, Context: m.config.Context}
	}
	for i, id := range tokens {
		if id < 0 || id >= m.config.Vocab {
			return fmt.Errorf("token %d of the input is id %d, but this model has ids 0 to %d", i, id, m.config.Vocab-1)
		}
	}
	return nil
}

// A ContextError says that a lane would outgrow the model's context.
type ContextError struct{ Tokens, Context int }

func (e *ContextError) Error() string {
	return fmt.Sprintf("%d tokens do not fit the model's context of %d", e.Tokens, e.Context)
}
