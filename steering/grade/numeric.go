package grade

import (
	"context"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/grade/formula"
)

// numeric compares the number that an output gives for its answer.
type numeric struct{}

func (numeric) Name() string { return "numeric" }

func (g numeric) Grade(_ context.Context, s Sample) (Grade, error) {
	return gradeNumber(g.Name(), s, answerNumber)
}

// lastNumber compares the last number of an output.
type lastNumber struct{}

func (lastNumber) Name() string { return "last-number" }

func (g lastNumber) Grade(_ context.Context, s Sample) (Grade, error) {
	return gradeNumber(g.Name(), s, formula.Last)
}

func gradeNumber(name string, s Sample, find func(string) (formula.Number, bool)) (Grade, error) {
	want, ok := answerNumber(s.Target)
	if !ok {
		return Grade{}, refuse(name, s, "the target %s has no number", badfile.Quote(s.Target))
	}
	got, ok := find(s.Output)
	if !ok {
		return Grade{Want: want.Text}, nil
	}
	return graded(got.Text, want.Text, want.Equal(got)), nil
}

// answerNumber is the number after "####", else the last one in the last box,
// else the first after "answer is", else the last one.
func answerNumber(text string) (formula.Number, bool) {
	if line, ok := afterHashes(text); ok {
		if n, ok := firstNumber(line); ok {
			return n, true
		}
	}
	if content, ok := lastBox(text); ok {
		if n, ok := formula.Last(content); ok {
			return n, true
		}
	}
	if phrase, ok := afterAnswer(text); ok {
		if n, ok := firstNumber(phrase); ok {
			return n, true
		}
	}
	return formula.Last(text)
}
