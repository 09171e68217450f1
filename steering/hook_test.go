package steering

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"

	"tiller/model"
)

func TestHook(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	c := one(random(r, width, 1))
	c.Prompt = make([]Token, 3)
	plan := "addn:a*2[1-2],rotate:a*20@0-1[2]"
	lanes := []*Program{compile(t, plan, c), nil, compile(t, "a[0]", c)}
	hook := NewHook(lanes...)
	rows := []model.Row{
		{Lane: 0, Position: 0}, {Lane: 0, Position: 1}, {Lane: 0, Position: 2},
		{Lane: 1, Position: 1}, {Lane: 2, Position: 0}, {Lane: 2, Position: 1},
		{Lane: 3, Position: 1}, {Lane: 0, Position: 2},
	}
	data := random(r, len(rows)*width, 2)
	edited := func(layer int) []float32 {
		want := slices.Clone(data)
		for i, row := range rows {
			if row.Lane < len(lanes) && lanes[row.Lane] != nil {
				lanes[row.Lane].Edit(layer, row.Position, want[i*width:(i+1)*width])
			}
		}
		return want
	}
	stream := func(grad bool) *mat.Dense[float32] {
		return mat.NewDense[float32](mat.WithShape(len(rows), width), mat.WithBacking(slices.Clone(data)), mat.WithGrad(grad))
	}

	t.Run("in place", func(t *testing.T) {
		for layer := Embed; layer < 3; layer++ {
			h := stream(false)
			out := hook.Edit(layer, rows, h)
			if out != mat.Tensor(h) {
				t.Error("the result is another tensor")
			}
			if !slices.Equal(mat.Data[float32](h), edited(layer)) {
				t.Errorf("layer %d: wrong rows", layer)
			}
		}
	})
	t.Run("untouched", func(t *testing.T) {
		h := stream(true)
		if out := hook.Edit(2, rows, h); out != mat.Tensor(h) {
			t.Error("an untouched stream is another tensor")
		}
	})
	t.Run("with gradients", func(t *testing.T) {
		for layer := range 2 {
			h := stream(true)
			mine := slices.Clone(rows)
			out := hook.Edit(layer, mine, h)
			clear(mine) // the caller may use its rows again
			if !slices.Equal(mat.Data[float32](out), edited(layer)) {
				t.Errorf("layer %d: wrong rows", layer)
			}
			if !slices.Equal(mat.Data[float32](h), data) {
				t.Errorf("layer %d: the stream was changed in place", layer)
			}
			gy := random(r, len(data), 1)
			out.AccGrad(mat.NewDense[float32](mat.WithShape(len(rows), width), mat.WithBacking(slices.Clone(gy))))
			if err := ag.Backward(out); err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(gy)
			for i, row := range rows {
				if row.Lane < len(lanes) && lanes[row.Lane] != nil {
					at := i * width
					lanes[row.Lane].Backward(layer, row.Position, data[at:at+width], want[at:at+width])
				}
			}
			if !slices.Equal(mat.Data[float32](h.Grad()), want) {
				t.Errorf("layer %d: wrong gradient", layer)
			}
			if slices.Equal(want, gy) {
				t.Errorf("layer %d: nothing was edited", layer)
			}
		}
	})
	t.Run("in a graph", func(t *testing.T) {
		h := stream(true)
		twice := hook.Edit(1, rows, hook.Edit(0, rows, h))
		twice.AccGrad(mat.NewDense[float32](mat.WithShape(len(rows), width), mat.WithBacking(slices.Repeat([]float32{1}, len(data)))))
		if err := ag.Backward(twice); err != nil {
			t.Fatal(err)
		}
		if !h.HasGrad() {
			t.Error("no gradient reaches the stream")
		}
	})
}

func TestHookWithoutRows(t *testing.T) {
	h := mat.NewDense[float32](mat.WithShape(0, 4))
	if out := NewHook().Edit(0, nil, h); out != mat.Tensor(h) {
		t.Error("nothing is edited, but the result is another tensor")
	}
}
