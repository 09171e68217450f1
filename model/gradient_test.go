package model

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"
)

// leaf is a trainable row vector.
func leaf(v []float32) mat.Tensor {
	return mat.NewDense[float32](mat.WithShape(1, len(v)), mat.WithBacking(append([]float32(nil), v...)), mat.WithGrad(true))
}

// trainedVector adds the same vector to every row after one block, and carries
// the gradient back to it.
type trainedVector struct {
	layer int
	v     mat.Tensor
}

func (a trainedVector) Edit(layer int, _ []Row, h mat.Tensor) mat.Tensor {
	if layer != a.layer {
		return h
	}
	return ag.NewOperator(&addVector{h: h, v: a.v}).Run()
}

type addVector struct{ h, v mat.Tensor }

func (o *addVector) Operands() []mat.Tensor { return []mat.Tensor{o.h, o.v} }

func (o *addVector) Forward() (mat.Tensor, error) {
	rows, d := size(o.h)
	y := dense(rows, d)
	out := mat.Data[float32](y)
	copy(out, mat.Data[float32](o.h))
	for r := range rows {
		addTo(out[r*d:(r+1)*d], mat.Data[float32](o.v))
	}
	return y, nil
}

func (o *addVector) Backward(gy mat.Tensor) error {
	rows, d := size(o.h)
	gv := dense(1, d)
	for r := range rows {
		addTo(mat.Data[float32](gv), mat.Data[float32](gy)[r*d:(r+1)*d])
	}
	o.v.AccGrad(gv)
	if o.h.RequiresGrad() {
		o.h.AccGrad(gy)
	}
	return nil
}

// weigh is a loss: the sum of all logits, each with a fixed weight.
func weigh(n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(math.Sin(float64(i) + 0.5))
	}
	return w
}

// TestVectorGradient compares the gradient that reaches a vector through all
// the blocks above it with finite differences: it passes through every
// operator's backward (norm, projection, rotary positions, attention, gate,
// residual) over every weight type.
func TestVectorGradient(t *testing.T) {
	for _, c := range tiny {
		t.Run(c.path, func(t *testing.T) {
			m := open(t, filepath.Join("testdata", c.path), 2)
			d := m.config.DModel
			ids := prompts(m, 3)
			v := make([]float32, d)
			for i := range v {
				v[i] = float32(math.Cos(float64(i))) / 3
			}
			for _, layer := range []int{-1, 0} {
				loss := func(v []float32) float64 {
					y, err := m.Forward(ids, trainedVector{layer: layer, v: leaf(v)})
					if err != nil {
						t.Fatal(err)
					}
					var sum float64
					logits := mat.Data[float32](y.Value())
					for i, w := range weigh(len(logits)) {
						sum += float64(w) * float64(logits[i])
					}
					return sum
				}
				trained := leaf(v)
				y, err := m.Forward(ids, trainedVector{layer: layer, v: trained})
				if err != nil {
					t.Fatal(err)
				}
				rows, vocab := size(y)
				y.AccGrad(mat.NewDense[float32](mat.WithShape(rows, vocab), mat.WithBacking(weigh(rows*vocab))))
				if err := ag.Backward(y); err != nil {
					t.Fatal(err)
				}
				grad := mat.Data[float32](trained.Grad())
				scale := norm(grad) / math.Sqrt(float64(d))
				for i := range v {
					const step = 1.0 / 256
					up, down := append([]float32(nil), v...), append([]float32(nil), v...)
					up[i] += step
					down[i] -= step
					want := (loss(up) - loss(down)) / (2 * step)
					if off := math.Abs(float64(grad[i]) - want); !(off <= 0.02*scale+0.02*math.Abs(want)) {
						t.Fatalf("layer %d: gradient %d is %v, finite differences say %v", layer, i, grad[i], want)
					}
				}
			}
		})
	}
}

// TestGradientIsTheSameEveryTime needs equal bits from run to run and over
// thread counts.
func TestGradientIsTheSameEveryTime(t *testing.T) {
	path := filepath.Join("testdata", "llama-gqa")
	var want []float32
	for threads := 1; threads <= 4; threads++ {
		m := open(t, path, threads)
		v := leaf(make([]float32, m.config.DModel))
		y, err := m.Forward(prompts(m, 5), trainedVector{layer: -1, v: v})
		if err != nil {
			t.Fatal(err)
		}
		rows, vocab := size(y)
		y.AccGrad(mat.NewDense[float32](mat.WithShape(rows, vocab), mat.WithBacking(weigh(rows*vocab))))
		if err := ag.Backward(y); err != nil {
			t.Fatal(err)
		}
		got := mat.Data[float32](v.Grad())
		if want == nil {
			want = got
		}
		sameBits(t, "gradient", got, want)
	}
}
