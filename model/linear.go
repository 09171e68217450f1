package model

import (
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"

	"tiller/model/kernel"
)

// A Linear is a projection y = W x + b with W kept in its stored type.
type Linear struct {
	nn.Module
	Weight kernel.Matrix // [out, in]
	Bias   []float32     // [out], or nil
	// Param holds the F32 weights while they are trained, else nil; Weight
	// then views its data.
	Param   *nn.Param
	out, in int
}

// project applies several projections to the same rows x, [rows, in], and lays
// their outputs side by side: [rows, sum of out]. One operator for all of them
// reads the activations once and gives x a single consumer, which keeps
// gradients deterministic.
func project(p *pass, x mat.Tensor, parts ...*Linear) mat.Tensor {
	return p.apply(&projection{p: p, x: x, parts: parts})
}

type projection struct {
	p     *pass
	x     mat.Tensor
	parts []*Linear
}

func (o *projection) Operands() []mat.Tensor {
	operands := []mat.Tensor{o.x}
	for _, l := range o.parts {
		if l.Param != nil {
			operands = append(operands, l.Param)
		}
	}
	return operands
}

func (o *projection) width() int {
	n := 0
	for _, l := range o.parts {
		n += l.out
	}
	return n
}

func (o *projection) Forward() (mat.Tensor, error) {
	rows, _ := size(o.x)
	width := o.width()
	y := o.p.tensor(rows, width)
	out := mat.Data[float32](y)
	matrices := make([]kernel.Matrix, len(o.parts))
	for i, l := range o.parts {
		matrices[i] = l.Weight
	}
	o.p.net.pool.MatMul(out, mat.Data[float32](o.x), rows, matrices...)
	column := 0
	for _, l := range o.parts {
		if l.Bias != nil {
			for r := range rows {
				addTo(out[r*width+column:][:l.out], l.Bias)
			}
		}
		column += l.out
	}
	return y, nil
}

func (o *projection) Backward(gy mat.Tensor) error {
	rows, in := size(o.x)
	width := o.width()
	dy := mat.Data[float32](gy)
	x := mat.Data[float32](o.x)
	var gx mat.Tensor
	if o.x.RequiresGrad() {
		gx = dense(rows, in)
	}
	column := 0
	for i, l := range o.parts {
		if gx != nil {
			o.p.net.pool.MatMulT(mat.Data[float32](gx), dy[column:], rows, width, l.Weight, i > 0)
		}
		if l.Param != nil && l.Param.RequiresGrad() {
			gw := mat.NewDense[float32](mat.WithShape(l.Param.Shape()...))
			o.p.net.pool.OuterAdd(mat.Data[float32](gw), dy[column:], x, rows, width, l.out, in)
			l.Param.AccGrad(gw)
		}
		column += l.out
	}
	if gx != nil {
		o.x.AccGrad(gx)
	}
	return nil
}

// addTo adds b to a, element by element.
func addTo(a, b []float32) {
	b = b[:len(a)]
	for i := range a {
		a[i] += b[i]
	}
}
