package summary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/generate"
	"tiller/steering/eval"
	"tiller/steering/statistics"
)

// File is the name of the summary in a run's folder.
const File = "summary.json"

// A Summary is what a run comes to. What is not defined is null.
type Summary struct {
	Set SetSummary `json:"set"`
	// Guard is the second set, on which steering should change nothing.
	Guard *SetSummary `json:"guard,omitempty"`
	// Samples is how many times each problem was asked in each lane.
	Samples int `json:"samples"`
	// Complete reports that no answer is missing, on either set.
	Complete bool `json:"complete"`
	// Shard says which part of the run the folder holds; nil for all of it.
	Shard     *eval.Shard `json:"shard,omitempty"`
	Bootstrap Bootstrap   `json:"bootstrap"`
	// Base, Prompt and Thinking name the lanes that others are compared with;
	// empty for those that the run has not.
	Base     string `json:"base"`
	Prompt   string `json:"prompt,omitempty"`
	Thinking string `json:"thinking,omitempty"`

	Lanes    []Lane         `json:"lanes"`
	Controls []ControlGroup `json:"controls,omitempty"`
	// Warnings are sentences about what limits the figures.
	Warnings []string `json:"warnings"`
}

// SetSummary is a set of a run.
type SetSummary struct {
	Ref    string `json:"ref"`
	SHA256 string `json:"sha256"`
	Grader string `json:"grader"`
	// Problems is how many of the set are asked.
	Problems int `json:"problems"`
	// RightWrong reports that every score is 0 or 1.
	RightWrong bool `json:"right_wrong"`
}

// Bootstrap is what the intervals are drawn with. See [Options].
type Bootstrap struct {
	Resamples int    `json:"resamples"`
	Seed      uint64 `json:"seed"`
}

// Lane is one lane of a run.
type Lane struct {
	Name string    `json:"name"`
	Kind eval.Kind `json:"kind"`
	Plan string    `json:"plan"`
	// Control, Of and Draw say which control of which lane it is.
	Control string `json:"control,omitempty"`
	Of      string `json:"of,omitempty"`
	Draw    int    `json:"draw,omitempty"`
	// Tuned is the strength that a control took on the tune set.
	Tuned *eval.TunedLane `json:"tuned,omitempty"`

	Figures

	// HolmP is McNemarP corrected for the number of plans (Holm 1979), and
	// RankP the plan's among its random directions; both are nil for other
	// lanes. See [ControlGroup].
	HolmP *float64 `json:"holm_p,omitempty"`
	RankP *float64 `json:"rank_p,omitempty"`
	// PassAtK is there where problems are asked several times.
	PassAtK []PassAtK `json:"pass_at_k,omitempty"`
	// Families are the set's, in the order in which they first appear; none
	// for controls, and where there is but one.
	Families []Family `json:"families,omitempty"`
	// Guard is the same lane on the guard set.
	Guard *Figures `json:"guard,omitempty"`
}

// Figures are what one lane did on one set. Sums and shares are of all answers
// that are there; what compares lanes is of problems that both have answered.
type Figures struct {
	// N is the number of answers, Missing of those that should be there too.
	N       int `json:"n"`
	Missing int `json:"missing"`
	// Score is the mean, which is the share of right answers for sets that are
	// graded right or wrong.
	Score *float64            `json:"score"`
	CI95  statistics.Interval `json:"ci95"`

	Comparison
	PromptComparison
	// RecoveredGap is (score - base) / (thinking - base), not clamped, on the
	// problems that all three have answered. Its interval is null where that
	// of thinking - base holds 0.
	RecoveredGap     *float64            `json:"recovered_gap"`
	RecoveredGapCI95 statistics.Interval `json:"recovered_gap_ci95"`

	// SteeredFraction is the share of generated tokens that came from an
	// edited position; nil if none were generated.
	SteeredFraction *float64 `json:"steered_fraction"`
	PromptEdits     int      `json:"prompt_edits"`
	RowEdits        int      `json:"row_edits"`
	// Tokens is how many were generated in all.
	Tokens          int      `json:"tokens"`
	TokensPerAnswer *float64 `json:"tokens_per_answer"`
	// Stops counts why answers ended, Truncated is the share that ran out of
	// tokens or context before the model ended them.
	Stops     map[generate.Stop]int `json:"stops"`
	Truncated *float64              `json:"truncated"`
	// Found is the share of outputs in which the grader found an answer, and
	// Lost says that it is so low that the score tells of a broken model, not
	// of bad answers: below 80 %, and below base's.
	Found *float64 `json:"found"`
	Lost  bool     `json:"lost"`
	// Broken counts answers whose edits made the logits no numbers, Refused
	// those that could not be begun; both count as wrong. Failures are the
	// first of them.
	Broken   int       `json:"broken"`
	Refused  int       `json:"refused"`
	Failures []Failure `json:"failures,omitempty"`

	// KLPerToken is KL(lane||base) in nats, a mean over tokens, and
	// BasePerplexity that of the outputs under the model as it is, where they
	// were computed.
	KLPerToken     *float64 `json:"kl_per_token"`
	BasePerplexity *float64 `json:"base_perplexity"`
	// Repetition is the mean share of four-token sequences that stand in the
	// output before.
	Repetition *float64 `json:"repetition"`
}

