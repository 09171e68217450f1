package model

import (
	"fmt"

	"github.com/nlpodyssey/spago/mat"
)

// Forward runs whole sequences through the network as a differentiable graph
// and returns the logits of every row, [sum of lengths, vocab]. Each sequence
// is a lane of its own that starts at position 0. The hook may return streams
// that carry gradients to what it added; call spago's ag.Backward on a loss over the
// result.
func (m *Model) Forward(sequences [][]int, hook Hook) (mat.Tensor, error) {
	var rows []Row
	var ids []int
	for lane, sequence := range sequences {
		if err := m.NewLane().check(m, 0, sequence); err != nil {
			return nil, fmt.Errorf("sequence %d: %w", lane, err)
		}
		for position, id := range sequence {
			rows = append(rows, Row{Lane: lane, Position: position})
			ids = append(ids, id)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("there are no tokens to compute")
	}
	p := m.newPass(rows, nil, nil)
	h := m.through(p, -1, m.network.embed(p, ids), passOptions{hook: hook})
	return m.network.logits(p, h), nil
}
