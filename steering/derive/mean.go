package derive

import (
	"context"

	"tiller/model"
	"tiller/model/tokenizer"
)

// Mean makes the mean of the positive rows minus that of the negative ones. It
// keeps sums only: where the rows don't fit into [Options].Memory, they are
// computed a second time to be scored. The tokenizer may be nil if prompts are
// bare ids.
func Mean(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, pairs []Pair, o Options) (*Result, error) {
	s, err := newSource([2]side{{model: m}, {model: m}}, t, pairs, o)
	if err != nil {
		return nil, err
	}
	return s.mean(ctx, "mean difference")
}

func (s *source) mean(ctx context.Context, method string) (*Result, error) {
	// The sums of differences by fold, so that each can be left out.
	sums := make([][][]float64, len(s.layers))
	for slot := range sums {
		sums[slot] = make([][]float64, s.folds)
		for fold := range sums[slot] {
			sums[slot][fold] = make([]float64, s.width)
		}
	}
	err := s.each(ctx, func(pair, class, slot int, row []float32) {
		sum := sums[slot][s.foldOf[pair]]
		if class == positive {
			for i, v := range row {
				sum[i] += float64(v)
			}
			return
		}
		for i, v := range row {
			sum[i] -= float64(v)
		}
	})
	if err != nil {
		return nil, err
	}
	found := make([]fit, len(s.layers))
	for slot := range found {
		found[slot].whole = s.meanOf(sums[slot], -1)
		if s.folds < 2 {
			continue
		}
		for fold := range s.folds {
			found[slot].without = append(found[slot].without, s.meanOf(sums[slot], fold))
		}
	}
	return s.result(ctx, method, found)
}

// meanOf is the mean difference without one fold; -1 for none.
func (s *source) meanOf(sums [][]float64, without int) []float64 {
	mean := make([]float64, s.width)
	for fold, sum := range sums {
		if fold != without {
			axpy(mean, 1, sum)
		}
	}
	multiply(mean, 1/float64(len(s.use(without))))
	return mean
}
