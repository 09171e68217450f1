package steering

import (
	"math"

	"tiller/model/kernel"
)

// edit is one operation at one layer, ready to be applied to rows. It is
// shared between lanes and never changes.
type edit struct {
	op        Op
	direction []float32 // d [d_model]
	unit      []float32 // u = d/|d| [d_model]
	norm      float64   // |d|
	// factor turns the strength into that of the operation: 1, or for relative
	// strengths what makes |s d| (for clamp: s) that share of the median norm.
	factor   float64
	relative bool
	own      int // the layer in the vector that d was taken from
}

// coefficient is the number the operation multiplies by at strength s, and
// whether it changes a row at all.
func (e *edit) coefficient(s float64) (a float32, changes bool) {
	switch e.op {
	case Clamp:
		return float32(s * e.factor), true
	case Scale:
		a = float32(s - 1)
	default:
		a = float32(s * e.factor)
	}
	return a, a != 0
}

// apply edits a row [d_model] in place at strength s and reports whether it
// did. The reductions are the kernel's fixed ones, or run in increasing order
// in float64, so a row's result depends on that row alone.
func (e *edit) apply(s float64, h []float32) bool {
	a, changes := e.coefficient(s)
	if !changes {
		return false
	}
	switch e.op {
	case Add:
		kernel.Axpy(h, a, e.direction)
	case AddN:
		before := kernel.SumSquares(h)
		kernel.Axpy(h, a, e.direction)
		if after := kernel.SumSquares(h); after > 0 {
			multiply(h, rescale(before, after))
		}
	case Ablate:
		kernel.Axpy(h, float32(-a*kernel.Dot(h, e.unit)), e.unit)
	case Clamp:
		kernel.Axpy(h, a-kernel.Dot(h, e.unit), e.unit)
	case Scale:
		kernel.Axpy(h, float32(a*kernel.Dot(h, e.unit)), e.unit)
	case Rotate:
		p, ok := planeOf(h, e.unit)
		if !ok {
			return true
		}
		sin, cos := math.Sincos(float64(a) * math.Pi / 180)
		for i := range h {
			h[i] = float32(float64(cos*float64(h[i])) + float64(float64(sin*p.norm)*p.second(h, e.unit, i)))
		}
	}
	return true
}

// rescale is the factor that brings a row back to its old norm, from the sums
// of squares before and after.
func rescale(before, after float32) float32 {
	return float32(math.Sqrt(float64(before) / float64(after)))
}

func multiply(h []float32, a float32) {
	for i := range h {
		h[i] *= a
	}
}

// plane is spanned by a row h and a unit direction u: e1 = h/|h|, and e2, the
// unit vector of the part of u that is orthogonal to h. It is computed in
// float64, as that part can be small.
type plane struct {
	norm     float64 // |h|
	along    float64 // c = u.e1
	residual float64 // q = |u - c e1|
}

// minResidual is the sine of the smallest angle between h and u that spans a
// plane; below it, float32 rows don't say which way to turn.
const minResidual = 1e-6

// planeOf reports false if h is zero or parallel to u.
func planeOf(h, u []float32) (plane, bool) {
	var hh, hu float64
	for i, x := range h {
		hh += float64(float64(x) * float64(x))
		hu += float64(float64(x) * float64(u[i]))
	}
	if hh == 0 {
		return plane{}, false
	}
	p := plane{norm: math.Sqrt(hh)}
	p.along = hu / p.norm
	var ww float64
	for i, x := range h {
		w := float64(u[i]) - float64(p.along*float64(x))/p.norm
		ww += float64(w * w)
	}
	p.residual = math.Sqrt(ww)
	return p, p.residual >= minResidual
}

// first and second are element i of e1 and e2.
func (p *plane) first(h []float32, i int) float64 { return float64(h[i]) / p.norm }

func (p *plane) second(h, u []float32, i int) float64 {
	return (float64(u[i]) - float64(p.along*p.first(h, i))) / p.residual
}
