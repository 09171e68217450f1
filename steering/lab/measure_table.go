package lab

import (
	"fmt"
	"math"
	"slices"

	"tiller/model/generate"
	"tiller/steering/statistics"
)

// Table is lanes measured on the same problems.
type Table struct {
	// Problems names what was measured on, as "test".
	Problems string `json:"problems"`
	N        int    `json:"n"`
	// Base, Thinking and Prompt are the names of the lanes that others are
	// compared with.
	Base     string           `json:"base"`
	Thinking string           `json:"thinking,omitempty"`
	Prompt   string           `json:"prompt,omitempty"`
	Lanes    []Row            `json:"lanes"`
	Controls []ControlSummary `json:"controls,omitempty"`
}

// Row is one lane of a table. All intervals are 95 % ones; what is not defined
// is null.
type Row struct {
	Name string `json:"name"`
	Plan string `json:"plan"`
	N    int    `json:"n"`
	// Score is the share of right answers, with its Wilson interval.
	Score float64             `json:"score"`
	CI95  statistics.Interval `json:"ci95"`
	// Delta compares with base, DeltaPrompt with the lane that is only asked to
	// reason; nil for that lane itself and where there is none.
	Comparison
	DeltaPrompt *Comparison `json:"to_prompt,omitempty"`
	// RecoveredGap is (score - base) / (thinking - base); null without a gap.
	RecoveredGap     *float64            `json:"recovered_gap"`
	RecoveredGapCI95 statistics.Interval `json:"recovered_gap_ci95"`

	SteeredFraction float64 `json:"steered_fraction"`
	// PromptEdits and RowEdits are sums over all problems.
	PromptEdits int `json:"prompt_edits"`
	RowEdits    int `json:"row_edits"`
	// Tokens is how many were generated in all, TokensPerAnswer their mean.
	Tokens          int                   `json:"tokens"`
	TokensPerAnswer float64               `json:"tokens_per_answer"`
	Stops           map[generate.Stop]int `json:"stops"`
	// Answered is the share of problems with any answer, Reasoned that of
	// answers that say more than the answer.
	Answered float64 `json:"answered"`
	Reasoned float64 `json:"reasoned"`
	// Broken lanes answer too seldom for their score to mean anything: see
	// [Outcome.Broken].
	Broken bool `json:"broken"`
}

// Comparison is a lane minus another on the same problems.
type Comparison struct {
	Delta     *float64            `json:"delta"`
	DeltaCI95 statistics.Interval `json:"delta_ci95"`
	// McNemarP is the exact two-sided p of McNemar's test.
	McNemarP *float64 `json:"mcnemar_p"`
}

// TableOptions say what the lanes of a table are compared with.
type TableOptions struct {
	Problems string
	// Base, Thinking and Prompt are names of lanes; the latter two may be empty.
	Base, Thinking, Prompt string
	// Plans are the lanes' plans, by name, as text.
	Plans     map[string]string
	Bootstrap statistics.Bootstrap
}

// NewTable tabulates outcomes of lanes on the same problems.
func NewTable(lanes []Lane, outcomes []Outcome, o TableOptions) (*Table, error) {
	b := tabulator{options: o, lanes: lanes, outcomes: outcomes}
	if len(lanes) == 0 || len(lanes) != len(outcomes) {
		return nil, fmt.Errorf("there are %d lanes but %d outcomes to tabulate", len(lanes), len(outcomes))
	}
	base, err := b.named(o.Base)
	if err != nil {
		return nil, err
	}
	var thinking, prompt *Outcome
	if o.Thinking != "" {
		if thinking, err = b.named(o.Thinking); err != nil {
			return nil, err
		}
	}
	if o.Prompt != "" {
		if prompt, err = b.named(o.Prompt); err != nil {
			return nil, err
		}
	}
	t := &Table{Problems: o.Problems, N: len(base.Right), Base: o.Base, Thinking: o.Thinking, Prompt: o.Prompt}
	for i := range lanes {
		r, err := b.row(i, base, thinking, prompt)
		if err != nil {
			return nil, fmt.Errorf("lane %s: %w", lanes[i].Name, err)
		}
		t.Lanes = append(t.Lanes, r)
	}
	return t, nil
}

type tabulator struct {
	options  TableOptions
	lanes    []Lane
	outcomes []Outcome
}

func (b *tabulator) named(name string) (*Outcome, error) {
	i := slices.IndexFunc(b.lanes, func(l Lane) bool { return l.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no lane %q to compare with", name)
	}
	return &b.outcomes[i], nil
}

func (b *tabulator) row(i int, base, thinking, prompt *Outcome) (Row, error) {
	o := &b.outcomes[i]
	n := len(o.Right)
	r := Row{
		Name: b.lanes[i].Name, Plan: b.options.Plans[b.lanes[i].Name], N: n,
		Score: o.Score(), CI95: statistics.Wilson(count(o.Right), n),
		Comparison: Comparison{DeltaCI95: statistics.Undefined()}, RecoveredGapCI95: statistics.Undefined(),
		SteeredFraction: o.SteeredFraction(), PromptEdits: o.PromptEdits, RowEdits: o.RowEdits,
		Tokens: o.Tokens, TokensPerAnswer: o.TokensPerAnswer(), Stops: o.Stops,
		Answered: o.AnsweredShare(), Reasoned: share(o.Reasoned, n), Broken: o.Broken(*base),
	}
	var err error
	if o != base {
		if r.Comparison, err = b.compare(o, base); err != nil {
			return r, err
		}
	}
	if prompt != nil && o != prompt {
		c, err := b.compare(o, prompt)
		if err != nil {
			return r, err
		}
		r.DeltaPrompt = &c
	}
	if thinking == nil {
		return r, nil
	}
	gap, err := b.options.Bootstrap.RecoveredGap(statistics.Scores(o.Right), statistics.Scores(base.Right), statistics.Scores(thinking.Right), nil)
	if err != nil {
		return r, err
	}
	if !math.IsNaN(gap.Value) {
		r.RecoveredGap, r.RecoveredGapCI95 = &gap.Value, gap.CI95
	}
	return r, nil
}

func (b *tabulator) compare(o, with *Outcome) (Comparison, error) {
	d, err := b.options.Bootstrap.Difference(statistics.Scores(o.Right), statistics.Scores(with.Right), nil)
	if err != nil {
		return Comparison{}, err
	}
	p := statistics.McNemar(statistics.Discordant(o.Right, with.Right))
	return Comparison{Delta: &d.Value, DeltaCI95: d.CI95, McNemarP: &p}, nil
}
