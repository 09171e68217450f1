package lab

import (
	"context"
	"fmt"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/activations"
	"tiller/steering/derive"
	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
)

// ControlResults are what is left of the plan when something about it is left
// to chance.
type ControlResults struct {
	// MaxTokens is how long answers could be.
	MaxTokens int             `json:"max_tokens"`
	Kinds     []ControlResult `json:"kinds"`
	// Shuffled says of each vector of the plan which vector's rows had their
	// labels dealt out anew: its own, or those of [VectorDecide] for a vector
	// that was trained and so has no labels.
	Shuffled map[string]string `json:"shuffled"`
}

// ControlResult is all draws of one kind.
type ControlResult struct {
	ControlSummary
	// Factors are what the plan's own strength was multiplied by.
	Factors []float64 `json:"factors"`
	// Gaps are the recovered gaps on test, by draw, and Chosen the factors at
	// which they were measured.
	Gaps   []float64 `json:"gaps"`
	Chosen []float64 `json:"chosen"`
	// Cosines are, by draw, of the angle between what stands for the direction
	// of the plan's first term and that direction. Positions have none.
	Cosines []float64 `json:"cosines,omitempty"`
}

// covarianceQuestions is how many questions give the rows whose covariance
// directions are drawn with: at every token, so that few are enough.
const covarianceQuestions = 60

func (f *figurer) controls(ctx context.Context, tune, test []problem.Problem) error {
	o := f.options.Controls
	tuneRef := Reference{tune[:o.Tune], f.tuneBase, f.tuneThinking}
	testRef := Reference{test[:o.Test], f.testBase, f.testThinking}
	for _, r := range []Reference{tuneRef, testRef} {
		if n := len(r.Problems); r.Base.first(n).Score() == r.Thinking.first(n).Score() {
			return nil
		}
	}
	rows, err := f.controlRows(ctx)
	if err != nil {
		return fmt.Errorf("the figures' controls: %w", err)
	}
	results := &ControlResults{MaxTokens: f.options.MaxTokens, Shuffled: rows.shuffled}
	subject := f.subject()
	subject.MaxTokens = f.options.MaxTokens
	for _, kind := range []Kind{Isotropic, Covariance, Shuffled, Negated, Positions} {
		draws := o.Draws
		if kind == Isotropic {
			draws = o.Isotropic
		}
		options := ControlOptions{
			Kinds: []Kind{kind}, Draws: draws, Strengths: o.Strengths, Seed: f.options.Seed,
			Rows: rows.stream, Contrasts: rows.contrasts, Tune: tuneRef, Test: testRef,
			Measure: f.measureOptions("controls, " + string(kind)),
		}
		c, err := MeasureControls(ctx, *subject, options)
		if err != nil {
			return fmt.Errorf("the figures' controls: %w", err)
		}
		r := ControlResult{ControlSummary: c.Summaries()[0], Factors: o.Strengths}
		for _, d := range c.Draws {
			r.Gaps, r.Chosen = append(r.Gaps, d.TestGap), append(r.Chosen, d.Strength)
		}
		if kind != Positions {
			if r.Cosines, err = angles(drawer{subject: *subject, options: options}, c.Draws); err != nil {
				return fmt.Errorf("the figures' controls: %w", err)
			}
		}
		results.Kinds = append(results.Kinds, r)
	}
	f.figures.Controls = results
	return nil
}

// angles are the cosines of draws with the direction of the plan's first term.
func angles(d drawer, draws []Control) ([]float64, error) {
	name := d.subject.Plan.Terms[0].Vector
	layer, err := home(d.subject.Plan.Terms[0])
	if err != nil {
		return nil, err
	}
	of := d.controls()
	var cosines []float64
	for _, draw := range draws {
		drawn, err := of.Direction(draw.Kind, draw.Draw, name, layer)
		if err != nil {
			return nil, err
		}
		cosines = append(cosines, angle(drawn, of.Vectors[name].Directions[layer]))
	}
	return cosines, nil
}

