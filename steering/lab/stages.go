package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
	"tiller/steering/statistics"
	"tiller/steering/vectorfile"
)

// Names of stages.
const (
	stageTokenizer = "tokenizer"
	stageBase      = "base"
	stageThinking  = "thinking"
	stageSplits    = "splits"
	stageVectors   = "vectors"
	stagePlans     = "plans"
	stageHeadline  = "headline"
	stageFigures   = "figures"
)

// stages are all stages in their order. Each reads what those before it made
// from their folders alone, so that it does not matter in which call they ran.
func stages() []stage {
	return []stage{
		{stageTokenizer, path.Join(stateFolder, stageTokenizer), makeTokenizer},
		{stageBase, foldBase, makeBase},
		{stageThinking, foldThinking, makeThinking},
		{stageSplits, foldSplits, makeSplits},
		{stageVectors, foldVectors, makeVectors},
		{stagePlans, foldPlans, makePlans},
		{stageHeadline, "", makeHeadline},
		{stageFigures, "", makeFigures},
	}
}

var nan = math.NaN()

// tokenizerFiles are what a tokenizer is read from.
func tokenizerFiles() map[string][]byte {
	return map[string][]byte{"tokenizer.json": corpus.Tokenizer(), "tokenizer_config.json": corpus.TokenizerConfig()}
}

func makeTokenizer(_ context.Context, _ *builder, into string) (any, error) {
	return nil, writeAll(into, tokenizerFiles())
}

// tokenizer is the one of the stage.
func (b *builder) tokenizer() (*tokenizer.Tokenizer, error) {
	return tokenizer.Open(b.state(stageTokenizer))
}

// writeAll writes files into a folder.
func writeAll(into string, files map[string][]byte) error {
	for name, data := range files {
		if err := write(filepath.Join(into, name), data); err != nil {
			return err
		}
	}
	return nil
}

// writeModel writes a Hugging Face folder.
func writeModel(into string, m *model.Model) error {
	ids := corpus.Vocabulary()
	bos, eos := ids[corpus.BOS], ids[corpus.EOS]
	config, weights, err := m.HuggingFace(bos, eos)
	if err != nil {
		return err
	}
	files := tokenizerFiles()
	files["config.json"], files["model.safetensors"] = config, weights
	if files["generation_config.json"], err = indented(struct {
		BOS int `json:"bos_token_id"`
		EOS int `json:"eos_token_id"`
	}{bos, eos}); err != nil {
		return err
	}
	return writeAll(into, files)
}

// modelOptions are those of every model that a build opens.
func (b *builder) modelOptions() model.Options { return model.Options{Threads: b.options.Threads} }

// trainer is what makes a model step by step.
type trainer interface {
	Step(context.Context) (Progress, error)
	Done() bool
	Save(path string) error
	Load(path string) error
}

// Point is a training at one of its steps. What was not measured is null.
type Point struct {
	Step int `json:"step"`
	// Loss is per token, Reward the share of sampled answers that were right.
	Loss   *float64 `json:"loss,omitempty"`
	Reward *float64 `json:"reward,omitempty"`
	// Score is the share of tune problems answered right without a header,
	// LessonScore with that of a lesson.
	Score       *float64 `json:"score,omitempty"`
	LessonScore *float64 `json:"lesson_score,omitempty"`
}

// watched are the steps of a training that are kept for its curve.
type watched struct {
	every int
	// score fills in what the trainer does not know; nil for nothing.
	score func(context.Context, *Point) error
}

