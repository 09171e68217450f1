package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// keeper keeps what the measurements of a stage of a build have found, so that
// a later call of the same stage, which measures the same in the same order,
// goes on from there. It reaches [Measure] in a context, past functions that
// know nothing of builds.
type keeper struct {
	prefix string // of files, each with the number of a measurement after it
	due    func() bool
	made   int // measurements so far
}

type keeperKey struct{}

// keepMeasurements returns a context whose measurements are kept.
func (b *builder) keepMeasurements(ctx context.Context) context.Context {
	due := b.options.SaveNow
	if due == nil {
		due = func() bool { return false }
	}
	return context.WithValue(ctx, keeperKey{}, &keeper{prefix: b.state(b.at + ".measured"), due: due})
}

// kept is where one measurement is kept; nil for nowhere.
type kept struct {
	path string
	due  func() bool
	Measured
}

// Measured is how far a measurement is. Lanes and Problems tell it from others.
type Measured struct {
	Lanes    []string `json:"lanes"`
	Problems []string `json:"problems"`
	// Model is the number of the model at work, in the order of first use, and
	// Problem that of the first problem that it has not been asked.
	Model    int       `json:"model"`
	Problem  int       `json:"problem"`
	Done     int       `json:"done"` // answers
	Outcomes []Outcome `json:"outcomes"`
}

// keep finds out how far this measurement was, if anybody keeps it.
func (g *measurement) keep(ctx context.Context) error {
	all, ok := ctx.Value(keeperKey{}).(*keeper)
	if !ok {
		return nil
	}
	all.made++
	g.kept = &kept{path: fmt.Sprintf("%s-%d", all.prefix, all.made), due: all.due}
	for _, l := range g.lanes {
		g.kept.Lanes = append(g.kept.Lanes, l.Name)
	}
	for _, p := range g.problems {
		g.kept.Problems = append(g.kept.Problems, p.ID)
	}
	data, err := os.ReadFile(g.kept.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the measurement can't be continued: %w", err)
	}
	var was Measured
	if err := json.Unmarshal(data, &was); err != nil {
		return fmt.Errorf("the measurement can't be continued: %s can't be read: %w", g.kept.path, err)
	}
	if !slices.Equal(was.Lanes, g.kept.Lanes) || !slices.Equal(was.Problems, g.kept.Problems) || len(was.Outcomes) != len(g.lanes) {
		return fmt.Errorf("the measurement can't be continued: %s is of another", g.kept.path)
	}
	g.kept.Measured, g.outcomes, g.done = was, was.Outcomes, was.Done
	return nil
}

// resume is the first problem that the n-th model is to be asked, and the
// context to ask it in: what is kept is kept after whole problems, so that
// those that were begun are brought to their end.
func (g *measurement) resume(ctx context.Context, n int) (int, context.Context) {
	switch k := g.kept; {
	case k == nil:
		return 0, ctx
	case n < k.Model:
		return len(g.problems), ctx
	case n > k.Model:
		return 0, context.WithoutCancel(ctx)
	default:
		return k.Problem, context.WithoutCancel(ctx)
	}
}

// reached notes that one model has been asked all problems before one, and
// saves that if it is time to, or the end.
func (g *measurement) reached(ctx context.Context, model, problem int) error {
	k := g.kept
	if k == nil {
		return nil
	}
	k.Model, k.Problem, k.Done, k.Outcomes = model, problem, g.done, g.outcomes
	if ctx.Err() == nil && g.done < len(g.problems)*len(g.lanes) && !k.due() {
		return nil
	}
	data, err := json.Marshal(k.Measured)
	if err != nil {
		return fmt.Errorf("the measurement can't be kept: %w", err)
	}
	return write(k.path, data)
}
