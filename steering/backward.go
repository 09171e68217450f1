package steering

import (
	"math"
	"slices"

	"tiller/model/kernel"
)

// Backward turns the gradient with respect to the edited row into that with
// respect to the unedited one, in place. row [d_model] is the unedited row.
func (g *Program) Backward(layer, position int, row, grad []float32) {
	g.BackwardDirections(layer, position, row, grad, nil)
}

// BackwardDirections is Backward, and adds the gradients with respect to the
// directions to what into returns for a vector's name and the layer of its
// direction: a slice [d_model], or nil if it is not wanted. A direction that
// several terms, layers or positions share gets the sum of its gradients, in
// the order of the calls.
func (g *Program) BackwardDirections(layer, position int, row, grad []float32, into func(vector string, layer int) []float32) {
	type step struct {
		shot
		*edit
		before []float32 // the row that the edit gets
	}
	var steps []step
	for _, s := range g.at(position) {
		if e := g.edit(s, layer); e != nil {
			steps = append(steps, step{shot: s, edit: e})
		}
	}
	for i := range steps {
		steps[i].before = row
		if i+1 < len(steps) {
			row = slices.Clone(row)
			steps[i].apply(steps[i].strength, row)
		}
	}
	for _, s := range slices.Backward(steps) {
		var d []float32
		if into != nil {
			d = into(g.terms[s.term].Vector, s.own)
		}
		s.backward(s.strength, s.before, grad, d)
	}
}

// backward turns the gradient g after the edit of row h into that before it,
// in place, and adds the gradient with respect to the direction to dd unless
// that is nil.
func (e *edit) backward(s float64, h, g, dd []float32) {
	a, changes := e.coefficient(s)
	if !changes {
		return
	}
	switch e.op {
	case Add:
		e.addDirection(dd, a, g)
	case AddN:
		e.backwardAddN(a, h, g, dd)
	case Ablate:
		e.backwardAlong(-a, h, g, dd)
	case Scale:
		e.backwardAlong(a, h, g, dd)
	case Clamp:
		hu, gu := kernel.Dot(h, e.unit), kernel.Dot(g, e.unit)
		e.addUnit(dd, a-hu, g, -gu, h)
		kernel.Axpy(g, -gu, e.unit)
	case Rotate:
		e.backwardRotate(a, h, g, dd)
	}
}

// backwardAlong is for h' = h + k (h.u) u, which is symmetric in h.
func (e *edit) backwardAlong(k float32, h, g, dd []float32) {
	hu, gu := kernel.Dot(h, e.unit), kernel.Dot(g, e.unit)
	e.addUnit(dd, k*hu, g, k*gu, h)
	kernel.Axpy(g, k*gu, e.unit)
}

// backwardAddN is for h' = y |h|/|y| with y = h + a d: the part of g along y
// reaches h through |h| alone, the rest passes scaled.
func (e *edit) backwardAddN(a float32, h, g, dd []float32) {
	y := slices.Clone(h)
	kernel.Axpy(y, a, e.direction)
	before, after := kernel.SumSquares(h), kernel.SumSquares(y)
	if after == 0 {
		e.addDirection(dd, a, g)
		return
	}
	gy := kernel.Dot(g, y)
	kernel.Axpy(g, -gy/after, y)
	multiply(g, rescale(before, after))
	e.addDirection(dd, a, g)
	if before > 0 {
		kernel.Axpy(g, float32(float64(gy)/math.Sqrt(float64(before)*float64(after))), h)
	}
}

// backwardRotate is for h' = cos h + sin |h| e2, with e1, e2 and q of plane:
// within the plane the gradient turns back; across it, e2 turns with h by c/q.
func (e *edit) backwardRotate(a float32, h, g, dd []float32) {
	p, ok := planeOf(h, e.unit)
	if !ok {
		return
	}
	sin, cos := math.Sincos(float64(a) * math.Pi / 180)
	var g1, g2 float64
	for i, x := range g {
		g1 += float64(float64(x) * p.first(h, i))
		g2 += float64(float64(x) * p.second(h, e.unit, i))
	}
	for i, x := range g {
		e1, e2 := p.first(h, i), p.second(h, e.unit, i)
		across := float64(x) - float64(g1*e1) - float64(g2*e2)
		turned := float64(g2*e1) - float64(g1*e2) - float64(p.along/p.residual*across)
		if dd != nil {
			// across is orthogonal to u, so this is also the gradient of d |d|.
			dd[i] += float32(float64(sin*p.norm*across) / p.residual / e.norm)
		}
		g[i] = float32(float64(cos*float64(x)) + float64(sin*turned))
	}
}

// addDirection adds a times the gradient g with respect to a d. The size of a
// relative strength does not depend on |d|, so only its direction counts.
func (e *edit) addDirection(dd []float32, a float32, g []float32) {
	if dd == nil {
		return
	}
	kernel.Axpy(dd, a, g)
	if e.relative {
		kernel.Axpy(dd, -a*kernel.Dot(g, e.unit), e.unit)
	}
}

// addUnit adds the gradient x g + y h with respect to u, taken through
// u = d/|d|.
func (e *edit) addUnit(dd []float32, x float32, g []float32, y float32, h []float32) {
	if dd == nil {
		return
	}
	du := make([]float32, len(dd))
	kernel.Axpy(du, x, g)
	kernel.Axpy(du, y, h)
	kernel.Axpy(du, -kernel.Dot(du, e.unit), e.unit)
	kernel.Axpy(dd, float32(1/e.norm), du)
}
