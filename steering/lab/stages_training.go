package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"

	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
)

// trainer is what makes a model step by step.
type trainer interface {
	Step(context.Context) (Progress, error)
	Done() bool
	Save(path string) error
	Load(path string) error
}

// Point is a training at one of its steps. What was not measured is null.
type Point struct {
	Step int `json:"step"`
	// Loss is per token, Reward the share of sampled answers that were right.
	Loss   *float64 `json:"loss,omitempty"`
	Reward *float64 `json:"reward,omitempty"`
	// Score is the share of tune problems answered right without a header,
	// LessonScore with that of a lesson.
	Score       *float64 `json:"score,omitempty"`
	LessonScore *float64 `json:"lesson_score,omitempty"`
}

// watched are the steps of a training that are kept for its curve.
type watched struct {
	every int
	// score fills in what the trainer does not know; nil for nothing.
	score func(context.Context, *Point) error
}

// train takes all steps that are left. An interrupt ends it between two steps
// with a checkpoint, from which another call goes on to the same weights.
func (b *builder) train(ctx context.Context, t trainer, w watched) ([]Point, error) {
	checkpoint, curveFile := b.at+".checkpoint", b.at+".curve"
	curve := []Point{}
	if _, err := os.Stat(b.state(checkpoint)); err == nil {
		if err := t.Load(b.state(checkpoint)); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(b.state(curveFile))
		if err != nil {
			return nil, fmt.Errorf("the training can't be continued: %w", err)
		}
		if err := json.Unmarshal(data, &curve); err != nil {
			return nil, fmt.Errorf("the training can't be continued: %s can't be read: %w", b.state(curveFile), err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the training can't be continued: %w", err)
	}
	// The curve goes first: points after the checkpoint's step are dropped,
	// but missing ones could not be had again.
	save := func() error {
		if err := b.keep(curveFile, curve); err != nil {
			return err
		}
		return t.Save(b.state(checkpoint))
	}
	// A step that is cut off halfway would leave a trainer that is neither
	// here nor there.
	whole := context.WithoutCancel(ctx)
	score := nan
	for first := true; !t.Done(); first = false {
		if err := ctx.Err(); err != nil {
			if failed := save(); failed != nil {
				return nil, failed
			}
			return nil, err
		}
		p, err := t.Step(whole)
		if err != nil {
			return nil, err
		}
		if first {
			curve = slices.DeleteFunc(curve, func(c Point) bool { return c.Step >= p.Step })
		}
		if p.Step%w.every == 0 || p.Step == p.Steps {
			point := Point{Step: p.Step, Loss: orNil(p.Loss), Reward: orNil(p.Reward)}
			if w.score != nil {
				if err := w.score(whole, &point); err != nil {
					return nil, err
				}
				score = *point.Score
			}
			curve = append(curve, point)
		}
		p.Score = score
		b.report(p)
		if b.options.SaveNow != nil && b.options.SaveNow() {
			if err := save(); err != nil {
				return nil, err
			}
		}
	}
	// So that nothing has to be learnt again if the model can't be written.
	return curve, save()
}

// orNil is x, or nil for NaN.
func orNil(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

func makeBase(ctx context.Context, b *builder, into string) (any, error) {
	t, err := b.tokenizer()
	if err != nil {
		return nil, err
	}
	tune, err := problem.Generate(problem.Tune, nil, b.recipe.Watch.Problems, b.recipe.Splits.Seed)
	if err != nil {
		return nil, err
	}
	p, err := NewPretrainer(ctx, b.recipe.Base, b.modelOptions())
	if err != nil {
		return nil, err
	}
	defer p.Model.Close()
	lanes := []Lane{{Name: "base", Model: p.Model}, {Name: "prompt", Model: p.Model, Header: corpus.LessonHeader}}
	curve, err := b.train(ctx, p, watched{b.recipe.Watch.Every, func(ctx context.Context, at *Point) error {
		outcomes, err := Measure(ctx, t, tune, lanes, MeasureOptions{})
		if err == nil {
			at.Score, at.LessonScore = orNil(outcomes[0].Score()), orNil(outcomes[1].Score())
		}
		return err
	}})
	if err != nil {
		return nil, err
	}
	return curve, writeModel(into, p.Model)
}

func makeThinking(ctx context.Context, b *builder, into string) (any, error) {
	t, err := b.tokenizer()
	if err != nil {
		return nil, err
	}
	m, err := b.folder().model(ctx, stageBase, b.modelOptions())
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r, err := NewReinforcer(m, t, b.recipe.Thinking)
	if err != nil {
		return nil, err
	}
	curve, err := b.train(ctx, r, watched{every: 1})
	if err != nil {
		return nil, err
	}
	return curve, writeModel(into, m)
}
