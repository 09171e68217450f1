package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tiller/model/checkpoint/badfile"
	"tiller/model/generate"
	"tiller/steering/eval"
)

// A board is all answers to one set, as small numbers.
type board struct {
	ids      []string // of problems, in the set's order
	families []string
	at       map[string]int32
	draws    int       // per problem
	columns  []*column // by lane, in the run's order
	// rightWrong reports that every score is 0 or 1.
	rightWrong bool
}

// A column is one lane's answers.
type column struct {
	answers []answer // by problem and draw, once settled
	// start is where each problem's answers begin, -1 unless all of its draws
	// are there.
	start []int32
	// sums are each problem's scores together, counts how many there are.
	sums, counts []float64

	tokens, steered       int
	promptEdits, rowEdits int
	klTokens, baseTokens  int // of answers whose KL, base log-probability is known
	found, truncated      int
	stops                 map[generate.Stop]int
	fired                 map[string]int // by term
	failures              []failure      // the first few, in the set's order
}

// answer is what is kept of a sample. What it lacks is NaN.
type answer struct {
	place
	score, kl, baseLogProb, repetition float64
}

// failure is an answer that could not be generated.
type failure struct {
	place
	stop generate.Stop
	text string
}

// place says which answer of a lane it is.
type place struct{ problem, draw int32 }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.problem, q.problem), cmp.Compare(p.draw, q.draw))
}

// The stops of answers that could not be generated; see package eval.
const (
	stopBroken  generate.Stop = "broken"
	stopRefused generate.Stop = "refused"
)

// Bounds of what is kept of failures.
const (
	maxFailures = 3
	maxError    = 300 // runes
)

// readBoards reads a run's answers to its set and to the guard set.
func readBoards(path string, spec *eval.Spec) (main, guard *board, err error) {
	problems, err := eval.ReadProblems(path)
	if err != nil {
		return nil, nil, err
	}
	if spec.Samples < 1 || spec.Samples > math.MaxInt32 {
		return nil, nil, fmt.Errorf("%s: a run asks each problem at least once, not %d times", path, spec.Samples)
	}
	if main, err = newBoard(problems, false, spec); err != nil {
		return nil, nil, err
	}
	if guard, err = newBoard(problems, true, spec); err != nil {
		return nil, nil, err
	}
	lanes := map[string]int{}
	for i, l := range spec.Lanes {
		if _, twice := lanes[l.Name]; twice {
			return nil, nil, fmt.Errorf("%s: the run has two lanes %s", path, badfile.Quote(l.Name))
		}
		lanes[l.Name] = i
	}
	var bad error
	err = eval.ReadSamples(path, func(s *eval.Sample) {
		b := main
		if s.Guard {
			b = guard
		}
		lane, ok := lanes[s.Lane]
		if !ok && bad == nil {
			bad = fmt.Errorf("%s holds a sample of lane %s, which its run has not", path, badfile.Quote(s.Lane))
		}
		if ok && bad == nil {
			if err := b.add(lane, s); err != nil {
				bad = fmt.Errorf("%s: %w", path, err)
			}
		}
	})
	if err := cmp.Or(err, bad); err != nil {
		return nil, nil, err
	}
	main.settle()
	guard.settle()
	return main, guard, nil
}

func newBoard(problems []eval.Problem, guard bool, spec *eval.Spec) (*board, error) {
	b := &board{at: map[string]int32{}, draws: spec.Samples}
	for _, p := range problems {
		if p.Guard != guard {
			continue
		}
		if _, twice := b.at[p.ID]; twice {
			return nil, fmt.Errorf("the run has two problems %s", badfile.Quote(p.ID))
		}
		b.at[p.ID] = int32(len(b.ids))
		b.ids, b.families = append(b.ids, p.ID), append(b.families, p.Family)
	}
	for range spec.Lanes {
		b.columns = append(b.columns, &column{stops: map[generate.Stop]int{}, fired: map[string]int{}})
	}
	return b, nil
}

