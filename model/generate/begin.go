package generate

import (
	"context"
	"fmt"
	"slices"

	"tiller/model"
)

// begin prepares new lanes: it computes every distinct prompt without steering,
// makes the editors from what was measured, and then what each plan changes.
func (s *Session) begin(ctx context.Context, lanes []*lane) error {
	need := map[string]needs{}
	for _, l := range lanes {
		k := key(l.Prompt.IDs())
		n, ok := need[k]
		if !ok {
			n.layers = map[int]bool{}
		}
		if l.Steering != nil {
			if layer, ok := l.Steering.LowestLayer(); ok {
				n.layers[layer] = true
			}
			n.drawn = n.drawn || l.Steering.NeedsDistributions()
		}
		need[k] = n
	}
	prefixes := map[string]*Prefix{}
	for _, l := range lanes {
		ids := l.Prompt.IDs()
		k := key(ids)
		if prefixes[k] == nil {
			p, err := s.options.Prefixes.get(ctx, s.model, ids, need[k])
			if err != nil {
				return fmt.Errorf("computing the prompt: %w", err)
			}
			prefixes[k] = p
		}
		if l.Steering != nil {
			editor, err := l.Steering.Editor(l.Prompt, prefixes[k].Measured())
			if err != nil {
				return err
			}
			l.editor = editor
		}
	}
	if s.options.Watch != nil {
		return s.beginApart(ctx, lanes)
	}
	return s.beginShared(ctx, lanes, prefixes)
}

// beginApart computes each lane's prompt from its first token.
func (s *Session) beginApart(ctx context.Context, lanes []*lane) error {
	inputs := make([]model.Input, len(lanes))
	for i, l := range lanes {
		l.lane = s.model.NewLane()
		inputs[i] = model.Input{Lane: l.lane, Tokens: l.Prompt.IDs(), Prompt: len(l.Prompt.Tokens)}
	}
	logits, err := s.model.Step(ctx, inputs, s.stepOptions(lanes))
	if err != nil {
		return err
	}
	for i, l := range lanes {
		l.logits = logits[i]
	}
	return nil
}

// beginShared forks each lane off its prompt's prefix and recomputes the rows
// that its plan changes. Lanes whose plans begin at one layer go together.
func (s *Session) beginShared(ctx context.Context, lanes []*lane, prefixes map[string]*Prefix) error {
	byLayer := map[int][]*lane{}
	inputs := map[int][]model.Input{}
	for _, l := range lanes {
		ids := l.Prompt.IDs()
		p := prefixes[key(ids)]
		l.logits = p.logits
		layer, first, edited := l.promptEdits()
		if !edited {
			l.lane = p.lane.Fork()
			continue
		}
		l.lane = p.lane.ForkFrom(layer, first)
		byLayer[layer] = append(byLayer[layer], l)
		inputs[layer] = append(inputs[layer], model.Input{
			Lane: l.lane, Tokens: ids[first:], Prompt: len(ids),
			Residual: p.residuals[layer][first*s.model.Config().DModel:],
		})
	}
	layers := make([]int, 0, len(byLayer))
	for layer := range byLayer {
		layers = append(layers, layer)
	}
	slices.Sort(layers)
	for _, layer := range layers {
		logits, err := s.model.StepFrom(ctx, layer, inputs[layer], s.stepOptions(byLayer[layer]))
		if err != nil {
			return err
		}
		for i, l := range byLayer[layer] {
			l.logits = logits[i]
		}
	}
	return nil
}

// promptEdits returns the lowest layer and the first prompt position at which
// the lane's stream differs from the unsteered one.
func (l *lane) promptEdits() (layer, position int, edited bool) {
	if l.editor == nil {
		return 0, 0, false
	}
	layer, ok := l.Steering.LowestLayer()
	if !ok {
		return 0, 0, false
	}
	position, edited = l.editor.FirstPosition()
	return layer, position, edited
}
