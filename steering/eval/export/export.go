// Package export writes a run in forms that other programs read: tables of its
// lanes and samples, its summary, and the results of lm-evaluation-harness.
//
// Names, prompts and outputs are written as they are: what shows them has to
// take care of control characters in them, and a spreadsheet of cells that
// begin like a formula.
package export

import (
	"fmt"
	"io"
	"strings"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/checkpoint/badfile"
	"tiller/steering/eval/summary"
)

// Form is a form to export a run in.
type Form struct{ Name, About string }

// form says how a form is written to a file.
type form struct {
	Form
	write func(w io.Writer, run string, s *summary.Summary) error
}

var forms = [...]form{
	{Form{"csv", "one row a lane"}, func(w io.Writer, _ string, s *summary.Summary) error { return Lanes(w, s) }},
	{Form{"samples.csv", "one row a sample, with its output"}, Samples},
	{Form{"md", "tables in Markdown, with the findings in words"}, func(w io.Writer, _ string, s *summary.Summary) error { return Markdown(w, s) }},
	{Form{"json", "the summary, as in summary.json"}, func(w io.Writer, _ string, s *summary.Summary) error { return s.Encode(w) }},
}

// Forms lists the forms of one file. [Harness] writes several.
func Forms() []Form {
	var out []Form
	for _, f := range forms {
		out = append(out, f.Form)
	}
	return out
}

// Write writes a run's folder, whose summary is s, to a file in a form, whole
// or not at all.
func Write(to, name, run string, s *summary.Summary) error {
	var names []string
	for _, f := range forms {
		if f.Name == name {
			return atomicfile.Write(to, func(w io.Writer) error { return f.write(w, run, s) })
		}
		names = append(names, f.Name)
	}
	return fmt.Errorf("there is no form %s to export a run in; there are %s", badfile.Quote(name), strings.Join(names, ", "))
}
