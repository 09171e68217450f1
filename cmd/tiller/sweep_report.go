package main

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"tiller/steering"
	"tiller/steering/eval/report"
	"tiller/steering/sweep/search"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// writeSweep prints what a sweep came to for people.
func writeSweep(cmd *cobra.Command, folder string, r *search.Result) error {
	out := cmd.OutOrStdout()
	width := 1 + len(strconv.Itoa(r.Set.Problems)) // of a mark
	for _, m := range r.Maps {
		of := "by layer and strength"
		if len(r.Maps) > 1 {
			of = fmt.Sprintf("%s[%s], by layer and strength", m.Vector, m.Selector)
		}
		fmt.Fprintf(out, "%s:\n\n", visible.Line(of))
		t := plain.Table{Right: []bool{true}}
		head := []string{"layer"}
		for _, s := range r.Strengths {
			head, t.Right = append(head, marked(strconv.FormatFloat(s, 'g', -1, 64), "", width)), append(t.Right, true)
		}
		t.Row(head...)
		for i, row := range m.Cells {
			cells := []string{layerName(r.Layers[i])}
			for _, c := range row {
				cells = append(cells, sweptCell(c, c.Plan == r.Chosen.Plan, width))
			}
			t.Row(cells...)
		}
		if err := t.Write(out); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, " * chosen   ~n stopped after n problems   - can't be computed\n\n")
	for _, sentence := range r.Sentences() {
		fmt.Fprintf(out, " %s\n", visible.Line(sentence))
	}
	_, err := fmt.Fprintf(out, "\n %s\n", visible.Line(filepath.Join(folder, report.File)))
	return err
}

func layerName(layer int) string {
	if layer == steering.Embed {
		return "embed"
	}
	return strconv.Itoa(layer)
}

// sweptCell is a cell's score and a mark.
func sweptCell(c search.Cell, chosen bool, width int) string {
	switch {
	case c.Score == nil:
		return marked("-", "", width)
	case chosen:
		return marked(score(c.Score), "*", width)
	case c.Stopped:
		return marked(score(c.Score), "~"+strconv.Itoa(c.N), width)
	}
	return marked(score(c.Score), "", width)
}

// marked writes a mark behind a number, in that many columns.
func marked(number, mark string, width int) string {
	return fmt.Sprintf("%s%-*s", number, width, mark)
}
