package model

import (
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"
)

// An Embedding turns token ids into rows of the residual stream: row id of its
// table, which is a [Linear] so that a tied output projection can share it.
type Embedding struct {
	nn.Module
	Table *Linear // [vocab, d_model]
}

// Forward returns the stream before block 0, [len(ids), d_model].
func (e *Embedding) Forward(p *pass, ids []int) mat.Tensor {
	return p.apply(&lookup{p: p, table: e.Table, ids: ids})
}

type lookup struct {
	p     *pass
	table *Linear
	ids   []int
}

func (o *lookup) Operands() []mat.Tensor {
	if o.table.Param == nil {
		return nil
	}
	return []mat.Tensor{o.table.Param}
}

func (o *lookup) Forward() (mat.Tensor, error) {
	d := o.table.in
	h := o.p.stream(len(o.ids), d)
	out := mat.Data[float32](h)
	for r, id := range o.ids {
		o.table.Weight.DecodeRow(out[r*d:(r+1)*d], id)
	}
	return h, nil
}

func (o *lookup) Backward(gy mat.Tensor) error {
	d := o.table.in
	gw := mat.NewDense[float32](mat.WithShape(o.table.Param.Shape()...))
	dw, dy := mat.Data[float32](gw), mat.Data[float32](gy)
	for r, id := range o.ids {
		addTo(dw[id*d:(id+1)*d], dy[r*d:(r+1)*d])
	}
	o.table.Param.AccGrad(gw)
	return nil
}
