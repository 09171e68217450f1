package search

import (
	"tiller/steering"
	"tiller/steering/eval"
	"tiller/steering/statistics"
)

// A Cell is one vector, selector, layer and strength, and what it does. A cell
// with an error has no numbers.
type Cell struct {
	Vector   string  `json:"vector"`
	Selector string  `json:"selector"`
	Layer    int     `json:"layer"` // -1 is before the first block
	Strength float64 `json:"strength"`
	Plan     string  `json:"plan"`
	Figures
	// Stopped says that the cell was stopped as hopeless after N problems; it
	// is not among those to choose from.
	Stopped bool `json:"stopped"`
	// KL is the mean of KL(steered||base) in nats between the distributions of
	// the token after the prompt, over the first KLProblems of the set.
	KL *float64 `json:"kl"`
	// SteeredFraction is the share of generated tokens that came from an edited
	// position, PromptEdits counts edited prompt positions before the last,
	// RowEdits pairs of position and layer, and Fired the positions at which the
	// term that is varied changed rows.
	SteeredFraction *float64 `json:"steered_fraction"`
	PromptEdits     int      `json:"prompt_edits"`
	RowEdits        int      `json:"row_edits"`
	Fired           int      `json:"fired"`
	// Broken counts answers that edits kept from being generated: the logits
	// became no numbers, or the plan can't be used with the prompt. They count
	// as wrong.
	Broken int `json:"broken"`
	// Error says why the plan can't be used at all, such as a vector that lacks
	// the layer.
	Error string `json:"error,omitempty"`
}

// Figures are what base and cells have.
type Figures struct {
	// Score is the mean over N problems, the share of right answers where all
	// scores are 0 or 1.
	Score *float64            `json:"score"`
	N     int                 `json:"n"`
	CI95  statistics.Interval `json:"ci95"`
	// Tokens is how many were generated.
	Tokens int `json:"tokens"`
}

// An answer is what is kept of a sample.
type answer struct {
	known, broken bool
	score         float64
	tokens        int32
	steered       int32 // tokens
	promptEdits   int32
	rowEdits      int32
	fired         int32 // positions, by the term that is varied
}

func answerOf(s *eval.Sample, term int) answer {
	a := answer{
		known: true, score: s.Score, tokens: int32(s.Tokens), steered: int32(s.Steered), promptEdits: int32(s.PromptEdits), rowEdits: int32(s.RowEdits),
		broken: s.Error != "",
	}
	if term < len(s.Fired) {
		a.fired = int32(s.Fired[term].Count)
	}
	return a
}

// A lane is base or a cell at work.
type lane struct {
	cell    Cell
	plan    steering.Plan
	spec    eval.LaneSpec
	answers []answer // by problem
	stopped int      // after how many problems; 0 while it goes on
}

// until is how many problems the lane is asked.
func (l *lane) until() int {
	if l.stopped > 0 {
		return l.stopped
	}
	return len(l.answers)
}

// scores are those of the first n problems.
func (l *lane) scores(n int) []float64 {
	scores := make([]float64, n)
	for i := range scores {
		scores[i] = l.answers[i].score
	}
	return scores
}

// finish fills in the figures of a lane that has answered all it was asked.
func (l *lane) finish(rightWrong bool, draw statistics.Bootstrap) error {
	c := &l.cell
	c.N, c.Stopped = l.until(), l.stopped > 0
	steered := 0
	for _, a := range l.answers[:c.N] {
		c.Tokens += int(a.tokens)
		steered += int(a.steered)
		c.PromptEdits += int(a.promptEdits)
		c.RowEdits += int(a.rowEdits)
		c.Fired += int(a.fired)
		if a.broken {
			c.Broken++
		}
	}
	if c.Tokens > 0 {
		share := float64(steered) / float64(c.Tokens)
		c.SteeredFraction = &share
	}
	scores := l.scores(c.N)
	score := statistics.Mean(scores)
	c.Score = &score
	if rightWrong {
		right := 0
		for _, s := range scores {
			right += int(s)
		}
		c.CI95 = statistics.Wilson(right, c.N)
		return nil
	}
	mean, err := draw.Mean(scores, nil)
	c.CI95 = mean.CI95
	return err
}

// rightWrong reports that every score is 0 or 1.
func rightWrong(lanes []*lane) bool {
	for _, l := range lanes {
		for _, a := range l.answers[:l.until()] {
			if a.score != 0 && a.score != 1 {
				return false
			}
		}
	}
	return true
}

// better reports whether a is to be taken rather than b: for its higher score,
// or its weaker strength, or its lower layer, in this order.
func (s *Space) better(a, b *Cell) bool {
	op := s.Plan.Terms[s.Term].Op
	switch x, y := weakness(op, a.Strength), weakness(op, b.Strength); {
	case *a.Score != *b.Score:
		return *a.Score > *b.Score
	case x != y:
		return x < y
	}
	return a.Layer < b.Layer
}

// choose takes the best of the cells that have answered all problems; of
// equals the first. There is one, as the best is never stopped.
func (s *Space) choose(lanes []*lane) *lane {
	var best *lane
	for _, l := range lanes {
		if l.cell.Error == "" && !l.cell.Stopped && (best == nil || s.better(&l.cell, &best.cell)) {
			best = l
		}
	}
	return best
}
