package search

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"tiller/model/checkpoint/atomicfile"
	"tiller/steering/eval/summary"
	"tiller/steering/statistics"
)

// Format is the version of sweep.json.
const Format = 1

// File is the name of the result in a sweep's folder, tableFile that of its
// cells as a table.
const (
	File      = "sweep.json"
	tableFile = "sweep.csv"
)

// A Result is what a sweep came to: sweep.json.
type Result struct {
	Format int    `json:"format"`
	Tool   string `json:"tool"`
	// Plan is what was swept, and Term its 1-based term that was varied.
	Plan string `json:"plan"`
	Term int    `json:"term"`
	// Set is what the cells were tried on.
	Set Used `json:"set"`
	// Split says that this is one part of a set, split by ids and Seed, and
	// that the other part confirms.
	Split bool   `json:"split"`
	Seed  uint64 `json:"seed"`
	// RightWrong reports that every score of the cells is 0 or 1.
	RightWrong bool `json:"right_wrong"`
	// Rule says in a sentence which cells were stopped; see [Rule].
	Rule string `json:"rule"`
	// KLProblems is how many problems the cells' KL is of.
	KLProblems int `json:"kl_problems"`

	Layers    []int     `json:"layers"`
	Strengths []float64 `json:"strengths"`
	Vectors   []string  `json:"vectors"`
	Selectors []string  `json:"selectors"`
	// Cells are those of the chosen vector and selector, a row a layer, and
	// Maps all of them.
	Cells [][]Cell `json:"cells"`
	Maps  []Map    `json:"maps"`

	// Base is the model without steering on the same problems.
	Base Figures `json:"base"`
	// Chosen is the cell with the highest score; of equals the weakest one, of
	// these the one at the lowest layer.
	Chosen Cell `json:"chosen"`
	// Ties is how many other cells have the same score.
	Ties int `json:"ties"`
	// Confirmed is how it did on problems that chose nothing; nil before it was
	// asked them.
	Confirmed *Confirmed `json:"confirmed"`

	// Summary is that of the run that confirms.
	Summary *summary.Summary `json:"-"`

	chosen *lane
}

// Used is a set that was asked.
type Used struct {
	Ref      string `json:"ref"`
	SHA256   string `json:"sha256"`
	Layout   string `json:"layout"`
	Grader   string `json:"grader"`
	Problems int    `json:"problems"`
}

// Map is all layers and strengths of one vector and selector, a row a layer.
type Map struct {
	Vector   string   `json:"vector"`
	Selector string   `json:"selector"`
	Cells    [][]Cell `json:"cells"`
}

// Confirmed is the chosen plan and base on problems that chose nothing.
type Confirmed struct {
	Set  Used    `json:"set"`
	Base Figures `json:"base"`
	Plan Figures `json:"plan"`
	// Delta is plan minus base, on the same problems, with its interval by the
	// bootstrap, and McNemarP the exact two-sided p of right and wrong answers.
	Delta     *float64            `json:"delta"`
	DeltaCI95 statistics.Interval `json:"delta_ci95"`
	McNemarP  *float64            `json:"mcnemar_p"`
	// Shrinkage is the score on the set that chose minus that on this one.
	Shrinkage *float64 `json:"shrinkage"`
}

