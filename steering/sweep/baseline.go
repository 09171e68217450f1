package sweep

import (
	"context"
	"fmt"

	"tiller/model"
	"tiller/model/tokenizer"
)

// Baseline says how a model does without steering on problems, as [Run] has it
// for its own: greedily, in at most o.MaxTokens tokens, which are at least one.
// It serves to put another model beside a grid. When ctx ends, what is there is
// returned with its error, and so it is with any other.
func Baseline(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, items []Item, o Options) (Tally, error) {
	if err := checkItems(m, items); err != nil {
		return Tally{}, err
	}
	if o.MaxTokens < 1 {
		return Tally{}, fmt.Errorf("the most tokens of an answer are %d, which leaves no answer", o.MaxTokens)
	}
	if o.Batch <= 0 {
		o.Batch = defaultBatch(m.Config(), items, o.MaxTokens)
	}
	r := run{model: m, tokenizer: t, items: items, options: o, lanes: []lane{newLane(-1, -1, len(items))}, total: len(items)}
	err := r.all(ctx)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return r.lanes[0].cell.Tally, err
}
