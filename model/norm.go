package model

import (
	"math"

	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"

	"tiller/model/kernel"
)

// RMSNorm is the root mean square norm of Zhang and Sennrich 2019 (arXiv
// 1910.07467): each row is divided by its root mean square and scaled by Gain.
type RMSNorm struct {
	nn.Module
	Gain []float32 // [d_model]
	// Param holds Gain while it is trained, else nil.
	Param *nn.Param
	width int
	eps   float32
}

// Forward norms each row of x, [rows, d_model].
func (n *RMSNorm) Forward(p *pass, x mat.Tensor) mat.Tensor {
	return p.apply(&rmsNorm{p: p, n: n, x: x})
}

type rmsNorm struct {
	p *pass
	n *RMSNorm
	x mat.Tensor
}

func (o *rmsNorm) Operands() []mat.Tensor {
	if o.n.Param != nil {
		return []mat.Tensor{o.x, o.n.Param}
	}
	return []mat.Tensor{o.x}
}

func (o *rmsNorm) Forward() (mat.Tensor, error) {
	rows, d := size(o.x)
	y := o.p.tensor(rows, d)
	in, out := mat.Data[float32](o.x), mat.Data[float32](y)
	o.p.net.pool.Run(rows, rowGrain, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			kernel.RMSNorm(out[r*d:(r+1)*d], in[r*d:(r+1)*d], o.n.Gain, o.n.eps)
		}
	})
	return y, nil
}

// Backward: with g = gain * dy and s = 1/rms(x), dx = s g - x s^3 (g.x) / d.
func (o *rmsNorm) Backward(gy mat.Tensor) error {
	rows, d := size(o.x)
	in, dy := mat.Data[float32](o.x), mat.Data[float32](gy)
	if o.x.RequiresGrad() {
		gx := dense(rows, d)
		dx := mat.Data[float32](gx)
		o.p.net.pool.Run(rows, rowGrain, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				normGradient(dx[r*d:(r+1)*d], in[r*d:(r+1)*d], dy[r*d:(r+1)*d], o.n.Gain, o.n.eps)
			}
		})
		o.x.AccGrad(gx)
	}
	if o.n.Param != nil && o.n.Param.RequiresGrad() {
		o.n.Param.AccGrad(o.gainGradient(in, dy, rows, d))
	}
	return nil
}

func normGradient(dx, x, dy, gain []float32, eps float32) {
	d := len(x)
	s := inverseRMS(x, eps)
	var dot float64
	for i := range x {
		dot += float64(gain[i]) * float64(dy[i]) * float64(x[i])
	}
	k := dot * s * s * s / float64(d)
	for i := range x {
		dx[i] = float32(s*float64(gain[i])*float64(dy[i]) - k*float64(x[i]))
	}
}

// gainGradient sums x/rms(x) * dy over the rows, in their order.
func (o *rmsNorm) gainGradient(in, dy []float32, rows, d int) mat.Tensor {
	sum := make([]float64, d)
	for r := range rows {
		x := in[r*d : (r+1)*d]
		s := inverseRMS(x, o.n.eps)
		for i := range x {
			sum[i] += float64(dy[r*d+i]) * float64(x[i]) * s
		}
	}
	g := mat.NewDense[float32](mat.WithShape(o.n.Param.Shape()...))
	for i, v := range sum {
		mat.Data[float32](g)[i] = float32(v)
	}
	return g
}

func inverseRMS(x []float32, eps float32) float64 {
	return 1 / math.Sqrt(float64(kernel.SumSquares(x))/float64(len(x))+float64(eps))
}
