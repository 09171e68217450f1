package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// compareFlags are the command line of `tiller eval compare`.
type compareFlags struct {
	lane, with string
	json       bool
}

func newEvalCompare() *cobra.Command {
	var o compareFlags
	cmd := &cobra.Command{
		Use:   "compare RUN RUN",
		Short: "Compare lanes of two runs of one set, problem by problem",
		Long: "Compares lanes of the first run with those of the same name in the second, on the problems that both have " +
			"answered: the difference is the first minus the second. With --lane one lane is compared, and with --with " +
			"it is held against a lane of another name. A part of a lane's name does if no other lane has it.",
		Example: `tiller eval compare runs/monday runs/tuesday
tiller eval compare runs/a runs/b --lane plan:reason --with plan:happy
tiller eval compare runs/a runs/a --lane plan: --with thinking`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef(cmd, "%s needs the folders of two runs", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0], args[1]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.lane, "lane", "", "lane of the first run, or part of its name; by default all but controls")
	f.StringVar(&o.with, "with", "", "lane of the second run; by default of the same name")
	f.BoolVar(&o.json, "json", false, "print the comparisons as JSON")
	return cmd
}

func (o *compareFlags) run(cmd *cobra.Command, a, b string) error {
	if o.with != "" && o.lane == "" {
		return usagef(cmd, "--with needs --lane: the lane to hold it against")
	}
	pairs, err := o.pairs(a, b)
	if err != nil {
		return err
	}
	all := make([]*summary.Compared, len(pairs))
	for i, lanes := range pairs {
		all[i], err = summary.Compare(summary.Side{Path: a, Lane: lanes[0]}, summary.Side{Path: b, Lane: lanes[1]}, summary.Options{})
		if err != nil {
			return err
		}
	}
	if o.json {
		return writeJSON(cmd.OutOrStdout(), struct {
			Comparisons []*summary.Compared `json:"comparisons"`
		}{all})
	}
	return writeCompared(cmd, all)
}

// pairs are the lanes to compare, of the first run and the second.
func (o *compareFlags) pairs(a, b string) ([][2]string, error) {
	var runs [2]eval.Spec
	for i, path := range []string{a, b} {
		var err error
		if runs[i], err = eval.ReadSpec(path); err != nil {
			return nil, err
		}
	}
	if o.lane != "" {
		one, err := laneCalled(o.lane, a, runs[0].Lanes)
		if err != nil {
			return nil, err
		}
		with := o.with
		if with == "" {
			with = one
		}
		other, err := laneCalled(with, b, runs[1].Lanes)
		return [][2]string{{one, other}}, err
	}
	var pairs [][2]string
	for _, x := range runs[0].Lanes {
		for _, y := range runs[1].Lanes {
			if x.Name == y.Name && x.Kind != eval.Control {
				pairs = append(pairs, [2]string{x.Name, y.Name})
			}
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s and %s have no lane of one name: --lane and --with choose two", a, b)
	}
	return pairs, nil
}

// laneCalled is the lane of a name, or the only one whose name has a text in
// it.
func laneCalled(text, path string, lanes []eval.LaneSpec) (string, error) {
	var found []string
	for _, l := range lanes {
		if l.Name == text {
			return text, nil
		}
		if strings.Contains(l.Name, text) {
			found = append(found, l.Name)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		var names []string
		for _, l := range lanes {
			if l.Kind != eval.Control {
				names = append(names, l.Name)
			}
		}
		return "", fmt.Errorf("%s has no lane %s; it has %s, and its controls", path, badfile.Quote(text), strings.Join(names, ", "))
	}
	return "", fmt.Errorf("%s has %d lanes with %s in their names, %s and %s among them", path, len(found), badfile.Quote(text), found[0], found[1])
}

// writeCompared prints comparisons for people.
func writeCompared(cmd *cobra.Command, all []*summary.Compared) error {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s minus %s:\n\n", visible.Line(all[0].A.Path), visible.Line(all[0].B.Path))
	t := plain.Table{Right: []bool{false, true, true, true, true, false, true, true, true}}
	t.Row("lane", "problems", "first", "second", "difference", "95 % interval", "p", "better", "worse")
	differs := map[string][]string{} // names of lanes by what they differ in
	var order []string
	for _, c := range all {
		name := c.A.Lane
		if c.B.Lane != name {
			name += " minus " + c.B.Lane
		}
		better, worse := "-", "-"
		if c.Flips != nil {
			better, worse = strconv.Itoa(c.Flips.Right), strconv.Itoa(c.Flips.Wrong)
		}
		t.Row(name, strconv.Itoa(c.Paired), score(c.ScoreA), score(c.ScoreB), signed(c.Delta), interval(c.DeltaCI95), small(c.McNemarP), better, worse)
		for _, d := range c.Differs {
			text := fmt.Sprintf("%s: %s and %s", d.Field, value(d.A), value(d.B))
			if differs[text] == nil {
				order = append(order, text)
			}
			differs[text] = append(differs[text], c.A.Lane)
		}
	}
	if err := t.Write(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, c := range all {
		if n := c.OnlyA + c.OnlyB; n > 0 {
			fmt.Fprintf(out, " Note: %s\n", visible.Line(fmt.Sprintf("%s: %s left out that only one run has answered.", c.A.Lane, plain.Count(n, "problem"))))
		}
	}
	for _, text := range order {
		of := ""
		if len(differs[text]) < len(all) {
			of = " (" + strings.Join(differs[text], ", ") + ")"
		}
		fmt.Fprintf(out, " Note: the runs differ in %s.\n", visible.Line(text+of))
	}
	if len(order) == 0 {
		fmt.Fprintln(out, " The runs do not differ in model, prompt, plans or sampling.")
	}
	return nil
}

// value is that of a field; most are short, and templates may be empty.
func value(text string) string {
	if text == "" {
		return "nothing"
	}
	return badfile.Short(text)
}
