package lab

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/derive"
	"tiller/steering/lab/problem"
)

// Dial is the chosen plan at every layer and many strengths, on tune problems.
type Dial struct {
	Plan      string    `json:"plan"`
	N         int       `json:"n"`
	MaxTokens int       `json:"max_tokens"`
	Base      float64   `json:"base"`
	Thinking  float64   `json:"thinking"`
	Layers    []int     `json:"layers"`
	Strengths []float64 `json:"strengths"`
	// Points are by layer and strength.
	Points [][]DialPoint `json:"points"`
}

// DialPoint is the plan at one layer and one strength.
type DialPoint struct {
	Score           float64 `json:"score"`
	Answered        float64 `json:"answered"`
	Reasoned        float64 `json:"reasoned"`
	SteeredFraction float64 `json:"steered_fraction"`
	TokensPerAnswer float64 `json:"tokens_per_answer"`
	Broken          bool    `json:"broken"`
}

// LayerMap is where the plan's directions work: those of every layer used at
// every layer, on tune problems. An edit's size is kept as a share of the
// residual stream's median norm, the share that the chosen plan's has.
type LayerMap struct {
	Plan      string  `json:"plan"`
	N         int     `json:"n"`
	MaxTokens int     `json:"max_tokens"`
	Base      float64 `json:"base"`
	Thinking  float64 `json:"thinking"`
	// Ratios are |s d| over the median norm, for each term of the plan.
	Ratios []float64 `json:"ratios"`
	// Factors are what the ratios are multiplied by; each point is the best.
	Factors []float64 `json:"factors"`
	Layers  []int     `json:"layers"`
	// Points are by the layer that the directions are from and the layer at
	// which they are used.
	Points [][]MapPoint `json:"points"`
}

// MapPoint is the best of a few strengths at one place of the map.
type MapPoint struct {
	Factor float64 `json:"factor"` // the lowest of the best
	Score  float64 `json:"score"`
	// Gap is the recovered gap; null without a gap.
	Gap      *float64 `json:"gap"`
	Reasoned float64  `json:"reasoned"`
	Broken   bool     `json:"broken"`
}

// layers are those at which all of the plan's vectors have directions.
func (f *figurer) layers() ([]int, error) {
	var layers []int
	for i, name := range f.plan.Names() {
		v := f.vectors[name]
		if v == nil {
			return nil, fmt.Errorf("the plan's vector %q is not there", name)
		}
		if i == 0 {
			layers = v.Layers()
		}
		layers = slices.DeleteFunc(layers, func(l int) bool { return v.Norm(l) == 0 })
	}
	return layers, nil
}

// at is the plan with all its terms at one layer.
func at(plan steering.Plan, layer int) steering.Plan {
	terms := slices.Clone(plan.Terms)
	for i := range terms {
		terms[i].Layers = steering.Layers{Kind: steering.NamedLayers, Items: []steering.Span{{From: layer, To: layer}}}
	}
	return steering.Plan{Terms: terms}
}

// short is a lane whose answers may be as long as is worth the time.
func (f *figurer) short(name string, plan steering.Plan, vectors map[string]*steering.Vector) (Lane, error) {
	lane, err := f.subject().lane(plan, vectors)
	lane.Name, lane.MaxTokens = name, f.options.MaxTokens
	return lane, err
}

func (f *figurer) dial(ctx context.Context, tune []problem.Problem) error {
	layers, err := f.layers()
	if err != nil {
		return err
	}
	own := f.plan.Terms[0].Strength.Value
	if own == 0 {
		return fmt.Errorf("the plan %q has no strength to turn", f.plan.String())
	}
	base := f.tuneBase.first(len(tune))
	d := &Dial{
		Plan: f.plan.String(), N: len(tune), MaxTokens: f.options.MaxTokens, Base: base.Score(), Thinking: f.tuneThinking.first(len(tune)).Score(),
		Layers: layers, Strengths: f.options.DialStrengths,
	}
	var lanes []Lane
	for _, layer := range layers {
		for _, s := range d.Strengths {
			plan, err := controls.Stronger(at(f.plan, layer), s/own)
			if err != nil {
				return err
			}
			lane, err := f.short(plan.String(), plan, f.vectors)
			if err != nil {
				return err
			}
			lanes = append(lanes, lane)
		}
	}
	outcomes, err := f.measure(ctx, "dial", tune, lanes)
	if err != nil {
		return err
	}
	for of := range slices.Chunk(outcomes, len(d.Strengths)) {
		var points []DialPoint
		for _, u := range of {
			points = append(points, DialPoint{u.Score(), u.AnsweredShare(), share(u.Reasoned, len(tune)), u.SteeredFraction(), u.TokensPerAnswer(), u.Broken(base)})
		}
		d.Points = append(d.Points, points)
	}
	f.figures.Dial = d
	return nil
}

