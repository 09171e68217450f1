package lab

import (
	"context"
	"errors"
	"fmt"
	"math"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/derive"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
	"tiller/steering/statistics"
)

// FigureOptions say how much is measured. Each count takes the first problems
// of its split.
type FigureOptions struct {
	// Seed is that of intervals, controls, slips and votes.
	Seed uint64 `json:"seed"`
	// Test is how many test problems the headline's lanes answer, Hard how many
	// of the hard split, Slips how many test problems a slip is put into.
	Test  int `json:"test"`
	Hard  int `json:"hard"`
	Slips int `json:"slips"`
	// Dial is how many tune problems each cell of the dial and of the map of
	// layers stands for.
	Dial int `json:"dial"`
	// DialStrengths are those of the dial. MapFactors are what the plan's own
	// strength is multiplied by in the map, where each cell takes the best.
	DialStrengths []float64 `json:"dial_strengths"`
	MapFactors    []float64 `json:"map_factors"`
	// MaxTokens is how long answers may be in the dial, the map and the
	// controls, where many are broken texts without an end.
	MaxTokens int            `json:"max_tokens"`
	Controls  ControlFigures `json:"controls"`
	Types     TypeSearch     `json:"types"`
}

// ControlFigures say how much is measured of controls.
type ControlFigures struct {
	// Tune is how many problems choose each draw's strength, Test on how many
	// the result counts.
	Tune int `json:"tune"`
	Test int `json:"test"`
	// Isotropic is the number of random directions, Draws that of each other
	// kind of control.
	Isotropic int `json:"isotropic"`
	Draws     int `json:"draws"`
	// Strengths are what the plan's own is multiplied by.
	Strengths []float64 `json:"strengths"`
	// Questions is how many questions of the train split give the rows of
	// covariance-matched and label-shuffled directions, QuestionSeed which: those
	// of an [Extraction] if they are equal to its own.
	Questions    int    `json:"questions"`
	QuestionSeed uint64 `json:"question_seed"`
}

// DefaultFigures is what is measured of the shipped models. The seed is that of
// their [Extraction].
func DefaultFigures(seed uint64) FigureOptions {
	return FigureOptions{
		Seed: 1, Test: 2400, Hard: 600, Slips: 600,
		Dial: 300, DialStrengths: []float64{.1, .2, .3, .4, .5, .6, .75, 1, 1.5, 2, 3, 4, 8}, MapFactors: []float64{.5, 1, 2, 3},
		MaxTokens: 96,
		Controls: ControlFigures{
			Tune: 120, Test: 400, Isotropic: 99, Draws: 33, Strengths: []float64{.5, 1, 2, 4, 8},
			Questions: 600, QuestionSeed: seed,
		},
		Types: DefaultTypeSearch(),
	}
}

// check says what is wrong with the options for splits of these sizes.
func (o FigureOptions) check(tune, test, hard int) error {
	for _, c := range []struct {
		name        string
		value, most int
	}{
		{"test", o.Test, test}, {"hard", o.Hard, hard}, {"slips", o.Slips, test}, {"dial", o.Dial, tune},
		{"controls.tune", o.Controls.Tune, tune}, {"controls.test", o.Controls.Test, o.Test},
		{"max_tokens", o.MaxTokens, maxCount}, {"controls.isotropic", o.Controls.Isotropic, maxCount},
		{"types.test", o.Types.Test, test}, {"types.examples", o.Types.Examples, maxCount},
		{"types.steps", o.Types.Steps, maxCount}, {"types.batch", o.Types.Batch, maxCount},
		{"controls.draws", o.Controls.Draws, maxCount}, {"controls.questions", o.Controls.Questions, maxCount},
	} {
		if c.value < 1 || c.value > c.most {
			return fmt.Errorf("the figures' %s is %d, but has to be from 1 to %d", c.name, c.value, c.most)
		}
	}
	for _, c := range []struct {
		name   string
		values []float64
	}{
		{"dial_strengths", o.DialStrengths}, {"map_factors", o.MapFactors}, {"controls.strengths", o.Controls.Strengths},
	} {
		if len(c.values) == 0 {
			return fmt.Errorf("the figures' %s are missing", c.name)
		}
		for _, v := range c.values {
			if !(v > 0) || math.IsInf(v, 0) {
				return fmt.Errorf("the figures' %s hold %g, which is not above 0", c.name, v)
			}
		}
	}
	return nil
}

