package lab

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/lab/problem"
)

// Search is how a plan is chosen. All of it happens on the tune split.
type Search struct {
	// Coarse is how many problems every candidate answers, Fine how many the
	// Finalists best of them do.
	Coarse    int `json:"coarse"`
	Fine      int `json:"fine"`
	Finalists int `json:"finalists"`
	// MostSteered is the largest steered fraction that a plan may have.
	MostSteered float64 `json:"most_steered"`
	// Strengths are tried with every vector, layer and selector.
	Strengths []float64 `json:"strengths"`
	// Selectors are tried with every vector of one term.
	Selectors []string `json:"selectors"`
	// Pairs are the vectors that are tried together, the first at the last
	// token of the prompt and the second at the sentence ends of the answer.
	Pairs [][2]string `json:"pairs"`
}

// DefaultSearch is how the shipped plan was chosen.
func DefaultSearch() Search {
	return Search{
		Coarse: 120, Fine: 1200, Finalists: 24, MostSteered: .12,
		Strengths: []float64{.25, .5, .75, 1, 1.5, 2, 3, 4},
		Selectors: []string{"last", "sentence", "last+sentence&gen:12-199", "last+sentence&gen:18-199"},
		Pairs:     [][2]string{{VectorDecide, VectorPersist}},
	}
}

// A Candidate is a plan and how it did on the tune split.
type Candidate struct {
	Plan            string  `json:"plan"`
	N               int     `json:"n"`
	Score           float64 `json:"score"`
	SteeredFraction float64 `json:"steered_fraction"`
}

// candidates are the plans to try with vectors, each at each of its layers.
func (s Search) candidates(vectors []*steering.Vector) []string {
	var plans []string
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	layersOf := map[string][]int{}
	for _, v := range vectors {
		layersOf[v.Name] = v.Layers()
		for _, layer := range v.Layers() {
			for _, strength := range s.Strengths {
				for _, selector := range s.Selectors {
					plans = append(plans, fmt.Sprintf("%s*%s@%d[%s]", v.Name, number(strength), layer, selector))
				}
			}
		}
	}
	for _, pair := range s.Pairs {
		for _, layer := range layersOf[pair[0]] {
			for _, strength := range s.Strengths {
				plans = append(plans, fmt.Sprintf("%s*%s@%d[last],%s*%s@%d[sentence&gen]",
					pair[0], number(strength), layer, pair[1], number(strength), layer))
			}
		}
	}
	return plans
}

// Choose finds the plan with the best score among those that steer few enough
// tokens: first all candidates on a few problems, then the best on many. Ties
// go to the plan that steers less, then to the one tried earlier. It returns
// the finalists, best first, and after them all others as they did at first.
func Choose(ctx context.Context, base *model.Model, t *tokenizer.Tokenizer, vectors []*steering.Vector, tune []problem.Problem, s Search, progress func(done, total int)) ([]Candidate, error) {
	if len(tune) < s.Fine || s.Coarse < 1 || s.Finalists < 1 {
		return nil, fmt.Errorf("a search over %d and %d problems with %d finalists can't be made on %d problems", s.Coarse, s.Fine, s.Finalists, len(tune))
	}
	plans := s.candidates(vectors)
	coarse, err := tryPlans(ctx, base, t, vectors, tune[:s.Coarse], plans, progress)
	if err != nil {
		return nil, err
	}
	s.rank(coarse)
	n := min(s.Finalists, len(coarse))
	var finalists []string
	for _, c := range coarse[:n] {
		finalists = append(finalists, c.Plan)
	}
	fine, err := tryPlans(ctx, base, t, vectors, tune[:s.Fine], finalists, progress)
	if err != nil {
		return nil, err
	}
	s.rank(fine)
	return append(fine, coarse[n:]...), nil
}

// rank puts the best first; plans that steer too much come last.
func (s Search) rank(candidates []Candidate) {
	slices.SortStableFunc(candidates, func(a, b Candidate) int {
		tooMuch := func(c Candidate) bool { return c.SteeredFraction > s.MostSteered }
		switch {
		case tooMuch(a) != tooMuch(b):
			return map[bool]int{true: 1, false: -1}[tooMuch(a)]
		case a.Score != b.Score:
			return map[bool]int{true: -1, false: 1}[a.Score > b.Score]
		case a.SteeredFraction != b.SteeredFraction:
			return map[bool]int{true: -1, false: 1}[a.SteeredFraction < b.SteeredFraction]
		}
		return 0
	})
}

// tryPlans lets every plan answer the problems.
func tryPlans(ctx context.Context, base *model.Model, t *tokenizer.Tokenizer, vectors []*steering.Vector, problems []problem.Problem, plans []string, progress func(done, total int)) ([]Candidate, error) {
	lanes := make([]Lane, len(plans))
	for i, plan := range plans {
		lane, err := PlanLane(base, t, vectors, plan)
		if err != nil {
			return nil, err
		}
		lanes[i] = lane
	}
	outcomes, err := Measure(ctx, t, problems, lanes, MeasureOptions{Progress: progress})
	if err != nil {
		return nil, err
	}
	out := make([]Candidate, len(plans))
	for i, o := range outcomes {
		out[i] = Candidate{Plan: plans[i], N: len(problems), Score: o.Score(), SteeredFraction: o.SteeredFraction()}
	}
	return out, nil
}

// PlanLane is the lane of a plan over these vectors.
func PlanLane(m *model.Model, t *tokenizer.Tokenizer, vectors []*steering.Vector, text string) (Lane, error) {
	plan, err := steering.Parse(text)
	if err != nil {
		return Lane{}, err
	}
	byName := map[string]*steering.Vector{}
	for _, v := range vectors {
		byName[v.Name] = v
	}
	bound, err := steering.Bind(plan, m.Config().Layers, m.Config().DModel, byName)
	if err != nil {
		return Lane{}, err
	}
	return Lane{Name: "plan:" + text, Model: m, Steering: steering.Lanes{Bound: bound, Tokenizer: t}}, nil
}
