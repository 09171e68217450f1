package model

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/nlpodyssey/spago/mat"
)

// unembedRows is how many rows have their logits in the model's buffers at
// once: those of a large vocabulary take half a megabyte a row.
const unembedRows = 32

// Unembed applies the final norm and the output projection to rows of the
// residual stream, [n, d_model], and returns their logits, [n, vocab]. For rows
// after the last block these are the bits that a step returns; for rows of a
// lower layer they are what the stream would say if it ended there, the logit
// lens (nostalgebraist 2020).
func (m *Model) Unembed(ctx context.Context, rows []float32) (logits []float32, err error) {
	d := m.config.DModel
	if len(rows)%d != 0 {
		return nil, fmt.Errorf("%d values are not whole rows of a stream of width %d", len(rows), d)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.catchFault(debug.SetPanicOnFault(true), &err)
	logits = make([]float32, 0, len(rows)/d*m.config.Vocab)
	for chunk := range slices.Chunk(rows, unembedRows*d) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		logits = append(logits, m.unembed(chunk)...)
	}
	if err := m.checkpoint.Changed(); err != nil {
		return nil, err
	}
	return logits, m.checkLogits(ctx, logits, true)
}

// unembed returns logits that live until the buffers are used again.
func (m *Model) unembed(rows []float32) []float32 {
	m.buffers.pass.reset()
	m.buffers.block.reset()
	p := &pass{net: m, buffers: &m.buffers} // without rows: no position matters here
	h := p.stream(len(rows)/m.config.DModel, m.config.DModel)
	copy(mat.Data[float32](h), rows)
	return mat.Data[float32](m.network.logits(p, h))
}