func (f *figurer) layerMap(ctx context.Context, tune []problem.Problem) error {
	layers, err := f.layers()
	if err != nil {
		return err
	}
	base, thinking := f.tuneBase.first(len(tune)), f.tuneThinking.first(len(tune))
	m := &LayerMap{
		Plan: f.plan.String(), N: len(tune), MaxTokens: f.options.MaxTokens, Base: base.Score(), Thinking: thinking.Score(),
		Factors: f.options.MapFactors, Layers: layers,
	}
	for _, t := range f.plan.Terms {
		ratio, err := f.ratio(t)
		if err != nil {
			return err
		}
		m.Ratios = append(m.Ratios, ratio)
	}
	var lanes []Lane
	for _, from := range layers {
		for _, to := range layers {
			moved, err := f.moved(m.Ratios, from, to)
			if err != nil {
				return err
			}
			for _, factor := range m.Factors {
				plan, err := controls.Stronger(moved.plan, factor)
				if err != nil {
					return err
				}
				lane, err := f.short(fmt.Sprintf("map:%d/%d*%g", from, to, factor), plan, moved.vectors)
				if err != nil {
					return err
				}
				lanes = append(lanes, lane)
			}
		}
	}
	outcomes, err := f.measure(ctx, "map", tune, lanes)
	if err != nil {
		return err
	}
	for from := range layers {
		var points []MapPoint
		for to := range layers {
			first := (from*len(layers) + to) * len(m.Factors)
			points = append(points, best(m.Factors, outcomes[first:first+len(m.Factors)], base, thinking))
		}
		m.Points = append(m.Points, points)
	}
	f.figures.Map = m
	return nil
}

// best is the point of the factor with the most right answers, the lowest of
// these.
func best(factors []float64, outcomes []Outcome, base, thinking Outcome) MapPoint {
	at := 0
	for i, u := range outcomes {
		was := outcomes[at].Score()
		if u.Score() > was || u.Score() == was && factors[i] < factors[at] {
			at = i
		}
	}
	u := outcomes[at]
	p := MapPoint{Factor: factors[at], Score: u.Score(), Reasoned: share(u.Reasoned, len(u.Right)), Broken: u.Broken(base)}
	if gap := (u.Score() - base.Score()) / (thinking.Score() - base.Score()); !math.IsNaN(gap) && !math.IsInf(gap, 0) {
		p.Gap = &gap
	}
	return p
}

// median is the residual stream's median norm at a layer, as it was when the
// vector was made.
func (f *figurer) median(vector string, layer int) (float64, error) {
	for _, r := range f.results {
		if r.Vector.Name != vector {
			continue
		}
		i := slices.IndexFunc(r.Layers, func(l derive.LayerReport) bool { return l.Layer == layer })
		if i >= 0 && r.Layers[i].MedianNorm > 0 {
			return r.Layers[i].MedianNorm, nil
		}
	}
	return 0, fmt.Errorf("the median norm at layer %d is not known for the vector %q", layer, vector)
}

// home is the one layer at which a term adds its direction.
func home(t steering.Term) (int, error) {
	items := t.Layers.Items
	if t.Op != steering.Add || t.Strength.Varies() || t.Strength.Relative || t.Layers.Kind != steering.NamedLayers || len(items) != 1 || items[0].From != items[0].To {
		return 0, fmt.Errorf("the term %q can't be moved to other layers: that takes an addition of constant strength at one layer", t.String())
	}
	return items[0].From, nil
}

// ratio is |s d| of a term over the median norm at its layer.
func (f *figurer) ratio(t steering.Term) (float64, error) {
	layer, err := home(t)
	if err != nil {
		return 0, err
	}
	median, err := f.median(t.Vector, layer)
	return math.Abs(t.Strength.Value) * f.vectors[t.Vector].Norm(layer) / median, err
}

// movedPlan is a plan whose directions are from elsewhere.
type movedPlan struct {
	plan    steering.Plan
	vectors map[string]*steering.Vector
}

// moved takes the directions of one layer to another; ratios are by term.
func (f *figurer) moved(ratios []float64, from, to int) (movedPlan, error) {
	p := movedPlan{at(f.plan, to), map[string]*steering.Vector{}}
	for i := range p.plan.Terms {
		t := &p.plan.Terms[i]
		v := f.vectors[t.Vector]
		median, err := f.median(t.Vector, to)
		if err != nil {
			return p, err
		}
		size := ratios[i] * median / math.Abs(t.Strength.Value)
		direction := make([]float64, v.DModel)
		for n, x := range v.Directions[from] {
			direction[n] = float64(x)
		}
		name := fmt.Sprintf("term%d", i)
		d, err := controls.OfNorm(direction, size)
		if err != nil {
			return p, err
		}
		t.Vector = name
		p.vectors[name] = &steering.Vector{Name: name, DModel: v.DModel, Directions: map[int][]float32{to: d}}
	}
	return p, nil
}
