package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
	"tiller/steering/statistics"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// writeSummary prints what a run comes to for people.
func writeSummary(cmd *cobra.Command, folder string, s *summary.Summary) error {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s, %s, graded by %s:\n\n", visible.Line(s.Set.Ref), plain.Count(s.Set.Problems, "problem"), visible.Line(s.Set.Grader))
	t := plain.Table{Right: []bool{false, true, false, true, false, true, true, true, true, true}}
	t.Row("lane", "score", "95 % interval", "to base", "95 % interval", "p", "gap", "steered", "prompt edits", "row edits")
	controls := 0
	for _, l := range s.Lanes {
		if l.Kind == eval.Control {
			controls++
			continue
		}
		t.Row(l.Name, score(l.Score), interval(l.CI95), signed(l.Delta), interval(l.DeltaCI95), small(l.McNemarP), share(l.RecoveredGap),
			share(l.SteeredFraction), strconv.Itoa(l.PromptEdits), strconv.Itoa(l.RowEdits))
	}
	if err := t.Write(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, sentence := range s.Sentences() {
		fmt.Fprintf(out, " %s\n", visible.Line(sentence))
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(out, " Note: %s\n", visible.Line(w))
	}
	fmt.Fprintf(out, "\n %s\n", visible.Line(filepath.Join(folder, "report.html")))
	return nil
}

// score writes a score to three digits; "-" where it is not defined.
func score(x *float64) string {
	if x == nil || math.IsNaN(*x) {
		return "-"
	}
	return strconv.FormatFloat(*x, 'f', 3, 64)
}

func signed(x *float64) string {
	if x == nil || math.IsNaN(*x) {
		return "-"
	}
	return fmt.Sprintf("%+.3f", *x)
}

func share(x *float64) string {
	if x == nil || math.IsNaN(*x) {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100**x)
}

// small writes a p.
func small(p *float64) string {
	switch {
	case p == nil || math.IsNaN(*p):
		return "-"
	case *p < 1e-4:
		return "<.0001"
	}
	return strconv.FormatFloat(*p, 'f', 4, 64)
}

func interval(i statistics.Interval) string {
	if !i.Defined() {
		return "-"
	}
	return fmt.Sprintf("%.3f to %.3f", i.Low, i.High)
}
