package kernel

import "fmt"

// Products of fewer multiplications than shareProducts take less time on one
// thread, some microseconds, than handing out the work does; pieces of more
// than pieceProducts are worth their own turn.
const (
	shareProducts = 1 << 16
	pieceProducts = 1 << 14
)

// grain is the size of the smallest piece of n units, each of so many products:
// a multiple of step, or all of n if sharing doesn't pay.
func grain(n, products, step int) int {
	if n*products < shareProducts {
		return n
	}
	return max(1, pieceProducts/products/step) * step
}

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
	p.Run(outs, grain(outs, cols*rows, outGrain), func(lo, hi int) { mulRange(y, outs, x, rows, ws, lo, hi) })
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