// Figures are everything that is stated about the models, the vectors and the
// chosen plan. They know no time and no machine.
type Figures struct {
	// Plan is the chosen one.
	Plan string `json:"plan"`
	// Headline is the test split, Families the same by family.
	Headline *Table   `json:"headline"`
	Families []Family `json:"families"`
	// Hard is the split of longer problems than were trained on.
	Hard *Table `json:"hard"`
	// Controls are nil if base and thinking answer alike, so that there is no
	// gap to recover.
	Controls *ControlResults `json:"controls"`
	Dial     *Dial           `json:"dial"`
	Map      *LayerMap       `json:"map"`
	// Slips are put into the mouths of both models.
	Slips []SlipResult `json:"slips"`
	// Types is what a single edit before a sentence makes of it.
	Types []TypeFigure `json:"types"`
	// Finalists are the best plans of the search, Best the best with each
	// vector or pair of vectors.
	Finalists []Candidate     `json:"finalists"`
	Best      []Candidate     `json:"best"`
	Vectors   []VectorFigures `json:"vectors"`
	Cosines   []Cosine        `json:"cosines"`
}

// Family is the headline's problems of one family.
type Family struct {
	Name  string        `json:"name"`
	N     int           `json:"n"`
	Lanes []FamilyScore `json:"lanes"`
	// ToPrompt is the steered lane minus the one that is only asked to reason.
	ToPrompt Comparison `json:"steered_to_prompt"`
}

// FamilyScore is one lane's share of right answers in a family.
type FamilyScore struct {
	Name  string              `json:"name"`
	Score float64             `json:"score"`
	CI95  statistics.Interval `json:"ci95"`
}

// SlipResult is one model's with one kind of slip.
type SlipResult struct {
	Model string `json:"model"` // base or thinking
	SlipFigures
}

// Names of lanes, beside those of the headline.
const (
	laneSteered = "steered"
	// laneFirst and laneWe are the base model with the first word of a reasoned
	// answer put into its mouth.
	laneFirst = "base, first"
	laneWe    = "base, we"
	// laneVotes takes the answer that is the most frequent among short ones
	// which are together as long as a steered one.
	laneVotes = "base, votes"
	// laneWords begins with the first word of a reasoned answer, and may not
	// take the first word of a hasty one.
	laneWords = "base, words"
	// These have what lies along the plan's vectors taken out.
	laneBaseAblated     = "base, ablated"
	laneThinkingAblated = "thinking, ablated"
	laneQuick           = "quick"
	lanePromptSteered   = "prompt, steered"
	laneNegated         = "negated"
)

// MeasureFigures measures everything that is stated about a base and a thinking
// model, the vectors made from them, and the plan that is the first of choice,
// which are the candidates of the search, best first. The tokenizer is both
// models'. progress, if set, is told how far each part is; a part may begin
// anew.
func MeasureFigures(ctx context.Context, base, thinking *model.Model, t *tokenizer.Tokenizer, vectors []*derive.Result, choice []Candidate, tune, test, hard []problem.Problem, o FigureOptions, progress func(part string, done, total int)) (*Figures, error) {
	f := figurer{
		base: Lane{Name: laneBase, Model: base}, thinking: Lane{Name: laneThinking, Model: thinking},
		tokenizer: t, results: vectors, options: o, progress: progress,
	}
	return f.run(ctx, choice, tune, test, hard)
}

// figurer measures figures.
type figurer struct {
	base, thinking Lane
	tokenizer      *tokenizer.Tokenizer
	results        []*derive.Result
	options        FigureOptions
	progress       func(part string, done, total int)
	plan           steering.Plan
	vectors        map[string]*steering.Vector
	figures        Figures

	// What both models make of the first tune problems, and of the test ones.
	tuneBase, tuneThinking Outcome
	testBase, testThinking Outcome
}

