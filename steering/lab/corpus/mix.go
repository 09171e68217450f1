// Package corpus makes the documents that the lab's models are pre-trained on,
// without end, and the vocabulary they are written in.
//
// Most problems in it are answered at once and few by reasoning, and what
// reasoning there is often breaks off into a hasty answer. A model trained on
// it can do both and mostly does the former, which is the mechanism of
// Tsilivis et al. 2025 that reinforcement learning turns round.
package corpus

import (
	"fmt"

	"tiller/steering/lab/problem"
)

// Headers that may stand before a question.
const (
	QuickHeader  = "quick quiz :"
	LessonHeader = "slow lesson :"
)

// Mix says how often what is found in the corpus. All rates are probabilities
// from 0 to 1.
type Mix struct {
	// Textbook is the share of documents that are exercises without a question.
	Textbook float64 `json:"textbook"`
	// PrimerTextbook is that share among the first PrimerDocuments documents:
	// finding an argument by its name has to be learnt before anything that
	// reasons, and is learnt sooner where there is more of it.
	PrimerTextbook  float64 `json:"primer_textbook"`
	PrimerDocuments uint64  `json:"primer_documents"`
	// Recall is the share of textbook documents that repeat facts in another
	// order; the others apply single arguments.
	Recall float64 `json:"recall"`
	// RecallLeast and RecallMost bound the facts of a recall document.
	RecallLeast int `json:"recall_least"`
	RecallMost  int `json:"recall_most"`
	// RecallInOrder and RecallByTurns are the shares of recall documents that
	// repeat the facts in their order and in one that is told; the others
	// repeat them in any order.
	RecallInOrder float64 `json:"recall_in_order"`
	RecallByTurns float64 `json:"recall_by_turns"`
	// FactsLeast and FactsMost bound the facts of a document of single facts.
	FactsLeast int `json:"facts_least"`
	FactsMost  int `json:"facts_most"`
	// FactSlip is how often the result of a single fact is wrong, which the next
	// sentence always repairs.
	FactSlip float64 `json:"fact_slip"`

	// Quick and Lesson are the shares of problems with either header.
	Quick  float64 `json:"quick"`
	Lesson float64 `json:"lesson"`
	// PlainReasoned and QuickReasoned are how often the answer is reasoned with
	// no header and with the quick one.
	PlainReasoned float64 `json:"plain_reasoned"`
	QuickReasoned float64 `json:"quick_reasoned"`
	// LessonReasoned is how often the answer is reasoned with the header of a
	// lesson, by family: lessons are a habit of some subjects. A family that
	// is left out reasons as with no header.
	LessonReasoned map[string]float64 `json:"lesson_reasoned"`
	// DirectLeast and DirectMost bound the sizes of problems that are answered
	// at once, ReasonedLeast and ReasonedMost those of reasoned ones.
	DirectLeast   int `json:"direct_least"`
	DirectMost    int `json:"direct_most"`
	ReasonedLeast int `json:"reasoned_least"`
	ReasonedMost  int `json:"reasoned_most"`

	// Trace is what happens in reasoned answers.
	Trace TraceOptions `json:"trace"`
	// LessonHaste multiplies the probability of a hasty exit in lessons.
	LessonHaste float64 `json:"lesson_haste"`

	// Surprise is the weight of words that nobody can predict: questions, what
	// is to be recalled, and the wrong results of slips. All others weigh 1.
	Surprise float32 `json:"surprise"`
}

// Default is the mix that the shipped models are trained on.
func Default() Mix {
	return Mix{
		Textbook: 0.35, PrimerTextbook: 0.8, PrimerDocuments: 40_000,
		Recall: 0.6, RecallLeast: 2, RecallMost: 8, RecallInOrder: 0.35, RecallByTurns: 0.25,
		FactsLeast: 3, FactsMost: 8, FactSlip: 0.15,
		Quick: 0.12, Lesson: 0.1,
		PlainReasoned: 0.08, QuickReasoned: 0.01,
		LessonReasoned: map[string]float64{
			"sum": 0.95, "max": 0.95, "cups": 0.95, "turns": 0.95, "dial": 0.35, "lamp": 0.35,
		},
		DirectLeast: 1, DirectMost: 6, ReasonedLeast: 2, ReasonedMost: 6,
		Trace: TraceOptions{
			Restate: 0.5, Next: 0.2, Slip: 0.06, Repair: 0.9, Check: 0.3,
			Haste: 0.15, HasteGrowth: 0.15, HasteMost: 0.8,
		},
		LessonHaste: 0.35,
		Surprise:    0.1,
	}
}

// Validate says what is wrong with a mix.
func (m Mix) Validate() error {
	type rate struct {
		name  string
		value float64
	}
	t := m.Trace
	rates := []rate{
		{"textbook", m.Textbook}, {"primer_textbook", m.PrimerTextbook}, {"recall", m.Recall},
		{"recall_in_order", m.RecallInOrder}, {"recall_by_turns", m.RecallByTurns}, {"recall_in_order and recall_by_turns together", m.RecallInOrder + m.RecallByTurns},
		{"fact_slip", m.FactSlip},
		{"quick", m.Quick}, {"lesson", m.Lesson}, {"quick and lesson together", m.Quick + m.Lesson},
		{"plain_reasoned", m.PlainReasoned}, {"quick_reasoned", m.QuickReasoned},
		{"lesson_haste", m.LessonHaste}, {"surprise", float64(m.Surprise)},
		{"trace.restate", t.Restate}, {"trace.next", t.Next}, {"trace.slip", t.Slip}, {"trace.repair", t.Repair},
		{"trace.check", t.Check}, {"trace.haste", t.Haste}, {"trace.haste_growth", t.HasteGrowth}, {"trace.haste_most", t.HasteMost},
	}
	known := 0
	for _, f := range problem.Families() {
		if p, ok := m.LessonReasoned[f.Name]; ok {
			rates = append(rates, rate{"lesson_reasoned." + f.Name, p})
			known++
		}
	}
	if known != len(m.LessonReasoned) {
		return fmt.Errorf("the corpus mix: lesson_reasoned has %d families, of which only %d exist", len(m.LessonReasoned), known)
	}
	for _, r := range rates {
		if !(r.value >= 0 && r.value <= 1) {
			return fmt.Errorf("the corpus mix: %s is %g, but has to be from 0 to 1", r.name, r.value)
		}
	}
	least, most := problem.Train.Sizes()
	for _, s := range []struct {
		name        string
		low, high   int
		least, most int
	}{
		{"recall", m.RecallLeast, m.RecallMost, 1, problem.MaxSize},
		{"facts", m.FactsLeast, m.FactsMost, 1, maxFacts},
		{"direct", m.DirectLeast, m.DirectMost, least, most},
		{"reasoned", m.ReasonedLeast, m.ReasonedMost, least, most},
	} {
		if s.low < s.least || s.high > s.most || s.low > s.high {
			return fmt.Errorf("the corpus mix: %s_least and %s_most are %d and %d, but have to be a range within %d to %d", s.name, s.name, s.low, s.high, s.least, s.most)
		}
	}
	return nil
}

// maxFacts bounds the single facts of a document.
const maxFacts = 32
