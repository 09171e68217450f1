package eval

import (
	"maps"
	"slices"

	"tiller/model/generate"
	"tiller/steering/controls"
)

// A Sample is one answer of one lane to one problem: a line of samples.jsonl.
type Sample struct {
	// ID, Lane, Draw and Guard say which it is; no two lines agree in all four.
	ID    string `json:"id"`
	Lane  string `json:"lane"`
	Draw  int    `json:"draw"` // 0-based, of the problem's samples
	Guard bool   `json:"guard,omitempty"`

	Output    string  `json:"output"`
	Extracted string  `json:"extracted"` // what the grader understood as the answer
	Found     bool    `json:"found"`     // whether it found one at all
	Score     float64 `json:"score"`

	Tokens int           `json:"tokens"`
	Stop   generate.Stop `json:"stop"`
	// Error says why nothing could be generated; the sample counts as wrong.
	Error string `json:"error,omitempty"`

	Steered     int         `json:"steered"` // tokens
	PromptEdits int         `json:"prompt_edits"`
	RowEdits    int         `json:"row_edits"`
	Fired       []TermFired `json:"fired,omitempty"`
	// Marks are the parts of Output that steered tokens wrote, as byte offsets
	// from and to.
	Marks [][2]int `json:"marks,omitempty"`

	// LogProb is the sum of the tokens' log-probabilities under the lane,
	// BaseLogProb that under the model as it is, on the same tokens, and KL the
	// sum of KL(lane||base) over the positions they were drawn at, in nats;
	// the latter two only where they were asked for.
	LogProb     float64  `json:"logprob"`
	BaseLogProb *float64 `json:"base_logprob,omitempty"`
	KL          *float64 `json:"kl,omitempty"`
	// Repetition is the share of the output's four-token sequences that stand
	// in it before.
	Repetition float64 `json:"repetition"`
	// Choices are the log-probabilities of a multiple choice's answers, and
	// ChoiceBytes their lengths.
	Choices     []float64 `json:"choices,omitempty"`
	ChoiceBytes []int     `json:"choice_bytes,omitempty"`
}

// TermFired is how often a term of the lane's plan fired: at how many positions
// in all, at how many of the prompt before its last, and at how many whose
// output is a generated token.
type TermFired struct {
	Term      string `json:"term"`
	Count     int    `json:"count"`
	Prompt    int    `json:"prompt"`
	Generated int    `json:"generated"`
}

// firings is how often the sample's plan fired, for controls that fire as often
// at other positions.
func (s *Sample) firings() controls.Firings {
	f := controls.Firings{Generated: s.Tokens}
	for _, t := range s.Fired {
		f.Terms = append(f.Terms, controls.Fired{Prompt: t.Prompt, Generated: t.Generated})
	}
	return f
}

// key is what no two samples of a run share.
type key struct {
	id, lane string
	draw     int
	guard    bool
}

func (s *Sample) key() key { return key{s.ID, s.Lane, s.Draw, s.Guard} }

// A Problem is one of the problems a run asks: a line of problems.jsonl. It is
// kept so that the folder can be read without the set.
type Problem struct {
	ID       string   `json:"id"`
	Guard    bool     `json:"guard,omitempty"`
	Family   string   `json:"family,omitempty"`
	Question string   `json:"question"`
	Target   string   `json:"target"`
	Choices  []string `json:"choices,omitempty"`
	Prompt   string   `json:"prompt"` // as the base lane was asked
}

// repetition is the share of four-token sequences that stand before.
func repetition(ids []int) float64 {
	const n = 4
	if len(ids) < n {
		return 0
	}
	seen := map[[n]int]bool{}
	again := 0
	for i := range len(ids) - n + 1 {
		g := [n]int(ids[i : i+n])
		if seen[g] {
			again++
		}
		seen[g] = true
	}
	return float64(again) / float64(len(ids)-n+1)
}

// marks joins the parts of a text that steered tokens wrote.
func marks(tokens []written) [][2]int {
	var out [][2]int
	at := 0
	for _, t := range tokens {
		end := at + t.bytes
		switch n := len(out); {
		case !t.steered || t.bytes == 0:
		case n > 0 && out[n-1][1] == at:
			out[n-1][1] = end
		default:
			out = append(out, [2]int{at, end})
		}
		at = end
	}
	return out
}

// written is what a token added to the text.
type written struct {
	bytes   int
	steered bool
}

// sortedKeys lists the names in any of some objects, in order.
func sortedKeys(objects ...map[string]any) []string {
	all := map[string]bool{}
	for _, o := range objects {
		for name := range o {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