func (f *figurer) run(ctx context.Context, choice []Candidate, tune, test, hard []problem.Problem) (*Figures, error) {
	if err := f.options.check(len(tune), len(test), len(hard)); err != nil {
		return nil, err
	}
	if len(choice) == 0 {
		return nil, errors.New("no plan was chosen, so there is nothing to measure")
	}
	var err error
	if f.plan, err = steering.Parse(choice[0].Plan); err != nil {
		return nil, err
	}
	f.figures.Plan = f.plan.String()
	f.vectors = map[string]*steering.Vector{}
	for _, r := range f.results {
		f.vectors[r.Vector.Name] = r.Vector
	}
	for _, t := range f.plan.Terms {
		if _, err := home(t); err != nil {
			return nil, err
		}
	}
	tuneN := max(f.options.Dial, f.options.Controls.Tune)
	both, err := f.measure(ctx, "tune", tune[:tuneN], []Lane{f.base, f.thinking})
	if err != nil {
		return nil, err
	}
	f.tuneBase, f.tuneThinking = both[0], both[1]
	for _, part := range []func() error{
		func() error { return f.headline(ctx, test[:f.options.Test]) },
		func() error { return f.hard(ctx, hard[:f.options.Hard]) },
		func() error { return f.controls(ctx, tune, test) },
		func() error { return f.dial(ctx, tune[:f.options.Dial]) },
		func() error { return f.layerMap(ctx, tune[:f.options.Dial]) },
		func() error { return f.slips(ctx, test[:f.options.Slips]) },
		func() error { return f.types(ctx, test) },
		func() error { return f.describe(choice) },
	} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return &f.figures, nil
}

// measure is [Measure] with the part's progress.
func (f *figurer) measure(ctx context.Context, part string, problems []problem.Problem, lanes []Lane) ([]Outcome, error) {
	outcomes, err := Measure(ctx, f.tokenizer, problems, lanes, f.measureOptions(part))
	if err != nil {
		return nil, fmt.Errorf("the figures' %s: %w", part, err)
	}
	return outcomes, nil
}

func (f *figurer) measureOptions(part string) MeasureOptions {
	return MeasureOptions{Progress: func(done, total int) { f.report(part, done, total) }}
}

func (f *figurer) report(part string, done, total int) {
	if f.progress != nil {
		f.progress(part, done, total)
	}
}

// subject is the chosen plan.
func (f *figurer) subject() *Subject {
	return &Subject{Model: f.base.Model, Tokenizer: f.tokenizer, Plan: f.plan, Vectors: f.vectors}
}

// lane is a plan on the base model.
func (f *figurer) lane(name string, plan steering.Plan) (Lane, error) {
	lane, err := f.subject().lane(plan, f.vectors)
	lane.Name = name
	return lane, err
}

// like is the base lane with another name, header and beginning of the answer.
func (f *figurer) like(name, header, prefill string) Lane {
	lane := f.base
	lane.Name, lane.Header, lane.Prefill = name, header, prefill
	return lane
}

func (f *figurer) headline(ctx context.Context, test []problem.Problem) error {
	steered, err := f.lane(laneSteered, f.plan)
	if err != nil {
		return err
	}
	opposite, err := controls.Stronger(f.plan, -1)
	if err != nil {
		return err
	}
	negated, err := f.lane(laneNegated, opposite)
	if err != nil {
		return err
	}
	both := steered
	both.Name, both.Header = lanePromptSteered, corpus.LessonHeader
	lanes := []Lane{
		f.base, f.like(laneFirst, "", wordFirst), f.like(laneWe, "", "we"), f.like(laneQuick, corpus.QuickHeader, ""),
		f.like(lanePrompt, corpus.LessonHeader, ""), steered, both, negated, f.thinking,
	}
	outcomes, err := f.measure(ctx, "headline", test, lanes)
	if err != nil {
		return err
	}
	f.testBase, f.testThinking = outcomes[0], outcomes[len(outcomes)-1]
	votes, err := f.votes(ctx, test, max(1, int(math.Round(outcomes[5].TokensPerAnswer()/max(1, f.testBase.TokensPerAnswer())))))
	if err != nil {
		return err
	}
	baseAblated, thinkingAblated, ablation, err := f.ablated()
	if err != nil {
		return err
	}
	others := []Lane{f.words(), baseAblated, thinkingAblated}
	more, err := f.measure(ctx, "words and ablations", test, others)
	if err != nil {
		return err
	}
	lanes = append(append(lanes, Lane{Name: laneVotes}), others...)
	outcomes = append(append(outcomes, votes), more...)
	plans := map[string]string{
		laneSteered: f.plan.String(), lanePromptSteered: f.plan.String(), laneNegated: opposite.String(),
		laneBaseAblated: ablation.String(), laneThinkingAblated: ablation.String(),
	}
	if f.figures.Headline, err = f.table(problem.Test, lanes, outcomes, plans); err != nil {
		return err
	}
	return f.families(test, lanes, outcomes)
}

