package summary

import (
	"maps"
	"math"
	"slices"

	"tiller/steering/eval"
	"tiller/steering/statistics"
)

// lostBelow is the share of found answers below which a lane may be lost, as
// in the lab: see [Figures].
const lostBelow = .8

// lane fills in what is known of the i-th lane alone and beside the others.
func (m *maker) lane(l *Lane, i int) {
	m.figures(&l.Figures, i)
	if l.Kind == eval.Control {
		return
	}
	l.PassAtK = m.passAtK(m.columns[i])
	l.Families = m.byFamily(m.columns[i])
}

// figures fills in the i-th lane's figures on the set; intervals follow when
// the resampler has run.
func (m *maker) figures(f *Figures, i int) {
	c := m.columns[i]
	n := len(c.answers)
	*f = Figures{
		N: n, Missing: len(m.ids)*m.draws - n,
		RecoveredGapCI95: statistics.Undefined(),
		SteeredFraction:  ratio(c.steered, c.tokens), PromptEdits: c.promptEdits, RowEdits: c.rowEdits,
		Tokens: c.tokens, TokensPerAnswer: ratio(c.tokens, n), Stops: maps.Clone(c.stops),
		Truncated: ratio(c.truncated, n),
		Found:     ratio(c.found, n), Broken: c.stops[stopBroken], Refused: c.stops[stopRefused],
	}
	f.Lost = m.lost(c)
	for _, x := range c.failures {
		f.Failures = append(f.Failures, Failure{ID: m.ids[x.problem], Draw: int(x.draw), Stop: x.stop, Error: x.text})
	}
	f.Score = m.score(&f.CI95, c, m.problems)
	m.compare(&f.Comparison, c, m.problems, m.flipsOf(i))
	m.comparePrompt(&f.PromptComparison, c, m.problems)
	m.gap(f, c)
	f.KLPerToken = over(c, func(a answer) float64 { return a.kl }, float64(c.klTokens))
	if logProb := over(c, func(a answer) float64 { return a.baseLogProb }, float64(c.baseTokens)); logProb != nil {
		f.BasePerplexity = defined(math.Exp(-*logProb))
	}
	f.Repetition = over(c, func(a answer) float64 { return a.repetition }, float64(n))
}

// lost reports whether a lane answers too seldom for its score to mean much.
func (m *maker) lost(c *column) bool {
	found := ratio(c.found, len(c.answers))
	if found == nil || *found >= lostBelow || m.base == nil {
		return false
	}
	of := ratio(m.base.found, len(m.base.answers))
	return of != nil && *found < *of
}

// over is the sum of what is known, by n; nil if nothing is.
func over(c *column, of func(answer) float64, n float64) *float64 {
	var sum float64
	known := false
	for _, a := range c.answers {
		if x := of(a); !math.IsNaN(x) {
			sum += x
			known = true
		}
	}
	if !known {
		return nil
	}
	return defined(sum / n)
}

func ratio(part, all int) *float64 { return defined(float64(part) / float64(all)) }

// score is the mean of a lane's scores on some problems, whole or not.
func (m *maker) score(ci *statistics.Interval, c *column, problems []int32) *float64 {
	*ci = statistics.Undefined()
	begun := slices.DeleteFunc(slices.Clone(problems), func(p int32) bool { return c.counts[p] == 0 })
	total, n := sum(c.sums, begun), sum(c.counts, begun)
	if m.rightWrong && m.draws == 1 {
		*ci = statistics.Wilson(int(total), int(n))
	} else {
		m.intervals.interval(ci, begun, func(sums []float64) float64 { return sums[0] / sums[1] }, c.sums, c.counts)
	}
	return defined(total / n)
}

// flipsOf is how many ids of flips the i-th lane keeps each way.
func (m *maker) flipsOf(i int) int {
	if m.spec.Lanes[i].Kind == eval.Control {
		return 0
	}
	return m.intervals.options.maxFlips()
}

// compare fills in the lane minus base, with at most so many flips each way.
func (m *maker) compare(out *Comparison, c *column, problems []int32, most int) {
	out.DeltaCI95 = statistics.Undefined()
	if m.base == nil || c == m.base {
		return
	}
	both := common(problems, c, m.base)
	out.Paired = len(both)
	out.Delta, out.McNemarP = m.difference(&out.DeltaCI95, c, m.base, both)
	if !m.rightWrong || len(both) == 0 {
		return
	}
	wrong := 0
	for _, p := range both {
		of, with := c.of(p, m.draws), m.base.of(p, m.draws)
		for k := range of {
			if of[k].score < with[k].score {
				wrong++
			}
		}
	}
	out.WrongWay = ratio(wrong, len(both)*m.draws)
	out.Flips = m.flips(c, m.base, both, most)
}

