package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/steering/statistics"
)

// laneColumns are those of a table with one row a lane. What is not defined is
// an empty cell.
var laneColumns = [...]struct {
	name string
	of   func(l *summary.Lane) string
}{
	{"name", func(l *summary.Lane) string { return l.Name }},
	{"kind", func(l *summary.Lane) string { return string(l.Kind) }},
	{"plan", func(l *summary.Lane) string { return l.Plan }},
	{"control", func(l *summary.Lane) string { return l.Control }},
	{"of", func(l *summary.Lane) string { return l.Of }},
	{"draw", func(l *summary.Lane) string {
		if l.Kind != eval.Control {
			return ""
		}
		return strconv.Itoa(l.Draw)
	}},
	{"strength", func(l *summary.Lane) string {
		if l.Tuned == nil {
			return ""
		}
		return float(l.Tuned.Strength)
	}},
	{"n", func(l *summary.Lane) string { return strconv.Itoa(l.N) }},
	{"missing", func(l *summary.Lane) string { return strconv.Itoa(l.Missing) }},
	{"score", func(l *summary.Lane) string { return maybe(l.Score) }},
	{"ci95_low", func(l *summary.Lane) string { return low(l.CI95) }},
	{"ci95_high", func(l *summary.Lane) string { return high(l.CI95) }},
	{"paired", func(l *summary.Lane) string { return strconv.Itoa(l.Paired) }},
	{"delta", func(l *summary.Lane) string { return maybe(l.Delta) }},
	{"delta_ci95_low", func(l *summary.Lane) string { return low(l.DeltaCI95) }},
	{"delta_ci95_high", func(l *summary.Lane) string { return high(l.DeltaCI95) }},
	{"mcnemar_p", func(l *summary.Lane) string { return maybe(l.McNemarP) }},
	{"holm_p", func(l *summary.Lane) string { return maybe(l.HolmP) }},
	{"rank_p", func(l *summary.Lane) string { return maybe(l.RankP) }},
	{"wrong_way", func(l *summary.Lane) string { return maybe(l.WrongWay) }},
	{"delta_prompt", func(l *summary.Lane) string { return maybe(l.DeltaPrompt) }},
	{"delta_prompt_ci95_low", func(l *summary.Lane) string { return low(l.DeltaPromptCI95) }},
	{"delta_prompt_ci95_high", func(l *summary.Lane) string { return high(l.DeltaPromptCI95) }},
	{"mcnemar_prompt_p", func(l *summary.Lane) string { return maybe(l.McNemarPromptP) }},
	{"recovered_gap", func(l *summary.Lane) string { return maybe(l.RecoveredGap) }},
	{"recovered_gap_ci95_low", func(l *summary.Lane) string { return low(l.RecoveredGapCI95) }},
	{"recovered_gap_ci95_high", func(l *summary.Lane) string { return high(l.RecoveredGapCI95) }},
	{"steered_fraction", func(l *summary.Lane) string { return maybe(l.SteeredFraction) }},
	{"prompt_edits", func(l *summary.Lane) string { return strconv.Itoa(l.PromptEdits) }},
	{"row_edits", func(l *summary.Lane) string { return strconv.Itoa(l.RowEdits) }},
	{"tokens", func(l *summary.Lane) string { return strconv.Itoa(l.Tokens) }},
	{"tokens_per_answer", func(l *summary.Lane) string { return maybe(l.TokensPerAnswer) }},
	{"stops", stops},
	{"truncated", func(l *summary.Lane) string { return maybe(l.Truncated) }},
	{"found", func(l *summary.Lane) string { return maybe(l.Found) }},
	{"lost", func(l *summary.Lane) string { return strconv.FormatBool(l.Lost) }},
	{"broken", func(l *summary.Lane) string { return strconv.Itoa(l.Broken) }},
	{"refused", func(l *summary.Lane) string { return strconv.Itoa(l.Refused) }},
	{"kl_per_token", func(l *summary.Lane) string { return maybe(l.KLPerToken) }},
	{"base_perplexity", func(l *summary.Lane) string { return maybe(l.BasePerplexity) }},
	{"repetition", func(l *summary.Lane) string { return maybe(l.Repetition) }},
	{"guard_n", onGuard(func(f *summary.Figures) string { return strconv.Itoa(f.N) })},
	{"guard_score", onGuard(func(f *summary.Figures) string { return maybe(f.Score) })},
	{"guard_delta", onGuard(func(f *summary.Figures) string { return maybe(f.Delta) })},
	{"guard_delta_ci95_low", onGuard(func(f *summary.Figures) string { return low(f.DeltaCI95) })},
	{"guard_delta_ci95_high", onGuard(func(f *summary.Figures) string { return high(f.DeltaCI95) })},
	{"guard_mcnemar_p", onGuard(func(f *summary.Figures) string { return maybe(f.McNemarP) })},
}

