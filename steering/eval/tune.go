package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"tiller/model/generate"
	"tiller/steering/eval/evalset"
)

// Tuned is what was chosen on the tune set: tune.json.
type Tuned struct {
	Problems int                  `json:"problems"`
	Lanes    map[string]TunedLane `json:"lanes"` // by name
}

// TunedLane is a control's best strength.
type TunedLane struct {
	Strength float64      `json:"strength"` // times that of its plan
	Sweep    []SweepPoint `json:"sweep"`
}

// SweepPoint is a control at one strength on the tune set.
type SweepPoint struct {
	Strength float64 `json:"strength"`
	Score    float64 `json:"score"`
}

// ReadTuned reads the tune.json of a folder; an empty one if there is none.
func ReadTuned(path string) (Tuned, error) {
	t := Tuned{Lanes: map[string]TunedLane{}}
	data, err := os.ReadFile(filepath.Join(path, tuneFile))
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err != nil {
		return t, fmt.Errorf("%s: %w", filepath.Join(path, tuneFile), err)
	}
	return t, nil
}

// prepare writes the problems down and makes the lanes, first choosing the
// strengths of controls that may choose.
func (c *computation) prepare(ctx context.Context) error {
	if err := c.gather(); err != nil { // first, so that what is stopped can be shown
		return err
	}
	tuned, err := ReadTuned(c.Folder.path)
	if err != nil {
		return err
	}
	var open []LaneSpec
	for _, s := range c.spec.Lanes {
		if _, chosen := tuned.Lanes[s.Name]; len(s.Strengths) > 1 && !chosen {
			open = append(open, s)
		}
	}
	if len(open) > 0 {
		if c.Tune == nil {
			return fmt.Errorf("the control %q may choose its strength, but there is no set to choose it on", open[0].Name)
		}
		if err := c.tune(ctx, open, &tuned); err != nil {
			return err
		}
		if err := writeJSON(filepath.Join(c.Folder.path, tuneFile), tuned); err != nil {
			return err
		}
	}
	for _, s := range c.spec.Lanes {
		factor := 1.0
		if t, ok := tuned.Lanes[s.Name]; ok {
			factor = t.Strength
		} else if len(s.Strengths) == 1 {
			factor = s.Strengths[0]
		}
		l, err := c.build(s, factor)
		if err != nil {
			return err
		}
		c.lanes = append(c.lanes, l)
	}
	return nil
}

// gather lists the problems to ask and writes them down.
func (c *computation) gather() error {
	var problems []Problem
	for _, of := range []struct {
		set   *Asked
		guard bool
	}{{c.Main, false}, {c.Guard, true}} {
		if of.set == nil {
			continue
		}
		for i, item := range of.set.Set.Items {
			if s := c.spec.Shard; s != nil && i%s.Of != s.Index {
				continue
			}
			a := ask{set: of.set, item: item, guard: of.guard}
			text, err := a.text(nil)
			if err != nil {
				return err
			}
			a.about = Problem{
				ID: item.ID, Guard: of.guard, Family: item.Family, Question: item.Question, Target: item.Target,
				Choices: item.Choices, Prompt: text,
			}
			c.asks = append(c.asks, a)
			problems = append(problems, a.about)
		}
	}
	return c.Folder.writeProblems(problems)
}

// tune lets controls answer the tune set at each of their strengths and takes
// the best of each: the highest score, of equals the weakest.
func (c *computation) tune(ctx context.Context, open []LaneSpec, tuned *Tuned) error {
	tuned.Problems = len(c.Tune.Set.Items)
	type point struct {
		lane, strength int
	}
	scores := map[point]float64{}
	done, total := 0, 0
	for _, s := range open {
		total += len(s.Strengths) * len(c.Tune.Set.Items)
	}
	x := &session{computation: c, model: c.Base, prefixes: &generate.Prefixes{}, prompts: map[string]generate.Prompt{}}
	lanes := map[point]lane{}
	for i, s := range open {
		for j, factor := range s.Strengths {
			l, err := c.build(s, factor)
			if err != nil {
				return err
			}
			lanes[point{i, j}] = l
		}
	}
	for _, item := range c.Tune.Set.Items {
		var tasks []task
		for i, s := range open {
			for j := range s.Strengths {
				p, l := point{i, j}, lanes[point{i, j}]
				more, err := x.tuning(ctx, item, &l, func(score float64) error {
					scores[p] += score
					done++
					if c.Options.Progress != nil {
						c.Options.Progress(Progress{Done: done, Total: total, Phase: "tuning controls"})
					}
					return nil
				})
				if err != nil {
					return err
				}
				tasks = append(tasks, more)
			}
		}
		if err := x.compute(ctx, tasks); err != nil {
			return err
		}
	}
	for i, s := range open {
		var sweep []SweepPoint
		for j, factor := range s.Strengths {
			sweep = append(sweep, SweepPoint{Strength: factor, Score: scores[point{i, j}] / float64(max(1, tuned.Problems))})
		}
		tuned.Lanes[s.Name] = TunedLane{Strength: best(sweep), Sweep: sweep}
	}
	return nil
}

// best is the strength with the highest score, which may be any number; of
// equals the weakest.
func best(sweep []SweepPoint) float64 {
	at := sweep[0]
	for _, p := range sweep[1:] {
		if p.Score > at.Score || p.Score == at.Score && math.Abs(p.Strength) < math.Abs(at.Strength) {
			at = p
		}
	}
	return at.Strength
}

// tuning is the task of one answer on the tune set, which nothing but its
// score is kept of.
func (x *session) tuning(ctx context.Context, item evalset.Item, l *lane, scored func(float64) error) (task, error) {
	a := ask{set: x.Tune, item: item}
	s := &Sample{ID: item.ID, Lane: l.spec.Name}
	prompt, err := x.prompt(a, l)
	if err != nil {
		return task{}, err
	}
	st, err := l.steering(x, s)
	if err != nil {
		return task{}, err
	}
	x.longest = max(x.longest, len(prompt.Tokens))
	return task{
		request: x.request(s, prompt, st, nil, x.spec.Sampling.MaxTokens),
		ended: func(r generate.Result, _ generate.Editor, _ []written) error {
			s.Output = r.Text
			g, err := x.grade(ctx, a, s)
			if err != nil {
				return err
			}
			return scored(g.Score)
		},
		failed: func(error) error { return scored(0) },
	}, nil
}
