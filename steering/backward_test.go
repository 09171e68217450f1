package steering

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// differences is the gradient of f at x by central differences in float64.
func differences(f func([]float64) float64, x []float64) []float64 {
	const step = 1e-5
	grad := make([]float64, len(x))
	for i := range x {
		up, down := slices.Clone(x), slices.Clone(x)
		up[i] += step
		down[i] -= step
		grad[i] = (f(up) - f(down)) / (2 * step)
	}
	return grad
}

func TestBackward(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for op, strengths := range opStrengths {
		for _, s := range strengths {
			t.Run(fmt.Sprintf("%s %v", op, s), func(t *testing.T) {
				for range 5 {
					d, h, w := random(r, width, 0.7), random(r, width, 3), random(r, width, 1)
					loss := func(h, d []float64) float64 { return inner(wide(w), reference(op, h, d, s)) }
					byRow := differences(func(h []float64) float64 { return loss(h, wide(d)) }, wide(h))
					byDirection := differences(func(d []float64) float64 { return loss(wide(h), d) }, wide(d))

					g := compile(t, fmt.Sprintf("%s:a*%v", op, s), one(d))
					grad, direction, before := slices.Clone(w), make([]float32, width), slices.Clone(h)
					g.BackwardDirections(1, 0, h, grad, func(vector string, layer int) []float32 {
						if vector != "a" || layer != 1 {
							t.Errorf("asked for %q at layer %d", vector, layer)
						}
						return direction
					})
					near(t, "row", grad, byRow, 2e-5)
					near(t, "direction", direction, byDirection, 2e-5)
					if !slices.Equal(h, before) {
						t.Error("the row was changed")
					}
					alone := slices.Clone(w)
					g.Backward(1, 0, h, alone)
					if !slices.Equal(alone, grad) {
						t.Error("Backward differs from BackwardDirections")
					}
				}
			})
		}
	}
}

// Several terms at one row: each needs the row as the earlier ones left it.
func TestBackwardChain(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	a, b := random(r, width, 1), random(r, width, 1)
	c := one(a)
	c.Vectors["b"] = &Vector{Name: "b", DModel: width, Directions: map[int][]float32{0: b, 1: random(r, width, 1), 2: random(r, width, 1)}}
	c.Vectors["b"].Directions[1] = b
	g := compile(t, "addn:a*2,rotate:b*30,clamp:a*1.5,scale:b*3@1,a*9@2", c)
	terms := []struct {
		op Op
		d  int
		s  float64
	}{{AddN, 0, 2}, {Rotate, 1, 30}, {Clamp, 0, 1.5}, {Scale, 1, 3}}

	h, w := random(r, width, 3), random(r, width, 1)
	loss := func(h []float64, d [2][]float64) float64 {
		for _, term := range terms {
			h = reference(term.op, h, d[term.d], term.s)
		}
		return inner(wide(w), h)
	}
	d := [2][]float64{wide(a), wide(b)}
	byRow := differences(func(h []float64) float64 { return loss(h, d) }, wide(h))
	byA := differences(func(a []float64) float64 { return loss(wide(h), [2][]float64{a, d[1]}) }, d[0])
	byB := differences(func(b []float64) float64 { return loss(wide(h), [2][]float64{d[0], b}) }, d[1])

	grad := slices.Clone(w)
	directions := map[string][]float32{"a": make([]float32, width), "b": make([]float32, width)}
	g.BackwardDirections(1, 0, h, grad, func(vector string, layer int) []float32 {
		if layer != 1 {
			t.Errorf("asked for layer %d of %q", layer, vector)
		}
		return directions[vector]
	})
	near(t, "row", grad, byRow, 5e-5)
	near(t, "direction a", directions["a"], byA, 5e-5)
	near(t, "direction b", directions["b"], byB, 5e-5)

	untouched := slices.Clone(w)
	g.Backward(-1, 0, h, untouched)
	if !slices.Equal(untouched, w) {
		t.Error("a row without edits changed its gradient")
	}
}

// The size of a relative strength doesn't depend on the direction's norm.
func TestBackwardRelative(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, op := range []Op{Add, AddN, Clamp} {
		t.Run(op.String(), func(t *testing.T) {
			d, h, w := random(r, width, 2), random(r, width, 3), random(r, width, 1)
			c := one(d)
			c.MedianNorm = []float32{1, 1, 8, 1}
			g := compile(t, op.String()+":a*0.25r", c)
			edited := func(h, d []float64) []float64 {
				if op == Clamp {
					return reference(op, h, d, 2)
				}
				return reference(op, h, d, 2/length(d))
			}
			row := slices.Clone(h)
			g.Edit(1, 0, row)
			near(t, "row", row, edited(wide(h), wide(d)), 1e-6)

			grad, direction := slices.Clone(w), make([]float32, width)
			g.BackwardDirections(1, 0, h, grad, func(string, int) []float32 { return direction })
			near(t, "gradient", grad, differences(func(h []float64) float64 {
				return inner(wide(w), edited(h, wide(d)))
			}, wide(h)), 2e-5)
			near(t, "direction", direction, differences(func(d []float64) float64 {
				return inner(wide(w), edited(wide(h), d))
			}, wide(d)), 2e-5)
		})
	}
}

// Where an edit is undefined or all gradient is lost, the result is finite.
func TestBackwardEdges(t *testing.T) {
	d := []float32{0, 2, 0}
	for _, test := range []struct {
		plan          string
		h, grad, want []float32
	}{
		{"rotate:a*90", []float32{0, 0, 0}, []float32{1, 2, 3}, []float32{1, 2, 3}},
		{"rotate:a*90", []float32{0, 4, 0}, []float32{1, 2, 3}, []float32{1, 2, 3}},
		{"addn:a*-1", []float32{0, 2, 0}, []float32{1, 2, 3}, []float32{1, 2, 3}},
		{"addn:a", []float32{0, 0, 0}, []float32{1, 2, 3}, []float32{0, 0, 0}},
		{"ablate:a", []float32{0, 0, 0}, []float32{1, 2, 3}, []float32{1, 0, 3}},
	} {
		grad, direction := slices.Clone(test.grad), make([]float32, 3)
		compile(t, test.plan, one(d)).BackwardDirections(1, 0, test.h, grad, func(string, int) []float32 { return direction })
		near(t, test.plan, grad, wide(test.want), 1e-7)
		for _, x := range direction {
			if x-x != 0 {
				t.Errorf("%s: direction's gradient %v", test.plan, direction)
			}
		}
	}
}
