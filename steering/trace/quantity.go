package trace

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"tiller/model"
	"tiller/steering"
)

// A Quantity is a number at each layer and position.
type Quantity int

// The quantities of [Trace.Map], all of the stream after edits.
const (
	Norm       Quantity = iota // |h| of the steered row
	Change                     // |h_steered - h_base| / |h_base| on the same tokens
	LensKL                     // KL(steered || base) of the logit lens, nats
	Projection                 // h.u of the steered row, u being a vector's unit direction
)

// String is the quantity's name.
func (q Quantity) String() string {
	names := [...]string{"norm", "change", "lens KL", "projection"}
	if q < 0 || int(q) >= len(names) {
		return fmt.Sprintf("quantity %d", int(q))
	}
	return names[q]
}

// compares reports whether the base row matters as well as the steered one.
func (q Quantity) compares() bool { return q == Change || q == LensKL }

// Map computes a quantity everywhere, [layers+1][positions]: row i is layer i-1.
// The vector is for Projection alone: its only direction is used at every layer,
// several each at their own. Layers without a direction, or with one of zeros,
// hold NaN.
func (x *Trace) Map(ctx context.Context, q Quantity, v *steering.Vector) ([][]float32, error) {
	if q < Norm || q > Projection {
		return nil, fmt.Errorf("there is no %v to map", q)
	}
	var units [][]float32
	if q == Projection {
		var err error
		if units, err = x.units(v); err != nil {
			return nil, err
		}
	}
	values := make([][]float32, x.model.Config().Layers+1)
	for at := 0; at < x.Len(); at += pieceTokens {
		base, steered, err := x.streams(ctx, q, at, min(at+pieceTokens, x.Len()))
		if err != nil {
			return nil, err
		}
		for i := range values {
			var more []float32
			switch q {
			case Norm:
				more = x.eachRow(steered[i], func(_ int, h []float32) float64 { return norm(h) })
			case Change:
				more = x.eachRow(steered[i], func(row int, h []float32) float64 { return change(x.row(base[i], row), h) })
			case LensKL:
				more, err = x.lensKL(ctx, base[i], steered[i])
			case Projection:
				more = x.eachRow(steered[i], func(_ int, h []float32) float64 { return dot(h, units[i]) })
			}
			if err != nil {
				return nil, fmt.Errorf("the logit lens at layer %d: %w", i-1, err)
			}
			values[i] = append(values[i], more...)
		}
	}
	return values, nil
}

// streams computes the stream at some positions by layer+1, that of base only
// if the quantity needs it.
func (x *Trace) streams(ctx context.Context, q Quantity, from, to int) (base, steered [][]float32, err error) {
	if q.compares() {
		b, s, err := x.both(ctx, from, to, model.WantNone)
		return b.stream, s.stream, err
	}
	s, err := x.steered.compute(ctx, from, to, model.WantNone)
	return nil, s.stream, err
}

// row is row i of a stream, [positions, d_model].
func (x *Trace) row(stream []float32, i int) []float32 {
	d := x.model.Config().DModel
	return stream[i*d : (i+1)*d]
}

// eachRow is f of every row of a stream.
func (x *Trace) eachRow(stream []float32, f func(row int, h []float32) float64) []float32 {
	out := make([]float32, len(stream)/x.model.Config().DModel)
	for i := range out {
		out[i] = float32(f(i, x.row(stream, i)))
	}
	return out
}

// lensKL is the divergence of the logit lens at every row of two streams. Rows
// that are equal need no lens.
func (x *Trace) lensKL(ctx context.Context, base, steered []float32) ([]float32, error) {
	out := make([]float32, len(base)/x.model.Config().DModel)
	var differ []int
	var rows []float32 // of base and steered in turn
	for i := range out {
		if b, s := x.row(base, i), x.row(steered, i); !slices.Equal(b, s) {
			differ = append(differ, i)
			rows = append(append(rows, b...), s...)
		}
	}
	logits, err := x.model.Unembed(ctx, rows)
	if err != nil {
		return nil, err
	}
	vocab := x.model.Config().Vocab
	for n, i := range differ {
		pair := logits[2*n*vocab:][:2*vocab]
		out[i] = float32(divergence(pair[vocab:], pair[:vocab]))
	}
	return out, nil
}

// units are a vector's unit directions by layer+1, nil where there is none.
func (x *Trace) units(v *steering.Vector) ([][]float32, error) {
	if v == nil {
		return nil, errors.New("a projection needs a vector to project on")
	}
	if err := v.Check(); err != nil {
		return nil, err
	}
	c := x.model.Config()
	if v.DModel != c.DModel {
		return nil, fmt.Errorf("vector %q has width %d, but the model's stream has %d", v.Name, v.DModel, c.DModel)
	}
	own := v.Layers()
	units := make([][]float32, c.Layers+1)
	for i := range units {
		direction := v.Directions[i+steering.Embed]
		if len(own) == 1 {
			direction = v.Directions[own[0]]
		}
		if size := norm(direction); size > 0 {
			for _, d := range direction {
				units[i] = append(units[i], float32(float64(d)/size))
			}
		}
	}
	return units, nil
}

// dot is h.u, NaN without u.
func dot(h, u []float32) float64 {
	if u == nil {
		return math.NaN()
	}
	var sum float64
	for i, v := range h {
		sum += float64(v) * float64(u[i])
	}
	return sum
}