func onGuard(of func(f *summary.Figures) string) func(l *summary.Lane) string {
	return func(l *summary.Lane) string {
		if l.Guard == nil {
			return ""
		}
		return of(l.Guard)
	}
}

// stops are a lane's, as "eos 12, length 3".
func stops(l *summary.Lane) string {
	var out []string
	for _, s := range slices.Sorted(maps.Keys(l.Stops)) {
		out = append(out, fmt.Sprintf("%s %d", s, l.Stops[s]))
	}
	return strings.Join(out, ", ")
}

// Lanes writes CSV with one row a lane, in the run's order. Scores are shares,
// not percent.
func Lanes(w io.Writer, s *summary.Summary) error {
	c := csv.NewWriter(w)
	var row []string
	for _, column := range laneColumns {
		row = append(row, column.name)
	}
	if err := c.Write(row); err != nil {
		return err
	}
	for i := range s.Lanes {
		row = row[:0]
		for _, column := range laneColumns {
			row = append(row, column.of(&s.Lanes[i]))
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// sampleColumns are those of a table with one row a sample.
var sampleColumns = [...]struct {
	name string
	of   func(p *eval.Problem, x *eval.Sample) string
}{
	{"id", func(p *eval.Problem, _ *eval.Sample) string { return p.ID }},
	{"guard", func(p *eval.Problem, _ *eval.Sample) string { return strconv.FormatBool(p.Guard) }},
	{"family", func(p *eval.Problem, _ *eval.Sample) string { return p.Family }},
	{"lane", func(_ *eval.Problem, x *eval.Sample) string { return x.Lane }},
	{"draw", func(_ *eval.Problem, x *eval.Sample) string { return strconv.Itoa(x.Draw) }},
	{"score", func(_ *eval.Problem, x *eval.Sample) string { return float(x.Score) }},
	{"found", func(_ *eval.Problem, x *eval.Sample) string { return strconv.FormatBool(x.Found) }},
	{"extracted", func(_ *eval.Problem, x *eval.Sample) string { return x.Extracted }},
	{"target", func(p *eval.Problem, _ *eval.Sample) string { return p.Target }},
	{"tokens", func(_ *eval.Problem, x *eval.Sample) string { return strconv.Itoa(x.Tokens) }},
	{"stop", func(_ *eval.Problem, x *eval.Sample) string { return string(x.Stop) }},
	{"error", func(_ *eval.Problem, x *eval.Sample) string { return x.Error }},
	{"steered", func(_ *eval.Problem, x *eval.Sample) string { return strconv.Itoa(x.Steered) }},
	{"prompt_edits", func(_ *eval.Problem, x *eval.Sample) string { return strconv.Itoa(x.PromptEdits) }},
	{"row_edits", func(_ *eval.Problem, x *eval.Sample) string { return strconv.Itoa(x.RowEdits) }},
	{"logprob", func(_ *eval.Problem, x *eval.Sample) string { return float(x.LogProb) }},
	{"base_logprob", func(_ *eval.Problem, x *eval.Sample) string { return maybe(x.BaseLogProb) }},
	{"kl", func(_ *eval.Problem, x *eval.Sample) string { return maybe(x.KL) }},
	{"repetition", func(_ *eval.Problem, x *eval.Sample) string { return float(x.Repetition) }},
	{"question", func(p *eval.Problem, _ *eval.Sample) string { return p.Question }},
	{"output", func(_ *eval.Problem, x *eval.Sample) string { return x.Output }},
}

// Samples writes CSV with one row a sample of a run's folder, whose summary is
// s: lane by lane in the run's order, the set before the guard set.
func Samples(w io.Writer, run string, s *summary.Summary) error {
	c := csv.NewWriter(w)
	var row []string
	for _, column := range sampleColumns {
		row = append(row, column.name)
	}
	if err := c.Write(row); err != nil {
		return err
	}
	err := byLane(run, s, func(a answers) error {
		for i, x := range a.samples {
			row = row[:0]
			for _, column := range sampleColumns {
				row = append(row, column.of(a.problems[i], x))
			}
			if err := c.Write(row); err != nil {
				return err
			}
		}
		return nil
	})
	c.Flush()
	if err != nil {
		return err
	}
	return c.Error()
}

func float(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func maybe(x *float64) string {
	if x == nil {
		return ""
	}
	return float(*x)
}

func low(i statistics.Interval) string {
	if !i.Defined() {
		return ""
	}
	return float(i.Low)
}

func high(i statistics.Interval) string {
	if !i.Defined() {
		return ""
	}
	return float(i.High)
}