// controlRows are rows that directions are drawn from.
type controlRows struct {
	stream    map[int][][]float32 // by layer: the base model at questions
	contrasts map[string]map[int]Contrast
	shuffled  map[string]string
}

func (f *figurer) controlRows(ctx context.Context) (*controlRows, error) {
	questions, err := trainQuestions(f.options.Controls.Questions, f.options.Controls.QuestionSeed)
	if err != nil {
		return nil, err
	}
	c := &controlRows{contrasts: map[string]map[int]Contrast{}, shuffled: map[string]string{}}
	for _, name := range f.plan.Names() {
		of := name
		if name != VectorPersist && name != VectorThinking {
			of = VectorDecide
		}
		c.shuffled[name] = of
		if c.contrasts[name], err = f.contrast(ctx, of, questions); err != nil {
			return nil, err
		}
	}
	var plain []string
	for _, q := range questions[:min(len(questions), covarianceQuestions)] {
		plain = append(plain, q.Question)
	}
	c.stream, err = f.rows(ctx, f.base.Model, plain, "content", false)
	return c, err
}

// contrast collects the rows that the mean difference of that name is made
// from, by layer.
func (f *figurer) contrast(ctx context.Context, name string, questions []problem.Problem) (map[int]Contrast, error) {
	var texts [2][]string
	models := [2]*model.Model{f.base.Model, f.base.Model}
	where := "last"
	switch name {
	case VectorPersist:
		traces, err := Traces(ctx, f.thinking.Model, f.tokenizer, questions)
		if err != nil {
			return nil, err
		}
		where = stepEnd
		for _, t := range traces {
			texts[0], texts[1] = append(texts[0], corpus.LessonHeader+" "+t.Text()), append(texts[1], t.Text())
		}
	case VectorThinking:
		models[0] = f.thinking.Model
		for _, q := range questions {
			texts[0], texts[1] = append(texts[0], q.Question), append(texts[1], q.Question)
		}
	default:
		for _, q := range questions {
			texts[0], texts[1] = append(texts[0], corpus.LessonHeader+" "+q.Question), append(texts[1], corpus.QuickHeader+" "+q.Question)
		}
	}
	var rows [2]map[int][][]float32
	for i := range rows {
		var err error
		if rows[i], err = f.rows(ctx, models[i], texts[i], where, true); err != nil {
			return nil, err
		}
	}
	out := map[int]Contrast{}
	for layer := range rows[0] {
		out[layer] = Contrast{Positive: rows[0][layer], Negative: rows[1][layer]}
	}
	return out, nil
}

// rows are a model's residual stream where a selector chooses, by layer: each
// row, or their mean in each text.
func (f *figurer) rows(ctx context.Context, m *model.Model, texts []string, where string, mean bool) (map[int][][]float32, error) {
	// The selector's grammar is the plans'.
	plan, err := steering.Parse("v[" + where + "]")
	if err != nil {
		return nil, err
	}
	prompts := make([]generate.Prompt, len(texts))
	for i, text := range texts {
		if prompts[i], err = generate.RawPrompt(f.tokenizer, text, tokenizer.EncodeOptions{}); err != nil {
			return nil, err
		}
	}
	type place struct{ text, layer int }
	all := map[int][][]float32{}
	sums, counts := map[place][]float64{}, map[place]int{}
	err = derive.Collect(ctx, m, f.tokenizer, prompts, activations.Selection{Where: plan.Terms[0].Select}, func(r derive.Row) {
		if !mean {
			all[r.Layer] = append(all[r.Layer], append([]float32(nil), r.Values...))
			return
		}
		at := place{r.Text, r.Layer}
		if sums[at] == nil {
			sums[at] = make([]float64, len(r.Values))
		}
		counts[at]++
		for i, v := range r.Values {
			sums[at][i] += float64(v)
		}
	})
	if err != nil || !mean {
		return all, err
	}
	for text := range texts {
		for layer := range m.Config().Layers {
			at := place{text, layer}
			row := make([]float32, len(sums[at]))
			for i, v := range sums[at] {
				row[i] = float32(v / float64(counts[at]))
			}
			all[layer] = append(all[layer], row)
		}
	}
	return all, nil
}
