package derive

import (
	"context"
	"fmt"
	"math"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/activations"
)

// batchTokens is about how many tokens of texts are computed together. More
// would not be faster, but take more memory for keys and values.
const batchTokens = 512

// Row is one position of one text at one layer.
type Row struct {
	Text     int // index among the prompts
	Layer    int
	Position int
	Values   []float32 // [d_model]; valid during the call only
}

// Collect shows visit the residual stream at the layers and positions selected,
// many texts a step, without keeping any. The rows of one text and layer come
// in the order of their positions; the whole order is always the same. A text
// of which nothing is selected is an error. The tokenizer may be nil.
func Collect(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, prompts []generate.Prompt, s activations.Selection, visit func(Row)) error {
	layers, err := activations.ListLayers(s.Layers, m.Config().Layers)
	if err != nil {
		return err
	}
	wanted := make([]bool, m.Config().Layers+1) // by layer+1
	for _, layer := range layers {
		wanted[layer+1] = true
	}
	chosen, err := choose(prompts, s.Where, t)
	if err != nil {
		return err
	}
	return stream(ctx, m, prompts, func(r Row) {
		if wanted[r.Layer+1] && chosen[r.Text][r.Position] {
			visit(r)
		}
	})
}

// choose says of every position of every prompt whether it is selected.
func choose(prompts []generate.Prompt, where steering.Selector, t *tokenizer.Tokenizer) ([][]bool, error) {
	chooser, err := activations.NewChooser(where, t)
	if err != nil {
		return nil, err
	}
	chosen := make([][]bool, len(prompts))
	for i, prompt := range prompts {
		any := false
		editor, err := chooser.In(prompt)
		if err == nil {
			chosen[i] = make([]bool, len(prompt.Tokens))
			for p := range chosen[i] {
				chosen[i][p] = editor.Steered(p)
				any = any || chosen[i][p]
			}
			if !any {
				err = fmt.Errorf("the selector %q chooses none of its %d tokens", where, len(prompt.Tokens))
			}
		}
		if err != nil {
			return nil, &TextError{Text: i, Err: err}
		}
	}
	return chosen, nil
}

// A TextError is about one text.
type TextError struct {
	Text int // index among the prompts
	Err  error
}

func (e *TextError) Error() string { return fmt.Sprintf("text %d: %v", e.Text, e.Err) }

func (e *TextError) Unwrap() error { return e.Err }

// stream shows every row of every prompt at every layer.
func stream(ctx context.Context, m *model.Model, prompts []generate.Prompt, visit func(Row)) error {
	for from := 0; from < len(prompts); {
		var inputs []model.Input
		tokens := 0
		for to := from; to < len(prompts) && tokens < batchTokens; to++ {
			ids := prompts[to].IDs()
			if err := fits(m, len(ids)); err != nil {
				return &TextError{Text: to, Err: err}
			}
			inputs = append(inputs, model.Input{Lane: m.NewLane(), Tokens: ids, Prompt: len(ids), Want: model.WantNone})
			tokens += len(ids)
		}
		if err := streamBatch(ctx, m, inputs, from, visit); err != nil {
			return err
		}
		from += len(inputs)
	}
	return nil
}

// fits refuses a text that the model can't read.
func fits(m *model.Model, tokens int) error {
	if context := m.Config().Context; tokens > context {
		return fmt.Errorf("it has %d tokens, but the model's context holds %d", tokens, context)
	}
	if tokens == 0 {
		return fmt.Errorf("it has no tokens")
	}
	return nil
}

// streamBatch computes some texts together; the first is number from. Without
// logits, nobody else notices rows that are no numbers.
func streamBatch(ctx context.Context, m *model.Model, inputs []model.Input, from int, visit func(Row)) error {
	width := m.Config().DModel
	var broken *TextError
	watch := func(layer int, rows []model.Row, h []float32) {
		for i, row := range rows {
			values := h[i*width : (i+1)*width]
			if broken == nil && !finite(values) {
				broken = &TextError{Text: from + row.Lane, Err: fmt.Errorf("the activations at layer %d are not finite numbers: some weights of the model are damaged", layer)}
			}
			visit(Row{Text: from + row.Lane, Layer: layer, Position: row.Position, Values: values})
		}
	}
	if _, err := m.Step(ctx, inputs, model.StepOptions{Watch: watch}); err != nil {
		return fmt.Errorf("computing activations: %w", err)
	}
	if broken != nil {
		return broken
	}
	return nil
}

func finite(x []float32) bool {
	for _, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
