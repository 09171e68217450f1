package eval

import (
	"context"
	"fmt"
	"slices"

	"tiller/model"
	"tiller/model/generate"
)

// Rows reads the residual stream at the last position of some prompts, by
// layer: [prompts, d_model] each.
func (m Model) Rows(ctx context.Context, prompts []generate.Prompt, layers []int) (map[int][][]float32, error) {
	out := map[int][][]float32{}
	for _, p := range prompts {
		ids := p.IDs()
		last := len(ids) - 1
		d := m.Config().DModel
		_, err := m.Step(ctx, []model.Input{{Lane: m.NewLane(), Tokens: ids, Prompt: len(ids), Want: model.WantNone}}, model.StepOptions{
			Watch: func(layer int, rows []model.Row, h []float32) {
				for i, row := range rows {
					if row.Position == last && slices.Contains(layers, layer) {
						out[layer] = append(out[layer], slices.Clone(h[i*d:(i+1)*d]))
					}
				}
			},
		})
		if err != nil {
			return nil, fmt.Errorf("reading the texts of a contrast: %w", err)
		}
	}
	return out, nil
}

// Contrasted is the rows of two classes of prompts at some layers, for controls
// that deal their labels out anew.
func (m Model) Contrasted(ctx context.Context, positive, negative []generate.Prompt, layers []int) (map[int]Contrast, error) {
	up, err := m.Rows(ctx, positive, layers)
	if err != nil {
		return nil, err
	}
	down, err := m.Rows(ctx, negative, layers)
	if err != nil {
		return nil, err
	}
	out := map[int]Contrast{}
	for _, layer := range layers {
		out[layer] = Contrast{Positive: up[layer], Negative: down[layer]}
	}
	return out, nil
}
