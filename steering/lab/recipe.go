package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
	"tiller/steering"
)

// Recipe is everything that determines what a build makes, beside the kernel
// path and the version of tiller.
type Recipe struct {
	Base     Pretraining   `json:"base"`
	Watch    Watch         `json:"watch"`
	Thinking Reinforcement `json:"thinking"`
	Splits   Splits        `json:"splits"`
	Vectors  Extraction    `json:"vectors"`
	Search   Search        `json:"search"`
	Figures  FigureOptions `json:"figures"`
}

// Watch says how the base model is watched while it learns: it changes nothing
// in the model.
type Watch struct {
	// Every so many steps the model answers as many Problems of the tune split,
	// once without a header and once with that of a lesson.
	Every    int `json:"every"`
	Problems int `json:"problems"`
}

// Splits says how many problems each file of problems has.
type Splits struct {
	Seed uint64 `json:"seed"`
	Tune int    `json:"tune"`
	Test int    `json:"test"`
	Hard int    `json:"hard"`
}

// splitsSeed is the same for all models, so that they answer the same problems.
const splitsSeed = 1

// DefaultRecipe is that of the shipped models, of which there is one for each
// seed.
func DefaultRecipe(seed uint64) Recipe {
	return Recipe{
		Base:     DefaultPretraining(seed),
		Watch:    Watch{Every: 200, Problems: 96},
		Thinking: DefaultReinforcement(seed),
		Splits:   Splits{Seed: splitsSeed, Tune: 1200, Test: 2400, Hard: 600},
		Vectors:  DefaultExtraction(seed),
		Search:   DefaultSearch(),
		Figures:  DefaultFigures(seed),
	}
}

// ParseRecipe reads a recipe's JSON, which says no more than what is other
// than in that of the seed.
func ParseRecipe(data []byte, seed uint64) (Recipe, error) {
	recipe := DefaultRecipe(seed)
	// A map would be added to instead of being replaced.
	recipe.Base.Mix.LessonReasoned = nil
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&recipe); err != nil {
		return recipe, fmt.Errorf("the recipe can't be read: %s", strictjson.Explain(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return recipe, errors.New("the recipe can't be read: something follows its JSON object")
	}
	if err := strictjson.Unique(data); err != nil {
		return recipe, fmt.Errorf("the recipe's JSON is ambiguous: %w", err)
	}
	if recipe.Base.Mix.LessonReasoned == nil {
		recipe.Base.Mix.LessonReasoned = DefaultRecipe(seed).Base.Mix.LessonReasoned
	}
	return recipe, recipe.Validate()
}

// maxCount bounds the counts of a recipe, far above any that would ever end.
const maxCount = 10_000_000

// Validate says what is wrong with a recipe, as far as that can be seen before
// anything is made.
func (r Recipe) Validate() error {
	if err := r.Base.Mix.Validate(); err != nil {
		return err
	}
	if err := r.Base.Network.check(); err != nil {
		return fmt.Errorf("the recipe's base.network: %w", err)
	}
	for _, c := range []struct {
		name  string
		value int
	}{
		{"base.tokens_per_step", r.Base.TokensPerStep}, {"base.train.steps", r.Base.Train.Steps},
		{"watch.every", r.Watch.Every}, {"watch.problems", r.Watch.Problems},
		{"thinking.prompts", r.Thinking.Prompts}, {"thinking.samples", r.Thinking.Samples},
		{"thinking.max_tokens", r.Thinking.MaxTokens}, {"thinking.train.steps", r.Thinking.Train.Steps},
		{"splits.tune", r.Splits.Tune}, {"splits.test", r.Splits.Test}, {"splits.hard", r.Splits.Hard},
		{"vectors.questions", r.Vectors.Questions},
		{"search.coarse", r.Search.Coarse}, {"search.fine", r.Search.Fine}, {"search.finalists", r.Search.Finalists},
	} {
		if c.value < 1 || c.value > maxCount {
			return fmt.Errorf("the recipe's %s is %d, but has to be from 1 to %d", c.name, c.value, maxCount)
		}
	}
	if n := max(r.Search.Coarse, r.Search.Fine); r.Splits.Tune < n {
		return fmt.Errorf("the recipe's search asks %d problems, but splits.tune has %d", n, r.Splits.Tune)
	}
	if err := r.Figures.check(r.Splits.Tune, r.Splits.Test, r.Splits.Hard); err != nil {
		return fmt.Errorf("the recipe: %w", err)
	}
	if err := r.checkSizes(); err != nil {
		return err
	}
	if len(r.Search.Strengths) == 0 || len(r.Search.Selectors)+len(r.Search.Pairs) == 0 {
		return errors.New("the recipe's search has no plans to try: it needs strengths, and selectors or pairs")
	}
	return r.Search.check()
}

// maxParameters bounds the weights of the models, far above any that a build could train.
const maxParameters = 100_000_000

// checkSizes refuses a network that can't be built, and learning rates that can't be used.
func (r Recipe) checkSizes() error {
	n := r.Base.Network
	for _, c := range []struct {
		name        string
		value, most int
	}{{"layers", n.Layers, 1 << 8}, {"d_model", n.DModel, 1 << 14}, {"feed_forward", n.FeedForward, 1 << 16}, {"context", n.Context, 1 << 16}} {
		if c.value < 1 || c.value > c.most {
			return fmt.Errorf("the recipe's base.network.%s is %d, but has to be from 1 to %d", c.name, c.value, c.most)
		}
	}
	if n.DModel/n.Heads%2 != 0 {
		return fmt.Errorf("the recipe's base.network has heads of width %d, but rotary positions need an even one", n.DModel/n.Heads)
	}
	if p := n.config().Parameters(); p > maxParameters {
		return fmt.Errorf("the recipe's base.network has %d weights, but may have at most %d", p, maxParameters)
	}
	for _, c := range []struct {
		name string
		rate float64
	}{{"base", r.Base.Train.LearningRate}, {"thinking", r.Thinking.Train.LearningRate}} {
		if !(c.rate > 0) {
			return fmt.Errorf("the recipe's %s.train.learning_rate is %g, but has to be above 0", c.name, c.rate)
		}
	}
	return nil
}

// check refuses what makes no plans, since plans are made only after all training.
func (s Search) check() error {
	for _, strength := range s.Strengths {
		for _, selector := range append([]string{"last"}, s.Selectors...) {
			if _, err := steering.Parse(fmt.Sprintf("v*%s@0[%s]", strconv.FormatFloat(strength, 'g', -1, 64), selector)); err != nil {
				return fmt.Errorf("the recipe's search tries strength %g with the selector %s: %w", strength, badfile.Quote(selector), err)
			}
		}
	}
	return nil
}
