package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"

	"tiller/model/checkpoint/atomicfile"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
)

// File is the name of the report in a run's folder.
const File = "report.html"

// Options say what a report shows beside what is in the folder. The zero value
// is a good choice.
type Options struct {
	// Command is the command line that makes the run again; empty leaves it
	// out.
	Command string
	// Summary is the run's, if it is at hand; nil makes it anew.
	Summary *summary.Summary
	// Flips is how many problems are shown on which a plan and base differ, and
	// Samples how many of the others; 0 is 24 of each, below 0 none.
	Flips, Samples int
	// MaxSamples is how many bytes of the page samples may take; 0 is 1.2 MB.
	MaxSamples int
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	for _, n := range []*int{&o.Flips, &o.Samples} {
		if *n == 0 {
			*n = 24
		}
		*n = max(0, *n)
	}
	if o.MaxSamples == 0 {
		o.MaxSamples = 1_200_000
	}
	return o
}

var (
	//go:embed page.html.tmpl
	pageText string
	//go:embed style.css
	styleText string
)

// Write writes the report of a run's folder into it, whole or not at all. The
// run may be unfinished, or go on meanwhile; the page says so. Errors name the
// file that could not be read.
func Write(path string, o Options) error {
	var b bytes.Buffer
	if err := Render(&b, path, o); err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	return atomicfile.Write(filepath.Join(path, File), func(w io.Writer) error {
		_, err := b.WriteTo(w)
		return err
	})
}

// Render writes the page to w.
func Render(w io.Writer, path string, o Options) error {
	o = o.withDefaults()
	r, err := readRun(path, o.Summary)
	if err != nil {
		return err
	}
	t, err := template.New("page").Funcs(template.FuncMap{"pieces": pieces}).Parse(pageText)
	if err != nil {
		return err
	}
	p := r.page(o)
	shown, err := r.addSamples(p, t, path, o)
	if err != nil {
		return err
	}
	p.Flips = r.flips(shown)
	return t.Execute(w, p)
}

// page is all of it but the samples.
func (r *run) page(o Options) *page {
	p := &page{
		Style:    template.CSS(styleText),
		Title:    r.title(),
		Subtitle: r.subtitle(),
		Warnings: sentences(r.sum.Warnings, maxWarnings),
		Findings: r.findings(),
		Tables:   []table{r.scores(), r.quality()},
		Facts:    r.facts(o.Command),
		Origins:  r.origins(),
	}
	if t, ok := r.guard(); ok {
		p.Tables = append(p.Tables, t)
	}
	drawn := &plots{run: r}
	p.Controls = drawn.controls()
	p.Charts = drawn.all()
	return p
}

// subtitle says in a line what was measured.
func (r *run) subtitle() string {
	lanes := counted(len(r.main()), "lane")
	if n := len(r.lanes) - len(r.main()); n > 0 {
		lanes += " and " + counted(n, "control")
	}
	return fmt.Sprintf("%s, %s, graded by %s, %s", counted(r.sum.Set.Problems, "problem"), lanes, cut(line(r.sum.Set.Grader), maxName), sampling(r.spec.Sampling))
}

// addSamples renders the samples, flips first, as long as there is room, and
// returns the places of those that are on the page.
func (r *run) addSamples(p *page, t *template.Template, path string, o Options) (map[int]bool, error) {
	flipped, others := r.choose(o)
	places := append(append([]int{}, flipped...), others...)
	ids := map[string]bool{}
	for _, i := range places {
		ids[r.problems[i].ID] = true
	}
	lanes := r.shownLanes()
	answers, err := answersTo(lanes, ids, func(f func(*eval.Sample)) error { return eval.ReadSamples(path, f) })
	if err != nil {
		return nil, err
	}
	shown := map[int]bool{}
	size, flips := 0, 0
	for n, i := range places {
		s := r.sample(i, lanes, answers)
		if len(s.Answers) == 0 {
			continue // nothing of it is there yet
		}
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, "sample", s); err != nil {
			return nil, err
		}
		if size += b.Len(); size > o.MaxSamples {
			break
		}
		p.Samples = append(p.Samples, template.HTML(b.String()))
		shown[i] = true
		if n < len(flipped) {
			flips++
		}
	}
	p.Chosen = r.chosenSamples(flips, len(shown)-flips, len(lanes))
	return shown, nil
}

// chosenSamples says which samples are shown, and where all are.
func (r *run) chosenSamples(flips, others, lanes int) string {
	s := fmt.Sprintf("Of %s, here are %d on which a plan and the base model differ, and %d of the rest, drawn by the seed.", counted(len(r.problems), "problem"), flips, others)
	if lanes < len(r.lanes) {
		s += fmt.Sprintf(" Of %s, %d stand side by side; of controls, the best of a kind.", counted(len(r.lanes), "lane"), lanes)
	}
	if r.spec.Samples > 1 {
		s += fmt.Sprintf(" Of the %d answers of a lane to a problem, it is the first.", r.spec.Samples)
	}
	return s + " Long texts are cut in the middle. Everything is in samples.jsonl of the run's folder."
}

// flips lists what changed both ways, with links to the samples shown.
func (r *run) flips(shown map[int]bool) []flips {
	at := map[string]int{}
	for i, p := range r.problems {
		at[p.ID] = i
	}
	list := func(title string, n int, ids []string) flipped {
		f := flipped{Title: fmt.Sprintf("%s: %s", title, count(n))}
		for k, id := range ids {
			if k == maxFlips {
				break
			}
			ref := reference{ID: name(id)}
			if i, ok := at[id]; ok && shown[i] {
				ref.Place = i + 1
			}
			f.IDs = append(f.IDs, ref)
		}
		if more := n - len(f.IDs); more > 0 {
			f.More = fmt.Sprintf("and %s more", count(more))
		}
		return f
	}
	var out []flips
	plans := r.plans()
	for _, l := range plans[:min(len(plans), maxRows)] {
		if l.Flips != nil {
			out = append(out, flips{
				Lane:    l.label,
				ToRight: list("wrong before, right now", l.Flips.Right, l.Flips.ToRight),
				ToWrong: list("right before, wrong now", l.Flips.Wrong, l.Flips.ToWrong),
			})
		}
	}
	return out
}
