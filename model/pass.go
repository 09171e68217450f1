package model

import (
	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"
)

// rowGrain is how many rows of an elementwise operator one worker takes at
// least; fewer cost less than waking another worker.
const rowGrain = 16

// A pass is one trip of stacked rows through the network.
type pass struct {
	net  *Model
	rows []Row
	// cos and sin of the rotary angles, [rows, HeadDim/2].
	cos, sin []float32
	// lanes hold the keys and values of a step; nil in a graph.
	lanes []*Lane
	// buffers are reused by the operators of a step; nil in a graph, whose
	// tensors must outlive it.
	buffers *buffers
}

// newPass prepares a pass over rows. Lanes and buffers are nil for a graph.
func (m *Model) newPass(rows []Row, lanes []*Lane, b *buffers) *pass {
	p := &pass{net: m, rows: rows, lanes: lanes, buffers: b}
	half := len(m.freqs)
	p.cos, p.sin = p.floats(len(rows)*half), p.floats(len(rows)*half)
	angles(p.cos, p.sin, rows, m.freqs)
	return p
}

// apply runs an operator. Only where a gradient can flow does it become a
// node of spago's graph.
func (p *pass) apply(f ag.AutoGradFunction) mat.Tensor {
	if p.buffers == nil {
		return ag.NewOperator(f).Run()
	}
	y, _ := f.Forward() // our operators never return an error: shapes are checked at load time
	return y
}

// tensor returns a [rows, columns] tensor for an operator's result; in a step
// it lives until the end of the block.
func (p *pass) tensor(rows, columns int) mat.Tensor {
	if p.buffers == nil {
		return dense(rows, columns)
	}
	return p.buffers.block.take(rows, columns)
}

// stream returns the tensor that holds the residual stream of the whole pass.
func (p *pass) stream(rows, columns int) mat.Tensor {
	if p.buffers == nil {
		return dense(rows, columns)
	}
	return p.buffers.pass.take(rows, columns)
}

// likewise returns a tensor equal to x that may be changed: x itself in a
// step, a copy in a graph.
func (p *pass) likewise(x mat.Tensor) mat.Tensor {
	if p.buffers != nil {
		return x
	}
	rows, columns := size(x)
	y := dense(rows, columns)
	copy(mat.Data[float32](y), mat.Data[float32](x))
	return y
}

func (p *pass) floats(n int) []float32 {
	if p.buffers == nil {
		return make([]float32, n)
	}
	return mat.Data[float32](p.buffers.pass.take(1, n))
}

// add is the residual connection h + x. In a step it changes h in place.
func (p *pass) add(h, x mat.Tensor) mat.Tensor {
	return p.apply(&sum{p: p, h: h, x: x})
}

type sum struct {
	p    *pass
	h, x mat.Tensor
}

func (o *sum) Operands() []mat.Tensor { return []mat.Tensor{o.h, o.x} }

func (o *sum) Forward() (mat.Tensor, error) {
	y := o.p.likewise(o.h)
	addTo(mat.Data[float32](y), mat.Data[float32](o.x))
	return y, nil
}

func (o *sum) Backward(gy mat.Tensor) error {
	for _, operand := range o.Operands() {
		if operand.RequiresGrad() {
			operand.AccGrad(gy)
		}
	}
	return nil
}

// buffers hand out the tensors of a step. Steps of one shape follow each
// other, so that after the first nothing is allocated.
type buffers struct {
	pass  shelf // the stream and what else lives for a whole pass
	block shelf // what operators produce inside one block
}

// A shelf hands out tensors in order and takes them all back at once.
type shelf struct {
	tensors []*mat.Dense[float32]
	backing [][]float32
	next    int
}

func (s *shelf) reset() { s.next = 0 }

func (s *shelf) take(rows, columns int) mat.Tensor {
	i := s.next
	s.next++
	if i == len(s.tensors) {
		s.tensors = append(s.tensors, nil)
		s.backing = append(s.backing, nil)
	}
	if t := s.tensors[i]; t != nil && t.Shape()[0] == rows && t.Shape()[1] == columns {
		return t
	}
	if n := rows * columns; cap(s.backing[i]) < n {
		s.backing[i] = make([]float32, n)
	}
	s.tensors[i] = mat.NewDense[float32](mat.WithShape(rows, columns),
		mat.WithBacking(s.backing[i][:rows*columns]))
	return s.tensors[i]
}

// dense returns a fresh [rows, columns] tensor of zeros.
func dense(rows, columns int) mat.Tensor {
	return mat.NewDense[float32](mat.WithShape(rows, columns))
}

// size returns the number of rows and columns of x.
func size(x mat.Tensor) (rows, columns int) {
	shape := x.Shape()
	return shape[0], shape[1]
}