// comparePrompt fills in the lane minus the prompt lane.
func (m *maker) comparePrompt(out *PromptComparison, c *column, problems []int32) {
	out.DeltaPromptCI95 = statistics.Undefined()
	if m.prompt == nil || c == m.prompt {
		return
	}
	out.DeltaPrompt, out.McNemarPromptP = m.difference(&out.DeltaPromptCI95, c, m.prompt, common(problems, c, m.prompt))
}

// difference is the mean of a lane minus that of another on problems that both
// have, and McNemar's p where answers are right or wrong.
func (m *maker) difference(ci *statistics.Interval, c, with *column, both []int32) (delta, p *float64) {
	n := float64(len(both) * m.draws)
	of := func(sums []float64) float64 { return (sums[0] - sums[1]) / n }
	m.intervals.interval(ci, both, of, c.sums, with.sums)
	delta = defined(of([]float64{sum(c.sums, both), sum(with.sums, both)}))
	if !m.rightWrong || len(both) == 0 {
		return delta, nil
	}
	onlyC, onlyWith := 0, 0
	for _, problem := range both {
		switch a, b := c.right(problem), with.right(problem); {
		case a && !b:
			onlyC++
		case b && !a:
			onlyWith++
		}
	}
	return delta, defined(statistics.McNemar(onlyC, onlyWith))
}

// gap fills in the recovered gap, as [statistics.Bootstrap.RecoveredGap] has
// it.
func (m *maker) gap(f *Figures, c *column) {
	f.RecoveredGapCI95 = statistics.Undefined()
	if m.base == nil || m.thinking == nil {
		return
	}
	three := common(m.problems, c, m.base, m.thinking)
	if f.RecoveredGap = defined(recovered(c, m.base, m.thinking, three)); f.RecoveredGap == nil {
		return
	}
	m.intervals.interval(&f.RecoveredGapCI95, three, ofGap, c.sums, m.base.sums, m.thinking.sums)
	whole := new(statistics.Interval)
	m.intervals.interval(whole, three, func(sums []float64) float64 { return sums[0] - sums[1] }, m.thinking.sums, m.base.sums)
	m.intervals.then(func() {
		if whole.Contains(0) {
			f.RecoveredGapCI95 = statistics.Undefined()
		}
	})
}

// recovered is the gap that a lane recovers on some problems; NaN without one.
func recovered(c, base, thinking *column, on []int32) float64 {
	if base == nil || thinking == nil {
		return math.NaN()
	}
	return ofGap([]float64{sum(c.sums, on), sum(base.sums, on), sum(thinking.sums, on)})
}

// ofGap is of the sums of a lane, base and thinking.
func ofGap(sums []float64) float64 { return (sums[0] - sums[1]) / (sums[2] - sums[1]) }

func sum(x []float64, problems []int32) float64 {
	var s float64
	for _, p := range problems {
		s += x[p]
	}
	return s
}

// flips are the problems that a lane has right and base wrong, or the other way
// round, with at most so many ids.
func (m *maker) flips(c, base *column, both []int32, most int) *Flips {
	var right, wrong []string
	for _, p := range both {
		switch a, b := c.right(p), base.right(p); {
		case a && !b:
			right = append(right, m.ids[p])
		case b && !a:
			wrong = append(wrong, m.ids[p])
		}
	}
	f := &Flips{Right: len(right), Wrong: len(wrong)}
	if most > 0 {
		f.ToRight, f.ToWrong = right[:min(len(right), most)], wrong[:min(len(wrong), most)]
		f.MoreRight, f.MoreWrong = len(right)-len(f.ToRight), len(wrong)-len(f.ToWrong)
	}
	return f
}

// maxFamilies is how many families a breakdown may have.
const maxFamilies = 100

// family is some problems of a set.
type family struct {
	name     string
	problems []int32
}

// byName are the set's families, in the order in which they first appear.
func (b *board) byName() []family {
	at := map[string]int{}
	var out []family
	for p, name := range b.families {
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, family{name: name})
		}
		out[i].problems = append(out[i].problems, int32(p))
	}
	return out
}

// byFamily breaks a lane down.
func (m *maker) byFamily(c *column) []Family {
	if len(m.parts) < 2 || len(m.parts) > maxFamilies {
		return nil
	}
	out := make([]Family, len(m.parts)) // not moved: intervals are put into it
	for i, part := range m.parts {
		f := &out[i]
		f.Family, f.N = part.name, int(sum(c.counts, part.problems))
		f.Score = m.score(&f.CI95, c, part.problems)
		m.compare(&f.Comparison, c, part.problems, 0)
		m.comparePrompt(&f.PromptComparison, c, part.problems)
	}
	return out
}
