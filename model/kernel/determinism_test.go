package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The bits of every result are those of the same operands computed alone on one
// thread, however many rows, threads and chunks there are.

func TestRowsAndThreadsDontChangeBits(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	alone := NewPool(1)
	for threads := 1; threads <= 4; threads++ {
		p := NewPool(threads)
		for _, typ := range allTypes {
			const cols, maxRows = 160, 9
			ws := []Matrix{randomMatrix(r, typ, 37, cols, 1), randomMatrix(r, typ, 300, cols, 2), randomMatrix(r, F32, 2, cols, 0)}
			const outs = 37 + 300 + 2
			x := randomFloats(r, maxRows*cols)
			for rows := 1; rows <= maxRows; rows++ {
				y := make([]float32, rows*outs)
				p.MatMul(y, x[:rows*cols], rows, ws...)
				for i := range rows {
					one := make([]float32, 0, outs)
					for _, w := range ws {
						part := make([]float32, w.Rows)
						alone.MatMul(part, x[i*cols:(i+1)*cols], 1, w)
						one = append(one, part...)
					}
					if !slices.Equal(y[i*outs:(i+1)*outs], one) {
						t.Fatalf("%v: row %d of %d on %d threads differs from the row alone", typ, i, rows, threads)
					}
				}
			}
		}
		p.Close()
	}
}

// A product of one weight row is Dot, and a quantised weight is its F32 self.
func TestStoredTypeEqualsDequantised(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	p := NewPool(2)
	defer p.Close()
	for _, typ := range allTypes {
		const outs, cols = 70, 224
		w := randomMatrix(r, typ, outs, cols, 1)
		f := decoded(w)
		for _, rows := range []int{1, 2, 3, 5, 40} {
			x := randomFloats(r, rows*cols)
			y, z := make([]float32, rows*outs), make([]float32, rows*outs)
			p.MatMul(y, x, rows, w)
			p.MatMul(z, x, rows, FromFloat32(outs, cols, f))
			if !slices.Equal(y, z) {
				t.Fatalf("%v: %d rows differ from those of the dequantised matrix", typ, rows)
			}
			if got := Dot(f[cols:2*cols], x[:cols]); got != y[1] {
				t.Fatalf("%v: Dot is %v and MatMul %v", typ, got, y[1])
			}
			dx, dz := randomFloats(r, rows*cols), make([]float32, rows*cols)
			copy(dz, dx)
			p.MatMulT(dx, y, rows, outs, w, rows%2 == 0)
			p.MatMulT(dz, y, rows, outs, FromFloat32(outs, cols, f), rows%2 == 0)
			if !slices.Equal(dx, dz) {
				t.Fatalf("%v: the backward product of %d rows differs from that of the dequantised matrix", typ, rows)
			}
		}
	}
}

func TestBackwardRowsAndThreadsDontChangeBits(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	const rows, outs, cols, stride = 70, 90, 480, 95
	w := randomMatrix(r, Q8_0, outs, cols, 1)
	dy, x, start := randomFloats(r, rows*stride), randomFloats(r, rows*cols), randomFloats(r, outs*cols)
	wantX, wantW := make([]float32, rows*cols), slices.Clone(start)
	alone := NewPool(1)
	for i := range rows {
		alone.MatMulT(wantX[i*cols:(i+1)*cols], dy[i*stride:], 1, stride, w, false)
		alone.OuterAdd(wantW, dy[i*stride:], x[i*cols:(i+1)*cols], 1, stride, outs, cols)
	}
	for threads := 1; threads <= 4; threads++ {
		p := NewPool(threads)
		dx, dw := make([]float32, rows*cols), slices.Clone(start)
		p.MatMulT(dx, dy, rows, stride, w, false)
		p.OuterAdd(dw, dy, x, rows, stride, outs, cols)
		if !slices.Equal(dx, wantX) || !slices.Equal(dw, wantW) {
			t.Fatalf("gradients on %d threads differ from those of one row after the other", threads)
		}
		p.Close()
	}
}

func TestChunksDontChangeBits(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 28))
	for _, d := range []int{13, 64, 96} {
		const n = 50
		stride, offset := d+7, 3
		q, k, v := randomFloats(r, d), randomFloats(r, n*stride), randomFloats(r, n*stride)
		want, wantScores := make([]float32, d), make([]float32, n)
		Attend(want, q, []KV{{k, v, n}}, stride, offset, 0.2, wantScores)
		for range 30 {
			var chunks []KV
			for at := 0; at < n; {
				m := min(r.IntN(20), n-at)
				chunks = append(chunks, KV{k[at*stride:], v[at*stride:], m})
				at += m
			}
			got, scores := make([]float32, d), make([]float32, n)
			Attend(got, q, chunks, stride, offset, 0.2, scores)
			if !slices.Equal(got, want) || !slices.Equal(scores, wantScores) {
				t.Fatalf("head of %d: %d chunks give other bits than one", d, len(chunks))
			}
		}
	}
}

// An element's exponential doesn't depend on its place in the slice.
func TestPlaceDoesntChangeBits(t *testing.T) {
	r := rand.New(rand.NewPCG(29, 30))
	gate, up := randomFloats(r, 37), randomFloats(r, 37)
	want := make([]float32, 37)
	SwiGLU(want, gate, up)
	for lo := range 37 {
		got := make([]float32, 37-lo)
		SwiGLU(got, gate[lo:], up[lo:])
		if !slices.Equal(got, want[lo:]) {
			t.Fatalf("SwiGLU from element %d on differs", lo)
		}
		if s := float32(gate[lo]*Sigmoid(gate[lo])) * up[lo]; s != want[lo] {
			t.Fatalf("SwiGLU is %v and Sigmoid makes it %v", want[lo], s)
		}
	}
}
