package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tiller/steering/eval"
	"tiller/steering/library"
)

// facts are all that determined the run, and how to do it again.
func (r *run) facts(command string) []fact {
	s := r.spec
	out := []fact{
		{Name: "model", Text: model(s.Model)},
		{Name: "model's fingerprint", Text: name(s.Model.Fingerprint)},
	}
	if s.Thinking != nil {
		out = append(out, fact{Name: "thinking model", Text: model(*s.Thinking)}, fact{Name: "its fingerprint", Text: name(s.Thinking.Fingerprint)})
	}
	out = append(out, setFacts("set", s.Set)...)
	for i, l := range s.Lanes {
		if l.Template != "" && i < maxRows {
			out = append(out, fact{Name: "template of " + name(l.Name), Text: cut(block(l.Template), maxText), Code: true})
		}
	}
	if s.Guard != nil {
		out = append(out, setFacts("guard set", *s.Guard)...)
	}
	if s.Tune != nil {
		out = append(out, setFacts("tune set", *s.Tune)...)
	}
	out = append(out,
		fact{Name: "sampling", Text: sampling(s.Sampling)},
		fact{Name: "seed", Text: fmt.Sprint(s.Sampling.Seed)},
		fact{Name: "answers a problem and lane", Text: count(s.Samples)},
	)
	if s.Shard != nil {
		out = append(out, fact{Name: "shard", Text: fmt.Sprintf("%d of %d: this is a part of a run", s.Shard.Index+1, s.Shard.Of)})
	}
	b := r.sum.Bootstrap
	out = append(out,
		fact{Name: "bootstrap", Text: fmt.Sprintf("%s resamples of problems, seed %d", count(b.Resamples), b.Seed)},
		fact{Name: "tool", Text: name(s.Tool)},
		fact{Name: "kernel path", Text: name(s.Kernel) + ": on another, single answers may differ"},
	)
	if command != "" {
		out = append(out, fact{Name: "to do it again", Text: cut(block(command), maxText), Code: true})
	}
	return out
}

// model says which one it was.
func model(m library.Summary) string {
	return fmt.Sprintf("%s (%s, %d layers of width %d, vocabulary of %s, weights %s)", name(m.Ref), name(m.Architecture), m.Layers, m.DModel, count(m.Vocab), name(m.Weights))
}

// setFacts say what was asked, and how.
func setFacts(what string, s eval.SetSpec) []fact {
	about := []string{name(s.Ref)}
	if s.Layout != "" {
		about = append(about, "read as "+name(s.Layout))
	}
	if s.Shuffle {
		about = append(about, "shuffled by the seed")
	}
	if s.Offset > 0 {
		about = append(about, "from problem "+count(s.Offset+1)+" on")
	}
	if s.Limit > 0 {
		about = append(about, "up to "+count(s.Limit)+" problems")
	}
	for _, field := range slices.Sorted(maps.Keys(s.Fields)) {
		about = append(about, name(field)+" from "+name(s.Fields[field]))
	}
	out := []fact{
		{Name: what, Text: cut(strings.Join(about, ", "), maxSentence)},
		{Name: what + "'s sha256", Text: name(s.SHA256)},
		{Name: "grader", Text: cut(line(s.Grader), maxSentence)},
		{Name: "template", Text: cut(block(s.Template), maxText), Code: true},
	}
	if s.Chat {
		out = append(out, fact{Name: "chat", Text: "in the model's chat template"})
	}
	if s.System != "" {
		out = append(out, fact{Name: "system text", Text: cut(block(s.System), maxText), Code: true})
	}
	if len(s.Shots) > 0 {
		shots := counted(len(s.Shots), "problem") + " with answers before each"
		if s.ShotsFrom != "" {
			shots += ", from " + name(s.ShotsFrom)
		}
		ids := make([]string, len(s.Shots))
		for i, id := range s.Shots {
			ids[i] = line(id)
		}
		out = append(out, fact{Name: "shots", Text: cut(shots+": "+strings.Join(ids, ", "), maxSentence)})
	}
	return out
}

// sampling says how tokens were drawn.
func sampling(s eval.SamplingSpec) string {
	out := []string{"greedy"}
	if s.Temperature > 0 {
		out = []string{fmt.Sprintf("temperature %g", s.Temperature)}
		if s.TopK > 0 {
			out = append(out, fmt.Sprintf("top-k %d", s.TopK))
		}
		if s.TopP > 0 && s.TopP < 1 {
			out = append(out, fmt.Sprintf("top-p %g", s.TopP))
		}
		if s.MinP > 0 {
			out = append(out, fmt.Sprintf("min-p %g", s.MinP))
		}
	}
	if s.RepeatPenalty > 0 && s.RepeatPenalty != 1 {
		out = append(out, fmt.Sprintf("repetition penalty %g", s.RepeatPenalty))
	}
	out = append(out, "at most "+counted(s.MaxTokens, "token"))
	for i, stop := range s.Stop {
		if i < maxTags {
			out = append(out, "stops at "+name(fmt.Sprintf("%q", stop)))
		}
	}
	if s.IgnoreEOS {
		out = append(out, "end-of-text tokens ignored")
	}
	return strings.Join(out, ", ")
}

// origins are what the lanes did to the model, and with which vectors.
func (r *run) origins() []table {
	lanes := table{Title: "Plans", Texts: true, Head: []string{"lane", "plan", "strength chosen"}}
	vectors := table{Title: "Vectors", Texts: true, Head: []string{"vector", "digest"}}
	known := map[[2]string]bool{}
	left := 0
	for i, l := range r.spec.Lanes {
		tone := ""
		if i < len(r.lanes) {
			tone = r.lanes[i].class()
		}
		if l.Plan != "" {
			if len(lanes.Rows) < maxRows {
				lanes.Rows = append(lanes.Rows, row{Tone: tone, Name: name(l.Name), Cells: []cell{{Value: cut(line(l.Plan), maxSentence), Text: true}, {Value: r.chosen(i)}}})
			} else {
				left++
			}
		}
		if l.Kind == eval.Control {
			continue // drawn from the seed, under the names of the plan's
		}
		for _, v := range slices.Sorted(maps.Keys(l.Vectors)) {
			if k := [2]string{v, l.Vectors[v]}; !known[k] && len(vectors.Rows) < maxRows {
				known[k] = true
				vectors.Rows = append(vectors.Rows, row{Name: name(v), Cells: []cell{{Value: name(l.Vectors[v]), Text: true}}})
			}
		}
	}
	if left > 0 {
		lanes.Notes = []string{count(left) + " more lanes are in run.json."}
	}
	var out []table
	for _, t := range []table{lanes, vectors} {
		if len(t.Rows) > 0 {
			out = append(out, t.tidy())
		}
	}
	return out
}

// chosen is the strength that the i-th lane took on the tune set.
func (r *run) chosen(i int) string {
	if i >= len(r.lanes) || r.lanes[i].Tuned == nil {
		return none
	}
	return strength(r.lanes[i].Tuned.Strength)
}