func (b *board) add(lane int, s *eval.Sample) error {
	p, ok := b.at[s.ID]
	if !ok {
		return fmt.Errorf("lane %s has an answer to problem %s, which the run does not ask", badfile.Quote(s.Lane), badfile.Quote(s.ID))
	}
	if s.Draw < 0 || s.Draw >= b.draws {
		return fmt.Errorf("lane %s has a draw %d of problem %s, and the run has %d", badfile.Quote(s.Lane), s.Draw, badfile.Quote(s.ID), b.draws)
	}
	b.columns[lane].add(place{p, int32(s.Draw)}, s)
	return nil
}

func (c *column) add(at place, s *eval.Sample) {
	a := answer{place: at, score: s.Score, kl: math.NaN(), baseLogProb: math.NaN(), repetition: s.Repetition}
	if s.KL != nil {
		a.kl = *s.KL
		c.klTokens += s.Tokens
	}
	if s.BaseLogProb != nil {
		a.baseLogProb = *s.BaseLogProb
		c.baseTokens += s.Tokens
	}
	c.answers = append(c.answers, a)
	c.tokens += s.Tokens
	c.steered += s.Steered
	c.promptEdits += s.PromptEdits
	c.rowEdits += s.RowEdits
	c.stops[s.Stop]++
	if s.Found {
		c.found++
	}
	// Answers that were given to the model all stop at their length.
	if len(s.Choices) == 0 && (s.Stop == generate.StopLength || s.Stop == generate.StopContext) {
		c.truncated++
	}
	for _, t := range s.Fired {
		c.fired[t.Term] += t.Count
	}
	if s.Error != "" {
		c.failed(failure{at, s.Stop, s.Error})
	}
}

// failed keeps the first failures, in whatever order they come.
func (c *column) failed(f failure) {
	i, _ := slices.BinarySearchFunc(c.failures, f.place, func(f failure, p place) int { return f.compare(p) })
	if i == maxFailures {
		return
	}
	if r := []rune(f.text); len(r) > maxError {
		f.text = string(r[:maxError]) + "…"
	}
	c.failures = slices.Insert(c.failures, i, f)
	c.failures = c.failures[:min(len(c.failures), maxFailures)]
}

// settle orders the answers and finds out which problems are whole.
func (b *board) settle() {
	b.rightWrong = true
	for _, c := range b.columns {
		slices.SortFunc(c.answers, func(a, b answer) int { return a.compare(b.place) })
		c.start, c.sums, c.counts = make([]int32, len(b.ids)), make([]float64, len(b.ids)), make([]float64, len(b.ids))
		for i := range c.start {
			c.start[i] = -1
		}
		for i, first := 0, 0; i < len(c.answers); i++ {
			a := c.answers[i]
			if c.answers[first].problem != a.problem {
				first = i
			}
			c.sums[a.problem] += a.score
			c.counts[a.problem]++
			if i-first+1 == b.draws {
				c.start[a.problem] = int32(first)
			}
			if a.score != 0 && a.score != 1 {
				b.rightWrong = false
			}
		}
	}
}

// whole reports whether all draws of a problem are there.
func (c *column) whole(problem int32) bool { return c.start[problem] >= 0 }

// of are the answers to a problem, which is whole.
func (c *column) of(problem int32, draws int) []answer {
	return c.answers[c.start[problem] : int(c.start[problem])+draws]
}

// right reports whether draw 0 of a problem was answered right.
func (c *column) right(problem int32) bool { return c.answers[c.start[problem]].score == 1 }

// all are the problems of the set.
func (b *board) all() []int32 {
	out := make([]int32, len(b.ids))
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// common are those of some problems that are whole in each of some columns.
func common(problems []int32, columns ...*column) []int32 {
	var out []int32
	for _, p := range problems {
		whole := true
		for _, c := range columns {
			whole = whole && c.whole(p)
		}
		if whole {
			out = append(out, p)
		}
	}
	return out
}
