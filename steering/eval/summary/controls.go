package summary

import (
	"tiller/steering/eval"
	"tiller/steering/statistics"
)

// ControlGroup is all draws of one kind of control beside the plan they are
// of, on the problems that all of these have answered (and base and thinking
// too, for gaps).
type ControlGroup struct {
	Of      string `json:"of"`
	Control string `json:"control"`
	// Draws is how many are compared, Pending how many have not answered any
	// problem yet, Lost how many answer too seldom: see [Figures].
	Draws   int `json:"draws"`
	Pending int `json:"pending,omitempty"`
	Lost    int `json:"lost"`
	// Paired is the number of problems.
	Paired int `json:"paired"`
	// Score is the plan's. MeanScore is over the draws that are not lost, nil
	// if all are; MaxScore over all, and Best the lane that has it.
	Score     *float64 `json:"score"`
	MeanScore *float64 `json:"mean_score"`
	MaxScore  *float64 `json:"max_score"`
	Best      string   `json:"best"`
	// The recovered gaps likewise; nil without a gap.
	RecoveredGap *float64 `json:"recovered_gap"`
	MeanGap      *float64 `json:"mean_gap"`
	MaxGap       *float64 `json:"max_gap"`
	// RankP is (1 + draws that score no worse than the plan) / (draws + 1).
	RankP *float64 `json:"rank_p"`
}

// draw is a control lane at hand.
type draw struct {
	name string
	*column
}

// controls are by plan and kind, in the order in which they first appear.
func (m *maker) controls() []ControlGroup {
	type which struct{ of, control string }
	at := map[which]int{}
	var out []ControlGroup
	var draws [][]draw
	for i, l := range m.spec.Lanes {
		if l.Kind != eval.Control {
			continue
		}
		g, ok := at[which{l.Of, l.Control}]
		if !ok {
			g = len(out)
			at[which{l.Of, l.Control}] = g
			out, draws = append(out, ControlGroup{Of: l.Of, Control: l.Control}), append(draws, nil)
		}
		if c := m.columns[i]; len(common(m.problems, c)) == 0 {
			out[g].Pending++
		} else {
			draws[g] = append(draws[g], draw{l.Name, c})
		}
	}
	for i := range out {
		for n, l := range m.spec.Lanes {
			if l.Name == out[i].Of {
				m.group(&out[i], m.columns[n], draws[i])
			}
		}
	}
	return out
}

// group compares a plan with draws that stand in its place.
func (m *maker) group(g *ControlGroup, plan *column, draws []draw) {
	all := []*column{plan}
	for _, d := range draws {
		all = append(all, d.column)
	}
	for _, c := range []*column{m.base, m.thinking} {
		if c != nil {
			all = append(all, c)
		}
	}
	on := common(m.problems, all...)
	g.Draws, g.Paired = len(draws), len(on)
	if len(draws) == 0 || len(on) == 0 {
		return
	}
	n := float64(len(on) * m.draws)
	score := func(c *column) float64 { return sum(c.sums, on) / n }
	gap := func(c *column) float64 { return recovered(c, m.base, m.thinking, on) }
	g.Score, g.RecoveredGap = defined(score(plan)), defined(gap(plan))

	var scores, whole, gaps []float64
	best := 0
	for i, d := range draws {
		scores = append(scores, score(d.column))
		if scores[i] > scores[best] {
			best = i
		}
		if m.lost(d.column) {
			g.Lost++
			continue
		}
		whole, gaps = append(whole, scores[i]), append(gaps, gap(d.column))
	}
	g.MeanScore, g.MeanGap = defined(statistics.Mean(whole)), defined(statistics.Mean(gaps))
	g.MaxScore, g.MaxGap, g.Best = defined(scores[best]), defined(gap(draws[best].column)), draws[best].name
	g.RankP = defined(statistics.RankP(score(plan), scores))
}