// train takes all steps that are left. An interrupt ends it between two steps
// with a checkpoint, from which another call goes on to the same weights.
func (b *builder) train(ctx context.Context, t trainer, w watched) ([]Point, error) {
	checkpoint, curveFile := b.at+".checkpoint", b.at+".curve"
	curve := []Point{}
	if _, err := os.Stat(b.state(checkpoint)); err == nil {
		if err := t.Load(b.state(checkpoint)); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(b.state(curveFile))
		if err != nil {
			return nil, fmt.Errorf("the training can't be continued: %w", err)
		}
		if err := json.Unmarshal(data, &curve); err != nil {
			return nil, fmt.Errorf("the training can't be continued: %s can't be read: %w", b.state(curveFile), err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the training can't be continued: %w", err)
	}
	// The curve goes first: points after the checkpoint's step are dropped,
	// but missing ones could not be had again.
	save := func() error {
		if err := b.keep(curveFile, curve); err != nil {
			return err
		}
		return t.Save(b.state(checkpoint))
	}
	// A step that is cut off halfway would leave a trainer that is neither
	// here nor there.
	whole := context.WithoutCancel(ctx)
	score := nan
	for first := true; !t.Done(); first = false {
		if err := ctx.Err(); err != nil {
			if failed := save(); failed != nil {
				return nil, failed
			}
			return nil, err
		}
		p, err := t.Step(whole)
		if err != nil {
			return nil, err
		}
		if first {
			curve = slices.DeleteFunc(curve, func(c Point) bool { return c.Step >= p.Step })
		}
		if p.Step%w.every == 0 || p.Step == p.Steps {
			point := Point{Step: p.Step, Loss: orNil(p.Loss), Reward: orNil(p.Reward)}
			if w.score != nil {
				if err := w.score(whole, &point); err != nil {
					return nil, err
				}
				score = *point.Score
			}
			curve = append(curve, point)
		}
		p.Score = score
		b.report(p)
		if b.options.SaveNow != nil && b.options.SaveNow() {
			if err := save(); err != nil {
				return nil, err
			}
		}
	}
	// So that nothing has to be learnt again if the model can't be written.
	return curve, save()
}

// orNil is x, or nil for NaN.
func orNil(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

func makeBase(ctx context.Context, b *builder, into string) (any, error) {
	t, err := b.tokenizer()
	if err != nil {
		return nil, err
	}
	tune, err := problem.Generate(problem.Tune, nil, b.recipe.Watch.Problems, b.recipe.Splits.Seed)
	if err != nil {
		return nil, err
	}
	p, err := NewPretrainer(ctx, b.recipe.Base, b.modelOptions())
	if err != nil {
		return nil, err
	}
	defer p.Model.Close()
	lanes := []Lane{{Name: "base", Model: p.Model}, {Name: "prompt", Model: p.Model, Header: corpus.LessonHeader}}
	curve, err := b.train(ctx, p, watched{b.recipe.Watch.Every, func(ctx context.Context, at *Point) error {
		outcomes, err := Measure(ctx, t, tune, lanes, MeasureOptions{})
		if err == nil {
			at.Score, at.LessonScore = orNil(outcomes[0].Score()), orNil(outcomes[1].Score())
		}
		return err
	}})
	if err != nil {
		return nil, err
	}
	return curve, writeModel(into, p.Model)
}

func makeThinking(ctx context.Context, b *builder, into string) (any, error) {
	t, err := b.tokenizer()
	if err != nil {
		return nil, err
	}
	m, err := b.folder().model(ctx, stageBase, b.modelOptions())
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r, err := NewReinforcer(m, t, b.recipe.Thinking)
	if err != nil {
		return nil, err
	}
	curve, err := b.train(ctx, r, watched{every: 1})
	if err != nil {
		return nil, err
	}
	return curve, writeModel(into, m)
}

func makeSplits(_ context.Context, b *builder, into string) (any, error) {
	files := map[string][]byte{}
	for split, n := range map[problem.Split]int{
		problem.Tune: b.recipe.Splits.Tune, problem.Test: b.recipe.Splits.Test, problem.Hard: b.recipe.Splits.Hard,
	} {
		problems, err := problem.Generate(split, nil, n, b.recipe.Splits.Seed)
		if err != nil {
			return nil, err
		}
		var lines bytes.Buffer
		e := json.NewEncoder(&lines)
		e.SetEscapeHTML(false)
		for _, p := range problems {
			if err := e.Encode(p); err != nil {
				return nil, err
			}
		}
		files[string(split)+".jsonl"] = lines.Bytes()
	}
	return nil, writeAll(into, files)
}

// both are the models that were trained, for the caller to close, and their
// tokenizer.
func (b *builder) both(ctx context.Context) (t *tokenizer.Tokenizer, base, thinking *model.Model, err error) {
	if t, err = b.tokenizer(); err != nil {
		return nil, nil, nil, err
	}
	if base, err = b.folder().model(ctx, stageBase, b.modelOptions()); err != nil {
		return nil, nil, nil, err
	}
	if thinking, err = b.folder().model(ctx, stageThinking, b.modelOptions()); err != nil {
		base.Close()
		return nil, nil, nil, err
	}
	return t, base, thinking, nil
}

func makeVectors(ctx context.Context, b *builder, into string) (any, error) {
	t, base, thinking, err := b.both(ctx)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	defer thinking.Close()
	results, err := Vectors(ctx, base, thinking, t, b.recipe.Vectors)
	if err != nil {
		return nil, err
	}
	reports := map[string][]derive.LayerReport{}
	for _, r := range results {
		if err := vectorfile.Write(filepath.Join(into, r.Vector.Name+vectorEnding), r.Vector); err != nil {
			return nil, err
		}
		reports[r.Vector.Name] = r.Layers
	}
	return reports, nil
}

func makePlans(ctx context.Context, b *builder, into string) (any, error) {
	t, err := b.tokenizer()
	if err != nil {
		return nil, err
	}
	base, err := b.folder().model(ctx, stageBase, b.modelOptions())
	if err != nil {
		return nil, err
	}
	defer base.Close()
	vectors, err := b.folder().vectors()
	if err != nil {
		return nil, err
	}
	tune, err := b.folder().problems(problem.Tune)
	if err != nil {
		return nil, err
	}
	candidates, err := Choose(b.keepMeasurements(ctx), base, t, vectors, tune, b.recipe.Search, b.answered)
	if err != nil {
		return nil, err
	}
	return candidates, b.writePlans(into, candidates, vectors)
}

// writePlans writes the best plan of all as that of the demonstration, and the
// best with each vector alone under the vector's name.
func (b *builder) writePlans(into string, candidates []Candidate, vectors []*steering.Vector) error {
	files := map[string][]byte{}
	write := func(name, about string, c Candidate) error {
		plan, err := steering.Parse(c.Plan)
		if err != nil {
			return err
		}
		about = fmt.Sprintf("%s of %d on the tune split: %s %% of %d answered right, %s %% of tokens steered.",
			about, len(candidates), percent(c.Score), c.N, percent(c.SteeredFraction))
		files[name+".json"], err = writePlan(name, about, plan)
		return err
	}
	if c := candidates[0]; c.SteeredFraction > b.recipe.Search.MostSteered {
		return fmt.Errorf("every plan steers too much: %s, the best, %s %% of all tokens, of which the recipe's search.most_steered allows %s %%",
			c.Plan, percent(c.SteeredFraction), percent(b.recipe.Search.MostSteered))
	}
	if err := write(demoPlan, "The best plan", candidates[0]); err != nil {
		return err
	}
	for _, v := range vectors {
		i := slices.IndexFunc(candidates, func(c Candidate) bool {
			plan, err := steering.Parse(c.Plan)
			return err == nil && slices.Equal(plan.Names(), []string{v.Name})
		})
		if i < 0 || v.Name == demoPlan {
			continue
		}
		if err := write(v.Name, "The best plan with the vector "+v.Name+" alone", candidates[i]); err != nil {
			return err
		}
	}
	return writeAll(into, files)
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) }

// answered reports how many answers of all there are.
func (b *builder) answered(done, total int) {
	b.report(Progress{Step: done, Steps: total, Loss: nan, Reward: nan, Score: nan})
}

func makeHeadline(ctx context.Context, b *builder, _ string) (any, error) {
	return b.folder().headline(b.keepMeasurements(ctx), headlineOptions{model: b.modelOptions(), progress: b.answered})
}

func makeFigures(ctx context.Context, b *builder, _ string) (any, error) {
	t, base, thinking, err := b.both(ctx)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	defer thinking.Close()
	vectors, candidates, err := b.found()
	if err != nil {
		return nil, err
	}
	var splits [3][]problem.Problem
	for i, split := range []problem.Split{problem.Tune, problem.Test, problem.Hard} {
		if splits[i], err = b.folder().problems(split); err != nil {
			return nil, err
		}
	}
	return MeasureFigures(b.keepMeasurements(ctx), base, thinking, t, vectors, candidates, splits[0], splits[1], splits[2], b.recipe.Figures,
		func(part string, done, total int) {
			b.report(Progress{Part: part, Step: done, Steps: total, Loss: nan, Reward: nan, Score: nan})
		})
}

// found are the vectors with their reports, and the plans that were tried.
func (b *builder) found() ([]*derive.Result, []Candidate, error) {
	vectors, err := b.folder().vectors()
	if err != nil {
		return nil, nil, err
	}
	var reports map[string][]derive.LayerReport
	if err := b.reported(stageVectors, &reports); err != nil {
		return nil, nil, err
	}
	results := make([]*derive.Result, len(vectors))
	for i, v := range vectors {
		results[i] = &derive.Result{Vector: v, Layers: reports[v.Name]}
	}
	var candidates []Candidate
	err = b.reported(stagePlans, &candidates)
	return results, candidates, err
}

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
