package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
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
