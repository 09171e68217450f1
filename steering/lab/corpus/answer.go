package corpus

import (
	"math/rand/v2"
	"slices"

	"tiller/steering/lab/problem"
)

// TraceOptions say what happens in a reasoned answer beside its steps. With
// the zero value nothing does: the answer is every step, right and in order.
type TraceOptions struct {
	// Restate is how often it begins by saying what is asked for.
	Restate float64 `json:"restate"`
	// Next is how often a step begins with "next", not "then".
	Next float64 `json:"next"`
	// Slip is how often a step has a wrong result, Repair how often the next
	// sentence notices. An answer goes on from what it believes.
	Slip   float64 `json:"slip"`
	Repair float64 `json:"repair"`
	// Check is how often the last step is taken again before the conclusion,
	// which goes by the second result.
	Check float64 `json:"check"`
	// Haste is how often the reasoning breaks off before the second step into
	// the answer that a direct one gives. HasteGrowth is added before every
	// step that follows, up to HasteMost.
	Haste       float64 `json:"haste"`
	HasteGrowth float64 `json:"haste_growth"`
	HasteMost   float64 `json:"haste_most"`
}

// Direct is the answer of a problem given at once.
func Direct(p problem.Problem) []string {
	var w writer
	writeDirect(&w, p)
	return w.words
}

// Reasoned is the answer of a problem step by step. R may be nil if the options
// are zero.
func Reasoned(p problem.Problem, o TraceOptions, r *rand.Rand) []string {
	var w writer
	writeReasoned(&w, p, o, 1, r)
	return w.words
}

func writeDirect(w *writer, p problem.Problem) {
	w.add(1, "the", "answer", "is", p.Answer, ".")
}

// writeReasoned writes a reasoned answer. Surprise is the weight of a slip's
// wrong result.
func writeReasoned(w *writer, p problem.Problem, o TraceOptions, surprise float32, r *rand.Rand) {
	f, err := problem.FamilyNamed(p.Family)
	if err != nil {
		return
	}
	if happens(o.Restate, r) {
		w.text(1, p.Restatement())
	}
	state, haste := p.Start, o.Haste
	var step problem.Step
	for k, i := range p.Order {
		if k > 0 {
			if happens(min(haste, o.HasteMost), r) {
				writeDirect(w, p)
				return
			}
			haste += o.HasteGrowth
		}
		fact := p.Facts[i]
		right, _ := f.Apply(state, fact.Arg)
		step = problem.Step{State: state, Name: fact.Name, Arg: fact.Arg, Result: right}
		word := "first"
		if k > 0 {
			word = "then"
			if happens(o.Next, r) {
				word = "next"
			}
		}
		state = right
		if !happens(o.Slip, r) {
			writeStep(w, word, step, 1)
			continue
		}
		wrong := step
		wrong.Result = otherState(f, right, r)
		writeStep(w, word, wrong, surprise)
		if happens(o.Repair, r) {
			writeStep(w, "wait", step, 1)
		} else {
			state = wrong.Result
		}
	}
	if happens(o.Check, r) {
		writeStep(w, "check", step, 1)
		state = step.Result
	}
	w.add(1, "so", "the", "answer", "is", state, ".")
}

// writeStep writes "word STATE NAME ARG gives RESULT ."; weight is the result's.
func writeStep(w *writer, word string, s problem.Step, weight float32) {
	w.add(1, word)
	if s.State != "" {
		w.add(1, s.State)
	}
	w.add(1, s.Name, s.Arg, "gives")
	w.add(weight, s.Result)
	w.add(1, ".")
}

// happens draws whether something of probability p does; it draws nothing if p
// is 0.
func happens(p float64, r *rand.Rand) bool { return p > 0 && r.Float64() < p }

// otherState draws a result that is not the right one.
func otherState(f problem.Family, right string, r *rand.Rand) string {
	states := slices.DeleteFunc(f.States(), func(s string) bool { return s == right })
	return states[r.IntN(len(states))]
}
