package grade

import (
	"context"
	"fmt"
	"math"
	"unicode/utf8"
)

// likelihood grades by log-probabilities.
type likelihood struct {
	name  string
	needs Needs
	grade func(s Sample) (Grade, error)
}

func (l likelihood) Name() string { return l.name }

func (l likelihood) Grade(_ context.Context, s Sample) (Grade, error) {
	for i, p := range s.LogProbs {
		if math.IsNaN(p) || math.IsInf(p, 1) {
			return Grade{}, refuse(l.name, s, "log-probability %d of %d is %g", i+1, len(s.LogProbs), p)
		}
	}
	g, err := l.grade(s)
	if err != nil {
		return Grade{}, refuse(l.name, s, "%w", err)
	}
	return g, nil
}

func likeliest(s Sample) (Grade, error) { return byLikelihood(s, s.LogProbs) }

func likeliestPerCharacter(s Sample) (Grade, error) { return perLength(s, utf8.RuneCountInString) }

func likeliestPerByte(s Sample) (Grade, error) {
	return perLength(s, func(choice string) int { return len(choice) })
}

func perLength(s Sample, length func(string) int) (Grade, error) {
	if err := oneEach(s); err != nil {
		return Grade{}, err
	}
	scaled, err := PerLength(s.Choices, s.LogProbs, length)
	if err != nil {
		return Grade{}, err
	}
	return byLikelihood(s, scaled)
}

// PerLength divides the log-probability of each choice by its length, as
// lm-evaluation-harness does for acc_norm, where the length is in characters,
// and acc_bytes, in bytes. The slices have one length. A choice that is empty
// is an error.
func PerLength(choices []string, logProbs []float64, length func(string) int) ([]float64, error) {
	out := make([]float64, len(choices))
	for i, c := range choices {
		n := length(c)
		if n == 0 {
			return nil, fmt.Errorf("choice %d is empty, and a log-probability per its length means nothing", i+1)
		}
		out[i] = logProbs[i] / float64(n)
	}
	return out, nil
}

// Likeliest is the index of the largest log-probability, the first one of
// several; -1 if there are none.
func Likeliest(logProbs []float64) int {
	best := -1
	for i, p := range logProbs {
		if best < 0 || p > logProbs[best] {
			best = i
		}
	}
	return best
}

func byLikelihood(s Sample, scores []float64) (Grade, error) {
	if err := oneEach(s); err != nil {
		return Grade{}, err
	}
	right, err := targetChoice(s)
	if err != nil {
		return Grade{}, err
	}
	best := Likeliest(scores)
	return graded(s.Choices[best], s.Choices[right], best == right), nil
}

// oneEach checks that every choice has its log-probability.
func oneEach(s Sample) error {
	if len(s.Choices) == 0 {
		return fmt.Errorf("it has no choices")
	}
	if len(s.Choices) != len(s.LogProbs) {
		return fmt.Errorf("it has %d choices and %d log-probabilities", len(s.Choices), len(s.LogProbs))
	}
	return nil
}

// LogitDifference is by how much the logit of the matching answer is above that
// of the other. Log-probabilities of one distribution have the same difference.
func LogitDifference(matching, other float64) float64 { return matching - other }

func logitDifference(s Sample) (Grade, error) {
	if err := oneEach(s); err != nil {
		return Grade{}, err
	}
	if len(s.Choices) != 2 {
		return Grade{}, fmt.Errorf("it has %d choices; the difference is between two", len(s.Choices))
	}
	right, err := targetChoice(s)
	if err != nil {
		return Grade{}, err
	}
	d := LogitDifference(s.LogProbs[right], s.LogProbs[1-right])
	if math.IsNaN(d) || math.IsInf(d, 0) {
		return Grade{}, fmt.Errorf("the difference of %g and %g is no number", s.LogProbs[right], s.LogProbs[1-right])
	}
	return Grade{Score: d, Extracted: s.Choices[Likeliest(s.LogProbs)], Found: true, Want: s.Choices[right]}, nil
}

// TargetLogProb is the log-probability of a text, in nats, given that of each
// of its tokens; 0 for none.
func TargetLogProb(logProbs []float64) float64 {
	var sum float64
	for _, p := range logProbs {
		sum += p
	}
	return sum
}

func targetLogProb(s Sample) (Grade, error) {
	if len(s.LogProbs) == 0 {
		return Grade{}, fmt.Errorf("the target has no tokens")
	}
	sum := TargetLogProb(s.LogProbs)
	if math.IsInf(sum, 0) {
		return Grade{}, fmt.Errorf("the target has a probability of 0")
	}
	return Grade{Score: sum, Extracted: s.Target, Found: true, Want: s.Target}, nil
}
