package kernel

import "fmt"

// shareBytes is the work, in bytes of F32 weights times rows of activations,
// below which handing it out costs more than it saves.
const shareBytes = 1 << 18

// MatMul multiplies rows of activations x [rows, Cols] by weights that share
// Cols: y [rows, sum of w.Rows] holds, for each row, the products of ws one
// after the other,
//
//	y[r, o] = w row o . x[r]
//
// Each weight is read from memory once for all rows.
func (p *Pool) MatMul(y, x []float32, rows int, ws ...Matrix) {
	outs, cols := checkMatMul(y, x, rows, ws)
	if outs == 0 || rows == 0 {
		return
	}
	if cols == 0 {
		clear(y)
		return
	}
	grain := max(outGrain, shareBytes/(4*cols*rows)/outGrain*outGrain)
	if len(p.workers) == 0 || outs <= grain {
		grain = outs
	}
	p.Run(outs, grain, func(lo, hi int) { mulRange(y, outs, x, rows, ws, lo, hi) })
}

// outGrain is the number of weight rows that kernels take together.
const outGrain = 4

// mulRange computes outputs lo..hi-1, counted through all of ws.
func mulRange(y []float32, outs int, x []float32, rows int, ws []Matrix, lo, hi int) {
	first := 0
	for _, w := range ws {
		a, b := max(lo-first, 0), min(hi-first, w.Rows)
		if a < b {
			active.mul(y[first+a:], outs, x, rows, w.Type, w.Cols, w.rows(a, b))
		}
		first += w.Rows
	}
}

func checkMatMul(y, x []float32, rows int, ws []Matrix) (outs, cols int) {
	for i, w := range ws {
		w.check()
		if i > 0 && w.Cols != cols {
			panic(fmt.Sprintf("kernel: weights of %d and %d columns can't be multiplied together", cols, w.Cols))
		}
		cols = w.Cols
		outs += w.Rows
	}
	if rows < 0 || len(x) != rows*cols || len(y) != rows*outs {
		panic(fmt.Sprintf("kernel: x of %d and y of %d elements are not [%d, %d] and [%d, %d]", len(x), len(y), rows, cols, rows, outs))
	}
	return outs, cols
}
