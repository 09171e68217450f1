package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tiller/steering/eval/export"
	"tiller/steering/eval/summary"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// exportFlags are the command line of `tiller eval export`.
type exportFlags struct {
	to      string
	out     string
	samples bool
	force   bool
}

// harnessForm is the form that is a folder of files.
const harnessForm = "lm-eval"

func newEvalExport() *cobra.Command {
	var o exportFlags
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a run in a form that other programs read",
		Long: "Writes the lanes of a run as a table (csv, md), its summary (json), or its results and samples as " +
			"lm-evaluation-harness lays them out (lm-eval, a folder). With --samples csv has a row for every answer.",
		Example: `tiller eval export runs/a --to csv >lanes.csv
tiller eval export runs/a --to csv --samples -o samples.csv
tiller eval export runs/a --to lm-eval -o results`,
		Args: oneArg("the folder of a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.to, "to", "", "csv, json, md or lm-eval")
	f.StringVarP(&o.out, "output", "o", "", "file to write, or folder for lm-eval; by default standard output")
	f.BoolVar(&o.samples, "samples", false, "a row for every answer; lm-eval has them always")
	forceFlag(f, &o.force)
	return cmd
}

func (o *exportFlags) run(cmd *cobra.Command, run string) error {
	form := o.to
	switch {
	case form == "":
		return usagef(cmd, "%s needs --to: csv, json, md or lm-eval", cmd.CommandPath())
	case form != "csv" && form != "json" && form != "md" && form != harnessForm:
		return usagef(cmd, "--to takes csv, json, md or lm-eval, not %q", form)
	case o.samples && form != "csv" && form != harnessForm:
		return usagef(cmd, "--samples goes with csv; --to %s has no rows", form)
	case form == harnessForm && o.out == "":
		return usagef(cmd, "--to lm-eval writes several files: pass -o DIR")
	case o.samples && form == "csv":
		form = "samples.csv"
	}
	if o.out != "" && form != harnessForm {
		if err := checkOutput(cmd, o.out, o.force); err != nil {
			return err
		}
	}
	s, err := summary.Current(run, summary.Options{})
	if err != nil {
		return err
	}
	switch {
	case form == harnessForm:
		files, err := export.Harness(run, s, o.out, export.HarnessOptions{Date: time.Now()})
		if err == nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "tiller: wrote %s into %s\n", plain.Count(len(files), "file"), visible.Line(o.out))
		}
		return err
	case o.out != "":
		return export.Write(o.out, form, run, s)
	}
	return exportTo(cmd.OutOrStdout(), form, run, s)
}

// exportTo writes a form to standard output. What a terminal would act on is
// made visible where it is one.
func exportTo(out io.Writer, form, run string, s *summary.Summary) error {
	w := out
	var shown bytes.Buffer
	f, isFile := out.(*os.File)
	onTerminal := isFile && term.IsTerminal(f.Fd())
	if onTerminal {
		w = &shown
	}
	var err error
	switch form {
	case "csv":
		err = export.Lanes(w, s)
	case "samples.csv":
		err = export.Samples(w, run, s)
	case "md":
		err = export.Markdown(w, s)
	default:
		return writeIndented(out, s)
	}
	if err == nil && onTerminal {
		_, err = io.WriteString(out, visible.Text(shown.String()))
	}
	return err
}

// writeIndented writes a summary as it stands in its file, safe to look at.
func writeIndented(out io.Writer, s *summary.Summary) error {
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		return err
	}
	_, err := out.Write(visible.JSON(b.Bytes()))
	return err
}