func (f *figurer) hard(ctx context.Context, hard []problem.Problem) error {
	steered, err := f.lane(laneSteered, f.plan)
	if err != nil {
		return err
	}
	lanes := []Lane{f.base, f.like(lanePrompt, corpus.LessonHeader, ""), steered, f.thinking}
	outcomes, err := f.measure(ctx, "hard", hard, lanes)
	if err != nil {
		return err
	}
	f.figures.Hard, err = f.table(problem.Hard, lanes, outcomes, map[string]string{laneSteered: f.plan.String()})
	return err
}

func (f *figurer) bootstrap() statistics.Bootstrap {
	return statistics.Bootstrap{Seed: f.options.Seed}
}

func (f *figurer) table(split problem.Split, lanes []Lane, outcomes []Outcome, plans map[string]string) (*Table, error) {
	return NewTable(lanes, outcomes, TableOptions{
		Problems: string(split), Base: laneBase, Thinking: laneThinking, Prompt: lanePrompt,
		Plans: plans, Bootstrap: f.bootstrap(),
	})
}

// families divides the outcomes by family, in the order of [problem.Families].
func (f *figurer) families(problems []problem.Problem, lanes []Lane, outcomes []Outcome) error {
	for _, family := range problem.Families() {
		x := Family{Name: family.Name}
		right := map[string][]bool{}
		for i, l := range lanes {
			var of []bool
			for p, ok := range outcomes[i].Right {
				if problems[p].Family == family.Name {
					of = append(of, ok)
				}
			}
			x.N, right[l.Name] = len(of), of
			x.Lanes = append(x.Lanes, FamilyScore{l.Name, share(count(of), len(of)), statistics.Wilson(count(of), len(of))})
		}
		if x.N == 0 {
			continue
		}
		b := tabulator{options: TableOptions{Bootstrap: f.bootstrap()}}
		var err error
		if x.ToPrompt, err = b.compare(&Outcome{Right: right[laneSteered]}, &Outcome{Right: right[lanePrompt]}); err != nil {
			return err
		}
		f.figures.Families = append(f.figures.Families, x)
	}
	return nil
}

func (f *figurer) slips(ctx context.Context, problems []problem.Problem) error {
	lanes := []Lane{f.base, f.thinking}
	kinds := []SlipKind{Misread, Miscalculated}
	for _, lane := range lanes {
		for _, kind := range kinds {
			f.report("slips", len(f.figures.Slips), len(lanes)*len(kinds))
			slips, err := Slips(ctx, lane.Model, f.tokenizer, problems, kind, f.options.Seed)
			if err != nil {
				return fmt.Errorf("the figures' slips: %w", err)
			}
			f.figures.Slips = append(f.figures.Slips, SlipResult{lane.Name, slips})
		}
	}
	f.report("slips", len(f.figures.Slips), len(f.figures.Slips))
	return nil
}

func (f *figurer) types(ctx context.Context, problems []problem.Problem) (err error) {
	f.report("types", 0, 1)
	if f.figures.Types, err = MeasureTypes(ctx, f.base.Model, f.tokenizer, problems, f.options.Types); err != nil {
		return fmt.Errorf("the figures' types: %w", err)
	}
	f.report("types", 1, 1)
	return nil
}
