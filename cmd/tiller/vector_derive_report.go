package main

import (
	"fmt"
	"io"
	"strconv"

	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/library"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// derivationReport is what `vector derive --json` prints.
type derivationReport struct {
	File     string               `json:"file"`
	Name     string               `json:"name"`
	Method   string               `json:"method"`
	Model    library.Summary      `json:"model"`
	DModel   int                  `json:"d_model"`
	Pairs    int                  `json:"pairs"`
	Layers   []derive.LayerReport `json:"layers"`
	Training *derive.Training     `json:"training"`
	Metadata map[string]string    `json:"metadata"`
	Notes    []string             `json:"notes"`
}

func (d *derivation) report(r *derive.Result) *derivationReport {
	return &derivationReport{
		File: d.flags.out, Name: r.Vector.Name, Method: d.flags.method, Model: library.Describe(d.flags.model, d.model),
		DModel: r.Vector.DModel, Pairs: r.Pairs, Layers: r.Layers, Training: r.Training,
		Metadata: r.Vector.Meta, Notes: orEmpty(append(d.notes, r.Notes...)),
	}
}

// write prints the report for people.
func (r *derivationReport) write(w io.Writer) error {
	table := plain.Table{Right: []bool{true, true, true, true, true, true, true}}
	head := []string{"layer", "AUC", "pairs right", "|d|", "/ median |h|", "cos below", "cos above"}
	if r.Training != nil {
		head = append(head[:1], head[3:]...)
	}
	table.Row(head...)
	for _, l := range r.Layers {
		name := strconv.Itoa(l.Layer)
		if l.Layer == steering.Embed {
			name = "embed"
		}
		cells := []string{name, decimals(l.AUC, 3), percent(l.Agreement), strconv.FormatFloat(l.Norm, 'g', 4, 64),
			strconv.FormatFloat(l.Ratio, 'f', 3, 64), decimals(l.CosineBelow, 3), decimals(l.CosineAbove, 3)}
		if r.Training != nil {
			cells = append(cells[:1], cells[3:]...)
		}
		table.Row(cells...)
	}
	if err := table.Write(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, sentence := range r.sentences() {
		if _, err := fmt.Fprintln(w, visible.Line(sentence)); err != nil {
			return err
		}
	}
	return nil
}

// sentences say what the table does not.
func (r *derivationReport) sentences() []string {
	var all []string
	if t := r.Training; t != nil {
		all = append(all, fmt.Sprintf("The loss per token of %s went from %.3f to %.3f.", plain.Count(t.Examples, "example"), t.StartLoss, t.Loss))
		if t.HeldOutLoss != nil {
			all = append(all, fmt.Sprintf("That of %s, held out, went from %.3f to %.3f.", plain.Count(t.HeldOut, "example"), *t.HeldOutStartLoss, *t.HeldOutLoss))
		}
		ended := "all steps were made"
		if t.Early {
			ended = "it ended early, as the loss no longer fell"
		}
		all = append(all, fmt.Sprintf("The vector is that of step %d of %d; %s.", t.BestStep, t.Steps, ended))
	} else if r.Layers[0].AUC != nil {
		all = append(all, fmt.Sprintf("AUC is that of held-out pairs, of %d in all; 0.5 is chance.", r.Pairs))
	} else {
		all = append(all, "One pair is too few to hold any out, so there is no AUC.")
	}
	return append(all, r.Notes...)
}

// decimals writes x, or a dash if it is unknown.
func decimals(x *float64, n int) string {
	if x == nil {
		return "–"
	}
	return strconv.FormatFloat(*x, 'f', n, 64)
}

func percent(x *float64) string {
	if x == nil {
		return "–"
	}
	return strconv.FormatFloat(100**x, 'f', 0, 64) + " %"
}
