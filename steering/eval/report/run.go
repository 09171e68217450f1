package report

import (
	"math"
	"path"
	"strings"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
)

// A run is what a page is made of.
type run struct {
	spec     eval.Spec
	problems []eval.Problem // of the set, without the guard's
	sum      *summary.Summary
	sweep    *sweep // nil if the folder has none
	scale    scale
	lanes    []lane // as the summary's
}

// A lane is a lane's figures and how the page shows it.
type lane struct {
	*summary.Lane
	label string
	tone  tone
}

// readRun reads what a page is made of, but for the samples. The summary is
// made if it is nil.
func readRun(folder string, sum *summary.Summary) (*run, error) {
	r := &run{sum: sum}
	var err error
	if r.spec, err = eval.ReadSpec(folder); err != nil {
		return nil, err
	}
	problems, err := eval.ReadProblems(folder)
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		if !p.Guard {
			r.problems = append(r.problems, p)
		}
	}
	if sum == nil {
		if r.sum, err = summary.Make(folder, summary.Options{}); err != nil {
			return nil, err
		}
	}
	if r.sweep, err = readSweep(folder); err != nil {
		return nil, err
	}
	r.scale = scale{share: r.sum.Set.RightWrong}
	r.lanes = lanesOf(r.sum)
	return r, nil
}

// lanesOf gives each lane a label and a colour, plans each their own as long
// as there are some.
func lanesOf(s *summary.Summary) []lane {
	var out []lane
	plans := 0
	for i := range s.Lanes {
		l := lane{Lane: &s.Lanes[i], label: name(s.Lanes[i].Name)}
		switch l.Kind {
		case eval.Base:
			l.tone = base
		case eval.Prompt:
			l.tone = prompt
		case eval.Thinking:
			l.tone = thinking
		case eval.Control:
			l.tone = control
		default:
			l.tone = planned + tone(plans%planTones)
			plans++
		}
		out = append(out, l)
	}
	return out
}

// main are the lanes that are no controls.
func (r *run) main() []lane {
	return r.filter(func(l lane) bool { return l.Kind != eval.Control })
}

// plans are the lanes that steer.
func (r *run) plans() []lane {
	return r.filter(func(l lane) bool { return l.Kind == eval.Planned })
}

func (r *run) filter(keep func(lane) bool) []lane {
	var out []lane
	for _, l := range r.lanes {
		if keep(l) {
			out = append(out, l)
		}
	}
	return out
}

// title names the set and the model.
func (r *run) title() string {
	return lastPart(r.spec.Set.Ref) + " on " + lastPart(r.spec.Model.Ref)
}

// lastPart is the end of a reference to a file or a model.
func lastPart(ref string) string {
	if ref == "" {
		return "(unnamed)"
	}
	return name(path.Base(strings.ReplaceAll(strings.TrimSpace(ref), `\`, "/")))
}

// name is an untrusted name on one line.
func name(s string) string { return cut(line(s), maxName) }

// pieces splits a name where a line of it may end: plans are long, and without
// spaces.
func pieces(name string) []string {
	var out []string
	last := 0
	for i, r := range name {
		if i > last && strings.ContainsRune("@[+&*:/", r) {
			out, last = append(out, name[last:i]), i
		}
	}
	return append(out, name[last:])
}

// sentences are untrusted sentences, as many as there is room for.
func sentences(in []string, most int) []string {
	var out []string
	for i, s := range in {
		if i == most {
			return append(out, "There are "+count(len(in)-most)+" more such sentences in summary.json.")
		}
		out = append(out, cut(line(s), maxSentence))
	}
	return out
}

// findings are the summary's sentences in paragraphs, one a plan.
func (r *run) findings() []string {
	var out []string
	last := ""
	for _, s := range sentences(r.sum.Sentences(), maxFindings) {
		for _, sign := range []string{"<", "="} { // kept on one line
			s = strings.ReplaceAll(s, "p "+sign+" .", "p\u00a0"+sign+"\u00a0.")
		}
		about := last
		for _, l := range r.lanes {
			if strings.HasPrefix(s, line(l.Name)+" ") {
				about = ""
				if l.Kind == eval.Planned {
					about = l.Name
				}
			}
		}
		if len(out) == 0 || about != last {
			out = append(out, s)
		} else {
			out[len(out)-1] += " " + s
		}
		last = about
	}
	return out
}

// or is the figure, NaN for none.
func or(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// class is the lane's colour in the style sheet.
func (l lane) class() string { return l.tone.name() }
