package lab

import (
	"fmt"

	"tiller/steering"
	"tiller/steering/controls"
)

// drawer makes the lanes of controls.
type drawer struct {
	subject Subject
	options ControlOptions
	own     Outcome // of the plan itself, on tune
}

// controls draws for the subject.
func (d *drawer) controls() *controls.Drawer {
	contrasts := map[string]map[int]controls.Contrast{}
	for name, of := range d.options.Contrasts {
		contrasts[name] = map[int]controls.Contrast{}
		for layer, c := range of {
			contrasts[name][layer] = controls.Contrast(c)
		}
	}
	return &controls.Drawer{
		Plan: d.subject.Plan, Vectors: d.subject.Vectors, Tokenizer: d.subject.Tokenizer,
		Seed: d.options.Seed, Rows: d.options.Rows, Contrasts: contrasts,
	}
}

// lanes appends the draws to c and returns their lanes, one for each draw and
// strength.
func (d *drawer) lanes(c *Controls) ([]Lane, error) {
	var lanes []Lane
	for _, kind := range d.options.Kinds {
		draws := d.options.Draws
		if kind == Negated {
			draws = 1
		}
		for draw := range draws {
			c.Draws = append(c.Draws, Control{Kind: kind, Draw: draw})
			vectors, err := d.vectors(kind, draw)
			if err != nil {
				return nil, err
			}
			for _, factor := range d.options.Strengths {
				lane, err := d.lane(kind, draw, vectors, factor)
				if err != nil {
					return nil, fmt.Errorf("control %s: %w", kind, err)
				}
				lane.Name = fmt.Sprintf("control:%s/%d*%g", kind, draw, factor)
				lanes = append(lanes, lane)
			}
		}
	}
	return lanes, nil
}

func (d *drawer) lane(kind Kind, draw int, vectors map[string]*steering.Vector, factor float64) (Lane, error) {
	plan, err := controls.Stronger(d.subject.Plan, factor)
	if err != nil {
		return Lane{}, err
	}
	if kind != Positions {
		return d.subject.lane(plan, vectors)
	}
	anywhere, err := d.anywhere(plan, draw)
	if err != nil {
		return Lane{}, err
	}
	return d.subject.with("", anywhere), nil
}

// vectors are those of the plan with their directions exchanged.
func (d *drawer) vectors(kind Kind, draw int) (map[string]*steering.Vector, error) {
	return d.controls().Draw(kind, draw)
}

// anywhere applies the plan where chance has it, at the rates at which its
// terms fired on tune.
func (d *drawer) anywhere(plan steering.Plan, draw int) (*controls.Anywhere, error) {
	c := d.controls()
	shape := d.subject.Model.Config()
	c.Layers, c.DModel = shape.Layers, shape.DModel
	scatter, err := c.Scatter(plan, draw)
	if err != nil {
		return nil, err
	}
	var rates []controls.Rate
	for _, f := range d.own.Fired {
		rates = append(rates, controls.Rate{Prompt: share(f.Prompt, d.own.PromptPositions), Generated: share(f.Generated, d.own.Tokens)})
	}
	return scatter.Anywhere(rates)
}
