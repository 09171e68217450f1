package sweep

import (
	"context"
	"fmt"
	"testing"

	"tiller/model/generate"
	"tiller/steering"
)

// BenchmarkRun fills a grid of 4 layers and 10 strengths over 48 problems on
// the embedded model. cells*items/s is what counts; "apart" is the same cells
// as 40 runs over the problems, each without the unsteered model.
func BenchmarkRun(b *testing.B) {
	const problems = 48
	w := newWorld(b)
	g := grid(b, demo, []int{0, 1, 2, 3}, .1, .2, .3, .4, .5, .6, .8, 1, 1.5, 2)
	per := func(b *testing.B) {
		pairs := b.N * problems * len(g.Layers) * len(g.Strengths)
		b.ReportMetric(float64(pairs)/b.Elapsed().Seconds(), "cells*items/s")
	}
	for _, o := range []Options{{}, {MaxTokens: maxTokens}, {MaxTokens: maxTokens, Batch: 48}} {
		b.Run(fmt.Sprintf("tokens=%d/batch=%d", o.MaxTokens, o.Batch), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := Run(context.Background(), w.model, w.tokenizer, w.vectors, g, w.items[:problems], o, nil); err != nil {
					b.Fatal(err)
				}
			}
			per(b)
		})
	}
	b.Run("apart", func(b *testing.B) {
		for b.Loop() {
			for _, layer := range g.Layers {
				for _, strength := range g.Strengths {
					w.answer(b, g.PlanAt(layer, strength), problems)
				}
			}
		}
		per(b)
	})
}

// answer lets a plan answer problems in one session.
func (w *world) answer(b *testing.B, plan steering.Plan, problems int) {
	c := w.model.Config()
	bound, err := steering.Bind(plan, c.Layers, c.DModel, w.vectors)
	if err != nil {
		b.Fatal(err)
	}
	var requests []generate.Request
	for _, item := range w.items[:problems] {
		requests = append(requests, generate.Request{Prompt: item.Prompt, Steering: steering.Lanes{Bound: bound, Tokenizer: w.tokenizer}, MaxTokens: maxTokens})
	}
	s, err := generate.NewSession(context.Background(), w.model, w.tokenizer, requests, generate.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for !s.Done() {
		if _, err := s.Next(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
