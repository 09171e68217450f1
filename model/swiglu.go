package model

import (
	"github.com/nlpodyssey/spago/mat"

	"tiller/model/kernel"
)

// swiglu is the gated activation of Shazeer 2020 (arXiv 2002.05202):
// silu(gate) * up, over a fused [rows, 2*width] tensor of gate and up.
type swiglu struct {
	p      *pass
	gateUp mat.Tensor
}

func (o *swiglu) Operands() []mat.Tensor { return []mat.Tensor{o.gateUp} }

func (o *swiglu) Forward() (mat.Tensor, error) {
	rows, both := size(o.gateUp)
	width := both / 2
	y := o.p.tensor(rows, width)
	in, out := mat.Data[float32](o.gateUp), mat.Data[float32](y)
	o.p.net.pool.Run(rows, rowGrain, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			row := in[r*both : (r+1)*both]
			kernel.SwiGLU(out[r*width:(r+1)*width], row[:width], row[width:])
		}
	})
	return y, nil
}

// Backward: with s = sigmoid(g), d silu(g)/dg = s (1 + g (1-s)).
func (o *swiglu) Backward(gy mat.Tensor) error {
	rows, both := size(o.gateUp)
	width := both / 2
	gx := dense(rows, both)
	in, dy, dx := mat.Data[float32](o.gateUp), mat.Data[float32](gy), mat.Data[float32](gx)
	o.p.net.pool.Run(rows, rowGrain, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			for i := range width {
				g, u := in[r*both+i], in[r*both+width+i]
				s := kernel.Sigmoid(g)
				d := dy[r*width+i]
				dx[r*both+i] = d * u * s * (1 + float32(g*(1-s)))
				dx[r*both+width+i] = d * g * s
			}
		}
	})
	o.gateUp.AccGrad(gx)
	return nil
}
