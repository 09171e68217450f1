package steering

import (
	"slices"

	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"

	"tiller/model"
)

// Hook steers the lanes of a training graph. It is a [model.Hook].
type Hook struct {
	lanes []*Program
}

var _ model.Hook = (*Hook)(nil)

// NewHook returns a hook that steers lane i by lanes[i]; nil leaves a lane
// alone, and so is a lane beyond them. The programs must have decided every
// position before its row arrives.
func NewHook(lanes ...*Program) *Hook { return &Hook{lanes: lanes} }

// Edit implements [model.Hook]. Only rows that a term fires at change.
func (k *Hook) Edit(layer int, rows []model.Row, h mat.Tensor) mat.Tensor {
	if !k.edits(layer, rows) {
		return h
	}
	if h.RequiresGrad() {
		return ag.NewOperator(&editRows{hook: k, layer: layer, rows: slices.Clone(rows), h: h}).Run()
	}
	k.each(layer, rows, mat.Data[float32](h), func(g *Program, position int, row []float32, _ int) {
		g.Edit(layer, position, row)
	})
	return h
}

func (k *Hook) program(lane int) *Program {
	if lane < 0 || lane >= len(k.lanes) {
		return nil
	}
	return k.lanes[lane]
}

// edits reports whether any of the rows is edited.
func (k *Hook) edits(layer int, rows []model.Row) bool {
	for _, r := range rows {
		if g := k.program(r.Lane); g != nil && g.Edits(layer, r.Position) {
			return true
		}
	}
	return false
}

// each calls f for every row that is edited; from is where it begins in data.
func (k *Hook) each(layer int, rows []model.Row, data []float32, f func(g *Program, position int, row []float32, from int)) {
	if len(rows) == 0 {
		return
	}
	width := len(data) / len(rows)
	for i, r := range rows {
		if g := k.program(r.Lane); g != nil && g.Edits(layer, r.Position) {
			f(g, r.Position, data[i*width:(i+1)*width], i*width)
		}
	}
}

// editRows is the differentiable form of the edit.
type editRows struct {
	hook  *Hook
	layer int
	rows  []model.Row
	h     mat.Tensor
}

// Operands returns the stream.
func (o *editRows) Operands() []mat.Tensor { return []mat.Tensor{o.h} }

// Forward edits a copy of the stream: backward needs the unedited one.
func (o *editRows) Forward() (mat.Tensor, error) {
	out := o.h.Value().(mat.Matrix).Clone()
	o.hook.each(o.layer, o.rows, mat.Data[float32](out), func(g *Program, position int, row []float32, _ int) {
		g.Edit(o.layer, position, row)
	})
	return out, nil
}

// Backward adds the gradient with respect to the unedited stream.
func (o *editRows) Backward(gy mat.Tensor) error {
	if !o.h.RequiresGrad() {
		return nil
	}
	grad := gy.(mat.Matrix).Clone()
	before := mat.Data[float32](o.h)
	o.hook.each(o.layer, o.rows, mat.Data[float32](grad), func(g *Program, position int, row []float32, from int) {
		g.Backward(o.layer, position, before[from:from+len(row)], row)
	})
	o.h.AccGrad(grad)
	return nil
}