// result sums up the grid.
func (g *grid) result() (*Result, error) {
	all := append([]*lane{g.base}, g.live...)
	r := &Result{
		Format: Format, Tool: g.Spec.Tool, Plan: g.Space.Plan.String(), Term: g.Space.Term + 1, KLProblems: min(KLProblems, len(g.base.answers)),
		Set:   Used{g.Tune.Spec.Ref, g.Tune.Spec.SHA256, g.Tune.Spec.Layout, g.Tune.Spec.Grader, len(g.base.answers)},
		Split: g.Tune.Spec.Ref == g.Confirm.Spec.Ref, Seed: g.Spec.Sampling.Seed,
		RightWrong: rightWrong(all), Rule: g.Rule.Sentence(len(g.live), len(g.base.answers)),
		Layers: g.Space.Layers, Strengths: g.Space.Strengths, Vectors: g.Space.Vectors,
	}
	for _, l := range all {
		if err := l.finish(r.RightWrong, statistics.Bootstrap{Resamples: 1000, Seed: 1}); err != nil {
			return nil, fmt.Errorf("the interval of %s: %w", l.spec.Name, err)
		}
	}
	r.Base, r.chosen = g.base.cell.Figures, g.Space.choose(g.live)
	r.Chosen = r.chosen.cell
	for _, l := range g.live {
		if l != r.chosen && !l.cell.Stopped && *l.cell.Score == *r.Chosen.Score {
			r.Ties++
		}
	}
	for _, selector := range g.Space.Selectors {
		r.Selectors = append(r.Selectors, selector.String())
	}
	maps := slices.Collect(slices.Chunk(g.cells, len(r.Layers)*len(r.Strengths)))
	for i, cells := range maps {
		m := Map{Vector: r.Vectors[i/len(r.Selectors)], Selector: r.Selectors[i%len(r.Selectors)]}
		for lanes := range slices.Chunk(cells, len(r.Strengths)) {
			var row []Cell
			for _, l := range lanes {
				row = append(row, l.cell)
			}
			m.Cells = append(m.Cells, row)
		}
		if slices.Contains(cells, r.chosen) {
			r.Cells = m.Cells
		}
		r.Maps = append(r.Maps, m)
	}
	return r, nil
}

// confirmed takes over what the summary says.
func (r *Result) confirmed() {
	s := r.Summary
	c := &Confirmed{Set: Used{s.Set.Ref, s.Set.SHA256, "", s.Set.Grader, s.Set.Problems}}
	figures := func(l *summary.Lane) Figures { return Figures{Score: l.Score, N: l.N, CI95: l.CI95, Tokens: l.Tokens} }
	for i := range s.Lanes {
		l := &s.Lanes[i]
		switch l.Name {
		case baseLane.Name:
			c.Base = figures(l)
		case r.chosen.spec.Name:
			c.Plan, c.Delta, c.DeltaCI95, c.McNemarP = figures(l), l.Delta, l.DeltaCI95, l.McNemarP
		}
	}
	if c.Plan.Score != nil {
		shrunk := *r.Chosen.Score - *c.Plan.Score
		c.Shrinkage = &shrunk
	}
	r.Confirmed = c
}

// Count is how many cells there are, stopped ones and refused ones among them.
func (r *Result) Count() (cells, stopped, refused int) {
	for _, m := range r.Maps {
		for _, row := range m.Cells {
			for _, c := range row {
				cells++
				if c.Stopped {
					stopped++
				}
				if c.Error != "" {
					refused++
				}
			}
		}
	}
	return cells, stopped, refused
}

// write writes the result and its table.
func (r *Result) write(dir string) error {
	err := atomicfile.Write(filepath.Join(dir, File), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(r)
	})
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, tableFile), r.table)
}

// table writes a row a cell.
func (r *Result) table(out io.Writer) error {
	w := csv.NewWriter(out)
	w.Write([]string{"vector", "selector", "layer", "strength", "plan", "score", "ci95_low", "ci95_high", "n", "stopped", "chosen",
		"kl", "steered_fraction", "prompt_edits", "row_edits", "fired", "tokens", "broken", "error"})
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	maybe := func(x *float64) string {
		if x == nil {
			return ""
		}
		return number(*x)
	}
	for _, m := range r.Maps {
		for _, row := range m.Cells {
			for _, c := range row {
				low, high := "", ""
				if c.N > 0 && c.CI95.Defined() {
					low, high = number(c.CI95.Low), number(c.CI95.High)
				}
				w.Write([]string{c.Vector, c.Selector, strconv.Itoa(c.Layer), number(c.Strength), c.Plan, maybe(c.Score), low, high, strconv.Itoa(c.N),
					strconv.FormatBool(c.Stopped), strconv.FormatBool(c.Plan == r.Chosen.Plan), maybe(c.KL), maybe(c.SteeredFraction),
					strconv.Itoa(c.PromptEdits), strconv.Itoa(c.RowEdits), strconv.Itoa(c.Fired), strconv.Itoa(c.Tokens), strconv.Itoa(c.Broken), c.Error})
			}
		}
	}
	w.Flush()
	return w.Error()
}
