package derive

import (
	"context"
	"fmt"

	"tiller/model"
	"tiller/model/tokenizer"
)

// Models makes the mean of one model's rows minus another's on the same texts:
// thinking minus base, to be added to base. In each pair, Positive is the text
// as the thinking model's tokenizer cuts it, Negative as the base model's does;
// both have to come to the same ids, and the models to the same shape. t is the
// base model's tokenizer.
func Models(ctx context.Context, base, thinking *model.Model, t *tokenizer.Tokenizer, pairs []Pair, o Options) (*Result, error) {
	a, b := base.Config(), thinking.Config()
	for _, x := range []struct {
		what           string
		base, thinking int
	}{
		{"layers", a.Layers, b.Layers}, {"values a row", a.DModel, b.DModel},
	} {
		if x.base != x.thinking {
			return nil, fmt.Errorf("the two models can't be subtracted: the base model has %d %s, the other one %d", x.base, x.what, x.thinking)
		}
	}
	for i, p := range pairs {
		if at, same := parts(p); !same {
			return nil, fmt.Errorf("%s: the two models' tokenizers cut the text differently, first at token %d: their activations can't be subtracted", label(pairs, i), at)
		}
	}
	s, err := newSource([2]side{positive: {model: thinking}, negative: {model: base}}, t, pairs, o)
	if err != nil {
		return nil, err
	}
	s.normsOf = []int{negative} // it is the base model that the vector is for
	r, err := s.mean(ctx, "difference of two models")
	if err != nil {
		return nil, err
	}
	r.Vector.Meta["thinking_fingerprint"] = thinking.Checkpoint().Fingerprint()
	return r, nil
}

// parts is the first token in which a pair's texts differ.
func parts(p Pair) (at int, same bool) {
	a, b := p.Positive.Tokens, p.Negative.Tokens
	for at < len(a) && at < len(b) {
		if a[at].ID != b[at].ID {
			return at, false
		}
		at++
	}
	return at, len(a) == len(b)
}
