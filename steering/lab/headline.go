package lab

import (
	"context"
	"strings"

	"tiller/model"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
	"tiller/steering/statistics"
)

// Names of lanes.
const (
	laneBase     = "base"
	laneThinking = "thinking"
	lanePrompt   = "prompt"
)

// headlineSeed is that of the intervals.
const headlineSeed = 1

// Headline is what steering comes to on the test split: the base model, the
// thinking model, the base model with the header that asks for reasoning, and
// the base model steered by the plan of the demonstration.
type Headline struct {
	Table *Table `json:"table"`
	// Right says of each lane, by name, which problems it answered right.
	Right map[string]Verdicts `json:"right"`
}

type headlineOptions struct {
	model    model.Options
	first    int // problems; 0 is all
	progress func(done, total int)
}

// headlineReport is what the stage keeps.
type headlineReport struct {
	Headline
	// Demonstration is the id of a problem that shows it.
	Demonstration string `json:"demonstration"`
}

// headline measures the headline on a folder's own files.
func (f Folder) headline(ctx context.Context, o headlineOptions) (*headlineReport, error) {
	test, err := f.problems(problem.Test)
	if err != nil {
		return nil, err
	}
	if o.first > 0 && o.first < len(test) {
		test = test[:o.first]
	}
	lanes, plan, close, err := f.headlineLanes(ctx, o.model)
	if err != nil {
		return nil, err
	}
	defer close()
	t, err := f.tokenizer()
	if err != nil {
		return nil, err
	}
	outcomes, err := Measure(ctx, t, test, lanes, MeasureOptions{KeepTexts: true, Progress: o.progress})
	if err != nil {
		return nil, err
	}
	steered := lanes[len(lanes)-1].Name
	table, err := NewTable(lanes, outcomes, TableOptions{
		Problems: string(problem.Test), Base: laneBase, Thinking: laneThinking, Prompt: lanePrompt,
		Plans: map[string]string{steered: plan}, Bootstrap: statistics.Bootstrap{Seed: headlineSeed},
	})
	if err != nil {
		return nil, err
	}
	h := &headlineReport{Headline: Headline{Table: table, Right: map[string]Verdicts{}}, Demonstration: demonstration(test, outcomes)}
	for i, l := range lanes {
		h.Right[l.Name] = outcomes[i].Right
	}
	return h, nil
}

// headlineLanes are base, thinking, prompt and the plan's; close closes their
// models.
func (f Folder) headlineLanes(ctx context.Context, o model.Options) (lanes []Lane, plan string, close func(), err error) {
	base, err := f.model(ctx, stageBase, o)
	if err != nil {
		return nil, "", nil, err
	}
	thinking, err := f.model(ctx, stageThinking, o)
	if err != nil {
		base.Close()
		return nil, "", nil, err
	}
	close = func() { base.Close(); thinking.Close() }
	steered, plan, err := f.steered(base)
	if err != nil {
		close()
		return nil, "", nil, err
	}
	return []Lane{
		{Name: laneBase, Model: base},
		{Name: laneThinking, Model: thinking},
		{Name: lanePrompt, Model: base, Header: corpus.LessonHeader},
		steered,
	}, plan, close, nil
}

// steered is the lane of the demonstration's plan.
func (f Folder) steered(base *model.Model) (Lane, string, error) {
	plan, err := f.plan(demoPlan)
	if err != nil {
		return Lane{}, "", err
	}
	vectors, err := f.vectors()
	if err != nil {
		return Lane{}, "", err
	}
	t, err := f.tokenizer()
	if err != nil {
		return Lane{}, "", err
	}
	lane, err := PlanLane(base, t, vectors, plan.String())
	return lane, plan.String(), err
}

// demonstration is the id of the first problem that shows what steering is
// about: at least four facts, a hasty wrong answer of the base model, and a
// reasoned right one of the steered and of the thinking model. Without such a
// problem it is the first.
func demonstration(test []problem.Problem, outcomes []Outcome) string {
	base, thinking, steered := outcomes[0], outcomes[1], outcomes[3]
	for i, p := range test {
		hasty := base.Answered[i] && !base.Right[i] && !reasoned(base.Texts[i])
		if p.Size >= 4 && hasty && thinking.Right[i] && steered.Right[i] && reasoned(steered.Texts[i]) {
			return p.ID
		}
	}
	return test[0].ID
}

// reasoned reports whether an answer says more than the answer.
func reasoned(text string) bool { return text != "" && !strings.HasPrefix(text, "the ") }
