package main

import (
	"tiller/model/generate"
	"tiller/model/kernel"
	"tiller/steering"
	"tiller/steering/lab/problem"
	"tiller/steering/library"
	"tiller/tui/plain"
)

// runReport is what `run --json` prints.
type runReport struct {
	Lanes  []laneReport `json:"lanes"`
	Kernel string       `json:"kernel"` // ids are certain to repeat on the same one only
	// What else made the result.
	Sampling samplingReport    `json:"sampling"`
	Vectors  map[string]string `json:"vectors"` // file of each name that plans use
	Tool     string            `json:"tool"`
	// Question is the one of the lab that the prompt is, if it is one.
	Question *problem.Problem `json:"question,omitempty"`
}

type samplingReport struct {
	Temperature   float64 `json:"temperature"`
	TopK          int     `json:"top_k"`
	TopP          float64 `json:"top_p"`
	MinP          float64 `json:"min_p"`
	RepeatPenalty float64 `json:"repeat_penalty"`
	Seed          uint64  `json:"seed"`
}

// whole describes all lanes of a session, and what made them.
func (r *run) whole(s *generate.Session) runReport {
	o := r.flags.sampling
	report := runReport{
		Kernel:   kernel.Path(),
		Sampling: samplingReport{o.Temperature, o.TopK, o.TopP, o.MinP, o.RepeatPenalty, o.Seed},
		Vectors:  r.vectors, Tool: "tiller " + version(), Question: r.question,
	}
	for i := range r.lanes {
		report.Lanes = append(report.Lanes, r.report(i, s))
	}
	return report
}

type laneReport struct {
	Name        string               `json:"name"`
	Model       library.Summary      `json:"model"`
	Plan        string               `json:"plan"`
	Prompt      string               `json:"prompt"`
	PromptIDs   []int                `json:"prompt_ids"`
	IDs         []int                `json:"ids"`
	Text        string               `json:"text"`
	LogProbs    []float64            `json:"logprobs"`
	Steered     []bool               `json:"steered"`
	PromptEdits int                  `json:"prompt_edits"`
	RowEdits    int                  `json:"row_edits"`
	Fired       []steering.TermCount `json:"fired"`
	Warnings    []string             `json:"warnings"`
	Stop        generate.Stop        `json:"stop"`
	// Answer is what the text answers to a question whose answer is known,
	// empty if nothing, and Right whether that is the one.
	Answer *string `json:"answer,omitempty"`
	Right  *bool   `json:"right,omitempty"`
}

// report describes lane i of a session as far as it got.
func (r *run) report(i int, s *generate.Session) laneReport {
	result := s.Result(i)
	l := laneReport{
		Name: "base", Model: r.summary, Prompt: r.promptText(), PromptIDs: r.prompt.IDs(),
		IDs: orEmpty(result.IDs), Text: result.Text, LogProbs: orEmpty(result.LogProbs), Steered: orEmpty(result.Steered),
		Fired: []steering.TermCount{}, Warnings: []string{}, Stop: result.Stop,
	}
	if plan := r.lanes[i].plan; plan != nil {
		l.Plan = plan.String()
		l.Name = "plan:" + l.Plan
	}
	if program := programOf(s.Editor(i)); program != nil {
		report := program.Report()
		l.PromptEdits, l.RowEdits, l.Fired, l.Warnings = report.PromptEdits, report.RowEdits, report.Fired, orEmpty(report.Warnings)
	}
	if r.question != nil {
		answer, _ := problem.Answer(l.Text)
		right := answer == r.question.Answer
		l.Answer, l.Right = &answer, &right
	}
	return l
}

// programOf returns the plan at work on a lane, nil for a base lane.
func programOf(e generate.Editor) *steering.Program {
	if e, ok := e.(*steering.Editor); ok {
		return e.Program
	}
	return nil
}

// laneSummary describes lane i for people.
func (r *run) laneSummary(i int, s *generate.Session) plain.LaneSummary {
	l := r.report(i, s)
	sum := plain.LaneSummary{Stop: string(l.Stop), PromptEdits: l.PromptEdits, RowEdits: l.RowEdits, Warnings: l.Warnings}
	if l.Answer != nil {
		sum.Answer = &plain.Answer{Given: *l.Answer, Right: *l.Right}
	}
	program := programOf(s.Editor(i))
	if program == nil {
		return sum
	}
	sum.Positions = program.Len()
	for _, f := range l.Fired {
		sum.Fired = append(sum.Fired, plain.Fired{Term: f.Term, Count: f.Count})
	}
	for _, ratio := range program.Ratios() {
		f := &sum.Fired[ratio.Term]
		f.Ratios = append(f.Ratios, plain.Ratio{Layer: ratio.Layer, Value: ratio.Value})
	}
	return sum
}

// orEmpty makes a nil list an empty one, which JSON shows as [].
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
