package model

import (
	"github.com/nlpodyssey/spago/mat"

	"tiller/model/kernel"
)

// attend is causal attention of each row over its own lane: over the lane's
// cache in a step, over the tensor's own rows in a graph. Its operand is the
// fused and rotated [rows, (Heads + 2 KVHeads) * HeadDim] tensor; its result
// is [rows, Heads * HeadDim].
type attend struct {
	p     *pass
	layer int
	scale float32
	qkv   mat.Tensor
}

func (o *attend) Operands() []mat.Tensor { return []mat.Tensor{o.qkv} }

func (o *attend) Forward() (mat.Tensor, error) {
	c := &o.p.net.config
	rows, width := size(o.qkv)
	y := o.p.tensor(rows, c.Heads*c.HeadDim)
	in, out := mat.Data[float32](o.qkv), mat.Data[float32](y)
	group := c.Heads / c.KVHeads
	o.p.net.pool.Run(rows*c.Heads, o.grain(), func(lo, hi int) {
		w := o.p.net.borrowWorkspace()
		defer o.p.net.returnWorkspace(w)
		for i := lo; i < hi; i++ {
			r, head := i/c.Heads, i%c.Heads
			if i == lo || head == 0 {
				w.chunks = o.visible(w.chunks[:0], r, in, width)
			}
			q := in[r*width+head*c.HeadDim:][:c.HeadDim]
			kernel.Attend(out[i*c.HeadDim:(i+1)*c.HeadDim], q, w.chunks, o.stride(width),
				head/group*c.HeadDim, o.scale, w.room(o.p.rows[r].Position+1))
		}
	})
	return y, nil
}

// grain is how many heads of one row are worth a worker's attention, counted
// by the multiplications of the row that looks back furthest.
func (o *attend) grain() int {
	furthest := 1
	for _, row := range o.p.rows {
		furthest = max(furthest, row.Position+1)
	}
	return 1 + attendWork/(furthest*o.p.net.config.HeadDim)
}

// attendWork is about as many multiplications as a worker does in the time
// that waking it takes.
const attendWork = 1 << 17

// stride is the distance between the keys of neighbouring positions.
func (o *attend) stride(width int) int {
	if o.p.lanes == nil {
		return width
	}
	return o.p.net.config.KVHeads * o.p.net.config.HeadDim
}

// visible lists the keys and values that row r attends to, in the order of
// their positions: its own and those before it, within the sliding window.
func (o *attend) visible(chunks []kernel.KV, r int, in []float32, width int) []kernel.KV {
	end := o.p.rows[r].Position + 1
	start := 0
	if w := o.p.net.config.Window; w > 0 && end > w {
		start = end - w
	}
	if o.p.lanes != nil {
		return o.p.lanes[o.p.rows[r].Lane].kv[o.layer].view(chunks, start, end)
	}
	first := r - o.p.rows[r].Position // the lane's row at position 0
	keys, values := o.keyColumn(), o.valueColumn()
	return append(chunks, kernel.KV{
		K: in[(first+start)*width+keys:],
		V: in[(first+start)*width+values:],
		N: end - start,
	})
}

func (o *attend) keyColumn() int {
	return o.p.net.config.Heads * o.p.net.config.HeadDim
}

func (o *attend) valueColumn() int {
	c := &o.p.net.config
	return (c.Heads + c.KVHeads) * c.HeadDim
}

// Backward recomputes the probabilities row by row. One task owns one
// key-value head of one lane, so every gradient is summed in a fixed order.
func (o *attend) Backward(gy mat.Tensor) error {
	c := &o.p.net.config
	rows, width := size(o.qkv)
	gx := dense(rows, width)
	g := attendGradient{
		attend: o, width: width,
		in: mat.Data[float32](o.qkv), dy: mat.Data[float32](gy), dx: mat.Data[float32](gx),
	}
	lanes := laneStarts(o.p.rows)
	o.p.net.pool.Run((len(lanes)-1)*c.KVHeads, 1, func(lo, hi int) {
		w := o.p.net.borrowWorkspace()
		defer o.p.net.returnWorkspace(w)
		for i := lo; i < hi; i++ {
			lane, kvHead := i/c.KVHeads, i%c.KVHeads
			for r := lanes[lane]; r < lanes[lane+1]; r++ {
				for head := kvHead * c.Heads / c.KVHeads; head < (kvHead+1)*c.Heads/c.KVHeads; head++ {
					g.row(w, r, head, kvHead)
				}
			}
		}
	})
	o.qkv.AccGrad(gx)
	return nil
}

// laneStarts returns the first row of each lane, and the number of rows.
func laneStarts(rows []Row) []int {
	var starts []int
	for r, row := range rows {
		if row.Position == 0 {
			starts = append(starts, r)
		}
	}
	return append(starts, len(rows))
}

type attendGradient struct {
	*attend
	width      int
	in, dy, dx []float32
}

// row adds the gradient of one head of one row: with probabilities p and
// dp = dy.v, ds = p (dp - sum p dp), dq = scale sum ds k, dk = scale ds q,
// dv = p dy.
func (g *attendGradient) row(w *workspace, r, head, kvHead int) {
	d := g.p.net.config.HeadDim
	n := g.p.rows[r].Position + 1
	start := 0
	if win := g.p.net.config.Window; win > 0 && n > win {
		start = n - win
	}
	first := r - g.p.rows[r].Position + start
	n -= start
	k := g.keyColumn() + kvHead*d
	v := g.valueColumn() + kvHead*d
	q := g.in[r*g.width+head*d:][:d]
	dy := g.dy[(r*g.p.net.config.Heads+head)*d:][:d]
	dq := g.dx[r*g.width+head*d:][:d]

	probs := w.room(2 * n)[:2*n]
	dp := probs[n:]
	probs = probs[:n]
	for t := range n {
		probs[t] = g.scale * kernel.Dot(q, g.in[(first+t)*g.width+k:][:d])
	}
	kernel.Softmax(probs)
	for t := range n {
		dp[t] = kernel.Dot(dy, g.in[(first+t)*g.width+v:][:d])
	}
	mean := kernel.Dot(probs, dp)
	for t := range n {
		ds := g.scale * probs[t] * (dp[t] - mean)
		at := (first + t) * g.width
		kernel.Axpy(dq, ds, g.in[at+k:][:d])
		kernel.Axpy(g.dx[at+k:][:d], ds, q)
		kernel.Axpy(g.dx[at+v:][:d], probs[t], dy)
	}
}
