package generate

import (
	"context"

	"tiller/model"
)

// Logits computes a prompt, steered unless steering is nil, and returns the
// logits after its last token or, with model.WantAll, after every token,
// [wanted, vocab]. The editor tells what the plan did; nil without one.
func Logits(ctx context.Context, m *model.Model, prompt Prompt, steering Steering, want model.Want) ([]float32, Editor, error) {
	r := Request{Prompt: prompt, Steering: steering}
	if err := r.check(m); err != nil {
		return nil, nil, err
	}
	ids := prompt.IDs()
	var editor Editor
	if steering != nil {
		p, err := computePrefix(ctx, m, ids, needs{drawn: steering.NeedsDistributions()})
		if err != nil {
			return nil, nil, err
		}
		if editor, err = steering.Editor(prompt, p.Measured()); err != nil {
			return nil, nil, err
		}
	}
	logits, err := m.Step(ctx, []model.Input{{Lane: m.NewLane(), Tokens: ids, Prompt: len(ids), Want: want}},
		model.StepOptions{Hook: hookFor([]Editor{editor}, m.Config().DModel)})
	if err != nil {
		return nil, nil, err
	}
	return logits[0], editor, nil
}
