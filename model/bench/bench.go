// Package bench measures how fast a model runs on this machine, as a fraction
// of what its memory can deliver in the same run.
package bench

import (
	"context"
	"fmt"
	"time"

	"tiller/model"
	"tiller/model/kernel"
)

// Options say what to measure.
type Options struct {
	Lanes        int // lanes of the many-lane measurement
	PromptTokens int
	GenTokens    int // tokens generated in every lane
}

// Result is what was measured. Its JSON form is a contract.
type Result struct {
	PrefillTokensPerSecond float64 `json:"prefill_tokens_per_second"`
	// DecodeTokensPerSecond is for one lane, LaneTokensPerSecond the sum over
	// all lanes generated together.
	DecodeTokensPerSecond float64 `json:"decode_tokens_per_second"`
	LaneTokensPerSecond   float64 `json:"lane_tokens_per_second"`
	// WeightBytes are read for every generated token.
	WeightBytes   int64   `json:"weight_bytes"`
	ReadBandwidth float64 `json:"read_bandwidth_bytes_per_second"`
	// BandwidthFraction is the share of the read bandwidth that one lane's
	// weight reads reach.
	BandwidthFraction float64 `json:"bandwidth_fraction"`
	Threads           int     `json:"threads"`
	Lanes             int     `json:"lanes"`
	PeakRSSBytes      int64   `json:"peak_rss_bytes"`
	Kernel            string  `json:"kernel"`
}

// segment is how many tokens one lane and many lanes generate in turn, so that
// a machine whose speed drifts slows both alike.
const segment = 16

// bandwidthRuns is how often the machine's own speed is measured. The best
// counts: what disturbs a measurement only slows it.
const bandwidthRuns = 3

// Run measures m. It computes tokens that mean nothing.
func Run(ctx context.Context, m *model.Model, o Options) (Result, error) {
	if err := o.check(m); err != nil {
		return Result{}, err
	}
	r := Result{
		WeightBytes: m.WeightBytes(), Threads: m.Pool().Threads(), Lanes: o.Lanes, Kernel: kernel.Path(),
	}
	b := bencher{ctx: ctx, m: m, prompt: make([]int, o.PromptTokens)}
	for i := range b.prompt {
		b.prompt[i] = (i*7919 + 1) % m.Config().Vocab
	}
	if err := b.warmUp(); err != nil {
		return Result{}, err
	}
	one := b.lanes(1)
	prefill := b.prefill(one)
	many := b.lanes(o.Lanes)
	b.prefill(many)
	var oneTime, manyTime time.Duration
	for done := 0; done < o.GenTokens; done += segment {
		n := min(segment, o.GenTokens-done)
		oneTime += b.decode(one, n)
		manyTime += b.decode(many, n)
	}
	if b.err != nil {
		return Result{}, b.err
	}
	r.PeakRSSBytes = peakRSS() // before the bandwidth's own large buffer
	for range bandwidthRuns {
		r.ReadBandwidth = max(r.ReadBandwidth, kernel.ReadBandwidth(ctx, m.Pool()))
	}
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	r.PrefillTokensPerSecond = float64(o.PromptTokens) / prefill.Seconds()
	r.DecodeTokensPerSecond = float64(o.GenTokens) / oneTime.Seconds()
	r.LaneTokensPerSecond = float64(o.GenTokens*o.Lanes) / manyTime.Seconds()
	r.BandwidthFraction = float64(r.WeightBytes) * r.DecodeTokensPerSecond / r.ReadBandwidth
	return r, nil
}

// maxLanes bounds the memory that a benchmark takes.
const maxLanes = 256

func (o Options) check(m *model.Model) error {
	if o.Lanes < 1 || o.PromptTokens < 1 || o.GenTokens < 1 {
		return fmt.Errorf("a benchmark needs at least one lane, one prompt token and one token to generate")
	}
	if o.Lanes > maxLanes {
		return fmt.Errorf("%d lanes are more than the %d that a benchmark runs at most", o.Lanes, maxLanes)
	}
	if room := m.Config().Context; o.PromptTokens > room || o.GenTokens > room-o.PromptTokens {
		return fmt.Errorf("%d prompt tokens and %d to generate do not fit the model's context of %d: ask for fewer", o.PromptTokens, o.GenTokens, m.Config().Context)
	}
	return nil
}

// A bencher runs timed pieces of work and remembers the first error.
type bencher struct {
	ctx    context.Context
	m      *model.Model
	prompt []int
	err    error
}

// warmUp reads every weight once, so that a file not yet in memory is not
// measured.
func (b *bencher) warmUp() error {
	_, err := b.m.Step(b.ctx, []model.Input{{Lane: b.m.NewLane(), Tokens: b.prompt[:1]}}, model.StepOptions{})
	return err
}

func (b *bencher) lanes(n int) []*model.Lane {
	lanes := make([]*model.Lane, n)
	for i := range lanes {
		lanes[i] = b.m.NewLane()
	}
	return lanes
}

func (b *bencher) prefill(lanes []*model.Lane) time.Duration {
	return b.step(lanes, b.prompt, 1)
}

func (b *bencher) decode(lanes []*model.Lane, n int) time.Duration {
	return b.step(lanes, b.prompt[:1], n)
}

// step feeds the same tokens to every lane, n times.
func (b *bencher) step(lanes []*model.Lane, tokens []int, n int) time.Duration {
	inputs := make([]model.Input, len(lanes))
	for i, lane := range lanes {
		inputs[i] = model.Input{Lane: lane, Tokens: tokens}
	}
	start := time.Now()
	for range n {
		if b.err == nil {
			_, b.err = b.m.Step(b.ctx, inputs, model.StepOptions{})
		}
	}
	return time.Since(start)
}
