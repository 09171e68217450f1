package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
)

// Limits of what a problem is asked: all its answers are begun together, and
// each takes memory.
const (
	mostDraws   = 10_000 // of a kind of control, and samples of a lane
	mostAnswers = 20_000 // to one problem, in all lanes
)

// checkAmounts refuses more answers than can be wanted, and controls that say
// nothing.
func (o *evalFlags) checkAmounts(cmd *cobra.Command) error {
	switch {
	case o.lanes.draws > mostDraws:
		return usagef(cmd, "--draws is %d, but may be at most %d", o.lanes.draws, mostDraws)
	case o.samples > mostDraws:
		return usagef(cmd, "--samples is %d, but may be at most %d", o.samples, mostDraws)
	}
	for _, flag := range []string{"control-kinds", "control-strengths", "draws"} {
		if cmd.Flags().Changed(flag) && !o.lanes.controls {
			return usagef(cmd, "--%s needs --controls", flag)
		}
	}
	for i, kind := range o.lanes.kinds {
		if slices.Contains(o.lanes.kinds[:i], kind) {
			return usagef(cmd, "--control-kinds has %q twice", kind)
		}
	}
	for i, x := range o.lanes.strengths {
		switch {
		case !(x > 0) || math.IsInf(x, 0):
			return usagef(cmd, "--control-strengths has %g, but takes numbers above 0", x)
		case slices.Contains(o.lanes.strengths[:i], x):
			return usagef(cmd, "--control-strengths has %g twice", x)
		}
	}
	return nil
}

// checkAnswers refuses a run that asks each problem too often.
func checkAnswers(cmd *cobra.Command, s eval.Spec) error {
	if n := len(s.Lanes) * s.Samples; n > mostAnswers {
		return usagef(cmd, "%d lanes with %d samples ask each problem %d times, but %d are the most: lower --draws or --samples", len(s.Lanes), s.Samples, n, mostAnswers)
	}
	return nil
}

// nothingGenerated is an error if no answer of a run could be generated, as
// where a set's words are none of the model's: its scores then say nothing.
func nothingGenerated(s *summary.Summary) error {
	if s.Shard != nil || !s.NothingGenerated() { // others of its shards may have answers
		return nil
	}
	for i := range s.Lanes {
		if f := s.Lanes[i].Failures; len(f) > 0 {
			return fmt.Errorf("not one answer could be generated; the first is to %s: %s", badfile.Quote(f[0].ID), f[0].Error)
		}
	}
	return errors.New("not one answer could be generated")
}
