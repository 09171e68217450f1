package watch

import (
	"math"

	"tiller/steering/eval"
	"tiller/steering/statistics"
	"tiller/tui/scores"
	"tiller/tui/visible"
	"tiller/tui/wording"
)

// A tally is how the lanes do so far. Of a problem that all lanes have answered
// only sums are kept.
type tally struct {
	spec   eval.Spec
	draws  int
	at     map[string]int // lanes by name
	lanes  []lane
	tags   []string
	groups []scores.Group
	base   int // -1 without
	// fraction reports that some score was neither 0 nor 1.
	fraction bool
	open     map[which]*problem // that lanes have still to answer
	recent   []*problem         // newest first
	failed   int
	failure  string // the newest
}

// which names a problem of either set.
type which struct {
	id    string
	guard bool
}

// A lane's answers, and what problems it has whole come to.
type lane struct {
	eval.LaneSpec
	answers, cut, found   int // to either set
	n                     int // to the set
	edits                 int
	scores, deltas, guard sums
}

// sums are of a number for each problem.
type sums struct {
	n            int
	sum, squares float64
}

func (s *sums) add(x float64) {
	s.n++
	s.sum += x
	s.squares += x * x
}

func (s *sums) mean() float64 { return s.sum / float64(s.n) }

// z is the normal quantile of 95 % intervals.
const z = 1.96

// within is the 95 % interval of the mean by its standard error: good enough to
// watch. It is undefined for fewer than two.
func (s *sums) within() statistics.Interval {
	if s.n < 2 {
		return statistics.Undefined()
	}
	n := float64(s.n)
	half := z * math.Sqrt(max(0, s.squares/n-s.mean()*s.mean())/(n-1))
	return statistics.Interval{Low: s.mean() - half, High: s.mean() + half}
}

// paired is the interval of a mean of -1, 0 and 1, with half a problem added to
// each of the four outcomes of a pair (Agresti and Min 2005): unlike that of
// the standard error it is no point while all differences are the same.
func (s *sums) paired() statistics.Interval {
	n := float64(s.n) + 2
	mean := s.sum / n
	half := z * math.Sqrt(((s.squares+1)/n-mean*mean)/n)
	return statistics.Interval{Low: max(-1, mean-half), High: min(1, mean+half)}
}

// A problem and what the lanes answered so far.
type problem struct {
	which
	question string    // safe to show
	answers  []answers // by lane
	left     int
	listed   bool // it is among the recent ones
}

// answers of a lane to a problem.
type answers struct {
	n         int // draws
	sum       float64
	mark      scores.Mark // of the newest
	extracted string      // safe to show
}

// Bounds of what is kept to be shown.
const (
	maxRecent    = 64
	maxQuestion  = 300 // bytes
	maxExtracted = 40
)

func newTally(s eval.Spec) *tally {
	t := &tally{
		spec: s, draws: max(1, s.Samples), at: map[string]int{}, tags: scores.Tags(s.Lanes), groups: scores.Groups(s.Lanes),
		base: -1, open: map[which]*problem{},
	}
	for i, l := range s.Lanes {
		t.at[l.Name] = i
		t.lanes = append(t.lanes, lane{LaneSpec: l})
		if l.Kind == eval.Base && t.base < 0 {
			t.base = i
		}
	}
	return t
}

// add takes in an answer. The problem is nil for one that was there before.
func (t *tally) add(s *eval.Sample, about *eval.Problem) {
	i, ok := t.at[s.Lane]
	if !ok {
		return
	}
	t.count(&t.lanes[i], s)
	key := which{s.ID, s.Guard}
	p := t.open[key]
	if p == nil {
		p = &problem{which: key, answers: make([]answers, len(t.lanes)), left: len(t.lanes) * t.draws}
		t.open[key] = p
	}
	a := &p.answers[i]
	a.n++
	a.sum += s.Score
	a.mark = scores.MarkOf(s)
	a.extracted = visible.Line(wording.Beginning(s.Extracted, maxExtracted))
	if a.n == t.draws {
		t.whole(p, i)
	}
	if about != nil {
		t.list(p, about)
	}
	if p.left--; p.left == 0 {
		delete(t.open, key)
	}
}

func (t *tally) count(l *lane, s *eval.Sample) {
	l.answers++
	if !s.Guard {
		l.n++
	}
	l.edits += s.RowEdits
	if s.Found {
		l.found++
	}
	if scores.MarkOf(s).Cut {
		l.cut++
	}
	if s.Error != "" {
		t.failed++
		t.failure = s.Lane + ", problem " + s.ID + ": " + s.Error
	}
	t.fraction = t.fraction || s.Score != 0 && s.Score != 1
}

// whole takes in that a lane has all draws of a problem, and pairs it with base
// where both have.
func (t *tally) whole(p *problem, i int) {
	l := &t.lanes[i]
	mean := p.answers[i].sum / float64(t.draws)
	if !p.guard {
		l.scores.add(mean)
	}
	if t.base < 0 || p.answers[t.base].n < t.draws {
		return
	}
	base := p.answers[t.base].sum / float64(t.draws)
	if i != t.base {
		l.pair(p.guard, mean-base)
		return
	}
	for j := range t.lanes {
		if a := p.answers[j]; j != i && a.n == t.draws {
			t.lanes[j].pair(p.guard, a.sum/float64(t.draws)-base)
		}
	}
}

func (l *lane) pair(guard bool, delta float64) {
	if guard {
		l.guard.add(delta)
	} else {
		l.deltas.add(delta)
	}
}

// list puts a problem among the recent ones.
func (t *tally) list(p *problem, about *eval.Problem) {
	if p.listed {
		return
	}
	p.listed = true
	text := about.Question
	if text == "" {
		text = about.Prompt
	}
	p.question = visible.Line(wording.Beginning(text, maxQuestion))
	if len(t.recent) == maxRecent {
		t.recent[maxRecent-1].listed = false
		t.recent = t.recent[:maxRecent-1]
	}
	t.recent = append([]*problem{p}, t.recent...)
}

// row is a lane so far.
func (t *tally) row(i int) scores.Row {
	l := &t.lanes[i]
	r := scores.Blank(t.tags[i], l.Name, l.Kind)
	r.N = l.n
	if l.scores.n > 0 {
		r.Score = l.scores.mean()
		r.CI = l.scores.within()
		if !t.fraction && t.draws == 1 {
			r.CI = statistics.Wilson(int(l.scores.sum), l.scores.n)
		}
	}
	if l.deltas.n > 0 {
		r.Delta, r.DeltaCI = l.deltas.mean(), l.deltas.within()
		if !t.fraction && t.draws == 1 {
			r.DeltaCI = l.deltas.paired()
		}
	}
	if l.guard.n > 0 {
		r.Guard = l.guard.mean()
	}
	return r
}

// rows are the lanes, and after each plan its controls, a line a kind.
func (t *tally) rows() []scores.Row {
	var rows []scores.Row
	for i, l := range t.lanes {
		if l.Kind == eval.Control {
			continue
		}
		rows = append(rows, t.row(i))
		for _, g := range t.groups {
			if g.Of == l.Name {
				rows = append(rows, t.group(g))
			}
		}
	}
	return rows
}

func (t *tally) group(g scores.Group) scores.Row {
	var draws []float64
	n := 0
	for _, i := range g.Lanes {
		n += t.lanes[i].n
		if s := &t.lanes[i].scores; s.n > 0 {
			draws = append(draws, s.mean())
		}
	}
	return g.Row(draws, n)
}