// Comparison is a lane minus base, on the same problems.
type Comparison struct {
	// Paired is the number of problems that both have answered.
	Paired    int                 `json:"paired"`
	Delta     *float64            `json:"delta"`
	DeltaCI95 statistics.Interval `json:"delta_ci95"`
	// McNemarP is the exact two-sided p of McNemar's test.
	McNemarP *float64 `json:"mcnemar_p"`
	// WrongWay is the share of answers that base had right and this lane wrong.
	WrongWay *float64 `json:"wrong_way"`
	Flips    *Flips   `json:"flips,omitempty"`
}

// PromptComparison is a lane minus the one that is only asked in other words.
type PromptComparison struct {
	DeltaPrompt     *float64            `json:"delta_prompt"`
	DeltaPromptCI95 statistics.Interval `json:"delta_prompt_ci95"`
	McNemarPromptP  *float64            `json:"mcnemar_prompt_p"`
}

// Flips are the problems that base and a lane judge differently.
type Flips struct {
	// Right counts problems that only the lane had right, Wrong those that
	// only base had.
	Right int `json:"right"`
	Wrong int `json:"wrong"`
	// ToRight and ToWrong are the first ids, in the set's order, MoreRight and
	// MoreWrong how many follow them. Controls have counts only.
	ToRight   []string `json:"to_right,omitempty"`
	ToWrong   []string `json:"to_wrong,omitempty"`
	MoreRight int      `json:"more_right,omitempty"`
	MoreWrong int      `json:"more_wrong,omitempty"`
}

// Family is a lane on one family of problems.
type Family struct {
	Family string              `json:"family"`
	N      int                 `json:"n"`
	Score  *float64            `json:"score"`
	CI95   statistics.Interval `json:"ci95"`
	Comparison
	PromptComparison
}

// Failure is an answer that could not be generated.
type Failure struct {
	ID    string        `json:"id"`
	Draw  int           `json:"draw"`
	Stop  generate.Stop `json:"stop"`
	Error string        `json:"error"`
}

// SweepPoint is one of the strengths that a control could choose.
type SweepPoint = eval.SweepPoint

// Options say how a summary is made. The zero value is that of a run's own.
type Options struct {
	// Seed is the bootstrap's; 0 is 1.
	Seed uint64
	// Resamples is how often the bootstrap draws the problems anew; 0 is
	// 10,000 for up to 5,000 problems, and fewer for more of them, in
	// proportion, down to 1,000. Fewer than 100 are refused.
	Resamples int
	// MaxFlips is how many ids of flips are kept each way; 0 is 100.
	MaxFlips int
}

func (o Options) check() error {
	switch {
	case o.Resamples != 0 && o.Resamples < 100:
		return fmt.Errorf("an interval from %d resamples means nothing: take at least 100", o.Resamples)
	case o.MaxFlips < 0:
		return fmt.Errorf("%d flips can't be kept", o.MaxFlips)
	}
	return nil
}

func (o Options) maxFlips() int {
	if o.MaxFlips == 0 {
		return 100
	}
	return o.MaxFlips
}

// bootstrap is that of n problems.
func (o Options) bootstrap(n int) Bootstrap {
	const most, least, draws = 10_000, 1_000, 50_000_000
	b := Bootstrap{Resamples: o.Resamples, Seed: o.Seed}
	if b.Resamples == 0 {
		b.Resamples = min(max(draws/max(n, 1), least), most)
	}
	if b.Seed == 0 {
		b.Seed = 1
	}
	return b
}

// Write puts the summary into a run's folder, whole or not at all.
func (s *Summary) Write(path string) error {
	return atomicfile.Write(filepath.Join(path, File), s.Encode)
}

// Encode writes the summary as JSON.
func (s *Summary) Encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// Read reads the summary of a run's folder. It wraps [fs.ErrNotExist] if there
// is none.
func Read(path string) (*Summary, error) {
	file := filepath.Join(path, File)
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the run's summary: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	s := new(Summary)
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", file, err)
	}
	return s, nil
}

// Lane returns the lane of a name, nil if there is none.
func (s *Summary) Lane(name string) *Lane {
	for i := range s.Lanes {
		if s.Lanes[i].Name == name {
			return &s.Lanes[i]
		}
	}
	return nil
}
